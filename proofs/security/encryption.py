"""AWS KMS."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import (
    Edit,
    adds,
    answered,
    answers,
    exists,
    omits,
    planned,
    profile,
    says,
    unknown,
    unset,
    with_resource,
    without,
)
from stackproof.core.verdicts import Verdict
from stackproof.profile.schema import Profile

KEYS, ALIASES, DESCRIBE = "kms:ListKeys", "kms:ListAliases", "kms:DescribeKey"
ROTATION, POLICY = "kms:GetKeyRotationStatus", "kms:GetKeyPolicy"
NAME, KEY, ALIAS = "alias/triflow-ai-production", "aws_kms_key.main", "aws_kms_alias.main"
ROOT = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*", "Resource": "*"}
OTHER = "arn:aws:kms:ap-northeast-2:123456789012:key/other"
OF_AWS = next(alias["TargetKeyId"] for alias in answered(ALIASES, "Aliases") if alias["AliasName"] == "alias/aws/rds")


def document(*statements: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def with_policy(name: str, verdict: Verdict, *statements: Mapping[str, object]) -> list[Case]:
    """The declared key's policy, on a cloud and on a plan."""
    names = NAME if verdict is FAIL else ""
    return [
        cloud("SEC-KMS-01", name, verdict, says(POLICY, "Policy", document(*statements)), names=names),
        plan("SEC-KMS-01", name, verdict, planned(KEY, policy=document(*statements)), names=names),
    ]


def another(*, rotates: bool = True, days: int = 365, policy: str = document(ROOT), **metadata: Any) -> tuple[Edit, ...]:
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
        answers(ROTATION, {"KeyRotationEnabled": rotates, **({"RotationPeriodInDays": days} if rotates else {})}, KeyId=OTHER),
        answers(POLICY, {"Policy": policy}, KeyId=OTHER, PolicyName="default"),
    )


EVERYONE = {**ROOT, "Principal": "*"}
IN_ACCOUNT = {"StringEquals": {"kms:CallerAccount": "123456789012", "kms:ViaService": "rds.ap-northeast-2.amazonaws.com"}}
VIA_SERVICE = {"StringEquals": {"kms:ViaService": "rds.ap-northeast-2.amazonaws.com"}}
ABROAD = ("arn:aws-cn:iam::123456789012:root", "arn:aws-us-gov:iam::123456789012:role/app")
TRAIL = "arn:aws:cloudtrail:ap-northeast-2:123456789012:trail/audit"
CLOUDTRAIL = {**ROOT, "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "kms:GenerateDataKey*"}


def with_period(days: int) -> Profile:
    """The compliant stack's profile with another rotation period."""
    known = profile()
    return known.model_copy(update={"encryption": known.encryption.model_copy(update={"rotation_days": days})})


CASES = [
    *with_policy("open", FAIL, ROOT, EVERYONE),
    *with_policy("open to every account", FAIL, ROOT, {**ROOT, "Principal": {"AWS": ["*"]}}),
    *with_policy("open by a service", FAIL, ROOT, {**EVERYONE, "Condition": VIA_SERVICE}),
    *with_policy(
        "open by an encryption context", FAIL, {**EVERYONE, "Condition": {"StringEquals": {"kms:EncryptionContext:a": "b"}}}
    ),
    *with_policy("the callers of the account", PASS, ROOT, {**EVERYONE, "Condition": IN_ACCOUNT}),
    *(
        case
        for name, verdict, condition in (
            ("of one's own organization", PASS, {"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}),
            ("of one's own account", PASS, {"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}}),
            ("of the asker's own account", FAIL, {"StringEquals": {"aws:PrincipalAccount": "${aws:PrincipalAccount}"}}),
            ("of what begins like one's own", FAIL, {"StringLike": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}*"}}),
            ("by an endpoint of one's own account", PASS, {"StringEquals": {"aws:VpceAccount": "123456789012"}}),
            ("by an endpoint of one's own organization", PASS, {"StringEquals": {"aws:VpceOrgID": "o-a1b2c3d4e5"}}),
            ("by an endpoint of whatever account", FAIL, {"StringLike": {"aws:VpceAccount": "*"}}),
            ("by an endpoint, if there is one", FAIL, {"StringEqualsIfExists": {"aws:VpceAccount": "123456789012"}}),
            ("of a role in China", PASS, {"ArnLike": {"aws:PrincipalArn": "arn:aws-cn:iam::123456789012:role/*"}}),
        )
        for case in with_policy(f"everyone {name}", verdict, ROOT, {**EVERYONE, "Condition": condition})
    ),
    *with_policy("accounts in other partitions", PASS, *({**ROOT, "Principal": {"AWS": arn}} for arn in ABROAD)),
    *(
        case
        for name, verdict, condition in (
            ("bound by its trail", PASS, {"StringEquals": {"aws:SourceArn": TRAIL}}),
            ("bound by the account", PASS, {"StringEquals": {"aws:SourceAccount": "123456789012"}}),
            ("bound by the organization", PASS, {"StringEquals": {"aws:SourceOrgID": "o-a1b2c3d4e5"}}),
            (
                "bound by its context",
                PASS,
                {"StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": TRAIL.replace("audit", "*")}},
            ),
            ("not bound", FAIL, {}),
            ("bound by trails of every account", FAIL, {"StringLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:*:trail/*"}}),
            ("bound by another account's", FAIL, {"StringEquals": {"aws:SourceAccount": "210987654321"}}),
            ("bound, if it is told", FAIL, {"StringEqualsIfExists": {"aws:SourceArn": TRAIL}}),
        )
        for case in with_policy(f"CloudTrail, {name}", verdict, ROOT, {**CLOUDTRAIL, "Condition": condition})
    ),
    *with_policy("flow logs of everybody", FAIL, ROOT, {**CLOUDTRAIL, "Principal": {"Service": "delivery.logs.amazonaws.com"}}),
    *with_policy("logs of everybody", FAIL, ROOT, {**CLOUDTRAIL, "Principal": {"Service": "logs.cn-north-1.amazonaws.com.cn"}}),
    *with_policy(
        "a service that does not say for whom", PASS, ROOT, {**CLOUDTRAIL, "Principal": {"Service": "ec2.amazonaws.com"}}
    ),
    cloud("SEC-KMS-01", "a longer period", FAIL, *another(days=366), names="rotation_days"),
    cloud("SEC-KMS-01", "a shorter period", PASS, *another(days=90)),
    cloud("SEC-KMS-01", "a period that KMS does not tell", PASS, omits(ROTATION, "RotationPeriodInDays")),
    *(
        replace(case, expected=with_period(days))
        for days, verdict in ((364, FAIL), (365, PASS))
        for case in (
            cloud("SEC-KMS-01", f"at most {days} days by the profile", verdict, names=NAME if verdict is FAIL else ""),
            plan("SEC-KMS-01", f"at most {days} days by the profile", verdict, names=NAME if verdict is FAIL else ""),
        )
    ),
    plan("SEC-KMS-01", "a longer period", FAIL, planned(KEY, rotation_period_in_days=730), names="rotation_days"),
    plan("SEC-KMS-01", "a shorter period", PASS, planned(KEY, rotation_period_in_days=180)),
    plan("SEC-KMS-01", "a period known after apply", UNKNOWN, unknown(KEY, "rotation_period_in_days")),
    plan("SEC-KMS-01", "a period that the provider fills in", PASS, unset(KEY, "rotation_period_in_days")),
    cloud("SEC-KMS-01", "a disabled key", PASS, *another(rotates=False, KeyState="Disabled")),
    cloud(
        "SEC-KMS-01", "a disabled key that is open", FAIL, *another(policy=document(EVERYONE), KeyState="Disabled"), names="other"
    ),
    cloud("SEC-KMS-01", "a key without material", PASS, *another(rotates=False, KeyState="PendingImport")),
    cloud("SEC-KMS-01", "a key that is being made", FAIL, *another(rotates=False, KeyState="Creating"), names="other"),
    cloud("SEC-KMS-01", "a state that nobody knows", ERROR, *another(KeyState="Resting"), names="Resting"),
    cloud("SEC-KMS-01", "a key that AWS manages, without an alias", PASS, *another(rotates=False, KeyManager="AWS")),
    cloud("SEC-KMS-01", "a manager that nobody knows", ERROR, *another(KeyManager="PARTNER"), names="PARTNER"),
    cloud(
        "SEC-KMS-01",
        "an open key beside one that may not be described",
        FAIL,
        adds(KEYS, "Keys", {"KeyId": "hidden", "KeyArn": f"{OTHER}-hidden"}),
        *another(policy=document(EVERYONE)),
        names="policy of other",
    ),
    plan("SEC-KMS-01", "a disabled key", PASS, planned(KEY, is_enabled=False, enable_key_rotation=False)),
    plan(
        "SEC-KMS-01",
        "no rotation, and a policy known after apply",
        FAIL,
        planned(KEY, enable_key_rotation=False),
        unknown(KEY, "policy"),
        names=NAME,
    ),
    cloud("SEC-KMS-01", "no rotation", FAIL, says(ROTATION, "KeyRotationEnabled", False), names=NAME),
    cloud("SEC-KMS-01", "rotation not reported", ERROR, omits(ROTATION, "KeyRotationEnabled")),
    cloud("SEC-KMS-01", "policy not reported", ERROR, omits(POLICY, "Policy")),
    cloud("SEC-KMS-01", "a policy that is not JSON", ERROR, says(POLICY, "Policy", "{"), names="not JSON"),
    cloud("SEC-KMS-01", "kind of key not reported", ERROR, omits(DESCRIBE, "KeyMetadata.KeySpec")),
    cloud("SEC-KMS-01", "no such alias", PASS, says(ALIASES, f"Aliases.AliasName={NAME}.AliasName", "alias/other")),
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
    cloud(
        "SEC-KMS-01",
        "a key about to be deleted that is open",
        FAIL,
        *another(rotates=False, policy=document(EVERYONE), KeyState="PendingDeletion"),
        names="other",
    ),
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
    plan("SEC-KMS-01", "no such alias", PASS, without(ALIAS)),
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
