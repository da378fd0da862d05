"""The ways by which somebody hears of what concerns security: rules of EventBridge, alarms on the trail, and topics behind both."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from stackproof.core.partial import collected, parts
from stackproof.core.resource import FailedOrigin, Resource, StaticOrigin, field
from stackproof.core.verdicts import CouldNotVerify, NotYetKnown
from stackproof.judgement.access import matches as matches_wildcard
from stackproof.judgement.arns import arn
from stackproof.judgement.event_patterns import selects
from stackproof.judgement.filter_pattern import InvalidPattern, matches
from stackproof.judgement.security_events import SecurityEvent
from stackproof.resources.alarms import Topic
from stackproof.resources.event_bus import DEFAULT as DEFAULT_BUS
from stackproof.sources.aws.facts import AwsFacts, reported
from stackproof.sources.plan.blocks import PlannedBlock
from stackproof.sources.plan.document import Plan

if TYPE_CHECKING:
    from stackproof.sources.aws.calls import Answer
    from stackproof.sources.aws.source import Reader

RULES, TARGETS, TRAILS, FILTERS, ALARMS = (
    "events:ListRules",
    "events:ListTargetsByRule",
    "cloudtrail:DescribeTrails",
    "logs:DescribeMetricFilters",
    "cloudwatch:DescribeAlarms",
)
RULE, TO_LOGS = "aws_cloudwatch_event_rule", "cloud_watch_logs_group_arn"
ON = ("ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
"""The states of a rule that is on (API reference, ``RuleState``)."""


class AlertOn(str):
    """The name of what somebody must hear of, with its events and the region in which they show."""

    events: tuple[SecurityEvent, ...]
    region: str
    targets: tuple[str, ...]
    """ARNs in which ``*`` stands for anything, beside topics: what gets something of these tells somebody."""

    def __new__(cls, subject: str, events: tuple[SecurityEvent, ...], region: str, targets: Sequence[str] = ()) -> "AlertOn":
        made = super().__new__(cls, f"{subject} in {region}")
        made.events, made.region, made.targets = events, region, tuple(targets)
        return made


def _uncovered(wanted: "AlertOn", *ways: Callable[[SecurityEvent], bool]) -> Sequence[SecurityEvent]:
    """The events of which no way tells anybody; where that cannot be said of one, the error stands in the place of the rest."""
    found, errors = [], []
    for event in wanted.events:
        try:
            if not _any(partial(way, event) for way in ways):
                found.append(event)
        except (CouldNotVerify, NotYetKnown) as error:
            errors.append(error)
    return collected(found, errors)


def _any(questions: Iterable[Callable[[], bool]]) -> bool:
    """True if one of some questions has yes for an answer. Where none has, raises what one could not be answered for."""
    doubts: list[Exception] = []
    for question in questions:
        try:
            if question():
                return True
        except (CouldNotVerify, NotYetKnown) as doubt:
            doubts.append(doubt)
    if doubts:
        raise doubts[0]
    return False


def _document(pattern: str, source: str) -> Mapping[str, Any]:
    """Raises `CouldNotVerify` for a pattern that is none."""
    try:
        document = json.loads(pattern)
    except ValueError:
        document = None
    if not isinstance(document, Mapping):
        raise CouldNotVerify(f"{source}: the event pattern is no JSON object")
    return document


def _filters(pattern: str, event: SecurityEvent, source: str) -> bool:
    try:
        return matches(pattern, json.dumps(event.event["detail"]))
    except InvalidPattern as error:
        raise CouldNotVerify(f"{source}: the filter pattern {pattern!r} cannot be read here: {error}") from None


def _goes_off(comparison: object, threshold: float) -> bool:
    """Whether an alarm goes off at one event in a period."""
    return (comparison == "GreaterThanOrEqualToThreshold" and threshold <= 1) or (
        comparison == "GreaterThanThreshold" and threshold < 1
    )


COUNTS = ("Sum", "SampleCount", "Maximum")
"""The statistics of an alarm that one event shows in."""

# AWS


def _answered_uncovered(alert: AwsFacts) -> Sequence[SecurityEvent]:
    wanted: AlertOn = alert.at("wanted")
    return _uncovered(wanted, partial(_told_by_rules, alert), partial(_told_by_alarms, alert))


def _told_by_rules(alert: AwsFacts, event: SecurityEvent) -> bool:
    answer = alert.read(RULES, region=alert.at("wanted").region, EventBusName=DEFAULT_BUS)
    return _any(partial(_told_by_rule, alert, rule, answer, event) for rule in answer.items("Rules"))


def _told_by_rule(alert: AwsFacts, rule: Mapping[str, Any], answer: "Answer", event: SecurityEvent) -> bool:
    name, pattern = reported(rule, "Name", answer), rule.get("EventPattern")
    if not pattern or not selects(_document(pattern, f"{answer.source} {name}"), event.event):
        return False
    if reported(rule, "State", answer) not in ON:
        return False
    targets = alert.read(TARGETS, region=alert.at("wanted").region, Rule=name, EventBusName=DEFAULT_BUS)
    return _any(partial(_reaches, alert, reported(one, "Arn", targets)) for one in targets.items("Targets"))


def _reaches(alert: AwsFacts, target: str) -> bool:
    """Raises `CouldNotVerify` for a target of which nobody can tell here whether it tells anybody."""
    if any(matches_wildcard(declared, target) for declared in alert.at("wanted").targets):
        return True
    place = arn(target)
    if place is None or place.service != "sns":
        raise CouldNotVerify(f"whether anybody hears of what {target} gets cannot be told here: name it in account.alert_targets")
    return alert.inside(Topic, place.resource, {"arn": target, "region": place.region}).has_subscribers


def _told_by_alarms(alert: AwsFacts, event: SecurityEvent) -> bool:
    answer = alert.read(TRAILS)
    groups = dict.fromkeys(
        one["CloudWatchLogsLogGroupArn"] for one in answer.items("trailList") if one.get("CloudWatchLogsLogGroupArn")
    )
    return _any(partial(_told_of_group, alert, group, event) for group in groups)


def _told_of_group(alert: AwsFacts, group: str, event: SecurityEvent) -> bool:
    place = arn(group)
    if place is None or alert.is_elsewhere(place.account):
        raise CouldNotVerify(
            f"the trail's log group {group} is another account's: whether anybody hears of what it gets cannot be told here"
        )
    name = place.resource.removeprefix("log-group:").removesuffix(":*")
    filters = alert.read(FILTERS, region=place.region, logGroupName=name)
    return _any(partial(_told_by_filter, alert, place.region, one, filters, event) for one in filters.items("metricFilters"))


def _told_by_filter(alert: AwsFacts, region: str, one: Mapping[str, Any], filters: "Answer", event: SecurityEvent) -> bool:
    if not _filters(reported(one, "filterPattern", filters), event, filters.source):
        return False
    metrics = reported(one, "metricTransformations", filters)
    return _any(partial(_told_of_metric, alert, region, metric["metricNamespace"], metric["metricName"]) for metric in metrics)


def _told_of_metric(alert: AwsFacts, region: str, namespace: str, metric: str) -> bool:
    answer = alert.read(ALARMS, region=region, AlarmTypes=["MetricAlarm"])
    meant = [one for one in answer.items("MetricAlarms") if (one.get("Namespace"), one.get("MetricName")) == (namespace, metric)]
    going = [
        one
        for one in meant
        if one.get("Statistic") in COUNTS
        and _goes_off(one.get("ComparisonOperator"), one.get("Threshold", 2))
        and reported(one, "ActionsEnabled", answer)
    ]
    return _any(partial(_reaches, alert, action) for one in going for action in one.get("AlarmActions", ()))


# A plan


def _planned_uncovered(plan: Plan, wanted: AlertOn) -> Sequence[SecurityEvent]:
    return _uncovered(wanted, partial(_planned_rules, plan, wanted), partial(_planned_alarms, plan, wanted))


def _planned_rules(plan: Plan, wanted: AlertOn, event: SecurityEvent) -> bool:
    return _any(partial(_planned_rule, rule, wanted, event) for rule in plan.resources(RULE))


def _planned_rule(rule: PlannedBlock, wanted: AlertOn, event: SecurityEvent) -> bool:
    if rule.region not in (wanted.region, None) or not _is_about(rule, event):
        return False
    if rule.at_or("state", "ENABLED") not in ON or not rule.at_or("is_enabled", default=True):
        return False
    if rule.region is None:
        raise NotYetKnown(f"{rule.source}: the region of its provider is known only after apply")
    targets, rest = parts(rule.plan.referring("aws_cloudwatch_event_target", "rule", rule))
    return _any([*(partial(_planned_reach, one, "arn", wanted) for one in targets), *(partial(_raise, one) for one in rest)])


def _is_about(rule: PlannedBlock, event: SecurityEvent) -> bool:
    pattern = rule.text("event_pattern")
    return bool(pattern) and selects(_document(pattern or "", rule.source), event.event)


def _raise(error: Exception) -> bool:
    raise error


def _planned_reach(user: PlannedBlock, attribute: str, wanted: AlertOn) -> bool:
    """Raises `NotYetKnown` where something is told that the plan does not make."""
    topics, rest = parts(user.referents(attribute, *Topic.terraform))
    known = [partial(getattr, Topic(one.name_or_address("name"), one, one.source), "has_subscribers") for one in topics]
    if not topics and not rest and user.is_known(attribute):
        said = user.at(attribute)
        named = [one for one in (said if isinstance(said, list) else [said]) if isinstance(one, str)]
        if any(matches_wildcard(declared, one) for declared in wanted.targets for one in named):
            return True
        rest = (
            [NotYetKnown(f"{user.source}: whether anybody hears of what {', '.join(named)} gets shows only after apply")]
            if named
            else []
        )
    return _any([*known, *(partial(_raise, one) for one in rest)])


def _planned_alarms(plan: Plan, wanted: AlertOn, event: SecurityEvent) -> bool:
    ways = []
    for trail in _logged_trails(plan):
        for group in trail.referents(TO_LOGS, "aws_cloudwatch_log_group"):
            for one in plan.referring("aws_cloudwatch_log_metric_filter", "log_group_name", group):
                if _filters(one.text("pattern") or "", event, one.source):
                    metrics = one.blocks("metric_transformation")
                    ways += [partial(_planned_alarms_on, plan, wanted, each.at("namespace"), each.at("name")) for each in metrics]
    return _any(ways)


def _planned_alarms_on(plan: Plan, wanted: AlertOn, namespace: str, metric: str) -> bool:
    return _any(
        partial(_planned_reach, alarm, "alarm_actions", wanted)
        for alarm in plan.resources("aws_cloudwatch_metric_alarm")
        if (alarm.at_or("namespace", None), alarm.at_or("metric_name", None)) == (namespace, metric)
        and alarm.at_or("statistic", None) in COUNTS
        and _goes_off(alarm.at("comparison_operator"), alarm.at_or("threshold", 2))
        and alarm.at_or("actions_enabled", default=True)
    )


def _logged_trails(plan: Plan) -> list[PlannedBlock]:
    """The trails that write to a log group, or may."""
    trails = [one for one in plan.resources("aws_cloudtrail") if not one.is_unset(TO_LOGS)]
    return [one for one in trails if not one.is_known(TO_LOGS) or one.at(TO_LOGS)]


def is_about_any(plan: Plan, events: Iterable[SecurityEvent]) -> bool:
    """True if a plan makes a rule, or a filter of a trail's log group, that is about one of some events, or may be."""
    if plan.resources("aws_cloudwatch_log_metric_filter") and _logged_trails(plan):
        return True
    events = tuple(events)
    for rule in plan.resources(RULE):
        try:
            if any(_is_about(rule, event) for event in events):
                return True
        except (CouldNotVerify, NotYetKnown):
            return True
    return False


class SecurityAlert(Resource):
    """A subject that somebody must hear of, and whether anybody does. Named by its subject and the region in which it shows."""

    operations = (RULES, TARGETS, TRAILS, FILTERS, ALARMS, *Topic.operations)
    terraform = (RULE,)

    uncovered: tuple[SecurityEvent, ...] = field(aws=_answered_uncovered)
    """The events of which nobody is told: by no rule and by no alarm that leads to a topic with a confirmed subscription."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[SecurityAlert]":
        """One for each name; ``names`` are `AlertOn`."""
        return [
            cls(str(name), AwsFacts(aws, {"wanted": name}, f"EventBridge in {name.region}"), f"EventBridge in {name.region}")
            for name in names
            if isinstance(name, AlertOn)
        ]

    @classmethod
    def from_plan(cls, plan: Plan, names: Sequence[str]) -> "list[SecurityAlert]":
        """One for each name; ``names`` are `AlertOn`. Of a plan that is about none of them nothing is known."""
        wanted = [name for name in names if isinstance(name, AlertOn)]
        if not is_about_any(plan, (event for name in wanted for event in name.events)):
            nobody = NotYetKnown("the plan makes no rule about it; whether the account has one shows on AWS")
            return [cls(str(name), FailedOrigin(nobody), plan.where) for name in wanted]
        return [
            cls(str(name), StaticOrigin({"uncovered": _planned_uncovered(plan, name)}, plan.where), plan.where) for name in wanted
        ]
