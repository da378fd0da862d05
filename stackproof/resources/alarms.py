"""Amazon CloudWatch alarms, and the Amazon SNS topics that they notify."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from stackproof.core.resource import Reference, Resource, field
from stackproof.core.verdicts import NotReported, NotYetKnown
from stackproof.judgement.costs import Watch
from stackproof.sources.aws.facts import AwsFacts, reported
from stackproof.sources.plan.blocks import PlanLookup, PlannedBlock

if TYPE_CHECKING:
    from stackproof.sources.aws.source import Reader
    from stackproof.sources.plan.document import Plan


_MEMBERS = (
    *("Namespace", "MetricName", "Statistic", "Period", "EvaluationPeriods"),
    *("ComparisonOperator", "Threshold"),
)


def _answered_watch(alarm: AwsFacts) -> Watch:
    """Raises `NotReported` for an alarm on something else than one metric: an expression, a percentile."""
    return _watch({member: alarm.at(member) for member in _MEMBERS}, _answered_dimensions(alarm), alarm.at("AlarmName"))


def _answered_dimensions(alarm: AwsFacts) -> frozenset[tuple[str, str]]:
    return frozenset((one["Name"], one["Value"]) for one in alarm.at("Dimensions") or ())


def _planned_watch(alarm: PlannedBlock) -> Watch:
    attributes = ("namespace", "metric_name", "statistic", "period", "evaluation_periods", "comparison_operator", "threshold")
    said = {member: alarm.at(attribute) for member, attribute in zip(_MEMBERS, attributes, strict=True)}
    if unknown := [value for value in said.values() if isinstance(value, Reference)]:
        raise NotYetKnown(f"{alarm.source}: {unknown[0]!r}")
    return _watch(said, frozenset((alarm.at("dimensions") or {}).items()), alarm.address)


def _watch(said: dict[str, Any], dimensions: frozenset[tuple[str, str]], name: str) -> Watch:
    if silent := [member for member, value in said.items() if value is None]:
        raise NotReported(f"{name}: {', '.join(silent)} not reported; is it an alarm on one metric?")
    return Watch(
        said["Namespace"],
        said["MetricName"],
        dimensions,
        said["Statistic"],
        int(said["Period"]),
        int(said["EvaluationPeriods"]),
        said["ComparisonOperator"],
        float(said["Threshold"]),
    )


def _exists(topic: AwsFacts) -> bool | None:
    """SNS says a topic's own ARN among its attributes."""
    arn = topic.at("arn")
    answer = topic.read(
        "sns:GetTopicAttributes", absent=("NotFound", "NotFoundException"), region=topic.at("region"), TopicArn=arn
    )
    if answer.page is None:
        return False
    found = answer.page.get("Attributes", {}).get("TopicArn")
    return None if found is None else bool(found == arn)


def _answered_subscribers(topic: AwsFacts) -> bool | None:
    """SNS counts the subscriptions that somebody has confirmed; to others it sends nothing."""
    answer = topic.read(
        "sns:GetTopicAttributes", absent=("NotFound", "NotFoundException"), region=topic.at("region"), TopicArn=topic.at("arn")
    )
    if answer.page is None:
        return False
    count = str(answer.page.get("Attributes", {}).get("SubscriptionsConfirmed"))
    return int(count) > 0 if count.isdecimal() else None


def _planned_subscribers(topic: PlannedBlock) -> bool:
    """On a plan those that it makes: whether somebody confirms them shows after apply."""
    return bool(topic.plan.referring("aws_sns_topic_subscription", "topic_arn", topic))


class Topic(Resource):
    """An SNS topic. Named by its name."""

    operations = ("sns:GetTopicAttributes",)
    terraform = ("aws_sns_topic",)

    region: str = field(aws="region", plan=lambda topic: topic.region)
    exists: bool = field(aws=_exists, plan=lambda _: True)
    """Whether there is such a topic; of a plan, whether it makes it."""
    has_subscribers: bool = field(aws=_answered_subscribers, plan=_planned_subscribers)
    """Whether somebody has confirmed a subscription; of a plan, whether it makes one."""


def _answered_topics(alarm: AwsFacts) -> tuple[Topic, ...]:
    """Asked for where the alarm is: CloudWatch notifies topics of its own region alone."""
    arns = _topic_arns(alarm.at("AlarmActions") or ())
    items = [{"arn": arn, "region": arn.split(":")[3]} for arn in arns]
    return tuple(alarm.inside(Topic, item["arn"].rpartition(":")[2], item) for item in items)


def _topic_arns(actions: Sequence[Any]) -> list[str]:
    """
    >>> _topic_arns(["arn:aws:sns:us-east-1:123456789012:billing", "arn:aws:lambda:us-east-1:123456789012:function:f"])
    ['arn:aws:sns:us-east-1:123456789012:billing']
    """
    return [action for action in actions if action.split(":")[2:3] == ["sns"]]


def _planned_topics(alarm: PlannedBlock) -> tuple[Topic, ...]:
    return tuple(_planned_topic(alarm, action) for action in alarm.elements("alarm_actions"))


def _planned_topic(alarm: PlannedBlock, action: Any) -> Topic:
    meant = alarm.plan.referred(action, *Topic.terraform) if isinstance(action, Reference) else ()
    for block in meant:
        return Topic(block.name_or_address("name"), block, block.source)
    place = action.split(":") if isinstance(action, str) else []
    for block in alarm.plan.once(_topics_by_place).get((place[3], place[-1]), ()) if place[2:3] == ["sns"] else ():
        return Topic(place[-1], block, block.source)
    raise NotYetKnown(f"{alarm.source}: {action} is no topic of this plan; whether it exists shows only after apply")


def _topics_by_place(plan: PlanLookup) -> dict[tuple[str | None, str], list[PlannedBlock]]:
    """The planned topics by region and name, as an ARN has them."""
    found: dict[tuple[str | None, str], list[PlannedBlock]] = {}
    for block in plan.resources(*Topic.terraform):
        found.setdefault((block.region, block.name_or_address("name")), []).append(block)
    return found


class Alarm(Resource):
    """A metric alarm. Named ``region/alarm``."""

    operations = ("cloudwatch:DescribeAlarms", *Topic.operations)
    terraform = ("aws_cloudwatch_metric_alarm",)

    watch: Watch = field(aws=_answered_watch, plan=_planned_watch)
    actions_enabled: bool = field(aws="ActionsEnabled", plan=lambda alarm: alarm.at_or("actions_enabled", default=True))
    """Whether it does anything; so it does where the sources leave it out (Terraform's default)."""
    topics: tuple[Topic, ...] = field(aws=_answered_topics, plan=_planned_topics)
    """What it notifies when it goes off."""

    @property
    def region(self) -> str:
        return self.name.partition("/")[0]

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[Alarm]":
        """All metric alarms of the regions of these names."""
        found = []
        for region in dict.fromkeys(name.partition("/")[0] for name in names):
            answer = aws.read("cloudwatch:DescribeAlarms", region=region, AlarmTypes=["MetricAlarm"])
            found += [
                cls(f"{region}/{reported(item, 'AlarmName', answer)}", AwsFacts(aws, item, answer.source), answer.source)
                for item in answer.items("MetricAlarms")
            ]
        return found

    @classmethod
    def from_plan(cls, plan: "Plan", names: Sequence[str]) -> "list[Alarm]":
        """Raises `NotYetKnown` for one of these names whose region the plan does not show."""
        found, asked = [], {wanted.partition("/")[2] for wanted in names}
        for block in plan.resources(*cls.terraform):
            name, region = block.name_or_address("alarm_name"), block.region
            if region is None and name in asked:
                raise NotYetKnown(f"{block.source}: the region of its provider is known only after apply")
            found.append(cls(f"{region or 'some region'}/{name}", block, block.source))
        return found
