"""The pure functions of ``stackproof/judgement`` say what their examples say: change an operator, a boundary or a constant, and one fails.

Each function is changed at one place at a time, and its module's doctests are run. What none of them notices is counted by function in
``judgement.toml``. The counts may only go down: a new function comes with examples of both sides of each of its boundaries, or with a
unit test, and its count. Each change is bounded in time and memory: one that makes a loop endless counts as noticed.
"""

import ast
import doctest
import gc
import importlib
import io
import json
import os
import pkgutil
import resource
import signal
import sys
import tomllib
import types
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

import stackproof.judgement

FOLDER = Path(stackproof.judgement.__path__[0])
MODULES = sorted(module.name for module in pkgutil.iter_modules([str(FOLDER)]))
SECONDS = 3
"""Of CPU time, whatever else the machine does, that the examples may take."""
BYTES = 2**30
"""Of address space beside what the process has, on Linux: what grows inside one call of the interpreter's own code (``[*iterator]``)
is not stopped by a signal."""

OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
}
FUNCTIONS = {"any": "all", "all": "any", "min": "max", "max": "min"}


def changes(function: ast.AST) -> Iterator[tuple[str, ast.AST, str, Any]]:
    """What can be changed in a function: in words, and the node, its member and the other value."""
    for node in ast.walk(function):
        match node:
            case ast.Compare(ops=ops):
                for place, operator in enumerate(ops):
                    if other := OPERATORS.get(type(operator)):
                        changed = [*ops[:place], other(), *ops[place + 1 :]]
                        yield f"{type(operator).__name__} to {other.__name__}", node, "ops", changed
            case ast.BoolOp(op=operator) | ast.BinOp(op=operator):
                if other := OPERATORS.get(type(operator)):
                    yield f"{type(operator).__name__} to {other.__name__}", node, "op", other()
            case ast.UnaryOp(op=ast.Not()):
                yield "without not", node, "op", ast.UAdd()
            case ast.Constant(value=bool() as value):
                yield f"{value} to {not value}", node, "value", not value
            case ast.Constant(value=int() as value):
                yield f"{value} to {value + 1}", node, "value", value + 1
            case ast.Name(id=name, ctx=ast.Load()) if name in FUNCTIONS:
                yield f"{name} to {FUNCTIONS[name]}", node, "id", FUNCTIONS[name]


def functions(tree: ast.Module) -> Iterator[tuple[int, str, ast.AST]]:
    """The functions of a module: where the statement stands that they are in, their names, and what they are."""
    for place, node in enumerate(tree.body):
        if isinstance(node, ast.FunctionDef):
            yield place, node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from ((place, f"{node.name}.{one.name}", one) for one in node.body if isinstance(one, ast.FunctionDef))


def unnoticed(module: str) -> Iterator[tuple[str, str]]:
    """The functions of a module and the changes that no example notices, each with its line."""
    file = FOLDER / f"{module}.py"
    tree = ast.parse(file.read_text(encoding="utf-8"))
    examples = doctest.DocTestFinder().find(importlib.import_module(f"stackproof.judgement.{module}"))

    def compiled(statements: list[ast.stmt]) -> types.CodeType:
        return compile(ast.Module(statements, []), str(file), "exec")

    for place, name, function in functions(tree):
        before, after = compiled(tree.body[:place]), compiled(tree.body[place + 1 :])
        own_first = sorted(examples, key=lambda example: not example.name.endswith(f".{name}"))
        for said, node, member, other in [*changes(function)]:
            original = getattr(node, member)
            setattr(node, member, other)
            try:
                changed = compiled([tree.body[place]])
            finally:
                setattr(node, member, original)
            if not fails([before, changed, after], own_first, module, file):
                yield name, f"line {node.lineno}: {said}"  # type: ignore[attr-defined]


def fails(statements: list[types.CodeType], examples: list[doctest.DocTest], module: str, file: Path) -> bool:
    """Whether the examples of a module that is made of these statements fail, or take too long."""
    made = types.ModuleType(f"stackproof.judgement.{module}")
    made.__file__ = str(file)

    def ended(*_: object) -> None:
        raise TimeoutError

    def holds(example: doctest.DocTest) -> bool:
        own = doctest.DocTest(example.examples, {**made.__dict__}, example.name, str(file), example.lineno, example.docstring)
        return not runner.run(own).failed

    previous, limits = signal.signal(signal.SIGPROF, ended), resource.getrlimit(resource.RLIMIT_AS)
    if sys.platform == "linux" and limits[1] == resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_AS, (_address_space() + BYTES, limits[1]))
    signal.setitimer(signal.ITIMER_PROF, SECONDS, SECONDS)  # again and again: the first may fall where exceptions are ignored
    try:
        with redirect_stdout(io.StringIO()), patch.dict(sys.modules, {made.__name__: made}):
            for statement in statements:
                exec(statement, made.__dict__)
            runner = doctest.DocTestRunner(optionflags=doctest.FAIL_FAST, verbose=False)
            return not all(map(holds, examples))
    except Exception:  # noqa: BLE001 - what breaks the module is noticed
        return True
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)
        resource.setrlimit(resource.RLIMIT_AS, limits)


def _address_space() -> int:
    """Bytes of this process's address space, which is of many libraries."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()


def unnoticed_apart(module: str) -> list[tuple[str, str]]:
    """`unnoticed`, found by a process that ends with it: where memory is short, or an exception comes at any moment, the interpreter
    itself may be left broken, and whatever runs there next would crash.
    """
    read, write = os.pipe()
    child = os.fork()
    if not child:
        status = 1
        try:
            gc.disable()
            with os.fdopen(write, "w", encoding="utf-8") as answer:
                json.dump([*unnoticed(module)], answer)
            status = 0
        finally:
            os._exit(status)
    os.close(write)
    with os.fdopen(read, encoding="utf-8") as answer:
        text = answer.read()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, f"the changes of {module} ended the process that tried them"
    return [(name, change) for name, change in json.loads(text)]


def counted() -> dict[str, dict[str, int]]:
    return tomllib.loads(Path(__file__).with_name("judgement.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("module", MODULES)
def test_a_changed_function_fails_one_of_its_examples(module: str) -> None:
    found = unnoticed_apart(module)
    now, then = Counter(name for name, _ in found), counted().get(module, {})
    more = {name for name, count in now.items() if count > then.get(name, 0)}
    lines = [f"{name}, {change}" for name, change in found if name in more]
    assert not lines, (
        f"no example in stackproof/judgement/{module}.py notices these changes; add examples on both sides, or, where unit tests "
        f"have them, count anew (python -m proofs.test_judgement): {'; '.join(lines)}"
    )


def test_only_modules_that_there_are_are_counted() -> None:
    assert counted().keys() <= {*MODULES}


def main() -> None:
    """Count anew: ``python -m proofs.test_judgement``."""
    lines = ["# Changes of pure functions that no example of their module notices, by function. The counts may only go down.\n"]
    for module in MODULES:
        if counts := Counter(name for name, _ in unnoticed_apart(module)):
            lines += [f"\n[{module}]\n", *(f'"{name}" = {count}\n' for name, count in counts.items())]
    Path(__file__).with_name("judgement.toml").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
