"""The IAM policy of each control, which is printed without a run, is what its runs ask for: no less, and nothing else."""

import inspect

import pytest

from proofs import harness
from proofs.harness import asked
from proofs.rows import CASES
from proofs.test_counterexamples import ON_CLOUD
from stackproof.collections.registry import collections, operations
from stackproof.core.controls import declared
from stackproof.sources.aws.permissions import action_of, needed, needs, resources_of


@pytest.mark.parametrize("control", ON_CLOUD)
def test_every_call_of_a_run_is_allowed(control: str) -> None:
    profile = harness.profile()
    calls = asked(control)
    assert {call.operation for call in calls} <= needed([control])
    for call in calls:
        action = action_of(call.operation)
        arns = resources_of(action, profile) if action else ()
        assert all(arn == "*" or arn.split(":")[3] in ("", "*", call.region) for arn in arns), (
            f"{call} is in another region than {arns}"
        )
        named = [value for name, value in call.arguments.items() if name in ("RoleName", "UserName", "Bucket")]
        assert all(any(arn.endswith((f"/{name}", f":{name}", "*")) for arn in arns) for name in named), f"{call} is not in {arns}"


@pytest.mark.parametrize("control", ON_CLOUD)
def test_nothing_is_allowed_that_the_control_never_asks(control: str) -> None:
    """What it does not ask where all is compliant, an attached policy say, it asks in some proof; `python -m proofs.needs` knows."""
    unasked = needed([control]) - {call.operation for call in asked(control)}
    for case in CASES:
        if unasked and case.control == control and case.stage == "cloud":
            unasked -= {call.operation for call in asked(control, *case.edits, expected=case.profile)}
    assert not unasked


def test_every_operation_of_every_collection_is_asked_by_some_control() -> None:
    on_aws = {name for control in ON_CLOUD for name in inspect.signature(declared[control]).parameters if name in collections}
    assert operations(on_aws) == needed(ON_CLOUD)


def test_what_is_needed_is_written_down_for_these_controls_and_no_others() -> None:
    assert needs().keys() == {*ON_CLOUD}
