"""Collections of SNS topics: those of the stack."""

from stackproof.collections.presence import nothing
from stackproof.collections.registry import collection
from stackproof.collections.stack import of_own, undeclared
from stackproof.resources.resource_policies import TopicPolicy
from stackproof.resources.sns_topic import SnsTopic
from stackproof.targets.base import Stage


@collection
def sns_topics(stage: Stage) -> tuple[SnsTopic, ...]:
    """The SNS topics of the stack: all that a plan makes, and on AWS those whose name begins with a prefix that the profile owns."""
    return of_own(stage, "sns_topic", SnsTopic, stage.profile.sns_topic.known)


@collection(reads=(TopicPolicy,))
def used_topics(stage: Stage) -> tuple[SnsTopic | TopicPolicy, ...]:
    """The SNS topics of the stack, and the policies that a plan gives to topics of others."""
    names = stage.profile.sns_topic.known
    own = *stage.existing(SnsTopic, names), *undeclared(stage, SnsTopic, names)
    found: tuple[SnsTopic | TopicPolicy, ...] = *own, *stage.source().collect(TopicPolicy, [])
    if not found:
        raise nothing(stage, "sns_topic", SnsTopic, names)
    return found
