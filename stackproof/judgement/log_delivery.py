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


def delivery_problems(
    driver: str | None, options: Iterable[Variable], environment: Iterable[Variable], own: Collection[str]
) -> list[str]:
    """The problems of a container's log configuration; ``own`` are the log groups of its service.

    >>> def problems(*options, driver="awslogs", environment=()):
    ...     return delivery_problems(driver, options, environment, ["/aws/ecs/api/application", "/aws/ecs/api/llm"])
    >>> group = Variable("awslogs-group", "/aws/ecs/api/application")
    >>> problems(group, environment=[Variable("LLM_LOG_GROUP", "/aws/ecs/api/llm")])
    []
    >>> problems(Variable("awslogs-group", "/aws/ecs/other"))
    ['awslogs-group is /aws/ecs/other, which is not one of its own']
    >>> problems(group, Variable("awslogs-create-group", "true"))
    ['awslogs-create-group: a task makes the group, which nobody manages']
    >>> problems(), problems(driver=None), problems(driver="splunk")
    (['awslogs-group is missing'], ['it has no log driver'], ['its log driver is splunk, not awslogs'])
    """
    if driver != "awslogs":
        return [f"its log driver is {driver}, not awslogs" if driver else "it has no log driver"]
    reported = {option.name: option.value for option in options}
    named = [(GROUP, reported[GROUP])] if GROUP in reported else []
    named += [(variable.name, variable.value) for variable in environment if variable.name.endswith(NAMES_A_GROUP)]
    found = [f"{name} is {group}, which is not one of its own" for name, group in named if group not in own]
    if GROUP not in reported:
        found.append(f"{GROUP} is missing")
    if reported.get(MAKES_GROUP, "false").lower() != "false":
        found.append(f"{MAKES_GROUP}: a task makes the group, which nobody manages")
    return found
