"""Amazon CloudWatch metrics."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from stackproof.core.provenance import Provenance
from stackproof.core.resource import Resource, field
from stackproof.core.verdicts import CallFailed, NotReported
from stackproof.sources.aws.facts import AwsFacts

if TYPE_CHECKING:
    from stackproof.sources.aws.calls import Answer
    from stackproof.sources.aws.source import Reader

DATA = "cloudwatch:GetMetricData"
MOST_IN_A_CALL = 500
"""Metrics (GetMetricData)."""


@dataclass(frozen=True)
class Period:
    """From when to when a metric is looked at, and how long each of its datapoints is."""

    start: datetime
    end: datetime
    seconds: int

    @classmethod
    def before(cls, now: datetime, length: timedelta, seconds: int) -> "Period":
        """The last days or hours, in whole datapoints; the one that ``now`` is in belongs to them.

        >>> Period.before(datetime(2026, 1, 20, 10, 17, tzinfo=UTC), timedelta(hours=2), 3600).start.hour
        8
        """
        begun = datetime.fromtimestamp(now.timestamp() // seconds * seconds, UTC)
        # A run that deploys first asks some minutes after its ``now``.
        return cls(begun - length, begun + timedelta(seconds=seconds) + timedelta(hours=1), seconds)


class MetricOf(str):
    """The name of a metric in the suite, and the metric of CloudWatch that it is."""

    metric: Mapping[str, Any]
    """``Namespace``, ``MetricName`` and ``Dimensions``."""
    statistic: str
    period: Period
    region: str | None
    """Where CloudWatch has it; None for the profile's own."""

    def __new__(
        cls,
        name: str,
        metric: str,
        dimensions: Mapping[str, str],
        *,
        statistic: str,
        period: Period,
        region: str | None = None,
    ) -> "MetricOf":
        """``metric`` is its namespace and name: ``AWS/ECS CPUUtilization``."""
        made = super().__new__(cls, name)
        namespace, _, metric_name = metric.partition(" ")
        listed = [{"Name": dimension, "Value": value} for dimension, value in sorted(dimensions.items())]
        made.metric = {"Namespace": namespace, "MetricName": metric_name, "Dimensions": listed}
        made.statistic, made.period, made.region = statistic, period, region
        return made

    @property
    def shown(self) -> str:
        """Which metric it is, in short: the call asks for hundreds."""
        dimensions = " ".join(f"{one['Name']}={one['Value']}" for one in self.metric["Dimensions"])
        return f"{self.metric['Namespace']} {self.metric['MetricName']} {dimensions}"


@dataclass(frozen=True, repr=False)
class Series:
    """The datapoints of a metric, in the order of their time. As text it is their number, time and sum."""

    points: tuple[tuple[datetime, float], ...]

    @property
    def total(self) -> float:
        return sum(value for _, value in self.points)

    def since(self, moment: datetime) -> "Series":
        """The datapoints of the series that are not older than a moment."""
        return Series(tuple(point for point in self.points if point[0] >= moment))

    def __len__(self) -> int:
        return len(self.points)

    def __str__(self) -> str:
        if not self.points:
            return "no datapoint"
        first, last = self.points[0][0], self.points[-1][0]
        return f"{len(self)} datapoints, {first:%Y-%m-%dT%H:%MZ} to {last:%Y-%m-%dT%H:%MZ}, sum {self.total:g}"

    __repr__ = __str__


class Metric(Resource):
    """A metric over some time."""

    operations = (DATA,)

    datapoints: Series = field(aws=lambda facts: _series(facts.at("id"), facts.at("answer")))
    """CloudWatch keeps none for a time in which nothing was measured."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[Metric]":
        """One for each name, many in a call; ``names`` are `MetricOf`."""
        asked = defaultdict[Any, list[MetricOf]](list)
        for name in names:
            if isinstance(name, MetricOf):
                asked[name.region, name.period].append(name)
        portions = [
            alike[start : start + MOST_IN_A_CALL] for alike in asked.values() for start in range(0, len(alike), MOST_IN_A_CALL)
        ]
        answers = aws.together(*[partial(_read, aws, portion) for portion in portions])
        return [
            cls(str(name), AwsFacts(aws, {"id": f"m{number}", "answer": answer}, source), source)
            for portion, answer in zip(portions, answers, strict=True)
            for number, name in enumerate(portion)
            for source in [Provenance(f"{DATA} {answer.call.region} {name.shown}", answer.call.evidence)]
        ]


def _read(aws: "Reader", metrics: Sequence[MetricOf]) -> "Answer":
    period, region = metrics[0].period, metrics[0].region
    queries = [
        {"Id": f"m{number}", "MetricStat": {"Metric": one.metric, "Period": period.seconds, "Stat": one.statistic}}
        for number, one in enumerate(metrics)
    ]
    start, end = period.start.isoformat(), period.end.isoformat()
    return aws.read(DATA, region=region, MetricDataQueries=queries, StartTime=start, EndTime=end)


def _results(data: "Answer") -> dict[str | None, list[dict[str, Any]]]:
    """What an answer has of each metric, by its id."""
    found: dict[str | None, list[dict[str, Any]]] = {}
    for result in data.each("MetricDataResults"):
        found.setdefault(result.get("Id"), []).append(result)
    return found


def _series(id: str, answer: "Answer") -> Series:
    """One metric's datapoints over all pages.

    Raises `NotReported` for a metric that is not in the answer, `CallFailed` for one that CloudWatch could not tell all about.
    """
    results = answer.once(_results).get(id)
    if not results:
        raise NotReported(f"{answer.call.operation} is silent about {id}")
    ended = results[-1].get("StatusCode")  # on every page but the last one it is PartialData
    if ended != "Complete":
        raise CallFailed(f"{answer.call.operation} ended with {ended} for {id}; run again")
    points = [point for result in results for point in zip(result["Timestamps"], result["Values"], strict=True)]
    return Series(tuple(sorted(points)))
