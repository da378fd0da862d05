"""Amazon CloudWatch Logs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stackproof.aws.facts import AwsFacts, listed
from stackproof.resources.base import Reference, Resource, field
from stackproof.resources.encryption import KmsKey
from stackproof.sources.plan import PlannedBlock

if TYPE_CHECKING:
    from stackproof.sources.aws import Reader


def _answered_key(group: AwsFacts) -> KmsKey | None:
    key_id = group.at("kmsKeyId")
    return KmsKey.answered(group, key_id) if key_id else None


def _planned_key(group: PlannedBlock) -> KmsKey | None:
    key = group.at("kms_key_id")
    return KmsKey.planned(group.plan, key) if isinstance(key, Reference) or key else None


class LogGroup(Resource):
    """A log group."""

    operations = ("logs:DescribeLogGroups", *KmsKey.operations)
    terraform = ("aws_cloudwatch_log_group",)

    kms_key: KmsKey | None = field(aws=_answered_key, plan=_planned_key)
    """The customer key that encrypts it; None when only the service's own key does (``kmsKeyId`` is absent then)."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[LogGroup]":
        del names
        return listed(cls, aws, aws.read("logs:DescribeLogGroups"), "logGroups", named="logGroupName")
