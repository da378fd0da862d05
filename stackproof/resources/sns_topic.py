"""Amazon SNS."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stackproof.core.resource import Resource, field
from stackproof.core.verdicts import NotReported
from stackproof.resources.documents import planned_resource_policy, policy_document, will_be_set
from stackproof.sources.aws.facts import AwsFacts, reported

if TYPE_CHECKING:
    from stackproof.sources.aws.source import Reader

ATTRIBUTES = "sns:GetTopicAttributes"


def _attributes(topic: AwsFacts) -> Mapping[str, str]:
    """Everything that SNS tells of a topic. Raises `NotReported` for an answer without its ARN, which every topic has."""
    answer = topic.read(ATTRIBUTES, TopicArn=topic.at("TopicArn"))
    found: Mapping[str, str] = answer.pages[0].get("Attributes", {})
    if "TopicArn" not in found:
        raise NotReported(f"{answer.source}: the attributes of the topic are not reported")
    return found


def _answered_policy(topic: AwsFacts) -> dict[str, Any] | None:
    text = _attributes(topic).get("Policy")
    return policy_document(text, ATTRIBUTES) if text else None


class SnsTopic(Resource):
    """A topic, with who may use it."""

    operations = ("sns:ListTopics", ATTRIBUTES)
    terraform = ("aws_sns_topic",)

    policy: dict[str, Any] | None = field(
        aws=_answered_policy, plan=lambda topic: planned_resource_policy(topic, "aws_sns_topic_policy", "arn")
    )
    """Its resource policy; None on a plan that says none: SNS gives it one that lets in its owner alone."""

    is_encrypted: bool = field(
        aws=lambda topic: bool(_attributes(topic).get("KmsMasterKeyId")),
        plan=lambda topic: will_be_set(topic, "kms_master_key_id"),
    )
    """Whether its messages are encrypted at rest with a KMS key, whoever manages that."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[SnsTopic]":
        del names  # one call lists all
        answer = aws.read("sns:ListTopics")
        arns = [reported(one, "TopicArn", answer) for one in answer.items("Topics")]
        return [cls(arn.rpartition(":")[2], AwsFacts(aws, {"TopicArn": arn}, answer.source), answer.source) for arn in arns]
