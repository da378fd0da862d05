"""The tags of a resource, held against the tag policy.

Source: of log groups, central logging design (IN-116), "Tags"; of other resources, the environment's profile.
"""

from collections.abc import Collection, Mapping


def tag_problems(tags: Mapping[str, str], legal: Mapping[str, Collection[str]]) -> list[str]:
    """The problems of a resource's tags, by the legal values of each required tag; no legal values: any but the empty one.

    >>> legal = {"LogType": ("application", "errors"), "Project": ()}
    >>> tag_problems({"LogType": "errors", "Project": "triflow-ai", "Team": "x"}, legal)
    []
    >>> tag_problems({"LogType": "error", "Project": ""}, legal)
    ['LogType is error; legal are application, errors', 'Project is empty']
    >>> tag_problems({}, legal)
    ['LogType is missing', 'Project is missing']
    """
    return [problem for tag, values in legal.items() if (problem := _problem(tag, tags.get(tag), values))]


def in_design(tags: Mapping[str, str], legal: Mapping[str, Collection[str]]) -> dict[str, str]:
    """The tags of a resource that the policy is about; what else it has is nobody's concern.

    >>> in_design({"LogType": "errors", "Team": "x"}, {"LogType": ("errors",), "RetentionDays": ()})
    {'LogType': 'errors'}
    """
    return {tag: value for tag, value in tags.items() if tag in legal}


def _problem(tag: str, value: str | None, values: Collection[str]) -> str:
    if value is None:
        return f"{tag} is missing"
    if values:
        return "" if value in values else f"{tag} is {value}; legal are {', '.join(values)}"
    return "" if value else f"{tag} is empty"
