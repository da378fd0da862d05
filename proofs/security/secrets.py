"""AWS Secrets Manager."""

from dataclasses import replace
from datetime import timedelta

from proofs.cases import ERROR, FAIL, NOT_DECLARED, PASS, UNKNOWN, cloud, plan
from proofs.harness import (
    Edit,
    absent,
    changed,
    exists,
    fails,
    omits,
    on_page_2,
    planned,
    profile,
    recorded_at,
    says,
    unknown,
    with_resource,
    without,
)
from stackproof.core.verdicts import AccessDenied

LIST, SECRET = "secretsmanager:ListSecrets", "SecretList.0"
NAME, PLANNED, ROTATION = (
    "triflow-ai-production/database",
    "aws_secretsmanager_secret.database",
    "aws_secretsmanager_secret_rotation.database",
)
LAMBDA = "arn:aws:lambda:ap-northeast-2:123456789012:function:secrets-manager-rotation"


def rotated(days: int) -> Edit:
    """When the secret was rotated last."""
    return says(LIST, f"{SECRET}.LastRotatedDate", recorded_at() - timedelta(days=days))


CASES = [
    cloud("SEC-SM-01", "rotation configured, never ran", FAIL, omits(LIST, f"{SECRET}.LastRotatedDate"), names="no rotation ran"),
    cloud("SEC-SM-01", "rotation ran 32 days ago", FAIL, rotated(32), names=NAME),
    cloud("SEC-SM-01", "rotation ran 31 days ago", PASS, rotated(31)),
    cloud("SEC-SM-01", "rotation turned off", FAIL, says(LIST, f"{SECRET}.RotationEnabled", False)),
    cloud("SEC-SM-01", "rotation never turned on", FAIL, omits(LIST, f"{SECRET}.RotationEnabled")),
    cloud("SEC-SM-01", "no key", FAIL, omits(LIST, f"{SECRET}.KmsKeyId"), names="no customer key"),
    cloud("SEC-SM-01", "a key that AWS manages", FAIL, says("kms:DescribeKey", "KeyMetadata.KeyManager", "AWS")),
    *(
        cloud("SEC-SM-01", f"a key that is {state}", FAIL, says("kms:DescribeKey", "KeyMetadata.KeyState", state), names=NAME)
        for state in ("PendingDeletion", "Disabled")
    ),
    cloud("SEC-SM-01", "a key whose state is not reported", ERROR, omits("kms:DescribeKey", "KeyMetadata.KeyState")),
    cloud("SEC-SM-01", "a key that is gone", FAIL, absent("kms:DescribeKey"), names="does not exist"),
    cloud("SEC-SM-01", "manager not reported", ERROR, omits("kms:DescribeKey", "KeyMetadata.KeyManager")),
    cloud("SEC-SM-01", "no such secret", FAIL, says(LIST, f"{SECRET}.Name", "other"), names=NAME),
    cloud("SEC-SM-01", "no secret at all", FAIL, says(LIST, "SecretList", [])),
    cloud("SEC-SM-01", "the list is missing", ERROR, omits(LIST, "SecretList")),
    cloud(
        "SEC-SM-01",
        "another of the stack's on page 2",
        FAIL,
        on_page_2(LIST, "SecretList", Name="triflow-ai-production/api", LastRotatedDate=None),
        names="triflow-ai-production/api",
    ),
    cloud("SEC-SM-01", "another team's on page 2", PASS, on_page_2(LIST, "SecretList", Name="other", LastRotatedDate=None)),
    plan("SEC-SM-01", "no rotation", FAIL, without(ROTATION), names=NAME),
    plan(
        "SEC-SM-01", "rotation that waits for its day", FAIL, planned(ROTATION, rotate_immediately=False), names="no rotation ran"
    ),
    plan("SEC-SM-01", "rotation that does not wait", PASS, planned(ROTATION, rotate_immediately=True)),
    plan("SEC-SM-01", "whether it waits known after apply", UNKNOWN, unknown(ROTATION, "rotate_immediately")),
    plan(
        "SEC-SM-01",
        "rotation of another secret",
        FAIL,
        without(ROTATION),
        with_resource("aws_secretsmanager_secret_rotation.other", secret_id="other", rotation_lambda_arn=LAMBDA),
    ),
    plan("SEC-SM-01", "rotation inside the secret", PASS, without(ROTATION), planned(PLANNED, rotation_lambda_arn=LAMBDA)),
    plan("SEC-SM-01", "rotation turned on for a secret that exists", PASS, exists(PLANNED)),
    plan(
        "SEC-SM-01",
        "rotation turned on for a secret that exists, to wait for its day",
        FAIL,
        exists(PLANNED),
        planned(ROTATION, rotate_immediately=False),
        names="no rotation ran",
    ),
    plan("SEC-SM-01", "rotation that exists", PASS, exists(PLANNED), exists(ROTATION)),
    plan("SEC-SM-01", "no key", FAIL, planned(PLANNED, kms_key_id=None), names="no customer key"),
    plan("SEC-SM-01", "a key that is disabled", FAIL, planned("aws_kms_key.main", is_enabled=False), names=NAME),
    plan("SEC-SM-01", "key known after apply", UNKNOWN, unknown(PLANNED, "kms_key_id")),
    plan("SEC-SM-01", "no such secret", FAIL, without(PLANNED), names=NAME),
]


def read(days: int) -> Edit:
    """When somebody read the secret last."""
    return says(LIST, f"{SECRET}.LastAccessedDate", (recorded_at() - timedelta(days=days)).replace(hour=0, minute=0, second=0))


def made(days: int) -> Edit:
    return says(LIST, f"{SECRET}.CreatedDate", recorded_at() - timedelta(days=days))


READ = [
    cloud("SEC-SM-02", "read lately", PASS, made(400), read(1)),
    cloud("SEC-SM-02", "read on the last day", PASS, made(400), read(90)),
    cloud("SEC-SM-02", "read a day too long ago", FAIL, made(400), read(91), names=NAME),
    cloud("SEC-SM-02", "never read", FAIL, made(91), names="nobody has read it"),
    cloud("SEC-SM-02", "never read, and made lately", PASS, made(90)),
    cloud("SEC-SM-02", "never read, and not when it was made", ERROR, omits(LIST, f"{SECRET}.CreatedDate")),
    replace(
        cloud("SEC-SM-02", "never read, and a reserve", NOT_DECLARED, made(400)),
        expected=changed(profile(), "secrets", reserves=(NAME,)),
    ),
    replace(
        cloud("SEC-SM-02", "never read, and another a reserve", FAIL, made(400)),
        expected=changed(profile(), "secrets", reserves=("x*",)),
    ),
    cloud("SEC-SM-02", "denied", ERROR, fails(LIST, AccessDenied("AccessDenied: not authorized"))),
]
CASES = [*CASES, *READ]
