"""The key that encrypts log groups."""

import json
from typing import Any

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import (
    Edit,
    answered,
    answers,
    omits,
    on_page_2,
    planned,
    planned_addresses,
    says,
    unknown,
    value_of,
    with_resource,
    without,
)
from proofs.logging.edits import APPLICATION, CENTRAL, ERRORS, GROUPS, group, planned_group
from stackproof.core.verdicts import Verdict

LOGS, SECRETS = "alias/triflow-ai-logs", "alias/triflow-ai-production"
KEY, ALIAS = f"{CENTRAL}.aws_kms_key.logs", f"{CENTRAL}.aws_kms_alias.logs"
IDS = {alias["AliasName"]: alias.get("TargetKeyId") for alias in answered("kms:ListAliases", "Aliases")}
LOGS_ARN, SECRETS_ARN = (f"arn:aws:kms:ap-northeast-2:123456789012:key/{IDS[alias]}" for alias in (LOGS, SECRETS))
ELSEWHERE = "arn:aws:kms:ap-northeast-2:123456789012:key/elsewhere"

CONTEXT = "kms:EncryptionContext:aws:logs:arn"
OWN_GROUPS = "arn:aws:logs:ap-northeast-2:123456789012:log-group:*"
ROOT = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*", "Resource": "*"}
SERVICE: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"Service": "logs.ap-northeast-2.amazonaws.com"},
    "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
    "Resource": "*",
    "Condition": {"ArnLike": {CONTEXT: OWN_GROUPS}},
}
LOGS_SERVICE = "logs.ap-northeast-2.amazonaws.com"
IN_CHINA = {**ROOT, "Principal": {"AWS": "arn:aws-cn:iam::123456789012:root"}}
RESULTS = "arn:aws:logs:ap-northeast-2:123456789012:query-result:*"
QUERY_RESULTS = {
    **SERVICE,
    "Condition": {"ArnEquals": {"aws:SourceArn": RESULTS}, "StringEquals": {"aws:SourceAccount": "123456789012"}},
}
ANYBODYS = {"ArnEquals": {"aws:SourceArn": RESULTS.replace("123456789012", "*")}}
NOT_BOUND = "not bound to the log groups of account 123456789012"


def policed(name: str, verdict: Verdict, message: str, *statements: dict[str, Any]) -> list[Case]:
    """The log key with another policy."""
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    return [
        cloud("LOG-05", name, verdict, says("kms:GetKeyPolicy", "Policy", policy, KeyId=LOGS_ARN), names=message),
        plan("LOG-05", name, verdict, planned(KEY, policy=policy), names=message),
    ]


def bound_by(**condition: Any) -> dict[str, Any]:
    return {**SERVICE, "Condition": {operator: {CONTEXT: arns} for operator, arns in condition.items()}}


def given_to_all_groups(key: str) -> Edit:
    """Let every log group of the plan be encrypted with another key."""

    def edit(document: dict[str, Any]) -> None:
        central = document["configuration"]["root_module"]["module_calls"]["central_logging"]["module"]
        central["module_calls"]["groups"]["expressions"]["kms_key_arn"] = {"references": [f"{key}.arn", key]}
        if arn := value_of(document, f"{CENTRAL}.x.y", f"{key}.arn"):
            for address in planned_addresses(document, "aws_cloudwatch_log_group"):
                planned(address, kms_key_id=arn)(document)

    return edit


CASES = [
    cloud("LOG-04", "the secrets key", FAIL, says(GROUPS, group(ERRORS, "kmsKeyId"), SECRETS_ARN), names=ERRORS),
    cloud(
        "LOG-04",
        "the secrets key, on page 2",
        FAIL,
        on_page_2(GROUPS, "logGroups", logGroupName="/aws/ecs/api/audit", kmsKeyId=SECRETS_ARN),
        names="/aws/ecs/api/audit",
    ),
    cloud("LOG-04", "no key", FAIL, omits(GROUPS, group(APPLICATION, "kmsKeyId")), names="no customer key"),
    cloud(
        "LOG-04",
        "one key for logs and secrets",
        FAIL,
        says("kms:ListAliases", f"Aliases.AliasName={SECRETS}.TargetKeyId", IDS[LOGS]),
        names=f"{LOGS} and {SECRETS}",
    ),
    cloud("LOG-04", "no log key", FAIL, omits("kms:ListAliases", f"Aliases.AliasName={LOGS}"), names=LOGS),
    cloud(
        "LOG-04",
        "a key of nobody's",
        FAIL,
        says(GROUPS, group(ERRORS, "kmsKeyId"), ELSEWHERE),
        answers("kms:DescribeKey", {"KeyMetadata": {"Arn": ELSEWHERE}}, KeyId=ELSEWHERE),
        names=ERRORS,
    ),
    cloud("LOG-04", "its ARN is not reported", ERROR, omits("kms:DescribeKey", "KeyMetadata.Arn", KeyId=LOGS_ARN)),
    plan("LOG-04", "the audit key", FAIL, given_to_all_groups("aws_kms_key.audit"), names=ERRORS),
    plan(
        "LOG-04",
        "the secrets key",
        FAIL,
        with_resource("aws_cloudwatch_log_group.more", name="/aws/ecs/api/audit", refers={"kms_key_id": "aws_kms_key.main.arn"}),
        names="/aws/ecs/api/audit",
    ),
    plan("LOG-04", "no key", FAIL, planned(planned_group(ERRORS), kms_key_id=None), names="no customer key"),
    plan("LOG-04", "no log key", FAIL, without(ALIAS), names=LOGS),
    plan("LOG-04", "a key from elsewhere", UNKNOWN, planned(planned_group(ERRORS), kms_key_id=ELSEWHERE)),
    plan("LOG-04", "key known after apply", UNKNOWN, unknown(planned_group(ERRORS), "kms_key_id")),
    *policed("as AWS documents it", PASS, "", ROOT, bound_by(ArnLike="arn:aws:logs:ap-northeast-2:123456789012:*")),
    *policed("for one group", PASS, "", ROOT, bound_by(ArnEquals=OWN_GROUPS.replace("*", ERRORS))),
    *policed("results of queries, bound by their ARN and the account", PASS, "", ROOT, SERVICE, QUERY_RESULTS),
    *policed("results of queries of every account", FAIL, NOT_BOUND, ROOT, SERVICE, {**QUERY_RESULTS, "Condition": ANYBODYS}),
    *policed("results of queries alone", FAIL, "does not let logs.ap-northeast-2.amazonaws.com in", ROOT, QUERY_RESULTS),
    *policed("as it is in China", PASS, "", IN_CHINA, {**SERVICE, "Principal": {"Service": f"{LOGS_SERVICE}.cn"}}),
    *policed(
        "another account in China",
        FAIL,
        "210987654321",
        SERVICE,
        {**ROOT, "Principal": {"AWS": "arn:aws-cn:iam::210987654321:root"}},
    ),
    cloud("LOG-05", "a longer period", FAIL, says("kms:GetKeyRotationStatus", "RotationPeriodInDays", 730, KeyId=LOGS_ARN)),
    plan("LOG-05", "a longer period", FAIL, planned(KEY, rotation_period_in_days=730)),
    *policed("no condition", FAIL, NOT_BOUND, ROOT, {**SERVICE, "Condition": {}}),
    *policed("another condition", FAIL, NOT_BOUND, ROOT, {**SERVICE, "Condition": {"StringEquals": {"aws:x": "y"}}}),
    *policed("groups of every account", FAIL, NOT_BOUND, ROOT, bound_by(ArnLike="arn:aws:logs:*:*:*")),
    *policed("groups of another account too", FAIL, NOT_BOUND, ROOT, bound_by(ArnLike=[OWN_GROUPS, "arn:aws:logs:*:1:*"])),
    *policed("a condition that holds without a group", FAIL, NOT_BOUND, ROOT, bound_by(ArnLikeIfExists=OWN_GROUPS)),
    *policed("a condition for none of the values", FAIL, NOT_BOUND, ROOT, bound_by(**{"ForAllValues:ArnLike": OWN_GROUPS})),
    *policed(
        "the service of another region",
        FAIL,
        "lets Service logs.us-east-1.amazonaws.com in",
        ROOT,
        {**SERVICE, "Principal": {"Service": "logs.us-east-1.amazonaws.com"}},
    ),
    *policed(
        "another service too",
        FAIL,
        "lets Service cloudtrail.amazonaws.com in",
        ROOT,
        {**SERVICE, "Principal": {"Service": ["logs.ap-northeast-2.amazonaws.com", "cloudtrail.amazonaws.com"]}},
    ),
    *policed("a role", FAIL, "role/x in", ROOT, SERVICE, {**ROOT, "Principal": {"AWS": "arn:aws:iam::123456789012:role/x"}}),
    *policed("another account", FAIL, "lets AWS 210987654321 in", ROOT, SERVICE, {**ROOT, "Principal": {"AWS": "210987654321"}}),
    *policed("everyone", FAIL, "lets * (everyone) in", ROOT, SERVICE, {**SERVICE, "Principal": "*"}),
    *policed("everyone but one", FAIL, "NotPrincipal", SERVICE, {**SERVICE, "Principal": {}, "NotPrincipal": {"AWS": "1"}}),
    *policed("administration by the service", FAIL, "kms:*, which it does not need", ROOT, {**SERVICE, "Action": "kms:*"}),
    *policed("no use of data keys", FAIL, "do kms:GenerateDataKey", ROOT, {**SERVICE, "Action": SERVICE["Action"][:3]}),
    *policed("nobody is named", FAIL, "somebody whom it does not name", SERVICE, {**ROOT, "Principal": {}}),
    *policed("all but one action", FAIL, "NotAction", ROOT, {**SERVICE, "Action": [], "NotAction": "kms:Create*"}),
    *policed("nobody but the account", FAIL, "does not let logs.ap-northeast-2.amazonaws.com in", ROOT),
    cloud("LOG-05", "disabled", FAIL, says("kms:DescribeKey", "KeyMetadata.KeyState", "Disabled", KeyId=LOGS_ARN)),
    cloud("LOG-05", "being deleted", FAIL, says("kms:DescribeKey", "KeyMetadata.KeyState", "PendingDeletion", KeyId=LOGS_ARN)),
    cloud("LOG-05", "not rotating", FAIL, says("kms:GetKeyRotationStatus", "KeyRotationEnabled", False, KeyId=LOGS_ARN)),
    cloud("LOG-05", "no such key", FAIL, omits("kms:ListAliases", f"Aliases.AliasName={LOGS}"), names=LOGS),
    cloud("LOG-05", "no policy told", ERROR, omits("kms:GetKeyPolicy", "Policy", KeyId=LOGS_ARN)),
    cloud("LOG-05", "a policy that is none", ERROR, says("kms:GetKeyPolicy", "Policy", "none", KeyId=LOGS_ARN)),
    plan("LOG-05", "disabled", FAIL, planned(KEY, is_enabled=False)),
    plan("LOG-05", "not rotating", FAIL, planned(KEY, enable_key_rotation=None)),
    plan("LOG-05", "no such key", FAIL, without(ALIAS), names=LOGS),
    plan("LOG-05", "policy known after apply", UNKNOWN, unknown(KEY, "policy")),
]
