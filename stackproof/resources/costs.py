"""AWS Cost Explorer."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from stackproof.core.resource import Resource, field
from stackproof.core.verdicts import CouldNotVerify, NotReported
from stackproof.sources.aws.facts import AwsFacts

if TYPE_CHECKING:
    from stackproof.sources.aws.source import Reader

METRIC = "UnblendedCost"
"""What is charged, before any sharing of discounts in an organization."""


def _results(month: AwsFacts) -> tuple[str, list[dict[str, Any]]]:
    """Where the answer is from, and its months: a part of one on each page."""
    answer = month.read(
        "ce:GetCostAndUsage",
        TimePeriod={"Start": month.at("start"), "End": month.at("end")},
        Granularity="MONTHLY",
        Metrics=[METRIC],
        GroupBy=[{"Type": "DIMENSION", "Key": "SERVICE"}],
    )
    return answer.source, answer.items("ResultsByTime")


def _by_service(month: AwsFacts) -> dict[str, float]:
    costs: dict[str, float] = {}
    source, results = _results(month)
    for result in results:
        for group in result.get("Groups", ()):
            name, cost = group["Keys"][0], group.get("Metrics", {}).get(METRIC, {})
            if cost.get("Unit") != "USD":
                raise CouldNotVerify(f"{source}: {name} is in {cost.get('Unit')}; the budget is in USD")
            try:
                costs[name] = costs.get(name, 0.0) + float(cost["Amount"])
            except (KeyError, ValueError):
                raise CouldNotVerify(f"{source}: what {name} costs cannot be read") from None
    if not costs:
        raise NotReported(f"Cost Explorer says nothing of the costs from {month.at('start')} on; is it enabled?")
    return costs


def _is_estimated(month: AwsFacts) -> bool | None:
    said = [result.get("Estimated") for result in _results(month)[1]]
    return None if not said or None in said else any(said)


class MonthlyCosts(Resource):
    """The costs of the account in a month. Named by its first day and the first day after it: ``2026-10-01/2026-11-01``."""

    operations = ("ce:GetCostAndUsage",)

    by_service: dict[str, float] = field(aws=_by_service)
    """USD; a service that was not used is not listed. A refund or a credit is negative."""
    is_estimated: bool = field(aws=_is_estimated)
    """Whether AWS has not closed the month's bill yet."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[MonthlyCosts]":
        found = []
        for name in names:
            start, _, end = name.partition("/")
            found.append(cls(name, AwsFacts(aws, {"start": start, "end": end}, "AWS Cost Explorer"), "AWS Cost Explorer"))
        return found
