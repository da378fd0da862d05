"""The cost of a month of logs, in US dollars: what arrives, what is kept, what queries read, and the key.

What is kept follows from retention: as many days of what arrives as a group keeps. That is where a group gets to, and what the worked
example of the design counts with; a young group costs less. A month has 30 days; a gigabyte is 10^9 bytes, as CloudWatch counts.

Source: central logging design (IN-116), "Cost, ap-northeast-2".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from stackproof.core.verdicts import NotReported

DAYS = 30
"""Of a month."""
GIGABYTE = 10**9
KEPT_FOR_EVER = 3653
"""Days of retention that a group without one is counted with: the longest that PutRetentionPolicy of CloudWatch Logs accepts."""


class Prices(Protocol):
    """The price table, USD, and what the account uses beside its logs."""

    @property
    def ingestion_per_gb(self) -> float: ...
    @property
    def storage_per_gb_month(self) -> float: ...
    @property
    def scanned_per_gb(self) -> float: ...
    @property
    def key_per_month(self) -> float: ...
    @property
    def scanned_gb(self) -> float: ...
    @property
    def keys(self) -> int: ...


class Arrived(Protocol):
    """The bytes that a group was sent: the datapoints of its metric IncomingBytes, by time."""

    @property
    def points(self) -> tuple[tuple[datetime, float], ...]: ...
    @property
    def total(self) -> float: ...


@dataclass(frozen=True)
class Volume:
    """The bytes that a log group gets, and how long it keeps them."""

    gigabytes_a_day: float
    retention_days: int | None
    """None: for ever."""


@dataclass(frozen=True)
class Forecast:
    """USD a month."""

    ingestion: float
    storage: float
    queries: float
    keys: float

    @property
    def total(self) -> float:
        return self.ingestion + self.storage + self.queries + self.keys


def forecast(volumes: Iterable[Volume], prices: Prices) -> Forecast:
    """The cost of a month in which every day is like the given one.

    The worked example of the design: 5 GB a day, kept for 14 days, of which 100 GB are scanned by queries, and one key.

    >>> from types import SimpleNamespace
    >>> table = dict(ingestion_per_gb=0.76, storage_per_gb_month=0.033, scanned_per_gb=0.0076, key_per_month=1.0)
    >>> example = forecast([Volume(5, 14)], SimpleNamespace(**table, scanned_gb=100, keys=1))
    >>> [round(part, 2) for part in (example.ingestion, example.storage, example.queries, example.keys)], round(example.total)
    ([114.0, 2.31, 0.76, 1.0], 118)
    """
    groups = list(volumes)
    kept = sum(group.gigabytes_a_day * (group.retention_days or KEPT_FOR_EVER) for group in groups)
    return Forecast(
        ingestion=sum(group.gigabytes_a_day for group in groups) * DAYS * prices.ingestion_per_gb,
        storage=kept * prices.storage_per_gb_month,
        queries=prices.scanned_gb * prices.scanned_per_gb,
        keys=prices.keys * prices.key_per_month,
    )


def daily_gigabytes(arrived: Mapping[str, Arrived], now: datetime) -> dict[str, float]:
    """How much a day each group gets, by name.

    Counted are the days since the first datapoint of all, but an hour at least: before it there was nothing that could have logged. A
    group that has none got nothing; CloudWatch has datapoints only for groups that got something.

    Raises `NotReported` if no group has any: nothing is known then, and nothing is not what they cost.

    >>> from types import SimpleNamespace
    >>> day, hour = datetime(2026, 1, 20), timedelta(hours=1)
    >>> def group(*points):
    ...     return SimpleNamespace(points=points, total=sum(size for _, size in points))
    >>> some = {"a": group((day, 2e9), (day + hour, 2e9)), "b": group((day + 24 * hour, 1e9)), "silent": group()}
    >>> daily_gigabytes(some, day + 48 * hour)
    {'a': 2.0, 'b': 0.5, 'silent': 0.0}
    >>> daily_gigabytes({"a": group((day, 1e9))}, day + hour / 60)
    {'a': 24.0}
    >>> daily_gigabytes({"silent": group()}, day)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    stackproof.core.verdicts.NotReported: AWS/Logs IncomingBytes has no datapoint for any of 1 log groups: ...
    """
    begun = min((series.points[0][0] for series in arrived.values() if series.points), default=None)
    if begun is None:
        raise NotReported(
            f"AWS/Logs IncomingBytes has no datapoint for any of {len(arrived)} log groups: nothing can be forecast from it"
        )
    days = max(now - begun, timedelta(hours=1)) / timedelta(days=1)
    return {name: series.total / GIGABYTE / days for name, series in arrived.items()}
