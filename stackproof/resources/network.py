"""Amazon VPC: networks, their subnets and routes, and security groups."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from stackproof.core.partial import Partial, collected, known_of, parts
from stackproof.core.resource import Reference, Resource, StaticOrigin, field, type_of
from stackproof.core.verdicts import CouldNotVerify, DeclaredButMissing, NotReported, NotYetKnown
from stackproof.judgement.exposure import CIDR, GROUP, PREFIX_LIST, Opening, Source, is_public, merged, opening
from stackproof.sources.aws.facts import AwsFacts, listed, reported
from stackproof.sources.plan.blocks import PlanLookup, PlannedBlock
from stackproof.sources.plan.document import Plan

if TYPE_CHECKING:
    from stackproof.sources.aws.calls import Answer
    from stackproof.sources.aws.source import Reader


class Vpc(Resource):
    """A VPC, named by its Name tag."""

    operations: ClassVar[tuple[str, ...]] = ("ec2:DescribeVpcs",)
    terraform = ("aws_vpc",)

    identity: str = field(aws="VpcId", plan=lambda vpc: vpc.address)
    """Its id; on a plan its address."""
    cidr: str = field(aws="CidrBlock", plan="cidr_block")
    """Its first block of addresses; a second one is beside it."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[Vpc]":
        del names
        answer = aws.read("ec2:DescribeVpcs")
        return [
            cls(
                _name_tag(item.get("Tags", ())) or reported(item, "VpcId", answer),
                AwsFacts(aws, item, answer.source),
                answer.source,
            )
            for item in answer.items("Vpcs")
        ]

    @classmethod
    def from_plan(cls, plan: Plan, names: Sequence[str]) -> "list[Vpc]":
        del names
        return [cls(_planned_name_tag(block) or block.address, block, block.source) for block in plan.resources("aws_vpc")]


def planned_id(block: PlannedBlock, attribute: str, *types: str) -> Any:
    """The id of the planned resource of some types that an attribute means; what else the plan has in its place."""
    referent = block.referent(attribute, *types)
    return block.at(attribute) if referent is None else referent.at("id")


def _planned_name_tag(block: PlannedBlock) -> str | None:
    """The Name of a planned resource, which may come by the tags that the provider gives to everything (``default_tags``)."""
    for attribute in ("tags_all", "tags"):
        tags = block.values.get(attribute)
        if isinstance(tags, Mapping) and isinstance(tags.get("Name"), str):
            return str(tags["Name"])
    return None


def answered_rules(group: AwsFacts, member: str) -> frozenset[Opening] | None:
    rules = group.at(member)
    if rules is None:
        return None
    # A name is one group's only within its VPC; a group of a peered one is told by its id.
    names = group.read("ec2:DescribeSecurityGroups").once(_names).get(group.at("VpcId"), {})
    found = set()
    for rule in rules:
        sources = [
            *(Source(CIDR, pair["CidrIp"]) for pair in rule.get("IpRanges", ())),
            *(Source(CIDR, pair["CidrIpv6"]) for pair in rule.get("Ipv6Ranges", ())),
            *(Source(PREFIX_LIST, pair["PrefixListId"]) for pair in rule.get("PrefixListIds", ())),
            *(Source(GROUP, names.get(pair["GroupId"], pair["GroupId"])) for pair in rule.get("UserIdGroupPairs", ())),
        ]
        if not sources:  # EC2 keeps no rule without one
            raise NotReported(f"a rule of {group.at('GroupName')} has no source: what it lets in is not reported")
        found |= {opening(rule["IpProtocol"], rule.get("FromPort"), rule.get("ToPort"), source) for source in sources}
    return merged(found)


def _names(groups: "Answer") -> dict[str | None, dict[str, str]]:
    """The names of the groups of each VPC by their ids."""
    found: dict[str | None, dict[str, str]] = {}
    for item in groups.each("SecurityGroups"):
        found.setdefault(item.get("VpcId"), {})[item["GroupId"]] = _answered_group_name(item, groups)
    return found


def _answered_reach(group: AwsFacts) -> frozenset[Opening] | None:
    rules = answered_rules(group, "IpPermissions")
    if rules is None:
        return None
    return merged(
        replace(rule, source=source)
        for rule in rules
        for source in (_answered_addresses(group, rule.source) if rule.source.kind == PREFIX_LIST else [rule.source])
    )


def _answered_addresses(group: AwsFacts, source: Source) -> list[Source]:
    """The addresses of a prefix list. Raises `CouldNotVerify` for one that EC2 does not list.

    One that AWS keeps stands for itself: others rent its addresses. But link-local ones, as of VPC Lattice, nobody on the internet has.
    """
    prefix_list = source.id
    answer = group.read("ec2:DescribeManagedPrefixLists")
    known = answer.by("PrefixLists", "PrefixListId").get(prefix_list)
    if known is None:
        raise CouldNotVerify(
            f"{answer.source}: the answer does not have {prefix_list}, which a rule of {group.at('GroupName')} names"
        )
    entries = group.read("ec2:GetManagedPrefixListEntries", PrefixListId=prefix_list)
    addresses = [entry["Cidr"] for entry in entries.items("Entries")]
    if known.get("OwnerId") == "AWS" and (not addresses or any(map(is_public, addresses))):
        return [source]
    return [Source(CIDR, address) for address in addresses]


def _direction(rule: PlannedBlock) -> str:
    direction: str = rule.at("type")
    if direction not in ("ingress", "egress"):
        raise CouldNotVerify(f"{rule.source}: type is {direction!r}, neither ingress nor egress")
    return direction


def planned_rules(group: PlannedBlock, direction: str) -> Collection[Opening]:
    """Rules in the group's own blocks, and those that other resources add to it.

    A group whose sources have no block of a direction begins without a rule of it: Terraform removes the one that AWS makes. Of a group
    that exists they are what it had before: of those, what no resource beside it made stays.
    """
    plan, older, newer = group.plan, "aws_security_group_rule", f"aws_vpc_security_group_{direction}_rule"
    beside, rest = parts(_rules_beside(group, older))
    of_one, more = known_of(beside, lambda rule: [rule] if _direction(rule) == direction else [])
    of_its_own, others = parts(_rules_beside(group, newer))
    gone = [rule for rule in plan.removed(older, "security_group_id", group) if rule.at("type") == direction]
    is_decided_beside = bool(of_one or of_its_own or gone or plan.removed(newer, "security_group_id", group))
    inside, unread = parts(group.written_blocks(direction, is_decided_beside=is_decided_beside))
    found, unknown = known_of([*inside, *of_one, *of_its_own], lambda rule: _openings(group, rule))
    if is_decided_beside and not group.says(direction, is_decided_beside=True):
        found += _left_alone(group, direction)
    errors = [*rest, *more, *others, *unread, *unknown]
    return Partial(merged(found), errors[0]) if errors else merged(found)


def _left_alone(group: PlannedBlock, direction: str) -> list[Opening]:
    """What a group had before of a direction, and no rule resource made: a ``dynamic`` block did, or a hand, and Terraform leaves it."""
    plan, was = group.plan, group.plan.earlier(group)
    older = [rule for rule in plan.before("aws_security_group_rule", "security_group_id", group) if rule.at("type") == direction]
    newer = plan.before(f"aws_vpc_security_group_{direction}_rule", "security_group_id", group)
    inside = was.blocks(direction) if was else []
    made = {one for rule in (*older, *newer) for one in _openings(group, rule)}
    return [one for rule in inside for one in _openings(group, rule) if one not in made]


def _rules_beside(group: PlannedBlock, kind: str) -> Sequence[PlannedBlock]:
    """Rules that are resources of their own. A default group is also called by its VPC (``default_security_group_id``)."""
    found, rest = parts(group.plan.referring(kind, "security_group_id", group))
    if group.type == "aws_default_security_group":
        vpcs, _ = parts(group.referents("vpc_id", *Vpc.terraform))
        by_vpc, unknown = known_of(vpcs, lambda vpc: group.plan.referring(kind, "security_group_id", vpc))
        return collected([*found, *by_vpc], [*rest, *unknown])
    return collected(found, rest)


def _planned_reach(group: PlannedBlock) -> Collection[Opening]:
    """The addresses of a prefix list are in a plan only if that makes the list."""
    rules, rest = parts(planned_rules(group, "ingress"))
    found, unread = known_of(rules, lambda rule: [replace(rule, source=one) for one in _planned_addresses(group, rule.source)])
    errors = [*rest, *unread]
    return Partial(merged(found), errors[0]) if errors else merged(found)


def _planned_addresses(group: PlannedBlock, source: Source) -> list[Source]:
    """The addresses of a prefix list; every other source as it is."""
    if source.kind != PREFIX_LIST:
        return [source]
    made = group.plan.resource(source.id)
    if made is None:
        raise NotYetKnown(f"{group.source}: the addresses of {source.id} are not in the plan")
    entries = [*made.written_blocks("entry"), *group.plan.referring("aws_ec2_managed_prefix_list_entry", "prefix_list_id", made)]
    return [Source(CIDR, str(_known_now(entry, "cidr"))) for entry in entries]


def _openings(group: PlannedBlock, rule: PlannedBlock) -> Sequence[Opening]:
    """What one rule opens; its sources that are not known yet stand for the rest."""
    is_of_its_own = rule.type.startswith("aws_vpc_security_group_")
    protocol = "ip_protocol" if is_of_its_own else "protocol"
    ports = [_known_now(rule, attribute) for attribute in (protocol, "from_port", "to_port")]
    if is_of_its_own:
        reported = [
            (CIDR, "cidr_ipv4", _one),
            (CIDR, "cidr_ipv6", _one),
            (PREFIX_LIST, "prefix_list_id", _one),
            (GROUP, "referenced_security_group_id", _one),
        ]
    else:
        is_inside = rule.type != "aws_security_group_rule"
        reported = [
            (CIDR, "cidr_blocks", _several),
            (CIDR, "ipv6_cidr_blocks", _several),
            (PREFIX_LIST, "prefix_list_ids", _several),
            (GROUP, "security_groups", _several) if is_inside else (GROUP, "source_security_group_id", _one),
        ]
    found, rest = known_of(reported, lambda one: _sources(rule, *one))
    if rule.at("self"):
        found.append(Source(GROUP, _planned_group_name(group)))
    return collected([opening(str(ports[0]), ports[1], ports[2], source) for source in found], rest)


def _sources(rule: PlannedBlock, kind: str, attribute: str, read: Callable[..., Sequence[str | Reference]]) -> Sequence[Source]:
    """What an attribute of a rule says of whom it lets in; what it is, rests with the attribute."""
    found, rest = known_of(read(rule, attribute, *_MADE[kind]), lambda value: [_source(rule.plan, kind, value)])
    return collected(found, rest)


def _several(rule: PlannedBlock, attribute: str, *types: str) -> Sequence[str | Reference]:
    """The sources of a rule that are a list."""
    is_of_its_own = rule.type == "aws_security_group_rule"
    return [] if is_of_its_own and rule.is_unset(attribute) else rule.elements(attribute, *types)


def _one(rule: PlannedBlock, attribute: str, *types: str) -> Sequence[str | Reference]:
    """The source of a rule that is one value."""
    if not rule.says(attribute):
        return []
    referents = rule.referents(attribute, *types) if types else ()
    if types and (isinstance(referents, Partial) or referents):
        found, rest = parts(referents)
        return collected([Reference(block.address, "id") for block in found], rest)
    value = _known_now(rule, attribute)
    return [value] if value else []


def _known_now(rule: PlannedBlock, attribute: str) -> Any:
    """A known value. Raises `NotYetKnown`, also for one of which the plan says where it will come from."""
    value = rule.at(attribute)
    if isinstance(value, Reference):
        raise rule.unknown(attribute)
    return value


def _source(plan: PlanLookup, kind: str, value: str | Reference) -> Source:
    """A planned group by its name, or by its address where another has the same name; a planned prefix list by its address."""
    made = next(iter(plan.referred(value, *_MADE[kind])), None) if _MADE[kind] else None
    if made is None:
        if isinstance(value, Reference):
            raise NotYetKnown(f"{value!r} is a source of a rule, and no {kind} of this plan")
        return Source(kind, value)
    if kind == PREFIX_LIST:
        return Source(kind, made.address)
    name = _planned_group_name(made)
    return Source(kind, name if plan.once(_group_names)[name] == 1 else made.address)


def _group_names(plan: PlanLookup) -> Counter[str]:
    return Counter(_planned_group_name(block) for block in plan.resources("aws_security_group"))


_MADE: Mapping[str, tuple[str, ...]] = {
    CIDR: (),
    GROUP: ("aws_security_group", "aws_default_security_group"),
    PREFIX_LIST: ("aws_ec2_managed_prefix_list",),
}
"""What a plan makes of each kind of source."""


def _answered_use(group: AwsFacts) -> bool:
    filters = [{"Name": "group-id", "Values": [group.at("GroupId")]}]
    return bool(group.read("ec2:DescribeNetworkInterfaces", Filters=filters).items("NetworkInterfaces"))


_SUFFIX = re.compile(r"-?20\d{16}[0-9a-f]{8}$")
"""What Terraform puts behind a name prefix: 18 digits of the time, and a hexadecimal counter of 8."""

_OF_CLOUDFORMATION = re.compile(r"-[A-Z0-9]{12,13}$")
"""What CloudFormation puts behind the names of the stack and of the resource."""


def group_called(name: str, tag: str | None = None) -> str:
    """The name of a security group without what Terraform put behind its prefix (``name_prefix``).

    A name that a tool made up as a whole (Terraform without a prefix, CloudFormation) says nothing: the Name tag stands for it.

    >>> group_called("orders-alb-2024112810150012340000000a"), group_called("orders-alb", "ALB"), group_called("sg-20241128")
    ('orders-alb', 'orders-alb', 'sg-20241128')
    >>> group_called("terraform-2024112810150012340000000a", "orders-alb"), group_called("Orders-AlbGroup79E7-1X2Y3Z4A5B6C7", "orders-alb")
    ('orders-alb', 'orders-alb')
    """
    called = _SUFFIX.sub("", name)
    is_made_up = called != name and called in ("", "terraform")
    return tag if tag and (is_made_up or _OF_CLOUDFORMATION.search(name)) else called


def _answered_group_name(item: Mapping[str, Any], answer: "Answer") -> str:
    tag = next((tag["Value"] for tag in item.get("Tags", ()) if tag["Key"] == "Name"), None)
    return group_called(reported(item, "GroupName", answer), tag)


def _planned_group_name(group: PlannedBlock) -> str:
    """The name of a planned security group: its prefix or Name tag, where Terraform makes a name of its own; else its address."""
    name, prefix, tag = group.values.get("name"), group.values.get("name_prefix"), (group.values.get("tags") or {}).get("Name")
    if isinstance(name, str):
        return group_called(name, tag if isinstance(tag, str) else None)
    if isinstance(prefix, str) and prefix:
        return prefix.removesuffix("-")
    return tag if isinstance(tag, str) and tag and not group.is_written("name") else group.address


class SecurityGroup(Resource):
    """A security group of a VPC; each VPC has one that is called ``default`` and cannot be removed.

    Its name is without what Terraform puts behind a name prefix, and its Name tag where a tool made up all of it (`group_called`).
    """

    operations = (
        *("ec2:DescribeSecurityGroups", "ec2:DescribeManagedPrefixLists", "ec2:GetManagedPrefixListEntries"),
        "ec2:DescribeNetworkInterfaces",
    )
    terraform = ("aws_security_group", "aws_default_security_group")

    identity: str = field(aws="GroupId", plan=lambda group: group.address)
    """Its id; on a plan its address."""
    vpc_id: str = field(aws="VpcId", plan=lambda group: planned_id(group, "vpc_id", *Vpc.terraform))
    ingress: frozenset[Opening] = field(
        aws=lambda group: answered_rules(group, "IpPermissions"), plan=lambda group: planned_rules(group, "ingress")
    )
    """What its rules open, with groups by name."""
    egress: frozenset[Opening] = field(
        aws=lambda group: answered_rules(group, "IpPermissionsEgress"), plan=lambda group: planned_rules(group, "egress")
    )
    """What its rules open on the way out, with groups by name."""
    is_in_use: bool = field(aws=_answered_use)
    """True if some network interface has it, of whatever."""
    reach: frozenset[Opening] = field(aws=_answered_reach, plan=_planned_reach)
    """`ingress` with the addresses of each prefix list in its place, but for those lists that AWS keeps for its own services."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[SecurityGroup]":
        del names
        answer = aws.read("ec2:DescribeSecurityGroups")
        named = [(_answered_group_name(item, answer), item) for item in answer.kept("SecurityGroups")]
        return [cls(name, AwsFacts(aws, item, answer.source), answer.source) for name, item in named]

    @classmethod
    def from_plan(cls, plan: Plan, names: Sequence[str]) -> "list[SecurityGroup]":
        del names
        groups = [(_planned_group_name(block), block) for block in plan.resources("aws_security_group")]
        groups += [("default", block) for block in plan.resources("aws_default_security_group")]
        return [cls(name, block, block.source) for name, block in groups]

    @classmethod
    def answered(cls, user: AwsFacts, group_id: str) -> "SecurityGroup":
        """The group of an id that a resource has. Raises `CouldNotVerify` for one that EC2 does not show, as of another account."""
        answer = user.read("ec2:DescribeSecurityGroups")
        group = answer.by("SecurityGroups", "GroupId").get(group_id)
        if group is None:
            raise CouldNotVerify(f"{answer.source}: the answer does not have the security group {group_id}, which is in use")
        return user.nested(cls, _answered_group_name(group, answer), group, answer)

    @classmethod
    def planned(cls, user: PlannedBlock, attribute: str) -> "Sequence[SecurityGroup]":
        """The groups whose ids a planned resource lists; one that the plan does not have stands for what is not known."""
        blocks, rest = _listed_in(user, attribute, cls, "neither are its rules")
        return collected([cls(_planned_group_name(block), block, block.source) for block in blocks], rest)


def together(groups: Iterable[SecurityGroup], ways: Callable[[SecurityGroup], Collection[Opening]]) -> Collection[Opening]:
    """The ways that several groups open; an unknown one stands for the rest of the list."""
    found, rest = known_of(groups, lambda group: collected(*parts(ways(group))))
    return Partial(merged(found), rest[0]) if rest else merged(found)


class Guarded(Resource):
    """A resource behind security groups, open by the union of those that it really has."""

    security_groups: tuple[SecurityGroup, ...] = field()

    @property
    def ways_in(self) -> Collection[Opening]:
        """The ways that the groups of the resource open together."""
        return together(self.security_groups, lambda group: group.ingress)

    @property
    def reach(self) -> Collection[Opening]:
        """`ways_in` with the addresses of each prefix list in its place; see `SecurityGroup.reach`."""
        return together(self.security_groups, lambda group: group.reach)


class InterfaceEndpoint(Guarded):
    """An interface endpoint of a VPC, named by its id, on a plan by its address."""

    operations = ("ec2:DescribeVpcEndpoints", *SecurityGroup.operations)
    terraform = ("aws_vpc_endpoint",)
    planned_name = "id"

    vpc_id: str = field(aws="VpcId", plan="vpc_id")
    security_groups: tuple[SecurityGroup, ...] = field(
        aws=lambda endpoint: tuple(SecurityGroup.answered(endpoint, one["GroupId"]) for one in endpoint.at("Groups") or ()),
        plan=lambda endpoint: SecurityGroup.planned(endpoint, "security_group_ids"),
    )

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[InterfaceEndpoint]":
        del names  # one call lists all
        answer = aws.read("ec2:DescribeVpcEndpoints")
        return [
            cls(reported(one, "VpcEndpointId", answer), AwsFacts(aws, one, answer.source), answer.source)
            for one in answer.kept("VpcEndpoints")
            if one.get("VpcEndpointType") not in WITHOUT_INTERFACE
        ]

    @classmethod
    def from_plan(cls, plan: Plan, names: Sequence[str]) -> "list[InterfaceEndpoint]":
        del names
        blocks = (
            one for one in plan.resources(*cls.terraform) if one.at_or("vpc_endpoint_type", "Gateway") not in WITHOUT_INTERFACE
        )
        return [cls(block.name_or_address(cls.planned_name), block, block.source) for block in blocks]


WITHOUT_INTERFACE = ("Gateway", "GatewayLoadBalancer")
"""Types of endpoints that have no security group: routes lead to them."""


@dataclass(frozen=True)
class Route:
    """Where packets to some addresses go."""

    destination: str
    """A CIDR block, or the id of a prefix list."""
    target: str
    """``igw-...``, ``nat-...``, ``local``, ...; its address, where a plan makes it."""
    leads_to_the_internet: bool
    """Whether the target is an internet gateway, which lets the internet in too. A NAT gateway does not."""
    is_active: bool = True
    """Whether EC2 follows it now: not a ``blackhole``, whose target is gone or detached. One that an apply makes is."""

    def __str__(self) -> str:
        return f"{self.destination} to {self.target}{'' if self.is_active else ', not active'}"

    __repr__ = __str__


_DESTINATIONS = {
    "DestinationCidrBlock": "cidr_block",
    "DestinationIpv6CidrBlock": "ipv6_cidr_block",
    "DestinationPrefixListId": "destination_prefix_list_id",
}
"""How EC2 calls the destination of a route, and a block of a planned table; an aws_route has ``destination_`` before it."""


def _answered_routes(table: AwsFacts) -> tuple[Route, ...] | None:
    """Every table has the route to its own VPC at least: an answer without a route does not tell them."""
    routes = table.at("Routes") or ()
    if any("State" not in route for route in routes):
        raise NotReported(f"{table.at('RouteTableId')}: the state of a route is not reported")
    return tuple(map(_answered_route, routes)) or None


def _answered_route(route: Mapping[str, str]) -> Route:
    destination = next((route[name] for name in _DESTINATIONS if name in route), "")
    targets = [name for name in route if name.endswith(("Id", "Arn")) and name not in (*_DESTINATIONS, "InstanceOwnerId")]
    target = route[targets[0]] if targets else ""
    return Route(destination, target, route.get("GatewayId", "").startswith("igw-"), route["State"] == "active")


def _planned_routes(table: PlannedBlock) -> Sequence[Route]:
    """Routes in the table's own blocks, which count of a table that exists where no resource beside it makes or deletes its routes."""
    added, rest = parts(table.plan.referring("aws_route", "route_table_id", table))
    gone = table.plan.removed("aws_route", "route_table_id", table)
    if table.type == "aws_default_route_table":
        vpcs, unknown = parts(table.referents("default_route_table_id", "aws_vpc"))
        of_main, more = known_of(vpcs, lambda vpc: vpc.plan.referring("aws_route", "route_table_id", vpc))
        added, rest = [*added, *of_main], [*rest, *unknown, *more]
    inside, unknown = parts(table.written_blocks("route", is_decided_beside=bool(added or gone)))
    routes, others = known_of([*inside, *added], lambda block: [_planned_route(block)])
    return collected(routes, [*rest, *unknown, *others])


def _planned_route(route: PlannedBlock) -> Route:
    destinations = [route.values.get(f"{prefix}{name}") for name in _DESTINATIONS.values() for prefix in ("", "destination_")]
    gateway = _planned_gateway(route)
    target = gateway or _planned_nat_gateway(route) or "no internet gateway"
    return Route(next(filter(None, destinations), ""), target, bool(gateway))


def _planned_gateway(route: PlannedBlock) -> str | None:
    """The internet gateway that a planned route leads to; None for another target."""
    if route.is_unset("gateway_id"):
        return None
    if route.is_known("gateway_id"):
        gateway = route.at("gateway_id") or ""
        return gateway if gateway.startswith("igw-") else None
    # Inline routes have one expression for all of them, in which other targets stand too.
    referred = [(type_of(one.address), one) for one in route.references("gateway_id")]
    gateways = [(kind, one) for kind, one in referred if kind in ("aws_internet_gateway", "aws_vpn_gateway")]
    if len({kind for kind, _ in gateways}) != 1:
        raise NotYetKnown(f"{route.source}: which gateway this route leads to is known only after apply")
    kind, gateway = gateways[0]
    return gateway.address if kind == "aws_internet_gateway" else None


_UNKNOWN_TARGET = "known only after apply"


def _planned_nat_gateway(route: PlannedBlock) -> str | None:
    """The NAT gateway that a planned route leads to; None for another target."""
    if route.is_unset("nat_gateway_id"):
        return None
    if route.is_known("nat_gateway_id"):
        return route.at("nat_gateway_id") or None
    try:
        referred = route.references("nat_gateway_id")
    except NotYetKnown:
        return _UNKNOWN_TARGET
    gateways = [one.address for one in referred if type_of(one.address) in NatGateway.terraform]
    return gateways[0] if len(gateways) == 1 else _UNKNOWN_TARGET


class RouteTable(Resource):
    """A route table of a VPC."""

    operations = ("ec2:DescribeRouteTables",)
    terraform = ("aws_route_table", "aws_default_route_table")

    routes: tuple[Route, ...] = field(aws=_answered_routes, plan=_planned_routes)

    @property
    def internet_routes(self) -> Sequence[Route]:
        """The routes that lead to an internet gateway, whatever their destination; one that is not active may be so again."""
        routes, rest = parts(self.routes)
        found = [route for route in routes if route.leads_to_the_internet]
        return Partial(found, rest[0]) if rest else found

    @property
    def reaches_the_internet(self) -> bool:
        """True if packets to any address go to an internet gateway."""
        return any(route.destination == "0.0.0.0/0" and route.is_active for route in self.internet_routes)

    @property
    def default_target(self) -> str | None:
        """Where packets go for which there is no other route; None if nowhere. Raises `NotYetKnown` where a plan does not tell."""
        target = next((route.target for route in self.routes if route.destination == "0.0.0.0/0" and route.is_active), None)
        if target == _UNKNOWN_TARGET:
            raise NotYetKnown(f"{self.label}: where its default route leads is known only after apply")
        return target


def _answered_table(subnet: AwsFacts) -> RouteTable | None:
    """The table that the subnet is associated with; without one, the main table of its VPC."""
    answer = subnet.read("ec2:DescribeRouteTables")
    by_subnet, main = answer.once(_associations)
    table = by_subnet.get(subnet.at("SubnetId")) or main.get(subnet.at("VpcId"))
    return subnet.nested(RouteTable, table, answer.by("RouteTables", "RouteTableId")[table], answer) if table else None


def _associations(tables: "Answer") -> tuple[dict[str, str], dict[str, str]]:
    """The id of the table that is associated with each subnet, and of the main one of each VPC."""
    by_subnet: dict[str, str] = {}
    main: dict[str, str] = {}
    for table in tables.each("RouteTables"):
        if "Associations" not in table:
            raise NotReported(f"{tables.source}: a route table has no Associations")
        for one in table["Associations"]:
            if "SubnetId" in one:
                by_subnet.setdefault(one["SubnetId"], table["RouteTableId"])
            if one.get("Main"):
                main.setdefault(table["VpcId"], table["RouteTableId"])
    return by_subnet, main


def _planned_table(subnet: PlannedBlock) -> RouteTable:
    plan = subnet.plan
    for association in plan.referring("aws_route_table_association", "subnet_id", subnet):
        return _associated_table(association)
    vpc = subnet.referent("vpc_id", "aws_vpc")
    if vpc is None:
        raise NotYetKnown(f"{subnet.source}: its VPC is not in the plan, and neither is the main route table")
    for association in plan.referring("aws_main_route_table_association", "vpc_id", vpc):
        return _associated_table(association)
    return _own_table(vpc)


def _associated_table(association: PlannedBlock) -> RouteTable:
    table = association.referent("route_table_id", *RouteTable.terraform)
    if table is not None:
        return RouteTable(table.address, table, table.source)
    if vpc := association.referent("route_table_id", "aws_vpc"):
        return _own_table(vpc)
    raise NotYetKnown(f"{association.source}: the route table {association.at('route_table_id')} is not in the plan")


def _own_table(vpc: PlannedBlock) -> RouteTable:
    """The main table that EC2 makes with a VPC: as the plan adopts it, else with nothing but the routes that the plan adds."""
    for table in vpc.plan.referring("aws_default_route_table", "default_route_table_id", vpc):
        return RouteTable(table.address, table, table.source)
    if not vpc.plan.creates(vpc):
        raise NotYetKnown(f"{vpc.source}: the routes of its main route table are not in the plan")
    added, rest = parts(vpc.plan.referring("aws_route", "route_table_id", vpc))
    found, others = known_of(added, lambda block: [_planned_route(block)])
    routes = collected(found, [*rest, *others])
    return RouteTable(f"main table of {vpc.address}", StaticOrigin({"routes": routes}, vpc.source), vpc.source)


class Subnet(Resource):
    """A subnet of a VPC. Named by its id, on a plan by its address."""

    operations = ("ec2:DescribeSubnets", *RouteTable.operations)
    terraform = ("aws_subnet",)

    subnet_id: str = field(aws="SubnetId", plan="id")
    vpc_id: str = field(aws="VpcId", plan=lambda one: planned_id(one, "vpc_id", *Vpc.terraform))
    cidr: str = field(aws="CidrBlock", plan="cidr_block")
    zone: str = field(aws="AvailabilityZone", plan="availability_zone")
    free_addresses: int = field(aws="AvailableIpAddressCount")
    """How many more interfaces (tasks, load balancers, ...) can be in it."""
    route_table: RouteTable = field(aws=_answered_table, plan=_planned_table)
    """The table that decides where its packets go."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[Subnet]":
        del names  # one call lists all
        return listed(cls, aws, aws.read("ec2:DescribeSubnets"), "Subnets", named="SubnetId")

    @classmethod
    def answered(cls, user: AwsFacts, subnet_id: str) -> "Subnet":
        """The subnet of an id that a resource uses. Raises `DeclaredButMissing` when EC2 does not have it."""
        answer = user.read("ec2:DescribeSubnets")
        subnet = answer.by("Subnets", "SubnetId").get(subnet_id)
        if subnet is None:
            raise DeclaredButMissing(f"the subnet {subnet_id} is in use, but EC2 does not have it")
        return user.nested(cls, subnet_id, subnet, answer)

    @classmethod
    def planned(cls, user: PlannedBlock, attribute: str) -> "Sequence[Subnet]":
        """The subnets whose ids a planned resource lists; one that the plan does not have stands for what is not known."""
        blocks, rest = _listed_in(user, attribute, cls, "neither are its routes")
        return collected([cls(block.address, block, block.source) for block in blocks], rest)


def _listed_in(user: PlannedBlock, attribute: str, kind: type[Resource], why: str) -> tuple[list[PlannedBlock], list[Exception]]:
    """The planned resources of a kind that another one lists, each once, and an error for one that is not in the plan."""

    def of(value: object) -> list[PlannedBlock]:
        found = user.plan.referred(value, *kind.terraform)
        if not found:
            raise NotYetKnown(f"{user.source}: {value} is not in the plan, and {why}")
        return found

    blocks, rest = known_of(user.elements(attribute, *kind.terraform), of)
    return [*{block.address: block for block in blocks}.values()], rest


def _has_public_address(gateway: AwsFacts) -> bool | None:
    addresses = gateway.at("NatGatewayAddresses")
    return None if addresses is None else any("PublicIp" in one for one in addresses)


class NatGateway(Resource):
    """A NAT gateway: the way out of private subnets, and none in. Named by its id, by its address before it exists, as routes name it."""

    operations = ("ec2:DescribeNatGateways", *Subnet.operations)
    terraform = ("aws_nat_gateway",)
    planned_name = "id"

    state: str = field(aws="State", plan=lambda _: "available")
    """``available``; ``pending``, ``failed``, ``deleting``, ``deleted``. An apply waits until one is available."""
    subnet: Subnet = field(
        aws=lambda gateway: Subnet.answered(gateway, gateway.at("SubnetId")),
        plan=lambda gateway: _planned_subnet(gateway),
    )
    is_public: bool = field(
        aws=_has_public_address, plan=lambda gateway: gateway.at_or("connectivity_type", "public") == "public"
    )
    """Whether it has an address on the internet; a private one only translates between networks.

    Source: Amazon EC2 API reference, NatGatewayAddress: ``PublicIp`` is of a public NAT gateway only.
    """

    @property
    def works(self) -> bool:
        """True if packets get out through the gateway: it has a public address, and its subnet a way to the internet."""
        return self.state == "available" and self.is_public and self.subnet.route_table.reaches_the_internet

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[NatGateway]":
        del names  # one call lists all
        return listed(cls, aws, aws.read("ec2:DescribeNatGateways"), "NatGateways", named="NatGatewayId")


def _planned_subnet(user: PlannedBlock) -> Subnet:
    if block := user.referent("subnet_id", *Subnet.terraform):
        return Subnet(block.address, block, block.source)
    raise NotYetKnown(f"{user.source}: its subnet is not in the plan")


def _name_tag(tags: Iterable[Mapping[str, str]]) -> str:
    return next((tag["Value"] for tag in tags if tag["Key"] == "Name"), "")
