"""Collections of SNS topics: those of the stack."""

from stackproof.collections.registry import collection
from stackproof.collections.stack import of_own
from stackproof.resources.sns_topic import SnsTopic
from stackproof.targets.base import Stage


@collection
def sns_topics(stage: Stage) -> tuple[SnsTopic, ...]:
    """The SNS topics of the stack: all that a plan makes, and on AWS those whose name begins with a prefix that the profile owns."""
    return of_own(stage, "sns_topic", SnsTopic, stage.profile.sns_topic.known)
