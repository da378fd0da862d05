"""Event buses of Amazon EventBridge."""

from stackproof.core.controls import control
from stackproof.judgement.outsiders import outsiders


@control("SEC-EVT-01", severity="high")
def test_event_buses_are_used_by_nobody_from_outside(event_buses, profile, subtests):
    """Whoever may put events on a bus starts whatever its rules start."""
    for bus in event_buses:
        with subtests.test(bus.name):
            assert [one for policy in bus.policies for one in outsiders(policy, profile.account)] == []
