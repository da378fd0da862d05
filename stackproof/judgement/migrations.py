"""Where a database stands in the history that alembic's scripts tell.

Source: alembic documentation, "Working with Branches": a script names the revisions that it follows, and ``alembic_version`` holds the
newest revision of each branch that was applied.
"""

import ast
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from stackproof.core.verdicts import CouldNotVerify

History = Mapping[str, tuple[str, ...]]
"""The revisions, and which ones each follows: none for the first, several for a merge."""


class Script(NamedTuple):
    """A migration script: its revision, and those that it follows."""

    revision: str
    follows: tuple[str, ...]


def script(source: str, name: str) -> Script:
    """The revisions that a migration script names, read without running it.

    >>> script('revision: str = "b"\\ndown_revision = ("a1", "a2")', "b.py"), script('revision = "a"\\ndown_revision = None', "a.py")
    (Script(revision='b', follows=('a1', 'a2')), Script(revision='a', follows=()))

    Raises `CouldNotVerify` for one that does not say it in constants.

    >>> script('revision = make()', "c.py")
    Traceback (most recent call last):
    stackproof.core.verdicts.CouldNotVerify: c.py: revision is no constant text
    >>> script('revision = "b"\\nparent.revision = other = "c"\\ndown_revision = 7', "d.py")
    Traceback (most recent call last):
    stackproof.core.verdicts.CouldNotVerify: d.py: down_revision is not None, a text, or several
    >>> script('revision = "b"\\ndown_revision = ("a", 7)', "d.py")
    Traceback (most recent call last):
    stackproof.core.verdicts.CouldNotVerify: d.py: down_revision is not None, a text, or several
    >>> script('revision = "b"\\nother = "c"\\ndown_revision = "a"', "d.py")
    Script(revision='b', follows=('a',))
    """
    said: dict[str, object] = {}
    try:
        for statement in ast.parse(source).body:
            targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
            for target in targets:
                if isinstance(target, ast.Name) and target.id in ("revision", "down_revision"):
                    said[target.id] = _constant(statement)
    except SyntaxError as error:
        raise CouldNotVerify(f"{name} line {error.lineno}: not Python") from None
    revision, follows = said.get("revision"), said.get("down_revision", ...)
    if not isinstance(revision, str):
        raise CouldNotVerify(f"{name}: revision is no constant text")
    parents = () if follows is None else (follows,) if isinstance(follows, str) else follows
    if not isinstance(parents, tuple | list) or not all(isinstance(one, str) for one in parents):
        raise CouldNotVerify(f"{name}: down_revision is not None, a text, or several")
    return Script(revision, tuple(parents))


def heads(history: History) -> list[str]:
    """The revisions that no other follows.

    >>> heads({"a": (), "b": ("a",), "c": ("a",)}), heads({"a": (), "b": ("a",), "c": ("a",), "d": ("b", "c")})
    (['b', 'c'], ['d'])
    """
    followed = {one for follows in history.values() for one in follows}
    return [revision for revision in history if revision not in followed]


def problems(applied: Iterable[str], history: History) -> list[str]:
    """How a database, by the revisions in its version table, differs from one at the single head.

    >>> history = {"0001": (), "0002": ("0001",), "0003": ("0002",)}
    >>> problems(["0003"], history)
    []
    >>> problems(["0001"], history), problems([], history)
    (['not applied: 0002, 0003'], ['no migration was ever applied: alembic upgrade head'])
    >>> problems(["0009"], history), problems(["0003", "0001"], history)
    (['0009 is applied, and no script has it'], ['the version table names 0003, 0001, and not the head 0003 alone'])
    >>> problems(["0003", "0002b"], {**history, "0002b": ("0001",)})
    ['2 heads, not 1: 0003, 0002b']
    >>> problems(["b"], {"b": ("a",)})
    ['b follows a, and no script has it']
    """
    there, newest = list(applied), heads(history)
    lost = [
        f"{one} follows {parent}, and no script has it" for one in history for parent in history[one] if parent not in history
    ]
    if len(newest) != 1:
        lost.append(f"{len(newest)} heads, not 1: {', '.join(newest)}".removesuffix(": "))
    unknown = [f"{one} is applied, and no script has it" for one in there if one not in history]
    if not there:
        return [*lost, "no migration was ever applied: alembic upgrade head"]
    if lost or unknown:
        return [*lost, *unknown]
    missing = [revision for revision in history if revision not in _with_ancestors(there, history)]
    if missing:
        return [f"not applied: {', '.join(missing)}"]
    return [] if there == newest else [f"the version table names {', '.join(there)}, and not the head {newest[0]} alone"]


def _with_ancestors(revisions: Iterable[str], history: History) -> set[str]:
    found: set[str] = set()
    left = list(revisions)
    while left:
        revision = left.pop()
        if revision not in found:
            found.add(revision)
            left += history.get(revision, ())
    return found


def _constant(statement: ast.stmt) -> object:
    value = getattr(statement, "value", None)
    try:
        return ast.literal_eval(value) if value is not None else ...
    except ValueError:
        return ...
