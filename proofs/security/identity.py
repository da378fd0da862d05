"""AWS IAM."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import (
    Edit,
    adds,
    answers,
    fails,
    omits,
    on_page_2,
    planned,
    profile,
    recorded_at,
    refers,
    says,
    unknown,
    with_resource,
    without,
)
from stackproof.core.verdicts import AccessDenied, Verdict
from stackproof.judgement.managed_policies import published
from stackproof.profile.schema import Profile

ACCOUNT = "123456789012"
EXECUTION, TASK = "triflow-ai-production-ecs-task-execution-role", "triflow-ai-production-ecs-task-role"
DETAILS = "iam:GetAccountAuthorizationDetails"
ROLE, USER = f"RoleDetailList.RoleName={TASK}", "UserDetailList.UserName=terraform-deploy"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
OWN = f"arn:aws:iam::{ACCOUNT}:policy/own"
SECRET = f"arn:aws:secretsmanager:ap-northeast-2:{ACCOUNT}:secret:"
CLUSTER = f"arn:aws:ecs:ap-northeast-2:{ACCOUNT}:cluster"
BOUNDARY = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": OWN}


def policy(*statements: Mapping[str, object]) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: object, resource: object, **condition: Any) -> dict[str, object]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **({"Condition": condition} if condition else {})}


def deny(action: object, resource: object) -> dict[str, object]:
    return {"Effect": "Deny", "Action": action, "Resource": resource}


EVERYTHING = policy(allow("*", "*"))


def inline(*statements: Mapping[str, object]) -> Edit:
    """The task role's inline policy."""
    return says(DETAILS, f"{ROLE}.RolePolicyList.0.PolicyDocument", policy(*statements))


def planned_inline(*statements: Mapping[str, object]) -> Edit:
    return planned("aws_iam_role_policy.task", policy=json.dumps(policy(*statements)))


def attached(whose: str, arn: str) -> Edit:
    return says(DETAILS, f"{whose}.AttachedManagedPolicies", [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn}])


def own_policy(*versions: dict[str, object]) -> Edit:
    """A policy of the account, of which the last version is in force."""
    listed = [{"VersionId": f"v{number}", "Document": document} for number, document in enumerate(versions, start=1)]
    return adds(
        DETAILS,
        "Policies",
        {"PolicyName": "own", "Path": "/", "Arn": OWN, "DefaultVersionId": f"v{len(versions)}", "PolicyVersionList": listed},
    )


def aws_policy(arn: str, document: dict[str, object]) -> list[Edit]:
    """A policy that AWS manages: the account's details do not have it."""
    return [
        answers("iam:GetPolicy", {"Policy": {"Arn": arn, "DefaultVersionId": "v7"}}, PolicyArn=arn),
        answers("iam:GetPolicyVersion", {"PolicyVersion": {"Document": document}}, PolicyArn=arn, VersionId="v7"),
    ]


def attached_on_plan(name: str, role: str, document: dict[str, object]) -> list[Edit]:
    return [
        with_resource(f"aws_iam_policy.{name}", name=name, policy=json.dumps(document)),
        with_resource(f"aws_iam_role_policy_attachment.{name}", refers={"policy_arn": f"aws_iam_policy.{name}.arn"}, role=role),
    ]


def of_aws(name: str) -> list[Edit]:
    """A policy that AWS manages, with the document that it publishes, on the task role."""
    arn = f"arn:aws:iam::aws:policy/{name}"
    document = published(arn)
    assert document is not None, name
    return [attached(ROLE, arn), *aws_policy(arn, dict(document))]


def of_aws_on_plan(name: str) -> Edit:
    return with_resource("aws_iam_role_policy_attachment.more", role=TASK, policy_arn=f"arn:aws:iam::aws:policy/{name}")


def granted(control: str, name: str, *statements: Mapping[str, object], names: str = TASK, verdict: Verdict = FAIL) -> list[Case]:
    """What the task role's inline policy grants, on a cloud and on a plan."""
    return [
        cloud(control, name, verdict, inline(*statements), names=names),
        plan(control, name, verdict, planned_inline(*statements), names=names),
    ]


WILDCARDS = [
    *granted("SEC-IAM-01", "every action", allow("*", "arn:aws:s3:::triflow-ai-prod/*")),
    *granted("SEC-IAM-01", "every action of a service", allow("s3:*", "arn:aws:s3:::triflow-ai-prod/*")),
    *granted("SEC-IAM-01", "every action, as ?*", allow("s3:?*", "arn:aws:s3:::triflow-ai-prod/*")),
    *granted("SEC-IAM-01", "a pattern on every resource", allow(["s3:Get*"], "*"), names="s3:Get*"),
    *granted("SEC-IAM-01", "an action on every resource that takes one", allow("secretsmanager:GetSecretValue", "*")),
    *granted("SEC-IAM-01", "an action on all of a kind", allow("s3:GetObject", "arn:aws:s3:::*"), names="s3:GetObject"),
    *granted(
        "SEC-IAM-01", "on all of a kind, as ?*", allow("secretsmanager:GetSecretValue", f"{SECRET}?*"), names="GetSecretValue"
    ),
    *granted("SEC-IAM-01", "on all that ends as AWS has it end", allow("secretsmanager:GetSecretValue", f"{SECRET}*-??????")),
    *granted(
        "SEC-IAM-01", "on every key, by its hyphens", allow("kms:Decrypt", f"arn:aws:kms:*:{ACCOUNT}:key/*-*"), names="kms:"
    ),
    *granted("SEC-IAM-01", "a pattern of actions on every role, as ?*", allow("iam:Pass*", f"arn:aws:iam::{ACCOUNT}:role/?*")),
    *granted(
        "SEC-IAM-01", "every action of a service by a letter", allow("sqs:*e*", f"arn:aws:sqs:*:{ACCOUNT}:jobs"), names="sqs"
    ),
    *granted(
        "SEC-IAM-01",
        "on secrets of a name",
        allow("secretsmanager:GetSecretValue", f"{SECRET}triflow-*-??????"),
        names="",
        verdict=PASS,
    ),
    *granted("SEC-IAM-01", "in every bucket", allow("s3:GetObject", "arn:aws:s3:::*/uploads/*"), names="s3:GetObject"),
    *granted("SEC-IAM-01", "in every bucket, as ?*", allow("s3:PutObject", "arn:aws:s3:::?*/uploads/x")),
    *granted("SEC-IAM-01", "in buckets of a name", allow("s3:GetObject", "arn:aws:s3:::*-uploads/x/*"), names="", verdict=PASS),
    *granted("SEC-IAM-01", "a stream of every group", allow("logs:PutLogEvents", "arn:aws:logs:*:*:log-group:*:log-stream:app")),
    *granted(
        "SEC-IAM-01",
        "a stream of named groups",
        allow("logs:PutLogEvents", f"arn:aws:logs:*:{ACCOUNT}:log-group:*/app:log-stream:*"),
        names="",
        verdict=PASS,
    ),
    *granted(
        "SEC-IAM-01",
        "metrics of one namespace",
        allow("cloudwatch:PutMetricData", "*", StringEquals={"cloudwatch:namespace": "TriFlow"}),
        names="",
        verdict=PASS,
    ),
    *granted("SEC-IAM-01", "speech, which takes lexicons at most", allow("polly:SynthesizeSpeech", "*"), names="", verdict=PASS),
    *granted(
        "SEC-IAM-01", "an object or an access point's, both optional", allow("s3:DeleteObject", "*"), names="s3:DeleteObject"
    ),
    *(
        case
        for name, verdict, condition in (
            ("one cluster", PASS, {"ArnEquals": {"ecs:cluster": f"{CLUSTER}/triflow"}}),
            ("clusters of a name", PASS, {"ArnLike": {"ECS:Cluster": [f"{CLUSTER}/triflow-*"]}}),
            ("every cluster", FAIL, {"ArnLike": {"ecs:cluster": f"{CLUSTER}/*"}}),
            ("one cluster, or every", FAIL, {"ArnLike": {"ecs:cluster": [f"{CLUSTER}/triflow", "*"]}}),
            ("a cluster, if it is told", FAIL, {"ArnEqualsIfExists": {"ecs:cluster": f"{CLUSTER}/triflow"}}),
            ("not one cluster", FAIL, {"ArnNotEquals": {"ecs:cluster": f"{CLUSTER}/triflow"}}),
            ("a namespace of metrics", FAIL, {"StringEquals": {"cloudwatch:namespace": "TriFlow"}}),
            ("a tag", PASS, {"StringEquals": {"aws:ResourceTag/stack": "triflow"}}),
            ("a region", FAIL, {"StringEquals": {"aws:RequestedRegion": "ap-northeast-2"}}),
        )
        for case in granted(
            "SEC-IAM-01",
            f"tasks of {name}",
            allow("ecs:StopTask", "*", **condition),
            names="ecs:StopTask" if verdict is FAIL else "",
            verdict=verdict,
        )
    ),
    *granted("SEC-IAM-01", "a role for one service", allow("iam:PassRole", "*", StringEquals={"iam:PassedToService": "ecs"})),
    *granted(
        "SEC-IAM-01", "everything but everything", {"Effect": "Allow", "Action": "*", "NotResource": "*"}, names="", verdict=PASS
    ),
    *granted("SEC-IAM-01", "NotAction", {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}),
    *granted("SEC-IAM-01", "NotResource", {"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::x/*"}),
    *granted(
        "SEC-IAM-01",
        "a wildcard that is denied",
        deny("*", "*"),
        allow("s3:GetObject", "arn:aws:s3:::b/*"),
        names="",
        verdict=PASS,
    ),
    cloud("SEC-IAM-01", "no such role", PASS, says(DETAILS, f"{ROLE}.RoleName", "other")),
    cloud("SEC-IAM-01", "no role at all", FAIL, says(DETAILS, "RoleDetailList", [])),
    cloud(
        "SEC-IAM-01",
        "a wildcard in the second version of an attached policy",
        FAIL,
        attached(ROLE, OWN),
        own_policy(policy(allow("s3:GetObject", "arn:aws:s3:::b/*")), policy(allow("s3:*", "*"))),
        names="every action of s3",
    ),
    cloud(
        "SEC-IAM-01",
        "a wildcard in a version that is not in force",
        PASS,
        attached(ROLE, OWN),
        own_policy(policy(allow("s3:*", "*")), policy(allow("s3:GetObject", "arn:aws:s3:::b/*"))),
    ),
    cloud(
        "SEC-IAM-01",
        "a wildcard in a policy of AWS",
        FAIL,
        attached(ROLE, "arn:aws:iam::aws:policy/ReadOnlyAccess"),
        *aws_policy("arn:aws:iam::aws:policy/ReadOnlyAccess", policy(allow("s3:Get*", "*"))),
        names="s3:Get*",
    ),
    cloud("SEC-IAM-01", "an attached policy that cannot be read", ERROR, attached(ROLE, ADMINISTRATOR)),
    cloud(
        "SEC-IAM-01",
        "an attached policy without its version",
        ERROR,
        attached(ROLE, OWN),
        adds(DETAILS, "Policies", {"Arn": OWN, "DefaultVersionId": "v2", "PolicyVersionList": []}),
    ),
    cloud("SEC-IAM-01", "inline policies not reported", ERROR, omits(DETAILS, f"{ROLE}.RolePolicyList")),
    cloud("SEC-IAM-01", "attached policies not reported", ERROR, omits(DETAILS, f"{ROLE}.AttachedManagedPolicies")),
    plan(
        "SEC-IAM-01",
        "a wildcard in an attached policy",
        FAIL,
        *attached_on_plan("more", TASK, policy(allow("s3:*", "*"))),
        names="every action of s3",
    ),
    plan(
        "SEC-IAM-01",
        "an attached policy that is not in the plan",
        UNKNOWN,
        with_resource("aws_iam_role_policy_attachment.more", role=TASK, policy_arn=OWN),
    ),
    plan("SEC-IAM-01", "a policy of AWS that nobody has published", UNKNOWN, of_aws_on_plan("NoSuchPolicy"), names="by 20"),
    plan("SEC-IAM-01", "a wildcard in a policy of AWS", FAIL, of_aws_on_plan("ReadOnlyAccess"), names="ReadOnlyAccess"),
    plan("SEC-IAM-01", "a policy of AWS without a wildcard", PASS, of_aws_on_plan("AWSXRayDaemonWriteAccess")),
    cloud("SEC-IAM-01", "a policy of AWS without a wildcard", PASS, *of_aws("AWSXRayDaemonWriteAccess")),
    plan(
        "SEC-IAM-01",
        "a wildcard beside a policy that is not known",
        FAIL,
        with_resource("aws_iam_role_policy_attachment.more", role=TASK, policy_arn=OWN),
        planned_inline(allow("s3:*", "*")),
        names="every action of s3",
    ),
    plan(
        "SEC-IAM-01",
        "a wildcard behind an attachment that is not known",
        FAIL,
        with_resource("aws_iam_role_policy_attachment.a", role=TASK, policy_arn=OWN),
        unknown("aws_iam_role_policy_attachment.a", "policy_arn"),
        of_aws_on_plan("AdministratorAccess"),
        names="AdministratorAccess",
    ),
    cloud(
        "SEC-IAM-01",
        "a wildcard beside a policy that cannot be read",
        FAIL,
        says(
            DETAILS,
            f"{ROLE}.AttachedManagedPolicies",
            [{"PolicyName": "a", "PolicyArn": ADMINISTRATOR}, {"PolicyName": "own", "PolicyArn": OWN}],
        ),
        own_policy(policy(allow("s3:*", "*"))),
        names="every action of s3",
    ),
    plan("SEC-IAM-01", "a policy known after apply", UNKNOWN, unknown("aws_iam_role_policy.task", "policy")),
    plan("SEC-IAM-01", "a policy that is not JSON", ERROR, planned("aws_iam_role_policy.task", policy="{")),
    plan("SEC-IAM-01", "no such role", UNKNOWN, without("aws_iam_role.task")),
    plan(
        "SEC-IAM-01",
        "a policy of the other inline kind",
        FAIL,
        planned("aws_iam_role.task", inline_policy=[{"name": "inline", "policy": json.dumps(EVERYTHING)}]),
    ),
]


def key_of(days: float) -> Edit:
    return says("iam:ListAccessKeys", "AccessKeyMetadata.0.CreateDate", recorded_at() - timedelta(days=days))


def of_group(*edits: Edit, **details: Any) -> list[Edit]:
    """The deploy user in a group."""
    group = {"GroupName": "deployers", "GroupPolicyList": [], "AttachedManagedPolicies": [], **details}
    return [says(DETAILS, f"{USER}.GroupList", ["deployers"]), adds(DETAILS, "GroupDetailList", group), *edits]


def user_may(name: str, *statements: Mapping[str, object], verdict: Verdict = FAIL) -> Case:
    """What an inline policy of the deploy user grants, after the day."""
    inline = [{"PolicyName": "mine", "PolicyDocument": policy(*statements)}]
    names = "terraform-deploy" if verdict is FAIL else ""
    return cloud("SEC-IAM-02", name, verdict, says(DETAILS, f"{USER}.UserPolicyList", inline), names=names)


ME, GROUP = f"arn:aws:iam::{ACCOUNT}:user/terraform-deploy", f"arn:aws:iam::{ACCOUNT}:group/deployers"
WRITE = ["iam:AttachRolePolicy", "iam:PutRolePolicy"]
OLD_KEY = {
    "AccessKeyId": "AKIAOLD",
    "UserName": "terraform-deploy",
    "Status": "Inactive",
    "CreateDate": datetime(2025, 1, 1, tzinfo=UTC),
}
XRAY = "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"


def last(name: str) -> str:
    return name.rpartition("/")[2]


PLANNED_USER = with_resource("aws_iam_user.deploy", name="terraform-deploy")
BROAD = [
    *(
        case
        for name, verdict in (
            ("AdministratorAccess", FAIL),
            ("PowerUserAccess", FAIL),
            ("IAMFullAccess", FAIL),
            ("AWSLambda_FullAccess", FAIL),
            ("AmazonEC2ContainerRegistryPowerUser", FAIL),
            ("SecretsManagerReadWrite", FAIL),
            ("job-function/SystemAdministrator", FAIL),
            ("service-role/AWSLambdaRole", FAIL),
            ("service-role/AmazonECSTaskExecutionRolePolicy", PASS),
            ("AWSXRayDaemonWriteAccess", PASS),
            ("AmazonS3ReadOnlyAccess", PASS),
            ("ReadOnlyAccess", PASS),
        )
        for case in (
            cloud("SEC-IAM-02", f"{name} on a role", verdict, *of_aws(name), names=last(name) if verdict is FAIL else ""),
            plan("SEC-IAM-02", f"{name} on a role", verdict, of_aws_on_plan(name), names=last(name) if verdict is FAIL else ""),
        )
    ),
    cloud(
        "SEC-IAM-02",
        "what AWS says of its policy today",
        FAIL,
        attached(ROLE, XRAY),
        *aws_policy(XRAY, policy(allow("xray:*", "*"))),
        names="every action of xray",
    ),
    cloud("SEC-IAM-02", "a policy of AWS that cannot be read", ERROR, attached(ROLE, XRAY)),
    plan(
        "SEC-IAM-02", "a policy of AWS that nobody has published", UNKNOWN, of_aws_on_plan("NoSuchPolicy"), names="NoSuchPolicy"
    ),
    plan(
        "SEC-IAM-02",
        "a broad one beside one that nobody has published",
        FAIL,
        planned("aws_iam_role.task", managed_policy_arns=["arn:aws:iam::aws:policy/NoSuchPolicy", ADMINISTRATOR]),
        names="AdministratorAccess",
    ),
    plan(
        "SEC-IAM-02",
        "in the role's own list",
        FAIL,
        planned("aws_iam_role.task", managed_policy_arns=[ADMINISTRATOR]),
        names=TASK,
    ),
    plan(
        "SEC-IAM-02",
        "by an attachment to many",
        FAIL,
        with_resource("aws_iam_policy_attachment.more", roles=["other", TASK], policy_arn=ADMINISTRATOR),
        names=TASK,
    ),
    plan(
        "SEC-IAM-02",
        "by the list of all that is attached",
        FAIL,
        with_resource("aws_iam_role_policy_attachments_exclusive.more", role_name=TASK, policy_arns=[ADMINISTRATOR]),
        names=TASK,
    ),
    plan(
        "SEC-IAM-02",
        "an attachment to another role",
        PASS,
        with_resource("aws_iam_policy_attachment.more", roles=["other"], policy_arn=ADMINISTRATOR),
    ),
    plan("SEC-IAM-02", "a policy of the account", PASS, *attached_on_plan("more", TASK, policy(allow("s3:*", "*")))),
    plan(
        "SEC-IAM-02",
        "an attachment known after apply",
        UNKNOWN,
        with_resource("aws_iam_role_policy_attachment.more", role=TASK, policy_arn=ADMINISTRATOR),
        unknown("aws_iam_role_policy_attachment.more", "policy_arn"),
    ),
    plan(
        "SEC-IAM-02",
        "an administrator that it makes",
        FAIL,
        PLANNED_USER,
        with_resource("aws_iam_user_policy.deploy", name="all", user="terraform-deploy", policy=json.dumps(EVERYTHING)),
        names="terraform-deploy",
    ),
    plan(
        "SEC-IAM-02",
        "an administrator by AWS's policy, in groups that are not known",
        FAIL,
        PLANNED_USER,
        with_resource("aws_iam_user_policy_attachment.deploy", user="terraform-deploy", policy_arn=ADMINISTRATOR),
        with_resource("aws_iam_user_group_membership.deploy", user="terraform-deploy", groups=["deployers"]),
        names="terraform-deploy",
    ),
    plan(
        "SEC-IAM-02",
        "a group of a user that it makes",
        UNKNOWN,
        PLANNED_USER,
        with_resource("aws_iam_user_group_membership.deploy", user="terraform-deploy", groups=["deployers"]),
    ),
    plan(
        "SEC-IAM-02",
        "a key that it makes",
        UNKNOWN,
        PLANNED_USER,
        with_resource("aws_iam_access_key.deploy", user="terraform-deploy"),
        unknown("aws_iam_access_key.deploy", "create_date"),
    ),
    cloud("SEC-IAM-02", "a key of 91 days", FAIL, key_of(91), names="terraform-deploy"),
    cloud("SEC-IAM-02", "a key of 90 days", FAIL, key_of(90)),
    cloud("SEC-IAM-02", "a key of 89 days", PASS, key_of(89)),
    cloud("SEC-IAM-02", "an old key that is inactive", FAIL, adds("iam:ListAccessKeys", "AccessKeyMetadata", OLD_KEY)),
    cloud("SEC-IAM-02", "an old key on page 2", FAIL, on_page_2("iam:ListAccessKeys", "AccessKeyMetadata", **OLD_KEY)),
    cloud("SEC-IAM-02", "no key", PASS, says("iam:ListAccessKeys", "AccessKeyMetadata", [])),
    cloud("SEC-IAM-02", "no date of a key", ERROR, omits("iam:ListAccessKeys", "AccessKeyMetadata.0.CreateDate")),
    cloud("SEC-IAM-02", "no such user", FAIL, says(DETAILS, f"{USER}.UserName", "other"), names="terraform-deploy"),
    cloud(
        "SEC-IAM-02",
        "AdministratorAccess after the day",
        FAIL,
        attached(USER, ADMINISTRATOR),
        *aws_policy(ADMINISTRATOR, EVERYTHING),
        names="terraform-deploy",
    ),
    cloud(
        "SEC-IAM-02",
        "AdministratorAccess by a group",
        FAIL,
        *of_group(AttachedManagedPolicies=[{"PolicyName": "AdministratorAccess", "PolicyArn": ADMINISTRATOR}]),
        *aws_policy(ADMINISTRATOR, EVERYTHING),
    ),
    cloud(
        "SEC-IAM-02",
        "a group's own words",
        FAIL,
        *of_group(GroupPolicyList=[{"PolicyName": "all", "PolicyDocument": EVERYTHING}]),
    ),
    cloud("SEC-IAM-02", "a group that may little", PASS, *of_group()),
    cloud("SEC-IAM-02", "a copy of AdministratorAccess", FAIL, attached(USER, OWN), own_policy(EVERYTHING)),
    cloud(
        "SEC-IAM-02",
        "an inline copy",
        FAIL,
        says(DETAILS, f"{USER}.UserPolicyList", [{"PolicyName": "all", "PolicyDocument": EVERYTHING}]),
    ),
    user_may("every action, as ?*", allow("?*", "*")),
    user_may("every action of every service", allow("*:**", "*")),
    user_may("every resource, as arn:*", allow("*", "arn:*")),
    user_may("every action but one", {"Effect": "Allow", "NotAction": "foo:bar", "Resource": "*"}),
    user_may("every resource but one", {"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::x"}),
    user_may("everything, and a Deny that it can lift", allow("*", "*"), deny("iam:*", "*")),
    user_may("all of IAM", allow("iam:*", "*")),
    user_may("all of IAM, by a pattern", allow("i?m:*", f"arn:aws:iam::{ACCOUNT}:*")),
    user_may("policies of every role", allow(WRITE, f"arn:aws:iam::{ACCOUNT}:role/?*")),
    user_may("its own policies", allow("iam:PutUserPolicy", ME)),
    user_may(
        "policies of users whose names begin like its own", allow("iam:AttachUserPolicy", f"arn:aws:iam::{ACCOUNT}:user/terr*")
    ),
    user_may(
        "any policy but administration", {**allow(WRITE, "*"), "Condition": {"ArnNotEquals": {"iam:PolicyARN": ADMINISTRATOR}}}
    ),
    user_may("all but IAM", {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, verdict=PASS),
    user_may("policies of named roles", allow(WRITE, f"arn:aws:iam::{ACCOUNT}:role/triflow-*"), verdict=PASS),
    user_may(
        "named policies to any role", {**allow(WRITE[0], "*"), "Condition": {"ArnEquals": {"iam:PolicyARN": OWN}}}, verdict=PASS
    ),
    user_may(
        "policies of roles within a boundary",
        {**allow(WRITE, "*"), "Condition": {"StringEquals": {"iam:PermissionsBoundary": OWN}}},
        verdict=PASS,
    ),
    user_may("its own access keys", allow("iam:*AccessKey*", f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}"), verdict=PASS),
    cloud(
        "SEC-IAM-02",
        "policies of its group",
        FAIL,
        *of_group(GroupPolicyList=[{"PolicyName": "x", "PolicyDocument": policy(allow("iam:PutGroupPolicy", GROUP))}]),
        names="terraform-deploy",
    ),
    cloud(
        "SEC-IAM-02",
        "all of IAM, within a boundary that does not let it through",
        PASS,
        says(DETAILS, f"{USER}.UserPolicyList", [{"PolicyName": "mine", "PolicyDocument": policy(allow("iam:*", "*"))}]),
        says(DETAILS, f"{USER}.PermissionsBoundary", BOUNDARY),
        own_policy(policy(allow("s3:*", "*"))),
    ),
    cloud("SEC-IAM-02", "groups not reported", ERROR, omits(DETAILS, f"{USER}.GroupList")),
    cloud(
        "SEC-IAM-02", "a group of which nothing is told", ERROR, says(DETAILS, f"{USER}.GroupList", ["admins"]), names="admins"
    ),
    cloud(
        "SEC-IAM-02",
        "inline policies left out, and there are none",
        PASS,
        omits(DETAILS, f"{USER}.UserPolicyList"),
        answers("iam:ListUserPolicies", {"PolicyNames": []}, UserName="terraform-deploy"),
    ),
    cloud(
        "SEC-IAM-02",
        "inline policies left out, and there is one",
        FAIL,
        omits(DETAILS, f"{USER}.UserPolicyList"),
        answers("iam:ListUserPolicies", {"PolicyNames": ["all"]}, UserName="terraform-deploy"),
        answers(
            "iam:GetUserPolicy",
            {"PolicyName": "all", "PolicyDocument": EVERYTHING},
            UserName="terraform-deploy",
            PolicyName="all",
        ),
    ),
    cloud(
        "SEC-IAM-02",
        "inline policies left out, and denied",
        ERROR,
        omits(DETAILS, f"{USER}.UserPolicyList"),
        answers("iam:ListUserPolicies", {}, UserName="terraform-deploy"),
        fails("iam:ListUserPolicies", AccessDenied("denied")),
    ),
]

TRUST = f"{ROLE}.AssumeRolePolicyDocument"
BOUND = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
ECS = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole", "Condition": BOUND}


def trusting(name: str, *statements: Mapping[str, object], names: str = TASK, verdict: Verdict = FAIL) -> list[Case]:
    """The task role's trust policy, on a cloud and on a plan."""
    document = policy(*statements)
    return [
        cloud("SEC-IAM-03", name, verdict, says(DETAILS, TRUST, document), names=names),
        plan("SEC-IAM-03", name, verdict, planned("aws_iam_role.task", assume_role_policy=json.dumps(document)), names=names),
    ]


DEFINITION = "aws_ecs_task_definition.backend"
TASK_ARN, EXECUTION_ARN = f"arn:aws:iam::{ACCOUNT}:role/{TASK}", f"arn:aws:iam::{ACCOUNT}:role/{EXECUTION}"
DESCRIBE = "ecs:DescribeTaskDefinition"
TRUSTED = [
    *trusting("Principal *", {**ECS, "Principal": "*"}, names="everyone"),
    *trusting("Principal AWS *", {**ECS, "Principal": {"AWS": "*"}}),
    *trusting("another service too", {**ECS, "Principal": {"Service": ["ecs-tasks.amazonaws.com", "ec2.amazonaws.com"]}}),
    *trusting("another service in another statement", ECS, {**ECS, "Principal": {"Service": "lambda.amazonaws.com"}}),
    *trusting("NotPrincipal", {"Effect": "Allow", "NotPrincipal": {"AWS": "x"}, "Action": "sts:AssumeRole", "Condition": BOUND}),
    *trusting("every action", {**ECS, "Action": "sts:*"}),
    *trusting("not bound", {name: value for name, value in ECS.items() if name != "Condition"}, names="aws:SourceAccount"),
    *trusting("bound to another account", {**ECS, "Condition": {"StringEquals": {"aws:SourceAccount": "210987654321"}}}),
    *trusting("bound to two accounts", {**ECS, "Condition": {"StringEquals": {"aws:SourceAccount": [ACCOUNT, "210987654321"]}}}),
    *trusting("bound if it is told", {**ECS, "Condition": {"StringEqualsIfExists": {"aws:SourceAccount": ACCOUNT}}}),
    *trusting("bound by a wildcard", {**ECS, "Condition": {"StringLike": {"aws:SourceAccount": "*"}}}),
    *trusting("trusts nobody", {**ECS, "Effect": "Deny"}),
    *trusting(
        "a key in other letters", {**ECS, "Condition": {"StringEquals": {"AWS:SourceAccount": [ACCOUNT]}}}, names="", verdict=PASS
    ),
    *(
        case
        for name, verdict, condition in (
            ("by the ARN of what asks", PASS, {"ArnLike": {"aws:SourceArn": f"arn:aws:ecs:ap-northeast-2:{ACCOUNT}:*"}}),
            ("by ARNs of every region", PASS, {"StringLike": {"AWS:SourceARN": [f"arn:aws:ecs:*:{ACCOUNT}:*"]}}),
            ("by ARNs of every account", FAIL, {"ArnLike": {"aws:SourceArn": "arn:aws:ecs:*:*:*"}}),
            ("by an ARN of another account", FAIL, {"ArnLike": {"aws:SourceArn": "arn:aws:ecs:*:210987654321:*"}}),
            ("by ARNs of two accounts", FAIL, {"ArnLike": {"aws:SourceArn": [f"arn:aws:ecs:*:{n}:*" for n in (ACCOUNT, "1")]}}),
            ("by an ARN, if it is told", FAIL, {"ArnLikeIfExists": {"aws:SourceArn": f"arn:aws:ecs:*:{ACCOUNT}:*"}}),
            ("by every ARN but one", FAIL, {"ArnNotLike": {"aws:SourceArn": f"arn:aws:ecs:*:{ACCOUNT}:*"}}),
        )
        for case in trusting(
            f"bound {name}", {**ECS, "Condition": condition}, names=TASK if verdict is FAIL else "", verdict=verdict
        )
    ),
    *trusting(
        "the name of the service in China",
        {**ECS, "Principal": {"Service": "ecs-tasks.amazonaws.com.cn"}},
        names="",
        verdict=PASS,
    ),
    cloud("SEC-IAM-03", "trust not reported", ERROR, omits(DETAILS, TRUST)),
    plan("SEC-IAM-03", "trust known after apply", UNKNOWN, unknown("aws_iam_role.task", "assume_role_policy")),
    cloud("SEC-IAM-03", "one role for both", FAIL, says(DESCRIBE, "taskDefinition.taskRoleArn", EXECUTION_ARN), names="backend:"),
    plan(
        "SEC-IAM-03",
        "one role for both",
        FAIL,
        planned(DEFINITION, task_role_arn=EXECUTION_ARN, execution_role_arn=EXECUTION_ARN),
        names="triflow-ai-production-backend",
    ),
    cloud("SEC-IAM-03", "another role", FAIL, says(DESCRIBE, "taskDefinition.taskRoleArn", f"arn:aws:iam::{ACCOUNT}:role/admin")),
    plan("SEC-IAM-03", "another role", FAIL, planned(DEFINITION, task_role_arn=f"arn:aws:iam::{ACCOUNT}:role/admin")),
    cloud("SEC-IAM-03", "no task role", FAIL, omits(DESCRIBE, "taskDefinition.taskRoleArn")),
    plan("SEC-IAM-03", "a role known after apply", UNKNOWN, unknown(DEFINITION, "task_role_arn")),
    plan("SEC-IAM-03", "one role for both, by reference", FAIL, refers(DEFINITION, task_role_arn="aws_iam_role.execution.arn")),
    plan(
        "SEC-IAM-03",
        "the same roles by their ARNs",
        PASS,
        planned(DEFINITION, task_role_arn=TASK_ARN, execution_role_arn=EXECUTION_ARN),
    ),
]

ELSEWHERE = "arn:aws:iam::210987654321:role/deploy"


def with_identity(**keys: Any) -> Profile:
    """The compliant stack's profile with other keys of its table ``identity``."""
    known = profile()
    return known.model_copy(update={"identity": known.identity.model_copy(update=keys)})


PASS_TO_LAMBDA = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
ESCALATING = [
    *(
        case
        for action in (
            *("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:AttachRolePolicy", "iam:PutRolePolicy"),
            *(
                "iam:UpdateAssumeRolePolicy",
                "iam:CreateAccessKey",
                "lambda:UpdateFunctionCode",
                "ssm:SendCommand",
                "sts:AssumeRole",
            ),
        )
        for case in granted("SEC-IAM-04", action, allow(action, "*"), names=action)
    ),
    *granted(
        "SEC-IAM-04",
        "iam:PassRole on * with ecs:RunTask",
        allow(["iam:PassRole", "ecs:RunTask"], "*"),
        names="iam:PassRole + ecs:RunTask",
    ),
    *granted("SEC-IAM-04", "in two statements", allow("iam:PassRole", "*"), allow("ecs:RunTask", "*"), names="ecs:RunTask"),
    *granted("SEC-IAM-04", "passing one role", allow("iam:PassRole", EXECUTION_ARN), allow("ecs:RunTask", "*")),
    *granted("SEC-IAM-04", "by a wildcard", allow("iam:Pass*", "*"), allow("ecs:Run*", "*")),
    cloud(
        "SEC-IAM-04",
        "by a policy of AWS's",
        FAIL,
        attached(ROLE, ADMINISTRATOR),
        *aws_policy(ADMINISTRATOR, EVERYTHING),
        names=TASK,
    ),
    *granted("SEC-IAM-04", "by NotAction", {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}),
    *granted(
        "SEC-IAM-04", "by NotResource", {"Effect": "Allow", "Action": "iam:PutRolePolicy", "NotResource": "arn:aws:iam::1:role/x"}
    ),
    *granted(
        "SEC-IAM-04",
        "under a condition",
        {**allow("iam:PutRolePolicy", "*"), "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
    ),
    *granted(
        "SEC-IAM-04",
        "denied in part",
        allow("iam:PutRolePolicy", "*"),
        deny("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/a"),
    ),
    *granted("SEC-IAM-04", "denied", allow("iam:PutRolePolicy", "*"), deny("iam:*", "*"), names="", verdict=PASS),
    *granted(
        "SEC-IAM-04",
        "passed to a service that it cannot use",
        {**allow("iam:PassRole", "*"), "Condition": PASS_TO_LAMBDA},
        allow("ecs:RunTask", "*"),
        names="",
        verdict=PASS,
    ),
    *granted(
        "SEC-IAM-04",
        "an action on what it is not used on",
        allow("iam:*", "arn:aws:s3:::triflow-ai-prod"),
        names="",
        verdict=PASS,
    ),
    *granted("SEC-IAM-04", "one role that it may assume", allow("sts:AssumeRole", TASK_ARN), names="", verdict=PASS),
    *granted("SEC-IAM-04", "every role that it may assume, as ?*", allow("sts:AssumeRole", "arn:aws:iam::*:role/?*")),
    *(
        case
        for action in ("states:CreateStateMachine", "scheduler:CreateSchedule", "elasticmapreduce:RunJobFlow")
        for case in granted(
            "SEC-IAM-04",
            f"passing a role to {action}",
            allow(["iam:PassRole", action, "states:StartExecution"], "*"),
            names=f"iam:PassRole + {action}",
        )
    ),
    *granted("SEC-IAM-04", "taking away what denies", allow("iam:DetachUserPolicy", ME), names="DetachUserPolicy"),
    *granted(
        "SEC-IAM-04",
        "running what is there, as it is there",
        allow(["states:StartExecution", "lambda:InvokeFunction"], "*"),
        names="",
        verdict=PASS,
    ),
    *(
        case
        for action, resource in (
            ("batch:SubmitJob", f"arn:aws:batch:*:{ACCOUNT}:job-definition/report"),
            ("bedrock-agentcore:InvokeAgentRuntimeCommand", f"arn:aws:bedrock-agentcore:*:{ACCOUNT}:runtime/*"),
            ("sso:PutInlinePolicyToPermissionSet", "*"),
            ("codedeploy:CreateDeployment", "*"),
        )
        for case in granted("SEC-IAM-04", action, allow(action, resource), names=action)
    ),
    *granted("SEC-IAM-04", "a role of another account", allow("sts:AssumeRole", ELSEWHERE), names="another account"),
    *granted("SEC-IAM-04", "a role of whatever account", allow("sts:AssumeRole", "arn:aws:iam::*:role/deploy")),
    *granted(
        "SEC-IAM-04",
        "a role of whatever account, if it is one's own",
        allow("sts:AssumeRole", "arn:aws:iam::*:role/deploy", StringEquals={"aws:ResourceAccount": ACCOUNT}),
        names="",
        verdict=PASS,
    ),
    *(
        replace(case, expected=with_identity(assumed_roles=declared))
        for name, verdict, declared in (
            ("that is declared", PASS, [ELSEWHERE]),
            ("that is declared by a pattern", PASS, ["arn:aws:iam::210987654321:role/de*"]),
            ("beside one that is declared", FAIL, ["arn:aws:iam::210987654321:role/read"]),
        )
        for case in granted(
            "SEC-IAM-04",
            f"a role of another account {name}",
            allow("sts:AssumeRole", ELSEWHERE),
            names=TASK if verdict is FAIL else "",
            verdict=verdict,
        )
    ),
    plan("SEC-IAM-04", "by a policy of AWS's", FAIL, of_aws_on_plan("AdministratorAccess"), names="CreatePolicyVersion"),
    *(
        plan(
            "SEC-IAM-04",
            f"by a policy that {kind} gives to a role that what is unknown picks",
            FAIL,
            with_resource(kind, policy_arn=ADMINISTRATOR, policy_arns=[ADMINISTRATOR], refers={role: "aws_iam_role.task.name"}),
            names="CreatePolicyVersion",
        )
        for kind, role in (
            ("aws_iam_role_policy_attachment.more", "role"),
            ("aws_iam_role_policy_attachments_exclusive.more", "role_name"),
        )
    ),
    plan("SEC-IAM-04", "a policy of AWS's that leads nowhere", PASS, of_aws_on_plan("AWSXRayDaemonWriteAccess")),
    plan(
        "SEC-IAM-04",
        "a path beside a policy that is not known",
        FAIL,
        with_resource("aws_iam_role_policy_attachment.more", role=TASK, policy_arn=OWN),
        planned_inline(allow("iam:PutRolePolicy", "*")),
        names="iam:PutRolePolicy",
    ),
    plan(
        "SEC-IAM-04",
        "within a boundary of AWS's that does not let it through",
        PASS,
        planned_inline(allow("iam:CreatePolicyVersion", "*")),
        planned("aws_iam_role.task", permissions_boundary="arn:aws:iam::aws:policy/AmazonS3FullAccess"),
    ),
    cloud(
        "SEC-IAM-04",
        "by an attached policy",
        FAIL,
        attached(ROLE, OWN),
        own_policy(policy(), policy(allow("iam:CreatePolicyVersion", "*"))),
        names="iam:CreatePolicyVersion",
    ),
    cloud(
        "SEC-IAM-04",
        "within a boundary that lets it through",
        FAIL,
        inline(allow("iam:CreatePolicyVersion", "*")),
        says(DETAILS, f"{ROLE}.PermissionsBoundary", BOUNDARY),
        own_policy(policy(allow("iam:*", "*"))),
    ),
    cloud(
        "SEC-IAM-04",
        "within a boundary that does not",
        PASS,
        inline(allow("iam:CreatePolicyVersion", "*")),
        says(DETAILS, f"{ROLE}.PermissionsBoundary", BOUNDARY),
        own_policy(policy(allow("s3:*", "*"))),
    ),
    cloud(
        "SEC-IAM-04",
        "a boundary that cannot be read",
        ERROR,
        inline(allow("iam:CreatePolicyVersion", "*")),
        says(DETAILS, f"{ROLE}.PermissionsBoundary", BOUNDARY),
    ),
    plan(
        "SEC-IAM-04",
        "within a boundary that does not",
        PASS,
        planned_inline(allow("iam:CreatePolicyVersion", "*")),
        with_resource("aws_iam_policy.boundary", policy=json.dumps(policy(allow("s3:*", "*")))),
        refers("aws_iam_role.task", permissions_boundary="aws_iam_policy.boundary.arn"),
    ),
    plan("SEC-IAM-04", "a boundary that is not in the plan", UNKNOWN, planned("aws_iam_role.task", permissions_boundary=OWN)),
    plan("SEC-IAM-04", "a policy known after apply", UNKNOWN, unknown("aws_iam_role_policy.task", "policy")),
]


CASES = [*WILDCARDS, *BROAD, *TRUSTED, *ESCALATING]
