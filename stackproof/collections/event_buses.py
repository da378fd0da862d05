"""Collections of event buses of EventBridge: those of the stack."""

from stackproof.collections.registry import collection
from stackproof.collections.stack import of_own
from stackproof.resources.event_bus import EventBus
from stackproof.targets.base import Stage


@collection
def event_buses(stage: Stage) -> tuple[EventBus, ...]:
    """The event buses of the stack: all that a plan makes, and on AWS those whose name begins with a prefix that the profile owns."""
    return of_own(stage, "event_bus", EventBus, stage.profile.event_bus.known)
