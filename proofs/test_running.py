"""Plans for a stack that runs: what is compliant passes, and every counterexample of a plan is seen there, too.

The rows are those of the plan from nothing; `proofs.harness` translates their edits. Where a running stack rightly leads to another
verdict, ``running.toml`` says so, with the reason; what it lists and is not so fails.
"""

import functools
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from proofs import harness
from proofs.cases import Case, Proven
from proofs.plans import BASES, RUNNING, UPDATE, compliant_plan
from proofs.rows import CASES
from proofs.security.service import PASSWORD
from stackproof.core.controls import catalogue
from stackproof.core.verdicts import Verdict
from stackproof.sources.plan.document import Plan
from stackproof.testing import plans

CONTROLS = [control for control in harness.controls(*harness.ON_AWS) if "P" in catalogue()[control].stages]
ROWS = [case for case in CASES if case.stage == "plan"]
ON_WHAT_RUNS = BASES[1:]


@functools.cache
def differences() -> Mapping[str, Any]:
    return tomllib.loads(Path(__file__).with_name("running.toml").read_text(encoding="utf-8"))


def expected(control: str, name: str, base: str, otherwise: Verdict) -> Verdict:
    """The verdict that must follow on a base: that of the row, unless ``running.toml`` has another."""
    for entry in differences()["differs"]:
        if entry["control"] == control and name in entry["rows"] and base in entry.get("on", ON_WHAT_RUNS):
            return Verdict(entry["verdict"])
    return otherwise


@pytest.mark.parametrize("control", CONTROLS)
def test_what_is_compliant_passes(control: str, proven: Proven) -> None:
    for base in ON_WHAT_RUNS:
        judgement = harness.on_plan(control, base=base)
        verdict = expected(control, "compliant", base, Verdict.PASS)
        assert judgement.verdict is verdict, f"{base}: {judgement.message}"
        proven(control, verdict)


@pytest.mark.parametrize("case", ROWS, ids=str)
def test_a_counterexample_is_seen(case: Case, proven: Proven) -> None:
    for base in ON_WHAT_RUNS:
        judgement = case.judge(base=base)
        verdict = expected(case.control, case.name, base, case.verdict)
        assert judgement.verdict is verdict, f"{base}: {judgement.message}"
        proven(case.control, verdict)


def test_every_difference_is_one_of_a_row_and_has_a_reason() -> None:
    rows = {(case.control, case.name): case.verdict for case in ROWS} | {
        (control, "compliant"): Verdict.PASS for control in CONTROLS
    }
    named = [(entry["control"], row) for entry in differences()["differs"] for row in entry["rows"]]
    assert [one for one in named if one not in rows] == []
    assert len(named) == len({*named})
    for entry in differences()["differs"]:
        assert len(entry["reason"]) >= 20
        assert {*entry.get("on", ON_WHAT_RUNS)} <= {*ON_WHAT_RUNS}
        assert [row for row in entry["rows"] if rows[entry["control"], row] is Verdict(entry["verdict"])] == []


def test_the_update_touches_what_runs() -> None:
    running, update = (Plan(compliant_plan(base), base).changes for base in (RUNNING, UPDATE))
    assert {change.actions for change in running} == {("no-op",)}
    assert [change.address for change in running] == [change.address for change in update]
    assert {change.actions for change in update} == {("no-op",), ("update",), ("delete", "create")}


DEFINITION, SERVICE = "aws_ecs_task_definition.backend", "aws_ecs_service.backend"
EXPOSED = json.dumps([{"name": "backend", "environment": [{"name": "DB_PASSWORD", "value": PASSWORD}]}])
"""Containers that hold a password in plain text."""


def ran_so(document: dict[str, Any]) -> None:
    """Let what runs before the update be wrong."""
    change = plans._planned(document, DEFINITION)[1]
    change["before"] = {**change["before"], "container_definitions": EXPOSED}


@pytest.mark.parametrize("wrong", [ran_so, harness.planned(DEFINITION, container_definitions=EXPOSED)])
def test_what_the_service_keeps_and_what_the_plan_makes_are_both_judged(wrong: harness.Edit) -> None:
    judgement = harness.on_plan("SEC-ECS-01", wrong, base=UPDATE)
    assert judgement.verdict is Verdict.FAIL, judgement.message
    assert "DB_PASSWORD" in judgement.message


BUCKET = "aws_s3_bucket.app"
BESIDE: dict[str, dict[str, Any]] = {
    "versioning": {"versioning_configuration": [{"status": "Enabled"}]},
    "server_side_encryption_configuration": {
        "rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms"}]}]
    },
}
"""Settings of a bucket that stand beside it in the current generation of the provider; the bucket remembers them."""


def made_beside(name: str) -> list[harness.Edit]:
    address = f"aws_s3_bucket_{name}.app"

    def runs(document: dict[str, Any]) -> None:
        change = plans._planned(document, address)[1]
        change.update(actions=["no-op"], before=dict(change["after"]))

    return [
        harness.unset(BUCKET, name),
        harness.with_resource(address, refers={"bucket": f"{BUCKET}.id"}, **BESIDE[name]),
        runs,
    ]


def moved_away(name: str) -> harness.Edit:
    """Let the plan make the setting anew, for another bucket."""

    def edit(document: dict[str, Any]) -> None:
        resource, change = plans._planned(document, f"aws_s3_bucket_{name}.app")
        resource["values"]["bucket"] = "another"
        change.update(actions=["delete", "create"], after={**change["after"], "bucket": "another"})

    return edit


@pytest.mark.parametrize("base", ON_WHAT_RUNS)
@pytest.mark.parametrize("name", BESIDE)
def test_a_bucket_loses_what_stood_beside_it(name: str, base: str) -> None:
    """By destruction and by moving it; what the bucket remembers of it decides nothing."""
    there = made_beside(name)
    assert harness.on_plan("SEC-S3-02", *there, base=base).verdict is Verdict.PASS
    for taken in (harness.without(f"aws_s3_bucket_{name}.app"), moved_away(name)):
        judgement = harness.on_plan("SEC-S3-02", *there, taken, base=base)
        assert judgement.verdict is Verdict.FAIL, judgement.message
