"""The Terraform of ``infrastructure/organisation`` is planned, and complies with the suite's own controls."""

import json
from functools import cache
from typing import Any

import pytest

from proofs import harness
from stackproof.core.verdicts import Verdict
from stackproof.organisation import member_role
from stackproof.profile.schema import Profile
from stackproof.sources.aws.permissions import action_of, needed, needs
from stackproof.sources.plan.document import Plan
from stackproof.terraform import provider, sources, speculative_plan
from stackproof.terraform.schema import unknown_arguments
from stackproof.terraform.speculative_plan import SpeculativePlan, random_password
from stackproof.util.kept import Kept

FOLDER = harness.ROOT / "infrastructure" / "organisation"
NAME = "stackproof-organisation"
OPERATORS = "sg-0123456789abcdef0"
MEMBERS = ("111111111111", "222222222222")
JUDGED = (
    "SEC-S3-01",
    "SEC-S3-02",
    "SEC-SG-01",
    "SEC-IAM-01",
    "SEC-IAM-02",
    "SEC-IAM-03",
    "SEC-IAM-04",
    "SEC-ECS-01",
    "SEC-ECS-02",
    "SEC-KMS-01",
)


def expected() -> Profile:
    """Production's profile with this stack's names in the place of its own."""
    given: dict[str, Any] = harness.profile("production").model_dump(by_alias=True)
    scheduler, worker = f"{NAME}-scheduler", f"{NAME}-worker"
    ports = [{"port": port, "from": group} for port in (8790, 8791) for group in (scheduler, worker)]
    groups = (
        {"name": scheduler, "ingress": ({"port": 8786, "from": worker}, {"port": 8786, "from": OPERATORS})},
        {"name": worker, "ingress": tuple(ports)},
    )
    changed: dict[str, Any] = {
        "database": {"security_groups": (worker,), "identifier": f"{NAME}-none"},
        "load_balancer": {"security_groups": (worker,)},
        "storage": {"buckets": (f"{NAME}-results",)},
        "encryption": {"keys": (f"alias/{NAME}",)},
        "network": {"security_groups": groups},
        "identity": {
            "roles": (f"{NAME}-execution", scheduler, worker),
            "deploy_users": (),
            "assumed_roles": tuple(f"arn:aws:iam::{member}:role/stackproof-audit" for member in MEMBERS),
        },
        "service": {"cluster": NAME, "names": (worker,), "security_group": worker},
    }
    tables = {name: _changed(given[name], table) for name, table in changed.items()}
    return Profile.model_validate({**given, **tables, "name": "organisation", "owned": (NAME,)})


def _changed(given: Any, table: dict[str, Any]) -> Any:
    """The table with what is changed in it; of one that may be repeated, the first alone."""
    return ({**given[0], **table},) if isinstance(given, tuple) else {**given, **table}


@cache
def planned() -> SpeculativePlan:
    cache = harness.ROOT / ".stackproof"

    def speculate(chosen: provider.Provider) -> SpeculativePlan:
        copy = speculative_plan.workspace(
            FOLDER, cache, chosen, region="ap-northeast-2", account="123456789012", secrets={"unused": random_password()}
        )
        return speculative_plan.speculate(copy, FOLDER, {}, kept=Kept(cache))

    return provider.with_fallback(cache, speculate)


@pytest.mark.parametrize("control", JUDGED)
def test_the_plan_complies(control: str) -> None:
    judgement = harness.judged(control, harness.PlanStage(Plan(planned().plan.document, "a plan"), expected()))
    assert (judgement.verdict, judgement.message) == (Verdict.PASS, "")


@pytest.mark.parametrize("role", ["arn:aws:iam::333333333333:role/stackproof-audit", "arn:aws:iam::*:role/stackproof-audit"])
def test_a_role_that_workers_take_on_in_an_account_that_no_profile_names_is_found(role: str) -> None:
    """So is that of every account, where Terraform is told of none: whoever applies that accepts it, with a waiver."""
    document = json.loads(json.dumps(planned().plan.document).replace(f"arn:aws:iam::{MEMBERS[0]}:role/stackproof-audit", role))
    judgement = harness.judged("SEC-IAM-04", harness.PlanStage(Plan(document, "a plan"), expected()))
    wrong = {one.resource for one in judgement.resources if one.verdict is not Verdict.PASS}
    assert wrong == {f"{NAME}-worker"}
    assert "assumes a role of another account that is not declared: sts:AssumeRole" in judgement.message


def test_the_store_is_locked_and_the_role_of_the_workers_stays_inside_the_organisation() -> None:
    changes = {change["address"]: change["change"]["after"] for change in planned().plan.document["resource_changes"]}
    lock = changes["aws_s3_bucket.store"]["object_lock_configuration"][0]
    assert lock["rule"][0]["default_retention"][0]["mode"] == "COMPLIANCE"
    policy = json.loads(changes["aws_iam_role_policy.worker"]["policy"])
    assume = next(one for one in policy["Statement"] if one["Action"] == "sts:AssumeRole")
    assert assume["Condition"] == {"StringEquals": {"aws:ResourceOrgID": "o-abcdefghij"}}
    role = json.loads(changes["aws_cloudformation_stack_set.audit_role"]["template_body"])["Resources"]["AuditRole"]
    trust = role["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]
    assert {*trust["Condition"]["StringEquals"]} == {"sts:ExternalId", "aws:PrincipalOrgID"}


def test_the_audit_role_may_do_what_the_suite_asks() -> None:
    text = (FOLDER / "member.template.json").read_text(encoding="utf-8")
    managed = [one["Properties"] for one in json.loads(text)["Resources"].values() if one["Type"] == "AWS::IAM::ManagedPolicy"]
    policies = [one["PolicyDocument"] for one in managed]
    actions = {action for policy in policies for statement in policy["Statement"] for action in statement["Action"]}
    assert actions == {action for operation in needed(needs()) if (action := action_of(operation))}
    assert [len(json.dumps(policy, separators=(",", ":"))) <= member_role.LONGEST for policy in policies] == [True] * len(managed)
    assert len(managed) <= member_role.MOST
    assert [one["Roles"] for one in managed] == [[{"Ref": "AuditRole"}]] * len(managed)
    assert "123456789012" not in text
    assert "triflow" not in text


def test_the_current_provider_takes_every_argument() -> None:
    assert unknown_arguments(sources.read(FOLDER)) == ()
