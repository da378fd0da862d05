"""Names of log groups by a rule, ``/aws/{service}/{resource-name}/{log-type}`` where nobody says otherwise: read, and made.

The rule is the environment's (``logs.name``), and so is which services there are, and which log types each has (``[logs.names]``). The
log type ``""`` stands for a name without one: a Lambda function's own group is ``/aws/lambda/{function-name}``.

Sources: central logging design (IN-116), "Log group names"; Amazon CloudWatch Logs API reference, CreateLogGroup.
"""

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

Design = Mapping[str, Collection[str]]
"""The log types of each service: ``{"ecs": ("application", "errors", "llm"), "lambda": ("", "errors")}``."""

SERVICE, RESOURCE, LOG_TYPE = PARTS = ("{service}", "{resource-name}", "{log-type}")
"""What a rule for names is made of, beside text that is meant as it stands: one of them at most between two slashes."""

DEFAULT_RULE = "/aws/{service}/{resource-name}/{log-type}"

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


def rule_problem(rule: str) -> str:
    """Why a text is no rule for names; empty if it is one.

    >>> rule_problem(DEFAULT_RULE), rule_problem("/{service}/acme-{resource-name}")
    ('', '')
    >>> rule_problem("/ecs/{cluster}/{resource-name}")
    'there is no {cluster}; there are {service}, {resource-name}, {log-type}'
    >>> rule_problem("/{resource-name}{log-type}"), rule_problem("/{resource-name}/{resource-name}"), rule_problem("/aws")
    ('{resource-name}{log-type} are two in one part', '{resource-name} is in it twice', 'it has no {resource-name}')
    """
    found = re.findall(r"\{[^{}/]*\}|[{}]", rule)
    unknown = [f"there is no {one}; there are {', '.join(PARTS)}" for one in found if one not in PARTS]
    together = [f"{part} are two in one part" for part in rule.split("/") if part.count("{") > 1]
    twice = [f"{one} is in it twice" for one in PARTS if found.count(one) > 1]
    without = [] if RESOURCE in found else [f"it has no {RESOURCE}"]
    return next(iter([*unknown, *together, *twice, *without]), "")


def parse(name: str, design: Design, rule: str = DEFAULT_RULE) -> LogName:
    """The parts of a name by a rule. Raises `NotInDesign`, which says what part is wrong and what is allowed there.

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

    >>> parse("/ecs/acme-api", {"ecs": ("",)}, "/{service}/acme-{resource-name}")
    LogName(service='ecs', resource='api', log_type='')
    >>> parse("/acme/api/llm", {"": ("llm",)}, "/acme/{resource-name}/{log-type}")
    LogName(service='', resource='api', log_type='llm')
    >>> parse("/ecs/api", {"ecs": ("",)}, "/{service}/acme-{resource-name}")
    Traceback (most recent call last):
    stackproof.judgement.log_names.NotInDesign: /ecs/api: 'api' is not acme-{resource-name}
    >>> parse("/ecs/api-logs", {"ecs": ("",)}, "/{service}/{resource-name}-logs").resource
    'api'
    >>> parse("ecs/a", {"ecs": ("",)}, "{service}/{resource-name}").service
    'ecs'
    >>> longest = "/aws/ecs/" + "a" * (LONGEST - 13) + "/llm"
    >>> len(longest), parse(longest, design).log_type
    (512, 'llm')
    >>> for name in ("/aws/", "/logs/ecs/api/llm", f"/aws/ecs/{'a' * 50}bc{longest}", "/aws/ecs/api/llm/more/still"):
    ...     try:
    ...         parse(name, design)
    ...     except NotInDesign as error:
    ...         print(str(error)[-99:])
    /aws/: it does not begin with /aws/
    /logs/ecs/api/llm: it does not begin with /aws/
    aaaaaaaaaaaaaaaaaaaaaaaaaaaab...: it has 573 characters; 512 is the most that CloudWatch Logs takes
    /more/still: 'llm/more/still' is too much after the resource name; ecs has application, errors, llm
    >>> parse("/awk/ecs/api/llm", design)
    Traceback (most recent call last):
    stackproof.judgement.log_names.NotInDesign: /awk/ecs/api/llm: it does not begin with /aws/
    >>> parse("/ecs/api", {"ecs": ("",)}, "/acme-{service}/{resource-name}")
    Traceback (most recent call last):
    stackproof.judgement.log_names.NotInDesign: /ecs/api: 'ecs' is not acme-{service}
    """
    start = rule.partition("{")[0]
    if not name.startswith(start[: start.rindex("/") + 1] if "/" in start else "") or name == start:
        raise NotInDesign(f"{name}: it does not begin with {start}")
    if len(name) > LONGEST:
        raise NotInDesign(f"{name[:60]}...: it has {len(name)} characters; {LONGEST} is the most that CloudWatch Logs takes")
    wanted, given = rule.split("/"), name.split("/")
    said = dict(_said(name, form, part) for form, part in zip(wanted, given, strict=False))
    service, resource, log_type = (said.get(part, "") for part in PARTS)
    if service not in design:
        raise NotInDesign(f"{name}: there is no service {service!r}; the design has {', '.join(design)}")
    if not _RESOURCE.fullmatch(resource):
        raise NotInDesign(f"{name}: the resource name {resource!r} is not one; it has letters, digits and the characters _ . # -")
    if len(given) > len(wanted):
        rest = "/".join(given[len(wanted) - (wanted[-1] == LOG_TYPE) :])
        raise NotInDesign(f"{name}: {rest!r} is too much after the resource name; {_has(service, design)}")
    if len(given) < len(wanted) and wanted[len(given) :] != [LOG_TYPE]:
        raise NotInDesign(f"{name}: it ends before {'/'.join(wanted[len(given) :])}")
    if log_type not in design[service] or said.get(LOG_TYPE) == "":
        raise NotInDesign(f"{name}: {_wrong(log_type, service, design)}; {_has(service, design)}")
    return LogName(service, resource, log_type)


def _said(name: str, form: str, part: str) -> tuple[str, str]:
    """What is in a part of a rule, and the text of a name in its place. Raises `NotInDesign` for a text that is not like it."""
    before, brace, rest = form.partition("{")
    name_of, end, after = rest.rpartition("}")
    kind = f"{brace}{name_of}{end}"
    text = part[len(before) : len(part) - len(after)]
    if f"{before}{text}{after}" != part or (text and not kind):
        raise NotInDesign(f"{name}: {part!r} is not {form}")
    return kind, text


def build(name: LogName, design: Design, rule: str = DEFAULT_RULE) -> str:
    """The name of these parts by a rule. Raises `NotInDesign` for parts that make none.

    >>> build(LogName("ecs", "api", "llm"), {"ecs": ("llm",)}), build(LogName("lambda", "rotation"), {"lambda": ("",)})
    ('/aws/ecs/api/llm', '/aws/lambda/rotation')
    >>> build(LogName("lambda", "rotation/errors"), {"lambda": ("", "errors")})
    Traceback (most recent call last):
    stackproof.judgement.log_names.NotInDesign: /aws/lambda/rotation/errors: the resource name has a slash in it
    """
    text = rule if name.log_type else rule.replace(f"/{LOG_TYPE}", "")
    for part, value in zip(PARTS, name, strict=True):
        text = text.replace(part, value)
    if parse(text, design, rule) != name:
        raise NotInDesign(f"{text}: the resource name has a slash in it")
    return text


def _wrong(log_type: str, service: str, design: Design) -> str:
    if not log_type:
        return "the type is missing"
    others = [other for other, types in design.items() if other != service and log_type in types]
    return f"type {log_type!r} is that of {' and '.join(others)}" if others else f"there is no type {log_type!r}"


def _has(service: str, design: Design) -> str:
    return f"{service or 'the design'} has {', '.join(log_type or 'none' for log_type in design[service])}"
