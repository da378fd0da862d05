"""Collections of what is logged and measured: log events, Insights queries, the volume of logs, signs of life."""

from collections.abc import Sequence
from datetime import timedelta

from stackproof.collections.registry import collection
from stackproof.collections.stack import log_groups
from stackproof.core.verdicts import NotReported
from stackproof.profile.base import not_declared
from stackproof.profile.logs import LogCost
from stackproof.profile.workload import Service
from stackproof.resources.filter_patterns import FilterPattern, PatternOn
from stackproof.resources.log_events import EventsOf, LogEvents
from stackproof.resources.logs import LogGroup
from stackproof.resources.metrics import Metric, MetricOf, Period
from stackproof.resources.queries import QueryDefinition, QueryRun, RunOf
from stackproof.targets.base import Stage

HOUR = 3600
"""Seconds."""


@collection(reads=(LogGroup, Metric))
def sampled_log_groups(stage: Stage) -> tuple[LogEvents, ...]:
    """The newest events of every declared log group that got any. Raises `NotReported` if there is none in any of them."""
    found = stage.named(LogEvents, _sampled(stage, _written_to(stage, stage.profile.logs.groups)))
    if not any(len(group.sample) for group in found):
        raise NotReported(
            f"no event in {len(found)} log groups within {stage.profile.logs.sample.hours} hours: nothing is examined"
        )
    return found


def _written_to(stage: Stage, groups: Sequence[str]) -> Sequence[str]:
    """The groups that got bytes in the time of the sample; a note tells how many got none.

    All, where that is not measured so far back, or no group got any: then nothing shows that it is measured at all (LocalStack).
    """
    hours = stage.profile.logs.sample.hours
    if hours + _AHEAD.total_seconds() / HOUR > stage.profile.logs.cost.days * 24:
        return groups
    since = stage.now - timedelta(hours=hours) - _AHEAD
    silent = {metric.name for metric in stage.once(incoming_bytes) if not metric.datapoints.since(since)}
    asked = [group for group in groups if group not in silent]
    if not asked:
        return groups
    if len(asked) < len(groups):
        stage.notes.append(
            f"No event was looked for in {len(groups) - len(asked)} log groups: CloudWatch counted no byte that came in "
            f"within {hours} hours."
        )
    return asked


_AHEAD = timedelta(hours=3)
"""How much longer than an event's own time ago its bytes may have been counted: it may be dated two hours ahead (PutLogEvents), and a
datapoint is an hour."""


@collection
def llm_log_groups(stage: Stage) -> tuple[LogEvents, ...]:
    """The newest events of the log groups that Langfuse will read: records of LLM calls."""
    logs = stage.profile.logs
    groups = [group for group in logs.groups if logs.rule(group).log_type == logs.langfuse.log_type]
    return stage.named(LogEvents, _sampled(stage, groups))


def _sampled(stage: Stage, groups: Sequence[str]) -> list[EventsOf]:
    sample = stage.profile.logs.sample
    return [EventsOf(group, stage.now - timedelta(hours=sample.hours), sample.events) for group in groups]


@collection
def service_events(stage: Stage) -> LogEvents:
    """The service's last log event, if it is new enough: the first one of the sample, where its group is sampled as far back."""
    expected, logs = stage.profile.observability, stage.profile.logs
    if expected.log_group in logs.groups and expected.event_minutes <= logs.sample.hours * 60:
        return stage.one(LogEvents, *_sampled(stage, [expected.log_group]))
    return stage.one(LogEvents, EventsOf(expected.log_group, stage.now - timedelta(minutes=expected.event_minutes), most=1))


@collection
def cpu_metrics(stage: Stage) -> tuple[Metric, ...]:
    """The CPU use of the service and of the database, a datapoint a minute."""
    profile = stage.profile
    if not profile.service and not profile.database:
        raise not_declared(Service, "cluster")
    period = Period.before(stage.now, timedelta(minutes=profile.observability.metric_minutes), seconds=60)
    services = [
        MetricOf(
            f"AWS/ECS CPUUtilization {one.cluster}/{name}",
            "AWS/ECS CPUUtilization",
            {"ClusterName": one.cluster, "ServiceName": name},
            statistic="Average",
            period=period,
        )
        for one in profile.service
        for name in one.names
    ]
    databases = [
        MetricOf(
            f"AWS/RDS CPUUtilization {one.identifier}",
            "AWS/RDS CPUUtilization",
            {"DBInstanceIdentifier": one.identifier},
            statistic="Average",
            period=period,
        )
        for one in profile.database
    ]
    return stage.named(Metric, [*services, *databases])


@collection(reads=(LogGroup,))
def incoming_bytes(stage: Stage) -> tuple[Metric, ...]:
    """The bytes that each of the stack's log groups got, an hour each, under the name of the group.

    Raises `NotDeclared` where no price and no budget is declared: nothing is asked for then.
    """
    if not stage.profile.logs.cost.is_declared:
        raise not_declared(LogCost, "monthly_budget_usd")
    period = Period.before(stage.now, timedelta(days=stage.profile.logs.cost.days), seconds=HOUR)
    return stage.named(
        Metric,
        [
            MetricOf(group.name, "AWS/Logs IncomingBytes", {"LogGroupName": group.name}, statistic="Sum", period=period)
            for group in log_groups(stage)
        ],
    )


@collection
def query_definitions(stage: Stage) -> tuple[QueryDefinition, ...]:
    """The Logs Insights templates."""
    return stage.named(QueryDefinition, [*stage.profile.logs.queries])


@collection
def query_runs(stage: Stage) -> tuple[QueryRun, ...]:
    """Each template, run over the last hour, if the environment says so. Nothing can be run on a plan."""
    logs = stage.profile.logs
    if stage.target == "plan":
        return ()
    if not logs.run_queries:
        stage.notes.append("The Logs Insights templates were compared and not run: logs.run_queries is false.")
        return ()
    return stage.named(
        QueryRun,
        [
            RunOf(name, query.text, query.groups, stage.now - timedelta(hours=1), stage.now)
            for name, query in logs.queries.items()
        ],
    )


@collection
def sentry_pattern(stage: Stage) -> FilterPattern:
    """The documented filter pattern, tried on the environment's lines by whatever the target has for that."""
    logs = stage.profile.logs
    if stage.target == "embedded":
        stage.notes.append("Filter patterns were evaluated by stackproof.judgement.filter_pattern, not by CloudWatch Logs.")
    return stage.one(FilterPattern, PatternOn(logs.sentry.pattern, (*logs.sentry_lines.selected, *logs.sentry_lines.others)))
