"""Amazon VPC flow logs."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import (
    Edit,
    absent,
    adds,
    answered,
    answers,
    omits,
    planned,
    refers,
    says,
    unknown,
    with_resource,
    without,
)
from stackproof.sources.replay import Recorded

LOGS, BUCKETS, GROUPS = "ec2:DescribeFlowLogs", "s3:GetBucketEncryption", "logs:DescribeLogGroups"
LOG = "FlowLogs.0"
BUCKET = "triflow-ai-audit-logs"
PLANNED = "aws_flow_log.main"
GROUP = "arn:aws:logs:ap-northeast-2:123456789012:log-group:"
KEPT = "/aws/ecs/triflow-ai-production-backend"


def to_group(name: str, account: str = "123456789012") -> Edit:
    """Let the flow log deliver to a log group."""

    def edit(calls: list[Recorded]) -> list[Recorded]:
        calls = says(LOGS, f"{LOG}.LogDestinationType", "cloud-watch-logs")(calls)
        return says(LOGS, f"{LOG}.LogDestination", f"{GROUP.replace('123456789012', account)}{name}")(calls)

    return edit


def each_of(subnets: Sequence[str], **first: Any) -> Edit:
    """Let there be a flow log of each of these subnets in the place of the VPC's; the first one may differ."""

    def edit(calls: list[Recorded]) -> list[Recorded]:
        log = answered(LOGS, LOG)
        logs = [{**log, "FlowLogId": f"fl-{number}", "ResourceId": subnet} for number, subnet in enumerate(subnets)]
        return says(LOGS, "FlowLogs", [{**logs[0], **first}, *logs[1:]])(calls)

    return edit


def moved(bucket: str, region: str) -> Edit:
    """Let a bucket be in another region, and let all that is asked of it be asked there."""

    def edit(calls: list[Recorded]) -> list[Recorded]:
        calls = says("s3:ListBuckets", f"Buckets.Name={bucket}.BucketRegion", region)(calls)
        return [
            replace(one, call=replace(one.call, region=region)) if one.call.arguments.get("Bucket") == bucket else one
            for one in calls
        ]

    return edit


def more(**changes: Any) -> Edit:
    """Let the VPC have a second flow log, like the first but for this."""
    return lambda calls: adds(LOGS, "FlowLogs", {**answered(LOGS, LOG), "FlowLogId": "fl-0more", **changes})(calls)


PLANNED_SUBNETS = ("public_a", "public_c", "private_a", "private_c")


def planned_of(subnet: str) -> Edit:
    """A flow log of a subnet."""
    return with_resource(
        f"aws_flow_log.{subnet}",
        traffic_type="ALL",
        log_destination_type="s3",
        log_destination=f"arn:aws:s3:::{BUCKET}",
        refers={"subnet_id": f"aws_subnet.{subnet}.id"},
    )


def bare_group(calls: list[Recorded]) -> list[Recorded]:
    """Let the log group have no key of its own."""
    return omits(GROUPS, f"logGroups.logGroupName={KEPT}.kmsKeyId")(calls)


SUBNET = "ec2:DescribeSubnets"
SUBNETS = [one["SubnetId"] for one in answered(SUBNET, "Subnets") if one["VpcId"] == answered(LOGS, f"{LOG}.ResourceId")]
IN_A_BARE_BUCKET = {"LogDestination": "arn:aws:s3:::elsewhere"}
CASES: list[Case] = [
    *(cloud("SEC-NET-01", f"{kind} alone", FAIL, says(LOGS, f"{LOG}.TrafficType", kind)) for kind in ("REJECT", "ACCEPT")),
    cloud("SEC-NET-01", "not active", FAIL, says(LOGS, f"{LOG}.FlowLogStatus", "INACTIVE")),
    cloud("SEC-NET-01", "nothing is delivered", FAIL, says(LOGS, f"{LOG}.DeliverLogsStatus", "FAILED")),
    cloud("SEC-NET-01", "whether anything is delivered not reported", ERROR, omits(LOGS, f"{LOG}.DeliverLogsStatus")),
    cloud("SEC-NET-01", "no flow log", FAIL, says(LOGS, "FlowLogs", []), names="no flow log"),
    cloud("SEC-NET-01", "of another VPC", FAIL, says(LOGS, f"{LOG}.ResourceId", "vpc-0"), names="no flow log"),
    cloud("SEC-NET-01", "of a subnet of another VPC", FAIL, says(LOGS, f"{LOG}.ResourceId", "subnet-0"), names="no flow log"),
    cloud("SEC-NET-01", "of one subnet", FAIL, lambda calls: each_of(SUBNETS[:1])(calls), names="no flow log that works"),
    cloud("SEC-NET-01", "of each subnet", PASS, lambda calls: each_of(SUBNETS)(calls)),
    cloud(
        "SEC-NET-01", "of each subnet, one of what is refused", FAIL, lambda calls: each_of(SUBNETS, TrafficType="REJECT")(calls)
    ),
    cloud(
        "SEC-NET-01",
        "of each subnet, one of which does not say whether it delivers",
        ERROR,
        lambda calls: omits(LOGS, f"{LOG}.DeliverLogsStatus")(each_of(SUBNETS)(calls)),
        names="whether its delivery works",
    ),
    cloud(
        "SEC-NET-01",
        "of each subnet, which cannot be listed",
        ERROR,
        lambda calls: omits(SUBNET, "Subnets")(each_of(SUBNETS)(calls)),
    ),
    cloud("SEC-NET-01", "of a network interface", FAIL, says(LOGS, f"{LOG}.ResourceId", "eni-0"), names="no flow log"),
    cloud("SEC-NET-01", "of what is not reported", ERROR, omits(LOGS, f"{LOG}.ResourceId")),
    cloud(
        "SEC-NET-01", "accepted and refused apart", PASS, says(LOGS, f"{LOG}.TrafficType", "ACCEPT"), more(TrafficType="REJECT")
    ),
    cloud("SEC-NET-01", "of traffic that nobody knows", ERROR, says(LOGS, f"{LOG}.TrafficType", "MIRRORED"), names="MIRRORED"),
    cloud("SEC-NET-01", "one that cannot be told beside one of all", PASS, more(DeliverLogsStatus=None)),
    cloud(
        "SEC-NET-01",
        "to a group of another account",
        ERROR,
        to_group("/aws/vpc/flow", account="210987654321"),
        names="judge it there",
    ),
    cloud(
        "SEC-NET-01",
        "to a group of another account, of what is refused alone",
        FAIL,
        to_group("/aws/vpc/flow", account="210987654321"),
        says(LOGS, f"{LOG}.TrafficType", "REJECT"),
    ),
    cloud("SEC-NET-01", "to a bucket in another region", PASS, lambda calls: moved(BUCKET, "us-east-1")(calls)),
    cloud(
        "SEC-NET-01",
        "to a bucket in another region without encryption",
        FAIL,
        lambda calls: absent(BUCKETS, Bucket=BUCKET)(moved(BUCKET, "us-east-1")(calls)),
    ),
    cloud("SEC-NET-01", "to a bucket without encryption", FAIL, absent(BUCKETS, Bucket=BUCKET)),
    cloud(
        "SEC-NET-01",
        "a second one to a bucket without encryption",
        FAIL,
        more(**IN_A_BARE_BUCKET),
        adds("s3:ListBuckets", "Buckets", {"Name": "elsewhere"}),
        answers(BUCKETS, {}, Bucket="elsewhere"),
        absent(BUCKETS, Bucket="elsewhere"),
        names="fl-0more",
    ),
    cloud("SEC-NET-01", "a second one of what is refused", PASS, more(TrafficType="REJECT")),
    cloud(
        "SEC-NET-01",
        "to a bucket of another account",
        ERROR,
        says(LOGS, f"{LOG}.LogDestination", "arn:aws:s3:::elsewhere"),
        names="judge it there",
    ),
    cloud("SEC-NET-01", "to a log group with a key", PASS, to_group(KEPT)),
    cloud(
        "SEC-NET-01",
        "to a log group with a key about to be deleted",
        FAIL,
        to_group(KEPT),
        says("kms:DescribeKey", "KeyMetadata.KeyState", "PendingDeletion"),
    ),
    cloud("SEC-NET-01", "to a log group without one", FAIL, to_group(KEPT), bare_group),
    cloud("SEC-NET-01", "to a log group that is gone", FAIL, to_group("/aws/vpc/gone"), names="/aws/vpc/gone"),
    cloud(
        "SEC-NET-01",
        "to Firehose",
        ERROR,
        says(LOGS, f"{LOG}.LogDestinationType", "kinesis-data-firehose"),
        names="kinesis-data-firehose",
    ),
    cloud("SEC-NET-01", "the kind of traffic not reported", ERROR, omits(LOGS, f"{LOG}.TrafficType")),
    cloud("SEC-NET-01", "the flow logs not reported", ERROR, omits(LOGS, "FlowLogs")),
    *(plan("SEC-NET-01", f"{kind} alone", FAIL, planned(PLANNED, traffic_type=kind)) for kind in ("REJECT", "ACCEPT")),
    plan("SEC-NET-01", "no flow log", FAIL, without(PLANNED), names="no flow log"),
    plan("SEC-NET-01", "of another VPC", FAIL, planned(PLANNED, vpc_id="vpc-0b1c"), names="no flow log"),
    plan(
        "SEC-NET-01",
        "of one subnet",
        FAIL,
        planned(PLANNED, vpc_id=None),
        refers(PLANNED, subnet_id="aws_subnet.private_a.id"),
        names="aws_subnet.private_c: no flow log",
    ),
    plan("SEC-NET-01", "of each subnet", PASS, without(PLANNED), *(planned_of(name) for name in PLANNED_SUBNETS)),
    plan(
        "SEC-NET-01",
        "a second VPC of one name without any",
        FAIL,
        with_resource("aws_vpc.more", tags_all={"Name": "triflow-ai-production"}, cidr_block="10.9.0.0/16"),
        names="no flow log",
    ),
    plan(
        "SEC-NET-01",
        "of a VPC known after apply, to a log group without a key",
        FAIL,
        unknown(PLANNED, "vpc_id"),
        with_resource("aws_cloudwatch_log_group.more", name="/aws/vpc/flow"),
        planned(PLANNED, log_destination_type="cloud-watch-logs", log_destination=f"{GROUP}/aws/vpc/flow"),
    ),
    plan(
        "SEC-NET-01",
        "of one of two VPCs",
        UNKNOWN,
        unknown(PLANNED, "vpc_id"),
        with_resource("aws_vpc.more", cidr_block="10.9.0.0/16"),
        names="vpc_id is known only after apply",
    ),
    plan("SEC-NET-01", "of a subnet known after apply", UNKNOWN, planned(PLANNED, vpc_id=None), unknown(PLANNED, "subnet_id")),
    plan("SEC-NET-01", "of a network interface", FAIL, planned(PLANNED, vpc_id=None, eni_id="eni-0"), names="no flow log"),
    plan(
        "SEC-NET-01", "to a bucket that is not in the plan", UNKNOWN, planned(PLANNED, log_destination="arn:aws:s3:::elsewhere")
    ),
    plan("SEC-NET-01", "the kind of traffic known after apply", UNKNOWN, unknown(PLANNED, "traffic_type")),
    plan("SEC-NET-01", "the destination known after apply", UNKNOWN, unknown(PLANNED, "log_destination")),
    plan("SEC-NET-01", "to a folder of the bucket", PASS, planned(PLANNED, log_destination=f"arn:aws:s3:::{BUCKET}/vpc/")),
    plan(
        "SEC-NET-01",
        "a second one to a bucket that nobody configured: S3 encrypts by itself",
        PASS,
        with_resource("aws_s3_bucket.more", bucket="elsewhere"),
        with_resource(
            "aws_flow_log.more",
            refers={"vpc_id": "aws_vpc.main.id"},
            traffic_type="ALL",
            log_destination_type="s3",
            log_destination="arn:aws:s3:::elsewhere",
        ),
    ),
    plan(
        "SEC-NET-01",
        "to a log group without a key",
        FAIL,
        with_resource("aws_cloudwatch_log_group.more", name="/aws/vpc/flow"),
        planned(PLANNED, log_destination_type="cloud-watch-logs", log_destination=f"{GROUP}/aws/vpc/flow"),
    ),
]
