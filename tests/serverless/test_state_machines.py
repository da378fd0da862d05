"""State machines of AWS Step Functions."""

from stackproof.core.controls import control
from stackproof.core.partial import values_of


@control("SEC-SFN-01", severity="medium")
def test_state_machines_are_logged(state_machines, subtests):
    """An express execution leaves nothing else behind, and the history of a standard one is gone after 90 days."""
    for machine in state_machines:
        with subtests.test(machine.name):
            assert machine.is_logged


@control("SEC-SFN-02", severity="medium")
def test_logs_of_state_machines_have_the_declared_data(state_machines, profile, subtests):
    """What goes into a step may be secret; without it nobody knows what an execution did."""
    for machine in state_machines:
        with subtests.test(machine.name):
            assert machine.logs_data == profile.state_machine.execution_data


@control("SEC-SFN-03", severity="low")
def test_state_machines_are_traced_as_declared(state_machines, profile, subtests):
    """A trace shows where the time of an execution goes, and which call failed."""
    for machine in state_machines:
        with subtests.test(machine.name):
            assert machine.is_traced == profile.state_machine.tracing


@control("SEC-SFN-04", severity="medium")
def test_state_machines_have_roles_of_their_own(state_machines, subtests):
    """Under one role for several, each may do what any of them needs."""
    for machine in state_machines:
        with subtests.test(machine.name):
            others = [other for other in state_machines if other is not machine]
            assert machine.role not in values_of(others, "role")
