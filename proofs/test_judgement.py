"""The pure functions of ``stackproof/judgement`` say what their examples say: change an operator, a boundary or a constant, and one fails.

Each function is changed at one place at a time, and those of its module's doctests are run that call it. What none of them notices is
either a missing example, or a change that means the same: those are explained in ``judgement.toml``, by module, function and change. Each
change is bounded in time and memory: one that makes a loop endless counts as noticed.
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
import time
import tomllib
import types
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

import stackproof.judgement

FOLDER = Path(stackproof.judgement.__path__[0])
MODULES = sorted(module.name for module in pkgutil.iter_modules([str(FOLDER)]))
SECONDS, TIMES = 0.2, 10
"""Of CPU time, whatever else the machine does, that the examples may take; and how often what they take as the module is."""
BYTES = 2**28
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


def changes(function: ast.FunctionDef) -> Iterator[tuple[str, ast.AST, str, Any]]:
    """What can be changed in a function: in words, and the node, its member and the other value. A decorator says how, not what."""
    for node in (node for part in (function.args, *function.body) for node in ast.walk(part)):
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


def functions(tree: ast.Module) -> Iterator[tuple[int, str, ast.FunctionDef]]:
    """The functions of a module: where the statement stands that they are in, their names, and what they are."""
    for place, node in enumerate(tree.body):
        if isinstance(node, ast.FunctionDef):
            yield place, node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from ((place, f"{node.name}.{one.name}", one) for one in node.body if isinstance(one, ast.FunctionDef))


def unnoticed(module: str) -> Iterator[tuple[str, str]]:
    """The functions of a module and the changes that no example notices, each with what its line says."""
    file = FOLDER / f"{module}.py"
    source = file.read_text(encoding="utf-8")
    tree, lines = ast.parse(source), source.splitlines()
    examples = doctest.DocTestFinder().find(importlib.import_module(f"stackproof.judgement.{module}"))

    def compiled(statements: list[ast.stmt]) -> types.CodeType:
        return compile(ast.Module(statements, []), str(file), "exec")

    called = Called(file)
    whole = [compiled(tree.body)]
    for example in examples:  # each for itself: what one has asked for is remembered for the next
        assert not fails(whole, [example], module, file, seconds=60, called=called), "an example fails, with nothing changed"
    started = time.process_time()  # now that what is read once has been read
    fails(whole, examples, module, file, seconds=60)
    seconds = SECONDS + TIMES * (time.process_time() - started)

    for place, name, function in functions(tree):
        before, after = compiled(tree.body[:place]), compiled(tree.body[place + 1 :])
        calling = [example for example in examples if called.by(example, function)]
        own_first = sorted(calling, key=lambda example: not example.name.endswith(f".{name}"))
        for said, node, member, other in [*changes(function)]:
            original = getattr(node, member)
            setattr(node, member, other)
            try:
                changed = compiled([tree.body[place]])
            finally:
                setattr(node, member, original)
            if not fails([before, changed, after], own_first, module, file, seconds):
                yield name, f"{said}: {lines[node.lineno - 1].partition('  #')[0].strip()}"  # type: ignore[attr-defined]


class Called:
    """The functions of a file that each of some examples calls."""

    def __init__(self, file: Path) -> None:
        self._file = str(file)
        self._lines: dict[str, set[int]] = {}
        """The lines on which the functions begin that are called, by the name of the example; "" is the module, while it is made."""

    @contextmanager
    def noted(self, example: str) -> Iterator[None]:
        lines = self._lines.setdefault(example, set())

        def note(frame: types.FrameType, event: str, _: object) -> None:
            if event == "call" and frame.f_code.co_filename == self._file:
                lines.add(frame.f_code.co_firstlineno)

        sys.setprofile(note)
        try:
            yield
        finally:
            sys.setprofile(None)

    def by(self, example: doctest.DocTest, function: ast.FunctionDef) -> bool:
        """True if a function, or one inside it, is called by an example, or by the module that each of them begins with."""
        first = min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])
        lines = range(first, (function.end_lineno or first) + 1)
        return any(line in lines for line in self._lines[example.name] | self._lines[""])


def fails(
    statements: list[types.CodeType],
    examples: list[doctest.DocTest],
    module: str,
    file: Path,
    seconds: float,
    called: Called | None = None,
) -> bool:
    """Whether the examples of a module that is made of these statements fail, or take too long: more ``seconds`` of CPU time."""
    made = types.ModuleType(f"stackproof.judgement.{module}")
    made.__file__ = str(file)

    noted = called.noted if called else nullcontext

    def ended(*_: object) -> None:
        raise TimeoutError

    def holds(example: doctest.DocTest) -> bool:
        own = doctest.DocTest(example.examples, {**made.__dict__}, example.name, str(file), example.lineno, example.docstring)
        with noted(example.name):
            return not runner.run(own).failed

    previous, limits = signal.signal(signal.SIGPROF, ended), resource.getrlimit(resource.RLIMIT_AS)
    if sys.platform == "linux" and limits[1] == resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_AS, (_address_space() + BYTES, limits[1]))
    signal.setitimer(signal.ITIMER_PROF, seconds, seconds)  # again and again: the first may fall where exceptions are ignored
    try:
        with redirect_stdout(io.StringIO()), patch.dict(sys.modules, {made.__name__: made}):
            with noted(""):
                for statement in statements:
                    exec(statement, made.__dict__)
            runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.FAIL_FAST, verbose=False)  # as pytest has it
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


def explained() -> dict[str, dict[str, dict[str, str]]]:
    """The reasons why changes mean the same: by module, function and change."""
    return tomllib.loads(Path(__file__).with_name("judgement.toml").read_text(encoding="utf-8"))


def as_toml(module: str, unexplained: Iterable[tuple[str, str]]) -> str:
    """The entries of ``judgement.toml`` that would explain changes, but for their reasons."""
    by_function: dict[str, dict[str, None]] = {}
    for function, change in unexplained:
        by_function.setdefault(function, {})[change] = None
    tables = (
        "\n".join([f"[{module}.{_key(function)}]", *(f'{_key(change, quoted=True)} = ""' for change in found)])
        for function, found in by_function.items()
    )
    return "\n\n".join(tables)


def _key(text: str, *, quoted: bool = False) -> str:
    """A key of TOML."""
    if text.isidentifier() and not quoted:
        return text
    return f"'{text}'" if "'" not in text else json.dumps(text, ensure_ascii=False)


@pytest.mark.parametrize("module", MODULES)
def test_a_changed_function_fails_one_of_its_examples(module: str) -> None:
    found = dict.fromkeys(unnoticed_apart(module))
    reasons = {(function, change): why for function, of in explained().get(module, {}).items() for change, why in of.items()}
    unexplained = [one for one in found if not reasons.get(one)]
    assert not unexplained, (
        f"no example in stackproof/judgement/{module}.py notices these changes: add examples on both sides, or explain in "
        f"proofs/judgement.toml why they mean the same:\n\n{as_toml(module, unexplained)}"
    )
    noticed = [one for one in reasons if one not in found]
    assert not noticed, f"explained in judgement.toml, and noticed: take these out: {noticed}"


def test_only_modules_that_there_are_are_explained() -> None:
    assert explained().keys() <= {*MODULES}


def main(arguments: list[str]) -> None:
    """Print what nobody notices and nobody has explained: ``python -m proofs.test_judgement``, or of some modules: ``... MODULE``."""
    for module in arguments or MODULES:
        reasons = explained().get(module, {})
        if left := [(name, change) for name, change in unnoticed_apart(module) if not reasons.get(name, {}).get(change)]:
            print(as_toml(module, left), end="\n\n", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
