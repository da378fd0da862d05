"""Event buses of Amazon EventBridge."""

from stackproof.core.controls import control
from stackproof.judgement.outsiders import outsiders


@control("SEC-EVT-01", severity="high")
def test_event_buses_are_used_by_nobody_from_outside(event_buses, profile, subtests):
    """Whoever may put events on a bus starts whatever its rules start."""
    for bus in event_buses:
        with subtests.test(bus.name):
            assert [one for policy in bus.policies for one in outsiders(policy, profile.account_id)] == []


@control("SEC-EVT-02", severity="low")
def test_rules_keep_the_events_that_they_cannot_hand_over(event_rules, subtests):
    """After a day of attempts EventBridge throws an event away, and what it should have started never starts."""
    for rule in event_rules:
        with subtests.test(rule.name):
            for target in rule.targets:
                with subtests.test(f"{rule.name} {target.name}"):
                    assert target.is_topic or target.keeps_what_fails
