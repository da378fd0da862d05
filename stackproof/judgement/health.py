"""The age of a health report: a service that says it is well must say so now."""

from datetime import datetime

AHEAD_SECONDS = 5
"""By so much the clocks of a service and of this machine may differ; both are set by NTP."""


def untimely(timestamp: str | None, answered_at: datetime, seconds: int) -> str:
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
        at = datetime.fromisoformat(timestamp)
    except ValueError:
        return f"no time: {timestamp}"
    if at.tzinfo is None:
        return "without an offset from UTC"
    age = (answered_at - at).total_seconds()
    if age < -AHEAD_SECONDS:
        return f"{-age:.0f} s ahead of this machine"
    return "" if age <= seconds else f"{age:.0f} s old"
