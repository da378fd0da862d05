"""Where the containers of a service send what they log.

Sources: Amazon ECS developer guide, "Send Amazon ECS logs to CloudWatch" (the options of the ``awslogs`` driver); central logging design
(IN-116), "What exists": a group that a task makes for itself has no key, no retention and no tags.
"""

from collections.abc import Collection, Iterable

from stackproof.redaction.plain_secrets import Variable

GROUP, MAKES_GROUP = "awslogs-group", "awslogs-create-group"
"""Options of the driver."""

NAMES_A_GROUP = "LOG_GROUP"
"""The end of the names of environment variables that hold an application's log groups."""


def delivery_problems(driver: str | None, options: Iterable[Variable]) -> list[str]:
    """The problems of a container's log configuration, to whichever group it writes.

    >>> group = Variable("awslogs-group", "/aws/ecs/api/application")
    >>> delivery_problems("awslogs", [group]), delivery_problems("awslogs", [])
    ([], ['awslogs-group is missing'])
    >>> delivery_problems("awslogs", [group, Variable("awslogs-create-group", "true")])
    ['awslogs-create-group: a task makes the group, which nobody manages']
    >>> delivery_problems(None, []), delivery_problems("splunk", [])
    (['it has no log driver'], ['its log driver is splunk, not awslogs'])
    """
    if driver != "awslogs":
        return [f"its log driver is {driver}, not awslogs" if driver else "it has no log driver"]
    reported = {option.name: option.value for option in options}
    found = [] if GROUP in reported else [f"{GROUP} is missing"]
    if reported.get(MAKES_GROUP, "false").lower() != "false":
        found.append(f"{MAKES_GROUP}: a task makes the group, which nobody manages")
    return found


def foreign_groups(options: Iterable[Variable], environment: Iterable[Variable], own: Collection[str]) -> list[str]:
    """The log groups that a container is told to write to and that are none of its service's own.

    >>> own, group = ["/aws/ecs/api/application", "/aws/ecs/api/llm"], Variable("awslogs-group", "/aws/ecs/api/application")
    >>> foreign_groups([group], [Variable("LLM_LOG_GROUP", "/aws/ecs/api/llm")], own)
    []
    >>> foreign_groups([Variable("awslogs-group", "/aws/ecs/other")], [], own)
    ['awslogs-group is /aws/ecs/other, which is not one of its own']
    """
    named = [option for option in options if option.name == GROUP]
    named += [variable for variable in environment if variable.name.endswith(NAMES_A_GROUP)]
    return [f"{one.name} is {one.value}, which is not one of its own" for one in named if one.value not in own]
