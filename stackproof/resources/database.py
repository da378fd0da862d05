"""Amazon RDS."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

from stackproof.core.provenance import within
from stackproof.core.resource import LazyMapping, Reference, Resource, StaticOrigin, field
from stackproof.core.verdicts import CouldNotVerify, NotReported, NotYetKnown
from stackproof.judgement import certificates
from stackproof.judgement.databases import (
    OPTION,
    TlsParameter,
    always_requires_tls,
    has_options,
    option_requires_tls,
    tls_parameter,
)
from stackproof.resources.network import Guarded, SecurityGroup, Subnet
from stackproof.sources.aws.facts import AwsFacts, listed
from stackproof.sources.plan.blocks import PlannedBlock

if TYPE_CHECKING:
    from stackproof.sources.aws.source import Reader


def _answered_subnets(instance: AwsFacts) -> tuple[Subnet, ...] | None:
    """Every subnet group has some: an answer without one does not tell them. The group that it will be moved to counts, too."""
    subnets = instance.at("DBSubnetGroup.Subnets")
    if not subnets:
        return None
    pending = instance.at("PendingModifiedValues.DBSubnetGroupName")
    return _answered(instance, [*subnets, *(_subnets_of(instance, pending) if pending else ())])


def _subnets_of(database: AwsFacts, group: str) -> list[Any]:
    answer = database.read("rds:DescribeDBSubnetGroups", DBSubnetGroupName=group)
    found = [one.get("Subnets") for one in answer.items("DBSubnetGroups") if one.get("DBSubnetGroupName") == group]
    if not found or not found[0]:
        raise NotReported(f"{answer.source}: the subnets of {group} are not reported")
    subnets: list[Any] = found[0]
    return subnets


def _answered(database: AwsFacts, subnets: Iterable[Mapping[str, str]]) -> tuple[Subnet, ...]:
    ids = dict.fromkeys(subnet["SubnetIdentifier"] for subnet in subnets)
    return tuple(Subnet.answered(database, id) for id in ids)


def _origin(instance: PlannedBlock) -> PlannedBlock:
    """What a planned instance has its storage from, and its subnets if it says nothing itself: its cluster, what it is a replica of, or
    itself."""
    parent, kind = ("replicate_source_db", "aws_db_instance")
    if instance.type != kind:
        parent, kind = ("cluster_identifier", "aws_rds_cluster")
    if instance.type not in DatabaseInstance.terraform or (instance.is_known(parent) and not instance.at(parent)):
        return instance
    if not instance.is_written(parent) and instance.values.get(parent) is None:
        return instance
    if origin := instance.referent(parent, kind):
        return origin
    raise NotYetKnown(f"{instance.source}: what it takes its storage from is not in the plan")


def _planned_subnets(instance: PlannedBlock) -> Sequence[Subnet]:
    attribute = "db_subnet_group_name"
    says_itself = instance.is_written(attribute) or bool(instance.values.get(attribute))
    placed = instance if says_itself else _origin(instance)
    if group := placed.referent(attribute, "aws_db_subnet_group"):
        return Subnet.planned(group, "subnet_ids")
    raise NotYetKnown(f"{instance.source}: the subnet group {placed.at(attribute)} is not in the plan")


def _answered_sharing(snapshot: AwsFacts, kind: str = "DBSnapshot") -> tuple[str, ...] | None:
    made = snapshot.at("SnapshotType")
    if made in ("automated", None):
        return () if made else None
    identifier = {f"{kind}Identifier": snapshot.at(f"{kind}Identifier")}
    page = snapshot.read(f"rds:Describe{kind}Attributes", **identifier).pages[0]
    attributes = page.get(f"{kind}AttributesResult", {}).get(f"{kind}Attributes", ())
    shared = next((tuple(one["AttributeValues"]) for one in attributes if one.get("AttributeName") == "restore"), None)
    for one in shared or ():
        if not _GRANTEE.fullmatch(one):
            raise CouldNotVerify(f"rds:Describe{kind}Attributes {identifier}: it is shared with {one!r}, which is not known here")
    return shared


_GRANTEE = re.compile(r"all|[0-9]{12}")
"""With whom a snapshot is shared (API reference, ``ModifyDBSnapshotAttribute``): everyone, or an account."""


def _answered_names(snapshot: AwsFacts, *members: str) -> tuple[str, ...]:
    """AWS puts ``rds:`` or ``awsbackup:`` before a name that it gives; a copy names the ARN of what it is a copy of."""
    reported = [str(name).rpartition(":")[2] for member in members if (name := snapshot.at(member))]
    return (*reported, *(tag.get("Value", "") for tag in snapshot.at("TagList") or ()))


class _Origin(NamedTuple):
    """What a planned snapshot is made of."""

    attribute: str
    types: tuple[str, ...]


_CLUSTERS = ("aws_rds_cluster", "aws_docdb_cluster", "aws_neptune_cluster")
_MADE_OF = {
    "aws_db_snapshot": _Origin("db_instance_identifier", ("aws_db_instance",)),
    "aws_db_snapshot_copy": _Origin("source_db_snapshot_identifier", ("aws_db_snapshot", "aws_db_snapshot_copy")),
    "aws_rds_cluster_snapshot_copy": _Origin(
        "source_db_cluster_snapshot_identifier", ("aws_db_cluster_snapshot", "aws_rds_cluster_snapshot_copy")
    ),
    **dict.fromkeys(
        ("aws_db_cluster_snapshot", "aws_docdb_cluster_snapshot", "aws_neptune_cluster_snapshot"),
        _Origin("db_cluster_identifier", _CLUSTERS),
    ),
}


def _planned_encryption(snapshot: PlannedBlock) -> Any:
    """A snapshot is encrypted if what it is made of is; a copy also if it is given a key. What exists already stays as it is."""
    if not snapshot.plan.creates(snapshot):
        reported = [snapshot.values.get(name) for name in ("encrypted", "storage_encrypted")]
        for encrypted in (one for one in reported if one is not None):
            return encrypted
    if snapshot.type.endswith("_copy") and not snapshot.is_unset("kms_key_id"):
        key = snapshot.at("kms_key_id")
        if isinstance(key, Reference) or key:
            return True
    made_of = _MADE_OF[snapshot.type]
    for origin in snapshot.referents(made_of.attribute, *made_of.types):
        return _planned_encryption(origin) if origin.type in _MADE_OF else _origin(origin).at("storage_encrypted")
    raise NotYetKnown(f"{snapshot.source}: what it is made of is not in the plan")


def _planned_sharing(snapshot: PlannedBlock) -> Sequence[Any]:
    return snapshot.texts("shared_accounts")


class Snapshot(Resource):
    """A snapshot of a DB instance, which may be there no more."""

    operations: ClassVar[tuple[str, ...]] = ("rds:DescribeDBSnapshots", "rds:DescribeDBSnapshotAttributes")
    terraform: ClassVar[tuple[str, ...]] = ("aws_db_snapshot", "aws_db_snapshot_copy")
    planned_name = "db_snapshot_identifier"

    is_encrypted: bool = field(aws="Encrypted", plan=_planned_encryption)
    """With a KMS key; it is what its instance was, or a copy with a key of its own."""
    shared_with: tuple[str, ...] = field(aws=_answered_sharing, plan=_planned_sharing)
    """The accounts that may restore it; ``all`` is everyone. An automated snapshot cannot be shared.

    Source: Amazon RDS user guide, "Sharing a DB snapshot".
    """
    names: tuple[str, ...] = field(
        aws=lambda snapshot: _answered_names(
            snapshot, "DBSnapshotIdentifier", "DBInstanceIdentifier", "SourceDBSnapshotIdentifier"
        )
    )
    """Its own name, those of the instance and the snapshot that it is of, and what its tags say: by them a stack knows its own."""
    vpc_id: str | None = field(aws="VpcId")
    """Where its instance was."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> list[Self]:
        """Every snapshot of the account and region: bounded by quotas, 100 manual ones and an automated one a day and instance."""
        del names  # one call lists all
        return listed(cls, aws, aws.read("rds:DescribeDBSnapshots"), "DBSnapshots", named="DBSnapshotIdentifier")


class ClusterSnapshot(Snapshot):
    """A snapshot of a DB cluster: what there is of its instances."""

    operations = ("rds:DescribeDBClusterSnapshots", "rds:DescribeDBClusterSnapshotAttributes")
    terraform = (
        *("aws_db_cluster_snapshot", "aws_rds_cluster_snapshot_copy"),
        *("aws_docdb_cluster_snapshot", "aws_neptune_cluster_snapshot"),
    )
    planned_name = "db_cluster_snapshot_identifier"

    is_encrypted: bool = field(aws="StorageEncrypted", plan=_planned_encryption)
    shared_with: tuple[str, ...] = field(
        aws=lambda snapshot: _answered_sharing(snapshot, "DBClusterSnapshot"), plan=_planned_sharing
    )
    names: tuple[str, ...] = field(
        aws=lambda snapshot: _answered_names(
            snapshot, "DBClusterSnapshotIdentifier", "DBClusterIdentifier", "SourceDBClusterSnapshotArn"
        )
    )

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> list[Self]:
        del names  # one call lists all
        answer = aws.read("rds:DescribeDBClusterSnapshots")
        return listed(cls, aws, answer, "DBClusterSnapshots", named="DBClusterSnapshotIdentifier")


class TlsRule(Resource):
    """A rule that may make a database refuse connections without TLS: a group of parameters or options, or the engine itself."""

    status: str = field()
    """Whether the instance runs with it: ``in-sync``, ``applying``, ``pending-reboot``, ..."""
    requires_tls: bool = field()
    """See `stackproof.judgement.databases`."""


def _answered_requirement(group: AwsFacts, kind: str = "DBParameter") -> bool | None:
    """Of a group whose ``Engine`` is that of the database. A parameter that nobody set has the value of the engine itself."""
    parameter = tls_parameter(group.at("Engine"))
    answer = group.read(f"rds:Describe{kind}s", **{f"{kind}GroupName": group.at(f"{kind}GroupName")})
    for one in answer.items("Parameters"):
        if one["ParameterName"].lower() == parameter.name.lower():
            unknown = parameter.engine_default if one.get("Source") == "engine-default" else None
            value = one.get("ParameterValue", unknown)
            return None if value is None else parameter.requires_tls(value)
    return None


class ParameterGroup(TlsRule):
    """A DB parameter group that is attached to an instance."""

    operations: ClassVar[tuple[str, ...]] = ("rds:DescribeDBParameters",)
    terraform = ("aws_db_parameter_group",)

    status: str = field(aws="ParameterApplyStatus")
    requires_tls: bool = field(aws=_answered_requirement)


class ClusterParameterGroup(TlsRule):
    """A DB cluster parameter group that is attached to a cluster, as one of its instances has it."""

    operations = ("rds:DescribeDBClusters", "rds:DescribeDBClusterParameters")
    terraform = ("aws_rds_cluster_parameter_group", "aws_docdb_cluster_parameter_group", "aws_neptune_cluster_parameter_group")

    status: str = field(aws="DBClusterParameterGroupStatus")
    requires_tls: bool = field(aws=lambda group: _answered_requirement(group, "DBClusterParameter"))


def _answered_option(group: AwsFacts) -> bool:
    answer = group.read("rds:DescribeOptionGroups", OptionGroupName=group.at("OptionGroupName"))
    found = [one for one in answer.items("OptionGroupsList") if one.get("OptionGroupName") == group.at("OptionGroupName")]
    if not found:
        raise NotReported(f"{answer.source}: the answer does not have the group that was asked for")
    settings = [one.get("OptionSettings", ()) for one in found[0].get("Options", ()) if one.get("OptionName") == OPTION]
    return option_requires_tls({one["Name"]: one.get("Value", "") for one in settings[0]} if settings else None)


class OptionGroup(TlsRule):
    """An option group of an Oracle instance."""

    operations = ("rds:DescribeOptionGroups",)
    terraform = ("aws_db_option_group",)

    status: str = field(aws="Status")
    requires_tls: bool = field(aws=_answered_option)


class Engine(TlsRule):
    """A version of an engine that speaks TLS alone."""

    status: str = field(aws=lambda _: "in-sync")
    requires_tls: bool = field(aws=lambda _: True)


def _answered_rules(instance: AwsFacts) -> tuple[TlsRule, ...] | None:
    """Every instance has one: an answer without one does not tell it. Whether a cluster requires TLS, its own group says."""
    if by_itself := _answered_engine(instance):
        return by_itself
    engine = instance.at("Engine")
    if has_options(engine):
        options = instance.at("OptionGroupMemberships") or ()
        return tuple(instance.inside(OptionGroup, one["OptionGroupName"], one) for one in options) or None
    tls_parameter(engine)  # what RDS shows of an unknown engine tells nothing
    if cluster := instance.at("DBClusterIdentifier"):
        return _answered_of_cluster(instance, cluster, instance.at("DBInstanceIdentifier"))
    groups = ({**group, "Engine": engine} for group in instance.at("DBParameterGroups") or ())
    return tuple(instance.inside(ParameterGroup, group["DBParameterGroupName"], group) for group in groups) or None


def _answered_cluster_rules(cluster: AwsFacts) -> tuple[TlsRule, ...] | None:
    if by_itself := _answered_engine(cluster):
        return by_itself
    tls_parameter(cluster.at("Engine"))
    return _answered_of_cluster(cluster, cluster.at("DBClusterIdentifier"), None)


def _answered_engine(database: AwsFacts) -> tuple[TlsRule, ...]:
    """The engine, if it speaks TLS alone. Raises `NotReported` where nobody says what engine it is."""
    engine, version = database.at("Engine"), database.at("EngineVersion") or ""
    if engine is None:
        raise NotReported("the engine is not reported, and with it what makes it refuse connections without TLS")
    return (database.inside(Engine, f"{engine} {version}", {}),) if always_requires_tls(engine, version) else ()


def _answered_of_cluster(database: AwsFacts, cluster: str, instance: str | None) -> tuple[TlsRule, ...] | None:
    """Of a cluster, as one of its instances has it, or each; of one without instances, it is in force."""
    answer = database.read("rds:DescribeDBClusters")
    found = []
    if one := answer.by("DBClusters", "DBClusterIdentifier").get(cluster):
        members = [member for member in one["DBClusterMembers"] if instance in (None, member["DBInstanceIdentifier"])]
        if not members and instance is None:
            members = [{"DBClusterParameterGroupStatus": "in-sync"}]
        name = one["DBClusterParameterGroup"]
        group = {"DBClusterParameterGroupName": name, "Engine": one.get("Engine")}
        found += [database.nested(ClusterParameterGroup, name, {**member, **group}, answer) for member in members]
    return tuple(found) or None


def _planned_rule(kind: type[TlsRule], group: PlannedBlock, requires_tls: Callable[[], bool]) -> TlsRule:
    """A rule with its group from the plan: a database that an apply makes starts with its values, and no plan tells whether one that
    runs has them."""
    facts = LazyMapping({"status": lambda: "in-sync", "requires_tls": requires_tls})
    return kind(group.name_or_address("name"), StaticOrigin(facts, group.source), group.source)


def _planned_parameter(group: PlannedBlock, parameter: TlsParameter) -> bool:
    for one in group.blocks("parameter"):
        if str(one.at("name")).lower() == parameter.name.lower():
            value = one.at("value")
            if isinstance(value, Reference):
                raise NotYetKnown(f"{group.source}: {parameter.name} is known only after apply")
            return parameter.requires_tls(value)
    raise NotYetKnown(f"{group.source} does not set {parameter.name}; the default of its family shows only after apply")


def _planned_option(group: PlannedBlock) -> bool:
    options = [one for one in group.blocks("option") if one.at("option_name") == OPTION]
    settings = [{one.at("name"): one.at("value") for one in option.blocks("option_settings")} for option in options]
    return option_requires_tls(settings[0] if settings else None)


_GROUP_OF = {
    "aws_db_instance": "parameter_group_name",
    "aws_rds_cluster": "db_cluster_parameter_group_name",
    "aws_docdb_cluster": "db_cluster_parameter_group_name",
    "aws_neptune_cluster": "neptune_cluster_parameter_group_name",
}
_ENGINE_OF = {"aws_docdb_cluster": "docdb", "aws_neptune_cluster": "neptune"}


def _planned_rules(instance: PlannedBlock) -> tuple[TlsRule, ...]:
    database = instance if instance.type in _GROUP_OF else _origin(instance)
    engine = _ENGINE_OF.get(database.type) or _engine(database)
    version = database.values.get("engine_version")
    if engine == "neptune" and (version is None or always_requires_tls(engine, version)):  # an older one cannot be made any more
        facts = {"status": "in-sync", "requires_tls": True}
        return (Engine(f"{engine} {version or 'as it is'}", StaticOrigin(facts, database.source), database.source),)
    if has_options(engine):
        return (_planned_options(database),)
    parameter = tls_parameter(engine)
    attribute = _GROUP_OF[database.type]
    kind = ParameterGroup if database.type == "aws_db_instance" else ClusterParameterGroup
    groups = tuple(database.referents(attribute, *kind.terraform))
    if not groups:
        raise NotYetKnown(
            f"{database.source}: the parameter group {database.at(attribute) or 'that RDS takes by itself'} is not in the plan"
        )
    return tuple(_planned_rule(kind, one, partial(_planned_parameter, one, parameter)) for one in groups)


def _engine(database: PlannedBlock) -> str:
    """A replica has the engine of what it copies."""
    engine = database.at("engine") or _origin(database).at("engine")
    if not isinstance(engine, str):
        raise NotYetKnown(f"{database.source}: its engine is known only after apply")
    return engine


def _planned_options(database: PlannedBlock) -> TlsRule:
    """A database without an option group of its own gets one without an option."""
    name = None if database.is_unset("option_group_name") else database.at("option_group_name")
    if name is None:
        return _planned_rule(OptionGroup, database, lambda: option_requires_tls(None))
    for group in database.plan.referred(name, *OptionGroup.terraform):
        return _planned_rule(OptionGroup, group, partial(_planned_option, group))
    raise NotYetKnown(f"{database.source}: the option group {name} is not in the plan")


class CertificateAuthority(Resource):
    """The authority that signs the certificate which a DB instance shows its clients."""

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


def _answered_future(instance: AwsFacts) -> "DatabaseInstance":
    """RDS tells of pending changes only where there are some (API reference, DBInstance)."""
    pending = instance.at("PendingModifiedValues") or {}
    return instance.changed(DatabaseInstance, f"{instance.at('DBInstanceIdentifier')} after maintenance", pending)


def _planned_future(instance: PlannedBlock) -> "DatabaseInstance":
    return DatabaseInstance(f"{instance.name_or_address('identifier')} after maintenance", instance, instance.source)


class DatabaseInstance(Guarded):
    """An RDS DB instance, of a cluster or by itself."""

    operations = (
        "rds:DescribeDBInstances",
        *Subnet.operations,
        "rds:DescribeDBSubnetGroups",
        *(*ParameterGroup.operations, *ClusterParameterGroup.operations, *OptionGroup.operations),
        *CertificateAuthority.operations,
        *SecurityGroup.operations,
    )
    terraform = ("aws_db_instance", "aws_rds_cluster_instance")
    planned_name = "identifier"

    identifier: str = field(aws="DBInstanceIdentifier", plan="identifier")
    status: str = field(aws="DBInstanceStatus", plan=lambda _: "available")
    """``available``; ``creating``, ``backing-up``, ``storage-full``, ...; see `stackproof.judgement.databases.serves`.

    An apply waits until a new instance is available; of one that runs already no plan tells it.
    """
    engine: str = field(aws="Engine", plan="engine")
    engine_version: str = field(aws="EngineVersion", plan="engine_version")
    """``17.6``; on a plan as it is asked for, which may be ``17``."""
    instance_class: str = field(aws="DBInstanceClass", plan="instance_class")
    is_multi_zone: bool = field(aws="MultiAZ", plan="multi_az")
    """Whether a standby in another zone takes over."""
    after_maintenance: "DatabaseInstance" = field(aws=_answered_future, plan=_planned_future)
    """What it will be once its pending changes are applied. A plan has nothing pending."""
    publicly_accessible: bool = field(aws="PubliclyAccessible", plan="publicly_accessible")
    """Whether its DNS name resolves to a public address."""
    subnets: tuple[Subnet, ...] = field(aws=_answered_subnets, plan=_planned_subnets)
    """Subnets of its subnet group: a failover may move it to any of them."""
    vpc_id: str | None = field(aws="DBSubnetGroup.VpcId")
    replica_of: str | None = field(aws="ReadReplicaSourceDBInstanceIdentifier")
    """The identifier of the instance that it is a read replica of, if it is one; an ARN if that is in another region."""
    storage_encrypted: bool = field(aws="StorageEncrypted", plan=lambda instance: _origin(instance).at("storage_encrypted"))
    """With a KMS key: RDS has no other encryption."""
    tls_rules: tuple[TlsRule, ...] = field(aws=_answered_rules, plan=_planned_rules)
    """What of what is attached to it may make it refuse connections without TLS."""
    backup_days: int = field(aws="BackupRetentionPeriod", plan="backup_retention_period")
    """How long automated backups are kept; 0 if there are none."""
    deletion_protection: bool = field(aws="DeletionProtection", plan="deletion_protection")
    upgrades_minor_versions: bool = field(aws="AutoMinorVersionUpgrade", plan="auto_minor_version_upgrade")
    log_exports: tuple[str, ...] = field(
        aws=lambda instance: tuple(instance.at("EnabledCloudwatchLogsExports") or ()),
        plan=lambda instance: tuple(instance.elements("enabled_cloudwatch_logs_exports")),
    )
    """The logs that it exports to CloudWatch; RDS has no such list where there is none (API reference, DBInstance)."""
    copies_tags: bool = field(
        aws="CopyTagsToSnapshot", plan=lambda instance: instance.at_or("copy_tags_to_snapshot", default=False)
    )
    """Whether its snapshots get its tags."""
    iam_authentication: bool = field(
        aws="IAMDatabaseAuthenticationEnabled",
        plan=lambda instance: instance.at_or("iam_database_authentication_enabled", default=False),
    )
    """Whether users may log in with a token of IAM."""
    certificate_authority: CertificateAuthority = field(aws=_answered_authority, plan=_planned_authority)
    security_groups: tuple[SecurityGroup, ...] = field(
        aws=lambda instance: _answered_groups(instance), plan=lambda instance: _planned_groups(_origin_of_groups(instance))
    )

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[DatabaseInstance]":
        del names  # one call lists all
        return listed(cls, aws, aws.read("rds:DescribeDBInstances"), "DBInstances", named="DBInstanceIdentifier")


def _answered_cluster_subnets(cluster: AwsFacts) -> tuple[Subnet, ...] | None:
    group = cluster.at("DBSubnetGroup")
    return None if group is None else _answered(cluster, _subnets_of(cluster, group))


class DatabaseCluster(Guarded):
    """A DB cluster of Aurora, DocumentDB or Neptune, or a Multi-AZ one of RDS; it may have no instance, or none that is listed."""

    operations = (
        *("rds:DescribeDBClusters", "rds:DescribeDBSubnetGroups"),
        *(*Subnet.operations, *SecurityGroup.operations, *ClusterParameterGroup.operations),
    )
    terraform = _CLUSTERS
    planned_name = "cluster_identifier"

    publicly_accessible: bool | None = field(
        aws="PubliclyAccessible", plan=lambda cluster: cluster.values.get("publicly_accessible")
    )
    """Of a Multi-AZ cluster; None of one whose instances say so, each for itself."""
    subnets: tuple[Subnet, ...] = field(aws=_answered_cluster_subnets, plan=_planned_subnets)
    storage_encrypted: bool = field(aws="StorageEncrypted", plan="storage_encrypted")
    tls_rules: tuple[TlsRule, ...] = field(aws=_answered_cluster_rules, plan=_planned_rules)
    security_groups: tuple[SecurityGroup, ...] = field(
        aws=lambda cluster: _answered_groups(cluster),
        plan=lambda cluster: SecurityGroup.planned(cluster, "vpc_security_group_ids"),
    )
    """Security groups that it really has."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[DatabaseCluster]":
        del names  # one call lists all
        return listed(cls, aws, aws.read("rds:DescribeDBClusters"), "DBClusters", named="DBClusterIdentifier")


def _answered_groups(database: AwsFacts) -> tuple[SecurityGroup, ...] | None:
    """Every database in a VPC has one at least."""
    groups = database.at("VpcSecurityGroups") or ()
    return tuple(SecurityGroup.answered(database, one["VpcSecurityGroupId"]) for one in groups) or None


def _origin_of_groups(instance: PlannedBlock) -> PlannedBlock:
    """An instance of a cluster has the groups of the cluster; a replica has its own."""
    return instance if instance.type == "aws_db_instance" else _origin(instance)


def _planned_groups(database: PlannedBlock) -> Sequence[SecurityGroup]:
    """Raises `NotYetKnown` where the sources name none: then it has the default group of its VPC."""
    if database.is_unset("vpc_security_group_ids") or database.values.get("vpc_security_group_ids") == []:
        raise NotYetKnown(f"{database.source}: the sources give it no security group, so it has the default one of its VPC")
    return SecurityGroup.planned(database, "vpc_security_group_ids")
