"""``environments/*.toml``: what an environment must look like, as data.

A profile may start from another (``extends = "production.toml"``): tables are merged key by key, everything else is replaced.
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
from pydantic.fields import FieldInfo

from stackproof.core.verdicts import UsageError
from stackproof.profile.place import file_of, from_home
from stackproof.profile.schema import Profile
from stackproof.util import toml_document


def load(name_or_path: str, directory: Path) -> Profile:
    """The profile of a name (``production``) or a path (``./elsewhere/production.toml``).

    Raises `UsageError` naming the file, the key and what is allowed.
    """
    path = file_of(name_or_path, directory)
    if not path.is_file():
        known = sorted(found.stem for found in directory.glob("*.toml"))
        raise UsageError(f"unknown environment {name_or_path!r}: there is no {path}. Known: {', '.join(known) or 'none'}")
    try:
        return Profile.model_validate(_as_frozen(_merged(path, ())))
    except ValidationError as error:
        raise UsageError("\n".join(f"{path}: {problem}" for problem in _problems(error))) from None


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
    base = given.pop("extends", None)
    if base is None:
        return given
    if not isinstance(base, str):
        raise UsageError(f"{path}: extends must be the file name of another profile")
    return _overlaid(_merged(path.parent / base, (*seen, path)), given)


def _overlaid(base: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """
    >>> _overlaid({"a": {"x": 1, "y": 2}, "b": [1]}, {"a": {"y": 3}, "b": [2]})
    {'a': {'x': 1, 'y': 3}, 'b': [2]}
    """
    return base | {
        key: _overlaid(base[key], value) if isinstance(value, dict) and isinstance(base.get(key), dict) else value
        for key, value in given.items()
    }


def _as_frozen(value: Any) -> Any:
    """TOML's arrays as tuples, which is what a frozen profile holds."""
    if isinstance(value, dict):
        return {key: _as_frozen(part) for key, part in value.items()}
    return tuple(_as_frozen(part) for part in value) if isinstance(value, list) else value


def _problems(error: ValidationError) -> list[str]:
    """One line a problem: the key, what is wrong, what is allowed."""
    lines = []
    for problem in error.errors(include_url=False):
        key = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            allowed = sorted(_allowed_keys(problem["loc"][:-1]))
            close = difflib.get_close_matches(str(problem["loc"][-1]), allowed, n=1)
            hint = f"; did you mean {close[0]}?" if close else "."
            lines.append(f"unknown key {key}{hint} Allowed here: {', '.join(allowed)}")
        elif problem["type"] == "missing":
            lines.append(f"missing key {key}")
        else:
            given = (
                "" if problem["type"] == "value_error" and _holds_tables(problem["input"]) else f" (it is {problem['input']!r})"
            )
            lines.append(f"{key}: {problem['msg']}{given}")
    return lines


def _holds_tables(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, tuple) and any(isinstance(one, dict) for one in value))


def _allowed_keys(table: tuple[int | str, ...]) -> list[str]:
    """The keys that the table at this place may hold."""
    hint: Any = Profile
    for part in table:
        if isinstance(hint, type) and issubclass(hint, BaseModel):
            hint = next(info.annotation for name, info in hint.model_fields.items() if part in (name, info.alias))
        else:  # an array of tables, or a table whose keys are free
            hint = next(one for one in typing.get_args(hint) if one not in (str, ...))
    fields: Mapping[str, FieldInfo] = hint.model_fields
    return [info.alias or name for name, info in fields.items()]
