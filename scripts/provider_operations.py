"""``python scripts/provider_operations.py CHECKOUT``: hold the kept operations of hashicorp/aws against the provider's sources.

CHECKOUT is what ``git clone --depth 1 --branch v6.69.1 https://github.com/hashicorp/terraform-provider-aws`` makes, or one of
github.com/lonegunmanb/terraform-provider-aws-index, which has the same sources, a function a file. For each resource type in
``stackproof/terraform/provider_operations.toml`` it says which operations the functions that create, read and tag it reach now
and did not, and the reverse. A difference is read, and the data changed by hand, with its version: what an argument of ours never asks
for stays out, or goes under ``only_with``.

A function reaches what it names: the functions of its own package, its methods where one type alone has one of the name, and the
operations that it calls of a client. What it has in comments and texts is no name.
"""

import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

DATA = Path(__file__).parents[1] / "stackproof" / "terraform" / "provider_operations.toml"
_FUNCTION = re.compile(r"^func (?:\(\w* ?\*?(?P<receiver>\w+)[^)\n]*\) )?(?P<name>\w+)[(\[][\s\S]*?^}", re.MULTILINE)
_NO_NAMES = re.compile(r"//[^\n]*|\"(?:[^\"\\\n]|\\.)*\"|`[^`]*`")
_NAME = re.compile(r"(?<![\w.])[a-zA-Z]\w+|\.[a-zA-Z]\w+")
_REGISTERED = re.compile(
    r"Factory:\s*(?P<name>\w+),\s*TypeName:\s*\"(?P<type>\w+)\"(?P<tags>(?:(?!Factory:)[\s\S])*?ResourceTags"
    r"(?:\{(?:[^{}]*?ResourceType:\s*\"(?P<kind>\w+)\")?)?)?"
)
_CASE = re.compile(r"\n\tcase (?P<kinds>\"[^\n]*\"):\n(?P<rest>[\s\S]*?)(?=\n\tcase |\n\tdefault:|\n\t}\n)")
_OPERATION = re.compile(r"\b\w*[cC]onn\w*\.([A-Z]\w+)\(|\b\w+\.New([A-Z]\w+?)(?:Paginator|Waiter)\(")
_CRUD = re.compile(r"(?:Create|Read)(?:WithoutTimeout)?:\s*(\w+)")
_MADE = re.compile(r"&(\w+Resource\w*)\{")
_TAGS_OF = re.compile(r"\btf(\w+)\.(?:List|Update)Tags\(")
"""The tags of a resource, read or written by the package of another service."""
TAGGING = ("createTags", "updateTags", "listTags", "servicePackage.ListTags", "servicePackage.UpdateTags")


class Registered(NamedTuple):
    """How a package registers a resource type: the function that describes it, whether it has tags, and its name among the tagged."""

    factory: str
    is_tagged: bool
    kind: str | None


@cache
def package(folder: Path) -> tuple[dict[str, str], dict[str, Registered]]:
    """The functions and methods of a package with their sources, and its resource types.

    A method is there as ``Type.name``, and as ``.name`` where no other type has one of that name.
    """
    functions: dict[str, str] = {}
    types: dict[str, Registered] = {}
    for file in sorted([*folder.glob("*.go"), *folder.glob("*.goindex")]):
        if file.name.endswith("_test.go"):
            continue
        text = file.read_text(encoding="utf-8")
        for match in _REGISTERED.finditer(text):
            types[match["type"]] = Registered(match["name"], bool(match["tags"]), match["kind"])
        for match in _FUNCTION.finditer(text):
            functions[f"{match['receiver']}.{match['name']}" if match["receiver"] else match["name"]] = match[0]
    methods = Counter(name.partition(".")[2] for name in functions if "." in name)
    alone = {f".{name.partition('.')[2]}": text for name, text in functions.items() if methods[name.partition(".")[2]] == 1}
    return functions | alone, types


def reached(functions: Mapping[str, str], begin: Iterable[str], kind: str | None = None) -> Iterator[str]:
    """The sources of some functions and of all that they name, each once, without the cases of other kinds of tagged resources."""
    waiting = list(begin)
    seen = set(waiting)
    while waiting:
        text = functions.get(waiting.pop(), "")
        if kind and "switch resourceType {" in text:
            text = _CASE.sub(lambda case: case["rest"] if f'"{kind}"' in case["kinds"] else "", text)
        text = _NO_NAMES.sub("", text)
        yield text
        more = {word for word in _NAME.findall(text) if word in functions} - seen
        seen |= more
        waiting += more


def operations(functions: Mapping[str, str], begin: Iterable[str], kind: str | None = None) -> set[str]:
    """The operations that some functions reach, without their service.

    >>> create = "func create() { conn.CreateTopic(ctx, &input); read() }"
    >>> sorted(operations({"create": create, "read": "func read() { sns.NewListTagsPaginator(conn, &input) }"}, ["create"]))
    ['CreateTopic', 'ListTags']
    """
    return {one or other for text in reached(functions, begin, kind) for one, other in _OPERATION.findall(text)} - {"Options"}


def called(folder: Path, type: str) -> set[str]:
    """The operations, without their service, that create, read and tag a resource of a type that a package registers."""
    functions, types = package(folder)
    factory, is_tagged, kind = types[type]
    described = functions.get(factory, "")
    methods = [f"{made}.{name}" for made in _MADE.findall(described) for name in ("Create", "Read")]
    begin = [*_CRUD.findall(described), *methods, *(TAGGING if is_tagged else ())]
    others = {other for text in reached(functions, begin, kind) for other in _TAGS_OF.findall(text)}
    elsewhere = {one for other in others for one in operations(package(folder.parent / other)[0], ["listTags", "updateTags"])}
    return operations(functions, begin, kind) | elsewhere


def differences(checkout: Path, kept: Mapping[str, list[str]]) -> Iterator[str]:
    """A line for each resource type whose operations are others in the sources."""
    folders = [folder for root in checkout.glob("**/internal/service") for folder in sorted(root.iterdir()) if folder.is_dir()]
    registers = (folder for folder in folders if any(folder.glob("*ervice*ackage*")))
    where = {type: folder for folder in registers for type in package(folder)[1]}
    for type, known in kept.items():
        if type not in where:
            yield f"{type}: the sources do not register it"
            continue
        found = called(where[type], type)
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
