"""Verdicts that well-known scanners get wrong, each a case of its own.

Each row has the name of what is wrong elsewhere, a control, and the verdict that is right.
"""

from typing import Any

import pytest

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import Edit, absent, adds, answers, fails, omits, planned, says, unknown, with_resource, without
from proofs.logging.edits import ERRORS, GROUPS, group, planned_group
from proofs.security.load_balancer import FORWARD, HTTP, LISTENER, PLANNED_FORWARD, PLANNED_REDIRECT, REDIRECT
from proofs.security.network import DECLARED_RULE, RDS, RULES, WORLD
from stackproof.core.verdicts import AccessDenied

DATABASE = "aws_db_instance.main"
HTTPS = "aws_lb_listener.https"
LISTENERS, BLOCK = "elbv2:DescribeListeners", "s3:GetPublicAccessBlock"
FLAGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
EVERYONE = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}
HALVES = ["0.0.0.0/1", "128.0.0.0/1"]
PUBLIC_ACL = adds("s3:GetBucketAcl", "Grants", {"Grantee": EVERYONE, "Permission": "READ"}, Bucket="triflow-ai-prod")


def backwards(operation: str, member: str) -> Edit:
    """The same list in the other order."""

    def edit(calls: Any) -> Any:
        listed = next(call.pages[0][member] for call in calls if call.call.operation == operation)
        return says(operation, member, listed[::-1])(calls)

    return edit


FORWARDS_ON_8080 = (
    adds(LISTENERS, "Listeners", {"ListenerArn": "arn:8080", "Port": 8080, "Protocol": "HTTP", "DefaultActions": FORWARD}),
    answers("elbv2:DescribeRules", {"Rules": [{"Priority": "default", "Actions": FORWARD}]}, ListenerArn="arn:8080"),
)
RULE_OVER_DEFAULT = (
    says(LISTENERS, f"{HTTP}.DefaultActions", FORWARD),
    adds("elbv2:DescribeRules", "Rules", {"Priority": "1", "Actions": [REDIRECT]}),
)

CASES = [
    # A redirect counts although it is only a rule, and what no rule matches is forwarded in plain text.
    cloud("SEC-ALB-01", "redirect only as a rule over a forwarding default", FAIL, *RULE_OVER_DEFAULT, names="HTTP:80"),
    plan(
        "SEC-ALB-01",
        "redirect only as a rule over a forwarding default",
        FAIL,
        planned(LISTENER, default_action=PLANNED_FORWARD),
        with_resource("aws_lb_listener_rule.more", refers={"listener_arn": f"{LISTENER}.arn"}, action=[PLANNED_REDIRECT]),
        names="HTTP:80",
    ),
    # One listener that redirects speaks for all of them, or the last one looked at does.
    cloud("SEC-ALB-01", "HTTP:8080 forwards beside HTTP:80 that redirects", FAIL, *FORWARDS_ON_8080, names="HTTP:8080"),
    cloud(
        "SEC-ALB-01",
        "HTTP:8080 forwards before HTTP:80 that redirects",
        FAIL,
        *FORWARDS_ON_8080,
        backwards(LISTENERS, "Listeners"),
        names="HTTP:8080",
    ),
    # The world is looked for as text.
    cloud(
        "SEC-SG-01",
        "the world in two halves",
        FAIL,
        adds("ec2:DescribeSecurityGroups", RULES, {**WORLD, "IpRanges": [{"CidrIp": half} for half in HALVES]}),
        names="22 from 0.0.0.0/0",
    ),
    plan(
        "SEC-SG-01",
        "the world in two halves",
        FAIL,
        planned(RDS, ingress=[{**DECLARED_RULE, "cidr_blocks": HALVES}]),
        names="5432 from 0.0.0.0/0",
    ),
    # The first block decides, and a group that lets itself in is harmless.
    plan(
        "SEC-SG-01",
        "a self block before an open one",
        FAIL,
        planned(RDS, ingress=[{**DECLARED_RULE, "self": True}, {**DECLARED_RULE, "cidr_blocks": ["0.0.0.0/0"]}]),
        names="5432 from 0.0.0.0/0",
    ),
    cloud(
        "SEC-SG-01",
        "a self rule before an open one",
        FAIL,
        adds("ec2:DescribeSecurityGroups", RULES, {**WORLD, "UserIdGroupPairs": [{"GroupId": "sg-0self"}]}),
        adds("ec2:DescribeSecurityGroups", RULES, {**WORLD, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}),
        names="22 from 0.0.0.0/0",
    ),
    # A call that is denied becomes an empty list, and an empty list of grants is private.
    cloud(
        "SEC-S3-02",
        "a public bucket whose ACL may not be read",
        ERROR,
        PUBLIC_ACL,
        fails("s3:GetBucketAcl", AccessDenied("denied")),
    ),
    cloud("SEC-S3-02", "the same bucket, when it may be", FAIL, PUBLIC_ACL, names="AllUsers"),
    cloud("SEC-S3-01", "a block that may not be read", ERROR, fails(BLOCK, AccessDenied("denied"))),
    # Two of the four flags are looked at.
    *(
        cloud("SEC-S3-01", f"all flags but {flag}", FAIL, says(BLOCK, f"PublicAccessBlockConfiguration.{flag}", False))
        for flag in FLAGS
    ),
    # The account's block is taken for the bucket's own.
    cloud(
        "SEC-S3-01",
        "the account's block alone",
        FAIL,
        absent(BLOCK),
        answers(
            "s3control:GetPublicAccessBlock",
            {"PublicAccessBlockConfiguration": dict.fromkeys(FLAGS, True)},
            AccountId="123456789012",
        ),
        names="triflow-ai-prod",
    ),
    plan(
        "SEC-S3-01",
        "the account's block alone",
        FAIL,
        without("aws_s3_bucket_public_access_block.app"),
        with_resource(
            "aws_s3_account_public_access_block.all",
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        ),
    ),
    # What is not known, or not told, is taken for what is good.
    plan("SEC-RDS-01", "publicly_accessible known after apply", UNKNOWN, unknown(DATABASE, "publicly_accessible")),
    cloud(
        "SEC-RDS-01", "PubliclyAccessible not told", ERROR, omits("rds:DescribeDBInstances", "DBInstances.0.PubliclyAccessible")
    ),
    # Every number of days is a retention, and 0 is one; it stands for ever.
    plan("LOG-03", "retention_in_days = 0", FAIL, planned(planned_group(ERRORS), retention_in_days=0), names=ERRORS),
    plan("LOG-03", "retention_in_days left out", FAIL, planned(planned_group(ERRORS), retention_in_days=None), names=ERRORS),
    cloud("LOG-03", "retentionInDays not told", FAIL, omits(GROUPS, group(ERRORS, "retentionInDays")), names=ERRORS),
    # A policy is judged by its name: FIPS is not in the list of good ones, TLS13 is.
    *(
        plan("SEC-ALB-02", name, verdict, planned(HTTPS, ssl_policy=f"ELBSecurityPolicy-{name}"))
        for name, verdict in {
            "TLS13-1-2-FIPS-2023-04": PASS,
            "TLS13-1-2-Res-FIPS-PQ-2025-09": PASS,
            "TLS13-1-3-RFC9151-FIPS-2023-07": PASS,
            "TLS13-1-1-FIPS-2023-04": FAIL,
            "TLS13-1-0-FIPS-PQ-2025-09": FAIL,
            "FS-1-2-Res-2020-10": FAIL,
        }.items()
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_others_get_wrong_is_right_here(case: Case) -> None:
    judgement = case.judge()
    assert judgement.verdict is case.verdict, judgement.message
    assert case.names in judgement.message
