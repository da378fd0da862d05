"""Amazon RDS."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from stackproof.core.provenance import within
from stackproof.core.resource import Reference, Resource, StaticOrigin, field
from stackproof.core.verdicts import NotYetKnown
from stackproof.judgement import certificates
from stackproof.resources.network import Subnet
from stackproof.sources.aws.facts import AwsFacts, listed
from stackproof.sources.plan.blocks import PlannedBlock

if TYPE_CHECKING:
    from stackproof.sources.aws.source import Reader


def _answered_subnets(instance: AwsFacts) -> tuple[Subnet, ...] | None:
    """Every subnet group has some: an answer without one does not tell them."""
    subnets = instance.at("DBSubnetGroup.Subnets") or ()
    return tuple(Subnet.answered(instance, subnet["SubnetIdentifier"]) for subnet in subnets) or None


def _origin(instance: PlannedBlock) -> PlannedBlock:
    """What a planned instance has its storage from, and its subnets if it says nothing itself: its cluster, what it is a replica of, or
    itself."""
    parent, kind, named = ("replicate_source_db", "aws_db_instance", "identifier")
    if instance.type != kind:
        parent, kind, named = ("cluster_identifier", "aws_rds_cluster", "cluster_identifier")
    name = instance.at(parent)
    if name is None:
        return instance
    for origin in instance.plan.referred(name, kind, named=named):
        return origin
    raise NotYetKnown(f"{instance.source}: what it takes its storage from is not in the plan")


def _planned_subnets(instance: PlannedBlock) -> tuple[Subnet, ...]:
    says_itself = not instance.is_unset("db_subnet_group_name") and instance.at("db_subnet_group_name") is not None
    name = (instance if says_itself else _origin(instance)).at("db_subnet_group_name")
    for group in instance.plan.referred(name, "aws_db_subnet_group", named="name"):
        return Subnet.planned(group, "subnet_ids")
    raise NotYetKnown(f"{instance.source}: the subnet group {name} is not in the plan")


def _answered_sharing(snapshot: AwsFacts, kind: str = "DBSnapshot") -> tuple[str, ...] | None:
    made = snapshot.at("SnapshotType")
    if made in ("automated", None):
        return () if made else None
    identifier = {f"{kind}Identifier": snapshot.at(f"{kind}Identifier")}
    page = snapshot.read(f"rds:Describe{kind}Attributes", **identifier).pages[0]
    attributes = page.get(f"{kind}AttributesResult", {}).get(f"{kind}Attributes", ())
    return next((tuple(one["AttributeValues"]) for one in attributes if one.get("AttributeName") == "restore"), None)


def _planned_encryption(snapshot: PlannedBlock) -> Any:
    for instance in snapshot.plan.referred(snapshot.at("db_instance_identifier"), "aws_db_instance", named="identifier"):
        return instance.at("storage_encrypted")
    raise NotYetKnown(f"{snapshot.source}: its instance is not in the plan")


class Snapshot(Resource):
    """A snapshot of a DB instance."""

    operations: ClassVar[tuple[str, ...]] = ("rds:DescribeDBSnapshots", "rds:DescribeDBSnapshotAttributes")
    terraform: ClassVar[tuple[str, ...]] = ("aws_db_snapshot",)

    is_encrypted: bool = field(aws="Encrypted", plan=_planned_encryption)
    """With a KMS key; it is what its instance was."""
    shared_with: tuple[str, ...] = field(aws=_answered_sharing, plan=lambda snapshot: tuple(snapshot.elements("shared_accounts")))
    """The accounts that may restore it; ``all`` is everyone. An automated snapshot cannot be shared.

    Source: Amazon RDS user guide, "Sharing a DB snapshot".
    """


class ClusterSnapshot(Snapshot):
    """A snapshot of a DB cluster: what there is of its instances."""

    operations = ("rds:DescribeDBClusterSnapshots", "rds:DescribeDBClusterSnapshotAttributes")

    is_encrypted: bool = field(aws="StorageEncrypted")
    shared_with: tuple[str, ...] = field(aws=lambda snapshot: _answered_sharing(snapshot, "DBClusterSnapshot"))


def _answered_snapshots(instance: AwsFacts) -> tuple[Snapshot, ...]:
    """Bounded by quotas: 100 manual snapshots in a region, and an automated one a day."""
    if cluster := instance.at("DBClusterIdentifier"):
        answer = instance.read("rds:DescribeDBClusterSnapshots", DBClusterIdentifier=cluster)
        found = answer.items("DBClusterSnapshots")
        return tuple(instance.nested(ClusterSnapshot, item["DBClusterSnapshotIdentifier"], item, answer) for item in found)
    answer = instance.read("rds:DescribeDBSnapshots", DBInstanceIdentifier=instance.at("DBInstanceIdentifier"))
    return tuple(instance.nested(Snapshot, item["DBSnapshotIdentifier"], item, answer) for item in answer.items("DBSnapshots"))


def _planned_snapshots(instance: PlannedBlock) -> tuple[Snapshot, ...]:
    blocks = instance.plan.referring("aws_db_snapshot", "db_instance_identifier", instance, named="identifier")
    return tuple(Snapshot(block.name_or_address("db_snapshot_identifier"), block, block.source) for block in blocks)


def _answered_parameter(group: AwsFacts, kind: str = "DBParameter") -> str | None:
    name = {f"{kind}GroupName": group.at(f"{kind}GroupName")}
    answer = group.read(f"rds:Describe{kind}s", **name)
    return next(
        (one.get("ParameterValue") for one in answer.items("Parameters") if one["ParameterName"] == "rds.force_ssl"), None
    )


def _planned_parameter(group: PlannedBlock) -> Any:
    for parameter in group.blocks("parameter"):
        if parameter.at("name") == "rds.force_ssl":
            return parameter.at("value")
    raise NotYetKnown(f"{group.source} does not set rds.force_ssl; the default of its family shows only after apply")


def _planned_status(group: PlannedBlock) -> str:
    """An instance starts with the values of its group."""
    instances = group.plan.referring("aws_db_instance", "parameter_group_name", group, named="name")
    if not all(map(group.plan.creates, instances)):
        raise NotYetKnown(f"{group.source}: whether a running instance has its values shows only after apply")
    return "in-sync"


class ParameterGroup(Resource):
    """A DB parameter group that is attached to an instance."""

    operations: ClassVar[tuple[str, ...]] = ("rds:DescribeDBParameters",)
    terraform = ("aws_db_parameter_group",)

    status: str = field(aws="ParameterApplyStatus", plan=_planned_status)
    """Whether the instance runs with its values: ``in-sync``, ``applying``, ``pending-reboot``, ..."""
    force_ssl: str = field(aws=_answered_parameter, plan=_planned_parameter)
    """The parameter ``rds.force_ssl``: with ``1`` the server refuses connections without TLS."""


class ClusterParameterGroup(ParameterGroup):
    """A DB cluster parameter group that is attached to a cluster, as one of its instances has it."""

    operations = ("rds:DescribeDBClusters", "rds:DescribeDBClusterParameters")

    status: str = field(aws="DBClusterParameterGroupStatus")
    force_ssl: str = field(aws=lambda group: _answered_parameter(group, "DBClusterParameter"))


def _answered_of_cluster(instance: AwsFacts, cluster: str) -> tuple[ParameterGroup, ...] | None:
    answer = instance.read("rds:DescribeDBClusters", DBClusterIdentifier=cluster)
    return (
        tuple(
            instance.nested(
                ClusterParameterGroup,
                one["DBClusterParameterGroup"],
                {**member, "DBClusterParameterGroupName": one["DBClusterParameterGroup"]},
                answer,
            )
            for one in answer.items("DBClusters")
            for member in one["DBClusterMembers"]
            if member["DBInstanceIdentifier"] == instance.at("DBInstanceIdentifier")
        )
        or None
    )


def _answered_groups(instance: AwsFacts) -> tuple[ParameterGroup, ...] | None:
    """Every instance has one: an answer without one does not tell it. Whether a cluster forces TLS, its own group says."""
    if cluster := instance.at("DBClusterIdentifier"):
        return _answered_of_cluster(instance, cluster)
    groups = instance.at("DBParameterGroups") or ()
    answer = instance.read("rds:DescribeDBInstances")
    return tuple(instance.nested(ParameterGroup, group["DBParameterGroupName"], group, answer) for group in groups) or None


def _planned_groups(instance: PlannedBlock) -> tuple[ParameterGroup, ...]:
    if instance.type != "aws_db_instance":
        raise NotYetKnown(f"{instance.source}: the parameters of an instance of a cluster are judged after apply")
    name = instance.at("parameter_group_name")
    blocks = instance.plan.referred(name, *ParameterGroup.terraform, named="name")
    if not blocks:
        raise NotYetKnown(f"{instance.source}: the parameter group {name} is not in the plan")
    return tuple(ParameterGroup(block.name_or_address("name"), block, block.source) for block in blocks)


class CertificateAuthority(Resource):
    """Who signs the certificate that a DB instance shows its clients."""

    operations = ("rds:DescribeCertificates",)

    valid_till: datetime = field(aws="ValidTill")


def _answered_authority(instance: AwsFacts) -> CertificateAuthority | None:
    name = instance.at("CACertificateIdentifier")
    answer = instance.read("rds:DescribeCertificates")
    found = (one for one in answer.items("Certificates") if one.get("CertificateIdentifier") == name)
    return next((instance.nested(CertificateAuthority, name, one, answer) for one in found), None)


def _planned_authority(instance: PlannedBlock) -> CertificateAuthority:
    name = instance.at("ca_cert_identifier")
    if isinstance(name, Reference) or name not in certificates.VALID_TILL:
        raise NotYetKnown(f"{instance.source}: until when {name} is valid is not in the table of {certificates.TABLE_DATE}")
    source = within(instance.source, f".ca_cert_identifier; AWS's table of certificate authorities, {certificates.TABLE_DATE}")
    return CertificateAuthority(name, StaticOrigin({"valid_till": certificates.VALID_TILL[name]}, source), source)


def _planned_state(instance: PlannedBlock) -> str:
    """An apply waits until a new instance is available."""
    if not instance.plan.creates(instance):
        raise NotYetKnown(f"{instance.source}: how an instance is that runs already shows only on AWS")
    return "available"


_JUDGED = ("Engine", "EngineVersion", "DBInstanceClass", "MultiAZ")


def _answered_future(instance: AwsFacts) -> "DatabaseInstance":
    """RDS tells of pending changes only where there are some (API reference, DBInstance)."""
    pending = instance.at("PendingModifiedValues") or {}
    will_be = {name: pending.get(name, instance.at(name)) for name in _JUDGED}
    return instance.inside(DatabaseInstance, f"{instance.at('DBInstanceIdentifier')} after maintenance", will_be)


def _planned_future(instance: PlannedBlock) -> "DatabaseInstance":
    return DatabaseInstance(f"{instance.name_or_address('identifier')} after maintenance", instance, instance.source)


class DatabaseInstance(Resource):
    """An RDS DB instance, of a cluster or by itself."""

    operations = (
        "rds:DescribeDBInstances",
        *Subnet.operations,
        *(*Snapshot.operations, *ClusterSnapshot.operations),
        *(*ParameterGroup.operations, *ClusterParameterGroup.operations),
        *CertificateAuthority.operations,
    )
    terraform = ("aws_db_instance", "aws_rds_cluster_instance")
    planned_name = "identifier"

    status: str = field(aws="DBInstanceStatus", plan=_planned_state)
    """``available``; ``creating``, ``backing-up``, ``storage-full``, ..."""
    engine: str = field(aws="Engine", plan="engine")
    engine_version: str = field(aws="EngineVersion", plan="engine_version")
    """``17.6``; on a plan as it is asked for, which may be ``17``."""
    instance_class: str = field(aws="DBInstanceClass", plan="instance_class")
    is_multi_zone: bool = field(aws="MultiAZ", plan="multi_az")
    """Whether a standby in another zone takes over."""
    after_maintenance: "DatabaseInstance" = field(aws=_answered_future, plan=_planned_future)
    """What it will be once its pending changes are applied: class, engine, version and zones. A plan has nothing pending."""
    publicly_accessible: bool = field(aws="PubliclyAccessible", plan="publicly_accessible")
    """Whether its DNS name resolves to a public address."""
    subnets: tuple[Subnet, ...] = field(aws=_answered_subnets, plan=_planned_subnets)
    """Those of its subnet group: a failover may move it to any of them."""
    vpc_id: str | None = field(aws="DBSubnetGroup.VpcId")
    replica_of: str | None = field(aws="ReadReplicaSourceDBInstanceIdentifier")
    """The identifier of the instance that it is a read replica of, if it is one; an ARN if that is in another region."""
    storage_encrypted: bool = field(aws="StorageEncrypted", plan=lambda instance: _origin(instance).at("storage_encrypted"))
    """With a KMS key: RDS has no other encryption."""
    snapshots: tuple[Snapshot, ...] = field(aws=_answered_snapshots, plan=_planned_snapshots)
    """Automated and manual ones; of a plan, those that it makes."""
    parameter_groups: tuple[ParameterGroup, ...] = field(aws=_answered_groups, plan=_planned_groups)
    """Those that are attached."""
    backup_days: int = field(aws="BackupRetentionPeriod", plan="backup_retention_period")
    """How long automated backups are kept; 0 if there are none."""
    deletion_protection: bool = field(aws="DeletionProtection", plan="deletion_protection")
    upgrades_minor_versions: bool = field(aws="AutoMinorVersionUpgrade", plan="auto_minor_version_upgrade")
    certificate_authority: CertificateAuthority = field(aws=_answered_authority, plan=_planned_authority)

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[DatabaseInstance]":
        del names  # one call lists all
        return listed(cls, aws, aws.read("rds:DescribeDBInstances"), "DBInstances", named="DBInstanceIdentifier")
