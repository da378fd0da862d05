"""Amazon VPC."""

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import adds, omits, planned, says, unknown, with_resource, without

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


CASES = [
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
    plan("SEC-SG-01", "no such group", FAIL, without(RDS)),
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
