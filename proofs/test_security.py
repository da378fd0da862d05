"""Every security control: what is compliant passes, each counterexample fails, and whatever goes wrong on the way is an ERROR."""

import pytest

from proofs import harness
from proofs.cases import Case
from proofs.harness import CloudStage, fails, on_cloud, on_plan
from proofs.security import CASES
from stackproof.controls import catalogue
from stackproof.sources.replay import Recording
from stackproof.verdicts import (
    AccessDenied,
    CallFailed,
    CouldNotVerify,
    NotImplementedByEndpoint,
    Throttled,
    Unreachable,
    Verdict,
)

CONTROLS = harness.controls("security")
ERRORS: list[CouldNotVerify] = [
    AccessDenied("denied"),
    AccessDenied("denied by a service control policy"),
    Throttled("throttled"),
    Unreachable("timeout"),
    CallFailed("500"),
    NotImplementedByEndpoint("501"),
]


def operations(control: str) -> list[str]:
    """The operations that a control needs, found out by judging it."""
    stage = CloudStage(Recording(harness.compliant_calls()), harness.profile())
    harness.judged(control, stage)
    return list(dict.fromkeys(call.operation for call in stage.reader.answers))


@pytest.mark.parametrize("control", CONTROLS)
def test_what_is_compliant_passes_on_a_cloud(control: str) -> None:
    judgement = on_cloud(control)
    assert judgement.verdict is Verdict.PASS, judgement.message
    assert judgement.read


@pytest.mark.parametrize("control", CONTROLS)
def test_what_is_compliant_passes_on_a_plan(control: str) -> None:
    judgement = on_plan(control)
    assert judgement.verdict is Verdict.PASS, judgement.message
    assert judgement.read


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_counterexample_is_seen(case: Case) -> None:
    judgement = case.judge()
    assert judgement.verdict is case.verdict, judgement.message
    assert case.names in judgement.message


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: f"{type(error).__name__} {error}")
@pytest.mark.parametrize(
    ("control", "operation"), [(control, operation) for control in CONTROLS for operation in operations(control)]
)
def test_a_call_that_fails_is_an_error(control: str, operation: str, error: CouldNotVerify) -> None:
    judgement = on_cloud(control, fails(operation, error))
    assert judgement.verdict is Verdict.ERROR, judgement.message
    assert str(error) in judgement.message


@pytest.mark.parametrize("control", CONTROLS)
def test_nothing_recorded_is_an_error(control: str) -> None:
    assert harness.judged(control, CloudStage(Recording([]), harness.profile())).verdict is Verdict.ERROR


@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_has_counterexamples_on_every_stage_it_names(control: str) -> None:
    proven = {(case.stage, case.verdict) for case in CASES if case.control == control}
    assert ("cloud", Verdict.FAIL) in proven
    assert "P" not in catalogue()[control].stages or {("plan", Verdict.FAIL), ("plan", Verdict.UNKNOWN)} <= proven
