"""What a plan does to a stack that runs."""

from stackproof.core.controls import control


@control("CHG-01", severity="critical")
def test_plan_destroys_nothing_that_holds_state(planned_changes, signed_destructions, subtests):
    """Rows, objects, keys and log events cannot be made again: whoever destroys them signs, and no signature outlives its use."""
    for change in planned_changes:
        with subtests.test(change.name):
            assert not change.state_lost or change.is_signed
    for signature in signed_destructions:
        with subtests.test(signature.name):
            assert not signature.is_over
        with subtests.test(signature.name):
            assert signature.is_needed
