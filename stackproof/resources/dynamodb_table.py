"""Amazon DynamoDB."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stackproof.core.resource import Resource, field
from stackproof.resources.encryption import KmsKey
from stackproof.sources.aws.facts import AwsFacts
from stackproof.sources.plan.blocks import PlannedBlock

if TYPE_CHECKING:
    from stackproof.sources.aws.source import Reader


PROTECTED = "DeletionProtectionEnabled"
RECOVERS = {"ENABLED": True, "DISABLED": False}
"""DynamoDB, ``PointInTimeRecoveryStatus``."""


def _answered_restore(table: AwsFacts) -> bool | None:
    described = table.read("dynamodb:DescribeContinuousBackups", TableName=table.at("TableName")).pages[0]
    backups: Mapping[str, Any] = described.get("ContinuousBackupsDescription", {}).get("PointInTimeRecoveryDescription", {})
    status = backups.get("PointInTimeRecoveryStatus")
    return None if status is None else RECOVERS[status]


def _planned_restore(table: PlannedBlock) -> bool:
    """Terraform's default is not to."""
    return any(block.at("enabled") for block in table.written_blocks("point_in_time_recovery"))


def _answered_protection(table: AwsFacts) -> bool | None:
    protected: bool | None = (
        table.read("dynamodb:DescribeTable", TableName=table.at("TableName")).pages[0]["Table"].get(PROTECTED)
    )
    return protected


def _answered_key(table: AwsFacts) -> KmsKey | None:
    """Without a description the table is encrypted with a key that DynamoDB owns, which nobody in the account sees."""
    described = table.read("dynamodb:DescribeTable", TableName=table.at("TableName")).pages[0]["Table"]
    key = described.get("SSEDescription", {}).get("KMSMasterKeyArn")
    return KmsKey.answered(table, key) if key else None


def _planned_key(table: PlannedBlock) -> KmsKey | None:
    blocks = [block for block in table.written_blocks("server_side_encryption") if block.at("enabled")]
    return KmsKey.planned(blocks[0], "kms_key_arn") if blocks else None


class DynamodbTable(Resource):
    """A table."""

    operations = ("dynamodb:ListTables", "dynamodb:DescribeTable", "dynamodb:DescribeContinuousBackups", *KmsKey.operations)
    terraform = ("aws_dynamodb_table",)

    restores_to_any_second: bool = field(aws=_answered_restore, plan=_planned_restore)
    """Whether point-in-time recovery is on: the table as it was in any second of the last days can be had."""
    is_protected_from_deletion: bool = field(
        aws=_answered_protection, plan=lambda table: table.at_or("deletion_protection_enabled", False)
    )
    """Whether DynamoDB refuses to delete it until that is turned off."""
    kms_key: KmsKey | None = field(aws=_answered_key, plan=_planned_key)
    """The key that encrypts it, AWS's own for DynamoDB too; None where a key does that DynamoDB owns, the default."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[DynamodbTable]":
        del names  # one call lists all
        answer = aws.read("dynamodb:ListTables")
        found: list[Any] = answer.items("TableNames")  # of names alone
        return [cls(name, AwsFacts(aws, {"TableName": name}, answer.source), answer.source) for name in found]
