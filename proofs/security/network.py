"""Amazon VPC."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import (
    Edit,
    adds,
    answered,
    answers,
    changed,
    fails,
    omits,
    on_page_2,
    planned,
    profile,
    refers,
    says,
    unknown,
    unset,
    with_resource,
    without,
)
from stackproof.core.verdicts import AccessDenied, Verdict

WORLD = {
    "FromPort": 22,
    "ToPort": 22,
    "IpProtocol": "tcp",
    "UserIdGroupPairs": [],
    "IpRanges": [],
    "Ipv6Ranges": [],
    "PrefixListIds": [],
}
CLOSED = {
    "cidr_blocks": [],
    "ipv6_cidr_blocks": [],
    "prefix_list_ids": [],
    "security_groups": [],
    "self": False,
    "description": "",
}


GROUPS, LISTS, ENTRIES = "ec2:DescribeSecurityGroups", "ec2:DescribeManagedPrefixLists", "ec2:GetManagedPrefixListEntries"
VPC = answered(GROUPS, "SecurityGroups.GroupName=triflow-ai-production-rds.VpcId")
RULES = "SecurityGroups.GroupName=triflow-ai-production-rds.IpPermissions"
RDS = "aws_security_group.rds"
DECLARED_RULE = {**CLOSED, "protocol": "tcp", "from_port": 5432, "to_port": 5432}


def opened(name: str, on_aws: dict[str, object], on_a_plan: dict[str, object]) -> list[Case]:
    """A rule too many in the database's group: on a cloud, inline on a plan, and as a resource of its own on a plan."""
    rule = {**CLOSED, "protocol": "tcp", "from_port": 22, "to_port": 22, **on_a_plan}
    one_of_its_own = {name: value for name, value in rule.items() if value != [] and name != "security_groups"}
    return [
        cloud(
            "SEC-SG-01",
            name,
            FAIL,
            adds("ec2:DescribeSecurityGroups", RULES, {**WORLD, **on_aws}),
            names="triflow-ai-production-rds",
        ),
        plan("SEC-SG-01", f"{name}, inline", FAIL, planned(RDS, ingress=[rule]), names="triflow-ai-production-rds"),
        plan(
            "SEC-SG-01",
            f"{name}, as a resource",
            FAIL,
            with_resource(
                "aws_security_group_rule.more", refers={"security_group_id": f"{RDS}.id"}, type="ingress", **one_of_its_own
            ),
            names="triflow-ai-production-rds",
        ),
    ]


MADE_UP, BY_CLOUDFORMATION = "terraform-2026112810150012340000000a", "Triflow-AppGroup79E7F2B1-1X2Y3Z4A5B6C7"
ECS_NAME, RDS_NAME = (f"SecurityGroups.GroupName=triflow-ai-production-{one}.GroupName" for one in ("ecs", "rds"))

NAMED_BY_TAG = [
    *(
        cloud("SEC-SG-01", f"the group of {whose} called {name}, with a Name tag", PASS, says(GROUPS, path, name))
        for name in (MADE_UP, BY_CLOUDFORMATION)
        for whose, path in (("tasks", ECS_NAME), ("the database", RDS_NAME))
    ),
    cloud(
        "SEC-SG-01",
        "a name that Terraform made up, and no tag",
        FAIL,
        omits(GROUPS, "SecurityGroups.GroupName=triflow-ai-production-rds.Tags"),
        says(GROUPS, RDS_NAME, MADE_UP),
        names="triflow-ai-production-rds",
    ),
    plan("SEC-SG-01", "no name, and a Name tag", PASS, unset(RDS, "name")),
    plan(
        "SEC-SG-01",
        "no name, and no tag",
        FAIL,
        unset(RDS, "name"),
        planned(RDS, tags={}, tags_all={}),
        names="triflow-ai-production-rds",
    ),
]


DECLARED = [
    *NAMED_BY_TAG,
    *opened("SSH from the world", {"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}, {"cidr_blocks": ["0.0.0.0/0"]}),
    *opened("SSH from the IPv6 world", {"Ipv6Ranges": [{"CidrIpv6": "::/0"}]}, {"ipv6_cidr_blocks": ["::/0"]}),
    *opened(
        "the world in two halves",
        {"IpRanges": [{"CidrIp": "0.0.0.0/1"}, {"CidrIp": "128.0.0.0/1"}]},
        {"cidr_blocks": ["0.0.0.0/1", "128.0.0.0/1"]},
    ),
    *opened(
        "every port",
        {"FromPort": 0, "ToPort": 65535, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
        {"from_port": 0, "to_port": 65535, "cidr_blocks": ["0.0.0.0/0"]},
    ),
    *opened(
        "every protocol",
        {"FromPort": None, "ToPort": None, "IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
        {"from_port": 0, "to_port": 0, "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"]},
    ),
    *opened("a prefix list", {"PrefixListIds": [{"PrefixListId": "pl-6fa54006"}]}, {"prefix_list_ids": ["pl-6fa54006"]}),
    *opened("a group that is not declared", {"UserIdGroupPairs": [{"GroupId": "sg-0other"}]}, {"security_groups": ["sg-0other"]})[
        :2
    ],
    cloud(
        "SEC-SG-01",
        "an open rule after a rule for itself",
        FAIL,
        adds("ec2:DescribeSecurityGroups", RULES, {**WORLD, "UserIdGroupPairs": [{"GroupId": "sg-0self"}]}),
        adds("ec2:DescribeSecurityGroups", RULES, {**WORLD, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}),
        names="22 from 0.0.0.0/0",
    ),
    plan(
        "SEC-SG-01",
        "an open rule after a rule for itself",
        FAIL,
        planned(RDS, ingress=[{**DECLARED_RULE, "self": True}, {**DECLARED_RULE, "cidr_blocks": ["0.0.0.0/0"]}]),
        names="5432 from 0.0.0.0/0",
    ),
    plan(
        "SEC-SG-01",
        "a rule of the current generation",
        FAIL,
        with_resource(
            "aws_vpc_security_group_ingress_rule.more",
            refers={"security_group_id": f"{RDS}.id"},
            ip_protocol="tcp",
            from_port=22,
            to_port=22,
            cidr_ipv4="0.0.0.0/0",
        ),
        names="22 from 0.0.0.0/0",
    ),
    cloud("SEC-SG-01", "a declared way is closed", FAIL, says("ec2:DescribeSecurityGroups", RULES, [])),
    plan("SEC-SG-01", "a declared way is closed", FAIL, planned(RDS, ingress=[])),
    cloud(
        "SEC-SG-01",
        "in another VPC",
        FAIL,
        says("ec2:DescribeSecurityGroups", "SecurityGroups.GroupName=triflow-ai-production-rds.VpcId", "vpc-0"),
    ),
    cloud("SEC-SG-01", "no rules reported", ERROR, omits("ec2:DescribeSecurityGroups", RULES)),
    cloud("SEC-SG-01", "a rule whose sources are lost", ERROR, adds("ec2:DescribeSecurityGroups", RULES, WORLD)),
    cloud(
        "SEC-SG-01",
        "a declared group twice",
        FAIL,
        on_page_2("ec2:DescribeSecurityGroups", "SecurityGroups", GroupName="triflow-ai-production-rds", VpcId=VPC),
        names="triflow-ai-production-rds",
    ),
    plan("SEC-SG-01", "no such group", FAIL, without(RDS)),
    plan(
        "SEC-SG-01",
        "a declared group twice",
        FAIL,
        with_resource("aws_security_group.again", refers={"vpc_id": "aws_vpc.main.id"}, name="triflow-ai-production-rds"),
        names="triflow-ai-production-rds",
    ),
    plan("SEC-SG-01", "rules known after apply", UNKNOWN, unknown(RDS, "ingress")),
    plan(
        "SEC-SG-01",
        "the declared world, written as halves",
        PASS,
        planned(
            "aws_security_group.alb",
            ingress=[
                {**CLOSED, "protocol": "tcp", "from_port": port, "to_port": port, "cidr_blocks": ["0.0.0.0/1", "128.0.0.0/1"]}
                for port in (80, 443)
            ],
        ),
    ),
]

DEFAULT = next(
    f"SecurityGroups.{number}"
    for number, group in enumerate(answered(GROUPS, "SecurityGroups"))
    if (group["VpcId"], group["GroupName"]) == (VPC, "default")
)
OTHER, DEFAULT_GROUP = "aws_security_group.other", "aws_default_security_group.closed"


def another(*rules: Mapping[str, object], vpc: str = VPC) -> Edit:
    """A security group that nobody declared, on the second page."""
    permissions = [{**WORLD, **rule} for rule in rules]
    return on_page_2(GROUPS, "SecurityGroups", GroupName="other", GroupId="sg-0other", VpcId=vpc, IpPermissions=permissions)


def another_planned(*rules: Mapping[str, object]) -> Edit:
    """One more group of the VPC with these rules, on a plan."""
    ingress = [{**CLOSED, "protocol": "tcp", "from_port": 22, "to_port": 22, **rule} for rule in rules]
    return with_resource(OTHER, refers={"vpc_id": "aws_vpc.main.id"}, name="other", ingress=ingress, egress=[])


def from_addresses(name: str, verdict: Verdict, *cidrs: str) -> list[Case]:
    """A rule that lets addresses in, on a cloud and on a plan."""
    ipv6 = [cidr for cidr in cidrs if ":" in cidr]
    ipv4 = [cidr for cidr in cidrs if ":" not in cidr]
    answered_rule = {"IpRanges": [{"CidrIp": cidr} for cidr in ipv4], "Ipv6Ranges": [{"CidrIpv6": cidr} for cidr in ipv6]}
    planned_rule = {"cidr_blocks": ipv4, "ipv6_cidr_blocks": ipv6}
    names = "other" if verdict is FAIL else ""
    return [
        cloud("SEC-SG-02", name, verdict, another(answered_rule), names=names),
        plan("SEC-SG-02", name, verdict, another_planned(planned_rule), names=names),
    ]


def from_list(owner: str | None, *cidrs: str) -> tuple[Edit, ...]:
    """A rule that lets a prefix list in, with its owner and its addresses."""
    known = [{"PrefixListId": "pl-0a1b", "OwnerId": owner}] if owner else []
    return (
        another({"PrefixListIds": [{"PrefixListId": "pl-0a1b"}]}),
        answers(LISTS, {"PrefixLists": known}),
        answers(ENTRIES, {"Entries": [{"Cidr": cidr} for cidr in cidrs]}, PrefixListId="pl-0a1b"),
    )


RULE = "aws_security_group_rule.more"
OTHERS = [
    *from_addresses("the world", FAIL, "0.0.0.0/0"),
    *from_addresses("the IPv6 world", FAIL, "::/0"),
    *from_addresses("the world in two halves", FAIL, "0.0.0.0/1", "128.0.0.0/1"),
    *from_addresses("the world but for one address", FAIL, *(f"{2 ** (8 - bits) % 256}.0.0.0/{bits}" for bits in range(1, 9))),
    *from_addresses("a large public range", FAIL, "3.0.0.0/8"),
    *from_addresses("an office and private networks", PASS, "192.0.2.7/32", "8.8.8.0/24", "10.0.0.0/8", "fd00::/8"),
    cloud(
        "SEC-SG-02",
        "the world in two rules of which one has more ports",
        FAIL,
        another(
            {"IpRanges": [{"CidrIp": "0.0.0.0/1"}]},
            {"IpProtocol": "-1", "FromPort": None, "ToPort": None, "IpRanges": [{"CidrIp": "128.0.0.0/1"}]},
        ),
        names="everything from 128.0.0.0/1",
    ),
    cloud(
        "SEC-SG-02",
        "pings from the world",
        FAIL,
        another({"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}),
    ),
    cloud("SEC-SG-02", "a prefix list of AWS", FAIL, *from_list("AWS"), names="pl-0a1b"),
    cloud("SEC-SG-02", "a prefix list with the world in it", FAIL, *from_list("123456789012", "0.0.0.0/1", "128.0.0.0/1")),
    cloud("SEC-SG-02", "a prefix list of an office", PASS, *from_list("123456789012", "192.0.2.0/24", "8.8.8.8/32")),
    cloud("SEC-SG-02", "a prefix list that EC2 does not have", ERROR, *from_list(None), names="pl-0a1b"),
    cloud(
        "SEC-SG-02",
        "a prefix list that may not be read",
        ERROR,
        *from_list("123456789012"),
        fails(ENTRIES, AccessDenied("denied")),
    ),
    cloud("SEC-SG-02", "prefix lists that may not be listed", ERROR, *from_list("AWS"), fails(LISTS, AccessDenied("denied"))),
    cloud("SEC-SG-02", "open to another group", PASS, another({"UserIdGroupPairs": [{"GroupId": "sg-0self"}]})),
    cloud("SEC-SG-02", "open, in another VPC", PASS, another({"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}, vpc="vpc-0")),
    cloud(
        "SEC-SG-02",
        "the default group lets itself in",
        FAIL,
        adds(GROUPS, f"{DEFAULT}.IpPermissions", {**WORLD, "UserIdGroupPairs": [{"GroupId": "sg-0self"}]}),
        names="default",
    ),
    cloud(
        "SEC-SG-02",
        "the default group lets out",
        FAIL,
        adds(GROUPS, f"{DEFAULT}.IpPermissionsEgress", {**WORLD, "IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}),
        names="default",
    ),
    cloud("SEC-SG-02", "rules in not reported", ERROR, omits(GROUPS, f"{DEFAULT}.IpPermissions")),
    cloud("SEC-SG-02", "rules out not reported", ERROR, omits(GROUPS, f"{DEFAULT}.IpPermissionsEgress")),
    cloud("SEC-SG-02", "no default group", FAIL, says(GROUPS, f"{DEFAULT}.VpcId", "vpc-0"), names="default"),
    plan(
        "SEC-SG-02",
        "a rule of its own in a group without one",
        FAIL,
        another_planned(),
        unset(OTHER, "ingress"),
        with_resource(
            RULE,
            refers={"security_group_id": f"{OTHER}.id"},
            type="ingress",
            protocol="tcp",
            from_port=22,
            to_port=22,
            cidr_blocks=["0.0.0.0/0"],
        ),
        names="22 from 0.0.0.0/0",
    ),
    plan("SEC-SG-02", "a group without a rule", PASS, another_planned(), unset(OTHER, "ingress")),
    cloud("SEC-SG-02", "a rule whose sources are lost", ERROR, another({}), names="other"),
    cloud(
        "SEC-SG-02",
        "the second of one name",
        FAIL,
        another({"UserIdGroupPairs": [{"GroupId": "sg-0self"}]}),
        another({"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}),
        names="22 from 0.0.0.0/0",
    ),
    *(
        plan(
            "SEC-SG-02",
            f"the {name} of one name",
            FAIL,
            another_planned({"cidr_blocks": first}),
            with_resource(
                "aws_security_group.again", refers={"vpc_id": "aws_vpc.main.id"}, name="other", egress=[], ingress=again
            ),
            names="other",
        )
        for name, first, again in (
            ("first", ["0.0.0.0/0"], []),
            (
                "second",
                ["10.0.0.0/8"],
                [{**CLOSED, "protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": ["0.0.0.0/0"]}],
            ),
        )
    ),
    plan("SEC-SG-02", "a prefix list", UNKNOWN, another_planned({"prefix_list_ids": ["pl-0a1b"]}), names="pl-0a1b"),
    plan(
        "SEC-SG-02",
        "a prefix list beside the world",
        FAIL,
        another_planned({"prefix_list_ids": ["pl-0a1b"], "cidr_blocks": ["0.0.0.0/0"]}),
    ),
    plan("SEC-SG-02", "rules known after apply", UNKNOWN, another_planned(), unknown(OTHER, "ingress")),
    *(
        plan(
            "SEC-SG-02",
            f"the default group has {direction}",
            FAIL,
            planned(DEFAULT_GROUP, **{direction: [{**CLOSED, "protocol": "-1", "from_port": 0, "to_port": 0, "self": True}]}),
            names="default",
        )
        for direction in ("ingress", "egress")
    ),
    plan(
        "SEC-SG-02",
        "a rule of its own in the default group",
        FAIL,
        with_resource(
            "aws_vpc_security_group_egress_rule.more",
            refers={"security_group_id": f"{DEFAULT_GROUP}.id"},
            ip_protocol="-1",
            cidr_ipv4="0.0.0.0/0",
        ),
        names="default",
    ),
    plan(
        "SEC-SG-02",
        "a rule of its own in the default group, by its VPC",
        FAIL,
        with_resource(
            "aws_security_group_rule.more",
            refers={"security_group_id": "aws_vpc.main.default_security_group_id"},
            type="ingress",
            protocol="tcp",
            from_port=22,
            to_port=22,
            cidr_blocks=["0.0.0.0/0"],
        ),
        names="default",
    ),
    plan(
        "SEC-SG-02",
        "a rule of its own in another group beside the default one",
        PASS,
        another_planned(),
        with_resource(
            "aws_vpc_security_group_ingress_rule.more",
            refers={"security_group_id": f"{OTHER}.id"},
            ip_protocol="tcp",
            from_port=22,
            to_port=22,
            cidr_ipv4="10.0.0.0/8",
        ),
    ),
    plan("SEC-SG-02", "a default group that is left as it is", FAIL, without(DEFAULT_GROUP), names="default"),
    plan("SEC-SG-02", "a default group that is emptied", PASS, unset(DEFAULT_GROUP, "ingress", "egress")),
    plan("SEC-SG-02", "rules of the default group known after apply", UNKNOWN, unknown(DEFAULT_GROUP, "egress")),
]

# By the groups that things really have

INSTANCES, CLUSTERS, BALANCERS, SERVICES = (
    *("rds:DescribeDBInstances", "rds:DescribeDBClusters"),
    *("elbv2:DescribeLoadBalancers", "ecs:DescribeServices"),
)
INTERFACES, ENDPOINTS, FUNCTIONS = "ec2:DescribeNetworkInterfaces", "ec2:DescribeVpcEndpoints", "lambda:ListFunctions"
_ids = {group["GroupName"]: group["GroupId"] for group in answered(GROUPS, "SecurityGroups") if group["VpcId"] == VPC}
ALB_ID, ECS_ID, RDS_ID = (_ids[f"triflow-ai-production-{name}"] for name in ("alb", "ecs", "rds"))
OFFICE = {"FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": "8.8.8.0/24"}]}
OFFICES = another(OFFICE)
ELSEWHERE = another(OFFICE, vpc="vpc-0shared")
OF_BALANCER, OF_SERVICE = "LoadBalancers.0.SecurityGroups", "services.0.networkConfiguration.awsvpcConfiguration.securityGroups"
NLB = "triflow-ai-production-static"


def of_database(*groups: str) -> Edit:
    attached = [{"VpcSecurityGroupId": group, "Status": "active"} for group in groups]
    return says(INSTANCES, "DBInstances.0.VpcSecurityGroups", attached)


def in_use(group: str, *interfaces: str) -> Edit:
    """The network interfaces that have a group."""
    found = [{"NetworkInterfaceId": one} for one in interfaces]
    return answers(INTERFACES, {"NetworkInterfaces": found}, Filters=[{"Name": "group-id", "Values": [group]}])


def open_cluster(*groups: str) -> Edit:
    attached = [{"VpcSecurityGroupId": group, "Status": "active"} for group in groups]
    return answers(CLUSTERS, {"DBClusters": [{"DBClusterIdentifier": "c", "VpcSecurityGroups": attached}]})


def endpoint(*groups: str, kind: str = "Interface", vpc: str = VPC) -> Edit:
    """An endpoint of the VPC."""
    found = {"VpcEndpointId": "vpce-0a1b", "VpcEndpointType": kind, "VpcId": vpc, "Groups": [{"GroupId": one} for one in groups]}
    return answers(ENDPOINTS, {"VpcEndpoints": [found]})


def function(*groups: str, vpc: str = VPC) -> Edit:
    """A function in the VPC; in none, if it has no group."""
    config = {"VpcConfig": {"VpcId": vpc, "SecurityGroupIds": list(groups)}} if groups else {}
    return answers(FUNCTIONS, {"Functions": [{"FunctionName": "resize", **config}]})


def balancer(**changes: Any) -> list[Edit]:
    """A network load balancer beside the declared one, without a group."""
    more = {**answered(BALANCERS, "LoadBalancers.0"), "LoadBalancerName": NLB, "LoadBalancerArn": "arn:nlb", "Type": "network"}
    listeners = [{"ListenerArn": "arn:more", "Port": 443, "Protocol": "TLS"}]
    return [
        adds(
            BALANCERS, "LoadBalancers", {**{name: value for name, value in more.items() if name != "SecurityGroups"}, **changes}
        ),
        answers("elbv2:DescribeListeners", {"Listeners": listeners}, LoadBalancerArn="arn:nlb"),
    ]


PLANNED_OFFICE = with_resource(
    "aws_security_group.office",
    refers={"vpc_id": "aws_vpc.main.id"},
    name="office",
    ingress=[{**CLOSED, "protocol": "tcp", "from_port": 5432, "to_port": 5432, "cidr_blocks": ["8.8.8.0/24"]}],
    egress=[],
)
PLANNED_GROUPS = {
    "aws_db_instance.main": "vpc_security_group_ids",
    "aws_lb.main": "security_groups",
}
ATTACHED = [
    cloud(
        "SEC-SG-01",
        "a group that nobody declared in the database's place",
        FAIL,
        OFFICES,
        of_database("sg-0other"),
        in_use(RDS_ID),
        names="the way to triflow-ai-production-db",
    ),
    cloud(
        "SEC-SG-01",
        "a group that nobody declared beside the database's",
        FAIL,
        OFFICES,
        of_database(RDS_ID, "sg-0other"),
        names="8.8.8.0/24",
    ),
    cloud(
        "SEC-SG-01",
        "a group of another VPC beside the database's",
        FAIL,
        ELSEWHERE,
        of_database(RDS_ID, "sg-0other"),
        names="8.8.8.0/24",
    ),
    cloud("SEC-SG-01", "another's declared group in the database's place", FAIL, of_database(ALB_ID), in_use(RDS_ID, "eni-1")),
    cloud(
        "SEC-SG-01",
        "another's declared group beside the database's",
        FAIL,
        of_database(RDS_ID, ALB_ID),
        names="triflow-ai-production-db",
    ),
    cloud("SEC-SG-01", "a group without a rule beside the database's", PASS, another(), of_database(RDS_ID, "sg-0other")),
    cloud("SEC-SG-01", "a group that EC2 does not show", ERROR, of_database(RDS_ID, "sg-0hidden"), names="sg-0hidden"),
    cloud("SEC-SG-01", "the database's groups not reported", ERROR, omits(INSTANCES, "DBInstances.0.VpcSecurityGroups")),
    cloud(
        "SEC-SG-01",
        "a declared group that is attached to nothing",
        FAIL,
        another(),
        of_database("sg-0other"),
        in_use(RDS_ID),
        names="the use of triflow-ai-production-rds",
    ),
    cloud(
        "SEC-SG-01", "a cluster with a group that nobody declared", FAIL, OFFICES, open_cluster("sg-0other"), names="the way to c"
    ),
    cloud("SEC-SG-01", "a cluster with the database's group", PASS, open_cluster(RDS_ID)),
    cloud("SEC-SG-01", "a cluster of another VPC", PASS, ELSEWHERE, open_cluster("sg-0other")),
    cloud(
        "SEC-SG-01",
        "the load balancer with a group that nobody declared",
        FAIL,
        OFFICES,
        adds(BALANCERS, OF_BALANCER, "sg-0other"),
        names="the way to triflow-ai-production-alb",
    ),
    cloud("SEC-SG-01", "the load balancer without a group", ERROR, says(BALANCERS, OF_BALANCER, [])),
    cloud("SEC-SG-01", "a network load balancer without a group", FAIL, *balancer(), names="443 from 0.0.0.0/0"),
    cloud("SEC-SG-01", "a network load balancer with the declared group", PASS, *balancer(SecurityGroups=[ALB_ID])),
    cloud("SEC-SG-01", "an internal network load balancer", PASS, *balancer(Scheme="internal")),
    cloud("SEC-SG-01", "a gateway load balancer", PASS, *balancer(Type="gateway", Scheme=None)),
    cloud(
        "SEC-SG-01",
        "the service with a group that nobody declared",
        FAIL,
        OFFICES,
        adds(SERVICES, OF_SERVICE, "sg-0other"),
        names="backend-service",
    ),
    cloud(
        "SEC-SG-01",
        "a deployment with a group that nobody declared",
        FAIL,
        OFFICES,
        says(
            SERVICES, "services.0.deployments.0.networkConfiguration", {"awsvpcConfiguration": {"securityGroups": ["sg-0other"]}}
        ),
        names="backend-service",
    ),
    cloud(
        "SEC-SG-01", "another group in the service's place", FAIL, says(SERVICES, OF_SERVICE, [ALB_ID]), in_use(ECS_ID, "eni-1")
    ),
    cloud("SEC-SG-02", "an endpoint with the load balancer's group", FAIL, endpoint(ALB_ID), names="vpce-0a1b"),
    cloud(
        "SEC-SG-02", "an endpoint for the VPC", PASS, another({"IpRanges": [{"CidrIp": "10.0.0.0/16"}]}), endpoint("sg-0other")
    ),
    cloud(
        "SEC-SG-02",
        "an endpoint with a group of another VPC",
        FAIL,
        another({"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}, vpc="vpc-0shared"),
        endpoint("sg-0other"),
        names="vpce-0a1b",
    ),
    cloud("SEC-SG-02", "another VPC's endpoint", PASS, endpoint(ALB_ID, vpc="vpc-0")),
    cloud("SEC-SG-02", "an endpoint that routes lead to", PASS, endpoint(kind="Gateway")),
    cloud("SEC-SG-02", "a function with the load balancer's group", FAIL, function(ALB_ID), names="resize"),
    cloud("SEC-SG-02", "a function with the tasks' group", PASS, function(ECS_ID)),
    cloud("SEC-SG-02", "a function in no VPC", PASS, function()),
    cloud("SEC-SG-02", "another VPC's function", PASS, function(ALB_ID, vpc="vpc-0")),
    *(
        case
        for address, attribute in PLANNED_GROUPS.items()
        for case in (
            plan(
                "SEC-SG-01",
                f"{address} with a group that nobody declared",
                FAIL,
                PLANNED_OFFICE,
                refers(address, **{attribute: "aws_security_group.office.id"}),
                names="the way to triflow-ai-production",
            ),
            plan("SEC-SG-01", f"the groups of {address} known after apply", UNKNOWN, unknown(address, attribute)),
        )
    ),
    plan(
        "SEC-SG-01",
        "a cluster with a group that nobody declared",
        FAIL,
        PLANNED_OFFICE,
        with_resource(
            "aws_rds_cluster.more", refers={"vpc_security_group_ids": "aws_security_group.office.id"}, cluster_identifier="more"
        ),
        names="the way to more",
    ),
    plan(
        "SEC-SG-01",
        "a cluster with the database's group",
        PASS,
        with_resource("aws_rds_cluster.more", refers={"vpc_security_group_ids": f"{RDS}.id"}, cluster_identifier="more"),
    ),
    plan(
        "SEC-SG-01",
        "a database without a group of its own",
        UNKNOWN,
        with_resource("aws_db_instance.more", identifier="more", vpc_security_group_ids=[]),
        names="the way to more",
    ),
    *(
        plan(
            "SEC-SG-02",
            f"an endpoint with {name}",
            verdict,
            with_resource(
                "aws_vpc_endpoint.more",
                refers={"vpc_id": "aws_vpc.main.id", "security_group_ids": f"{group}.id"},
                vpc_endpoint_type="Interface",
            ),
            names=names,
        )
        for name, group, verdict, names in (
            ("the load balancer's group", "aws_security_group.alb", FAIL, "aws_vpc_endpoint.more"),
            ("the tasks' group", "aws_security_group.ecs", PASS, ""),
        )
    ),
    plan(
        "SEC-SG-02", "an endpoint that routes lead to", PASS, with_resource("aws_vpc_endpoint.more", vpc_endpoint_type="Gateway")
    ),
    plan(
        "SEC-SG-02",
        "a function in no VPC",
        PASS,
        with_resource("aws_lambda_function.more", function_name="resize", vpc_config=[]),
    ),
]

# What a source is does not rest with its name

CALLED = ("0.0.0.0/0", "::/0", "pl-0c0ffee", "10.0.0.0/8")


def called(name: str) -> list[Edit]:
    """A group of this name, and a rule of the other group that lets it in."""
    return [
        another({"UserIdGroupPairs": [{"GroupId": "sg-0called"}]}),
        on_page_2(GROUPS, "SecurityGroups", GroupName=name, GroupId="sg-0called", VpcId=VPC, IpPermissions=[]),
    ]


def planned_called(name: str) -> list[Edit]:
    """A group with this name in the VPC, on a plan."""
    return [
        with_resource("aws_security_group.called", refers={"vpc_id": "aws_vpc.main.id"}, name=name, ingress=[], egress=[]),
        another_planned(),
        with_resource(
            "aws_vpc_security_group_ingress_rule.more",
            refers={"security_group_id": f"{OTHER}.id", "referenced_security_group_id": "aws_security_group.called.id"},
            ip_protocol="tcp",
            from_port=22,
            to_port=22,
        ),
    ]


PEER = {"GroupId": "sg-0peer", "VpcId": "vpc-0peer", "UserId": "210987654321", "PeeringStatus": "active"}
LATTICE = ("169.254.171.0/24", "fd00:ec2:80::/64")
TYPED = [
    *(
        case
        for name in CALLED
        for case in (
            cloud("SEC-SG-02", f"open to a group that is called {name}", PASS, *called(name)),
            plan("SEC-SG-02", f"open to a group that is called {name}", PASS, *planned_called(name)),
        )
    ),
    cloud(
        "SEC-SG-01",
        "the load balancer's world is a group that is called so",
        FAIL,
        on_page_2(GROUPS, "SecurityGroups", GroupName="0.0.0.0/0", GroupId="sg-0called", VpcId=VPC, IpPermissions=[]),
        says(
            GROUPS,
            "SecurityGroups.GroupName=triflow-ai-production-alb.IpPermissions",
            [{**WORLD, "FromPort": port, "ToPort": port, "UserIdGroupPairs": [{"GroupId": "sg-0called"}]} for port in (80, 443)],
        ),
        names="group 0.0.0.0/0",
    ),
    cloud(
        "SEC-SG-01",
        "a peer's group that is called like the tasks'",
        FAIL,
        on_page_2(GROUPS, "SecurityGroups", GroupName="triflow-ai-production-ecs", GroupId="sg-0peer", VpcId="vpc-0peer"),
        says(GROUPS, RULES, [{**WORLD, "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": [PEER]}]),
        names="sg-0peer",
    ),
    cloud("SEC-SG-02", "a peer's group", PASS, another({"UserIdGroupPairs": [PEER]})),
    cloud("SEC-SG-02", "AWS's list of VPC Lattice", PASS, *from_list("AWS", *LATTICE)),
    cloud("SEC-SG-02", "AWS's list of CloudFront", FAIL, *from_list("AWS", "120.52.22.96/27"), names="pl-0a1b"),
    cloud("SEC-SG-02", "AWS's list with one address that others rent", FAIL, *from_list("AWS", *LATTICE, "3.5.140.0/22")),
    cloud("SEC-SG-02", "AWS's list that may not be read", ERROR, *from_list("AWS"), fails(ENTRIES, AccessDenied("denied"))),
    *(
        plan(
            "SEC-SG-02",
            f"a prefix list that the plan makes, of {name}",
            verdict,
            with_resource("aws_ec2_managed_prefix_list.offices", name="offices", entry=[{"cidr": cidr} for cidr in cidrs]),
            another_planned(),
            with_resource(
                "aws_vpc_security_group_ingress_rule.more",
                refers={"security_group_id": f"{OTHER}.id", "prefix_list_id": "aws_ec2_managed_prefix_list.offices.id"},
                ip_protocol="tcp",
                from_port=22,
                to_port=22,
            ),
            names="other" if verdict is FAIL else "",
        )
        for name, cidrs, verdict in (("offices", ["8.8.8.0/24"], PASS), ("the world", ["0.0.0.0/1", "128.0.0.0/1"], FAIL))
    ),
]

ENDPOINTS = "ec2:DescribeVpcEndpoints"
FULL = json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]})
OURS = '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::triflow-ai-prod/*"}]}'
THEIRS = json.dumps(
    {"Statement": [{**json.loads(FULL)["Statement"][0], "Condition": {"StringEquals": {"aws:ResourceAccount": "999999999999"}}}]}
)
WANTED = profile().network[0].endpoints
DRAFT = changed(profile(), "network", endpoints=("s3",))


def leading(member: str, value: object, service: str = "logs") -> Edit:
    return says(ENDPOINTS, f"VpcEndpoints.{WANTED.index(service)}.{member}", value)


def untold(member: str, service: str = "logs") -> Edit:
    return omits(ENDPOINTS, f"VpcEndpoints.{WANTED.index(service)}.{member}")


ROUTED = with_resource(
    "aws_vpc_endpoint_route_table_association.s3", refers={"vpc_endpoint_id": "aws_vpc_endpoint.s3.id"}, route_table_id="rtb-1"
)
SERVED = [
    cloud("SEC-NET-03", "no endpoint", FAIL, says(ENDPOINTS, "VpcEndpoints", []), names="secretsmanager"),
    cloud("SEC-NET-03", "one of another VPC", FAIL, leading("VpcId", "vpc-0other"), names="logs"),
    cloud(
        "SEC-NET-03", "one for another service", FAIL, leading("ServiceName", "com.amazonaws.ap-northeast-2.kms"), names="logs"
    ),
    cloud("SEC-NET-03", "one that is not accepted yet", FAIL, leading("State", "pendingAcceptance"), names="logs"),
    cloud("SEC-NET-03", "one without its names", FAIL, leading("PrivateDnsEnabled", False), names="logs"),
    cloud("SEC-NET-03", "one without routes", FAIL, leading("RouteTableIds", [], "s3"), names="s3"),
    cloud("SEC-NET-03", "one of another type", FAIL, leading("VpcEndpointType", "Resource"), names="logs"),
    cloud("SEC-NET-03", "an open policy", FAIL, leading("PolicyDocument", FULL), names="everyone"),
    cloud("SEC-NET-03", "a policy for another account", FAIL, leading("PolicyDocument", THEIRS), names="everyone"),
    cloud("SEC-NET-03", "a policy for a bucket", PASS, leading("PolicyDocument", OURS, "s3")),
    replace(
        cloud("SEC-NET-03", "one that nobody declares, with an open policy", FAIL, leading("PolicyDocument", FULL)),
        expected=DRAFT,
    ),
    replace(cloud("SEC-NET-03", "one that nobody declares is missing", PASS, leading("State", "failed")), expected=DRAFT),
    cloud("SEC-NET-03", "a type that nobody knows", ERROR, leading("VpcEndpointType", "Tunnel"), names="Tunnel"),
    cloud("SEC-NET-03", "a state that nobody knows", ERROR, leading("State", "asleep"), names="asleep"),
    cloud("SEC-NET-03", "a policy that is not reported", ERROR, untold("PolicyDocument")),
    cloud("SEC-NET-03", "names that are not reported", ERROR, untold("PrivateDnsEnabled")),
    cloud("SEC-NET-03", "not listed", ERROR, fails(ENDPOINTS, AccessDenied("denied")), names="denied"),
    plan("SEC-NET-03", "no endpoint for S3", FAIL, without("aws_vpc_endpoint.s3"), names="s3"),
    plan("SEC-NET-03", "one without its names", FAIL, planned("aws_vpc_endpoint.logs", private_dns_enabled=None), names="logs"),
    plan("SEC-NET-03", "one without routes", FAIL, planned("aws_vpc_endpoint.s3", route_table_ids=None), names="s3"),
    plan("SEC-NET-03", "routes beside it", PASS, planned("aws_vpc_endpoint.s3", route_table_ids=None), ROUTED),
    plan("SEC-NET-03", "no policy", FAIL, planned("aws_vpc_endpoint.s3", policy=None), names="everyone"),
    plan("SEC-NET-03", "an open policy", FAIL, planned("aws_vpc_endpoint.s3", policy=FULL), names="everyone"),
    plan(
        "SEC-NET-03",
        "a type that nobody knows",
        ERROR,
        planned("aws_vpc_endpoint.s3", vpc_endpoint_type="Tunnel"),
        names="Tunnel",
    ),
    plan("SEC-NET-03", "a service known after apply", UNKNOWN, unknown("aws_vpc_endpoint.logs", "service_name")),
    plan("SEC-NET-03", "a policy known after apply", UNKNOWN, unknown("aws_vpc_endpoint.logs", "policy")),
]

CASES = [*DECLARED, *OTHERS, *ATTACHED, *TYPED, *SERVED]
