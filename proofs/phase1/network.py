"""Amazon VPC."""

from collections.abc import Callable
from typing import Any

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import Edit, adds, answered, omits, planned, refers, says, unknown, with_resource, without

SUBNETS, TABLES, GATEWAYS, VPCS = "ec2:DescribeSubnets", "ec2:DescribeRouteTables", "ec2:DescribeNatGateways", "ec2:DescribeVpcs"
NAT = "aws_nat_gateway.main"


def at(operation: str, member: str, cidr: str) -> str:
    """The path of the subnet or VPC with these addresses."""
    return f"{member}.{next(number for number, one in enumerate(answered(operation, member)) if one['CidrBlock'] == cidr)}"


PRIVATE_A, PRIVATE_C = (at(SUBNETS, "Subnets", f"10.0.{number}.0/24") for number in (11, 12))
PUBLIC_A, PUBLIC_C = (at(SUBNETS, "Subnets", f"10.0.{number}.0/24") for number in (1, 2))


def other_subnet(cidr: str = "10.0.99.0/24") -> dict[str, Any]:
    """A subnet that nobody declared, in the stack's VPC."""
    subnet: dict[str, Any] = answered(SUBNETS, PRIVATE_A)
    return {**subnet, "SubnetId": "subnet-0other", "CidrBlock": cidr}


def table(has: Callable[[dict[str, Any]], bool]) -> str:
    """The path of the stack's route table that has such a route."""
    vpc = answered(SUBNETS, PRIVATE_A)["VpcId"]
    tables = answered(TABLES, "RouteTables")
    number = next(at for at, one in enumerate(tables) if one["VpcId"] == vpc and any(map(has, one["Routes"])))
    return f"RouteTables.{number}"


PUBLIC = table(lambda route: route.get("GatewayId", "").startswith("igw-"))
PRIVATE = table(lambda route: "NatGatewayId" in route)
LOCAL = {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"}
OUT = {"DestinationCidrBlock": "0.0.0.0/0", "State": "active"}


def routes(of: str, *added: dict[str, str]) -> Edit:
    return says(TABLES, f"{of}.Routes", [LOCAL, *added])


CLOUD = [
    cloud(
        "NET-01",
        "both private subnets in one zone",
        FAIL,
        says(SUBNETS, f"{PRIVATE_C}.AvailabilityZone", "ap-northeast-2a"),
        names="private subnets are in one zone",
    ),
    cloud(
        "NET-01",
        "both public subnets in one zone",
        FAIL,
        says(SUBNETS, f"{PUBLIC_C}.AvailabilityZone", "ap-northeast-2a"),
        names="public subnets are in one zone",
    ),
    cloud("NET-01", "other addresses", FAIL, says(SUBNETS, f"{PRIVATE_C}.CidrBlock", "10.0.13.0/24"), names="10.0.12.0/24"),
    cloud("NET-01", "no subnet", FAIL, says(SUBNETS, "Subnets", []), names="10.0.1.0/24"),
    cloud("NET-01", "in another VPC", FAIL, says(SUBNETS, f"{PUBLIC_A}.VpcId", "vpc-0"), names="10.0.1.0/24"),
    cloud(
        "NET-01", "a VPC with other addresses", FAIL, says(VPCS, f"{at(VPCS, 'Vpcs', '10.0.0.0/16')}.CidrBlock", "10.1.0.0/16")
    ),
    *(
        cloud("NET-01", f"a NAT gateway that is {state}", FAIL, says(GATEWAYS, "NatGateways.0.State", state))
        for state in ("pending", "failed", "deleting", "deleted")
    ),
    cloud("NET-01", "no NAT gateway", FAIL, says(GATEWAYS, "NatGateways", [])),
    cloud("NET-01", "a NAT gateway without an address", FAIL, says(GATEWAYS, "NatGateways.0.NatGatewayAddresses", [])),
    cloud("NET-01", "a private NAT gateway", FAIL, omits(GATEWAYS, "NatGateways.0.NatGatewayAddresses.0.PublicIp")),
    cloud("NET-01", "its addresses not reported", ERROR, omits(GATEWAYS, "NatGateways.0.NatGatewayAddresses"), names="is_public"),
    cloud(
        "NET-01",
        "a NAT gateway in a private subnet",
        FAIL,
        lambda calls: says(GATEWAYS, "NatGateways.0.SubnetId", answered(SUBNETS, PRIVATE_A)["SubnetId"])(calls),
    ),
    cloud("NET-01", "no way out", FAIL, routes(PRIVATE)),
    cloud("NET-01", "the way out ends nowhere", FAIL, routes(PRIVATE, {**OUT, "NatGatewayId": "nat-0gone"}), names="nat-0gone"),
    cloud("NET-01", "a private subnet that is public", FAIL, routes(PRIVATE, {**OUT, "GatewayId": "igw-0a1b"}), names="igw-0a1b"),
    cloud("NET-01", "the way out is a black hole", FAIL, says(TABLES, f"{PRIVATE}.Routes.1.State", "blackhole"), names="None"),
    cloud(
        "NET-01",
        "the internet gateway is detached",
        FAIL,
        says(TABLES, f"{PUBLIC}.Routes.1.State", "blackhole"),
        names="not active",
    ),
    cloud("NET-01", "a route's state not reported", ERROR, omits(TABLES, f"{PRIVATE}.Routes.1.State"), names="state of a route"),
    cloud("NET-01", "a public subnet that is private", FAIL, routes(PUBLIC)),
    cloud(
        "NET-01",
        "an undeclared subnet that is public",
        FAIL,
        adds(SUBNETS, "Subnets", other_subnet()),
        adds(TABLES, f"{PUBLIC}.Associations", {"Main": False, "SubnetId": "subnet-0other"}),
        names="subnet-0other",
    ),
    cloud("NET-01", "an undeclared subnet that is private", PASS, adds(SUBNETS, "Subnets", other_subnet())),
    cloud("NET-01", "a zone not reported", ERROR, omits(SUBNETS, f"{PRIVATE_A}.AvailabilityZone"), names="zone"),
    cloud("NET-01", "the gateway's state not reported", ERROR, omits(GATEWAYS, "NatGateways.0.State"), names="state"),
    cloud("NET-01", "the gateways not reported", ERROR, omits(GATEWAYS, "NatGateways")),
    cloud("NET-01", "a subnet's VPC not reported", ERROR, omits(SUBNETS, f"{PRIVATE_A}.VpcId")),
    *(
        cloud("NET-02", f"{free} free in {zone}", verdict, says(SUBNETS, f"{subnet}.AvailableIpAddressCount", free))
        for zone, subnet in (("a", PRIVATE_A), ("c", PRIVATE_C))
        for free, verdict in ((0, FAIL), (3, FAIL), (4, PASS))
    ),
    cloud("NET-02", "a public subnet is full", PASS, says(SUBNETS, f"{PUBLIC_A}.AvailableIpAddressCount", 0)),
    cloud("NET-02", "not reported", ERROR, omits(SUBNETS, f"{PRIVATE_A}.AvailableIpAddressCount"), names="free_addresses"),
]

PLAN = [
    plan(
        "NET-01",
        "both private subnets in one zone",
        FAIL,
        planned("aws_subnet.private_c", availability_zone="ap-northeast-2a"),
        names="private subnets are in one zone",
    ),
    plan("NET-01", "both public subnets in one zone", FAIL, planned("aws_subnet.public_c", availability_zone="ap-northeast-2a")),
    plan("NET-01", "other addresses", FAIL, planned("aws_subnet.private_c", cidr_block="10.0.13.0/24"), names="10.0.12.0/24"),
    plan("NET-01", "a VPC with other addresses", FAIL, planned("aws_vpc.main", cidr_block="10.1.0.0/16")),
    plan("NET-01", "no such subnet", FAIL, without("aws_subnet.private_a"), names="10.0.11.0/24"),
    plan(
        "NET-01",
        "a way out by another gateway",
        FAIL,
        planned(
            "aws_default_route_table.private",
            route=[{"cidr_block": "0.0.0.0/0", "gateway_id": "", "nat_gateway_id": "", "transit_gateway_id": "tgw-0a1b"}],
        ),
    ),
    plan("NET-01", "the way out is no gateway of the plan", UNKNOWN, without(NAT)),
    plan("NET-01", "a private NAT gateway", FAIL, planned(NAT, connectivity_type="private")),
    plan("NET-01", "a public NAT gateway, said so", PASS, planned(NAT, connectivity_type="public")),
    plan("NET-01", "whether the gateway is private is known after apply", UNKNOWN, unknown(NAT, "connectivity_type")),
    plan("NET-01", "a NAT gateway in a private subnet", FAIL, refers(NAT, subnet_id="aws_subnet.private_a.id")),
    plan(
        "NET-01",
        "no way out",
        FAIL,
        planned(
            "aws_default_route_table.private",
            route=[{"cidr_block": "10.9.0.0/16", "gateway_id": "", "nat_gateway_id": "nat-0a1b"}],
        ),
    ),
    plan(
        "NET-01",
        "a private subnet that is public",
        FAIL,
        with_resource(
            "aws_route_table_association.more",
            refers={"subnet_id": "aws_subnet.private_a.id", "route_table_id": "aws_route_table.public.id"},
        ),
        names="aws_subnet.private_a",
    ),
    plan(
        "NET-01",
        "an undeclared subnet that is public",
        FAIL,
        with_resource(
            "aws_subnet.more",
            refers={"vpc_id": "aws_vpc.main.id"},
            cidr_block="10.0.99.0/24",
            availability_zone="ap-northeast-2a",
        ),
        with_resource(
            "aws_route_table_association.more",
            refers={"subnet_id": "aws_subnet.more.id", "route_table_id": "aws_route_table.public.id"},
        ),
        names="aws_subnet.more",
    ),
    plan("NET-01", "a zone known after apply", UNKNOWN, unknown("aws_subnet.private_a", "availability_zone")),
    plan("NET-01", "the gateway's subnet known after apply", UNKNOWN, unknown(NAT, "subnet_id")),
]

CASES: list[Case] = [*CLOUD, *PLAN]
