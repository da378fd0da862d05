"""``python scripts/provider_operations.py CHECKOUT``: hold the kept operations of hashicorp/aws against the provider's sources.

CHECKOUT is what ``git clone --depth 1 --branch v6.69.1 https://github.com/hashicorp/terraform-provider-aws`` makes, or one of
github.com/lonegunmanb/terraform-provider-aws-index, which has the same sources, a function a file. For each resource type in
``stackproof/terraform/provider_operations.toml`` it says which operations the functions that create, read and tag it reach now
and did not, and the reverse. A difference is read, and the data changed by hand, with its version: what an argument of ours never asks
for stays out, or goes under ``only_with``.

A function reaches what it names: the functions and methods of its own package, and the operations that it calls of a client.
"""

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

DATA = Path(__file__).parents[1] / "stackproof" / "terraform" / "provider_operations.toml"
_FUNCTION = re.compile(r"^func (?:\([^)\n]*\) )?(\w+)[(\[][\s\S]*?^}", re.MULTILINE)
_REGISTERED = re.compile(
    r"Factory:\s*(?P<name>\w+),\s*TypeName:\s*\"(?P<type>\w+)\"(?P<tags>(?:(?!Factory:)[\s\S])*?ResourceTags)?"
)
_OPERATION = re.compile(r"\b\w*[cC]onn\w*\.([A-Z]\w+)\(|\b\w+\.New([A-Z]\w+?)(?:Paginator|Waiter)\(")
_CRUD = re.compile(r"(?:Create|Read)(?:WithoutTimeout)?:\s*(\w+)")
TAGGING = ("createTags", "updateTags", "listTags")


@cache
def package(folder: Path) -> tuple[dict[str, str], dict[str, list[str]]]:
    """The functions of a package with their sources, and its resource types with the function that describes each and those that tag it."""
    functions: dict[str, str] = {}
    types: dict[str, list[str]] = {}
    for file in sorted([*folder.glob("*.go"), *folder.glob("*.goindex")]):
        if file.name.endswith("_test.go"):
            continue
        text = file.read_text(encoding="utf-8")
        for match in _REGISTERED.finditer(text):
            types[match["type"]] = [match["name"], *(TAGGING if match["tags"] else ())]
        functions.update((match[1], match[0]) for match in _FUNCTION.finditer(text))
    return functions, types


def reached(functions: Mapping[str, str], begin: list[str]) -> Iterator[str]:
    """The sources of some functions and of all that they name, each once."""
    waiting, seen = list(begin), set(begin)
    while waiting:
        text = functions.get(waiting.pop(), "")
        yield text
        more = {word for word in re.findall(r"\b[a-zA-Z]\w+\b", text) if word in functions} - seen
        seen |= more
        waiting += more


def operations(functions: Mapping[str, str], begin: list[str]) -> set[str]:
    """The operations that some functions reach, without their service.

    >>> create = "func create() { conn.CreateTopic(ctx, &input); read() }"
    >>> sorted(operations({"create": create, "read": "func read() { sns.NewListTagsPaginator(conn, &input) }"}, ["create"]))
    ['CreateTopic', 'ListTags']
    """
    return {one or other for text in reached(functions, begin) for one, other in _OPERATION.findall(text)} - {"Options"}


def differences(checkout: Path, kept: Mapping[str, list[str]]) -> Iterator[str]:
    """A line for each resource type whose operations are others in the sources."""
    folders = [folder for root in checkout.glob("**/internal/service") for folder in sorted(root.iterdir()) if folder.is_dir()]
    registers = (folder for folder in folders if any(folder.glob("*ervice*ackage*")))
    where = {type: folder for folder in registers for type in package(folder)[1]}
    for type, known in kept.items():
        if type not in where:
            yield f"{type}: the sources do not register it"
            continue
        functions, types = package(where[type])
        described, *tagging = types[type]
        found = operations(functions, [*_CRUD.findall(functions.get(described, "")), *tagging])
        names = {operation.partition(":")[2] for operation in known}
        for said, lacking in (("new", found - names), ("gone", names - found)):
            if lacking:
                yield f"{type}: {said}: {', '.join(sorted(lacking))}"


def main(arguments: list[str]) -> int:
    """Print the differences; 1 if there are any, 2 where this is no checkout."""
    if len(arguments) != 1 or not any(Path(arguments[0]).glob("**/internal/service")):
        print((__doc__ or "").strip(), file=sys.stderr)
        return 2
    data = tomllib.loads(DATA.read_text(encoding="utf-8"))
    lines = [*differences(Path(arguments[0]), data["operations"])]
    print("\n".join(lines) or f"As kept, from {data['version']}.")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
