"""Plans for a stack that runs: what is compliant passes, and every counterexample of a plan is seen there, too.

The rows are those of the plan from nothing; `proofs.harness` translates their edits. Where a running stack rightly leads to another
verdict, ``running.toml`` says so, with the reason; what it lists and is not so fails.
"""

import functools
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from proofs import harness
from proofs.cases import Case, Proven
from proofs.plans import BASES, RUNNING, UPDATE, compliant_plan
from proofs.rows import CASES
from stackproof.core.controls import catalogue
from stackproof.core.verdicts import Verdict
from stackproof.sources.plan.document import Plan

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


@pytest.mark.parametrize("base", ON_WHAT_RUNS)
@pytest.mark.parametrize("control", CONTROLS)
def test_what_is_compliant_passes(control: str, base: str, proven: Proven) -> None:
    judgement = harness.on_plan(control, base=base)
    verdict = expected(control, "compliant", base, Verdict.PASS)
    assert judgement.verdict is verdict, judgement.message
    proven(control, verdict)


@pytest.mark.parametrize("base", ON_WHAT_RUNS)
@pytest.mark.parametrize("case", ROWS, ids=str)
def test_a_counterexample_is_seen(case: Case, base: str, proven: Proven) -> None:
    judgement = case.judge(base)
    verdict = expected(case.control, case.name, base, case.verdict)
    assert judgement.verdict is verdict, judgement.message
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
