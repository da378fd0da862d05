"""Collections of event buses of EventBridge: those of the stack."""

from stackproof.collections.presence import nothing
from stackproof.collections.registry import collection
from stackproof.collections.stack import undeclared
from stackproof.resources.event_bus import EventBus, SharedBus
from stackproof.targets.base import Stage


@collection(reads=(SharedBus,))
def event_buses(stage: Stage) -> tuple[EventBus, ...]:
    """The event buses of the stack: all that a plan makes, and on AWS those whose name begins with a prefix that the profile owns.

    And the default one of the account, which every stack of it has; of a plan, where that says who may use it.
    """
    names = stage.profile.event_bus.known
    own = *stage.existing(EventBus, names), *undeclared(stage, EventBus, names)
    shared = undeclared(stage, SharedBus, (), lambda _: True)
    is_told_whose = stage.is_planned or stage.profile.says("owned") or own
    if not is_told_whose or not (own or shared):
        raise nothing(stage, "event_bus", EventBus, names)
    return *own, *shared
