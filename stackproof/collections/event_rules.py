"""Collections of rules of EventBridge: those of the stack."""

from stackproof.collections.registry import collection
from stackproof.collections.stack import of_own
from stackproof.resources.event_rule import EventRule
from stackproof.targets.base import Stage


@collection
def event_rules(stage: Stage) -> tuple[EventRule, ...]:
    """The rules of the stack: all that a plan makes, and on AWS those whose name begins with a prefix that the profile owns."""
    return of_own(stage, "event_rule", EventRule)
