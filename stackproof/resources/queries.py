"""CloudWatch Logs Insights: saved queries, and running them."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from stackproof.core.resource import Resource, field
from stackproof.core.verdicts import CallFailed
from stackproof.sources.aws.facts import AwsFacts, listed
from stackproof.sources.plan.blocks import PlannedBlock

if TYPE_CHECKING:
    from stackproof.sources.aws.calls import Answer
    from stackproof.sources.aws.source import Reader

DEFINITIONS, START, RESULTS = "logs:DescribeQueryDefinitions", "logs:StartQuery", "logs:GetQueryResults"
MALFORMED = "Malformed"
"""Not one of AWS's states: StartQuery itself refuses such a query."""
LOOKS, INTERVAL = 60, 0.5
"""How often a query is looked at, at most, until it has ended, and the seconds in between."""


class QueryDefinition(Resource):
    """A saved query."""

    operations = (DEFINITIONS,)
    terraform = ("aws_cloudwatch_query_definition",)

    text: str = field(aws="queryString", plan="query_string")
    log_groups: tuple[str, ...] = field(
        aws=lambda definition: tuple(definition.at("logGroupNames") or ()), plan=lambda definition: _planned_groups(definition)
    )
    """Names of those that it is limited to; it has no such list when it is not limited (QueryDefinition)."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[QueryDefinition]":
        del names
        return listed(cls, aws, aws.read(DEFINITIONS), "queryDefinitions", named="name")


def _planned_groups(definition: PlannedBlock) -> object:
    groups = definition.at("log_group_names")
    return tuple(groups or ()) if isinstance(groups, list | None) else groups


class RunOf(str):
    """The name of a query, and how it is run: over which groups, from when to when."""

    text: str
    groups: tuple[str, ...]
    start: datetime
    end: datetime

    def __new__(cls, name: str, text: str, groups: Sequence[str], start: datetime, end: datetime) -> "RunOf":
        made = super().__new__(cls, name)
        made.text, made.groups, made.start, made.end = text, tuple(groups), start, end
        return made

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of `START`; one line of the results is enough."""
        return {
            "queryString": self.text,
            "logGroupNames": self.groups,
            "startTime": int(self.start.timestamp()),
            "endTime": int(self.end.timestamp()),
            "limit": 1,
        }

    def begin(self, aws: "Reader | AwsFacts") -> "Answer":
        """Start it."""
        return aws.read(START, absent=("MalformedQueryException",), **self.parameters)


def _status(run: AwsFacts) -> object:
    begun = run.at("run").begin(run)
    if begun.is_absent:
        return MALFORMED
    id = begun.pages[0].get("queryId")
    for look in range(LOOKS):
        status = run.read(RESULTS, sample=look, queryId=id).pages[0].get("status")
        if status not in ("Scheduled", "Running"):
            return status
        run.wait(INTERVAL)
    raise CallFailed(f"{RESULTS}: the query has not ended after {LOOKS * INTERVAL:g} s; run again")


class QueryRun(Resource):
    """A query that is run."""

    operations = (START, RESULTS)

    status: str = field(aws=_status)
    """How it ended: ``Complete``, ``Failed``, ``Cancelled``, ``Timeout``, ``Unknown``, or `MALFORMED`."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[QueryRun]":
        """One for each name, begun at the same time where it shows how they end; ``names`` are `RunOf`."""
        runs = [name for name in names if isinstance(name, RunOf)]
        if "QueryRun.status" not in aws.unseen:
            aws.together(*[partial(run.begin, aws) for run in runs])
        return [cls(str(run), AwsFacts(aws, {"run": run}, START), START) for run in runs]
