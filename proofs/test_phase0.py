"""Every phase 0 control: the repository as it is passes, each counterexample fails, and whatever goes wrong on the way is an ERROR."""

from pathlib import Path

import pytest

from proofs import harness, repository
from proofs.phase0 import CASES, Case
from stackproof.verdicts import Verdict

CONTROLS = harness.controls("phase0")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_case_is_judged_as_it_must(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = repository.copied(tmp_path, monkeypatch)
    for edit in case.edits:
        edit(copy)
    judgement = harness.judged(case.control, copy.stage())
    assert judgement.verdict is case.verdict, judgement.message
    assert case.names in judgement.message
    assert judgement.read or case.verdict is not Verdict.PASS


@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_has_cases_of_every_kind(control: str) -> None:
    proven = {case.verdict for case in CASES if case.control == control}
    assert {Verdict.PASS, Verdict.FAIL, Verdict.ERROR} <= proven


def test_cases_are_of_controls_that_exist() -> None:
    assert {case.control for case in CASES} == set(CONTROLS)
