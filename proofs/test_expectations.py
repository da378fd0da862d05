"""What the environment declares decides: the same facts, other expectations, another verdict."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from proofs.front_doors import served
from proofs.harness import (
    Edit,
    absent,
    adds,
    answers,
    changed,
    changes,
    edited_cloud,
    judged,
    on_cloud,
    on_plan,
    profile,
    recorded_at,
    says,
)
from proofs.logging.edits import (
    APPLICATION,
    ERRORS,
    GROUPS,
    observability_link,
    planned_observability_link,
    subscribed,
    subscribed_in_plan,
)
from proofs.logging.subscriptions import SINK, STRANGER
from proofs.phase1.registry import for_platform
from proofs.security.audit import THEIRS, keyed, of_the_organisation
from proofs.security.flow_logs import LOG, LOGS, moved, to_group
from proofs.security.identity import ADMINISTRATOR, DETAILS, EVERYTHING, USER, attached, aws_policy
from stackproof.core.verdicts import AccessDenied, Verdict
from stackproof.probes import TOOL
from stackproof.profile.base import as_frozen
from stackproof.profile.logs import LogRecipient, Logs
from stackproof.profile.schema import Profile
from stackproof.profile.terraform import Destruction
from stackproof.profile.workload import Health
from stackproof.resources.queries import START
from stackproof.sources.aws.calls import Call
from stackproof.sources.replay import Recorded

DOMAIN = "api.example.com"


def expecting(table: str, **changes: Any) -> Profile:
    """The profile with a table changed; of one that may be repeated, its first."""
    return changed(profile(), table, **changes)


@pytest.mark.parametrize(("days", "verdict"), [(-1, Verdict.FAIL), (0, Verdict.PASS), (1, Verdict.PASS)])
def test_a_deploy_user_is_an_administrator_until_the_declared_day(days: int, verdict: Verdict) -> None:
    until = (recorded_at() + timedelta(days=days)).date()
    edits = [attached(USER, ADMINISTRATOR), *aws_policy(ADMINISTRATOR, EVERYTHING)]
    assert on_cloud("SEC-IAM-02", *edits, expected=expecting("identity", administrator_until=until)).verdict is verdict


@pytest.mark.parametrize(("prefix", "verdict"), [("billing", Verdict.FAIL), ("triflow-ai-production", Verdict.PASS)])
def test_what_begins_with_a_prefix_of_the_stack_is_judged(prefix: str, verdict: Verdict) -> None:
    name, block = "billing-exports", "s3:GetPublicAccessBlock"
    edits = [adds("s3:ListBuckets", "Buckets", {"Name": name}), answers(block, {}, Bucket=name), absent(block, Bucket=name)]
    assert on_cloud("SEC-S3-01", *edits, expected=profile().model_copy(update={"owned": (prefix,)})).verdict is verdict


@pytest.mark.parametrize(("allowed", "verdict"), [(False, Verdict.FAIL), (True, Verdict.PASS)])
def test_ecs_exec_is_for_environments_that_allow_it(allowed: bool, verdict: Verdict) -> None:
    edit = says("ecs:DescribeServices", "services.0.enableExecuteCommand", True)
    assert on_cloud("SEC-ECS-02", edit, expected=expecting("service", execute_command=allowed)).verdict is verdict


def naming(**changes: Any) -> Profile:
    """The profile with the first exception of the naming design changed: that of the deployment guide."""
    first, *others = profile().logs.exceptions
    return expecting("logs", exceptions=(first.model_copy(update=changes), *others))


@pytest.mark.parametrize(("days", "verdict"), [(-1, Verdict.FAIL), (0, Verdict.PASS), (1, Verdict.PASS)])
@pytest.mark.parametrize("judged", [on_cloud, on_plan])
def test_a_name_outside_of_the_design_is_accepted_until_its_last_day(judged: Any, days: int, verdict: Verdict) -> None:
    expires = (recorded_at() + timedelta(days=days)).date()
    judgement = judged("LOG-01", expected=naming(expires=expires))
    assert judgement.verdict is verdict
    assert days >= 0 or f"accepted until {expires}" in judgement.message


@pytest.mark.parametrize("judged", [on_cloud, on_plan])
def test_a_name_outside_of_the_design_is_in_use(judged: Any) -> None:
    judgement = judged("LOG-01", expected=naming(name="/aws/ecs/nobody"))
    assert judgement.verdict is Verdict.FAIL
    failed = {one.resource for one in judgement.resources if one.verdict is Verdict.FAIL}
    assert failed == {"exception /aws/ecs/nobody", "/aws/ecs/triflow-ai-production-backend"}


@pytest.mark.parametrize(
    ("recipient", "verdict"),
    [
        ({}, Verdict.PASS),
        ({"arn": STRANGER.replace("siem", "*"), "groups": ("/aws/ecs/*",)}, Verdict.PASS),
        ({"groups": (ERRORS,)}, Verdict.FAIL),
        ({"arn": STRANGER.replace("siem", "other")}, Verdict.FAIL),
    ],
)
@pytest.mark.parametrize("judged", [on_cloud, on_plan])
def test_who_is_declared_gets_log_events(judged: Any, recipient: dict[str, Any], verdict: Verdict) -> None:
    declared = LogRecipient(**{"arn": STRANGER, "reason": "The security team keeps logs in its own account.", **recipient})
    edits = [subscribed(APPLICATION, ("", STRANGER))] if judged is on_cloud else subscribed_in_plan(APPLICATION, ("", STRANGER))
    assert judged("LOG-08", *edits, expected=expecting("logs", recipients=(declared,))).verdict is verdict


@pytest.mark.parametrize("judged", [on_cloud, on_plan])
def test_a_monitoring_account_that_is_declared_sees_log_groups(judged: Any) -> None:
    declared = LogRecipient(arn=SINK, reason="The operations team looks at every account from one.")
    edits = observability_link(SINK) if judged is on_cloud else (planned_observability_link(SINK),)
    assert judged("LOG-08", *edits, expected=expecting("logs", recipients=(declared,))).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("control", "edit", "shared"),
    [
        ("SEC-TRAIL-01", keyed(THEIRS, error=AccessDenied("no")), {"shared_accounts": ("210987654321",)}),
        ("SEC-TRAIL-01", of_the_organisation, {"shared_accounts": ("210987654321",)}),
        ("SEC-NET-01", to_group("/aws/vpc/flow", account="210987654321"), {"shared_accounts": ("210987654321",)}),
        ("SEC-NET-01", says(LOGS, f"{LOG}.LogDestination", "arn:aws:s3:::org-flow-logs"), {"shared_buckets": ("org-flow-logs",)}),
    ],
)
def test_what_a_declared_account_keeps_is_judged_there(control: str, edit: Edit, shared: dict[str, tuple[str, ...]]) -> None:
    assert on_cloud(control, edit).verdict is Verdict.ERROR
    judgement = on_cloud(control, edit, expected=expecting("audit", **shared))
    assert judgement.verdict is Verdict.NOT_APPLICABLE
    assert "it is judged there" in judgement.message


def test_a_bucket_is_read_in_its_region() -> None:
    assert on_cloud("SEC-S3-02", moved("triflow-ai-prod", "us-east-1")).verdict is Verdict.PASS
    assert on_cloud("SEC-S3-01", moved("triflow-ai-prod", "us-east-1"), absent("s3:GetPublicAccessBlock")).verdict is Verdict.FAIL


def test_a_log_group_with_the_key_of_another_account_does_not_have_the_log_key() -> None:
    denied = Recorded(Call.of("kms:DescribeKey", "us-east-1", KeyId=THEIRS), error=AccessDenied("no"))
    edit = says(GROUPS, f"logGroups.logGroupName={APPLICATION}.kmsKeyId", THEIRS)
    assert on_cloud("LOG-04", edit, lambda calls: [*calls, denied]).verdict is Verdict.FAIL
    assert on_cloud("SEC-LOG-01", edit, lambda calls: [*calls, denied]).verdict is Verdict.ERROR


def test_who_is_declared_may_read_logs() -> None:
    readers = ("triflow-ai-production-log-reader", "terraform-deploy")
    edits = [attached(USER, ADMINISTRATOR), *aws_policy(ADMINISTRATOR, EVERYTHING)]
    assert on_cloud("LOG-14", *edits).verdict is Verdict.FAIL
    assert on_cloud("LOG-14", *edits, expected=expecting("logs", readers=readers)).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("principal", "declared", "verdict"),
    [
        ("arn:aws:iam::123456789012:role/team/a", "role/team/*", Verdict.PASS),
        ("arn:aws:iam::123456789012:role/other", "role/team/*", Verdict.FAIL),
        ("arn:aws:iam::999999999999:root", "999999999999", Verdict.PASS),
        ("arn:aws:iam::999999999999:role/a", "role/*", Verdict.FAIL),
    ],
)
def test_who_is_declared_may_take_on_a_reader(principal: str, declared: str, verdict: Verdict) -> None:
    trust = {"Statement": {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}}
    edit = says(DETAILS, "RoleDetailList.RoleName=triflow-ai-production-log-reader.AssumeRolePolicyDocument", trust)
    assert on_cloud("LOG-14", edit, expected=expecting("logs", reader_principals=(declared,))).verdict is verdict


def test_log_groups_of_the_whole_account_can_be_judged() -> None:
    edit = adds(GROUPS, "logGroups", {"logGroupName": "/aws/eks/other/errors"})
    assert on_cloud("LOG-01", edit).verdict is Verdict.PASS
    judgement = on_cloud("LOG-01", edit, expected=expecting("logs", owned=("/aws/",)))
    assert judgement.verdict is Verdict.FAIL
    assert "there is no service 'eks'; the design has ecs, lambda, alb, rds" in judgement.message


VERSIONS = {
    "terraform": "Terraform v1.11.4",
    "aws": "aws-cli/2.31.13 Python/3.13.7 Linux/6.8.0 exe/x86_64.ubuntu.24",
    "docker": "Docker version 27.3.1, build ce12230",
    "psql": "psql (PostgreSQL) 16.4 (Ubuntu 16.4-1.pgdg24.04+1)",
}
"""What the tools that deploy to production answer."""
OLD = {
    "terraform": "Terraform v1.9.8",
    "aws": "aws-cli/1.40.2 Python/3.12.3",
    "docker": "Docker version 23.0.6",
    "psql": "psql 15.8",
}


def machine(**tools: dict[str, object]) -> list[Edit]:
    """A machine that has what deploys to production, but for what is said of a tool."""
    there = {name: {"Path": f"/usr/bin/{name}", "ExitStatus": 0, "Output": output} for name, output in VERSIONS.items()}
    return [answers(TOOL, {"LookedIn": ["/usr/bin"], **tools.get(name, facts)}, Name=name) for name, facts in there.items()]


def test_a_machine_that_has_what_deploys_to_production() -> None:
    production = profile("production")
    assert {tool.name for tool in production.host.tools} == {*VERSIONS}
    assert on_cloud("HOST-01", *machine(), expected=production).verdict is Verdict.PASS


@pytest.mark.parametrize("tool", VERSIONS)
@pytest.mark.parametrize("lacks", ["all", "age", "health"])
def test_a_machine_that_lacks_something_of_what_deploys_to_production(tool: str, lacks: str) -> None:
    found = {"Path": f"/usr/bin/{tool}", "ExitStatus": 0, "Output": VERSIONS[tool]}
    edits = {"all": {}, "age": {**found, "Output": OLD[tool]}, "health": {**found, "ExitStatus": 1}}
    judgement = on_cloud("HOST-01", *machine(**{tool: edits[lacks]}), expected=profile("production"))
    assert {one.resource for one in judgement.resources if one.verdict is Verdict.FAIL} == {tool}


@pytest.mark.parametrize(("edits", "verdict"), [((), Verdict.NOT_APPLICABLE), ((for_platform("linux/arm64"),), Verdict.FAIL)])
def test_an_image_is_judged_where_no_scanner_looks_at_it(edits: tuple[Edit, ...], verdict: Verdict) -> None:
    stage = edited_cloud(*edits)
    stage.reader.unseen = {"Image.scans": "No scanner looks at it."}
    judgement = judged("ECR-01", stage)
    assert judgement.verdict is verdict
    about_image, about_scans = judgement.resources
    assert about_image.verdict is (Verdict.FAIL if edits else Verdict.PASS)
    assert (about_scans.verdict, about_scans.message) == (Verdict.NOT_APPLICABLE, "No scanner looks at it.")
    assert not [call for call in stage.reader.answers if call.operation == "ecr:DescribeImageScanFindings"]


def by_domain(calls: list[Recorded]) -> list[Recorded]:
    """The probes of the recording, asked by the name of the users."""

    def renamed(call: Call) -> Call:
        arguments: dict[str, Any] = {**call.arguments, "ServerName": DOMAIN}
        return Call.of(call.operation, call.region, **arguments)

    return [replace(one, call=renamed(one.call)) if "ServerName" in one.call.arguments else one for one in calls]


@pytest.mark.parametrize("control", ["SEC-ALB-03", "SEC-ALB-04"])
def test_a_front_door_is_asked_by_the_name_of_its_users(control: str) -> None:
    expected = expecting("load_balancer", domain=DOMAIN)
    assert on_cloud(control, by_domain, served(names=[DOMAIN]), expected=expected).verdict is Verdict.PASS


def test_a_certificate_for_the_load_balancer_is_none_for_the_name_of_its_users() -> None:
    judgement = on_cloud("SEC-ALB-03", by_domain, served(), expected=expecting("load_balancer", domain=DOMAIN))
    assert judgement.verdict is Verdict.FAIL
    assert DOMAIN in judgement.message


@pytest.mark.parametrize(
    ("health", "verdict"),
    [
        ({"path": "/health"}, Verdict.PASS),  # whatever it says
        ({"path": "/health", "content": {"status": "ok"}}, Verdict.FAIL),
        ({"path": "/health", "status": 204}, Verdict.FAIL),
        ({"path": "/health", "timestamp": "at"}, Verdict.FAIL),
        ({"path": "/status"}, Verdict.ERROR),  # asked there, which was not recorded
        (None, Verdict.NOT_DECLARED),
    ],
)
def test_the_health_of_a_service_is_what_the_environment_says(health: Mapping[str, Any] | None, verdict: Verdict) -> None:
    table = Health.undeclared() if health is None else Health.model_validate(health)
    judgement = on_cloud("WEB-01", expected=expecting("workload", health=table))
    assert judgement.verdict is verdict, judgement.message
    assert verdict is not Verdict.ERROR or "/status" in judgement.message


@pytest.mark.parametrize(("answers", "verdict"), [({"/api/v1/health": 401}, Verdict.FAIL), ({"/v2": 200}, Verdict.ERROR)])
def test_the_api_is_asked_at_the_paths_of_the_environment(answers: Mapping[str, int], verdict: Verdict) -> None:
    assert on_cloud("WEB-02", expected=expecting("workload", answers=answers)).verdict is verdict


@pytest.mark.parametrize("stage", [on_cloud, on_plan])
def test_log_groups_are_named_by_the_rule_of_the_environment(stage: Callable[..., Any]) -> None:
    names = {"": {"": {"kind": "application", "log_type": "application"}}}
    logs = profile().logs
    other = Logs.model_validate(
        as_frozen({**logs.model_dump(by_alias=True), "name": "/acme/{resource-name}", "names": names, "exceptions": ()})
    )
    judgement = stage("LOG-01", expected=profile().model_copy(update={"logs": other}))
    assert judgement.verdict is Verdict.FAIL
    assert "/aws/ecs/api/errors: it does not begin with /acme/" in judgement.message


def test_a_key_and_a_certificate_are_counted_from_the_moment_of_the_run() -> None:
    assert on_cloud("SEC-IAM-02", expected=expecting("identity", access_key_days=1)).verdict is Verdict.PASS
    assert on_cloud("SEC-ALB-03", expected=expecting("load_balancer", certificate_days=3650)).verdict is Verdict.FAIL


@pytest.mark.parametrize(("budget", "verdict"), [(1.0, Verdict.FAIL), (2.0, Verdict.PASS)])
def test_logs_may_cost_what_the_environment_gives_for_them(budget: float, verdict: Verdict) -> None:
    """The key and what queries scan cost 1.76 USD; hardly anything arrives."""
    cost = profile().logs.cost.model_copy(update={"monthly_budget_usd": budget})
    assert on_cloud("LOG-15", expected=expecting("logs", cost=cost)).verdict is verdict


@pytest.mark.parametrize(("member", "verdict"), [("model", Verdict.PASS), ("session", Verdict.FAIL)])
def test_a_record_of_an_llm_call_has_what_the_environment_asks_for(member: str, verdict: Verdict) -> None:
    record = {**profile().logs.llm_record, member: "text"}
    assert on_cloud("LOG-10", expected=expecting("logs", llm_record=record)).verdict is verdict


def test_templates_are_not_run_where_that_costs_money() -> None:
    judgement = on_cloud("LOG-11", absent(START), expected=expecting("logs", run_queries=False))
    assert judgement.verdict is Verdict.PASS


def signing(**changes: Any) -> Profile:
    """The profile in which the destruction of the database is signed."""
    signed = {"address": "aws_db_instance.main", "reason": "moved to an encrypted one, see the runbook", "owner": "devops"}
    return expecting("change", may_destroy=(Destruction(**{**signed, "expires": recorded_at().date(), **changes}),))


@pytest.mark.parametrize(
    ("signature", "actions", "verdict", "says"),
    [
        ({}, ("delete", "create"), Verdict.PASS, ""),
        ({"stack": "app"}, ("create", "delete"), Verdict.PASS, ""),
        ({"stack": "central_logging"}, ("delete", "create"), Verdict.FAIL, "a database is replaced"),
        ({"address": "aws_db_instance.other"}, ("delete", "create"), Verdict.FAIL, "a database is replaced"),
        ({"expires": recorded_at().date() - timedelta(days=1)}, ("delete", "create"), Verdict.FAIL, "is_over"),
        ({}, ("update",), Verdict.FAIL, "is_needed"),
        ({}, ("no-op",), Verdict.FAIL, "is_needed"),
        ({"address": "aws_iam_role.task"}, ("no-op",), Verdict.FAIL, "is_needed"),
        ({"stack": "elsewhere"}, ("no-op",), Verdict.FAIL, "is_needed"),
    ],
)
def test_what_is_signed_may_be_destroyed_and_a_signature_is_needed(
    signature: dict[str, Any], actions: tuple[str, ...], verdict: Verdict, says: str
) -> None:
    edit = changes("aws_db_instance.main", *actions)
    judgement = on_plan("CHG-01", edit, expected=signing(**signature))
    assert judgement.verdict is verdict, judgement.message
    assert says in judgement.message
