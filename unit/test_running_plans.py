"""What a plan does to a resource changes nothing of how that is judged: it is judged as it will be after the apply."""

from pathlib import Path
from typing import Any

import pytest
from plan_documents import Planned, document

from stackproof.collections.stack import log_groups
from stackproof.core.runner import judge
from stackproof.core.verdicts import DeclaredButMissing, Verdict
from stackproof.judgement.exposure import Opening, opening
from stackproof.profile.loading import load
from stackproof.resources.database import DatabaseInstance
from stackproof.resources.logs import LogGroup
from stackproof.resources.network import SecurityGroup
from stackproof.sources.plan.document import Plan, PlanSource
from stackproof.targets.plan import PlanStage
from stackproof.targets.request import resolve
from tests.security import test_database

ROOT = Path(__file__).parents[1]
PROFILE = load("production", ROOT / "environments")
DATABASE = PROFILE.database[0].identifier
GROUP = next(iter(PROFILE.logs.groups))
HERE = PROFILE.region


def staged(content: dict[str, Any]) -> PlanStage:
    stage = PlanStage(resolve(ROOT, "production", "plan"), lambda _: None)
    stage._given_plans = {"app": Plan(content, "plan.json")}
    return stage


def public(content: dict[str, Any]) -> Verdict:
    """The verdict of SEC-RDS-01 on a plan."""
    stage = staged(content)
    given = {"databases": PlanSource(stage.plan()).collect(DatabaseInstance, []), "database_clusters": ()}
    return judge(test_database.test_databases_are_not_publicly_accessible, given.__getitem__).verdict


def changed(is_public: bool, before: bool, actions: tuple[str, ...], **about: Any) -> dict[str, Any]:
    made = document(Planned("aws_db_instance.main", {"identifier": DATABASE, "publicly_accessible": is_public}, actions=actions))
    (change,) = made["resource_changes"]
    change["change"]["before"] = {"identifier": DATABASE, "publicly_accessible": before}
    change["change"] |= about.pop("change", {})
    change |= about
    return made


@pytest.mark.parametrize("is_public", [True, False])
@pytest.mark.parametrize(
    ("actions", "about"),
    [
        (("no-op",), {"previous_address": "aws_db_instance.old"}),
        (("update",), {"previous_address": "module.old.aws_db_instance.main[0]"}),
        (("no-op",), {"change": {"importing": {"id": DATABASE}}}),
        (("update",), {"change": {"importing": {"id": DATABASE}}}),
        (("delete", "create"), {"action_reason": "replace_because_cannot_update"}),
        (("create", "delete"), {"action_reason": "replace_by_request"}),
    ],
    ids=["moved", "moved and changed", "imported", "imported and changed", "replaced", "created before destroyed"],
)
def test_what_will_be_is_judged_and_not_what_was(actions: tuple[str, ...], about: dict[str, Any], is_public: bool) -> None:
    content = changed(is_public, not is_public if actions != ("no-op",) else is_public, actions, **about)
    assert public(content) is (Verdict.FAIL if is_public else Verdict.PASS)


@pytest.mark.parametrize("is_public", [True, False])
def test_what_a_replacement_leaves_over_is_not_judged(is_public: bool) -> None:
    """The deposed object is deleted by this apply, whatever it is."""
    content = changed(is_public, is_public, ("no-op",))
    change = {"actions": ["delete"], "before": {"publicly_accessible": not is_public}, "after": None, "after_unknown": {}}
    content["resource_changes"].append(content["resource_changes"][0] | {"deposed": "0a1b2c3d", "change": change})
    assert public(content) is (Verdict.FAIL if is_public else Verdict.PASS)


@pytest.mark.parametrize("is_public", [True, False])
def test_with_ignore_changes_what_is_there_stays_and_is_judged(is_public: bool) -> None:
    """The sources say one thing, and Terraform leaves what it finds: that is what is planned."""
    content = changed(is_public, is_public, ("no-op",))
    (configured,) = content["configuration"]["root_module"]["resources"]
    configured["expressions"] = {"publicly_accessible": {"constant_value": not is_public}}
    assert public(content) is (Verdict.FAIL if is_public else Verdict.PASS)


class TestRegions:
    @staticmethod
    def group(name: str, region: str | None) -> Planned:
        return Planned(f"aws_cloudwatch_log_group.{name}", {"name": GROUP, "retention_in_days": 1, "region": region})

    def test_a_namesake_in_another_region_is_another_resource(self) -> None:
        stage = staged(document(self.group("there", "eu-west-1"), self.group("here", HERE)))
        assert stage.one(LogGroup, GROUP).source.startswith("plan aws_cloudwatch_log_group.here")

    def test_and_is_judged_beside_the_declared_one(self) -> None:
        names = [*PROFILE.logs.groups]
        others = [
            Planned(f"aws_cloudwatch_log_group.x{number}", {"name": name}) for number, name in enumerate(names) if name != GROUP
        ]
        stage = staged(document(self.group("there", "eu-west-1"), self.group("here", HERE), *others))
        assert [group.name for group in log_groups(stage)] == [*names, GROUP]

    def test_two_in_one_region_are_no_answer(self) -> None:
        stage = staged(document(self.group("a", HERE), self.group("b", HERE)))
        with pytest.raises(DeclaredButMissing, match="exists 2 times"):
            stage.one(LogGroup, GROUP)


WORLD = opening("tcp", 22, 22, "0.0.0.0/0")
INSIDE = opening("tcp", 5432, 5432, "10.0.0.0/8")
OPEN = {"protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": ["0.0.0.0/0"]}
CLOSED = {"protocol": "tcp", "from_port": 5432, "to_port": 5432, "cidr_blocks": ["10.0.0.0/8"]}


class TestRulesOfAGroupThatExists:
    """A ``dynamic`` block is not in the configuration, so its rules look like what the provider remembers."""

    def opened(self, inline: list[dict[str, Any]], *rules: tuple[dict[str, Any] | None, dict[str, Any] | None]) -> set[Opening]:
        """What the group opens that had these blocks, with rule resources as they were and as they will be."""
        group = {"id": "sg-1", "name": "db", "ingress": inline}
        planned = [Planned("aws_security_group.db", group, actions=("update",))]
        before: list[dict[str, Any] | None] = [group]
        gone: list[dict[str, Any]] = []
        for number, (was, will_be) in enumerate(rules):
            belongs = {"security_group_id": "sg-1", "type": "ingress"}
            address, earlier = f"aws_security_group_rule.x{number}", was and {**was, **belongs}
            if will_be:
                planned.append(Planned(address, {**will_be, **belongs}, actions=("update",) if was else ("create",)))
                before.append(earlier)
            else:
                gone.append({"address": address, "mode": "managed", "type": "aws_security_group_rule", "before": earlier})
        made = document(*planned)
        for change, values in zip(made["resource_changes"], before, strict=True):
            change["change"]["before"] = values
        for one in gone:
            change = {"actions": ["delete"], "before": one.pop("before"), "after": None, "after_unknown": {}}
            made["resource_changes"].append({**one, "change": change})
        (found,) = PlanSource(Plan(made, "plan.json")).collect(SecurityGroup, [])
        return {*found.ingress}

    def test_a_rule_that_no_resource_made_stays(self) -> None:
        assert self.opened([OPEN, CLOSED], (CLOSED, CLOSED)) == {WORLD, INSIDE}
        assert self.opened([OPEN], (None, CLOSED)) == {WORLD, INSIDE}

    def test_what_a_resource_made_is_what_that_will_be(self) -> None:
        assert self.opened([OPEN], (OPEN, CLOSED)) == {INSIDE}
        assert self.opened([CLOSED], (CLOSED, OPEN)) == {WORLD}

    def test_a_rule_whose_resource_is_deleted_goes(self) -> None:
        assert self.opened([OPEN, CLOSED], (OPEN, None), (CLOSED, CLOSED)) == {INSIDE}
        assert self.opened([OPEN], (OPEN, None)) == set()

    def test_alone_its_own_blocks_decide(self) -> None:
        assert self.opened([OPEN]) == {WORLD}

    def test_a_group_that_is_made_anew_remembers_nothing(self) -> None:
        group = Planned("aws_security_group.db", {"name": "db"}, {"id": True, "ingress": True}, actions=("delete", "create"))
        made = document(group)
        made["resource_changes"][0]["change"]["before"] = {"id": "sg-1", "name": "db", "ingress": [OPEN]}
        (found,) = PlanSource(Plan(made, "plan.json")).collect(SecurityGroup, [])
        assert not found.ingress
