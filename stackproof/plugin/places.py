"""Where pytest is led to, and whether controls are there: found out by reading, before anything is imported."""

import ast
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from stackproof.core.controls import suite

OPTIONS = ("env", "target", "plan", "evidence", "public_key", "bastion", "signing_key", "iam_policy")
"""The plugin's own options, as pytest keeps them."""

SUITE = "stackproof_suite"
"""The line of ``pytest.ini`` that adds the suite to the tests of a repository."""

MODULE = "stackproof.suite"
"""The suite, for ``--pyargs``."""

_DECORATED = re.compile(rb"^[ \t]*@(?:\w+\.)*control\(", re.MULTILINE)
_UNINTERESTING = ("__pycache__", "node_modules", "site-packages")


def told(given: Any) -> bool:
    """True if an option of the plugin's own is given."""
    return any(getattr(given, name, None) for name in OPTIONS)


def leads_to_controls(config: pytest.Config, given: Any) -> bool:
    """True if a path of the command line leads to a control."""
    controls = suite().resolve()
    for argument in paths_of(config, given):
        name = argument.partition("::")[0]
        if given.pyargs and (name == MODULE or name.startswith(f"{MODULE}.")):
            return True
        path = Path(config.invocation_params.dir, name)
        resolved = path.resolve()
        if resolved == controls or controls in resolved.parents:
            return True
        if any(has_controls(file) for file in _files(path, config)):
            return True
    return False


def has_controls(file: Path) -> bool:
    """True if a Python file declares a control: it decorates a function so, and speaks of stackproof."""
    try:
        text = file.read_bytes()
        if b"stackproof" not in text or not _DECORATED.search(text):
            return False
        module = ast.parse(text)
    except (OSError, ValueError, SyntaxError, RecursionError):  # pytest says so, when it imports the file
        return False
    return any(_is_control(decorator) for function in _functions(module.body) for decorator in function.decorator_list)


def proven(config: pytest.Config) -> frozenset[str]:
    """The controls of which a case in the repository says that it must fail: ``plan("ORD-01", "...", FAIL, ...)``."""
    return frozenset(id for file in _files(config.rootpath, config, ["*.py"]) for id in _failing(file))


def _failing(file: Path) -> Iterator[str]:
    try:
        text = file.read_bytes()
        module = ast.parse(text) if b"stackproof.testing" in text else None
    except (OSError, ValueError, SyntaxError, RecursionError):
        return
    for call in ast.walk(module) if module else ():
        if isinstance(call, ast.Call) and any(_name(argument) == "FAIL" for argument in call.args):
            yield from (one.value for one in call.args[:1] if isinstance(one, ast.Constant) and isinstance(one.value, str))


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _functions(body: Iterable[ast.stmt]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            yield statement
        elif isinstance(statement, ast.ClassDef):
            yield from _functions(statement.body)


def _is_control(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and _name(decorator.func) == "control"


def _files(path: Path, config: pytest.Config, patterns: Sequence[str] | None = None) -> Iterator[Path]:
    """The files under a path that pytest would take for tests, or of other patterns; of links in a circle each folder once."""
    if not path.is_dir():
        yield path
        return
    patterns = patterns or config.getini("python_files")
    skipped = (*config.getini("norecursedirs"), *_UNINTERESTING)
    seen: set[str] = set()
    for folder, folders, files in os.walk(path, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen or Path(folder, "pyvenv.cfg").is_file():
            folders.clear()
            continue
        seen.add(real)
        folders[:] = [name for name in folders if not any(fnmatch(name, pattern) for pattern in skipped)]
        yield from (Path(folder, name) for name in files if any(fnmatch(name, pattern) for pattern in patterns))


def paths_of(config: pytest.Config, given: Any) -> list[str]:
    """The paths that pytest is going to collect: the arguments, else ``testpaths``, else where it was started."""
    arguments: list[str] = list(given.file_or_dir or ())
    if not arguments and config.invocation_params.dir == config.rootpath:
        arguments = [str(found) for pattern in config.getini("testpaths") for found in sorted(config.rootpath.glob(pattern))]
    return arguments or ["."]


def adds_the_suite(config: pytest.Config, given: Any) -> bool:
    """True if the suite is to be judged beside the repository's own tests: pytest.ini says so, and an option asks for controls."""
    return bool(config.getini(SUITE)) and told(given) and not given.file_or_dir
