"""Collections of state machines of Step Functions: those of the stack."""

from stackproof.collections.registry import collection
from stackproof.collections.stack import of_own
from stackproof.resources.state_machine import StateMachine
from stackproof.targets.base import Stage


@collection
def state_machines(stage: Stage) -> tuple[StateMachine, ...]:
    """The state machines of the stack: all that a plan makes, and on AWS those whose name begins with a prefix that the profile owns."""
    return of_own(stage, "state_machine", StateMachine, stage.profile.state_machine.known)
