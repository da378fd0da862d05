"""Amazon EFS."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from stackproof.core.partial import collected, parts, the_one
from stackproof.core.resource import Resource, field
from stackproof.core.verdicts import CouldNotVerify
from stackproof.resources.documents import is_set, planned_resource_policy, policy_document
from stackproof.sources.aws.facts import AwsFacts, reported
from stackproof.sources.plan.blocks import PlannedBlock

if TYPE_CHECKING:
    from stackproof.sources.aws.calls import Answer
    from stackproof.sources.aws.source import Reader
    from stackproof.sources.plan.document import Plan


SYSTEMS, POLICY, BACKUPS, POINTS = (
    "efs:DescribeFileSystems",
    "efs:DescribeFileSystemPolicy",
    "efs:DescribeBackupPolicy",
    "efs:DescribeAccessPoints",
)
NONE = ("PolicyNotFound",)
"""EFS's error code where a file system has no policy, for access or for backups."""
BACKED_UP = {"ENABLED": True, "ENABLING": True, "DISABLED": False, "DISABLING": False}
"""EFS, ``Status`` of ``BackupPolicy``."""


def _about(system: AwsFacts, operation: str) -> "Answer":
    return system.read(operation, absent=NONE, FileSystemId=system.at("FileSystemId"))


def _answered_policy(system: AwsFacts) -> dict[str, Any] | None:
    answer = _about(system, POLICY)
    return None if answer.page is None else policy_document(reported(answer.page, "Policy", answer), answer.source)


def _answered_backups(system: AwsFacts) -> bool:
    answer = _about(system, BACKUPS)
    return answer.page is not None and _is_backed_up(answer.page.get("BackupPolicy", {}).get("Status"), answer.source)


def _planned_backups(system: PlannedBlock) -> bool:
    """By a policy beside it; without one EFS backs up what is in one zone alone (EFS API reference, ``CreateFileSystem``)."""
    beside = the_one(system.plan.referring("aws_efs_backup_policy", "file_system_id", system))
    if beside is None:
        return is_set(system, "availability_zone_name")
    policy = the_one(beside.blocks("backup_policy"))
    return policy is not None and _is_backed_up(policy.at("status"), policy.source)


def _is_backed_up(status: str | None, source: str) -> bool:
    if status not in BACKED_UP:
        raise CouldNotVerify(
            f"{source}: the state of backups is {status}, which is not known here: judge it by hand, and report it"
        )
    return BACKED_UP[status]


class AccessPoint(Resource):
    """A way into a file system for one application. Named by its Name tag, else by its id; on a plan without one by its address."""

    operations = (POINTS,)
    terraform = ("aws_efs_access_point",)

    acts_as_one_user: bool = field(
        aws=lambda point: bool(point.at("PosixUser")), plan=lambda point: bool(point.written_blocks("posix_user"))
    )
    """Whether whoever comes by it is the user of the file system that it names, whatever a client says of itself."""


def _answered_points(system: AwsFacts) -> tuple[AccessPoint, ...]:
    answer = system.read(POINTS, FileSystemId=system.at("FileSystemId"))
    named = [(one.get("Name") or reported(one, "AccessPointId", answer), one) for one in answer.items("AccessPoints")]
    return tuple(system.nested(AccessPoint, name, one, answer) for name, one in named)


def _planned_points(system: PlannedBlock) -> Sequence[AccessPoint]:
    points, rest = parts(system.plan.referring("aws_efs_access_point", "file_system_id", system))
    return collected([AccessPoint(_planned_name(one), one, one.source) for one in points], rest)


def _planned_name(block: PlannedBlock) -> str:
    name: str = (block.values.get("tags") or {}).get("Name") or block.address
    return name


class EfsFileSystem(Resource):
    """A file system. Named by its Name tag, else by its id; on a plan without one by its address."""

    operations = (SYSTEMS, POLICY, BACKUPS, *AccessPoint.operations)
    terraform = ("aws_efs_file_system",)

    is_encrypted: bool = field(aws="Encrypted", plan=lambda system: system.at_or("encrypted", False))
    """Whether it is encrypted at rest, which is decided when it is made; not so where Terraform's sources say nothing."""

    policy: dict[str, Any] | None = field(
        aws=_answered_policy, plan=lambda system: planned_resource_policy(system, "aws_efs_file_system_policy", "file_system_id")
    )
    """Its resource policy; None where there is none: then whoever reaches a mount target may mount it, with TLS or without."""
    is_backed_up: bool = field(aws=_answered_backups, plan=_planned_backups)
    """Whether AWS Backup makes a backup of it each day."""
    access_points: tuple[AccessPoint, ...] = field(aws=_answered_points, plan=_planned_points)

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[EfsFileSystem]":
        del names  # one call lists all
        answer = aws.read(SYSTEMS)
        named = [(one.get("Name") or reported(one, "FileSystemId", answer), one) for one in answer.items("FileSystems")]
        return [cls(name, AwsFacts(aws, one, answer.source), answer.source) for name, one in named]

    @classmethod
    def from_plan(cls, plan: "Plan", names: Sequence[str]) -> "list[EfsFileSystem]":
        del names  # a plan lists all there are
        blocks = plan.resources(*cls.terraform)
        return [cls(_planned_name(one), one, one.source) for one in blocks]
