"""Public docstrings stand alone in an editor's hover, and the tree of exceptions that is drawn is the one that is defined."""

import ast
import re
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import stackproof
from stackproof.core import verdicts

PACKAGE = Path(stackproof.__file__).parent
ROOT = Path(__file__).parents[1]
RIDDLE = re.compile(r"(Those|Whether|What|Who|Whose|Whom|Likewise|Of|So)\b")
"""First words of a docstring that say neither what a thing is nor what it does."""


def public_docstrings(tree: ast.Module, name: str) -> Iterator[tuple[str, str]]:
    """The public names of a module, of its classes and their methods, each with its docstring; functions in functions are nobody's."""

    def inside(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> Iterator[tuple[str, str]]:
        if text := ast.get_docstring(node):
            yield name, text
        if isinstance(node, ast.Module | ast.ClassDef):
            for child in node.body:
                if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not child.name.startswith("_"):
                    yield from inside(child, f"{name}.{child.name}")

    return inside(tree, name)


def test_public_docstrings_stand_alone() -> None:
    riddles = [
        f"{name}: {text.splitlines()[0]}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for name, text in public_docstrings(ast.parse(path.read_text(encoding="utf-8")), str(path.relative_to(PACKAGE.parent)))
        if RIDDLE.match(text)
    ]
    assert not riddles, "say what it is, or what it returns (True if ...):\n" + "\n".join(riddles)


def test_no_docstring_is_a_riddle() -> None:
    """A docstring that begins with Those, Whom or Likewise points at what the reader cannot see; private names and tests included."""
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for folder in ("stackproof", "unit", "integration", "helpers", "proofs", "tests", "benchmarks")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.match(r'\s*"""(Those|Whom|Likewise)\b', line)
    ]
    assert not found, "\n".join(found)


def test_the_names_that_are_looked_at() -> None:
    tree = ast.parse(
        'class A:\n    "Whether."\n    def f(self):\n        "So."\n        def g():\n            "Of."\n'
        '    def _p(self):\n        "What."\nclass _B:\n    def f(self):\n        "Who."\n'
    )
    assert [*public_docstrings(tree, "m")] == [("m.A", "Whether."), ("m.A.f", "So.")]


def test_the_tree_of_exceptions_is_complete() -> None:
    modules = {
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts): ast.parse(path.read_text(encoding="utf-8"))
        for path in PACKAGE.rglob("*.py")
    }
    below: dict[str, list[tuple[str, str]]] = {}
    for module, tree in modules.items():
        for one in (one for one in tree.body if isinstance(one, ast.ClassDef) and not one.name.startswith("_")):
            shown = one.name if module == "core.verdicts" else f"{module}.{one.name}"
            for base in one.bases:
                below.setdefault(ast.unparse(base).rpartition(".")[2], []).append((one.name, shown))

    def drawn(name: str, depth: int) -> Iterator[str]:
        for below_it, shown in below.get(name, []):
            yield "  " * depth + shown
            yield from drawn(below_it, depth + 1)

    for root in ("AssertionError", "CouldNotVerify", "NotYetKnown", "NotApplicable", "NotDeclared", "UsageError"):
        after = (verdicts.__doc__ or "").split(f"\n    {root} ", 1)[1].split("\n")[1:]
        lines = [line.removeprefix("    ") for line in takewhile(lambda line: line.startswith("      "), after)]
        assert sorted(lines) == sorted(drawn(root, 1)), root
