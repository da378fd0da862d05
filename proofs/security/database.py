"""Amazon RDS."""

from datetime import timedelta
from typing import Any

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import (
    Edit,
    adds,
    answered,
    answers,
    exists,
    fails,
    omits,
    on_page_2,
    planned,
    recorded_at,
    says,
    unknown,
    unset,
    with_resource,
    without,
)
from stackproof.core.verdicts import AccessDenied, Verdict

INSTANCES, TABLES, PARAMETERS = "rds:DescribeDBInstances", "ec2:DescribeRouteTables", "rds:DescribeDBParameters"
CLUSTERS, SUBNET_GROUPS = "rds:DescribeDBClusters", "rds:DescribeDBSubnetGroups"
SNAPSHOTS, SHARING, AUTHORITIES = "rds:DescribeDBSnapshots", "rds:DescribeDBSnapshotAttributes", "rds:DescribeCertificates"
INSTANCE, SUBNET_GROUP, PARAMETER_GROUP = "aws_db_instance.main", "aws_db_subnet_group.main", "aws_db_parameter_group.main"
NAME = "triflow-ai-production-db"

_instance = answered(INSTANCES, "DBInstances.0")
SUBNET = _instance["DBSubnetGroup"]["Subnets"][0]["SubnetIdentifier"]
_tables = list(enumerate(answered(TABLES, "RouteTables")))
PUBLIC = next(
    number for number, table in _tables if any(route.get("GatewayId", "").startswith("igw-") for route in table["Routes"])
)
PRIVATE = next(
    number
    for number, table in _tables
    if table["VpcId"] == _instance["DBSubnetGroup"]["VpcId"] and any(one["Main"] for one in table["Associations"])
)
FORCE_SSL = next(
    f"Parameters.{number}"
    for number, parameter in enumerate(answered(PARAMETERS, "Parameters"))
    if parameter["ParameterName"] == "rds.force_ssl"
)

PUBLICITY = [
    cloud("SEC-RDS-01", "public", FAIL, says(INSTANCES, "DBInstances.0.PubliclyAccessible", True)),
    cloud("SEC-RDS-01", "field absent", ERROR, omits(INSTANCES, "DBInstances.0.PubliclyAccessible")),
    cloud(
        "SEC-RDS-01",
        "another database than the declared one",
        PASS,
        says(INSTANCES, "DBInstances.0.DBInstanceIdentifier", "other"),
    ),
    cloud("SEC-RDS-01", "no database at all", FAIL, says(INSTANCES, "DBInstances", [])),
    plan("SEC-RDS-01", "public", FAIL, planned(INSTANCE, publicly_accessible=True)),
    plan("SEC-RDS-01", "field absent", ERROR, planned(INSTANCE, publicly_accessible=None)),
    plan("SEC-RDS-01", "known after apply", UNKNOWN, unknown(INSTANCE, "publicly_accessible")),
    plan("SEC-RDS-01", "no such database", FAIL, without(INSTANCE)),
]


def routed(name: str, destination: dict[str, str], target: dict[str, str], verdict: Verdict = FAIL) -> Case:
    """A route more in the database's table."""
    return cloud(
        "SEC-RDS-02", name, verdict, adds(TABLES, f"RouteTables.{PRIVATE}.Routes", {"State": "active", **destination, **target})
    )


PUBLIC_SUBNET = answered(TABLES, f"RouteTables.{PUBLIC}.Associations.0.SubnetId")


def subnet_group(name: str, *subnets: str) -> Edit:
    """A subnet group, as it is asked for by its name."""
    group = {"DBSubnetGroupName": name, "Subnets": [{"SubnetIdentifier": subnet} for subnet in subnets]}
    return answers(SUBNET_GROUPS, {"DBSubnetGroups": [group]}, DBSubnetGroupName=name)


EVERYWHERE, GATEWAY = {"DestinationCidrBlock": "0.0.0.0/0"}, {"GatewayId": "igw-0a1b"}
TABLE, OWN_TABLE = "aws_default_route_table.private", "aws_vpc.main.main_route_table_id"
ROUTE = "aws_route.more"
TO_THE_INTERNET = {"gateway_id": "aws_internet_gateway.main.id"}
SUBNETS = [
    cloud(
        "SEC-RDS-02",
        "one of two is associated with a public table",
        FAIL,
        adds(TABLES, f"RouteTables.{PUBLIC}.Associations", {"Main": False, "SubnetId": SUBNET}),
        names=SUBNET,
    ),
    routed("the main table leads to an internet gateway", EVERYWHERE, GATEWAY),
    routed("a few addresses go to an internet gateway", {"DestinationCidrBlock": "8.8.8.8/32"}, GATEWAY),
    routed("IPv6 goes to an internet gateway", {"DestinationIpv6CidrBlock": "::/0"}, GATEWAY),
    routed("a prefix list goes to an internet gateway", {"DestinationPrefixListId": "pl-6fa54006"}, GATEWAY),
    routed("an internet gateway that is detached for now", EVERYWHERE, {**GATEWAY, "State": "blackhole"}),
    routed("IPv6 goes out alone", {"DestinationIpv6CidrBlock": "::/0"}, {"EgressOnlyInternetGatewayId": "eigw-0a1b"}, PASS),
    routed("a route to an endpoint", {"DestinationPrefixListId": "pl-6fa54006"}, {"GatewayId": "vpce-0a1b"}, PASS),
    cloud(
        "SEC-RDS-02",
        "it will be moved to public subnets",
        FAIL,
        says(INSTANCES, "DBInstances.0.PendingModifiedValues.DBSubnetGroupName", "public"),
        subnet_group("public", PUBLIC_SUBNET),
        names=PUBLIC_SUBNET,
    ),
    cloud(
        "SEC-RDS-02",
        "it will be moved to other private subnets",
        PASS,
        says(INSTANCES, "DBInstances.0.PendingModifiedValues.DBSubnetGroupName", "private"),
        subnet_group("private", SUBNET),
    ),
    cloud(
        "SEC-RDS-02",
        "it will be moved to subnets that nobody tells",
        ERROR,
        says(INSTANCES, "DBInstances.0.PendingModifiedValues.DBSubnetGroupName", "other"),
        answers(SUBNET_GROUPS, {"DBSubnetGroups": []}, DBSubnetGroupName="other"),
        names="other",
    ),
    cloud("SEC-RDS-02", "a subnet that EC2 does not have", FAIL, says("ec2:DescribeSubnets", "Subnets", []), names=SUBNET),
    cloud("SEC-RDS-02", "no subnet", ERROR, says(INSTANCES, "DBInstances.0.DBSubnetGroup.Subnets", [])),
    cloud("SEC-RDS-02", "subnets not reported", ERROR, omits(INSTANCES, "DBInstances.0.DBSubnetGroup.Subnets")),
    cloud("SEC-RDS-02", "no route table", ERROR, says(TABLES, "RouteTables", []), names="route_table"),
    cloud("SEC-RDS-02", "associations not reported", ERROR, omits(TABLES, f"RouteTables.{PUBLIC}.Associations")),
    cloud("SEC-RDS-02", "routes not reported", ERROR, omits(TABLES, f"RouteTables.{PRIVATE}.Routes")),
    cloud("SEC-RDS-02", "no route at all", ERROR, says(TABLES, f"RouteTables.{PRIVATE}.Routes", [])),
    plan(
        "SEC-RDS-02",
        "one of two is associated with a public table",
        FAIL,
        with_resource(
            "aws_route_table_association.more",
            refers={"subnet_id": "aws_subnet.private_a.id", "route_table_id": "aws_route_table.public.id"},
        ),
        names="aws_subnet.private_a",
    ),
    plan(
        "SEC-RDS-02",
        "the public table is the main one",
        FAIL,
        with_resource(
            "aws_main_route_table_association.more",
            refers={"vpc_id": "aws_vpc.main.id", "route_table_id": "aws_route_table.public.id"},
        ),
    ),
    plan(
        "SEC-RDS-02",
        "an inline route to a gateway that exists",
        FAIL,
        planned(TABLE, route=[{"cidr_block": "0.0.0.0/0", "gateway_id": "igw-0a1b"}]),
        names="igw-0a1b",
    ),
    *(
        plan(
            "SEC-RDS-02",
            f"a route of its own, {name}",
            FAIL,
            *edits,
            with_resource(ROUTE, refers={"route_table_id": table, **TO_THE_INTERNET}, destination_cidr_block="0.0.0.0/0"),
            names="0.0.0.0/0 to aws_internet_gateway.main",
        )
        for name, table, edits in (
            ("in the adopted main table", f"{TABLE}.id", ()),
            ("in the VPC's main table, which is adopted", OWN_TABLE, ()),
            ("in the VPC's main table, which nobody adopts", OWN_TABLE, (without(TABLE),)),
        )
    ),
    plan(
        "SEC-RDS-02",
        "a route of its own to a VPN",
        PASS,
        with_resource(
            ROUTE,
            refers={"route_table_id": f"{TABLE}.id", "gateway_id": "aws_vpn_gateway.main.id"},
            destination_cidr_block="192.168.0.0/16",
        ),
    ),
    plan("SEC-RDS-02", "a main table that nobody adopts", PASS, without(TABLE)),
    plan("SEC-RDS-02", "a main table that exists and nobody adopts", UNKNOWN, without(TABLE), exists("aws_vpc.main")),
    plan("SEC-RDS-02", "routes known after apply", UNKNOWN, unknown(TABLE, "route")),
    plan(
        "SEC-RDS-02",
        "a gateway known after apply",
        UNKNOWN,
        with_resource(ROUTE, refers={"route_table_id": f"{TABLE}.id"}, destination_cidr_block="0.0.0.0/0", gateway_id=None),
        unknown(ROUTE, "gateway_id"),
    ),
    plan("SEC-RDS-02", "subnets known after apply", UNKNOWN, unknown(SUBNET_GROUP, "subnet_ids")),
    plan("SEC-RDS-02", "subnets from elsewhere", UNKNOWN, planned(SUBNET_GROUP, subnet_ids=["subnet-0a1b"]), names="subnet-0a1b"),
    plan("SEC-RDS-02", "a subnet group from elsewhere", UNKNOWN, planned(INSTANCE, db_subnet_group_name="other"), names="other"),
]


def snapshot(kind: str = "manual", name: str = "by-hand", **changes: Any) -> Edit:
    """One more on the second page."""
    return on_page_2(SNAPSHOTS, "DBSnapshots", DBSnapshotIdentifier=name, SnapshotType=kind, **changes)


MANUAL = snapshot()


def shared(*accounts: str, kind: str = "manual", name: str = "by-hand", **changes: Any) -> tuple[Edit, ...]:
    """A snapshot, and whom it is shared with."""
    attributes = [{"AttributeName": "restore", "AttributeValues": list(accounts)}]
    return snapshot(kind, name, **changes), answers(
        SHARING, {"DBSnapshotAttributesResult": {"DBSnapshotAttributes": attributes}}, DBSnapshotIdentifier=name
    )


# Of a database that is no more, and of which nothing but one thing says whose it was
NOBODYS: dict[str, Any] = {"DBInstanceIdentifier": "gone", "VpcId": "vpc-0other", "TagList": []}
COPY_OF = "arn:aws:rds:ap-northeast-2:123456789012:snapshot:rds:"
OF_ONES_OWN: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("by its name", f"{NAME}-final", NOBODYS),
    ("by the name that AWS gives", f"rds:{NAME}-old-2026-11-01-00-00", NOBODYS),
    ("by the name of its instance", "final", {**NOBODYS, "DBInstanceIdentifier": f"{NAME}-old"}),
    ("by what it is a copy of", "final", {**NOBODYS, "SourceDBSnapshotIdentifier": f"{COPY_OF}{NAME}-2026-11-01"}),
    ("by a tag", "final", {**NOBODYS, "TagList": [{"Key": "Name", "Value": NAME}]}),
    ("by its VPC", "final", {**NOBODYS, "VpcId": _instance["DBSubnetGroup"]["VpcId"]}),
)
GONE = [
    *(
        case
        for how, name, changes in OF_ONES_OWN
        for case in (
            cloud("SEC-RDS-03", f"of a database that is gone, {how}, for everyone", FAIL, *shared("all", name=name, **changes)),
            cloud("SEC-RDS-03", f"of a database that is gone, {how}, for nobody", PASS, *shared(name=name, **changes)),
            cloud(
                "SEC-RDS-03",
                f"of a database that is gone, {how}, not encrypted",
                FAIL,
                *shared(name=name, **changes, Encrypted=False),
                names=name,
            ),
        )
    ),
    cloud("SEC-RDS-03", "another team's, for everyone", PASS, *shared("all", name="theirs", **NOBODYS)),
    cloud("SEC-RDS-03", "another team's, not encrypted", PASS, snapshot(name="theirs", **NOBODYS, Encrypted=False)),
    cloud(
        "SEC-RDS-03",
        "encryption not reported of one for everyone",
        FAIL,
        *shared("all", **{**OF_ONES_OWN[2][2], "Encrypted": None}),
        names="sharing",
    ),
]

PLANNED_CLUSTER = with_resource(
    "aws_rds_cluster.more", cluster_identifier="more", engine="aurora-postgresql", storage_encrypted=True
)
PLAIN_CLUSTER = with_resource("aws_rds_cluster.more", cluster_identifier="more", engine="postgres", storage_encrypted=False)
COPY = "aws_db_snapshot.more"


def of_one(**values: Any) -> Edit:
    """A snapshot of the instance."""
    return with_resource(COPY, db_instance_identifier=NAME, **values)


SHARED_WITH: tuple[tuple[str, Verdict, dict[str, Any], str], ...] = (
    ("everyone", FAIL, {"shared_accounts": ["all"]}, "more sharing"),
    ("everyone and 7", FAIL, {"shared_accounts": ["all", 7]}, "more sharing"),
    ("one account", PASS, {"shared_accounts": ["210987654321"]}, ""),
    ("nobody", PASS, {}, ""),
)
PLANNED_SNAPSHOTS = [
    plan("SEC-RDS-03", "a cluster without an instance, not encrypted", FAIL, PLAIN_CLUSTER, names="more"),
    plan("SEC-RDS-03", "a cluster without an instance", PASS, PLANNED_CLUSTER),
    plan("SEC-RDS-01", "a cluster that is open", FAIL, with_resource("aws_rds_cluster.more", publicly_accessible=True)),
    plan("SEC-RDS-01", "a cluster that does not say", PASS, PLANNED_CLUSTER),
    *(
        plan("SEC-RDS-03", f"{name}, of {account}", verdict, *edits, with_resource(address, **said, **values), names=names)
        for address, name, edits, said in (
            ("aws_db_snapshot.more", "of an instance", (), {"refers": {"db_instance_identifier": f"{INSTANCE}.id"}}),
            ("aws_db_snapshot.more", "of an instance by its name", (), {"db_instance_identifier": NAME}),
            (
                "aws_db_cluster_snapshot.more",
                "of a cluster",
                (PLANNED_CLUSTER,),
                {"refers": {"db_cluster_identifier": "aws_rds_cluster.more.id"}},
            ),
            (
                "aws_db_snapshot_copy.more",
                "a copy with a key",
                (),
                {"source_db_snapshot_identifier": "elsewhere", "kms_key_id": "arn:aws:kms:eu-west-1:123456789012:key/a"},
            ),
            (
                "aws_rds_cluster_snapshot_copy.more",
                "a copy of a cluster's, with a key",
                (),
                {"source_db_cluster_snapshot_identifier": "elsewhere", "kms_key_id": "arn:aws:kms:eu-west-1:123456789012:key/a"},
            ),
            (
                "aws_db_snapshot_copy.more",
                "a copy of an encrypted one",
                (with_resource("aws_db_snapshot.first", db_instance_identifier=NAME, db_snapshot_identifier="first"),),
                {"source_db_snapshot_identifier": "first", "kms_key_id": None},
            ),
        )
        for account, verdict, values, names in SHARED_WITH
    ),
    plan(
        "SEC-RDS-03",
        "of an instance that is not in the plan, for everyone",
        FAIL,
        with_resource(COPY, db_instance_identifier="elsewhere", shared_accounts=["all"]),
        names=f"{COPY} sharing",
    ),
    plan(
        "SEC-RDS-03",
        "of an instance that is not in the plan",
        UNKNOWN,
        with_resource(COPY, db_instance_identifier="elsewhere"),
        names=COPY,
    ),
    *(
        plan(
            "SEC-RDS-03",
            f"one that exists, of an instance that is not in the plan, encrypted: {encrypted}",
            verdict,
            with_resource(COPY, db_instance_identifier="elsewhere", encrypted=encrypted),
            exists(COPY),
            names=names,
        )
        for encrypted, verdict, names in ((True, PASS, ""), (False, FAIL, COPY))
    ),
    plan(
        "SEC-RDS-03",
        "of a cluster that is not encrypted",
        FAIL,
        PLAIN_CLUSTER,
        with_resource("aws_db_cluster_snapshot.copy", db_cluster_identifier="more"),
        names="aws_db_cluster_snapshot.copy",
    ),
    plan(
        "SEC-RDS-03",
        "whom a snapshot is shared with, known after apply",
        UNKNOWN,
        with_resource(COPY, db_instance_identifier=NAME, shared_accounts=None),
        unknown(COPY, "shared_accounts"),
    ),
]

ENCRYPTION = [
    cloud("SEC-RDS-03", "storage not encrypted", FAIL, says(INSTANCES, "DBInstances.0.StorageEncrypted", False), names=NAME),
    cloud("SEC-RDS-03", "storage encryption not reported", ERROR, omits(INSTANCES, "DBInstances.0.StorageEncrypted")),
    cloud("SEC-RDS-03", "a snapshot not encrypted", FAIL, says(SNAPSHOTS, "DBSnapshots.0.Encrypted", False), names="rds:"),
    cloud("SEC-RDS-03", "a snapshot's encryption not reported", ERROR, omits(SNAPSHOTS, "DBSnapshots.0.Encrypted")),
    cloud("SEC-RDS-03", "a snapshot on page 2 not encrypted", FAIL, on_page_2(SNAPSHOTS, "DBSnapshots", Encrypted=False)),
    cloud("SEC-RDS-03", "a snapshot shared with everyone", FAIL, *shared("210987654321", "all"), names="by-hand"),
    cloud("SEC-RDS-03", "a snapshot shared with an account", PASS, *shared("210987654321")),
    cloud("SEC-RDS-03", "a snapshot shared with nobody", PASS, *shared()),
    cloud("SEC-RDS-03", "sharing not recorded", ERROR, MANUAL),
    cloud("SEC-RDS-03", "a snapshot whose type is not reported", ERROR, omits(SNAPSHOTS, "DBSnapshots.0.SnapshotType")),
    *(
        cloud("SEC-RDS-03", f"a snapshot of type {kind} is asked for, too", FAIL, *shared("all", kind=kind), names="by-hand")
        for kind in ("public", "shared", "awsbackup")
    ),
    cloud("SEC-RDS-03", "sharing denied", ERROR, *shared(), fails(SHARING, AccessDenied("denied")), names="denied"),
    cloud("SEC-RDS-03", "sharing not reported", ERROR, *shared(), says(SHARING, "DBSnapshotAttributesResult", {})),
    cloud("SEC-RDS-03", "the list is missing", ERROR, omits(SNAPSHOTS, "DBSnapshots")),
    cloud("SEC-RDS-03", "no snapshot yet", PASS, says(SNAPSHOTS, "DBSnapshots", [])),
    plan("SEC-RDS-03", "storage not encrypted", FAIL, planned(INSTANCE, storage_encrypted=False), names=NAME),
    plan("SEC-RDS-03", "storage encryption not set", ERROR, planned(INSTANCE, storage_encrypted=None)),
    plan("SEC-RDS-03", "storage encryption known after apply", UNKNOWN, unknown(INSTANCE, "storage_encrypted")),
]


def of_engine(engine: str, parameter: str, value: str | None) -> list[Edit]:
    """The database with another engine, and what its parameter group says; None for a parameter that nobody set."""
    said = {"Source": "engine-default"} if value is None else {"ParameterValue": value, "Source": "user"}
    return [
        says(INSTANCES, "DBInstances.0.Engine", engine) if engine != "postgres" else lambda calls: calls,
        says(PARAMETERS, "Parameters", [{"ParameterName": "other", "ParameterValue": "1"}, {"ParameterName": parameter, **said}]),
    ]


def ssl(version: str) -> dict[str, object]:
    """The option that offers TLS."""
    return {"OptionName": "SSL", "Port": 2484, "OptionSettings": [{"Name": "SQLNET.SSL_VERSION", "Value": version}]}


def of_oracle(*options: dict[str, object], status: str) -> list[Edit]:
    """The database as an Oracle instance with an option group."""
    group = {"OptionGroupName": "oracle-options", "Options": list(options)}
    return [
        says(INSTANCES, "DBInstances.0.Engine", "oracle-se2"),
        says(INSTANCES, "DBInstances.0.OptionGroupMemberships", [{"OptionGroupName": "oracle-options", "Status": status}]),
        answers("rds:DescribeOptionGroups", {"OptionGroupsList": [group]}, OptionGroupName="oracle-options"),
    ]


def planned_engine(engine: str, parameter: str, value: str) -> list[Edit]:
    """The database with another engine on a plan."""
    return [planned(INSTANCE, engine=engine), planned(PARAMETER_GROUP, parameter=[{"name": parameter, "value": value}])]


def planned_ssl(version: str) -> dict[str, object]:
    return {"option_name": "SSL", "option_settings": [{"name": "SQLNET.SSL_VERSION", "value": version}]}


TLS = [
    cloud("SEC-RDS-04", "off", FAIL, says(PARAMETERS, f"{FORCE_SSL}.ParameterValue", "0")),
    *(
        cloud(
            "SEC-RDS-04",
            status,
            FAIL,
            says(INSTANCES, "DBInstances.0.DBParameterGroups.0.ParameterApplyStatus", status),
            names=status,
        )
        for status in ("pending-reboot", "applying", "failed-to-apply")
    ),
    cloud(
        "SEC-RDS-04",
        "set in a group that is not attached",
        FAIL,
        says(INSTANCES, "DBInstances.0.DBParameterGroups.0.DBParameterGroupName", "other"),
        answers(
            PARAMETERS, {"Parameters": [{"ParameterName": "rds.force_ssl", "ParameterValue": "0"}]}, DBParameterGroupName="other"
        ),
        names="other",
    ),
    cloud("SEC-RDS-04", "value not reported", ERROR, omits(PARAMETERS, f"{FORCE_SSL}.ParameterValue")),
    cloud("SEC-RDS-04", "parameter not reported", ERROR, omits(PARAMETERS, FORCE_SSL)),
    cloud("SEC-RDS-04", "status not reported", ERROR, omits(INSTANCES, "DBInstances.0.DBParameterGroups.0.ParameterApplyStatus")),
    cloud("SEC-RDS-04", "groups not reported", ERROR, omits(INSTANCES, "DBInstances.0.DBParameterGroups")),
    cloud("SEC-RDS-04", "no group", ERROR, says(INSTANCES, "DBInstances.0.DBParameterGroups", [])),
    plan("SEC-RDS-04", "off", FAIL, planned(PARAMETER_GROUP, parameter=[{"name": "rds.force_ssl", "value": "0"}])),
    plan(
        "SEC-RDS-04",
        "set in a group that is not attached",
        FAIL,
        with_resource("aws_db_parameter_group.other", name="other", parameter=[{"name": "rds.force_ssl", "value": "0"}]),
        planned(INSTANCE, parameter_group_name="other"),
        names="other",
    ),
    *(
        cloud("SEC-RDS-04", f"{engine}: {parameter} = {value}", verdict, *of_engine(engine, parameter, value), names=names)
        for engine, parameter, value, verdict, names in (
            ("mysql", "require_secure_transport", "1", PASS, ""),
            ("mysql", "require_secure_transport", "ON", PASS, ""),
            ("mysql", "require_secure_transport", "0", FAIL, ""),
            ("mysql", "require_secure_transport", None, FAIL, ""),
            ("mysql", "rds.force_ssl", "1", ERROR, "requires_tls"),
            ("mariadb", "require_secure_transport", "1", PASS, ""),
            ("mariadb", "require_secure_transport", "OFF", FAIL, ""),
            ("sqlserver-se", "rds.force_ssl", "1", PASS, ""),
            ("sqlserver-se", "rds.force_ssl", "0", FAIL, ""),
            ("db2-se", "db2comm", "SSL", PASS, ""),
            ("db2-se", "db2comm", "TCPIP,SSL", FAIL, ""),
            ("postgres", "rds.force_ssl", "2", ERROR, "rds.force_ssl = 2"),
            ("postgres", "rds.force_ssl", None, ERROR, "requires_tls"),
            ("custom-oracle-ee", "rds.force_ssl", "1", ERROR, "custom-oracle-ee"),
            ("dynamite", "rds.force_ssl", "1", ERROR, "dynamite"),
        )
    ),
    cloud("SEC-RDS-04", "its engine not reported", ERROR, omits(INSTANCES, "DBInstances.0.Engine")),
    *(
        cloud("SEC-RDS-04", f"Oracle {name}", verdict, *of_oracle(*options, status=status), names=names)
        for name, options, status, verdict, names in (
            ("with TLS 1.2", [ssl("1.2")], "in-sync", PASS, ""),
            ("with TLS 1.2 and 1.0", [ssl("1.2 or 1.0")], "in-sync", FAIL, "oracle-options"),
            ("with TLS 1.0", [ssl("1.0")], "in-sync", FAIL, "oracle-options"),
            ("without TLS", [{"OptionName": "Timezone"}], "in-sync", FAIL, "oracle-options"),
            ("without an option", [], "in-sync", FAIL, "oracle-options"),
            ("with TLS that is not in force yet", [ssl("1.2")], "pending-apply", FAIL, "pending-apply"),
            (
                "with TLS of nobody knows which version",
                [{"OptionName": "SSL", "OptionSettings": []}],
                "in-sync",
                ERROR,
                "SSL_VERSION",
            ),
        )
    ),
    cloud(
        "SEC-RDS-04",
        "Oracle without an option group",
        ERROR,
        says(INSTANCES, "DBInstances.0.Engine", "oracle-se2"),
        says(INSTANCES, "DBInstances.0.OptionGroupMemberships", []),
    ),
    *(
        plan("SEC-RDS-04", f"{engine}: {parameter} = {value}", verdict, *planned_engine(engine, parameter, value), names=names)
        for engine, parameter, value, verdict, names in (
            ("mysql", "require_secure_transport", "1", PASS, ""),
            ("mysql", "require_secure_transport", "0", FAIL, ""),
            ("mysql", "rds.force_ssl", "1", UNKNOWN, "require_secure_transport"),
            ("sqlserver-ex", "rds.force_ssl", "1", PASS, ""),
            ("dynamite", "rds.force_ssl", "1", ERROR, "dynamite"),
        )
    ),
    *(
        plan(
            "SEC-RDS-04",
            f"Oracle {name}",
            verdict,
            planned(INSTANCE, engine="oracle-ee", option_group_name="options"),
            with_resource("aws_db_option_group.options", name="options", option=options),
            names=names,
        )
        for name, options, verdict, names in (
            ("with TLS 1.2", [planned_ssl("1.2")], PASS, ""),
            ("with TLS 1.0", [planned_ssl("1.0")], FAIL, "options"),
            ("without an option", [], FAIL, "options"),
        )
    ),
    plan("SEC-RDS-04", "Oracle without an option group", FAIL, planned(INSTANCE, engine="oracle-ee", option_group_name=None)),
    plan("SEC-RDS-04", "its engine known after apply", UNKNOWN, unknown(INSTANCE, "engine")),
    plan("SEC-RDS-04", "not set", UNKNOWN, planned(PARAMETER_GROUP, parameter=[]), names="rds.force_ssl"),
    plan("SEC-RDS-04", "parameters known after apply", UNKNOWN, unknown(PARAMETER_GROUP, "parameter")),
    plan("SEC-RDS-04", "a group from elsewhere", UNKNOWN, planned(INSTANCE, parameter_group_name="default.postgres17")),
    plan("SEC-RDS-04", "an instance that runs already", PASS, exists(INSTANCE)),
]


def ends_in(days: int) -> Edit:
    """The end of the certificate authority that is in use."""
    authority = "Certificates.CertificateIdentifier=rds-ca-rsa2048-g1.ValidTill"
    return says(AUTHORITIES, authority, recorded_at() + timedelta(days=days))


PENDING = "DBInstances.0.PendingModifiedValues"
SETTINGS = (
    ("backups", "BackupRetentionPeriod", "backup_retention_period", (0, 6)),
    ("deletion protection", "DeletionProtection", "deletion_protection", (False,)),
    ("minor upgrades", "AutoMinorVersionUpgrade", "auto_minor_version_upgrade", (False,)),
)
UPKEEP = [
    *(
        case
        for name, member, attribute, wrong in SETTINGS
        for case in (
            *(
                cloud("SEC-RDS-05", f"{name}: {value}", FAIL, says(INSTANCES, f"DBInstances.0.{member}", value))
                for value in wrong
            ),
            *(plan("SEC-RDS-05", f"{name}: {value}", FAIL, planned(INSTANCE, **{attribute: value})) for value in wrong),
            cloud("SEC-RDS-05", f"{name} not reported", ERROR, omits(INSTANCES, f"DBInstances.0.{member}")),
            plan("SEC-RDS-05", f"{name} not set", ERROR, planned(INSTANCE, **{attribute: None})),
            plan("SEC-RDS-05", f"{name} known after apply", UNKNOWN, unknown(INSTANCE, attribute)),
        )
    ),
    *(
        cloud("SEC-RDS-05", f"backups: {days} are pending", verdict, says(INSTANCES, f"{PENDING}.BackupRetentionPeriod", days))
        for days, verdict in ((0, FAIL), (6, FAIL), (7, PASS))
    ),
    cloud(
        "SEC-RDS-05",
        "an authority that RDS does not list is pending",
        ERROR,
        says(INSTANCES, f"{PENDING}.CACertificateIdentifier", "rds-ca-2010"),
    ),
    cloud("SEC-RDS-05", "the certificate authority ends in 89 days", FAIL, ends_in(89)),
    cloud("SEC-RDS-05", "the certificate authority ends in 90 days", PASS, ends_in(90)),
    cloud("SEC-RDS-05", "the certificate authority has ended", FAIL, ends_in(-1)),
    cloud(
        "SEC-RDS-05",
        "an authority that RDS does not list",
        ERROR,
        says(INSTANCES, "DBInstances.0.CACertificateIdentifier", "rds-ca-2010"),
        names="certificate_authority",
    ),
    cloud("SEC-RDS-05", "the authority not reported", ERROR, omits(INSTANCES, "DBInstances.0.CACertificateIdentifier")),
    cloud(
        "SEC-RDS-05",
        "its end not reported",
        ERROR,
        omits(AUTHORITIES, "Certificates.CertificateIdentifier=rds-ca-rsa2048-g1.ValidTill"),
    ),
    plan("SEC-RDS-05", "an authority that has ended", FAIL, planned(INSTANCE, ca_cert_identifier="rds-ca-2019")),
    plan("SEC-RDS-05", "an authority of tomorrow", UNKNOWN, planned(INSTANCE, ca_cert_identifier="rds-ca-ml-dsa-g1")),
    plan("SEC-RDS-05", "an authority that RDS chooses", UNKNOWN, unset(INSTANCE, "ca_cert_identifier")),
]

CASES = [*PUBLICITY, *SUBNETS, *ENCRYPTION, *GONE, *PLANNED_SNAPSHOTS, *TLS, *UPKEEP]
