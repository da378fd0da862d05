"""Resource policies that a plan gives to what it does not make: queues and topics that are there already."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

from stackproof.core.resource import Resource, field
from stackproof.resources.documents import about_others, planned_document

if TYPE_CHECKING:
    from stackproof.sources.aws.source import Reader
    from stackproof.sources.plan.document import Plan


class ResourcePolicy(Resource):
    """A planned policy of a resource that the plan does not make, by that resource's name. On AWS the resource has it itself."""

    attribute: ClassVar[str]
    """Where it says whose it is."""
    of: ClassVar[str]
    """The Terraform type of what it is for."""

    policy: dict[str, Any] | None = field(plan=lambda block: planned_document(block, "policy"))

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[Self]":
        del aws, names
        return []

    @classmethod
    def from_plan(cls, plan: "Plan", names: Sequence[str]) -> "list[Self]":
        del names
        found = (about_others(plan, kind, cls.attribute, cls.of) for kind in cls.terraform)
        return [cls(name, block, block.source) for by_name in found for name, blocks in by_name.items() for block in blocks]


class QueuePolicy(ResourcePolicy):
    """A planned policy of an SQS queue that the plan does not make, by the queue's URL."""

    terraform = ("aws_sqs_queue_policy",)
    attribute, of = "queue_url", "aws_sqs_queue"


class TopicPolicy(ResourcePolicy):
    """A planned policy of an SNS topic that the plan does not make, by the topic's ARN."""

    terraform = ("aws_sns_topic_policy",)
    attribute, of = "arn", "aws_sns_topic"
