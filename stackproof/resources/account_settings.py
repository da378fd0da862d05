"""Settings of the whole account, and of each of its regions: IAM's password policy, S3's block, the security contact, EBS."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stackproof.core.resource import Resource, field
from stackproof.core.verdicts import CouldNotVerify
from stackproof.resources.storage import PublicAccessBlock
from stackproof.sources.aws.facts import AwsFacts, reported

if TYPE_CHECKING:
    from stackproof.sources.aws.source import Reader


class PasswordPolicy(Resource):
    """IAM's policy for the passwords of users."""

    operations = ("iam:GetAccountPasswordPolicy",)

    minimum_length: int = field(aws="MinimumPasswordLength")
    remembered: int = field(aws=lambda policy: policy.at("PasswordReusePrevention") or 0)
    """How many earlier passwords nobody may use again; 0 where the policy does not say: any."""
    max_age_days: int | None = field(aws=lambda policy: policy.at("MaxPasswordAge") or None)
    """After how many days a password expires; None if it does not, of which the policy says nothing."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[PasswordPolicy]":
        """The one that there is, under the name that is asked for; none where the account has IAM's weak default."""
        answer = aws.read("iam:GetAccountPasswordPolicy", absent=("NoSuchEntity",))
        if answer.page is None:
            return []
        policy = reported(answer.page, "PasswordPolicy", answer)
        return [cls(name, AwsFacts(aws, policy, answer.source), answer.source) for name in names]


class AccountPublicAccessBlock(PublicAccessBlock):
    """The four settings of S3 for every bucket of the account, whatever the bucket's own are."""

    operations = ("s3control:GetPublicAccessBlock",)

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[AccountPublicAccessBlock]":
        """The one that there is, under the name that is asked for; none where it was never set."""
        answer = aws.read(
            "s3control:GetPublicAccessBlock", absent=("NoSuchPublicAccessBlockConfiguration",), AccountId=aws.account
        )
        if answer.page is None:
            return []
        settings = reported(answer.page, "PublicAccessBlockConfiguration", answer)
        return [cls(name, AwsFacts(aws, settings, answer.source), answer.source) for name in names]


class SecurityContact(Resource):
    """The alternate contact to whom AWS writes about security; not the account's primary one."""

    operations = ("account:GetAlternateContact",)

    email: str = field(aws="EmailAddress")

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[SecurityContact]":
        """The one that there is, under the name that is asked for."""
        answer = aws.read("account:GetAlternateContact", absent=("ResourceNotFoundException",), AlternateContactType="SECURITY")
        if answer.page is None:
            return []
        contact = reported(answer.page, "AlternateContact", answer)
        return [cls(name, AwsFacts(aws, contact, answer.source), answer.source) for name in names]


OPEN = {"opt-in-not-required": True, "opted-in": True, "not-opted-in": False}
"""EC2, ``OptInStatus``: whether the account has the region."""


class Region(Resource):
    """A region of AWS, and whether the account has it. Named by itself."""

    operations = ("ec2:DescribeRegions",)

    is_enabled: bool = field(aws=lambda region: _is_enabled(region.at("OptInStatus"), region.at("RegionName")))

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[Region]":
        del names  # one call lists all
        answer = aws.read("ec2:DescribeRegions", AllRegions=True)
        found = answer.items("Regions")
        return [cls(reported(one, "RegionName", answer), AwsFacts(aws, one, answer.source), answer.source) for one in found]


def _is_enabled(status: str | None, region: str) -> bool | None:
    if status is not None and status not in OPEN:
        raise CouldNotVerify(
            f"whether the account has {region} is {status!r}, which is not known here: judge it by hand, and report it"
        )
    return None if status is None else OPEN[status]


def _public_snapshots(region: AwsFacts) -> tuple[str, ...]:
    answer = region.read("ec2:DescribeSnapshots", region=region.at("region"), OwnerIds=["self"], RestorableByUserIds=["all"])
    return tuple(reported(one, "SnapshotId", answer) for one in answer.items("Snapshots"))


def _public_images(region: AwsFacts) -> tuple[str, ...]:
    """Of the account's images, which others ask for, too; the list says of each whether it is public."""
    answer = region.read("ec2:DescribeImages", region=region.at("region"), Owners=["self"])
    return tuple(reported(one, "ImageId", answer) for one in answer.items("Images") if reported(one, "Public", answer))


class EbsSettings(Resource):
    """The defaults of EBS in a region, and the snapshots and images of the account that everybody has. Named by the region."""

    operations = ("ec2:GetEbsEncryptionByDefault", "ec2:DescribeSnapshots", "ec2:DescribeImages")

    encrypts_by_default: bool = field(
        aws=lambda one: one.read("ec2:GetEbsEncryptionByDefault", region=one.at("region")).pages[0].get("EbsEncryptionByDefault")
    )
    public_snapshots: tuple[str, ...] = field(aws=_public_snapshots)
    """The ids of the account's snapshots that everybody with an AWS account can restore."""
    public_images: tuple[str, ...] = field(aws=_public_images)
    """The ids of the account's images that everybody with an AWS account can launch."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[EbsSettings]":
        """One for each region that is named."""
        return [cls(name, AwsFacts(aws, {"region": name}, f"EC2 in {name}"), f"EC2 in {name}") for name in names]
