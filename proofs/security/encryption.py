"""AWS KMS."""

import json

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import (
    Edit,
    adds,
    answered,
    answers,
    exists,
    omits,
    planned,
    says,
    unknown,
    unset,
    with_resource,
    without,
)
from stackproof.core.verdicts import Verdict

KEYS, ALIASES, DESCRIBE = "kms:ListKeys", "kms:ListAliases", "kms:DescribeKey"
ROTATION, POLICY = "kms:GetKeyRotationStatus", "kms:GetKeyPolicy"
NAME, KEY, ALIAS = "alias/triflow-ai-production", "aws_kms_key.main", "aws_kms_alias.main"
ROOT = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*", "Resource": "*"}
OTHER = "arn:aws:kms:ap-northeast-2:123456789012:key/other"
OF_AWS = next(alias["TargetKeyId"] for alias in answered(ALIASES, "Aliases") if alias["AliasName"] == "alias/aws/rds")


def document(*statements: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def with_policy(name: str, verdict: Verdict, *statements: dict[str, object]) -> list[Case]:
    """The declared key's policy, on a cloud and on a plan."""
    names = NAME if verdict is FAIL else ""
    return [
        cloud("SEC-KMS-01", name, verdict, says(POLICY, "Policy", document(*statements)), names=names),
        plan("SEC-KMS-01", name, verdict, planned(KEY, policy=document(*statements)), names=names),
    ]


def another(*, rotates: bool = True, policy: str = document(ROOT), **metadata: object) -> tuple[Edit, ...]:
    """A key that nobody declared."""
    described = {
        "Arn": OTHER,
        "KeyManager": "CUSTOMER",
        "KeyState": "Enabled",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "Origin": "AWS_KMS",
    }
    return (
        adds(KEYS, "Keys", {"KeyId": "other", "KeyArn": OTHER}),
        answers(DESCRIBE, {"KeyMetadata": {**described, **metadata}}, KeyId=OTHER),
        answers(ROTATION, {"KeyRotationEnabled": rotates}, KeyId=OTHER),
        answers(POLICY, {"Policy": policy}, KeyId=OTHER, PolicyName="default"),
    )


EVERYONE = {**ROOT, "Principal": "*"}
IN_ACCOUNT = {"StringEquals": {"kms:CallerAccount": "123456789012", "kms:ViaService": "rds.ap-northeast-2.amazonaws.com"}}
VIA_SERVICE = {"StringEquals": {"kms:ViaService": "rds.ap-northeast-2.amazonaws.com"}}
CASES = [
    *with_policy("open", FAIL, ROOT, EVERYONE),
    *with_policy("open to every account", FAIL, ROOT, {**ROOT, "Principal": {"AWS": ["*"]}}),
    *with_policy("open by a service", FAIL, ROOT, {**EVERYONE, "Condition": VIA_SERVICE}),
    *with_policy(
        "open by an encryption context", FAIL, {**EVERYONE, "Condition": {"StringEquals": {"kms:EncryptionContext:a": "b"}}}
    ),
    *with_policy("the callers of the account", PASS, ROOT, {**EVERYONE, "Condition": IN_ACCOUNT}),
    cloud("SEC-KMS-01", "no rotation", FAIL, says(ROTATION, "KeyRotationEnabled", False), names=NAME),
    cloud("SEC-KMS-01", "rotation not reported", ERROR, omits(ROTATION, "KeyRotationEnabled")),
    cloud("SEC-KMS-01", "policy not reported", ERROR, omits(POLICY, "Policy")),
    cloud("SEC-KMS-01", "a policy that is not JSON", ERROR, says(POLICY, "Policy", "{"), names="not JSON"),
    cloud("SEC-KMS-01", "kind of key not reported", ERROR, omits(DESCRIBE, "KeyMetadata.KeySpec")),
    cloud("SEC-KMS-01", "no such alias", FAIL, says(ALIASES, f"Aliases.AliasName={NAME}.AliasName", "alias/other"), names=NAME),
    cloud("SEC-KMS-01", "no key", FAIL, says(KEYS, "Keys", [])),
    cloud("SEC-KMS-01", "the list is missing", ERROR, omits(KEYS, "Keys")),
    cloud("SEC-KMS-01", "a key that nobody declared, as it must be", PASS, *another()),
    cloud("SEC-KMS-01", "a key that nobody declared does not rotate", FAIL, *another(rotates=False), names="other"),
    cloud("SEC-KMS-01", "a key that nobody declared is open", FAIL, *another(policy=document(EVERYONE)), names="other"),
    cloud("SEC-KMS-01", "a key that may not be described", ERROR, adds(KEYS, "Keys", {"KeyId": "other", "KeyArn": OTHER})),
    cloud("SEC-KMS-01", "an asymmetric key", PASS, *another(rotates=False, KeySpec="RSA_2048")),
    cloud("SEC-KMS-01", "imported material", PASS, *another(rotates=False, Origin="EXTERNAL")),
    cloud("SEC-KMS-01", "an asymmetric key that is open", FAIL, *another(policy=document(EVERYONE), KeySpec="RSA_2048")),
    cloud("SEC-KMS-01", "a key about to be deleted", PASS, *another(rotates=False, KeyState="PendingDeletion")),
    cloud("SEC-KMS-01", "a key that AWS manages", PASS, adds(KEYS, "Keys", {"KeyId": OF_AWS, "KeyArn": "arn"})),
    plan("SEC-KMS-01", "no rotation", FAIL, planned(KEY, enable_key_rotation=False), names=NAME),
    plan("SEC-KMS-01", "rotation not set", FAIL, planned(KEY, enable_key_rotation=None), names=NAME),
    plan("SEC-KMS-01", "rotation known after apply", UNKNOWN, unknown(KEY, "enable_key_rotation")),
    plan("SEC-KMS-01", "policy known after apply", UNKNOWN, unknown(KEY, "policy")),
    plan("SEC-KMS-01", "policy not set", UNKNOWN, unset(KEY, "policy")),
    plan(
        "SEC-KMS-01",
        "a policy beside the key",
        FAIL,
        with_resource("aws_kms_key_policy.more", refers={"key_id": f"{KEY}.key_id"}, policy=document(EVERYONE)),
        names=NAME,
    ),
    plan("SEC-KMS-01", "no such alias", FAIL, without(ALIAS), names=NAME),
    *(
        plan(
            "SEC-KMS-01", f"a key that nobody declared, {name}", verdict, with_resource(f"{kind}.other", policy=policy, **values)
        )
        for name, verdict, kind, policy, values in (
            ("as it must be", PASS, "aws_kms_key", document(ROOT), {"enable_key_rotation": True}),
            ("without rotation", FAIL, "aws_kms_key", document(ROOT), {"enable_key_rotation": False}),
            ("asymmetric", PASS, "aws_kms_key", document(ROOT), {"customer_master_key_spec": "RSA_2048"}),
            ("imported", PASS, "aws_kms_external_key", document(ROOT), {}),
            ("imported and open", FAIL, "aws_kms_external_key", document(EVERYONE), {}),
        )
    ),
    plan("SEC-KMS-01", "a key that exists", PASS, exists(KEY)),
]
