"""Sources against the schema of the current provider: every argument and block exists, none is missing (control TF-09).

The current provider itself may be out of reach (see `stackproof.terraform.provider`), and the packaged one accepts what
it no longer has. ``provider_schema.json`` lists what hashicorp/aws 6.69.1 takes, by resource type: each argument as
``required``, ``optional``, ``optional+computed`` or ``computed``, each nested block with the same for its own.

``python -m stackproof.terraform.schema TYPE ...`` adds resource types to it, from the published bindings, and the types of their values to
``stackproof/sources/plan/provider_types.json``.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from stackproof.core.verdicts import UsageError
from stackproof.processes.command_line import exit_status
from stackproof.sources.plan import value_types
from stackproof.terraform.hcl import Block, Body, Value
from stackproof.terraform.sources import Resource, Sources
from stackproof.util.cache import CACHE

Entry = str | Mapping[str, "Entry"]
"""The mode of an argument, or ``{"mode": ..., "nesting": "one" | "many", "nested": {...}}`` of a block."""

DATA = Path(__file__).with_name("provider_schema.json")

META_ARGUMENTS = frozenset({"count", "for_each", "depends_on", "provider"})
META_BLOCKS = frozenset({"lifecycle", "provisioner", "connection"})


@dataclass(frozen=True)
class Schema:
    """The arguments and blocks that a provider version takes, by resource type."""

    version: str
    resources: Mapping[str, Mapping[str, Entry]]

    def computes(self, type: str, attribute: str) -> bool:
        """True if the provider alone sets an attribute.

        >>> [current().computes("aws_db_instance", name) for name in ("latest_restorable_time", "backup_window", "arm")]
        [True, False, False]
        """
        entry = self.resources.get(type, {}).get(attribute)
        return entry is not None and _mode(entry) == "computed"


@dataclass(frozen=True)
class Problem:
    """Something in the sources that the provider would refuse."""

    address: str
    argument: str
    """With the blocks around it: ``ingress.from_port``; empty when it is the resource type itself."""
    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file} line {self.line}: {self.address}: {self.message}"


@cache
def current() -> Schema:
    """The schema of the provider generation that the sources are written for."""
    data = json.loads(DATA.read_text(encoding="utf-8"))
    return Schema(data["version"], data["resources"])


def unknown_arguments(sources: Sources, schema: Schema | None = None) -> tuple[Problem, ...]:
    """Every argument or block of every resource that the provider does not know, does not let be set, or misses.

    A resource type that the schema data does not cover is a problem too: it was not checked.

    >>> from stackproof.terraform.sources import parse
    >>> for problem in unknown_arguments(parse({"network.tf": 'resource "aws_eip" "nat" {\\n  vpc = true\\n}\\n'})):
    ...     print(problem)
    network.tf line 2: aws_eip.nat: aws_eip has no argument vpc in hashicorp/aws 6.69.1
    """
    schema = schema or current()
    managed = [resource for resource in sources.resources if not resource.is_data]
    return tuple(problem for resource in managed for problem in _problems(resource, schema))


def _problems(resource: Resource, schema: Schema) -> Iterator[Problem]:
    if resource.type not in schema.resources:
        message = f"{resource.type} is not covered by the schema data of hashicorp/aws {schema.version}, so it was not checked; "
        message += f"python -m stackproof.terraform.schema {resource.type} adds it"
        yield Problem(resource.address, "", resource.file, resource.line, message)
        return
    arguments = {name: argument for name, argument in resource.body.arguments.items() if name not in META_ARGUMENTS}
    blocks = tuple(block for block in resource.body.blocks if block.type not in META_BLOCKS)
    for path, file, line, message in _compare(
        Body(arguments, blocks), schema.resources[resource.type], (resource.type,), resource.file, resource.line
    ):
        argument = ".".join(path[1:])
        yield Problem(resource.address, argument, file, line, f"{message} in hashicorp/aws {schema.version}")


_Finding = tuple[tuple[str, ...], str, int, str]
"""Path, file, line, message."""


def _compare(body: Body, known: Mapping[str, Entry], path: tuple[str, ...], file: str, line: int) -> Iterator[_Finding]:
    """Compare the body of a resource or block, which stands at file and line, with what is known at its path."""
    inside = ".".join(path)
    for name, argument in body.arguments.items():
        for key, trouble in _argument_troubles(name, argument.value, known.get(name)):
            yield (*path, *key), file, argument.line, f"{inside} {trouble}"
    blocks = [_static(block) for block in body.blocks]
    for position, (name, block) in enumerate(blocks):
        entry = known.get(name)
        if not isinstance(entry, Mapping) or _mode(entry) == "computed":
            trouble = f"has no block {name}" if entry is None else f"takes no block {name}: it is an attribute"
            yield (*path, name), file, block.line, f"{inside} {trouble}"
            continue
        if entry["nesting"] == "one" and name in (earlier for earlier, _ in blocks[:position]):
            yield (*path, name), file, block.line, f"{inside} takes one block {name}, not more"
        yield from _compare(block.body, _nested(entry), (*path, name), file, block.line)
    given = {*body.arguments, *(name for name, _ in blocks)}
    for name, entry in known.items():
        if _mode(entry) == "required" and name not in given:
            yield (*path, name), file, line, f"{inside} requires {name}"


def _argument_troubles(name: str, value: Value, entry: Entry | None) -> Iterator[tuple[tuple[str, ...], str]]:
    """What is wrong with ``name = value``, and where in it."""
    if entry is None:
        yield (name,), f"has no argument {name}"
    elif _mode(entry) == "computed" or (name == "id" and entry == "optional+computed"):
        # An id is optional in the data because the bindings make it so; the provider assigns it.
        yield (name,), f"computes {name}, which cannot be set"
    elif isinstance(entry, Mapping) and _mode(entry) != "optional+computed":
        yield (name,), f"takes {name} as a block, not as an argument"
    elif isinstance(entry, Mapping) and isinstance(value, list):
        # Such a block may be assigned too: ``ingress = []``, ``ingress = [{ from_port = 80, ... }]``.
        keys = {key for element in value if isinstance(element, dict) for key in element}
        yield from (((name, key), f"has no argument {key} in {name}") for key in sorted(keys - set(_nested(entry))))


def _static(block: Block) -> tuple[str, Block]:
    """The type and the block that it stands for: of ``dynamic "ingress" { content { ... } }`` the content."""
    if block.type != "dynamic":
        return block.type, block
    content = block.body.named("content")
    return block.labels[0], content[0] if content else block


def _mode(entry: Entry) -> str:
    mode = entry if isinstance(entry, str) else entry["mode"]
    assert isinstance(mode, str)
    return mode


def _nested(entry: Mapping[str, Entry]) -> Mapping[str, Entry]:
    nested = entry["nested"]
    assert isinstance(nested, Mapping)
    return nested


def main(arguments: Sequence[str]) -> int:
    """Add resource types to the schema data; the exit status."""
    return exit_status(partial(_add, arguments))


def _add(types: Sequence[str]) -> int:
    from stackproof.terraform import bindings

    if wrong := [type for type in types if not re.fullmatch(r"aws_[a-z0-9_]+", type)] or not types:
        raise UsageError(f"name resource types, as aws_dynamodb_table{f': not {wrong}' if types else ''}")
    version, found = bindings.schemas(types, Path.cwd() / CACHE)
    for path, more in (
        (DATA, {type: one.schema for type, one in found.items()}),
        (value_types.DATA, {type: one.types for type, one in found.items()}),
    ):
        data = bindings.merged(json.loads(path.read_text(encoding="utf-8")), version, more)
        path.write_text(json.dumps(data, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{DATA.name}: {', '.join(found)} of hashicorp/aws {version}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
