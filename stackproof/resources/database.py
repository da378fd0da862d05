"""Amazon RDS."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from stackproof.aws.facts import AwsFacts, listed
from stackproof.evidence.provenance import within
from stackproof.judgement import certificates
from stackproof.resources.base import Given, Reference, Resource, field
from stackproof.resources.network import Subnet
from stackproof.sources.plan import PlannedBlock
from stackproof.verdicts import NotYetKnown

if TYPE_CHECKING:
    from stackproof.sources.aws import Reader


def _answered_subnets(instance: AwsFacts) -> tuple[Subnet, ...] | None:
    subnets = instance.at("DBSubnetGroup.Subnets")
    return None if subnets is None else tuple(Subnet.answered(instance, subnet["SubnetIdentifier"]) for subnet in subnets)


def _planned_subnets(instance: PlannedBlock) -> tuple[Subnet, ...]:
    name = instance.at("db_subnet_group_name")
    for group in instance.plan.referred(name, "aws_db_subnet_group", named="name"):
        return Subnet.planned(group, "subnet_ids")
    raise NotYetKnown(f"{instance.source}: the subnet group {name} is not in the plan")


def _answered_sharing(snapshot: AwsFacts) -> tuple[str, ...] | None:
    if snapshot.at("SnapshotType") != "manual":
        return ()
    name = snapshot.at("DBSnapshotIdentifier")
    page = snapshot.read("rds:DescribeDBSnapshotAttributes", DBSnapshotIdentifier=name).pages[0]
    attributes = page.get("DBSnapshotAttributesResult", {}).get("DBSnapshotAttributes", ())
    return next((tuple(one["AttributeValues"]) for one in attributes if one.get("AttributeName") == "restore"), None)


def _planned_encryption(snapshot: PlannedBlock) -> Any:
    for instance in snapshot.plan.referred(snapshot.at("db_instance_identifier"), "aws_db_instance", named="identifier"):
        return instance.at("storage_encrypted")
    raise NotYetKnown(f"{snapshot.source}: its instance is not in the plan")


class Snapshot(Resource):
    """A snapshot of a DB instance."""

    operations = ("rds:DescribeDBSnapshots", "rds:DescribeDBSnapshotAttributes")
    terraform = ("aws_db_snapshot",)

    is_encrypted: bool = field(aws="Encrypted", plan=_planned_encryption)
    """With a KMS key; it is what its instance was."""
    shared_with: tuple[str, ...] = field(aws=_answered_sharing, plan=lambda snapshot: tuple(snapshot.elements("shared_accounts")))
    """The accounts that may restore it; ``all`` is everyone. Only a manual snapshot can be shared.

    Source: Amazon RDS user guide, "Sharing a DB snapshot".
    """


def _answered_snapshots(instance: AwsFacts) -> tuple[Snapshot, ...]:
    """Bounded by quotas: 100 manual snapshots in a region, and an automated one a day."""
    answer = instance.read("rds:DescribeDBSnapshots", DBInstanceIdentifier=instance.at("DBInstanceIdentifier"))
    return tuple(instance.nested(Snapshot, item["DBSnapshotIdentifier"], item, answer) for item in answer.items("DBSnapshots"))


def _planned_snapshots(instance: PlannedBlock) -> tuple[Snapshot, ...]:
    blocks = instance.plan.referring("aws_db_snapshot", "db_instance_identifier", instance, named="identifier")
    return tuple(Snapshot(block.name_or_address("db_snapshot_identifier"), block, block.source) for block in blocks)


def _answered_parameter(group: AwsFacts) -> str | None:
    answer = group.read("rds:DescribeDBParameters", DBParameterGroupName=group.at("DBParameterGroupName"))
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

    operations = ("rds:DescribeDBParameters",)
    terraform = ("aws_db_parameter_group",)

    status: str = field(aws="ParameterApplyStatus", plan=_planned_status)
    """Whether the instance runs with its values: ``in-sync``, ``applying``, ``pending-reboot``, ..."""
    force_ssl: str = field(aws=_answered_parameter, plan=_planned_parameter)
    """The parameter ``rds.force_ssl``: with ``1`` the server refuses connections without TLS."""


def _answered_groups(instance: AwsFacts) -> tuple[ParameterGroup, ...] | None:
    groups = instance.at("DBParameterGroups")
    if groups is None:
        return None
    answer = instance.read("rds:DescribeDBInstances")
    return tuple(instance.nested(ParameterGroup, group["DBParameterGroupName"], group, answer) for group in groups)


def _planned_groups(instance: PlannedBlock) -> tuple[ParameterGroup, ...]:
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
    return CertificateAuthority(name, Given({"valid_till": certificates.VALID_TILL[name]}, source), source)


def _planned_state(instance: PlannedBlock) -> str:
    """An apply waits until a new instance is available."""
    if not instance.plan.creates(instance):
        raise NotYetKnown(f"{instance.source}: how an instance is that runs already shows only on AWS")
    return "available"


class DatabaseInstance(Resource):
    """An RDS DB instance."""

    operations = (
        "rds:DescribeDBInstances",
        *Subnet.operations,
        *Snapshot.operations,
        *ParameterGroup.operations,
        *CertificateAuthority.operations,
    )
    terraform = ("aws_db_instance",)
    planned_name = "identifier"

    status: str = field(aws="DBInstanceStatus", plan=_planned_state)
    """``available``; ``creating``, ``backing-up``, ``storage-full``, ..."""
    engine: str = field(aws="Engine", plan="engine")
    engine_version: str = field(aws="EngineVersion", plan="engine_version")
    """``17.6``; on a plan as it is asked for, which may be ``17``."""
    instance_class: str = field(aws="DBInstanceClass", plan="instance_class")
    is_multi_zone: bool = field(aws="MultiAZ", plan="multi_az")
    """Whether a standby in another zone takes over."""
    publicly_accessible: bool = field(aws="PubliclyAccessible", plan="publicly_accessible")
    """Whether its DNS name resolves to a public address."""
    subnets: tuple[Subnet, ...] = field(aws=_answered_subnets, plan=_planned_subnets)
    """Those of its subnet group: a failover may move it to any of them."""
    storage_encrypted: bool = field(aws="StorageEncrypted", plan="storage_encrypted")
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
