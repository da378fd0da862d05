"""Sources for hashicorp/aws 6.x, rewritten so that the packaged provider 3.39.0 accepts them.

The 6.x sources stay the only truth: every file is rewritten as text, so that whatever a change does to it reaches the
plan. What the two generations write differently is in the tables `ARGUMENTS`, `ATTRIBUTES`, `RETYPED` and `MERGED`; anything
else that 3.39.0 lacks is left as it is, for ``terraform validate`` to refuse by name. Nothing is dropped silently: an argument
that 3.39.0 has no word for at all becomes a comment, and is to be set through the API after an apply (`LATER`); a resource that it
has no word for (`ABSENT`) is to be made so, and Terraform keeps its arguments meanwhile, worked out, in a ``terraform_data``.

Line numbers stay: a resource that became a block of another leaves empty lines behind, and that block stands in a file
of its own (`ADDED`), which Terraform merges into the others as an override. Only a retyped rule grows by the arguments
that 3.39.0 requires in place.
"""

import re
import textwrap
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from stackproof.core.verdicts import CouldNotVerify
from stackproof.terraform import hcl
from stackproof.terraform.provider import PACKAGED_VERSION

_Edit = tuple[str, int, int, str]
"""File, start and end of a span, and the text in its place."""

ADDED = "stackproof_downgrade_override.tf"
BESIDE = "stackproof_downgrade.tf"


class CannotDowngrade(CouldNotVerify):
    """The sources use something of 6.x that has no equivalent in the packaged provider."""


@dataclass(frozen=True)
class Downgraded:
    """The sources of one module for 3.39.0."""

    sources: Mapping[str, str]
    """Text by file name."""
    notes: tuple[str, ...]
    """What was downgraded, one line each."""
    merged: Mapping[str, str]
    """6.x resources that are no resource any more: their address, and that of the resource they became a block of."""
    retyped: Mapping[str, str]
    """6.x resources that have another address now: theirs, and the one in the plan."""
    later: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Attributes to be set through the API after an apply, by the address of the resource: names and values as the API has them."""


def downgrade(sources: Mapping[str, str]) -> Downgraded:
    """Rewrite the files of one module (``{"network.tf": text}``); sources without anything of 6.x come back unchanged.

    >>> downgraded = downgrade({"a.tf": 'resource "aws_eip" "nat" {\\n  domain = "vpc"\\n}\\n'})
    >>> print(downgraded.sources["a.tf"], *downgraded.notes)
    resource "aws_eip" "nat" {
      vpc = true
    }
     a.tf line 2: aws_eip.nat domain -> vpc

    Raises `CannotDowngrade` with file, line and address, `CouldNotVerify` for a file that does not parse.
    """
    work = _Work(sources)
    for step in (
        _downgrade_constraint,
        _downgrade_references,
        _downgrade_arguments,
        _downgrade_later,
        _downgrade_unheard,
        _downgrade_absent,
        _downgrade_retyped,
        _downgrade_merged,
    ):
        step(work)
    for name, blocks in ((ADDED, work.added), (BESIDE, work.beside)):
        if blocks:
            work.files[name] = "\n\n".join(blocks) + "\n"
    return Downgraded(work.files, tuple(work.notes), work.merged, work.retyped, work.later)


# What differs --------------------------------------------------------------------------------------------------------


def _is(expected: str) -> Callable[[hcl.Argument], str]:
    """A word of 6.x that is a yes or no in 3.39.0."""

    def rewritten(argument: hcl.Argument) -> str:
        if isinstance(argument.value, str):
            return "true" if argument.value == expected else "false"
        return f'({argument.text}) == "{expected}"'

    return rewritten


def _listed(argument: hcl.Argument) -> str:
    """One value of 6.x that is a list in 3.39.0; null stays null."""
    text = argument.text
    return f"[{text}]" if isinstance(argument.value, str) else f"({text}) == null ? null : [{text}]"


def _same(argument: hcl.Argument) -> str:
    return argument.text


@dataclass(frozen=True)
class Argument:
    """How an argument is called in 3.39.0, and how its value is written there."""

    name: str
    value: Callable[[hcl.Argument], str] = _same


_SECURITY_GROUP_RULE = {
    "cidr_ipv4": Argument("cidr_blocks", _listed),
    "cidr_ipv6": Argument("ipv6_cidr_blocks", _listed),
    "prefix_list_id": Argument("prefix_list_ids", _listed),
    "referenced_security_group_id": Argument("source_security_group_id"),
    "ip_protocol": Argument("protocol"),
}

ARGUMENTS: Mapping[str, Mapping[str, Argument]] = {
    "provider aws": {"s3_use_path_style": Argument("s3_force_path_style")},
    "aws_eip": {"domain": Argument("vpc", _is("vpc"))},
    "aws_db_instance": {"db_name": Argument("name")},
    "aws_vpc_security_group_ingress_rule": _SECURITY_GROUP_RULE,
    "aws_vpc_security_group_egress_rule": _SECURITY_GROUP_RULE,
}
"""Arguments that are called otherwise in 3.39.0."""

LATER: Mapping[str, Mapping[str, str]] = {
    "aws_lb_listener": {
        "routing_http_response_strict_transport_security_header_value": (
            "routing.http.response.strict_transport_security.header_value"
        ),
    },
}
"""Arguments that 3.39.0 has no word for, and the attributes of the API that they set (ModifyListenerAttributes)."""

UNHEARD: Mapping[str, Mapping[str, str]] = {"aws_default_subnet": {"map_public_ip_on_launch": "MapPublicIpOnLaunch"}}
"""Arguments that 3.39.0 takes, and does not set to false in what it adopts; the attributes of the API that they set."""

ABSENT = frozenset({"aws_account_alternate_contact", "aws_guardduty_detector_feature", "aws_inspector2_enabler"})
"""Resources that 3.39.0 has no word for; `stackproof.embedded.later` makes them through the API after an apply."""

KEPT_AS = "terraform_data"
"""The type under which they are planned: Terraform's own."""

ATTRIBUTES = {("data.aws_region", "region"): "name", ("aws_db_instance", "db_name"): "name"}
"""Attributes that are read under another name in 3.39.0."""


@dataclass(frozen=True)
class Retyped:
    """A resource that 3.39.0 knows as another type. Names get a prefix: two types become one."""

    type: str
    prefix: str
    added: Mapping[str, str]
    """Arguments that 3.39.0 requires and 6.x does not have, or leaves out."""


RETYPED = {
    f"aws_vpc_security_group_{direction}_rule": Retyped(
        "aws_security_group_rule",
        prefix=f"{direction}_",
        added={"type": f'"{direction}"', "from_port": "0", "to_port": "0"},
    )
    for direction in ("ingress", "egress")
}


def _versioning(resource: hcl.Block) -> str:
    _only(resource, blocks=["versioning_configuration"])
    names = {"status": "enabled", "mfa_delete": "mfa_delete"}
    lines = [
        f"{names[name]} = {_is('Enabled')(argument)}"
        for settings in resource.body.blocks
        for name, argument in _only(settings, arguments=names).items()
    ]
    return _block("versioning", lines)


def _encryption(resource: hcl.Block) -> str:
    _only(resource, blocks=["rule"])
    return _block("server_side_encryption_configuration", map(_text, resource.body.blocks))


def _logging(resource: hcl.Block) -> str:
    return _block("logging", _assigned(_only(resource, arguments=["target_bucket", "target_prefix"])))


def _lifecycle(resource: hcl.Block) -> str:
    _only(resource, blocks=["rule"])
    return "\n".join(_block("lifecycle_rule", _lifecycle_rule(rule)) for rule in resource.body.blocks)


def _lifecycle_rule(rule: hcl.Block) -> Iterator[str]:
    blocks = ["filter", "expiration", "transition", "abort_incomplete_multipart_upload", *_NONCURRENT]
    for name, argument in _only(rule, arguments=["id", "status", "prefix"], blocks=blocks).items():
        yield f"enabled = {_is('Enabled')(argument)}" if name == "status" else f"{name} = {argument.text}"
    for block in rule.body.blocks:
        match block.type:
            case "filter":
                yield from _assigned(_only(block, arguments=["prefix"], blocks=["and"]))
                for both in block.body.blocks:
                    yield from _assigned(_only(both, arguments=["prefix", "tags"]))
            case "abort_incomplete_multipart_upload":
                for days in _only(block, arguments=["days_after_initiation"]).values():
                    yield f"abort_incomplete_multipart_upload_days = {days.text}"
            case "expiration" | "transition":
                yield _text(block)
            case _:
                given = _only(block, arguments=["noncurrent_days", "storage_class"])
                yield _block(block.type, (line.removeprefix("noncurrent_") for line in _assigned(given)))


_NONCURRENT = ("noncurrent_version_expiration", "noncurrent_version_transition")


def _object_lock(resource: hcl.Block) -> str:
    given = _only(resource, arguments=["object_lock_enabled"], blocks=["rule"])
    is_on = [] if "object_lock_enabled" in given else ['object_lock_enabled = "Enabled"']  # 6.x has it as its default
    return _block("object_lock_configuration", [*is_on, *_assigned(given), *map(_text, resource.body.blocks)])


MERGED: Mapping[str, Callable[[hcl.Block], str]] = {
    "aws_s3_bucket_versioning": _versioning,
    "aws_s3_bucket_server_side_encryption_configuration": _encryption,
    "aws_s3_bucket_lifecycle_configuration": _lifecycle,
    "aws_s3_bucket_logging": _logging,
    "aws_s3_bucket_object_lock_configuration": _object_lock,
}
"""Resources that are blocks of their ``aws_s3_bucket`` in 3.39.0: each as the text of that block."""


# How it is downgraded ----------------------------------------------------------------------------------------------------


class _Work:
    """The files as far as they are rewritten, and what is said about it."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self.files = dict(sources)
        self.notes: list[str] = []
        self.merged: dict[str, str] = {}
        self.retyped: dict[str, str] = {}
        self.later: dict[str, dict[str, str]] = {}
        self.added: list[str] = []
        self.beside: list[str] = []

    def documents(self) -> list[hcl.Document]:
        return [hcl.parse(text, file) for file, text in self.files.items()]

    def blocks(self, *types: str) -> list[hcl.Block]:
        return [block for document in self.documents() for block in document.body.named(*types)]

    def resources(self, types: Collection[str]) -> list[hcl.Block]:
        return [block for block in self.blocks("resource") if block.labels[0] in types]

    def edit(self, edits: Iterable[_Edit]) -> None:
        """Replace spans, all of them given by their place in the files as they are now."""
        for file, start, end, replacement in sorted(edits, reverse=True):
            self.files[file] = self.files[file][:start] + replacement + self.files[file][end:]

    def note(self, place: str, what: str) -> None:
        self.notes.append(f"{place}: {what}")


def _cannot(place: str, why: str) -> CannotDowngrade:
    return CannotDowngrade(
        f"{place}: {why}. The packaged provider hashicorp/aws {PACKAGED_VERSION} cannot take it: "
        "use the current one from the Terraform registry (STACKPROOF_PROVIDER=registry)."
    )


def _downgrade_constraint(work: _Work) -> None:
    edits = []
    for requirement in _requirements(work):
        for version in re.finditer(r'(version\s*=\s*)"([^"]*)"', requirement.text):
            if not admits(version[2], PACKAGED_VERSION):
                start = requirement.end - len(requirement.text) + version.start(2)
                edits.append((requirement.file, start, start + len(version[2]), f"= {PACKAGED_VERSION}"))
                work.note(requirement.place, f"hashicorp/aws {version[2]} -> = {PACKAGED_VERSION}")
    work.edit(edits)


def _requirements(work: _Work) -> list[hcl.Argument]:
    """The entries of required_providers that name hashicorp/aws."""
    blocks = [block for terraform in work.blocks("terraform") for block in terraform.body.named("required_providers")]
    entries = [entry for block in blocks for entry in block.body.arguments.values()]
    return [
        entry for entry in entries if isinstance(entry.value, dict) and str(entry.value.get("source")).endswith("hashicorp/aws")
    ]


def admits(constraint: str, version: str) -> bool:
    """True if a version meets a constraint in Terraform's own syntax.

    >>> constraints = ("~> 6.0", ">= 3.0, < 4.0", "~> 3.39", "3.39.0", "~> 3.38.0", "!= 3.39")
    >>> [admits(constraint, "3.39.0") for constraint in constraints]
    [False, True, True, True, False, False]
    """
    parts = (re.fullmatch(r"\s*+(?>(~>|[!<>]?=|[<>])?)\s*+([\d.]++)\s*+", part) for part in constraint.split(","))
    return all(part and _meets(version, part[1] or "=", part[2]) for part in parts)


def _meets(version: str, operator: str, wanted: str) -> bool:
    precise = wanted.count(".")
    have, want = ([*map(int, text.split(".")), 0, 0][:3] for text in (version, wanted))
    match operator:
        case "~>":
            return have >= want and have[:precise] == want[:precise]
        case "!=":
            return have != want
        case _:
            return (have == want and "=" in operator) or (have < want and "<" in operator) or (have > want and ">" in operator)


_REFERENCE = re.compile(r"(?<![\w.-])((?:data\.)?aws_\w+)\.([\w-]+)(?:\[[^]\n]*\])?(?:\.([\w-]+))?")


def _downgrade_references(work: _Work) -> None:
    """References to resources that are called otherwise now, and to attributes that are."""
    targets = {block.address: _target(block) for block in work.resources({*MERGED, *RETYPED, *ABSENT})}
    edits = []
    for document in work.documents():
        for reference in _REFERENCE.finditer(document.code):
            type_, name, attribute = reference.groups()
            if (address := f"{type_}.{name}") in targets:
                if attribute not in (None, "id", "bucket" if type_ in MERGED else None):
                    line = document.text.count("\n", 0, reference.start()) + 1
                    raise _cannot(f"{document.file} line {line}", f"it reads {address}.{attribute}")
                edits.append((document.file, reference.start(1), reference.end(2), targets[address]))
            elif (type_, attribute) in ATTRIBUTES:
                edits.append((document.file, reference.start(3), reference.end(3), ATTRIBUTES[type_, attribute]))
    work.edit(edits)


def _target(block: hcl.Block) -> str:
    """The address in 3.39.0 of a resource that only 6.x has."""
    type_, name = block.labels
    if type_ in ABSENT:
        return f"{KEPT_AS}.{type_}_{name}"
    if type_ in RETYPED:
        return f"{RETYPED[type_].type}.{RETYPED[type_].prefix}{name}"
    bucket = block.body.arguments.get("bucket")
    target = re.fullmatch(r"(aws_s3_bucket\.[\w-]+)\.(?:id|bucket)", bucket.text) if bucket else None
    if target is None:
        raise _cannot((bucket or block).place, f"{block.address} refers to no aws_s3_bucket of these sources")
    return target[1]


def _downgrade_arguments(work: _Work) -> None:
    edits = []
    for block in work.blocks("resource", "provider"):
        subject = block.labels[0] if block.type == "resource" else f"provider {block.labels[0]}"
        for name, rule in ARGUMENTS.get(subject, {}).items():
            if argument := block.body.arguments.get(name):
                edits.append((argument.file, argument.start, argument.end, f"{rule.name} = {rule.value(argument)}"))
                named = block.address if block.type == "resource" else subject
                work.note(argument.place, f"{named} {name} -> {rule.name}")
    work.edit(edits)


def _downgrade_later(work: _Work) -> None:
    edits = []
    for block in work.resources(LATER):
        for name, attribute in LATER[block.labels[0]].items():
            if argument := block.body.arguments.get(name):
                if not isinstance(argument.value, str) or "\n" in argument.text:
                    raise _cannot(argument.place, f"{block.address} {name} is not one literal text")
                edits.append((argument.file, argument.start, argument.end, f"# {name} = {argument.text}"))
                work.later.setdefault(block.address, {})[attribute] = argument.value
                work.note(argument.place, f"{block.address} {name} -> set after the apply")
    work.edit(edits)


def _downgrade_unheard(work: _Work) -> None:
    for block in work.resources(UNHEARD):
        for name, attribute in UNHEARD[block.labels[0]].items():
            if (argument := block.body.arguments.get(name)) and argument.text == "false":
                work.later.setdefault(block.address, {})[attribute] = argument.text
                work.note(argument.place, f"{block.address} {name} -> set after the apply")


def _downgrade_absent(work: _Work) -> None:
    edits = []
    for block in work.resources(ABSENT):
        target = _target(block)
        arguments = dict(block.body.arguments)
        meta = [f"{name} = {arguments.pop(name).text}" for name in ("count", "for_each", "depends_on") if name in arguments]
        if "provider" in arguments:
            raise _cannot(block.place, f"{block.address} is made by another provider configuration than the default one")
        kept = _block(
            "input =", [f'"type" = "{block.labels[0]}"', *_as_object(replace(block, body=hcl.Body(arguments, block.body.blocks)))]
        )
        work.beside.append(_block('resource "{}" "{}"'.format(*target.split(".")), [*meta, kept]))
        edits.append((block.file, block.start, block.end, "\n" * block.text.count("\n")))
        work.retyped[block.address] = target
        work.note(block.place, f"{block.address} -> made after the apply")
    work.edit(edits)


def _as_object(block: hcl.Block) -> Iterator[str]:
    """The arguments of a block as the members of an object; nested blocks as lists of such objects."""
    yield from _assigned(block.body.arguments)
    for kind in dict.fromkeys(inner.type for inner in block.body.blocks):
        objects = ", ".join("{ " + ", ".join(_as_object(inner)) + " }" for inner in block.body.named(kind))
        yield f"{kind} = [{objects}]"


def _downgrade_retyped(work: _Work) -> None:
    edits = []
    taken = {block.address for block in work.resources({rule.type for rule in RETYPED.values()})}
    for block in work.resources(RETYPED):
        rule, target = RETYPED[block.labels[0]], _target(block)
        if target in taken:
            raise _cannot(block.place, f"{block.address} would be called {target}, which exists")
        header = f'resource "{rule.type}" "{rule.prefix}{block.labels[1]}" '
        edits.append((block.file, block.start, block.start + block.text.index("{"), header))
        missing = [f"  {name} = {value}\n" for name, value in rule.added.items() if name not in block.body.arguments]
        edits.append((block.file, block.end - 1, block.end - 1, "".join(missing)))
        work.retyped[block.address] = target
        work.note(block.place, f"{block.address} -> {target}")
    work.edit(edits)


def _downgrade_merged(work: _Work) -> None:
    edits = []
    buckets: dict[str, dict[str, str]] = {block.address: {} for block in work.resources({"aws_s3_bucket"})}
    for block in work.resources(MERGED):
        type_, target = block.labels[0], _target(block)
        if target not in buckets or type_ in buckets[target]:
            raise _cannot(block.place, f"{target} is not in these sources, or has more than one {type_}")
        buckets[target][type_] = MERGED[type_](_without_bucket(block, target))
        edits.append((block.file, block.start, block.end, "\n" * block.text.count("\n")))
        work.merged[block.address] = target
        work.note(block.place, f"{block.address} -> part of {target}")
    work.added += [
        _block('resource "aws_s3_bucket" "{}"'.format(target.split(".")[1]), parts.values())
        for target, parts in buckets.items()
        if parts
    ]
    work.edit(edits)


def _without_bucket(block: hcl.Block, target: str) -> hcl.Block:
    """The resource without the reference to its bucket, and without waiting for that."""
    arguments = dict(block.body.arguments)
    del arguments["bucket"]
    if waits := arguments.pop("depends_on", None):
        others = set(re.findall(r"[\w.-]+", waits.text)) - {target}
        if others:
            raise _cannot(waits.place, f"{block.address} depends on {', '.join(sorted(others))}, which its bucket does not")
    return replace(block, body=hcl.Body(arguments, block.body.blocks))


def _only(block: hcl.Block, arguments: Collection[str] = (), blocks: Collection[str] = ()) -> Mapping[str, hcl.Argument]:
    """The block's arguments, after a check that it has no others, and no other blocks, than those that are downgraded."""
    others = [other for other in block.body.arguments.values() if other.name not in arguments]
    nested = [other for other in block.body.blocks if other.type not in blocks]
    for other in others:
        raise _cannot(other.place, f"{_named(block)} has the argument {other.name}, which is not downgraded")
    for inner in nested:
        raise _cannot(inner.place, f"{_named(block)} has the block {inner.type}, which is not downgraded")
    return block.body.arguments


def _named(block: hcl.Block) -> str:
    return block.address or block.type


def _assigned(arguments: Mapping[str, hcl.Argument]) -> list[str]:
    return [f"{name} = {argument.text}" for name, argument in arguments.items()]


def _block(header: str, lines: Iterable[str]) -> str:
    return "\n".join([f"{header} {{", *(textwrap.indent(line, "  ") for line in lines), "}"])


def _text(block: hcl.Block) -> str:
    """The block as it is written, at no indentation."""
    first, *rest = block.text.split("\n")
    return "\n".join([first, *textwrap.dedent("\n".join(rest)).split("\n")]) if rest else first
