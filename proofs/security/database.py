"""Amazon RDS."""

from datetime import timedelta

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
    cloud("SEC-RDS-01", "no such database", FAIL, says(INSTANCES, "DBInstances.0.DBInstanceIdentifier", "other")),
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


def snapshot(kind: str) -> Edit:
    """One more on the second page."""
    return on_page_2(SNAPSHOTS, "DBSnapshots", DBSnapshotIdentifier="by-hand", SnapshotType=kind)


MANUAL = snapshot("manual")


def shared(*accounts: str, kind: str = "manual") -> tuple[Edit, ...]:
    """A snapshot, and whom it is shared with."""
    attributes = [{"AttributeName": "restore", "AttributeValues": list(accounts)}]
    return snapshot(kind), answers(
        SHARING, {"DBSnapshotAttributesResult": {"DBSnapshotAttributes": attributes}}, DBSnapshotIdentifier="by-hand"
    )


COPY = "aws_db_snapshot.more"
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
    *(
        plan(
            "SEC-RDS-03", f"a snapshot shared with {account}", verdict, with_resource(COPY, refers=refers, **values), names=names
        )
        for account, verdict, refers, values, names in (
            ("everyone", FAIL, {"db_instance_identifier": f"{INSTANCE}.id"}, {"shared_accounts": ["all"]}, COPY),
            ("everyone, by name", FAIL, {}, {"db_instance_identifier": NAME, "shared_accounts": ["all"]}, COPY),
            ("nobody", PASS, {"db_instance_identifier": f"{INSTANCE}.id"}, {}, ""),
        )
    ),
]

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
    plan("SEC-RDS-04", "not set", UNKNOWN, planned(PARAMETER_GROUP, parameter=[]), names="rds.force_ssl"),
    plan("SEC-RDS-04", "parameters known after apply", UNKNOWN, unknown(PARAMETER_GROUP, "parameter")),
    plan("SEC-RDS-04", "a group from elsewhere", UNKNOWN, planned(INSTANCE, parameter_group_name="default.postgres17")),
    plan("SEC-RDS-04", "an instance that runs already", UNKNOWN, exists(INSTANCE)),
]


def ends_in(days: int) -> Edit:
    """The end of the certificate authority that is in use."""
    authority = "Certificates.CertificateIdentifier=rds-ca-rsa2048-g1.ValidTill"
    return says(AUTHORITIES, authority, recorded_at() + timedelta(days=days))


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

CASES = [*PUBLICITY, *SUBNETS, *ENCRYPTION, *TLS, *UPKEEP]
