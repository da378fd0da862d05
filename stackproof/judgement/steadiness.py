"""The steadiness of something that was looked at several times."""

from collections.abc import Mapping, Sequence
from datetime import datetime


def replaced(looks: Sequence[Mapping[str, datetime]]) -> list[str]:
    """The names that are missing in one of several looks, or that started anew between two; a look has names and times of their starts.

    >>> start, later = datetime(2026, 1, 20), datetime(2026, 1, 21)
    >>> replaced([{"a": start, "b": start}, {"a": start, "b": start}])
    []
    >>> replaced([{"a": start, "b": start}, {"a": later, "c": later}])
    ['a', 'b', 'c']
    """
    seen = {name for look in looks for name in look}
    return sorted(name for name in seen if len({look.get(name) for look in looks}) > 1)
