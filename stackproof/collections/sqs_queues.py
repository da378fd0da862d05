"""Collections of SQS queues: those of the stack."""

from stackproof.collections.registry import collection
from stackproof.collections.stack import of_own
from stackproof.resources.sqs_queue import SqsQueue
from stackproof.targets.base import Stage


@collection
def sqs_queues(stage: Stage) -> tuple[SqsQueue, ...]:
    """The SQS queues of the stack: all that a plan makes, and on AWS those whose name begins with a prefix that the profile owns."""
    return of_own(stage, "sqs_queue", SqsQueue, stage.profile.sqs_queue.known)
