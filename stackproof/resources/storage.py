"""Amazon S3."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stackproof.aws.facts import AwsFacts, listed
from stackproof.resources.base import Resource, field
from stackproof.sources.plan import PlannedBlock
from stackproof.verdicts import NotYetKnown

if TYPE_CHECKING:
    from stackproof.sources.aws import Reader


class PublicAccessBlock(Resource):
    """The four settings that keep a bucket private whatever its policy and ACLs say.

    Source: Amazon S3 user guide, "Blocking public access to your Amazon S3 storage".
    """

    block_public_acls: bool = field(aws="BlockPublicAcls", plan="block_public_acls")
    ignore_public_acls: bool = field(aws="IgnorePublicAcls", plan="ignore_public_acls")
    block_public_policy: bool = field(aws="BlockPublicPolicy", plan="block_public_policy")
    restrict_public_buckets: bool = field(aws="RestrictPublicBuckets", plan="restrict_public_buckets")


def _answered_block(bucket: AwsFacts) -> PublicAccessBlock | None:
    name = bucket.at("Name")
    answer = bucket.read("s3:GetPublicAccessBlock", absent=("NoSuchPublicAccessBlockConfiguration",), Bucket=name)
    if answer.page is None:
        return None
    return bucket.nested(PublicAccessBlock, name, answer.page.get("PublicAccessBlockConfiguration", {}), answer)


def _planned_block(bucket: PlannedBlock) -> PublicAccessBlock | None:
    blocks = bucket.plan.referring("aws_s3_bucket_public_access_block", "bucket", bucket, named="bucket")
    if len(blocks) > 1:
        raise NotYetKnown(f"{bucket.address}: {len(blocks)} public access blocks are planned; the last one applied will hold")
    return PublicAccessBlock(bucket.name_or_address("bucket"), blocks[0], blocks[0].source) if blocks else None


class Bucket(Resource):
    """A general purpose S3 bucket."""

    operations = ("s3:ListBuckets", "s3:GetPublicAccessBlock")
    terraform = ("aws_s3_bucket",)
    planned_name = "bucket"

    public_access_block: PublicAccessBlock | None = field(aws=_answered_block, plan=_planned_block)
    """The bucket's own; None when there is no configuration. The account's is not counted: it can be lifted without the bucket's owner."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[Bucket]":
        del names  # one call lists all
        return listed(cls, aws, aws.read("s3:ListBuckets"), "Buckets", named="Name")
