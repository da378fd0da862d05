"""Amazon VPC: networks and security groups."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stackproof.aws.facts import AwsFacts, listed
from stackproof.judgement.exposure import Opening, merged, opening
from stackproof.resources.base import Reference, Resource, field
from stackproof.sources.plan import Plan, PlannedBlock
from stackproof.verdicts import NotYetKnown

if TYPE_CHECKING:
    from stackproof.sources.aws import Reader


class Vpc(Resource):
    """A VPC, named by its Name tag."""

    operations = ("ec2:DescribeVpcs",)
    terraform = ("aws_vpc",)

    vpc_id: str = field(aws="VpcId", plan="id")

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[Vpc]":
        del names
        answer = aws.read("ec2:DescribeVpcs")
        return [
            cls(_name_tag(item.get("Tags", ())) or item["VpcId"], AwsFacts(aws, item, answer.source), answer.source)
            for item in answer.items("Vpcs")
        ]

    @classmethod
    def from_plan(cls, plan: Plan, names: Sequence[str]) -> "list[Vpc]":
        del names
        return [
            cls((block.at("tags") or {}).get("Name", block.address), block, block.source) for block in plan.resources("aws_vpc")
        ]


def _answered_ingress(group: AwsFacts) -> frozenset[Opening] | None:
    rules = group.at("IpPermissions")
    if rules is None:
        return None
    everyone = group.read("ec2:DescribeSecurityGroups").items("SecurityGroups")
    # A name is one group's only within its VPC; a group of a peered one is told by its id.
    names = {item["GroupId"]: item["GroupName"] for item in everyone if item.get("VpcId") == group.at("VpcId")}
    found = set()
    for rule in rules:
        sources = [
            *(pair["CidrIp"] for pair in rule.get("IpRanges", ())),
            *(pair["CidrIpv6"] for pair in rule.get("Ipv6Ranges", ())),
            *(pair["PrefixListId"] for pair in rule.get("PrefixListIds", ())),
            *(names.get(pair["GroupId"], pair["GroupId"]) for pair in rule.get("UserIdGroupPairs", ())),
        ]
        found |= {opening(rule["IpProtocol"], rule.get("FromPort"), rule.get("ToPort"), source) for source in sources}
    return merged(found)


def _planned_ingress(group: PlannedBlock) -> frozenset[Opening]:
    """Rules in the group's own blocks, and those that other resources add to it."""
    plan = group.plan
    own = [] if group.is_left_open("ingress") else group.blocks("ingress")
    openings = [one for block in own for one in _inline(group, block)]
    for block in plan.referring("aws_security_group_rule", "security_group_id", group, named="id"):
        if block.at("type") == "ingress":
            openings += _inline(group, block, groups="source_security_group_id")
    for block in plan.referring("aws_vpc_security_group_ingress_rule", "security_group_id", group, named="id"):
        sources = [block.at(name) for name in ("cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id")]
        openings += _openings(plan, block, "ip_protocol", [source for source in sources if source is not None])
    return merged(openings)


def _inline(group: PlannedBlock, block: PlannedBlock, groups: str = "security_groups") -> Iterable[Opening]:
    sources: list[Any] = []
    for name in ("cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", groups):
        value = block.at(name)
        sources += value if isinstance(value, list) else [] if value is None else [value]
    if block.at("self"):
        sources.append(group.name_or_address("name"))
    return _openings(group.plan, block, "protocol", sources)


def _openings(plan: Plan, block: PlannedBlock, protocol: str, sources: Sequence[str | Reference]) -> list[Opening]:
    return [
        opening(str(block.at(protocol)), block.at("from_port"), block.at("to_port"), _named(plan, source)) for source in sources
    ]


def _named(plan: Plan, source: str | Reference) -> str:
    """A planned group by its name, or by its address where another has the same name; everything else as it is."""
    group = plan.meant(source, "aws_security_group", named="id")
    if group is None:
        if isinstance(source, Reference):
            raise NotYetKnown(f"{source!r} is a source of a rule, and no security group of this plan")
        return source
    name = group.name_or_address("name")
    namesakes = [one for one in plan.resources("aws_security_group") if one.name_or_address("name") == name]
    return name if len(namesakes) == 1 else group.address


class SecurityGroup(Resource):
    """A security group of a VPC."""

    operations = ("ec2:DescribeSecurityGroups",)
    terraform = ("aws_security_group",)

    vpc_id: str = field(aws="VpcId", plan="vpc_id")
    ingress: frozenset[Opening] = field(aws=_answered_ingress, plan=_planned_ingress)
    """What its rules open, with groups by name."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[SecurityGroup]":
        del names
        answer = aws.read("ec2:DescribeSecurityGroups")
        return listed(cls, aws, answer, "SecurityGroups", named="GroupName")


def _name_tag(tags: Iterable[Mapping[str, str]]) -> str:
    return next((tag["Value"] for tag in tags if tag["Key"] == "Name"), "")
