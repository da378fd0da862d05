"""Plans of several stacks, read as one."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from plan_documents import Planned, constant, document, plan, refers

from stackproof.core.resource import Reference
from stackproof.core.verdicts import UsageError
from stackproof.profile.schema import Profile
from stackproof.profile.terraform import APP
from stackproof.sources.plan.document import Change, Plan
from stackproof.sources.plan.stacks import changes_in, joined, stacks_of
from stackproof.targets.request import read_plans, resolve

ROOT = Path(__file__).parents[1]
GROUP = 'module.groups["api"].aws_cloudwatch_log_group.this'


def logging() -> Plan:
    """A stack with a key in its root module and a group in a module of its own, which is given the key."""
    content = document(
        Planned("aws_kms_key.logs", {"enable_key_rotation": True}, unknown={"arn": True}),
        provider_config={"aws.global": {"name": "aws", "alias": "global", "expressions": {"region": constant("us-east-1")}}},
    )
    planned, configured = content["planned_values"], content["configuration"]["root_module"]
    configured["resources"][0]["provider_config_key"] = "aws.global"
    content["configuration"]["provider_config"] = content.pop("provider_config")
    group = {"address": GROUP, "mode": "managed", "type": "aws_cloudwatch_log_group", "name": "this", "values": {"name": "/api"}}
    planned["root_module"]["child_modules"] = [{"address": 'module.groups["api"]', "resources": [group]}]
    planned["outputs"] = {"key_arn": {"sensitive": False}}
    content["resource_changes"].append(
        {"address": GROUP, "mode": "managed", "change": {"actions": ["create"], "after_unknown": {"kms_key_id": True}}}
    )
    inside = {"address": "aws_cloudwatch_log_group.this", "mode": "managed", "type": "aws_cloudwatch_log_group", "name": "this"}
    configured["module_calls"] = {
        "groups": {
            "expressions": {"key": refers("aws_kms_key.logs.arn")},
            "module": {"resources": [{**inside, "expressions": {"kms_key_id": refers("var.key")}}]},
        }
    }
    return Plan(content, "logging.json")


APP_PLAN = plan(Planned("aws_vpc.main", {"cidr_block": "10.0.0.0/16"}), Planned("aws_kms_key.logs", {"is_enabled": False}))


def done(made: Plan, stack: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(change["address"], tuple(change["change"]["actions"])) for change in changes_in(made, stack)]


def done_to(changes: Iterable[Change]) -> list[tuple[str, tuple[str, ...]]]:
    return [(change.address, change.actions) for change in changes]


class TestJoined:
    def test_the_app_stack_alone_is_as_it_was(self) -> None:
        assert joined({APP: APP_PLAN}) is APP_PLAN
        assert stacks_of(APP_PLAN) == (APP,)
        assert done(APP_PLAN, APP) == done_to(APP_PLAN.changes)

    def test_each_stack_has_its_own_addresses(self) -> None:
        both = joined({"logging": logging(), APP: APP_PLAN})
        assert stacks_of(both) == (APP, "logging")
        assert [block.address for block in both.resources("aws_kms_key")] == [
            "aws_kms_key.logs",
            "module.logging.aws_kms_key.logs",
        ]
        assert done(both, APP) == done_to(APP_PLAN.changes)
        assert done(both, "logging") == [("aws_kms_key.logs", ("create",)), (GROUP, ("create",))]
        assert both.where == "logging.json and plan.json"

    def test_references_are_followed_inside_their_stack(self) -> None:
        both = joined({"logging": logging(), APP: APP_PLAN})
        (group,) = both.resources("aws_cloudwatch_log_group")
        key = group.at("kms_key_id")
        assert group.address == f"module.logging.{GROUP}"
        assert isinstance(key, Reference)
        assert (key.address, key.attribute) == ("module.logging.aws_kms_key.logs", "arn")

    def test_a_provider_configuration_is_found_under_its_key(self) -> None:
        both = joined({"logging": logging(), APP: APP_PLAN})
        configuration = both.document["configuration"]
        (key,) = configuration["root_module"]["module_calls"]["logging"]["module"]["resources"]
        assert configuration["provider_config"][key["provider_config_key"]]["alias"] == "global"

    def test_outputs_are_called_by_their_stack(self) -> None:
        both = joined({"logging": logging(), APP: APP_PLAN})
        assert list(both.document["planned_values"]["outputs"]) == ["logging.key_arn"]

    def test_another_stack_may_be_alone(self) -> None:
        alone = joined({"logging": logging()})
        assert stacks_of(alone) == ("logging",)
        assert [block.address for block in alone.resources("aws_kms_key")] == ["module.logging.aws_kms_key.logs"]


class TestGivenPlans:
    @pytest.fixture
    def profile(self) -> Profile:
        return resolve(ROOT, "local").profile

    def written(self, folder: Path, name: str, *addresses: str) -> Path:
        file = folder / f"{name}.json"
        file.write_text(json.dumps(document(*map(Planned, addresses))))
        return file

    def test_belong_to_the_stack_with_their_addresses(self, tmp_path: Path, profile: Profile) -> None:
        app = self.written(tmp_path, "a", "aws_db_instance.main", "aws_vpc.main")
        logs = self.written(tmp_path, "b", "aws_kms_key.logs", "aws_kms_alias.logs")
        found = read_plans([logs, app], profile)
        assert {stack: plan.where for stack, plan in found.items()} == {"central_logging": str(logs), APP: str(app)}

    def test_are_of_the_app_stack_if_nothing_tells(self, tmp_path: Path, profile: Profile) -> None:
        assert list(read_plans([self.written(tmp_path, "a", "aws_other.b")], profile)) == [APP]

    def test_are_one_for_each_stack(self, tmp_path: Path, profile: Profile) -> None:
        paths = [self.written(tmp_path, name, "aws_vpc.main") for name in "ab"]
        with pytest.raises(UsageError, match=r"b\.json: this is a plan of the stack app, and so is .*a\.json"):
            read_plans(paths, profile)
