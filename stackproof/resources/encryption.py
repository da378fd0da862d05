"""AWS KMS."""

from stackproof.aws.facts import AwsFacts
from stackproof.resources.base import Reference, Resource, field
from stackproof.sources.plan import Plan, PlannedBlock
from stackproof.verdicts import DeclaredButMissing, NotYetKnown


def _planned_state(key: PlannedBlock) -> str:
    """A new key is enabled unless the plan says otherwise (Terraform's default for ``is_enabled`` is true)."""
    enabled = key.at("is_enabled")
    return "Enabled" if enabled else "Disabled"


class KmsKey(Resource):
    """A KMS key."""

    operations = ("kms:DescribeKey",)
    terraform = ("aws_kms_key",)

    arn: str = field(aws="KeyMetadata.Arn", plan="arn")
    manager: str = field(aws="KeyMetadata.KeyManager", plan=lambda _: "CUSTOMER")
    """``CUSTOMER``, or ``AWS`` for a key that AWS manages. A key that Terraform creates is the customer's."""
    state: str = field(aws="KeyMetadata.KeyState", plan=_planned_state)
    """``Enabled``, ``Disabled``, ``PendingDeletion``, ..."""

    @classmethod
    def answered(cls, user: AwsFacts, key_id: str) -> "KmsKey":
        """The key of an id or ARN that a resource uses. Raises `DeclaredButMissing` when KMS says that there is none."""
        answer = user.read("kms:DescribeKey", absent=("NotFoundException",), KeyId=key_id)
        if answer.page is None:
            raise DeclaredButMissing(f"the key {key_id} is in use, but KMS says that it does not exist")
        return user.nested(cls, key_id.rpartition("/")[2], answer.page, answer)

    @classmethod
    def planned(cls, plan: Plan, key: str | Reference) -> "KmsKey":
        """The key that a planned value refers to. Raises `NotYetKnown` for one that the plan does not make."""
        block = plan.meant(key, "aws_kms_key", named="arn")
        if block is None:
            raise NotYetKnown(f"{key}: this key is not in the plan; whether it is enabled shows only after apply")
        return cls(block.address, block, block.source)
