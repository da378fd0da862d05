"""Names of log groups by the design ``/aws/{service}/{resource-name}/{log-type}``: read, and made.

Which services there are, and which log types each has, is the environment's (``[logs.names]``). The log type ``""`` stands for a name
without one: a Lambda function's own group is ``/aws/lambda/{function-name}``.

Sources: central logging design (IN-116), "Log group names"; Amazon CloudWatch Logs API reference, CreateLogGroup.
"""

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

Design = Mapping[str, Collection[str]]
"""The log types of each service: ``{"ecs": ("application", "errors", "llm"), "lambda": ("", "errors")}``."""

LONGEST = 512
"""Characters of a log group's name (CreateLogGroup)."""

_RESOURCE = re.compile(r"[A-Za-z0-9_.#-]+")
"""What CloudWatch Logs admits in a name, but for the slash, which ends a part."""


class NotInDesign(AssertionError):
    """A log group's name that the design does not have: whatever is asked of the group, no rule says that it is right."""


class LogName(NamedTuple):
    """The parts of a log group's name."""

    service: str
    resource: str
    """The ECS service, the Lambda function, the load balancer, the database."""
    log_type: str = ""


def parse(name: str, design: Design) -> LogName:
    """The parts of a name. Raises `NotInDesign`, which says what part is wrong and what is allowed there.

    >>> design = {"ecs": ("application", "errors", "llm"), "lambda": ("", "errors"), "rds": ("error", "general", "slowquery")}
    >>> parse("/aws/ecs/api/errors", design)
    LogName(service='ecs', resource='api', log_type='errors')
    >>> parse("/aws/lambda/secrets-manager-rotation", design)
    LogName(service='lambda', resource='secrets-manager-rotation', log_type='')
    >>> parse("/aws/ecs/api/error", design)
    Traceback (most recent call last):
    stackproof.judgement.log_names.NotInDesign: /aws/ecs/api/error: type 'error' is that of rds; ecs has application, errors, llm
    >>> parse("/aws/ecs/atlantis-prod", design)
    Traceback (most recent call last):
    stackproof.judgement.log_names.NotInDesign: /aws/ecs/atlantis-prod: the type is missing; ecs has application, errors, llm
    >>> parse("/aws/eks/api/errors", design)
    Traceback (most recent call last):
    stackproof.judgement.log_names.NotInDesign: /aws/eks/api/errors: there is no service 'eks'; the design has ecs, lambda, rds
    """
    start, _, rest = name.partition("/aws/")
    if start or not rest:
        raise NotInDesign(f"{name}: it does not begin with /aws/")
    if len(name) > LONGEST:
        raise NotInDesign(f"{name[:60]}...: it has {len(name)} characters; {LONGEST} is the most that CloudWatch Logs takes")
    service, *parts = rest.split("/")
    if service not in design:
        raise NotInDesign(f"{name}: there is no service {service!r}; the design has {', '.join(design)}")
    resource, *types = parts or [""]
    if not _RESOURCE.fullmatch(resource):
        raise NotInDesign(f"{name}: the resource name {resource!r} is not one; it has letters, digits and the characters _ . # -")
    if len(types) > 1:
        raise NotInDesign(f"{name}: {'/'.join(types)!r} is too much after the resource name; {_has(service, design)}")
    log_type = types[0] if types else ""
    if log_type not in design[service] or types == [""]:
        raise NotInDesign(f"{name}: {_wrong(log_type, service, design)}; {_has(service, design)}")
    return LogName(service, resource, log_type)


def build(name: LogName, design: Design) -> str:
    """The name of these parts. Raises `NotInDesign` for parts that make none.

    >>> build(LogName("ecs", "api", "llm"), {"ecs": ("llm",)}), build(LogName("lambda", "rotation"), {"lambda": ("",)})
    ('/aws/ecs/api/llm', '/aws/lambda/rotation')
    >>> build(LogName("lambda", "rotation/errors"), {"lambda": ("", "errors")})
    Traceback (most recent call last):
    stackproof.judgement.log_names.NotInDesign: /aws/lambda/rotation/errors: the resource name has a slash in it
    """
    text = "/".join(["/aws", name.service, name.resource, *([name.log_type] if name.log_type else [])])
    if parse(text, design) != name:
        raise NotInDesign(f"{text}: the resource name has a slash in it")
    return text


def _wrong(log_type: str, service: str, design: Design) -> str:
    if not log_type:
        return "the type is missing"
    others = [other for other, types in design.items() if other != service and log_type in types]
    return f"type {log_type!r} is that of {' and '.join(others)}" if others else f"there is no type {log_type!r}"


def _has(service: str, design: Design) -> str:
    return f"{service} has {', '.join(log_type or 'none' for log_type in design[service])}"
