"""What the environment declares decides: the same facts, other expectations, another verdict."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from proofs.front_doors import served
from proofs.harness import on_cloud, profile, recorded_at, says
from proofs.security.identity import ADMINISTRATOR, EVERYTHING, USER, attached, aws_policy
from stackproof.aws.calls import Call
from stackproof.profile import Profile
from stackproof.sources.replay import Recorded
from stackproof.verdicts import Verdict

DOMAIN = "api.example.com"


def expecting(table: str, **changes: object) -> Profile:
    """The profile with a table changed."""
    return profile().model_copy(update={table: getattr(profile(), table).model_copy(update=changes)})


@pytest.mark.parametrize(("days", "verdict"), [(-1, Verdict.FAIL), (0, Verdict.PASS), (1, Verdict.PASS)])
def test_a_deploy_user_is_an_administrator_until_the_declared_day(days: int, verdict: Verdict) -> None:
    until = (recorded_at() + timedelta(days=days)).date()
    edits = [attached(USER, ADMINISTRATOR), *aws_policy(ADMINISTRATOR, EVERYTHING)]
    assert on_cloud("SEC-IAM-02", *edits, expected=expecting("identity", administrator_until=until)).verdict is verdict


@pytest.mark.parametrize(("allowed", "verdict"), [(False, Verdict.FAIL), (True, Verdict.PASS)])
def test_ecs_exec_is_for_environments_that_allow_it(allowed: bool, verdict: Verdict) -> None:
    edit = says("ecs:DescribeServices", "services.0.enableExecuteCommand", True)
    assert on_cloud("SEC-ECS-02", edit, expected=expecting("service", execute_command=allowed)).verdict is verdict


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


def test_a_key_and_a_certificate_are_counted_from_the_moment_of_the_run() -> None:
    assert on_cloud("SEC-IAM-02", expected=expecting("identity", access_key_days=1)).verdict is Verdict.PASS
    assert on_cloud("SEC-ALB-03", expected=expecting("load_balancer", certificate_days=3650)).verdict is Verdict.FAIL
