"""A profile of what a plan makes, or an account has, as TOML that a person reviews.

What is found is written as found. What looks wrong (a way in from the internet to anything but the web, log events that are kept for ever,
backups of a day) stands in a comment and never in a declaration, and so does what is not known yet. Days that nothing shows are defaults,
and marked.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TypeVar

from stackproof.collections import deployment, inventory
from stackproof.collections import stack as stacks
from stackproof.core.partial import Index, parts
from stackproof.core.resource import FailedOrigin, Resource
from stackproof.core.verdicts import (
    AccessDenied,
    CallFailed,
    CouldNotVerify,
    DeclaredButMissing,
    NotApplicable,
    NotDeclared,
    NotYetKnown,
    Throttled,
    Unreachable,
)
from stackproof.judgement.exposure import CIDR, GROUP, Opening, is_public
from stackproof.resources.database import DatabaseInstance
from stackproof.resources.load_balancer import LoadBalancer
from stackproof.resources.logs import LogGroup
from stackproof.resources.network import SecurityGroup, Subnet, Vpc
from stackproof.resources.service import Service
from stackproof.sources.plan.blocks import PlannedBlock
from stackproof.targets.base import Stage

T = TypeVar("T")

STATUS = "generated, not reviewed"
"""What the profile says of itself until a person has reviewed it: the gate is closed."""

_ELSEWHERE = ("logs", "registry")
"""Kinds whose names begin with something else than the stack's."""

WEB = (80, 443)
"""The ports that the whole internet may reach."""

_FAILED = (AccessDenied, Throttled, Unreachable, CallFailed)
"""What a call to AWS fails with, other than that an emulator lacks it."""

_UNKNOWN = (CouldNotVerify, DeclaredButMissing, NotApplicable, NotDeclared, NotYetKnown)


def profile_of(stage: Stage, name: str, *, target: str, account: str = "", region: str = "", directory: str = "") -> str:
    """The text of the profile. ``directory`` are the Terraform sources, relative to the profile's repository; empty for none.

    Raises `CouldNotVerify` where something cannot be listed: a profile of half of what is there would say that the rest is not.
    """
    found = _by_table(stage)
    region = region or _region(stage)
    lines = [
        f"# What {name} looks like, as it was found. Read each line: what is declared here is what every control holds the stack to.",
        f'# Then replace the line status by reviewed = "YOUR NAME, {stage.now:%Y-%m-%d}": until then the gate is closed.',
        f"name = {_text(name)}",
        f"status = {_text(STATUS)}",
        f"target = {_text(target)}",
        f"region = {_text(region)}" if region else '# region = "eu-central-1"  # not found; live AWS needs it',
        *_owned([one for table, names in found.items() if table not in _ELSEWHERE for one in names], target),
        *_absent([table for table, names in found.items() if not names]),
        *(line for block in (_account(account), *_tables(stage, found)) for line in ("", *block)),
        *_unnamed(stage),
        *_terraform(stage, directory),
    ]
    return "\n".join([*lines, ""])


def _account(id: str) -> list[str]:
    if id:
        return ["[account]", f"id = {_text(id)}"]
    return ["# No plan tells the number of the account; live AWS needs it.", "# [account]", '# id = "123456789012"']


def _tables(stage: Stage, found: dict[str, list[str]]) -> Iterator[list[str]]:
    yield from (_database(one) for one in _all(lambda: stacks.databases_found(stage)))
    logged = {_bucket_of(one) for one in _all(lambda: stacks.load_balancers(stage))}  # declared with its load balancer
    found = {**found, "storage": [name for name in found["storage"] if name not in logged]}
    for table, key in (("storage", "buckets"), ("encryption", "keys"), ("secrets", "names")):
        if found[table]:
            yield [f"[{table}]", _names(key, found[table])]
    yield from (_network(stage, one) for one in _all(lambda: stacks.vpcs(stage)))
    if found["identity"]:
        yield ["[identity]", _names("roles", found["identity"])]
    yield from (_service(one) for one in _all(lambda: stacks.services_found(stage)))
    yield from (_load_balancer(one) for one in _all(lambda: stacks.load_balancers(stage)))
    if found["registry"]:
        yield ["[registry]", _names("repository", found["registry"])]
    if groups := [*_all(lambda: stacks.of_the_stack(stage))]:
        yield _logs(groups)
    for one in found["audit"]:
        yield ["[audit]", f"trail = {_text(one)}"]
    for table in (kind.table for kind in inventory.KINDS if kind.is_a_list_of_names):
        if found[table]:
            yield [f"[{table}]", _names("names", found[table])]


def _by_table(stage: Stage) -> dict[str, list[str]]:
    """The names of each kind that are found and known. Raises `CouldNotVerify` with every kind that cannot be listed."""
    found: dict[str, list[str]] = {}
    failed: dict[str, str] = {}
    for kind in inventory.KINDS:
        try:
            found[kind.table] = _named(stage, kind)
        except _FAILED as error:
            failed[kind.table] = str(error).splitlines()[0]
    if failed:
        lines = "\n".join(f"  [{table}]: {problem}" for table, problem in failed.items())
        raise CouldNotVerify(f"not all that is there can be read, and nothing was written:\n{lines}")
    return found


def _named(stage: Stage, kind: inventory.Kind) -> list[str]:
    resources = _all(lambda: kind.resources(stage, ()))
    for one in resources:
        if isinstance(one.origin, FailedOrigin) and isinstance(one.origin.error, _FAILED):
            raise one.origin.error
    return sorted({one.name for one in resources if not _is_unnamed(one)})


def _is_unnamed(one: Resource) -> bool:
    return isinstance(one.origin, PlannedBlock) and one.name == one.origin.address


def _region(stage: Stage) -> str:
    """The region that a plan has all of its resources in; empty where it shows none, or several."""
    regions = {block.region for block in stage.plan().every()} if stage.is_planned else set()
    return next(iter(regions)) or "" if len(regions) == 1 else ""


def _unnamed(stage: Stage) -> list[str]:
    """What a plan makes under names that it does not know yet: for a person to declare."""
    lines = [
        f"# {one.name}: {kind.line.format(name='NAME')}"
        for kind in inventory.KINDS
        for one in sorted(_all(partial(kind.resources, stage, ())), key=lambda one: one.name)
        if _is_unnamed(one)
    ]
    head = [
        "",
        "# Made under names that are known only after apply. Declare them, with * for what is not known, as in /aws/vpc/*:",
    ]
    return [*head, *lines] if lines else []


def _all(make: Callable[[], Iterable[T]]) -> Sequence[T]:
    """What is known of a collection; nothing where it is not there. Raises what a call to AWS failed with."""
    try:
        known, rest = parts(make())
    except _FAILED:
        raise
    except _UNKNOWN:
        return []
    for error in rest:
        if isinstance(error, _FAILED):
            raise error
    return known


def _said(key: str, make: Callable[[], object], looks_wrong: Callable[[object], str] = lambda _: "") -> list[str]:
    """The line of a key; a comment where it is not known, or looks wrong."""
    try:
        value = make()
        line = f"{key} = {_value(value)}"
    except _UNKNOWN as error:
        return [f"# {key} is not known: {str(error).splitlines()[0]}"]
    wrong = looks_wrong(value)
    return [f"# {line}  # found, and {wrong}"] if wrong else [line]


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    raise NotYetKnown("it is known only after apply")


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _names(key: str, names: Sequence[str]) -> str:
    return (
        f"{key} = [\n" + "".join(f"  {_text(name)},\n" for name in names) + "]" if len(names) > 2 else f"{key} = {_value(names)}"
    )


def _owned(names: Sequence[str], target: str) -> list[str]:
    """The beginning that the names have in common, for live AWS; where they have none, the whole account, if that was looked at."""
    plain = [name.removeprefix("alias/").lstrip("/") for name in names]
    prefix = _beginning(plain)
    if prefix not in plain:
        prefix = prefix[: prefix.rfind("-") + 1]
    if not prefix and target != "plan":
        return ["# The whole account, as it was looked at; or the beginnings of the names of the stack.", 'owned = ["*"]']
    if not prefix:
        return ['# owned = ["PREFIX-"]  # the names have no beginning in common; live AWS needs it']
    return ["# Whatever else begins so in the account is judged, too.", f"owned = [{_text(prefix)}]"]


def _beginning(names: Sequence[str]) -> str:
    """
    >>> _beginning(["orders-api", "orders-admin"]), _beginning([]), _beginning(["a", "b"])
    ('orders-a', '', '')
    """
    first, last = min(names, default=""), max(names, default="")
    return first[: next((place for place, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), len(first))]


def _absent(tables: Sequence[str]) -> list[str]:
    """The kinds that nothing was found of: for a person to state."""
    if not tables:
        return []
    reasons = ", ".join(f'{table} = "REASON"' for table in tables)
    return [
        "# Nothing was found of these kinds. State those that are meant to be absent, with the reason:",
        f"# absent = {{ {reasons} }}",
    ]


def _database(one: DatabaseInstance) -> list[str]:
    def few(days: object) -> str:
        return "looks wrong: less than a week of backups" if isinstance(days, int) and days < 7 else ""

    return [
        "[[database]]",
        f"identifier = {_text(one.name)}",
        *_said("engine", lambda: one.engine),
        *_said("engine_version", lambda: _major(one.engine, one.engine_version)),
        *_said("instance_class", lambda: one.instance_class),
        *_said("multi_zone", lambda: one.is_multi_zone),
        *_said("backup_days", lambda: one.backup_days, few),
        *_said("security_groups", lambda: _group_names(one.security_groups)),
        "standard_support_days = 30  # a default: set what you ask for",
        "ca_certificate_days = 90  # a default: set what you ask for",
    ]


def _major(engine: str, version: object) -> object:
    """PostgreSQL's major version is its first number, that of other engines its first two."""
    if not isinstance(version, str):
        return version
    numbers = version.split(".")
    return ".".join(numbers[: 1 if "postgres" in engine else 2])


def _group_names(groups: Iterable[SecurityGroup]) -> list[str]:
    return sorted(one.name for one in groups if not _is_unnamed(one))


def _network(stage: Stage, vpc: Vpc) -> list[str]:
    subnets = _all(lambda: [*deployment.vpc_subnets(stage)[vpc.identity]])
    public: list[str] = []
    private: list[str] = []
    for one in subnets:
        for into in _kind_of(one, public, private):
            into.append(one.cidr)
    groups = _all(lambda: stacks.in_vpc(stage.once(_groups_by_vpc), vpc))
    names = {one.identity: one.name for one in groups}
    return [
        "[[network]]",
        f"vpc = {_text(vpc.name)}",
        *_said("cidr", lambda: vpc.cidr),
        *_subnets("public_subnets", public),
        *_subnets("private_subnets", private),
        *(line for one in groups if not _is_unnamed(one) and one.name != "default" for line in _group(one, names)),
    ]


def _groups_by_vpc(stage: Stage) -> Index[SecurityGroup]:
    return stacks.by_vpc(stage, stacks._groups(stage))


def _subnets(key: str, cidrs: list[str]) -> list[str]:
    return [
        f"{key} = {_value(sorted(cidrs))}" if len(cidrs) > 1 else f"# {key}: found {', '.join(cidrs) or 'none that is known'}"
    ]


def _kind_of(subnet: Subnet, public: list[str], private: list[str]) -> list[list[str]]:
    """The list that its addresses belong to: of those with a way to the internet, or out to it; none for a subnet without either."""
    try:
        routes = parts(subnet.route_table.routes)[0]
        if not isinstance(subnet.cidr, str):
            return []
    except _UNKNOWN:
        return []
    if any(one.leads_to_the_internet for one in routes):
        return [public]
    return [private] if any(one.destination == "0.0.0.0/0" for one in routes) else []


def _group(group: SecurityGroup, names: dict[str, str]) -> list[str]:
    lines = ["", "[[network.security_groups]]", f"name = {_text(group.name)}"]
    try:
        openings, rest = parts(group.ingress)
    except _UNKNOWN as error:
        return [*lines, f"# its ways in are not known: {str(error).splitlines()[0]}"]
    declared = [one for one in sorted(openings, key=str) if not _looks_wrong(one)]
    ways = [f"{{ port = {one.first_port}, from = {_text(names.get(one.source.id, one.source.id))} }}" for one in declared]
    lines.append(f"ingress = [{', '.join(ways)}]")
    lines += [f"# found, and left out: {one}: {_looks_wrong(one)}" for one in sorted(openings, key=str) if _looks_wrong(one)]
    return [*lines, *(f"# not known: {str(error).splitlines()[0]}" for error in rest)]


def _looks_wrong(one: Opening) -> str:
    """Why a way in is not declared; empty for one that may be."""
    if one.protocol != "tcp" or one.first_port != one.last_port:
        return "it is more than a TCP port"
    if one.source.kind == CIDR and is_public(one.source.id) and one.first_port not in WEB:
        return "the internet reaches more than the web"
    return "" if one.source.kind in (CIDR, GROUP) or one.first_port else "it is of a kind that nobody can review here"


def _service(one: Service) -> list[str]:
    cluster, _, name = one.name.rpartition("/")
    return [
        "[[service]]",
        f"cluster = {_text(cluster)}" if cluster else '# cluster = "NAME"  # not known on this plan',
        f"names = {_value([name])}",
        *_said("execute_command", lambda: one.execute_command, lambda on: "looks wrong: a shell in what runs" if on else ""),
        *_said("security_group", lambda: _only(_group_names(one.security_groups))),
    ]


def _only(names: Sequence[str]) -> str:
    if len(names) != 1:
        raise CouldNotVerify(f"there is not one, but: {', '.join(names) or 'none that is known'}")
    return names[0]


def _load_balancer(one: LoadBalancer) -> list[str]:
    return [
        "[[load_balancer]]",
        f"name = {_text(one.name)}",
        *_said("security_groups", lambda: _group_names(one.security_groups)),
        *_said("access_log_bucket", lambda: _there(one.access_log_bucket)),
        "certificate_days = 30  # a default: set what you ask for",
        "hsts_seconds = 31536000  # a default: set what you ask for",
    ]


def _bucket_of(balancer: LoadBalancer) -> object:
    """The bucket of a load balancer's access logs; None where it is not known."""
    try:
        return balancer.access_log_bucket
    except _UNKNOWN:
        return None


def _there(value: object) -> object:
    if value is None:
        raise CouldNotVerify("there are no access logs")
    return value


def _logs(groups: Sequence[LogGroup]) -> list[str]:
    named = [one for one in groups if not _is_unnamed(one)]
    lines = ["[logs]", _names("groups", sorted(one.name for one in named))]
    for one in sorted(groups, key=lambda group: group.name):
        try:
            days = one.retention_days
        except _UNKNOWN as error:
            lines.append(f"# {one.name}: {str(error).splitlines()[0]}")
            continue
        kept = "for ever, which looks wrong" if days is None else f"{days} days"
        lines.append(f"# {one.name} keeps its events {kept}")
    return [
        *lines,
        "# To have that judged, say what a name means, [logs.names], and how long each kind is kept, [logs.retention_days].",
    ]


def _terraform(stage: Stage, directory: str) -> list[str]:
    if not stage.is_planned:
        return []
    plan = stage.plan()
    added = [f"  {_text(block.address)}," for block in plan.every()]
    head = ["[terraform]", f"directory = {_text(directory or 'infra')}", "reviewed = [", *added, "]"]
    comment = "" if directory else "# "
    return ["", "# What a plan from nothing adds, and nothing else.", *(comment + line for line in head)]
