"""Amazon CloudWatch Logs."""

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, cloud, plan
from proofs.harness import absent, omits, on_page_2, planned, says, unknown, with_resource, without
from proofs.logging.edits import CENTRAL, planned_group

GROUP = planned_group("/aws/ecs/triflow-ai-production-backend")
KEY = f"{CENTRAL}.aws_kms_key.logs"
CASES = [
    cloud("SEC-LOG-01", "no key", FAIL, omits("logs:DescribeLogGroups", "logGroups.0.kmsKeyId"), names="no customer key"),
    cloud("SEC-LOG-01", "key pending deletion", FAIL, says("kms:DescribeKey", "KeyMetadata.KeyState", "PendingDeletion")),
    cloud("SEC-LOG-01", "key disabled", FAIL, says("kms:DescribeKey", "KeyMetadata.KeyState", "Disabled")),
    cloud("SEC-LOG-01", "a key that AWS manages", FAIL, says("kms:DescribeKey", "KeyMetadata.KeyManager", "AWS")),
    cloud("SEC-LOG-01", "a key that is gone", FAIL, absent("kms:DescribeKey"), names="does not exist"),
    cloud("SEC-LOG-01", "key state not reported", ERROR, omits("kms:DescribeKey", "KeyMetadata.KeyState")),
    cloud(
        "SEC-LOG-01",
        "one group on page 2",
        FAIL,
        on_page_2("logs:DescribeLogGroups", "logGroups", logGroupName="/aws/ecs/triflow-ai-production-worker", kmsKeyId=None),
        names="/aws/ecs/triflow-ai-production-worker",
    ),
    cloud(
        "SEC-LOG-01",
        "another team's group on page 2",
        PASS,
        on_page_2("logs:DescribeLogGroups", "logGroups", logGroupName="/aws/ecs/other", kmsKeyId=None),
    ),
    cloud("SEC-LOG-01", "no group at all", FAIL, says("logs:DescribeLogGroups", "logGroups", [])),
    cloud("SEC-LOG-01", "the list is missing", ERROR, omits("logs:DescribeLogGroups", "logGroups")),
    plan(
        "SEC-LOG-01",
        "a group whose name is not known yet",
        FAIL,
        with_resource("aws_cloudwatch_log_group.more", refers={"name": "aws_ecs_cluster.main.id"}, kms_key_id=None),
        names="aws_cloudwatch_log_group.more",
    ),
    plan("SEC-LOG-01", "no key", FAIL, planned(GROUP, kms_key_id=None), names="no customer key"),
    plan("SEC-LOG-01", "an empty key", FAIL, planned(GROUP, kms_key_id=""), names="no customer key"),
    plan("SEC-LOG-01", "key disabled", FAIL, planned(KEY, is_enabled=False)),
    plan(
        "SEC-LOG-01", "a key from elsewhere", UNKNOWN, planned(GROUP, kms_key_id="arn:aws:kms:ap-northeast-2:123456789012:key/1")
    ),
    plan("SEC-LOG-01", "key known after apply", UNKNOWN, unknown(GROUP, "kms_key_id")),
    plan("SEC-LOG-01", "key state known after apply", UNKNOWN, unknown(KEY, "is_enabled")),
    plan("SEC-LOG-01", "no such group", PASS, without(GROUP)),
]
