"""AWS Secrets Manager."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from stackproof.core.partial import the_one
from stackproof.core.resource import Resource, field
from stackproof.resources.encryption import KmsKey, encrypting_key
from stackproof.sources.aws.facts import listed
from stackproof.sources.plan.blocks import PlannedBlock

if TYPE_CHECKING:
    from stackproof.sources.aws.source import Reader


def _planned_rotation(secret: PlannedBlock) -> PlannedBlock | None:
    """What turns on rotation: a resource of its own; before version 4 of the provider also the secret itself."""
    kind = "aws_secretsmanager_secret_rotation"
    if rotation := the_one(secret.plan.referring(kind, "secret_id", secret)):
        return rotation
    is_decided_beside = bool(secret.plan.removed(kind, "secret_id", secret))
    says = secret.says("rotation_lambda_arn", is_decided_beside=is_decided_beside)
    return secret if says and (not secret.is_known("rotation_lambda_arn") or secret.at("rotation_lambda_arn")) else None


def _planned_start(secret: PlannedBlock) -> bool:
    rotation = _planned_rotation(secret)
    return rotation is not None and secret.plan.creates(rotation) and rotation.at("rotate_immediately") in (None, True)


def _planned_beginning(secret: PlannedBlock) -> bool:
    """Whether nothing rotated the secret before the plan: it is new, or what turns on rotation is, and the provider remembers no other."""
    plan, rotation = secret.plan, _planned_rotation(secret)
    began = rotation is not None and plan.creates(rotation) and not plan.replaced(rotation)
    kind = "aws_secretsmanager_secret_rotation"
    rotated = secret.values.get("rotation_enabled") or plan.removed(kind, "secret_id", secret)
    return plan.creates(secret) or (began and not rotated)


class Secret(Resource):
    """A secret."""

    operations = ("secretsmanager:ListSecrets", *KmsKey.operations)
    terraform = ("aws_secretsmanager_secret",)

    kms_key: KmsKey | None = encrypting_key(aws="KmsKeyId", plan="kms_key_id")
    """The customer key that encrypts it; None when only the service's own key does (``KmsKeyId`` is absent then)."""
    rotates: bool | None = field(aws="RotationEnabled", plan=lambda secret: _planned_rotation(secret) is not None)
    """Whether rotation is turned on; None if it never was (Secrets Manager reports nothing then)."""
    rotates_on_apply: bool = field(aws=lambda _: False, plan=_planned_start)
    """Whether applying the plan rotates it: Secrets Manager does so when rotation is turned on, unless it is told not to.

    Source: AWS Secrets Manager API reference, RotateSecret, RotateImmediately.
    """
    last_rotated: datetime | None = field(aws="LastRotatedDate", plan=lambda _: None)
    """None if it never was; no plan tells it."""
    tells_rotations: bool = field(aws=lambda _: True, plan=_planned_beginning)
    """Whether it shows when it was rotated: a plan does not show it of a secret that rotates already."""

    last_read: datetime | None = field(aws="LastAccessedDate", plan=lambda _: None)
    """The day on which somebody read its value last; None if nobody ever has (Secrets Manager reports nothing then)."""
    created: datetime = field(aws="CreatedDate")

    def is_read_since(self, moment: datetime) -> bool:
        """True if somebody read the secret on the day of that moment or later, or it was made then and may be read yet."""
        day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        return (self.last_read is not None and self.last_read >= day) or self.created >= day

    def is_rotated_since(self, moment: datetime) -> bool:
        """True if the secret was rotated at that moment or later, or is going to be at once."""
        return (
            self.rotates_on_apply or not self.tells_rotations or (self.last_rotated is not None and self.last_rotated >= moment)
        )

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[Secret]":
        del names  # one call lists all
        return listed(cls, aws, aws.read("secretsmanager:ListSecrets"), "SecretList", named="Name")
