"""Amazon EFS."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stackproof.core.resource import Resource, field
from stackproof.sources.aws.facts import AwsFacts, reported

if TYPE_CHECKING:
    from stackproof.sources.aws.source import Reader
    from stackproof.sources.plan.document import Plan


class EfsFileSystem(Resource):
    """A file system. Named by its Name tag, else by its id; on a plan without one by its address."""

    operations = ("efs:DescribeFileSystems",)
    terraform = ("aws_efs_file_system",)

    is_encrypted: bool = field(aws="Encrypted", plan=lambda system: system.at_or("encrypted", False))
    """Whether it is encrypted at rest, which is decided when it is made; not so where Terraform's sources say nothing."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[EfsFileSystem]":
        del names  # one call lists all
        answer = aws.read("efs:DescribeFileSystems")
        named = [(one.get("Name") or reported(one, "FileSystemId", answer), one) for one in answer.items("FileSystems")]
        return [cls(name, AwsFacts(aws, one, answer.source), answer.source) for name, one in named]

    @classmethod
    def from_plan(cls, plan: "Plan", names: Sequence[str]) -> "list[EfsFileSystem]":
        del names  # a plan lists all there are
        blocks = plan.resources(*cls.terraform)
        return [cls((one.values.get("tags") or {}).get("Name") or one.address, one, one.source) for one in blocks]
