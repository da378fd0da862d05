"""What a document never has: values of another type, and the places to put them."""

from collections.abc import Iterator
from typing import Any

from stackproof.core.verdicts import Verdict

GREEN = (Verdict.PASS, Verdict.WAIVED, Verdict.NOT_DECLARED, Verdict.NOT_APPLICABLE)
"""The verdicts that close no gate: what is broken or wrong ends with none of them."""
JUNK: tuple[Any, ...] = (
    *(True, 0, 1, -1, 2**70, 0.5),
    *("", "x", "maybe", "1", "${x}", "\x1b[2J", "\u202ea"),
    *([], [None], {}, {"x": []}, [[]], [{}]),
)


def places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of each value in a document.

    >>> list(places({"a": [1, {"b": 2}]}))
    [('a',), ('a', 0), ('a', 1), ('a', 1, 'b')]
    """
    if path:
        yield path
    if isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from places(value, (*path, key))
