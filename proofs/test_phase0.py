"""Every control of phase 0, and what else is judged on the repository alone: as it is, it passes; each counterexample fails; and whatever
goes wrong on the way is an ERROR.
"""

from pathlib import Path

import pytest

from proofs import emulator, harness, history, operations, phase0, repository
from proofs.cases import Proven
from proofs.phase0 import Case
from stackproof.core.controls import catalogue
from stackproof.core.verdicts import Verdict

CONTROLS = [
    control
    for control in harness.controls("phase0", *harness.ON_AWS)
    if control in harness.controls("phase0") or catalogue()[control].stages == "S"
]
CASES = {**phase0.CASES, **operations.CASES, **emulator.CASES, **history.CASES}


@pytest.mark.parametrize(
    ("control", "case"),
    [pytest.param(control, case, id=f"{control}: {case.name}") for control, cases in CASES.items() for case in cases],
)
def test_a_case_is_judged_as_it_must(
    control: str, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proven: Proven
) -> None:
    judgement = repository.judged_after(case.edits, control, tmp_path, monkeypatch)
    assert judgement.verdict is case.verdict, judgement.message
    assert case.names in judgement.message
    assert not any(credential in repr(judgement) for credential in history.CREDENTIALS)
    if case.verdict is Verdict.PASS:
        assert judgement.read
    proven(control, as_proof(judgement.verdict))


@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_has_cases_that_pass_fail_and_err(control: str) -> None:
    assert {Verdict.PASS, Verdict.FAIL, Verdict.ERROR} <= {as_proof(case.verdict) for case in CASES[control]}


def as_proof(verdict: Verdict) -> Verdict:
    """A verdict as a kind of proof: that nothing is wrong but what waivers accept is a pass of the control."""
    return Verdict.PASS if verdict is Verdict.WAIVED else verdict
