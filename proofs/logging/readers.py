"""Who reads what is in log groups."""

import json
from typing import Any

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import Edit, adds, answers, omits, planned, says, unknown, with_resource, without
from proofs.logging.edits import CENTRAL, ERRORS, HERE
from stackproof.core.verdicts import Verdict
from stackproof.resources.identity import DETAILS

READER, TRAIL = "triflow-ai-production-log-reader", f"{CENTRAL}.aws_cloudtrail.audit"
SELECTORS, STATUS = "cloudtrail:GetEventSelectors", "cloudtrail:GetTrailStatus"
READ_ONLY_ACCESS = "arn:aws:iam::aws:policy/ReadOnlyAccess"
TRUST = {"Statement": {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}}
FOR_EVERYONE = {"Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}}
ACCOUNT = "arn:aws:iam::123456789012"
GITHUB = f"{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
Statement = dict[str, Any]


def allows(action: str, resource: str = "*") -> Statement:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def document(*statements: Statement) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def role(name: str, *statements: Statement, path: str = "/", attached: str = "") -> Edit:
    """One role more, with an inline policy of these statements or an attached one."""
    inline = [{"PolicyName": "inline", "PolicyDocument": document(*statements)}] if statements else []
    managed = [{"PolicyName": attached.rpartition("/")[2], "PolicyArn": attached}] if attached else []
    described = {"RoleName": name, "Path": path, "Arn": f"arn:aws:iam::123456789012:role{path}{name}"}
    policies = {"RolePolicyList": inline, "AttachedManagedPolicies": managed, "AssumeRolePolicyDocument": TRUST}
    return adds(DETAILS, "RoleDetailList", {**described, **policies})


def allowed(name: str, verdict: Verdict, *statements: Statement) -> list[Case]:
    """A role that may do something, on a cloud and on a plan."""
    message = "watcher" if verdict is FAIL else ""
    planned_role = with_resource(f"{CENTRAL}.aws_iam_role.watcher", name="watcher", path="/", inline_policy=[])
    policy = with_resource(
        f"{CENTRAL}.aws_iam_role_policy.watcher", name="inline", role="watcher", policy=json.dumps(document(*statements))
    )
    return [
        cloud("LOG-14", name, verdict, role("watcher", *statements), names=message),
        plan("LOG-14", name, verdict, planned_role, policy, names=message),
    ]


def trusting(name: str, verdict: Verdict, principal: dict[str, Any], **condition: Any) -> list[Case]:
    """Somebody who takes on the reader's role, on a cloud and on a plan."""
    policy = document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition})
    names = f"trust of {READER}" if verdict is FAIL else ""
    return [
        cloud(
            "LOG-14",
            name,
            verdict,
            says(DETAILS, f"RoleDetailList.RoleName={READER}.AssumeRolePolicyDocument", policy),
            names=names,
        ),
        plan(
            "LOG-14",
            name,
            verdict,
            planned(f"{CENTRAL}.aws_iam_role.log_reader", assume_role_policy=json.dumps(policy)),
            names=names,
        ),
    ]


def selecting(**selector: Any) -> list[dict[str, Any]]:
    return [{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [], **selector}]


NO_READING = {"Effect": "Deny", "Action": "logs:Get*", "Resource": "*"}
WITHOUT_LOGS = [
    {
        "FieldSelectors": [
            {"Field": "eventCategory", "Equals": ["Management"]},
            {"Field": "eventSource", "NotEquals": ["logs.amazonaws.com"]},
        ]
    }
]

TASK_ROLE = "triflow-ai-production-ecs-task-role"
CASES = [
    *allowed("logs:*", FAIL, allows("logs:*")),
    *allowed("everything", FAIL, allows("*")),
    *allowed("queries", FAIL, allows("logs:StartQuery", f"{HERE}:/aws/ecs/api/*")),
    *allowed("live tail of one group", FAIL, allows("logs:StartLiveTail", f"{HERE}:{ERRORS}:*")),
    *allowed("masked data", FAIL, allows("logs:Unmask", f"{HERE}:{ERRORS}")),
    *allowed("one stream", FAIL, allows("logs:GetLogEvents", f"{HERE}:{ERRORS}:log-stream:api/1")),
    *(
        case
        for action in ("CreateExportTask", "PutSubscriptionFilter", "IntegrateWithS3Table")
        for case in allowed(f"events sent elsewhere: {action}", FAIL, allows(f"logs:{action}", f"{HERE}:{ERRORS}:*"))
    ),
    *allowed("a filter for every group of the account", FAIL, allows("logs:PutAccountPolicy")),
    *allowed("events of another team sent elsewhere", PASS, allows("logs:PutSubscriptionFilter", f"{HERE}:/aws/ecs/other/*")),
    *allowed("all but writing", FAIL, {"Effect": "Allow", "NotAction": "logs:Put*", "Resource": "*"}),
    *allowed("one action denied, others not", FAIL, allows("logs:*"), NO_READING),
    *allowed("all but reading denied", PASS, allows("logs:Get*"), NO_READING),
    *allowed("writing", PASS, allows("logs:PutLogEvents"), allows("logs:Describe*")),
    *allowed("another team's groups", PASS, allows("logs:*", f"{HERE}:/aws/ecs/other/*")),
    cloud("LOG-14", "AWS's own service", PASS, role("AWSServiceRoleForX", allows("logs:*"), path="/aws-service-role/x/")),
    cloud(
        "LOG-14",
        "a managed policy",
        FAIL,
        role("watcher", attached=READ_ONLY_ACCESS),
        answers("iam:GetPolicy", {"Policy": {"Arn": READ_ONLY_ACCESS, "DefaultVersionId": "v1"}}, PolicyArn=READ_ONLY_ACCESS),
        answers(
            "iam:GetPolicyVersion",
            {"PolicyVersion": {"VersionId": "v1", "Document": document(allows("logs:Get*"))}},
            PolicyArn=READ_ONLY_ACCESS,
            VersionId="v1",
        ),
        names="watcher",
    ),
    cloud(
        "LOG-14",
        "a user",
        FAIL,
        says(DETAILS, "UserDetailList.0.UserPolicyList", [{"PolicyName": "x", "PolicyDocument": document(allows("logs:*"))}]),
        names="terraform-deploy",
    ),
    cloud(
        "LOG-14",
        "a user whose policies are asked for",
        FAIL,
        adds(DETAILS, "UserDetailList", {"UserName": "watcher", "GroupList": [], "AttachedManagedPolicies": []}),
        answers("iam:ListUserPolicies", {"PolicyNames": ["x"]}, UserName="watcher"),
        answers(
            "iam:GetUserPolicy",
            {"UserName": "watcher", "PolicyName": "x", "PolicyDocument": document(allows("logs:*"))},
            UserName="watcher",
            PolicyName="x",
        ),
        names="watcher",
    ),
    cloud(
        "LOG-14",
        "a user by a group",
        FAIL,
        says(DETAILS, "UserDetailList.0.GroupList", ["watchers"]),
        adds(
            DETAILS,
            "GroupDetailList",
            {
                "GroupName": "watchers",
                "GroupPolicyList": [{"PolicyName": "x", "PolicyDocument": document(allows("logs:*"))}],
                "AttachedManagedPolicies": [],
            },
        ),
        names="terraform-deploy",
    ),
    cloud(
        "LOG-14",
        "a user within a boundary",
        PASS,
        says(DETAILS, "UserDetailList.0.UserPolicyList", [{"PolicyName": "x", "PolicyDocument": document(allows("logs:*"))}]),
        says(DETAILS, "UserDetailList.0.PermissionsBoundary", {"PermissionsBoundaryArn": "arn:aws:iam::123456789012:policy/b"}),
        adds(
            DETAILS,
            "Policies",
            {
                "Arn": "arn:aws:iam::123456789012:policy/b",
                "DefaultVersionId": "v1",
                "PolicyVersionList": [{"VersionId": "v1", "Document": document(allows("s3:*"))}],
            },
        ),
    ),
    cloud("LOG-14", "the reader is gone", FAIL, omits(DETAILS, f"RoleDetailList.RoleName={READER}"), names=READER),
    cloud(
        "LOG-14",
        "everyone takes the reader's role",
        FAIL,
        says(DETAILS, f"RoleDetailList.RoleName={READER}.AssumeRolePolicyDocument", FOR_EVERYONE),
        names=f"trust of {READER}",
    ),
    plan(
        "LOG-14",
        "everyone takes the reader's role",
        FAIL,
        planned(f"{CENTRAL}.aws_iam_role.log_reader", assume_role_policy=json.dumps(FOR_EVERYONE)),
        names=f"trust of {READER}",
    ),
    *trusting("another account takes the reader's role", FAIL, {"AWS": "arn:aws:iam::999999999999:root"}),
    *trusting("another account's number does", FAIL, {"AWS": ["999999999999", f"{ACCOUNT}:user/terraform-deploy"]}),
    *trusting("another user of the account does", FAIL, {"AWS": f"{ACCOUNT}:user/somebody"}),
    *trusting("the whole account does", FAIL, {"AWS": f"{ACCOUNT}:root"}),
    *trusting("a service does", FAIL, {"Service": "lambda.amazonaws.com"}),
    *trusting("web identities of anybody do", FAIL, {"Federated": "cognito-identity.amazonaws.com"}),
    *trusting("any repository does", FAIL, {"Federated": GITHUB}),
    *trusting(
        "the declared user does, by a condition",
        PASS,
        {"AWS": "*"},
        ArnEquals={"aws:PrincipalArn": f"{ACCOUNT}:user/terraform-deploy"},
    ),
    cloud("LOG-14", "a group of a user not told", ERROR, says(DETAILS, "UserDetailList.0.GroupList", ["lost"]), names="lost"),
    cloud("LOG-14", "a role's policies not told", ERROR, omits(DETAILS, f"RoleDetailList.RoleName={READER}.RolePolicyList")),
    cloud("LOG-14", "a role's path not told", ERROR, omits(DETAILS, f"RoleDetailList.RoleName={READER}.Path")),
    cloud("LOG-14", "nothing is recorded", FAIL, says(STATUS, "IsLogging", False), names="triflow-ai-audit"),
    cloud("LOG-14", "writes alone are recorded", FAIL, says(SELECTORS, "EventSelectors", selecting(ReadWriteType="WriteOnly"))),
    cloud("LOG-14", "data alone is recorded", FAIL, says(SELECTORS, "EventSelectors", selecting(IncludeManagementEvents=False))),
    cloud(
        "LOG-14",
        "all but logs is recorded",
        FAIL,
        says(SELECTORS, "EventSelectors", []),
        says(SELECTORS, "AdvancedEventSelectors", WITHOUT_LOGS),
    ),
    cloud("LOG-14", "no trail", FAIL, says("cloudtrail:DescribeTrails", "trailList", [])),
    cloud("LOG-14", "whether it records is not told", ERROR, omits(STATUS, "IsLogging")),
    plan("LOG-14", "nothing is recorded", FAIL, planned(TRAIL, enable_logging=False)),
    plan(
        "LOG-14",
        "writes alone are recorded",
        FAIL,
        planned(TRAIL, event_selector=[{"read_write_type": "WriteOnly", "include_management_events": True}]),
    ),
    plan("LOG-14", "no trail", FAIL, without(TRAIL)),
    plan("LOG-14", "a policy known after apply", UNKNOWN, unknown(f"{CENTRAL}.aws_iam_role_policy.log_reader", "policy")),
    plan(
        "LOG-14",
        "a managed policy of AWS's on a reader",
        PASS,
        with_resource(f"{CENTRAL}.aws_iam_role_policy_attachment.x", role=READER, policy_arn=READ_ONLY_ACCESS),
    ),
    plan(
        "LOG-14",
        "a managed policy of AWS's on another",
        FAIL,
        with_resource("aws_iam_role_policy_attachment.x", role=TASK_ROLE, policy_arn=READ_ONLY_ACCESS),
        names=TASK_ROLE,
    ),
    plan(
        "LOG-14",
        "one beside a policy that is not known",
        FAIL,
        planned("aws_iam_role.task", managed_policy_arns=["arn:aws:iam::123456789012:policy/theirs", READ_ONLY_ACCESS]),
        names=TASK_ROLE,
    ),
    plan(
        "LOG-14",
        "a managed policy that is not in the plan",
        UNKNOWN,
        with_resource("aws_iam_role_policy_attachment.x", role=TASK_ROLE, policy_arn="arn:aws:iam::123456789012:policy/theirs"),
    ),
]
