"""A control judges one fact a block of subtests: where one is not known, the next is judged all the same."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent / "tests"
ON_AWS = [
    path for folder in ("phase1", "security", "logging", "serverless") for path in sorted((TESTS / folder).glob("test_*.py"))
]


def controls(path: Path) -> Iterator[tuple[str, ast.FunctionDef]]:
    """The controls of a file that judge plans, by id."""
    about = tomllib.loads((path.parent / "controls.toml").read_text(encoding="utf-8"))
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            [marker] = [one for one in node.decorator_list if isinstance(one, ast.Call)]
            [id] = [one.value for one in marker.args if isinstance(one, ast.Constant)]
            if "P" in about[str(id)]["stages"]:
                yield str(id), node


def asserts_in_a_row(body: list[ast.stmt], known: frozenset[str] = frozenset({"profile", "now"})) -> Iterator[ast.Assert]:
    """The statements that the next ones of their block do not need, though they stop where one of these is not known.

    Of what the profile says, and of the time, nothing is unknown.

    >>> [ast.unparse(one) for one in asserts_in_a_row(ast.parse("assert a.key is not None; assert a.key.state == 'Enabled'").body)]
    []
    >>> [ast.unparse(one) for one in asserts_in_a_row(ast.parse("assert a.key; assert a.b").body)]
    ['assert a.key']
    """
    found = [one for one in body if isinstance(one, ast.Assert)]
    for index, one in enumerate(found[:-1]):
        needed = ast.dump(subject(one.test))
        if names(one.test) - known and not all(needed in map(ast.dump, ast.walk(later.test)) for later in found[index + 1 :]):
            yield one
    for node in body:
        declared = names(node.target) if isinstance(node, ast.For) and names(node.iter) <= known else frozenset()
        yield from asserts_in_a_row(getattr(node, "body", []), known | declared)


def names(node: ast.AST) -> frozenset[str]:
    return frozenset(one.id for one in ast.walk(node) if isinstance(one, ast.Name))


def subject(test: ast.expr) -> ast.expr:
    """What a statement says something about: ``a.key`` in ``a.key is not None``."""
    return test.left if isinstance(test, ast.Compare) else test


@pytest.mark.parametrize("path", ON_AWS, ids=lambda path: path.stem)
def test_a_block_judges_one_fact(path: Path) -> None:
    found = {id: [ast.unparse(one) for one in asserts_in_a_row(node.body)] for id, node in controls(path)}
    assert {id: ones for id, ones in found.items() if ones} == {}, "give each statement a block of subtests of its own"


def test_it_sees_a_statement_that_hides_the_next() -> None:
    body = ast.parse("with subtests.test(x.name):\n    assert x.a\n    assert x.b\n").body
    assert [ast.unparse(one) for one in asserts_in_a_row(body)] == ["assert x.a"]
    body = ast.parse("with subtests.test(x.name):\n    assert x.a is not None\n    assert x.a.b\n").body
    assert list(asserts_in_a_row(body)) == []
