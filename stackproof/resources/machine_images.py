"""Amazon EC2: machine images (AMIs)."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from stackproof.core.partial import collected, known_of
from stackproof.core.resource import LazyMapping, Resource, StaticOrigin, field
from stackproof.core.verdicts import NotReported
from stackproof.sources.aws.facts import AwsFacts, reported
from stackproof.sources.plan.blocks import PlannedBlock

if TYPE_CHECKING:
    from stackproof.sources.aws.calls import Answer
    from stackproof.sources.aws.source import Reader
    from stackproof.sources.plan.document import Plan

IMAGES, ATTRIBUTE = "ec2:DescribeImages", "ec2:DescribeImageAttribute"
PERMISSION = "aws_ami_launch_permission"

_WHOM = {
    "UserId": "account_id",
    "Group": "group",
    "OrganizationArn": "organization_arn",
    "OrganizationalUnitArn": "organizational_unit_arn",
}
"""The members of a launch permission, one of which says whom it is for, and what they are called on a plan."""


def _answered_sharing(image: AwsFacts) -> tuple[str, ...] | None:
    answer = image.read(ATTRIBUTE, ImageId=image.at("ImageId"), Attribute="launchPermission")
    permissions = answer.pages[0].get("LaunchPermissions")
    return None if permissions is None else tuple(_whom(one, answer) for one in permissions)


def _whom(permission: Mapping[str, str], answer: "Answer") -> str:
    for member in _WHOM:
        if permission.get(member):
            return permission[member]
    raise NotReported(f"{answer.source}: a launch permission does not say whom it is for")


def _planned_sharing(permission: PlannedBlock) -> Sequence[Any]:
    return collected(*known_of([one for one in _WHOM.values() if not permission.is_unset(one)], permission.texts))


class MachineImage(Resource):
    """A machine image; on a plan, each launch permission stands for the image that it is of."""

    operations = (ATTRIBUTE,)
    terraform = (PERMISSION,)

    shared_with: tuple[str, ...] = field(aws=_answered_sharing, plan=_planned_sharing)
    """The accounts, and the ARNs of organizations and their units, that may launch it; ``all`` is everyone.

    Source: Amazon EC2 user guide, "Share an AMI with specific AWS accounts".
    """


def _listed(images: AwsFacts) -> "tuple[list[tuple[str, Mapping[str, Any]]], Answer]":
    """The stack's images with the names to tell them by, and the answer that lists all of the account's."""
    answer, own = images.read(IMAGES, Owners=["self"]), tuple(images.at("owned"))
    found = [(f"{one.get('Name', 'without a name')} ({reported(one, 'ImageId', answer)})", one) for one in answer.items("Images")]
    return [(name, one) for name, one in found if any(claim.startswith(own) for claim in _claims(one))], answer


def _claims(image: Mapping[str, Any]) -> list[str]:
    return [image.get("Name", ""), *(tag.get("Value", "") for tag in image.get("Tags", ()))]


def _answered_images(images: AwsFacts) -> tuple[MachineImage, ...]:
    found, answer = _listed(images)
    return tuple(images.nested(MachineImage, name, one, answer) for name, one in found)


def _answered_public(images: AwsFacts) -> tuple[str, ...]:
    found, answer = _listed(images)
    return tuple(name for name, one in found if reported(one, "Public", answer))


def _planned_public(plan: "Plan") -> tuple[str, ...]:
    """Images that are public already, unless the plan takes a launch permission away: what is left then shows after apply."""
    images = plan.resources("aws_ami", "aws_ami_copy", "aws_ami_from_instance")
    return tuple(one.address for one in images if one.says("public") and one.at("public") and not _is_withdrawn(one))


def _is_withdrawn(image: PlannedBlock) -> bool:
    return any(one.values.get("group") for one in image.plan.removed(PERMISSION, "image_id", image))


class MachineImages(Resource):
    """The stack's machine images in the account and region, as they are listed. That there is none is told by the list, too."""

    operations = (IMAGES, *MachineImage.operations)

    public: tuple[str, ...] = field(aws=_answered_public)
    """Images that everyone may launch, as the list says; it takes no call for each."""
    images: tuple[MachineImage, ...] = field(aws=_answered_images)
    """By their names, or by what their tags say."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[MachineImages]":
        """One for all; ``names`` are the beginnings of those that are the stack's."""
        source = aws.read(IMAGES, Owners=["self"]).source
        return [cls(f"machine images of {aws.account}", AwsFacts(aws, {"owned": names}, source), source)]

    @classmethod
    def from_plan(cls, plan: "Plan", names: Sequence[str]) -> "list[MachineImages]":
        """One for all that the plan makes or keeps; those are the stack's, whatever they are called."""
        del names
        permissions = tuple(MachineImage(one.address, one, one.source) for one in plan.resources(PERMISSION))
        facts = LazyMapping[object]({"public": partial(_planned_public, plan), "images": lambda: permissions})
        return [cls("machine images of the plan", StaticOrigin(facts, "plan"), "plan")]
