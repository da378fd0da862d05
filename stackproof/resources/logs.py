"""Amazon CloudWatch Logs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stackproof.aws.facts import listed
from stackproof.resources.base import Resource
from stackproof.resources.encryption import KmsKey, encrypting_key

if TYPE_CHECKING:
    from stackproof.sources.aws import Reader


class LogGroup(Resource):
    """A log group."""

    operations = ("logs:DescribeLogGroups", *KmsKey.operations)
    terraform = ("aws_cloudwatch_log_group",)

    kms_key: KmsKey | None = encrypting_key(aws="kmsKeyId", plan="kms_key_id")
    """The customer key that encrypts it; None when only the service's own key does (``kmsKeyId`` is absent then)."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[LogGroup]":
        del names
        return listed(cls, aws, aws.read("logs:DescribeLogGroups"), "logGroups", named="logGroupName")
