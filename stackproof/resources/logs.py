"""Amazon CloudWatch Logs."""

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from stackproof.core.resource import FailedOrigin, Reference, Resource, field, type_of
from stackproof.core.verdicts import CouldNotVerify, NotReported, NotYetKnown
from stackproof.judgement.log_selection import selects
from stackproof.resources.documents import policy_document
from stackproof.resources.encryption import KmsKey, encrypting_key
from stackproof.sources import R
from stackproof.sources.aws.facts import AwsFacts, listed_anew
from stackproof.sources.plan.blocks import PlannedBlock

if TYPE_CHECKING:
    from stackproof.sources.aws.source import Reader

GROUPS, FILTERS, POLICIES = "logs:DescribeLogGroups", "logs:DescribeSubscriptionFilters", "logs:DescribeAccountPolicies"
LINKS, LINK = "oam:ListLinks", "oam:GetLink"
TAGS = "resourcegroupstaggingapi:GetResources"
SUBSCRIPTION_POLICY = "SUBSCRIPTION_FILTER_POLICY"
"""The type of the account's policies that send events on."""
RETENTION_POLICY, NEVER = "RETENTION_POLICY", "NEVER_EXPIRE"
"""The type of those that say how long events are kept, and the word for "for ever" in them."""
ONLY_NEW, OLD_ONES_TOO = "NEW_ONLY", "RETROACTIVE"
"""Which groups such a policy is about: those that are made after it, or all."""

_SERVICES = {
    "aws_kinesis_firehose_delivery_stream": "firehose",
    "aws_kinesis_stream": "kinesis",
    "aws_lambda_alias": "lambda",
    "aws_lambda_function": "lambda",
    "aws_cloudwatch_log_destination": "logs",
    "aws_oam_sink": "oam",
}
"""The services of planned destinations."""

SHARES_NO_EVENTS = (
    "AWS::ApplicationInsights::Application",
    "AWS::ApplicationSignals::Service",
    "AWS::ApplicationSignals::ServiceLevelObjective",
    "AWS::CloudWatch::Metric",
    "AWS::InternetMonitor::Monitor",
    "AWS::XRay::Trace",
)
"""What an observability link may share beside log groups, ``AWS::Logs::LogGroup``."""


def _part(arn: str, place: int) -> str:
    """A part of an ARN. Raises `NotReported` for what is none.

    >>> arn = "arn:aws:lambda:ap-northeast-2:123456789012:function:sentry"
    >>> _part(arn, 2), _part(arn, 4)
    ('lambda', '123456789012')
    """
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn" or not parts[place]:
        raise NotReported(f"{arn} is no ARN that names a service and an account: who gets the events is not known")
    return parts[place]


def _known_service(arn: str) -> str:
    """The service of a destination. Raises `CouldNotVerify` for one that is not known to take log events.

    >>> _known_service("arn:aws:lambda:ap-northeast-2:123456789012:function:sentry")
    'lambda'
    """
    service = _part(arn, 2)
    if service not in _SERVICES.values():
        raise CouldNotVerify(f"{arn}: {service} is not known as a destination of log events; report this, and judge it by hand")
    return service


def _answered_destination(recipient: AwsFacts) -> str:
    arn: str | None = recipient.at("destinationArn")
    if arn is None:
        raise NotReported("the destination of log events is not reported")
    return arn


_ATTRIBUTES = {"aws_cloudwatch_log_subscription_filter": "destination_arn", "aws_oam_link": "sink_identifier"}
"""Where planned recipients say what their destination is; the account's policy says it in its document."""


def _planned_destination(recipient: PlannedBlock) -> str | Reference:
    attribute = _ATTRIBUTES.get(recipient.type)
    if attribute:
        destination: str | Reference = recipient.at(attribute)
        return destination
    if recipient.is_known("policy_document"):
        return _subscription(recipient.at("policy_document"), recipient.source)["destinationArn"]
    known = [one for one in recipient.references("policy_document") if type_of(one.address) in _SERVICES]
    if len(known) != 1:
        raise NotYetKnown(f"{recipient.source}.policy_document is known only after apply")
    return known[0]


def _planned_pattern(recipient: PlannedBlock) -> str | Reference:
    if recipient.type == "aws_oam_link":
        return ""
    if recipient.type == "aws_cloudwatch_log_subscription_filter":
        pattern: str | Reference = recipient.at("filter_pattern")
        return pattern
    if not recipient.is_known("policy_document"):
        raise NotYetKnown(f"{recipient.source}.policy_document is known only after apply")
    return _subscription(recipient.at("policy_document"), recipient.source)["filterPattern"]


def _planned_service(recipient: PlannedBlock) -> str:
    """Of a destination that the plan makes: by its resource type."""
    arn = _planned_destination(recipient)
    if not isinstance(arn, Reference):
        return _known_service(arn)
    if type_of(arn.address) not in _SERVICES:
        raise NotYetKnown(f"{recipient.source}: what {arn} stands for is known only after apply")
    return _SERVICES[type_of(arn.address)]


def _planned_account(recipient: PlannedBlock) -> str | None:
    arn = _planned_destination(recipient)
    return None if isinstance(arn, Reference) else _part(arn, 4)


class Recipient(Resource):
    """A destination that gets the events of a log group as they come."""

    pattern: str = field(aws="filterPattern", plan=_planned_pattern)
    """Which events; the empty one stands for all."""
    destination: str = field(aws=_answered_destination, plan=_planned_destination)
    """ARN: of a function, a stream, a delivery stream, a destination in another account, the sink of a monitoring account."""
    destination_service: str = field(aws=lambda one: _known_service(_answered_destination(one)), plan=_planned_service)
    """``lambda``, ``firehose``, ``kinesis``, ``logs`` for a destination in another account, or ``oam`` for a sink."""
    destination_account: str | None = field(aws=lambda one: _part(_answered_destination(one), 4), plan=_planned_account)
    """The account that the destination is in; None: it is made by the same plan."""


class SubscriptionFilter(Recipient):
    """A subscription filter of a log group."""

    operations = (FILTERS,)
    terraform = ("aws_cloudwatch_log_subscription_filter",)


class AccountSubscription(Recipient):
    """A policy of the account that subscribes to its log groups, in this region."""

    operations = (POLICIES,)
    terraform = ("aws_cloudwatch_log_account_policy",)
    planned_name = "policy_name"


class ObservabilityLink(Recipient):
    """A link that shows log groups to a monitoring account. It has no pattern: everything is shown."""

    operations = (LINKS, LINK)
    terraform = ("aws_oam_link",)
    planned_name = "label_template"


def _answered_tags(group: AwsFacts) -> dict[str, str] | None:
    """One call tells the tags of all log groups. A group that was never tagged is not in its answer."""
    arn = group.at("logGroupArn")
    if arn is None:
        return None
    answer = group.read(TAGS, ResourceTypeFilters=["logs:log-group"], ResourcesPerPage=100)
    reported = answer.by("ResourceTagMappingList", "ResourceARN").get(arn, {})
    return {tag["Key"]: tag["Value"] for tag in reported.get("Tags", ())}


class LogGroupTags(Resource):
    """The tags of log groups, as far as reading them takes a call of its own."""

    operations = (TAGS,)


def _planned_tags(group: PlannedBlock) -> object:
    """With those that the provider gives everything that it makes (``default_tags``)."""
    return group.at("tags_all") or {}


def _planned_retention(group: PlannedBlock) -> object:
    """What the account's retention policies say of a group stands in the place of its own retention; the longest of several holds.

    Source: CloudWatch Logs API reference, PutAccountPolicy, "Retention policy".
    """
    policies = group.plan.resources(*AccountSubscription.terraform)
    found = [days for policy in policies if _is_about(policy, group, RETENTION_POLICY) for days in _ruled(policy, group)]
    if found:
        return None if None in found else max(days for days in found if days is not None)
    days = group.at("retention_in_days")
    return days if isinstance(days, Reference) else days or None


def _is_about(policy: PlannedBlock, group: PlannedBlock, kind: str) -> bool:
    """Whether a planned policy of the account is of a kind, and selects a log group."""
    is_one = policy.at("policy_type") == kind and _is_beside(policy, group)
    return is_one and _selects(policy.at("selection_criteria"), group.at("name"), policy.source)


def _ruled(policy: PlannedBlock, group: PlannedBlock) -> tuple[int | None, ...]:
    """The days that a retention policy rules for a group that it selects; None: for ever. Nothing for a group that is older than it is.

    Raises `CouldNotVerify` for a document that is not understood, `NotYetKnown` where the plan does not tell which is older.
    """
    if not policy.is_known("policy_document"):
        raise NotYetKnown(f"{policy.source}.policy_document is known only after apply")
    written = policy_document(policy.at("policy_document"), policy.source)
    days, mode = written.get("retentionInDays"), written.get("enforcementMode")
    if mode not in (ONLY_NEW, OLD_ONES_TOO) or isinstance(days, bool) or not (isinstance(days, int) or days == NEVER):
        raise CouldNotVerify(f"{policy.source}: retention of {days} days, {mode}, is not understood; report this")
    if mode == ONLY_NEW and not group.plan.creates(group):
        return ()
    if mode == ONLY_NEW and group.plan.creates(policy):
        raise NotYetKnown(
            f"{policy.source}: whether {group.address} is made before it, and keeps its own retention, shows after apply"
        )
    return (None if days == NEVER else days,)


def _answered_filters(group: AwsFacts) -> tuple[SubscriptionFilter, ...]:
    answer = group.read(FILTERS, logGroupName=group.at("logGroupName"))
    filters = answer.items("subscriptionFilters")
    return tuple(group.nested(SubscriptionFilter, one["filterName"], one, answer) for one in filters)


def _planned_filters(group: PlannedBlock) -> tuple[SubscriptionFilter, ...]:
    (kind,) = SubscriptionFilter.terraform
    blocks = group.plan.referring(kind, "log_group_name", group)
    return tuple(SubscriptionFilter(block.name_or_address("name"), block, block.source) for block in blocks)


def _subscription(document: object, source: str) -> dict[str, str]:
    """What the document of an account's subscription policy says, as a subscription filter would. Raises `CouldNotVerify`."""
    if not isinstance(document, str):
        raise NotReported(f"{source}: the document of a subscription policy is not reported")
    written = policy_document(document, source)
    if not isinstance(written.get("DestinationArn"), str):
        raise CouldNotVerify(f"{source}: the document of a subscription policy has no DestinationArn")
    return {"destinationArn": written["DestinationArn"], "filterPattern": written.get("FilterPattern", "")}


def _selects(criteria: object, group: object, source: str) -> bool:
    """Whether criteria select a log group. Raises `CouldNotVerify` for a form that is not known, `NotYetKnown` for what a plan lacks."""
    if criteria is not None and not (isinstance(criteria, str) and isinstance(group, str)):
        raise NotYetKnown(f"{source}: whether it selects {group} is known only after apply")
    try:
        return selects(criteria, str(group))
    except ValueError as error:
        raise CouldNotVerify(f"{source}: which log groups it selects is not understood: {error}") from None


def _shares_events(types: Iterable[str], source: str) -> bool:
    """Whether an observability link shows log groups. Raises `CouldNotVerify` for what may be some under another name."""
    kinds = frozenset(types)
    if "AWS::Logs::LogGroup" in kinds:
        return True
    if unknown := sorted(kinds - {*SHARES_NO_EVENTS}):
        raise CouldNotVerify(f"{source}: whether {', '.join(unknown)} shows log events is not known; report this")
    return False


def _selected(kind: type[R], candidates: Iterable[tuple[str, Callable[[], R | None]]], source: str) -> tuple[R, ...]:
    """Subscription policies of a kind that select a group. One of which that cannot be told is among them, and tells nothing else."""
    found = []
    for name, make in candidates:
        try:
            one = make()
        except (CouldNotVerify, NotYetKnown) as error:
            one = kind(name, FailedOrigin(error), source)
        found += [one] if one else []
    return tuple(found)


def _answered_subscriptions(group: AwsFacts) -> tuple[AccountSubscription, ...]:
    answer = group.read(POLICIES, policyType=SUBSCRIPTION_POLICY)

    def chosen(policy: dict[str, Any]) -> AccountSubscription | None:
        if not _selects(policy.get("selectionCriteria"), group.at("logGroupName"), answer.source):
            return None
        document = _subscription(policy.get("policyDocument"), answer.source)
        return group.nested(AccountSubscription, policy["policyName"], document, answer)

    policies = answer.items("accountPolicies")
    return _selected(AccountSubscription, [(one["policyName"], partial(chosen, one)) for one in policies], answer.source)


def _answered_links(group: AwsFacts) -> tuple[ObservabilityLink, ...]:
    answer = group.read(LINKS)

    def chosen(link: dict[str, Any]) -> ObservabilityLink | None:
        if not _shares_events(link.get("ResourceTypes", ["types that are not reported"]), answer.source):
            return None
        reported = group.read(LINK, Identifier=link["Arn"])
        configuration = reported.pages[0].get("LinkConfiguration", {}).get("LogGroupConfiguration", {})
        if not _selects(configuration.get("Filter"), group.at("logGroupName"), reported.source):
            return None
        return group.nested(ObservabilityLink, link["Arn"], {"destinationArn": link.get("SinkArn"), "filterPattern": ""}, answer)

    links = answer.items("Items")
    return _selected(ObservabilityLink, [(one["Arn"], partial(chosen, one)) for one in links], answer.source)


def _planned_subscriptions(group: PlannedBlock) -> tuple[AccountSubscription, ...]:
    def chosen(policy: PlannedBlock) -> AccountSubscription | None:
        if not _is_about(policy, group, SUBSCRIPTION_POLICY):
            return None
        return AccountSubscription(policy.name_or_address("policy_name"), policy, policy.source)

    policies = group.plan.resources(*AccountSubscription.terraform)
    return _selected(AccountSubscription, [(one.address, partial(chosen, one)) for one in policies], group.source)


def _planned_links(group: PlannedBlock) -> tuple[ObservabilityLink, ...]:
    def chosen(link: PlannedBlock) -> ObservabilityLink | None:
        if not _shares_events(link.elements("resource_types"), link.source) or not _is_beside(link, group):
            return None
        configurations = [
            one for block in link.written_blocks("link_configuration") for one in block.blocks("log_group_configuration")
        ]
        criteria = configurations[0].at("filter") if configurations else None
        if not _selects(criteria, group.at("name"), link.source):
            return None
        return ObservabilityLink(link.address, link, link.source)

    links = group.plan.resources(*ObservabilityLink.terraform)
    return _selected(ObservabilityLink, [(one.address, partial(chosen, one)) for one in links], group.source)


def _is_beside(one: PlannedBlock, group: PlannedBlock) -> bool:
    """Whether something of the account is in a group's region, as far as the plan shows both."""
    return None in (one.region, group.region) or one.region == group.region


class LogGroup(Resource):
    """A log group."""

    operations = (GROUPS, *KmsKey.operations)
    terraform = ("aws_cloudwatch_log_group",)

    group_name: str = field(aws="logGroupName", plan="name")
    kms_key: KmsKey | None = encrypting_key(aws="kmsKeyId", plan="kms_key_id")
    """The customer key that encrypts it; None when only the service's own key does (``kmsKeyId`` is absent then)."""
    retention_days: int | None = field(aws="retentionInDays", plan=_planned_retention)
    """How long events are kept; None: for ever. DescribeLogGroups has no ``retentionInDays`` then, and Terraform 0 or nothing.

    A retention policy of the account overrides what a group says itself: DescribeLogGroups tells what is in force.
    """
    tags: dict[str, str] = field(aws=_answered_tags, plan=_planned_tags)
    """Takes `LogGroupTags`."""
    subscription_filters: tuple[SubscriptionFilter, ...] = field(aws=_answered_filters, plan=_planned_filters)
    """Takes a call for each group: `SubscriptionFilter`."""
    account_subscriptions: tuple[AccountSubscription, ...] = field(aws=_answered_subscriptions, plan=_planned_subscriptions)
    """The account's subscription policies that select the group."""
    observability_links: tuple[ObservabilityLink, ...] = field(aws=_answered_links, plan=_planned_links)
    """The links to monitoring accounts that show the group."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "Collection[LogGroup]":
        del names
        return listed_anew(cls, aws, aws.read(GROUPS), "logGroups", named="logGroupName")
