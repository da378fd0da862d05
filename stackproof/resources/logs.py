"""Amazon CloudWatch Logs."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from stackproof.core.resource import Reference, Resource, field, type_of
from stackproof.resources.encryption import KmsKey, encrypting_key
from stackproof.sources.aws.facts import AwsFacts, listed_anew
from stackproof.sources.plan.blocks import PlannedBlock

if TYPE_CHECKING:
    from stackproof.sources.aws.source import Reader

GROUPS, FILTERS = "logs:DescribeLogGroups", "logs:DescribeSubscriptionFilters"
TAGS = "resourcegroupstaggingapi:GetResources"
FIREHOSE = "firehose"
"""The service of a delivery stream, in its ARN."""

_SERVICES = {
    "aws_kinesis_firehose_delivery_stream": FIREHOSE,
    "aws_kinesis_stream": "kinesis",
    "aws_lambda_alias": "lambda",
    "aws_lambda_function": "lambda",
    "aws_cloudwatch_log_destination": "logs",
}
"""The services of planned destinations."""


def _service(arn: str) -> str:
    """
    >>> _service("arn:aws:lambda:ap-northeast-2:123456789012:function:sentry")
    'lambda'
    """
    return arn.split(":")[2]


def _answered_service(subscription: AwsFacts) -> str | None:
    arn = subscription.at("destinationArn")
    return _service(arn) if arn else None


def _planned_service(subscription: PlannedBlock) -> str | Reference:
    """The destination's service: of one that the plan makes, by its resource type."""
    arn = subscription.at("destination_arn")
    return _SERVICES.get(type_of(arn.address), arn) if isinstance(arn, Reference) else _service(arn)


class SubscriptionFilter(Resource):
    """A subscription filter of a log group: who gets its events as they come."""

    operations = (FILTERS,)
    terraform = ("aws_cloudwatch_log_subscription_filter",)

    pattern: str = field(aws="filterPattern", plan="filter_pattern")
    """Which events; the empty one stands for all."""
    destination_service: str = field(aws=_answered_service, plan=_planned_service)
    """``lambda``, ``firehose``, ``kinesis``, or ``logs`` for a destination in another account."""

    @property
    def is_export(self) -> bool:
        """Whether the events are delivered to be kept elsewhere."""
        return self.destination_service == FIREHOSE


def _answered_tags(group: AwsFacts) -> dict[str, str] | None:
    """One call tells the tags of all log groups. A group that was never tagged is not in its answer."""
    arn = group.at("logGroupArn")
    if arn is None:
        return None
    answer = group.read(TAGS, ResourceTypeFilters=["logs:log-group"], ResourcesPerPage=100)
    told = answer.by("ResourceTagMappingList", "ResourceARN").get(arn, {})
    return {tag["Key"]: tag["Value"] for tag in told.get("Tags", ())}


class LogGroupTags(Resource):
    """The tags of log groups, as far as reading them takes a call of its own."""

    operations = (TAGS,)


def _planned_tags(group: PlannedBlock) -> object:
    """With those that the provider gives everything that it makes (``default_tags``)."""
    return group.at("tags_all") or {}


def _planned_retention(group: PlannedBlock) -> object:
    days = group.at("retention_in_days")
    return days if isinstance(days, Reference) else days or None


def _answered_filters(group: AwsFacts) -> tuple[SubscriptionFilter, ...]:
    answer = group.read(FILTERS, logGroupName=group.at("logGroupName"))
    filters = answer.items("subscriptionFilters")
    return tuple(group.nested(SubscriptionFilter, one["filterName"], one, answer) for one in filters)


def _planned_filters(group: PlannedBlock) -> tuple[SubscriptionFilter, ...]:
    (kind,) = SubscriptionFilter.terraform
    blocks = group.plan.referring(kind, "log_group_name", group, named="name")
    return tuple(SubscriptionFilter(block.name_or_address("name"), block, block.source) for block in blocks)


class LogGroup(Resource):
    """A log group."""

    operations = (GROUPS, *KmsKey.operations)
    terraform = ("aws_cloudwatch_log_group",)

    group_name: str = field(aws="logGroupName", plan="name")
    kms_key: KmsKey | None = encrypting_key(aws="kmsKeyId", plan="kms_key_id")
    """The customer key that encrypts it; None when only the service's own key does (``kmsKeyId`` is absent then)."""
    retention_days: int | None = field(aws="retentionInDays", plan=_planned_retention)
    """How long events are kept; None: for ever. DescribeLogGroups has no ``retentionInDays`` then, and Terraform 0 or nothing."""
    tags: dict[str, str] = field(aws=_answered_tags, plan=_planned_tags)
    """Takes `LogGroupTags`."""
    subscription_filters: tuple[SubscriptionFilter, ...] = field(aws=_answered_filters, plan=_planned_filters)
    """Takes a call for each group: `SubscriptionFilter`."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "Collection[LogGroup]":
        del names
        return listed_anew(cls, aws, aws.read(GROUPS), "logGroups", named="logGroupName")
