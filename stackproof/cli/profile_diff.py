"""A profile held against what is found now, as data: the layout, the comments and what a person added make no difference."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

_NAMED_BY = ("identifier", "name", "vpc", "names", "repository")
"""The keys by which one table of several is told from the others."""
_OF_THE_REVIEW = ("name", "status", "reviewed", "target", "absent")
"""Keys that a person decides, whatever is found."""


def differences(there: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """A line for each value that differs: ``-`` is declared and not found, ``+`` found and not declared.

    Keys of a person's own, as days and owners that nothing shows, are no difference.

    >>> differences({"storage": {"buckets": ["a", "b"]}, "logs": {"key": "k"}}, {"storage": {"buckets": ["b", "c"]}})
    ['-storage.buckets: "a"', '+storage.buckets: "c"']
    >>> differences({"database": [{"identifier": "old", "multi_zone": True}]}, {"database": []})
    ['-database "old"']
    >>> differences({"network": {"vpc": "shop", "cidr": "10.8.0.0/16"}}, {"network": [{"vpc": "shop", "cidr": "10.9.0.0/16"}]})
    ['-network "shop" cidr = "10.8.0.0/16"', '+network "shop" cidr = "10.9.0.0/16"']
    """
    return [*_tables("", there, {key: one for key, one in found.items() if key not in _OF_THE_REVIEW})]


def _tables(at: str, there: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    for key, value in found.items():
        yield from _values(f"{at}{key}", there.get(key), value)


def _values(place: str, there: Any, found: Any) -> Iterator[str]:
    if isinstance(found, Mapping) and isinstance(there, Mapping):
        yield from _tables(f"{place}.", there, found)
    elif isinstance(found, list) and (tables := _by_name(found)) is not None and (own := _by_name(_listed(there))) is not None:
        yield from (f"-{place} {_text(name)}" for name in own if name not in tables)
        yield from (f"+{place} {_text(name)}" for name in tables if name not in own)
        for name in tables:
            if name in own:
                yield from _tables(f"{place} {_text(name)} ", own[name], tables[name])
    elif isinstance(found, list) and isinstance(there, list):
        yield from (f"-{place}: {_text(one)}" for one in there if one not in found and not _is_pattern(one))
        yield from (f"+{place}: {_text(one)}" for one in found if one not in there)
    elif there != found:
        yield from () if there is None else (f"-{place} = {_text(there)}",)
        yield f"+{place} = {_text(found)}"


def _is_pattern(one: Any) -> bool:
    """True for a name with ``*``, which a person writes for names that are not known yet."""
    return isinstance(one, str) and "*" in one


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _by_name(several: list[Any]) -> dict[str, Mapping[str, Any]] | None:
    """Tables by what names them; None for a list of anything else."""
    named: dict[str, Mapping[str, Any]] = {}
    for one in several:
        key = next((key for key in _NAMED_BY if key in one), None) if isinstance(one, Mapping) else None
        if key is None:
            return None
        name = one[key]
        named[name if isinstance(name, str) else ", ".join(map(str, name))] = one
    return named


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
