"""Tables that a profile had when it was judged last, and has no more: what is declared no more is judged no more."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stackproof.profile.schema import Profile


def vanished(then: Mapping[str, Any], now: Profile) -> list[str]:
    """The tables, and the members of lists of tables, of a profile as it was recorded that the profile has no more, by their keys.

    >>> now = Profile.model_validate({"database": ({"identifier": "a"},), "logs": {"groups": ("x",)}})
    >>> logs = {"groups": ["x"], "cost": {"days": 7}}
    >>> then = {"database": [{"identifier": "a"}, {"identifier": "b"}], "logs": logs, "host": {"tools": []}}
    >>> vanished(then, now)
    ['database b', 'logs.cost', 'host']
    """
    return list(_vanished(then, now.model_dump(mode="json", by_alias=True)))


def note(gone: Sequence[str]) -> str:
    """The sentence about what a profile has no more, for the notes of a run."""
    return f"The profile declares no more what the last run was judged by: {', '.join(gone)}."


def notes_in(notes: Sequence[str]) -> list[str]:
    """The notes of a run that are such sentences: the report begins with them.

    >>> notes_in([note(["database b"]), "Another note."])
    ['The profile declares no more what the last run was judged by: database b.']
    """
    beginning = note([]).partition(":")[0]
    return [one for one in notes if one.startswith(beginning)]


def _vanished(then: Mapping[str, Any], now: Mapping[str, Any], place: str = "") -> Iterator[str]:
    for key, value in then.items():
        name = f"{place}{key}"
        if isinstance(value, Mapping):
            if key not in now:
                yield name
            elif not place and isinstance(now[key], Mapping):
                yield from _vanished(value, now[key], f"{name}.")
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            there = [_called(one) for one in now.get(key) or ()]
            yield from (f"{name} {called}" for called in map(_called, value) if called not in there)


def _called(table: Mapping[str, Any]) -> str:
    """What tells one table of a list from the others: its first key."""
    return str(next(iter(table.values()), ""))
