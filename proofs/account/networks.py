"""What the account's networks leave open by default, region by region."""

from dataclasses import replace
from typing import Any

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import (
    Edit,
    adds,
    compliant_calls,
    fails,
    omits,
    only_in,
    planned,
    profile,
    says,
    unknown,
    with_resource,
    without,
)
from stackproof.core.verdicts import AccessDenied, Verdict
from stackproof.profile.account import Other

GROUPS, ACLS, SUBNETS, REGIONS = (
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeNetworkAcls",
    "ec2:DescribeSubnets",
    "ec2:DescribeRegions",
)
ID, DENIED = "SEC-NET-02", AccessDenied("AccessDenied: not authorized")
DEFAULT = "SecurityGroups.GroupName=default"
WORLD = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
ITSELF = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-0self"}]}
STACK = "module.account"
GROUP, SUBNET = f"{STACK}.aws_default_security_group.main", "aws_subnet.public_a"
ACL = f"{STACK}.aws_network_acl.more"


def with_account(**changes: Any) -> Any:
    own = profile()
    return own.model_copy(update={"account": own.account.model_copy(update=changes)})


def rule(number: int, action: str, protocol: str = "6", port: int | None = 22, addresses: str = "0.0.0.0/0") -> dict[str, Any]:
    """A rule of a network ACL for what comes in, as EC2 has it."""
    ports = {} if port is None else {"PortRange": {"From": port, "To": port}}
    member = "Ipv6CidrBlock" if ":" in addresses else "CidrBlock"
    return {"Egress": False, "RuleNumber": number, "RuleAction": action, "Protocol": protocol, member: addresses, **ports}


def written(*rules: dict[str, Any]) -> Edit:
    """One more network ACL, in the region that nobody uses."""
    acl = {"NetworkAclId": "acl-0more", "VpcId": "vpc-0", "IsDefault": False, "Entries": list(rules)}
    return only_in("us-east-1", adds(ACLS, "NetworkAcls", acl))


def as_planned(one: dict[str, Any]) -> dict[str, Any]:
    """A rule as a block of the plan has it."""
    ports = one.get("PortRange", {"From": 0, "To": 0})
    return {
        "rule_no": one["RuleNumber"],
        "action": one["RuleAction"],
        "protocol": one["Protocol"],
        "from_port": ports["From"],
        "to_port": ports["To"],
        "cidr_block": one.get("CidrBlock", ""),
        "ipv6_cidr_block": one.get("Ipv6CidrBlock", ""),
    }


def acl(name: str, verdict: Verdict, *rules: dict[str, Any]) -> list[Case]:
    """A network ACL that somebody wrote, on a cloud and on a plan."""
    blocks = [as_planned(one) for one in rules]
    return [
        cloud(ID, name, verdict, written(*rules), names="acl-0more" if verdict is FAIL else ""),
        plan(
            ID,
            name,
            verdict,
            with_resource(ACL, refers={"vpc_id": "aws_default_vpc.main.id"}, ingress=blocks, egress=[]),
            names=ACL if verdict is FAIL else "",
        ),
    ]


OFFICE = "198.51.100.0/24"
CASES: list[Case] = [
    *(
        case
        for region in ("ap-northeast-2", "us-east-1")
        for case in (
            cloud(
                ID, f"a way in, {region}", FAIL, only_in(region, adds(GROUPS, f"{DEFAULT}.IpPermissions", ITSELF)), names=region
            ),
            cloud(
                ID,
                f"a way out, {region}",
                FAIL,
                only_in(region, adds(GROUPS, f"{DEFAULT}.IpPermissionsEgress", WORLD)),
                names=region,
            ),
            cloud(ID, f"rules not reported, {region}", ERROR, only_in(region, omits(GROUPS, f"{DEFAULT}.IpPermissions"))),
            cloud(ID, f"groups denied, {region}", ERROR, only_in(region, fails(GROUPS, DENIED))),
            cloud(ID, f"network ACLs denied, {region}", ERROR, only_in(region, fails(ACLS, DENIED))),
            cloud(ID, f"subnets denied, {region}", ERROR, only_in(region, fails(SUBNETS, DENIED))),
            cloud(
                ID,
                f"a public address, {region}",
                FAIL,
                only_in(region, says(SUBNETS, "Subnets.0.MapPublicIpOnLaunch", True)),
                names=region,
            ),
            cloud(
                ID, f"addresses not reported, {region}", ERROR, only_in(region, omits(SUBNETS, "Subnets.0.MapPublicIpOnLaunch"))
            ),
            cloud(
                ID,
                f"the default ACL, changed, {region}",
                FAIL,
                only_in(region, adds(ACLS, "NetworkAcls.0.Entries", rule(90, "allow"))),
                names=region,
            ),
        )
    ),
    cloud(
        ID,
        "a group without a name",
        ERROR,
        only_in("us-east-1", adds(GROUPS, "SecurityGroups", {"GroupId": "sg-0", "VpcId": "vpc-0"})),
    ),
    cloud(
        ID,
        "a region that the account has not enabled",
        PASS,
        says(REGIONS, "Regions.RegionName=us-east-1.OptInStatus", "not-opted-in"),
    ),
    cloud(ID, "the list of regions denied", ERROR, fails(REGIONS, DENIED)),
    *acl("SSH from the world", FAIL, rule(100, "allow")),
    *acl("RDP from the IPv6 world", FAIL, rule(100, "allow", port=3389, addresses="::/0")),
    *acl("every protocol from the world", FAIL, rule(100, "allow", "-1", None)),
    *acl("the world in two halves", FAIL, rule(100, "allow", addresses="0.0.0.0/1"), rule(110, "allow", addresses="128.0.0.0/1")),
    *acl("refused too late", FAIL, rule(100, "allow"), rule(110, "deny")),
    *acl("half of it refused", FAIL, rule(90, "deny", addresses="0.0.0.0/1"), rule(100, "allow")),
    *acl("refused before", PASS, rule(100, "allow", "-1", None), rule(90, "deny", "-1", None)),
    *acl("SSH from the office", PASS, rule(100, "allow", addresses=OFFICE)),
    *acl("HTTPS from the world", PASS, rule(100, "allow", port=443)),
    *acl("ICMP", PASS, rule(100, "allow", "1", None)),
    *acl("nothing", PASS),
    cloud(ID, "an action that nobody knows", ERROR, written(rule(100, "perhaps")), names="perhaps"),
    cloud(ID, "an address that is none", ERROR, written(rule(100, "allow", addresses="office")), names="office"),
    *(
        cloud(
            ID,
            f"a rule without {member}",
            ERROR,
            written({name: value for name, value in rule(100, "allow").items() if name != member}),
        )
        for member in ("Egress", "RuleNumber", "RuleAction", "Protocol", "CidrBlock")
    ),
    cloud(ID, "a way out", PASS, written({**rule(100, "allow"), "Egress": True})),
    cloud(ID, "rules of an ACL not reported", ERROR, omits(ACLS, "NetworkAcls.0.Entries")),
    cloud(ID, "whether it is the default one not reported", ERROR, omits(ACLS, "NetworkAcls.0.IsDefault")),
    cloud(ID, "an ACL without an id", ERROR, omits(ACLS, "NetworkAcls.0.NetworkAclId"), names="NetworkAclId"),
    plan(
        ID,
        "a way in",
        FAIL,
        planned(GROUP, ingress=[{"protocol": "-1", "from_port": 0, "to_port": 0, "self": True}]),
        names="default",
    ),
    plan(ID, "rules known after apply", UNKNOWN, unknown(GROUP, "ingress")),
    plan(ID, "a VPC whose group is left alone", FAIL, without("aws_default_security_group.closed"), names="default"),
    plan(ID, "a public address", FAIL, planned(SUBNET, map_public_ip_on_launch=True), names=SUBNET),
    plan(ID, "addresses known after apply", UNKNOWN, unknown(SUBNET, "map_public_ip_on_launch")),
    plan(
        ID,
        "rules of an ACL known after apply",
        UNKNOWN,
        with_resource(ACL, refers={"vpc_id": "aws_default_vpc.main.id"}, egress=[]),
        unknown(ACL, "ingress"),
    ),
    plan(
        ID,
        "a rule beside its ACL",
        FAIL,
        with_resource(ACL, refers={"vpc_id": "aws_default_vpc.main.id"}, ingress=[], egress=[]),
        with_resource(
            f"{STACK}.aws_network_acl_rule.more",
            refers={"network_acl_id": "aws_network_acl.more.id"},
            egress=False,
            rule_number=100,
            rule_action="allow",
            protocol="tcp",
            from_port=22,
            to_port=22,
            cidr_block="0.0.0.0/0",
        ),
        names=ACL,
    ),
]
_ELSEWHERE = next(one for one in compliant_calls() if (one.call.operation, one.call.region) == (ACLS, "us-east-1"))
_THEIRS = Other(
    name=_ELSEWHERE.pages[0]["NetworkAcls"][0]["VpcId"], owner="data", reason="The network of the data platform, judged there."
)
_SHOWN = says(SUBNETS, "Subnets.0.MapPublicIpOnLaunch", True)
CASES += [
    replace(one, expected=with_account(**declared))
    for one, declared in (
        (
            cloud(
                ID,
                "somebody else's network",
                PASS,
                only_in("us-east-1", says(ACLS, "NetworkAcls.0.Entries", [rule(90, "allow")])),
            ),
            {"others": (_THEIRS,)},
        ),
        (cloud(ID, "declared subnets give public addresses", PASS, _SHOWN), {"public_address_subnets": ("*",)}),
        (cloud(ID, "another declared subnet", FAIL, _SHOWN), {"public_address_subnets": ("192.0.2.*",)}),
    )
]
