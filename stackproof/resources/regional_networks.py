"""Amazon VPC, region by region: what the account's networks leave open by default, whoever's they are."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stackproof.core.partial import known_of, parts
from stackproof.core.resource import Resource, field
from stackproof.core.verdicts import NotReported
from stackproof.judgement.exposure import Opening
from stackproof.judgement.network_acls import AS_MADE, AclRule, acl_rule
from stackproof.resources.network import Vpc, answered_rules, planned_id, planned_rules
from stackproof.sources.aws.facts import AwsFacts, reported
from stackproof.sources.plan.blocks import PlannedBlock

if TYPE_CHECKING:
    from stackproof.sources.aws.calls import Answer
    from stackproof.sources.aws.source import Reader


def _each(
    aws: "Reader", regions: Sequence[str], operation: str, member: str, keep: Callable[[Mapping[str, Any]], bool]
) -> "list[tuple[str, Mapping[str, Any], Answer]]":
    """The items of an answer of each region, with the region."""
    answers = [(region, aws.read(operation, region=region)) for region in regions]
    return [(region, item, answer) for region, answer in answers for item in answer.items(member) if keep(item)]


class DefaultSecurityGroup(Resource):
    """The default security group of a VPC in some region of the account. Named by its id, on a plan by its address."""

    operations = ("ec2:DescribeSecurityGroups",)
    terraform = ("aws_default_security_group",)
    planned_name = "id"

    vpc_id: str = field(aws="VpcId", plan=lambda group: planned_id(group, "vpc_id", *Vpc.terraform))
    ingress: frozenset[Opening] = field(
        aws=lambda group: answered_rules(group, "IpPermissions"), plan=lambda group: planned_rules(group, "ingress")
    )
    """What its rules open, with groups by name."""
    egress: frozenset[Opening] = field(
        aws=lambda group: answered_rules(group, "IpPermissionsEgress"), plan=lambda group: planned_rules(group, "egress")
    )
    """What its rules open on the way out, with groups by name."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[DefaultSecurityGroup]":
        """The default groups of the regions that are named."""
        found = _each(
            aws, names, "ec2:DescribeSecurityGroups", "SecurityGroups", lambda item: item.get("GroupName", "default") == "default"
        )
        return [
            cls(f"{reported(item, 'GroupId', answer)} in {region}", AwsFacts(aws, item, answer.source), answer.source)
            for region, item, answer in found
        ]


def _answered_acl_rules(acl: AwsFacts) -> tuple[AclRule, ...] | None:
    entries = acl.at("Entries")
    return None if entries is None else tuple(sorted(_answered_acl_rule(acl, one) for one in entries if not _is_egress(acl, one)))


def _is_egress(acl: AwsFacts, entry: Mapping[str, Any]) -> bool:
    if (egress := entry.get("Egress")) is None:
        raise NotReported(f"the direction of a rule of {acl.at('NetworkAclId')} is not reported")
    return bool(egress)


def _answered_acl_rule(acl: AwsFacts, entry: Mapping[str, Any]) -> AclRule:
    ports = entry.get("PortRange", {})
    addresses = entry.get("CidrBlock") or entry.get("Ipv6CidrBlock")
    if silent := [name for name in ("RuleNumber", "RuleAction", "Protocol") if entry.get(name) is None] or (
        [] if addresses else ["CidrBlock"]
    ):
        raise NotReported(f"{', '.join(silent)} of a rule of {acl.at('NetworkAclId')} is not reported")
    return acl_rule(
        entry["RuleNumber"], str(entry["RuleAction"]), entry["Protocol"], ports.get("From"), ports.get("To"), str(addresses)
    )


def _planned_acl_rules(acl: PlannedBlock) -> tuple[AclRule, ...]:
    """In the blocks of the ACL, and in resources beside it. Raises `NotYetKnown` where one is not known: it may come before the others."""
    beside, rest = parts(acl.plan.referring("aws_network_acl_rule", "network_acl_id", acl))
    inside, unread = parts(acl.written_blocks("ingress", is_decided_beside=bool(beside)))
    found, unknown = known_of(
        [*inside, *beside],
        lambda rule: [] if rule.type == "aws_network_acl_rule" and rule.at("egress") else [_planned_acl_rule(rule)],
    )
    for error in (*rest, *unread, *unknown):
        raise error
    return tuple(sorted(found))


def _planned_acl_rule(rule: PlannedBlock) -> AclRule:
    is_beside = rule.type == "aws_network_acl_rule"
    number, action = ("rule_number", "rule_action") if is_beside else ("rule_no", "action")
    addresses = rule.text("cidr_block") or rule.text("ipv6_cidr_block")
    return acl_rule(
        rule.at(number),
        rule.text(action) or "",
        str(rule.at("protocol")),
        rule.at("from_port"),
        rule.at("to_port"),
        addresses or "",
    )


class NetworkAcl(Resource):
    """A network ACL of a VPC in some region of the account. Named by its id, on a plan by its address."""

    operations = ("ec2:DescribeNetworkAcls",)
    terraform = ("aws_network_acl", "aws_default_network_acl")
    planned_name = "id"

    vpc_id: str = field(aws="VpcId", plan=lambda acl: planned_id(acl, "vpc_id", *Vpc.terraform))
    is_default: bool = field(aws="IsDefault", plan=lambda acl: acl.type == "aws_default_network_acl")
    rules: tuple[AclRule, ...] = field(aws=_answered_acl_rules, plan=_planned_acl_rules)
    """For what comes in, in their order."""

    @property
    def is_as_made(self) -> bool:
        """True for the default one of a VPC in which nobody has changed what AWS wrote: it leaves everything to security groups."""
        return self.is_default and set(self.rules) <= set(AS_MADE)

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[NetworkAcl]":
        """The network ACLs of the regions that are named."""
        return [
            cls(f"{reported(item, 'NetworkAclId', answer)} in {region}", AwsFacts(aws, item, answer.source), answer.source)
            for region, item, answer in _each(aws, names, "ec2:DescribeNetworkAcls", "NetworkAcls", lambda _: True)
        ]


class LaunchSubnet(Resource):
    """A subnet in some region of the account, and what it gives to whatever is started in it. Named by its id, on a plan by its address."""

    operations = ("ec2:DescribeSubnets",)
    terraform = ("aws_subnet", "aws_default_subnet")
    planned_name = "id"

    vpc_id: str = field(aws="VpcId", plan=lambda one: planned_id(one, "vpc_id", *Vpc.terraform))
    cidr: str = field(aws="CidrBlock", plan="cidr_block")
    gives_public_addresses: bool = field(
        aws="MapPublicIpOnLaunch",
        plan=lambda one: one.at_or("map_public_ip_on_launch", one.type == "aws_default_subnet"),
    )
    """Whether what is started in it has an address on the internet, unless it says otherwise; a default subnet does."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[LaunchSubnet]":
        """The subnets of the regions that are named."""
        return [
            cls(f"{reported(item, 'SubnetId', answer)} in {region}", AwsFacts(aws, item, answer.source), answer.source)
            for region, item, answer in _each(aws, names, "ec2:DescribeSubnets", "Subnets", lambda _: True)
        ]
