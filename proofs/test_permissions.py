"""The IAM policy of each control, found out without running it, is what a run of it asks for: no less, and nothing for nobody."""

import inspect

import pytest

from proofs import harness
from proofs.harness import CloudStage
from proofs.rows import CASES
from proofs.test_counterexamples import ON_CLOUD
from stackproof.aws.calls import Call
from stackproof.aws.permissions import action_of, resources_of
from stackproof.controls import declared
from stackproof.inventory import collections, operations
from stackproof.sources.replay import Recording


def needed(control: str) -> frozenset[str]:
    """The operations that a control's policy is made for."""
    return operations(name for name in inspect.signature(declared[control]).parameters if name in collections)


def asked(control: str, *edits: harness.Edit) -> list[Call]:
    """The calls that a control makes on the compliant recording after some edits."""
    calls = list(harness.compliant_calls())
    for edit in edits:
        calls = edit(calls)
    stage = CloudStage(Recording(calls), harness.profile())
    harness.judged(control, stage)
    return list(stage.reader.answers)


@pytest.mark.parametrize("control", ON_CLOUD)
def test_every_call_of_a_run_is_allowed(control: str) -> None:
    profile = harness.profile()
    calls = asked(control)
    assert {call.operation for call in calls} <= needed(control)
    for call in calls:
        action = action_of(call.operation)
        arns = resources_of(action, profile) if action else ()
        assert all(arn == "*" or arn.split(":")[3] in ("", call.region) for arn in arns), (
            f"{call} is in another region than {arns}"
        )
        named = [value for name, value in call.arguments.items() if name in ("RoleName", "UserName", "Bucket")]
        assert all(any(arn.endswith((f"/{name}", f":{name}", "*")) for arn in arns) for name in named), f"{call} is not in {arns}"


def test_no_action_is_allowed_that_nothing_needs() -> None:
    """What the compliant runs do not ask, an attached policy say, some counterexample does."""
    made = {call.operation for control in ON_CLOUD for call in asked(control)}
    made |= {call.operation for case in CASES if case.stage == "cloud" for call in asked(case.control, *case.edits)}
    assert frozenset().union(*map(needed, ON_CLOUD)) - made == frozenset()
