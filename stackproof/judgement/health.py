"""The health that a service tells of itself: a service that says it is well must say so now."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

AHEAD_SECONDS = 5
"""By so much the clocks of a service and of this machine may differ; both are set by NTP."""


def member(content: Mapping[str, Any] | None, path: str) -> Any:
    """The value at a path of dotted member names in what a service said; None where it does not say.

    >>> said = {"status": "healthy", "database": {"status": "up"}}
    >>> member(said, "status"), member(said, "database.status"), member(said, "status.up"), member(None, "status")
    ('healthy', 'up', None, None)
    """
    value: Any = content
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def unlike(content: Mapping[str, Any] | None, expected: Mapping[str, str | int | bool]) -> list[str]:
    """The members of what a service said that have another value than the expected one, with their own; True is not 1.

    >>> unlike({"status": "healthy", "up": True, "tasks": 2}, {"status": "healthy", "up": True, "tasks": 2})
    []
    >>> unlike({"status": "sick", "up": 1}, {"status": "healthy", "up": True, "tasks": 2})
    ["status: 'sick'", 'up: 1', 'tasks: None']
    """
    found = [(name, member(content, name), value) for name, value in expected.items()]
    return [f"{name}: {said!r}" for name, said, value in found if (type(said), said) != (type(value), value)]


def untimely(timestamp: object, answered_at: datetime, seconds: int) -> str:
    """Why a timestamp is not of the last seconds before an answer; empty if it is.

    >>> from datetime import UTC
    >>> at = datetime(2026, 1, 20, 10, 0, 30, tzinfo=UTC)
    >>> untimely("2026-01-20T10:00:00Z", at, 60), untimely("2026-01-20T19:00:00+09:00", at, 60)
    ('', '')
    >>> untimely("2026-01-20T09:59:30Z", at, 60), untimely("2026-01-20T10:00:35Z", at, 60)
    ('', '')
    >>> [untimely(text, at, 60) for text in ("2026-01-20T09:59:29Z", "2026-01-20T10:01:00Z", "2026-01-20T10:00:00", "now", None)]
    ['61 s old', '30 s ahead of this machine', 'without an offset from UTC', 'no time: now', 'no timestamp']
    """
    if timestamp is None:
        return "no timestamp"
    try:
        at = datetime.fromisoformat(str(timestamp))
    except ValueError:
        return f"no time: {timestamp}"
    if at.tzinfo is None:
        return "without an offset from UTC"
    age = (answered_at - at).total_seconds()
    if age < -AHEAD_SECONDS:
        return f"{-age:.0f} s ahead of this machine"
    return "" if age <= seconds else f"{age:.0f} s old"
