"""Amazon SQS."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from stackproof.core.partial import collected, known_of, parts
from stackproof.core.resource import Resource, field
from stackproof.core.verdicts import NotReported, may_be_about
from stackproof.resources.documents import is_set, planned_resource_policy, policy_document
from stackproof.sources.aws.facts import AwsFacts
from stackproof.sources.plan.blocks import PlanLookup, PlannedBlock

if TYPE_CHECKING:
    from stackproof.sources.aws.calls import Answer
    from stackproof.sources.aws.source import Reader

ATTRIBUTES, SOURCES = "sqs:GetQueueAttributes", "sqs:ListDeadLetterSourceQueues"
SSE, ALLOWS = "sqs_managed_sse_enabled", "redrive_allow_policy"


def _attributes(queue: AwsFacts) -> Mapping[str, str]:
    """Everything that SQS tells of a queue. Raises `NotReported` for an answer without its ARN, which every queue has."""
    answer = queue.read(ATTRIBUTES, QueueUrl=queue.at("QueueUrl"), AttributeNames=["All"])
    found: Mapping[str, str] = answer.pages[0].get("Attributes", {})
    if "QueueArn" not in found:
        raise NotReported(f"{answer.source}: the attributes of the queue are not reported")
    return found


def _answered_policy(queue: AwsFacts) -> dict[str, Any] | None:
    text = _attributes(queue).get("Policy")
    return policy_document(text, ATTRIBUTES) if text else None


def _planned_policy(queue: PlannedBlock) -> dict[str, Any] | None:
    """A new queue has no policy: only its owner may use it."""
    return planned_resource_policy(queue, "aws_sqs_queue_policy", "queue_url")


def _answered_encryption(queue: AwsFacts) -> bool:
    attributes = _attributes(queue)
    return bool(attributes.get("KmsMasterKeyId")) or attributes.get("SqsManagedSseEnabled") == "true"


def _planned_encryption(queue: PlannedBlock) -> bool:
    """SQS encrypts a new queue with keys of its own, unless that is turned off (SQS developer guide, "Encryption at rest")."""
    if is_set(queue, "kms_master_key_id"):
        return True
    if queue.is_written(SSE) or queue.values.get(SSE) is not None:
        return bool(queue.at(SSE))
    if not queue.plan.creates(queue):
        raise queue.unknown(SSE)
    return True


def _planned_redrive(queue: PlannedBlock) -> bool:
    return is_set(queue, "redrive_policy") or bool(queue.plan.referring("aws_sqs_queue_redrive_policy", "queue_url", queue))


def _answered_target(queue: AwsFacts) -> bool:
    attributes = _attributes(queue)
    if "RedriveAllowPolicy" in attributes or queue.read(SOURCES, QueueUrl=queue.at("QueueUrl")).items("queueUrls"):
        return True
    return attributes["QueueArn"] in queue.read("lambda:ListFunctions").once(_dead_letters)


def _dead_letters(functions: "Answer") -> frozenset[str | None]:
    """The ARNs of what functions send events to that they could not handle."""
    return frozenset(one.get("DeadLetterConfig", {}).get("TargetArn") for one in functions.each("Functions"))


def _planned_target(queue: PlannedBlock) -> bool:
    beside = queue.plan.referring("aws_sqs_queue_redrive_allow_policy", "queue_url", queue)
    found, errors = queue.plan.once(_targets)
    mine = [queue.address] if queue.address in found or (queue.says(ALLOWS) and is_set(queue, ALLOWS)) else []
    return bool(
        collected([*parts(beside)[0], *mine], [*parts(beside)[1], *(e for e in errors if may_be_about(e, queue.address))])
    )


_DEAD_LETTERS = (
    ("aws_sqs_queue", "redrive_policy"),
    ("aws_sqs_queue_redrive_policy", "redrive_policy"),
    ("aws_sns_topic_subscription", "redrive_policy"),
    ("aws_lambda_function", "dead_letter_config.target_arn"),
    ("aws_lambda_function_event_invoke_config", "destination_config.on_failure.destination"),
    ("aws_lambda_event_source_mapping", "destination_config.on_failure.destination_arn"),
    ("aws_cloudwatch_event_target", "dead_letter_config.arn"),
    ("aws_scheduler_schedule", "target.dead_letter_config.arn"),
)
"""What in a plan sends its failures to a queue: types, and where each says so."""


def _targets(plan: PlanLookup) -> tuple[set[str], list[Exception]]:
    """The addresses of the queues that something sends its failures to; and what is not known of that."""
    found: set[str] = set()
    errors: list[Exception] = []
    for kind, path in _DEAD_LETTERS:
        *names, attribute = path.split(".")
        inside: Sequence[PlannedBlock] = plan.resources(kind)
        for name in names:
            inside, rest = known_of(inside, partial(PlannedBlock.written_blocks, name=name))
            errors += rest
        queues, rest = known_of(inside, partial(_queues_in, attribute=attribute))
        found.update(queue.address for queue in queues)
        errors += rest
    return found, errors


def _queues_in(block: PlannedBlock, attribute: str) -> Sequence[PlannedBlock]:
    """The planned queues that an attribute means: by reference, by ARN, or by the ARN in a redrive policy."""
    if not is_set(block, attribute):
        return []
    if block.is_known(attribute) and (text := str(block.at(attribute))).lstrip().startswith("{"):
        return block.plan.referred(policy_document(text, block.source).get("deadLetterTargetArn"), *SqsQueue.terraform)
    return block.referents(attribute, *SqsQueue.terraform)


class SqsQueue(Resource):
    """A queue."""

    operations = ("sqs:ListQueues", ATTRIBUTES, SOURCES, "lambda:ListFunctions")
    terraform = ("aws_sqs_queue",)

    policy: dict[str, Any] | None = field(aws=_answered_policy, plan=_planned_policy)
    """Its resource policy; None if there is none: then its account alone may use it."""
    is_encrypted: bool = field(aws=_answered_encryption, plan=_planned_encryption)
    """Whether messages are encrypted at rest, with a KMS key or with keys of SQS (``SqsManagedSseEnabled``)."""
    keeps_what_fails: bool = field(aws=lambda queue: "RedrivePolicy" in _attributes(queue), plan=_planned_redrive)
    """Whether it has a redrive policy: a message that nobody can process goes to a dead letter queue."""
    is_for_dead_letters: bool = field(aws=_answered_target, plan=_planned_target)
    """Whether others send their failures here: queues that name it, a redrive allow policy for it, or functions."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[SqsQueue]":
        """The queues of the account and region; SQS leaves the list out of its answer where there is none."""
        del names  # one call lists all
        answer = aws.read("sqs:ListQueues")
        urls = [url for page in answer.pages for url in page.get("QueueUrls", ())]
        return [cls(url.rpartition("/")[2], AwsFacts(aws, {"QueueUrl": url}, answer.source), answer.source) for url in urls]
