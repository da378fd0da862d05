"""Grants of KMS keys, and keys that are about to be deleted."""

from dataclasses import replace

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import Edit, adds, changed, fails, omits, planned, profile, says, unknown, with_resource
from stackproof.core.verdicts import AccessDenied, Verdict

ID, GRANTS, DESCRIBE, GRANT = "SEC-KMS-02", "kms:ListGrants", "kms:DescribeKey", "aws_kms_grant.more"
OURS, THEIRS = "arn:aws:iam::123456789012:role/app", "arn:aws:iam::210987654321:root"
LINKED = "arn:aws:iam::123456789012:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
OF_EC2 = "arn:aws:sts::123456789012:assumed-role/aws:ec2-infrastructure/i-0a1b2c3d4e5f60718"


def granted(principal: str, member: str = "GranteePrincipal") -> Edit:
    return adds(GRANTS, "Grants", {"GrantId": "1", member: principal, "Operations": ["Decrypt"]})


def planned_grant(principal: str) -> Edit:
    return with_resource(GRANT, refers={"key_id": "aws_kms_key.main.key_id"}, grantee_principal=principal, operations=["Decrypt"])


def grant(name: str, verdict: Verdict, principal: str) -> list[Case]:
    """A grant, on a cloud and on a plan."""
    names = principal if verdict is FAIL else ""
    return [
        cloud(ID, name, verdict, granted(principal), names=names),
        plan(ID, name, verdict, planned_grant(principal), names=names),
    ]


def declared(cases: list[Case], *grantees: str) -> list[Case]:
    return [replace(case, expected=changed(profile(), "encryption", grantees=grantees)) for case in cases]


CASES: list[Case] = [
    *(
        cloud(ID, f"a key that is {state}", verdict, says(DESCRIBE, "KeyMetadata.KeyState", state), names=names)
        for state, verdict, names in (
            ("PendingDeletion", FAIL, "alias/triflow-ai"),
            ("PendingReplicaDeletion", FAIL, "alias/triflow-ai"),
            ("Disabled", PASS, ""),
            ("Unavailable", PASS, ""),
            ("Creating", PASS, ""),
            ("Perhaps", ERROR, "Perhaps"),
        )
    ),
    cloud(ID, "state not reported", ERROR, omits(DESCRIBE, "KeyMetadata.KeyState")),
    *grant("another account", FAIL, THEIRS),
    *grant("a role of the account that nobody declared", FAIL, OURS),
    *grant("a service", PASS, "rds.ap-northeast-2.amazonaws.com"),
    *grant("a service's role", PASS, LINKED),
    *grant("a service's role of another account", FAIL, LINKED.replace("123456789012", "210987654321")),
    *grant("a machine of EC2", PASS, OF_EC2),
    *declared(grant("a declared role", PASS, OURS), "arn:aws:iam::123456789012:role/*"),
    *declared(grant("another than the declared role", FAIL, THEIRS), OURS),
    cloud(ID, "a service by its own member", PASS, granted("rds.amazonaws.com", "GranteeServicePrincipal")),
    cloud(ID, "a grant for nobody", ERROR, adds(GRANTS, "Grants", {"GrantId": "1"}), names="whom"),
    cloud(ID, "grants denied", ERROR, fails(GRANTS, AccessDenied("AccessDenied: not authorized"))),
    cloud(ID, "grants not reported", ERROR, omits(GRANTS, "Grants")),
    plan(ID, "a grant known after apply", UNKNOWN, planned_grant(OURS), unknown(GRANT, "grantee_principal")),
    plan(ID, "a key that is off", PASS, planned("aws_kms_key.main", is_enabled=False)),
]
