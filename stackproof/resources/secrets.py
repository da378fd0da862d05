"""AWS Secrets Manager."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from stackproof.core.resource import Resource, field
from stackproof.core.verdicts import NotYetKnown
from stackproof.resources.encryption import KmsKey, encrypting_key
from stackproof.sources.aws.facts import listed
from stackproof.sources.plan.blocks import PlannedBlock

if TYPE_CHECKING:
    from stackproof.sources.aws.source import Reader


def _planned_rotation(secret: PlannedBlock) -> PlannedBlock | None:
    """What turns on rotation: a resource of its own; before version 4 of the provider also the secret itself."""
    for rotation in secret.plan.referring("aws_secretsmanager_secret_rotation", "secret_id", secret, named="id"):
        return rotation
    return None if secret.is_unset("rotation_lambda_arn") or not secret.at("rotation_lambda_arn") else secret


def _planned_start(secret: PlannedBlock) -> bool:
    rotation = _planned_rotation(secret)
    return rotation is not None and secret.plan.creates(rotation) and rotation.at("rotate_immediately") in (None, True)


def _planned_last_rotation(secret: PlannedBlock) -> None:
    if not secret.plan.creates(secret):
        raise NotYetKnown(f"{secret.source}: when it was rotated last is not in the plan")


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
    last_rotated: datetime | None = field(aws="LastRotatedDate", plan=_planned_last_rotation)
    """None if it never was."""

    def is_rotated_since(self, moment: datetime) -> bool:
        """Whether it was rotated at that moment or later, or is going to be at once."""
        return self.rotates_on_apply or (self.last_rotated is not None and self.last_rotated >= moment)

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[Secret]":
        del names  # one call lists all
        return listed(cls, aws, aws.read("secretsmanager:ListSecrets"), "SecretList", named="Name")
