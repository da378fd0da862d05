"""AWS IAM."""

import json

from proofs.cases import ERROR, FAIL, UNKNOWN, Case, cloud, plan
from proofs.harness import absent, answers, planned, says, unknown, with_resource, without

ACCOUNT = "123456789012"
EXECUTION, TASK = "triflow-ai-production-ecs-task-execution-role", "triflow-ai-production-ecs-task-role"


def policy(*statements: dict[str, object]) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: object, resource: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def granting(name: str, statement: dict[str, object], names: str = "") -> list[Case]:
    """A statement too broad in the task role's inline policy, on a cloud and on a plan."""
    return [
        cloud(
            "SEC-IAM-01", name, FAIL, says("iam:GetRolePolicy", "PolicyDocument", policy(statement), RoleName=TASK), names=names
        ),
        plan("SEC-IAM-01", name, FAIL, planned("aws_iam_role_policy.task", policy=json.dumps(policy(statement))), names=names),
    ]


ATTACHED = f"arn:aws:iam::{ACCOUNT}:policy/attached"
CASES = [
    *granting("every action", allow("*", "arn:aws:s3:::triflow-ai-prod/*"), names=TASK),
    *granting("every action of a service", allow("s3:*", "arn:aws:s3:::triflow-ai-prod/*")),
    *granting("a pattern on every resource", allow(["s3:Get*"], "*"), names="s3:Get*"),
    *granting("an action on every resource that takes one", allow("secretsmanager:GetSecretValue", "*")),
    *granting("NotAction", {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}),
    *granting("NotResource", {"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::x/*"}),
    cloud("SEC-IAM-01", "no such role", FAIL, absent("iam:GetRole", RoleName=TASK), names=TASK),
    cloud(
        "SEC-IAM-01",
        "a wildcard in the second version of an attached policy",
        FAIL,
        says(
            "iam:ListAttachedRolePolicies", "AttachedPolicies", [{"PolicyName": "attached", "PolicyArn": ATTACHED}], RoleName=TASK
        ),
        answers("iam:GetPolicy", {"Policy": {"Arn": ATTACHED, "DefaultVersionId": "v2"}}, PolicyArn=ATTACHED),
        answers(
            "iam:GetPolicyVersion",
            {"PolicyVersion": {"Document": policy(allow("s3:*", "*"))}},
            PolicyArn=ATTACHED,
            VersionId="v2",
        ),
        names="every action of s3",
    ),
    cloud(
        "SEC-IAM-01",
        "an attached policy that cannot be read",
        ERROR,
        says(
            "iam:ListAttachedRolePolicies", "AttachedPolicies", [{"PolicyName": "attached", "PolicyArn": ATTACHED}], RoleName=TASK
        ),
    ),
    plan(
        "SEC-IAM-01",
        "a wildcard in an attached policy",
        FAIL,
        with_resource("aws_iam_policy.attached", name="attached", policy=json.dumps(policy(allow("s3:*", "*")))),
        with_resource("aws_iam_role_policy_attachment.attached", refers={"policy_arn": "aws_iam_policy.attached.arn"}, role=TASK),
        names="every action of s3",
    ),
    plan(
        "SEC-IAM-01",
        "an attached policy that is not in the plan",
        UNKNOWN,
        with_resource(
            "aws_iam_role_policy_attachment.attached", role=TASK, policy_arn="arn:aws:iam::aws:policy/AdministratorAccess"
        ),
    ),
    plan("SEC-IAM-01", "a policy known after apply", UNKNOWN, unknown("aws_iam_role_policy.task", "policy")),
    plan("SEC-IAM-01", "no such role", FAIL, without("aws_iam_role.task")),
    plan(
        "SEC-IAM-01",
        "a policy of the other inline kind",
        FAIL,
        planned("aws_iam_role.task", inline_policy=[{"name": "inline", "policy": json.dumps(policy(allow("*", "*")))}]),
    ),
]
