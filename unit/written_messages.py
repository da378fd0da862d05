"""The sentences that the package writes, found in its source: every literal with words, as the template that an f-string is."""

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackproof.processes.command_line import paragraphs

PACKAGE = Path(__file__).parents[1] / "stackproof"
SUITE = PACKAGE.parent / "tests"
"""The controls: what they say of a resource, and what they call it."""

NOT_FOR_READERS = (
    "cli/finish.py",  # for those who write controls
    "cli/generated_profile.py",  # writes a profile, which is TOML with comments
    "cli/new.py",  # writes English code for those who write controls
    "embedded/moto_gaps/",  # answers in the words of AWS
    "profile/reference.py",  # writes docs/profile.md and docs/profile.ko.md
    "frameworks/page.py",  # writes docs/frameworks.md
    "terraform/bindings.py",  # makes a data file for those who work on the package
    "testing/",  # for those who write controls
)
"""Modules whose texts are not what a reader of a report or a user of a command sees."""

BILINGUAL = ("core/messages", "frameworks/", "organisation/pages.toml", "profile/reference.ko.toml")
"""Data files that have both languages themselves."""

NOT_SHOWN = frozenset({"source", "sources", "prices"})
"""Keys of data files whose texts no reader is shown."""

_WORD = re.compile(r"(?<![\w.\-/<:])[A-Z]?[a-z]{2,}(?![\w\-/=(:.]\w|[(=])")
_NO_SENTENCES = frozenset({"compile", "execute", "executemany", "getLogger", "TypeVar"})
"""Functions whose arguments are patterns or SQL."""


@dataclass(frozen=True)
class Written:
    """A template, where it stands, and its holes that are a choice between words (``{'is' if one else 'are'}``)."""

    template: str
    place: str
    choices: frozenset[str]
    holes: tuple[str, ...]


def written(package: Path = PACKAGE) -> Iterator[Written]:
    """Every literal of the package and of the controls with a sentence in it, file by file."""
    yield from _data(package)
    for file in (*sorted(package.rglob("*.py")), *sorted(SUITE.rglob("*.py"))):
        name = file.relative_to(package if file.is_relative_to(package) else SUITE).as_posix()
        if not name.startswith(NOT_FOR_READERS):
            tree = ast.parse(file.read_bytes())
            yield from _help(tree, name)
            for node in _literals(tree, []):
                template, holes = _template(node)
                if is_sentence(template):
                    choices = frozenset(str(number) for number, hole in enumerate(holes) if isinstance(hole, ast.IfExp))
                    yield Written(template, f"{name}:{node.lineno}", choices, tuple(map(ast.unparse, holes)))


def _data(package: Path) -> Iterator[Written]:
    """The sentences of data files."""
    for file in sorted(package.rglob("*.toml")):
        name = file.relative_to(package).as_posix()
        if not name.startswith(BILINGUAL):
            for line in filter(is_sentence, _texts(tomllib.loads(file.read_text(encoding="utf-8")))):
                yield Written(line, f"{name}:1", frozenset(), ())


def _texts(data: Any) -> Iterator[str]:
    match data:
        case str():
            yield data
        case dict():
            for key, value in data.items():
                yield from () if key in NOT_SHOWN else _texts(value)
        case list():
            for value in data:
                yield from _texts(value)


def _help(tree: ast.Module, name: str) -> Iterator[Written]:
    """The paragraphs of a module's docstring that its command shows as its help."""
    shown = any(isinstance(node, ast.Name) and node.id == "__doc__" for node in ast.walk(tree))
    if shown and (doc := ast.get_docstring(tree)):
        for paragraph in paragraphs(doc):
            yield Written(_escaped(paragraph), f"{name}:1", frozenset(), ())


def is_sentence(template: str) -> bool:
    """True for words that are read as such: at least one that is no abbreviation, beside another word or a value."""
    bare = re.sub(r"\{\w*\}", "0", template)
    return bool(_WORD.search(bare)) and bool(re.search(r"\w\S* \S*\w", bare))


def _literals(node: ast.AST, found: list[ast.expr]) -> list[ast.expr]:
    """The literals in a part of a module, each whole: an f-string, or what is put together with ``+``. Neither docstrings nor types."""
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Name():
            return found
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if name in _NO_SENTENCES:
            return found
        case ast.expr() if _is_literal(node):
            found.append(node)
            parts: list[Any] = _template(node)[1]
        case _:
            parts = [getattr(node, field) for field in node._fields if field not in ("annotation", "returns", "ctx", "op")]
    for part in parts:
        for one in part if isinstance(part, list) else (part,):
            if isinstance(one, ast.AST):
                _literals(one, found)
    return found


def _is_literal(node: ast.AST) -> bool:
    match node:
        case ast.Constant(value=str()) | ast.JoinedStr():
            return True
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _is_literal(left) or _is_literal(right)
    return False


def _template(node: ast.expr) -> tuple[str, list[ast.expr]]:
    """The text of a literal with its holes numbered, and what stands in them."""
    holes: list[ast.expr] = []

    def text(part: ast.expr) -> str:
        match part:
            case ast.Constant(value=str() as value):
                return _escaped(value)
            case ast.JoinedStr(values=values):
                return "".join(map(text, values))
            case ast.BinOp(left=left, op=ast.Add(), right=right) if _is_literal(part):
                return text(left) + text(right)
            case ast.FormattedValue(value=value):
                holes.append(value)
            case _:
                holes.append(part)
        return f"{{{len(holes) - 1}}}"

    return text(node), holes


def _escaped(text: str) -> str:
    """A plain text with its braces doubled, but for the holes of a template that is filled in by ``format``."""
    return re.sub(r"(\{\w+(?::[^{}]*)?\})|([{}])", lambda found: found[1] or found[2] * 2, text)
