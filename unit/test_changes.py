"""What a plan does is told as Terraform means it, with nothing that is sensitive."""

from datetime import UTC, datetime
from typing import Any

import pytest
from plan_documents import Planned, document

from stackproof.core.changes import Action, ChangedField, ChangedResource, Kind, PlannedChanges
from stackproof.core.results import ControlResult, Run
from stackproof.core.verdicts import Verdict
from stackproof.reports.changes import lines, section
from stackproof.sources.plan.changes import planned_changes
from stackproof.sources.plan.document import Plan


def reported(**change: Any) -> PlannedChanges:
    """What a plan does that says this of one resource."""
    beside = {name: change.pop(name) for name in ("previous_address", "deposed") if name in change}
    content = document(Planned("aws_x.y"))
    content["resource_changes"][0] |= beside
    content["resource_changes"][0]["change"] = {"actions": ["update"], "after_unknown": {}, **change}
    (found,) = planned_changes(Plan(content, "plan.json"))
    return found


@pytest.mark.parametrize(
    ("actions", "beside", "action"),
    [
        (["create"], {}, Action.ADD),
        (["update"], {}, Action.CHANGE),
        (["delete", "create"], {}, Action.REPLACE),
        (["create", "delete"], {}, Action.REPLACE),
        (["delete"], {}, Action.DESTROY),
        (["delete"], {"deposed": "00000000"}, Action.DESTROY),
        (["forget"], {}, Action.FORGET),
        (["no-op"], {"previous_address": "aws_x.old"}, Action.MOVE),
        (["update"], {"previous_address": "aws_x.old"}, Action.CHANGE),
        (["no-op"], {"importing": {"id": "1"}}, Action.IMPORT),
        (["renew"], {}, Action.CHANGE),
    ],
)
def test_what_happens_to_a_resource(actions: list[str], beside: dict[str, Any], action: Action) -> None:
    (change,) = reported(actions=actions, **beside).changes
    assert change.action is action
    assert change.previous_address == beside.get("previous_address", "")


def test_what_stays_as_it_is_does_not_occur() -> None:
    assert reported(actions=["no-op"]).changes == ()
    assert reported(actions=["read"]).changes == ()


@pytest.mark.parametrize(
    ("actions", "kind"),
    [
        ([], Kind.FROM_NOTHING),
        (["create", "create"], Kind.FROM_NOTHING),
        (["create", "no-op"], Kind.UPDATE),
        (["update"], Kind.UPDATE),
        (["delete", "no-op"], Kind.UPDATE),
        (["no-op", "no-op"], Kind.NOTHING_TO_DO),
        (["delete", "delete"], Kind.DESTRUCTION),
    ],
)
def test_kinds_of_plans(actions: list[str], kind: Kind) -> None:
    content = document(*(Planned(f"aws_x.y{number}", actions=(action,)) for number, action in enumerate(actions)))
    (found,) = planned_changes(Plan(content, "plan.json"))
    assert found.kind is kind


def test_an_import_is_an_update() -> None:
    assert reported(actions=["create"], importing={"id": "1"}).kind is Kind.UPDATE


def test_fields_before_and_after() -> None:
    (change,) = reported(
        before={
            "name": "a",
            "tags": {"A": "1", "B": "2"},
            "ports": [1],
            "arn": "arn:1",
            "same": 1,
            "rules": [{"id": "1"}],
            "gone": 1,
        },
        after={"name": "b", "tags": {"A": "1", "B": "3"}, "ports": [1, 2], "same": 1, "rules": [{}]},
        after_unknown={"arn": True, "tags": {"C": True}, "rules": [{"id": True}]},
    ).changes
    assert change.fields == (
        ChangedField("name", "a", "b"),
        ChangedField("tags.B", "2", "3"),
        ChangedField("tags.C", "none", "(known after apply)"),
        ChangedField("ports", "[1]", "[1, 2]"),
        ChangedField("arn", "arn:1", "(known after apply)"),
        ChangedField("rules", "[{id: 1}]", "[{}], in part (known after apply)"),
        ChangedField("gone", "1", "none"),
    )


def test_a_replacement_tells_what_forces_it_and_not_what_aws_gives_anew() -> None:
    (change,) = reported(
        actions=["delete", "create"],
        before={"name": "a", "arn": "arn:1", "key": "k"},
        after={"name": "b"},
        after_unknown={"arn": True, "key": True},
        replace_paths=[["name"], ["key"], ["disk", 0, "size"]],
    ).changes
    assert change.forced_by == ("name", "key", "disk[0].size")
    assert change.fields == (ChangedField("name", "a", "b"), ChangedField("key", "k", "(known after apply)"))


def test_what_is_sensitive_is_not_told() -> None:
    (change,) = reported(
        before={"text": "hunter1", "password": "hunter2", "notes": "a"},
        after={"text": "hunter3", "password": "hunter4", "notes": "b"},
        before_sensitive={"text": True},
        after_sensitive={"text": True},
    ).changes
    assert change.fields == (ChangedField("notes", "a", "b"),)
    shown = reported(before={"text": "open"}, after={"text": "hunter2"}, after_sensitive={"text": True}).changes[0].fields
    assert shown == (ChangedField("text", "open", "(redacted)"),)


PLANS = [
    PlannedChanges(
        "app",
        Kind.UPDATE,
        (
            ChangedResource("aws_x.gone", Action.DESTROY),
            ChangedResource(
                "aws_db.main", Action.REPLACE, forced_by=("name",), fields=(ChangedField("name", "<a>", "b\x1b[2J"),)
            ),
            *(ChangedResource(f"aws_x.n{number}", Action.ADD) for number in range(9)),
            ChangedResource("aws_x.new", Action.MOVE, "aws_x.old"),
        ),
    )
]


def test_a_terminal_tells_additions_changes_replacements_and_destructions_in_this_order() -> None:
    said = list(lines(PLANS))
    assert said[0] == ("The plan of app (an update of what runs): 9 to add, 0 to change, 1 to replace, 1 to destroy, 1 to move")
    assert said[1] == "  + aws_x.n0"
    assert said[6:] == [
        "  + and 4 resources more, see results.json",
        "  -/+ aws_db.main (forced by name)",
        "      name: <a> -> b\N{REPLACEMENT CHARACTER}[2J",
        "  - aws_x.gone",
        "  > aws_x.new (was aws_x.old)",
    ]


def test_a_report_escapes_what_it_tells() -> None:
    shown = section(PLANS)
    assert "&lt;a&gt;" in shown
    assert "\x1b" not in shown
    assert shown.index("aws_x.n0") < shown.index("aws_db.main") < shown.index("aws_x.gone")
    assert section([]) == ""


@pytest.mark.parametrize(
    ("verdict", "severity", "closes", "status"),
    [
        (Verdict.UNKNOWN, "critical", ("critical", "high"), 1),
        (Verdict.UNKNOWN, "high", ("critical", "high"), 1),
        (Verdict.UNKNOWN, "medium", ("critical", "high"), 0),
        (Verdict.UNKNOWN, "critical", (), 0),
        (Verdict.UNKNOWN, "low", ("low",), 1),
        (Verdict.FAIL, "low", (), 1),
        (Verdict.NOT_APPLICABLE, "critical", ("critical",), 1),
        (Verdict.NOT_DECLARED, "critical", ("critical",), 1),
        (Verdict.PASS, "critical", ("critical",), 0),
    ],
)
def test_unknown_closes_the_gate_for_the_severities_of_the_profile(
    verdict: Verdict, severity: str, closes: tuple[str, ...], status: int
) -> None:
    control = ControlResult("SEC-RDS-01", "", "", severity, verdict, "", 0.1, "")
    run = Run(
        datetime(2026, 11, 28, tzinfo=UTC), 1.0, "local", "plan", "", "", {}, {}, unknown_closes=closes, controls=(control,)
    )
    assert run.exit_status == status
