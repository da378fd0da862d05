"""The costs of the account, and the alarm on them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from stackproof.core.verdicts import CouldNotVerify


@dataclass(frozen=True)
class Watch:
    """An alarm on costs: what it watches, and when it goes off."""

    namespace: str
    metric: str
    dimensions: frozenset[tuple[str, str]]
    statistic: str
    period_seconds: int
    evaluation_periods: int
    comparison: str
    """``GreaterThanThreshold``, ..."""
    threshold: float


def billing_watch(threshold_usd: float) -> Watch:
    """The documented billing alarm: the month's charges so far, looked at every six hours.

    Source: deployment guide, "Monitoring, rollback, cost".

    >>> billing_watch(500).period_seconds, billing_watch(500).evaluation_periods
    (21600, 1)
    """
    return Watch(
        namespace="AWS/Billing",
        metric="EstimatedCharges",
        dimensions=frozenset({("Currency", "USD")}),
        statistic="Maximum",
        period_seconds=6 * 60 * 60,
        evaluation_periods=1,
        comparison="GreaterThanThreshold",
        threshold=threshold_usd,
    )


def last_month(today: date) -> tuple[date, date]:
    """The first day of the month before, and the first day after it.

    >>> [str(day) for day in last_month(date(2026, 1, 20))]
    ['2025-12-01', '2026-01-01']
    >>> [str(day) for day in last_month(date(2026, 3, 1))]
    ['2026-02-01', '2026-03-01']
    >>> [str(day) for day in last_month(date(2026, 1, 1))]
    ['2025-12-01', '2026-01-01']
    """
    end = today.replace(day=1)
    return (end - timedelta(days=1)).replace(day=1), end


def over_budget(by_service: Mapping[str, float], budget_usd: float, *, is_estimated: bool) -> list[str]:
    """Why a month's costs are over the budget: the sum, and the services that cost most; nothing if they are not.

    A refund counts as what it is, negative. Raises `CouldNotVerify` for an estimate that is under the budget: the final bill may not be.
    AWS closes the bills of a month in the first days of the next one.

    >>> over_budget({"Amazon RDS": 310.5, "Amazon ECS": 200.0}, 500, is_estimated=True)
    ['510.50 USD are over the budget of 500.00 USD: Amazon RDS 310.50, Amazon ECS 200.00']
    >>> over_budget({"a": 1.004, "c": 2.0, "b": 2.0, "d": 0.5}, 4, is_estimated=False)
    ['5.50 USD are over the budget of 4.00 USD: b 2.00, c 2.00, a 1.00']
    >>> over_budget({"Amazon RDS": 500.0}, 500, is_estimated=False), over_budget({"Amazon RDS": 500.004}, 500, is_estimated=False)
    ([], [])
    """
    total = round(sum(by_service.values()), 2)
    if total > budget_usd:
        dearest = sorted(by_service.items(), key=lambda one: (-one[1], one[0]))[:3]
        services = ", ".join(f"{name} {cost:.2f}" for name, cost in dearest)
        return [f"{total:.2f} USD are over the budget of {budget_usd:.2f} USD: {services}"]
    if is_estimated:
        raise CouldNotVerify(f"{total:.2f} USD are an estimate yet; run again when AWS has closed the month's bill")
    return []
