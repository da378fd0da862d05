"""Amazon VPC."""

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import (
    Edit,
    adds,
    answered,
    answers,
    fails,
    omits,
    on_page_2,
    planned,
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


DECLARED = [
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


def another(*rules: dict[str, object], vpc: str = VPC) -> Edit:
    """A security group that nobody declared, on the second page."""
    permissions = [{**WORLD, **rule} for rule in rules]
    return on_page_2(GROUPS, "SecurityGroups", GroupName="other", GroupId="sg-0other", VpcId=vpc, IpPermissions=permissions)


def another_planned(*rules: dict[str, object]) -> Edit:
    """Likewise, on a plan."""
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
    plan("SEC-SG-02", "a default group that is left as it is", FAIL, without(DEFAULT_GROUP), names="default"),
    plan("SEC-SG-02", "a default group that is emptied", PASS, unset(DEFAULT_GROUP, "ingress", "egress")),
    plan("SEC-SG-02", "rules of the default group known after apply", UNKNOWN, unknown(DEFAULT_GROUP, "egress")),
]

CASES = [*DECLARED, *OTHERS]
