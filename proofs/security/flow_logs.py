"""Amazon VPC flow logs."""

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


def to_group(name: str) -> Edit:
    """Let the flow log deliver to a log group."""

    def edit(calls: list[Recorded]) -> list[Recorded]:
        calls = says(LOGS, f"{LOG}.LogDestinationType", "cloud-watch-logs")(calls)
        return says(LOGS, f"{LOG}.LogDestination", f"{GROUP}{name}")(calls)

    return edit


def more(**changes: Any) -> Edit:
    """Let the VPC have a second flow log, like the first but for this."""
    return lambda calls: adds(LOGS, "FlowLogs", {**answered(LOGS, LOG), "FlowLogId": "fl-0more", **changes})(calls)


def bare_group(calls: list[Recorded]) -> list[Recorded]:
    """Let the log group have no key of its own."""
    return omits(GROUPS, f"logGroups.logGroupName={KEPT}.kmsKeyId")(calls)


IN_A_BARE_BUCKET = {"LogDestination": "arn:aws:s3:::elsewhere"}
CASES: list[Case] = [
    *(cloud("SEC-NET-01", f"{kind} alone", FAIL, says(LOGS, f"{LOG}.TrafficType", kind)) for kind in ("REJECT", "ACCEPT")),
    cloud("SEC-NET-01", "not active", FAIL, says(LOGS, f"{LOG}.FlowLogStatus", "INACTIVE")),
    cloud("SEC-NET-01", "nothing is delivered", FAIL, says(LOGS, f"{LOG}.DeliverLogsStatus", "FAILED")),
    cloud("SEC-NET-01", "whether anything is delivered not reported", ERROR, omits(LOGS, f"{LOG}.DeliverLogsStatus")),
    cloud("SEC-NET-01", "no flow log", FAIL, says(LOGS, "FlowLogs", []), names="no flow log"),
    cloud("SEC-NET-01", "of another VPC", FAIL, says(LOGS, f"{LOG}.ResourceId", "vpc-0"), names="no flow log"),
    cloud("SEC-NET-01", "of a subnet", FAIL, says(LOGS, f"{LOG}.ResourceId", "subnet-0"), names="no flow log"),
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
    cloud("SEC-NET-01", "to a bucket of another account", ERROR, says(LOGS, f"{LOG}.LogDestination", "arn:aws:s3:::elsewhere")),
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
    plan(
        "SEC-NET-01",
        "of a subnet",
        FAIL,
        planned(PLANNED, vpc_id=None),
        refers(PLANNED, subnet_id="aws_subnet.private_a.id"),
        names="no flow log",
    ),
    plan(
        "SEC-NET-01", "to a bucket that is not in the plan", UNKNOWN, planned(PLANNED, log_destination="arn:aws:s3:::elsewhere")
    ),
    plan("SEC-NET-01", "the kind of traffic known after apply", UNKNOWN, unknown(PLANNED, "traffic_type")),
    plan("SEC-NET-01", "the destination known after apply", UNKNOWN, unknown(PLANNED, "log_destination")),
    plan("SEC-NET-01", "to a folder of the bucket", PASS, planned(PLANNED, log_destination=f"arn:aws:s3:::{BUCKET}/vpc/")),
    plan(
        "SEC-NET-01",
        "a second one to a bucket without encryption",
        FAIL,
        with_resource("aws_s3_bucket.more", bucket="elsewhere"),
        with_resource(
            "aws_flow_log.more",
            refers={"vpc_id": "aws_vpc.main.id"},
            traffic_type="ALL",
            log_destination_type="s3",
            log_destination="arn:aws:s3:::elsewhere",
        ),
        names="aws_flow_log.more",
    ),
    plan(
        "SEC-NET-01",
        "to a log group without a key",
        FAIL,
        with_resource("aws_cloudwatch_log_group.more", name="/aws/vpc/flow"),
        planned(PLANNED, log_destination_type="cloud-watch-logs", log_destination=f"{GROUP}/aws/vpc/flow"),
    ),
]
