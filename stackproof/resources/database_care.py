"""Care for the databases: event subscriptions of Amazon RDS, and restores by AWS Backup."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from stackproof.core.resource import Resource, field
from stackproof.sources.aws.facts import AwsFacts, listed

if TYPE_CHECKING:
    from stackproof.sources.aws.source import Reader

SUBSCRIPTIONS, RESTORES = "rds:DescribeEventSubscriptions", "backup:ListRestoreJobs"
SNAPSHOTS, BY_BACKUP = "rds:DescribeDBSnapshots", "awsbackup"
COMPLETED, AVAILABLE = "COMPLETED", "available"


class EventSubscription(Resource):
    """A subscription to events of Amazon RDS."""

    operations = (SUBSCRIPTIONS,)
    terraform = ("aws_db_event_subscription",)

    enabled: bool = field(aws="Enabled", plan=lambda one: one.at_or("enabled", default=True))
    source_type: str | None = field(aws="SourceType", plan=lambda one: one.text("source_type"))
    """``db-instance``; None for every type."""
    sources: tuple[str, ...] = field(
        aws=lambda one: tuple(one.at("SourceIdsList") or ()), plan=lambda one: tuple(one.elements("source_ids"))
    )
    """The identifiers of those that it is about; none for all."""
    categories: tuple[str, ...] = field(
        aws=lambda one: tuple(one.at("EventCategoriesList") or ()), plan=lambda one: tuple(one.elements("event_categories"))
    )
    """``failure``, ``maintenance``, ...; none for every one."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[EventSubscription]":
        del names  # one call lists all
        return listed(cls, aws, aws.read(SUBSCRIPTIONS), "EventSubscriptionsList", named="CustSubscriptionId")


def _restored_at(database: AwsFacts) -> datetime | None:
    """The newest of the restores that AWS Backup made of it and that came to an end."""
    jobs = database.read(RESTORES, ByResourceType="RDS", ByStatus=COMPLETED).items("RestoreJobs")
    moments = [job["CompletionDate"] for job in jobs if job.get("SourceResourceArn") == database.at("DBInstanceArn")]
    return max((one if isinstance(one, datetime) else datetime.fromisoformat(one) for one in moments), default=None)


def _backed_up_at(database: AwsFacts) -> datetime | None:
    """The newest point that a plan of AWS Backup has it at: by snapshots, or without a gap (the instance then names a recovery point)."""
    own = database.at("DBInstanceIdentifier")
    made = [
        snapshot["SnapshotCreateTime"]
        for snapshot in database.read(SNAPSHOTS).items("DBSnapshots")
        if (snapshot.get("SnapshotType"), snapshot.get("DBInstanceIdentifier"), snapshot.get("Status"))
        == (BY_BACKUP, own, AVAILABLE)
    ]
    if database.at("AwsBackupRecoveryPointArn"):
        made.append(database.at("LatestRestorableTime"))
    return max((one if isinstance(one, datetime) else datetime.fromisoformat(one) for one in made), default=None)


class RestoredDatabase(Resource):
    """A DB instance, as AWS Backup knows it."""

    operations = ("rds:DescribeDBInstances", RESTORES, SNAPSHOTS)

    backed_up_at: datetime | None = field(aws=_backed_up_at)
    """When a plan of AWS Backup last backed it up; None if none ever did."""

    restored_at: datetime | None = field(aws=_restored_at)
    """When a restore of it was last completed; None if none ever was."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[RestoredDatabase]":
        del names
        return listed(cls, aws, aws.read(cls.operations[0]), "DBInstances", named="DBInstanceIdentifier")
