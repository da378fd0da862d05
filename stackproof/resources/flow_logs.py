"""Amazon VPC flow logs."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from stackproof.core.resource import Reference, Resource, field
from stackproof.core.verdicts import CouldNotVerify, DeclaredButMissing, NotReported, NotYetKnown
from stackproof.judgement.arns import arn
from stackproof.resources.logs import LogGroup
from stackproof.resources.network import Subnet, Vpc, planned_id
from stackproof.resources.storage import Bucket
from stackproof.sources.aws.facts import AwsFacts, listed
from stackproof.sources.plan.blocks import PlannedBlock

if TYPE_CHECKING:
    from stackproof.sources.aws.source import Reader
    from stackproof.sources.plan.document import Plan


ENCRYPTED = ("AES256", "aws:kms", "aws:kms:dsse")
"""How a bucket may encrypt by default: with S3's own keys, or with KMS keys once or twice (Amazon S3 API reference)."""


def _answered_failure(log: AwsFacts) -> str | None:
    status = log.at("DeliverLogsStatus")
    if status is None:
        raise NotReported(f"{log.at('FlowLogId')}: whether its delivery works is not reported (DeliverLogsStatus)")
    return None if status == "SUCCESS" else log.at("DeliverLogsErrorMessage") or status


def bucket_of(arn: str) -> str:
    """The bucket of an ARN, which may name a prefix in it.

    >>> bucket_of("arn:aws:s3:::audit/flow-logs/")
    'audit'
    """
    return arn.rpartition(":")[2].partition("/")[0]


def _group_of(arn: str) -> str:
    """The log group of an ARN.

    >>> _group_of("arn:aws:logs:ap-northeast-2:123456789012:log-group:/aws/vpc/flow:*")
    '/aws/vpc/flow'
    """
    return arn.rpartition(":log-group:")[2].removesuffix(":*")


def _answered_destination(log: AwsFacts) -> Bucket | LogGroup:
    kind, destination = log.at("LogDestinationType"), log.at("LogDestination") or ""
    what = f"{log.at('FlowLogId')} delivers to {destination}"
    if kind == "s3":
        return Bucket.answered(log, bucket_of(destination), what)
    if kind == "cloud-watch-logs":
        named = arn(destination)
        if named and log.is_elsewhere(named.account):
            raise log.elsewhere(f"{what}, which is in account {named.account}", named.account)
        name = log.at("LogGroupName") or _group_of(destination)
        answer = log.read("logs:DescribeLogGroups", region=named.region if named else None)
        if group := answer.by("logGroups", "logGroupName").get(name):
            return log.nested(LogGroup, name, group, answer)
        raise DeclaredButMissing(f"{log.at('FlowLogId')} delivers to the log group {name}, which does not exist")
    raise CouldNotVerify(f"{log.at('FlowLogId')} delivers to {kind} {destination}: whether that is encrypted is not read")


def _answered_resource(beginning: str) -> Callable[[AwsFacts], str | None]:
    """The id of what a log is of, if it begins so: ids of each kind of resource do. Raises `NotReported` if it has none."""

    def reported(log: AwsFacts) -> str | None:
        resource: str | None = log.at("ResourceId")
        if resource is None:
            raise NotReported(f"{log.at('FlowLogId')}: of what it is a log is not reported (ResourceId)")
        return resource if resource.startswith(beginning) else None

    return reported


def _planned_destination(log: PlannedBlock) -> Bucket | LogGroup:
    """The bucket or log group of the plan that the flow log names, by reference or by ARN."""
    kind: type[Bucket] | type[LogGroup] = Bucket if log.at("log_destination_type") == "s3" else LogGroup
    named, name_of = ("bucket", bucket_of) if kind is Bucket else ("name", _group_of)
    if block := log.referent("log_destination", *kind.terraform):
        return kind(block.name_or_address(named), block, block.source)
    destination = log.at("log_destination")
    value = destination if isinstance(destination, Reference) else name_of(destination or "")
    for block in log.plan.referred(value, *kind.terraform):
        return kind(block.name_or_address(named), block, block.source)
    raise NotYetKnown(f"{log.source}: {destination} is not in the plan; whether it is encrypted shows only after apply")


class FlowLog(Resource):
    """A flow log of a VPC, of a subnet, or of a network interface."""

    operations = (
        "ec2:DescribeFlowLogs",
        *("s3:ListBuckets", "s3:GetBucketEncryption"),
        *("logs:DescribeLogGroups", "kms:DescribeKey"),
    )
    terraform = ("aws_flow_log",)

    vpc_id: str | None = field(aws=_answered_resource("vpc-"), plan=lambda log: planned_id(log, "vpc_id", *Vpc.terraform))
    """Of what it is a log; None if it is not of a VPC."""
    subnet_id: str | None = field(
        aws=_answered_resource("subnet-"), plan=lambda log: planned_id(log, "subnet_id", *Subnet.terraform)
    )
    """None if it is not of a subnet."""
    status: str = field(aws="FlowLogStatus", plan=lambda _: "ACTIVE")
    """``ACTIVE``, as it is from its creation on."""
    traffic: str = field(aws="TrafficType", plan="traffic_type")
    """``ALL``, ``ACCEPT`` or ``REJECT``."""
    delivery_failure: str | None = field(aws=_answered_failure, plan=lambda _: None)
    """Why nothing is delivered: ``Access error``, ``Rate limited``, ``Unknown error``; None while it is."""
    destination: Bucket | LogGroup = field(aws=_answered_destination, plan=_planned_destination)

    @property
    def works(self) -> bool:
        """True if the flow log captures, and delivers."""
        return self.status == "ACTIVE" and self.delivery_failure is None

    @property
    def is_encrypted(self) -> bool:
        """True if the delivered records are encrypted: by the bucket's default, or with an enabled key of the log group's own."""
        destination = self.destination
        if isinstance(destination, Bucket):
            return destination.encryption in ENCRYPTED
        return destination.kms_key is not None and destination.kms_key.state == "Enabled"

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[FlowLog]":
        del names  # one call lists all
        return listed(cls, aws, aws.read("ec2:DescribeFlowLogs"), "FlowLogs", named="FlowLogId")

    @classmethod
    def from_plan(cls, plan: "Plan", names: Sequence[str]) -> "list[FlowLog]":
        del names
        return [cls(block.address, block, block.source) for block in plan.resources(*cls.terraform)]
