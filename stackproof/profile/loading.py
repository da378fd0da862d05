"""``environments/*.toml``: what an environment must look like, as data.

A profile may start from another (``extends = "production.toml"``): tables are merged key by key, everything else is replaced, and what
``drop`` names is left out (``drop = ["emulator", "logs.sentry"]``).
Every key is checked; an unknown one, a missing one or a wrong type stops the run with the file, the key and what is allowed.
"""

import difflib
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import (
    BaseModel,
    ValidationError,
)

from stackproof.core.verdicts import UsageError
from stackproof.profile.account import as_table
from stackproof.profile.base import Table, as_frozen, in_one_line, meanings, tables_in
from stackproof.profile.place import file_of, from_home
from stackproof.profile.schema import KINDS, Profile
from stackproof.util import toml_document

_MOVED = {
    "baseline": 'its keys stand in [account], as does the number of the account: id = "123456789012"',
    "without_web_acl": 'accept the finding in waivers.toml, with control = "SEC-ALB-06" and field = "web_acl"',
    "without_restore_test": 'accept the finding in waivers.toml, with control = "RDS-03" and field = "restored_at"',
}
"""Keys that there were, and what to write instead."""


def load(name_or_path: str, directory: Path) -> Profile:
    """The profile of a name (``production``) or a path (``./elsewhere/production.toml``).

    Raises `UsageError` naming the file, the key and what is allowed.
    """
    path = file_of(name_or_path, directory)
    if not path.is_file():
        known = sorted(found.stem for found in directory.glob("*.toml"))
        raise UsageError(f"unknown environment {name_or_path!r}: there is no {path}. Known: {', '.join(known) or 'none'}")
    document = as_frozen({"name": path.stem, **merged(path)})
    try:
        return Profile.model_validate(document)
    except ValidationError as error:
        raise UsageError("\n".join(f"{path}: {problem}" for problem in _problems(error, document))) from None


def merged(path: Path) -> dict[str, Any]:
    """The tables of a profile with those that it inherits, unchecked. Raises `UsageError`."""
    return _merged(path, ())


def _merged(path: Path, seen: tuple[Path, ...]) -> dict[str, Any]:
    if path.resolve() in [one.resolve() for one in seen]:
        raise UsageError(f"{seen[0]}: extends goes in a circle: {' -> '.join(map(str, (*seen, path)))}")
    try:
        given = from_home(toml_document.read(path), path)
    except FileNotFoundError:
        raise UsageError(f"{seen[-1]}: extends names {path}, which does not exist") from None
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"{path}: not TOML: {error}") from None
    if "account" in given:
        given["account"] = as_table(given["account"])
    base, dropped = given.pop("extends", None), given.pop("drop", [])
    if base is None and not dropped:
        return given
    if not isinstance(base, str):
        raise UsageError(f"{path}: extends must be the file name of another profile")
    if not isinstance(dropped, list) or not all(isinstance(key, str) for key in dropped):
        raise UsageError(f'{path}: drop must be a list of inherited keys: ["emulator", "logs.sentry"]')
    inherited = _merged(path.parent / base, (*seen, path))
    for key in dropped:
        inherited = _without(inherited, key.split("."), f"{path}: drop: {path.parent / base} has no {key}")
    return _overlaid(inherited, given)


def _without(tables: dict[str, Any], key: list[str], problem: str) -> dict[str, Any]:
    """Tables without the one at a key.

    >>> _without({"a": {"x": 1, "y": 2}, "b": 3}, ["a", "x"], "")
    {'a': {'y': 2}, 'b': 3}
    """
    first, *rest = key
    if first not in tables or (rest and not isinstance(tables[first], dict)):
        raise UsageError(problem)
    if not rest:
        return {name: value for name, value in tables.items() if name != first}
    return {**tables, first: _without(tables[first], rest, problem)}


def _overlaid(base: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """
    >>> _overlaid({"a": {"x": 1, "y": 2}, "b": [1]}, {"a": {"y": 3}, "b": [2]})
    {'a': {'x': 1, 'y': 3}, 'b': [2]}
    """
    return base | {
        key: _overlaid(base[key], value) if isinstance(value, dict) and isinstance(base.get(key), dict) else value
        for key, value in given.items()
    }


def _problems(error: ValidationError, document: Mapping[str, Any]) -> list[str]:
    """One line a problem: the key, what is wrong, what is allowed."""
    lines = []
    for problem in error.errors(include_url=False):
        key = _written(problem["loc"], document)
        if problem["type"] == "extra_forbidden" and (instead := _MOVED.get(str(problem["loc"][-1]))):
            lines.append(f"there is no key {key} any more: {instead}")
        elif problem["type"] == "extra_forbidden":
            allowed = sorted(_allowed_keys(problem["loc"][:-1]))
            close = difflib.get_close_matches(str(problem["loc"][-1]), allowed, n=1)
            hint = f"; did you mean {close[0]}?" if close else "."
            lines.append(f"unknown key {key}{hint} Allowed here: {', '.join(allowed)}")
        elif problem["type"] == "missing":
            lines.append(f"missing key {key}{_meaning(problem['loc'])}")
        else:
            said = _wrong(problem)
            if not (problem["type"] == "value_error" and _holds_tables(problem["input"])):
                said += f" (it is {problem['input']!r}){_meaning_of(problem['loc'])}"
            lines.append(f"{key}: {said}" if key else said)
    return lines


_WRONG: Mapping[str, str] = {
    "bool_type": "must be true or false",
    "date_type": "must be a date, as in 2027-03-31",
    "dict_type": "must be a table",
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "mapping_type": "must be a table",
    "model_type": "must be a table",
    "string_pattern_mismatch": "does not match the pattern {pattern}",
    "string_too_short": "must have at least {min_length} characters",
    "string_type": "must be a text in quotes",
    "too_short": "must have at least {min_length} element",
    "tuple_type": "must be a list",
}
"""The problems of pydantic in the words of TOML, with what it tells of each."""


def _wrong(problem: Any) -> str:
    """The problem of a value, as somebody who writes TOML knows it."""
    words = _WRONG.get(problem["type"])
    return words.format(**problem.get("ctx", {})) if words else str(problem["msg"]).removeprefix("Value error, ")


def _meaning_of(place: tuple[int | str, ...]) -> str:
    """The first sentence about the key at a place; empty for a part of one, and for a key without a meaning."""
    try:
        table = _table_at(place[:-1])
    except (LookupError, StopIteration, TypeError):
        return ""
    field = next((name for name, info in table.model_fields.items() if place[-1] in (name, info.alias)), "")
    meaning = meanings(table).get(field, "").partition(". ")[0].rstrip(".")
    return f". It is: {meaning}" if meaning else ""


def _written(place: tuple[int | str, ...], document: Any) -> str:
    """The key at a place as the file has it: where a single table stands for a list of one, without a number."""
    parts = []
    for part in place:
        if isinstance(part, int) and not isinstance(document, tuple):
            continue
        parts.append(str(part))
        if isinstance(document, Mapping):
            document = document.get(part)
        elif isinstance(document, tuple) and isinstance(part, int) and part < len(document):
            document = document[part]
        else:
            document = None
    return ".".join(parts)


def _meaning(place: tuple[int | str, ...]) -> str:
    """What a missing key is, what its table is for, and how to say that there is nothing of the kind."""
    table, key = _table_at(place[:-1]), str(place[-1])
    field = next(name for name, info in table.model_fields.items() if key in (name, info.alias))
    meaning = meanings(table).get(field, "")
    said = f": {meaning}" if meaning else ""
    purpose = f" [{table.place}] is about: {in_one_line(table.__doc__)}" if table.__doc__ and table.place else ""
    keys = f" Its keys: {', '.join(_allowed_keys(place[:-1]))}." if purpose else ""
    top = str(place[0])
    none = f' If the stack has none, leave the table out, and say why: absent.{top} = "REASON"' if top in KINDS else ""
    return f"{said or '.'}{purpose}{keys}{none}"


def _holds_tables(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, tuple) and any(isinstance(one, dict) for one in value))


def _allowed_keys(place: tuple[int | str, ...]) -> list[str]:
    """The keys that the table at this place may hold."""
    return [info.alias or name for name, info in _table_at(place).model_fields.items()]


def _table_at(place: tuple[int | str, ...]) -> type[Table]:
    hint: Any = Profile
    for part in place:
        if isinstance(hint, type) and issubclass(hint, BaseModel):
            hint = next(info.annotation for name, info in hint.model_fields.items() if part in (name, info.alias))
        else:  # an array of tables, or a table whose keys are free
            hint = next(one for one in typing.get_args(hint) if one not in (str, ...))
    table: type[Table] = next(one for _, one in tables_in(hint))
    return table
