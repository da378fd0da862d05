"""Collections of SQS queues: those of the stack."""

from stackproof.collections.presence import nothing
from stackproof.collections.registry import collection
from stackproof.collections.stack import of_own, undeclared
from stackproof.resources.resource_policies import QueuePolicy
from stackproof.resources.sqs_queue import SqsQueue
from stackproof.targets.base import Stage


@collection
def sqs_queues(stage: Stage) -> tuple[SqsQueue, ...]:
    """The SQS queues of the stack: all that a plan makes, and on AWS those whose name begins with a prefix that the profile owns."""
    return of_own(stage, "sqs_queue", SqsQueue, stage.profile.sqs_queue.known)


@collection(reads=(QueuePolicy,))
def used_queues(stage: Stage) -> tuple[SqsQueue | QueuePolicy, ...]:
    """The SQS queues of the stack, and the policies that a plan gives to queues of others."""
    names = stage.profile.sqs_queue.known
    own = *stage.existing(SqsQueue, names), *undeclared(stage, SqsQueue, names)
    found: tuple[SqsQueue | QueuePolicy, ...] = *own, *stage.source().collect(QueuePolicy, [])
    if not found:
        raise nothing(stage, "sqs_queue", SqsQueue, names)
    return found
