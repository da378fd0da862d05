"""Every control that reads AWS: what is compliant passes, each counterexample fails, and whatever goes wrong on the way is an ERROR."""

import itertools
from collections.abc import Callable

import pytest

from proofs import harness
from proofs.cases import Case, Proven
from proofs.harness import CloudStage, fails, on_cloud, on_plan
from proofs.rows import CASES
from stackproof.core.controls import catalogue
from stackproof.core.verdicts import (
    AccessDenied,
    CallFailed,
    CouldNotVerify,
    NotImplementedByEndpoint,
    Throttled,
    Unreachable,
    Verdict,
)
from stackproof.sources.replay import Recording

CONTROLS = harness.controls(*harness.ON_AWS)
ON_CLOUD = [control for control in CONTROLS if set("EA") & set(catalogue()[control].stages)]
ON_PLAN = [control for control in CONTROLS if "P" in catalogue()[control].stages]
ERRORS: list[CouldNotVerify] = [
    AccessDenied("denied"),
    AccessDenied("denied by a service control policy"),
    Throttled("throttled"),
    Unreachable("timeout"),
    CallFailed("500"),
    NotImplementedByEndpoint("501"),
]


@pytest.mark.parametrize("control", ON_CLOUD)
def test_what_is_compliant_passes_on_a_cloud(control: str, proven: Proven) -> None:
    judgement = on_cloud(control)
    assert judgement.verdict is Verdict.PASS, judgement.message
    assert judgement.read
    proven(control, Verdict.PASS)


@pytest.mark.parametrize("control", ON_PLAN)
def test_what_is_compliant_passes_on_a_plan(control: str, proven: Proven) -> None:
    judgement = on_plan(control)
    assert judgement.verdict is Verdict.PASS, judgement.message
    assert judgement.read
    proven(control, Verdict.PASS)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_counterexample_is_seen(case: Case, proven: Proven) -> None:
    judgement = case.judge()
    assert judgement.verdict is case.verdict, judgement.message
    assert case.names in judgement.message
    proven(case.control, case.verdict)


@pytest.mark.parametrize("control", ON_CLOUD)
def test_a_call_that_fails_is_an_error(control: str, proven: Proven, record_property: Callable[[str, object], None]) -> None:
    """Whichever operation it is, and however it fails."""
    silent = []
    faults = [*itertools.product(harness.operations(control), ERRORS)]
    record_property("attack", {"ERROR": len(faults)})
    for operation, error in faults:
        judgement = on_cloud(control, fails(operation, error))
        if judgement.verdict is Verdict.ERROR and str(error) in judgement.message:
            proven(control, Verdict.ERROR)
        else:
            silent.append(f"{operation}, {type(error).__name__} {error}: {judgement.verdict}: {judgement.message}")
    assert not silent


@pytest.mark.parametrize("control", ON_CLOUD)
def test_nothing_recorded_is_an_error(control: str, proven: Proven) -> None:
    assert harness.judged(control, CloudStage(Recording([]), harness.profile())).verdict is Verdict.ERROR
    proven(control, Verdict.ERROR)
