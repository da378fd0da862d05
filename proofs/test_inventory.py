"""Absence is shown, never assumed: what the target shows not to exist is NOT_DECLARED, on the read that shows it."""

from typing import Any

import pytest

from proofs.harness import PlanStage, controls, edited_cloud, judged, plan_for, says
from proofs.security.inventory import KINDS, REASON, without_table
from stackproof.collections import inventory
from stackproof.core.controls import catalogue
from stackproof.core.verdicts import Verdict
from stackproof.profile import schema
from stackproof.profile.account import Account
from stackproof.profile.schema import Profile
from stackproof.sources.plan.document import Plan

NOTHING: dict[str, Any] = {"format_version": "1.2", "planned_values": {"root_module": {}}, "configuration": {"root_module": {}}}

LISTS = {
    "database": ("rds:DescribeDBInstances", "DBInstances"),
    "load_balancer": ("elbv2:DescribeLoadBalancers", "LoadBalancers"),
    "network": ("ec2:DescribeVpcs", "Vpcs"),
    "storage": ("s3:ListBuckets", "Buckets"),
    "secrets": ("secretsmanager:ListSecrets", "SecretList"),
    "identity": ("iam:GetAccountAuthorizationDetails", "RoleDetailList"),
    "registry": ("ecr:DescribeRepositories", "repositories"),
    "audit": ("cloudtrail:DescribeTrails", "trailList"),
    "function": ("lambda:ListFunctions", "Functions"),
    "dynamodb_table": ("dynamodb:ListTables", "TableNames"),
    "sqs_queue": ("sqs:ListQueues", "QueueUrls"),
    "sns_topic": ("sns:ListTopics", "Topics"),
    "efs_file_system": ("efs:DescribeFileSystems", "FileSystems"),
    "event_bus": ("events:ListEventBuses", "EventBuses"),
    "cache": ("elasticache:DescribeCacheClusters", "CacheClusters"),
    "state_machine": ("stepfunctions:ListStateMachines", "stateMachines"),
    "distribution": ("cloudfront:ListDistributions", "DistributionList.Items"),
    "logs": ("logs:DescribeLogGroups", "logGroups"),
}
"""The operation that lists a kind, and the member that has the list."""


def test_every_kind_that_may_be_absent_is_in_the_inventory_and_proven() -> None:
    assert [kind.table for kind in inventory.KINDS] == [*schema.KINDS]
    assert {*KINDS} == {*schema.KINDS}


@pytest.mark.parametrize("table", KINDS)
@pytest.mark.parametrize("absent", [{}, {"absent": True}])
def test_what_a_plan_shows_not_to_exist_is_not_declared(table: str, absent: dict[str, Any]) -> None:
    expected = Profile(name="empty", absent={table: REASON} if absent else {})
    judgement = judged(KINDS[table][0], PlanStage(Plan(NOTHING, "a plan of nothing"), expected))
    assert judgement.verdict is Verdict.NOT_DECLARED
    assert (REASON if absent else f"[{table}]") in judgement.message
    assert [one.source for one in judgement.read] == ["a plan of nothing"]


@pytest.mark.parametrize("table", LISTS)
def test_what_an_account_shows_not_to_exist_is_not_declared(table: str) -> None:
    control = KINDS[table][0]
    operation, member = LISTS[table]
    stage = edited_cloud(says(operation, member, []), expected=without_table(control, table), control=control)
    judgement = judged(control, stage)
    assert judgement.verdict is Verdict.NOT_DECLARED, judgement.message
    assert any(operation in one.source for one in judgement.read)


@pytest.mark.parametrize("table", KINDS)
def test_nobody_can_tell_whose_it_is_where_no_prefix_is_declared(table: str) -> None:
    control = KINDS[table][0]
    stage = edited_cloud(
        expected=Profile(name="empty", account=Account(id="123456789012"), region="ap-northeast-2"), control=control
    )
    judgement = judged(control, stage)
    assert judgement.verdict is Verdict.ERROR
    assert 'owned = ["PREFIX"]' in judgement.message


@pytest.mark.parametrize(
    "control", [id for id in controls("phase1", "security", "logging", "serverless") if "P" in catalogue()[id].stages]
)
def test_an_empty_profile_is_a_valid_one_and_no_control_passes_on_nothing(control: str) -> None:
    judgement = judged(control, PlanStage(Plan(NOTHING, "a plan of nothing"), Profile()))
    assert judgement.verdict in (Verdict.NOT_DECLARED, Verdict.ERROR, Verdict.PASS), judgement.message
    assert judgement.verdict is not Verdict.PASS or judgement.read
    assert "Traceback" not in judgement.message


def test_what_a_control_would_be_judged_by_is_told() -> None:
    document = plan_for("RDS-01")
    judgement = judged("RDS-01", PlanStage(Plan(document, "the compliant plan"), Profile()))
    assert judgement.verdict is Verdict.NOT_DECLARED
    assert judgement.needs == ("database.engine", "database.engine_version", "database.instance_class")
    assert {one.verdict for one in judgement.resources} == {Verdict.PASS, Verdict.NOT_DECLARED}
    assert judged("SEC-RDS-01", PlanStage(Plan(document, "the compliant plan"), Profile())).verdict is Verdict.PASS
