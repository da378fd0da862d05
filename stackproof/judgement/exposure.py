"""The ports that a set of security group rules opens, and to whom.

Rules are compared by what they open, not by how they are written: CIDR blocks that together make a larger one are that larger one, and
a rule for all protocols opens every port of each.
"""

import ipaddress
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from stackproof.core.partial import judges_what_is_known
from stackproof.core.verdicts import CouldNotVerify

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

ALL = "all"
"""The protocol of a rule for every protocol (``-1``)."""

LARGE = {4: 2**24, 6: 2**96}
"""So many public addresses, a /8 or an IPv6 /32, are the world: whoever wants one of them can have one.

Source: Amazon S3 user guide, "The meaning of 'public'", which draws the line there too.
"""

_SPECIAL = tuple(
    ipaddress.IPv4Network(cidr)
    for cidr in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
)
"""What no host on the internet has as its address.

Source: IANA, IPv4 Special-Purpose Address Registry; 224.0.0.0/4 is multicast, 240.0.0.0/4 reserved.
"""


CIDR, GROUP, PREFIX_LIST = "cidr", "group", "prefix list"
"""What a source of a rule can be."""


@dataclass(frozen=True, order=True)
class Source:
    """The source that a rule lets in, with its kind, as its name may deceive: a group may be called ``0.0.0.0/0`` or ``pl-0c0ffee``.

    >>> print(Source(GROUP, "ecs"), "|", Source(GROUP, "0.0.0.0/0"), "|", Source(CIDR, "0.0.0.0/0"), "|", Source(PREFIX_LIST, "pl-0a1b"))
    ecs | group 0.0.0.0/0 | 0.0.0.0/0 | pl-0a1b
    """

    kind: str
    """`CIDR`, `GROUP` or `PREFIX_LIST`."""
    id: str
    """A CIDR block; the id of a prefix list; of a group its name in its own VPC, its id in another one, its address on a plan."""

    @property
    def network(self) -> Network | None:
        """The network that it is; None for a group or a prefix list. Raises `CouldNotVerify` for a block that is none."""
        if self.kind != CIDR:
            return None
        network = network_of(self.id)
        if network is None:
            raise CouldNotVerify(f"{self.id} is not a CIDR block")
        return network

    def __str__(self) -> str:
        return self.id if source(self.id) == self else f"{self.kind} {self.id}"

    __repr__ = __str__


def source(text: str) -> Source:
    """The source that a person means who writes it as a text: a CIDR block, the id of a prefix list, or the name of a group.

    >>> source("10.0.0.0/8").kind, source("pl-6fa54006").kind, source("ecs").kind, source("pl-production").kind
    ('cidr', 'prefix list', 'group', 'group')
    """
    if network_of(text):
        return Source(CIDR, text)
    return Source(PREFIX_LIST if re.fullmatch("pl-[0-9a-f]+", text) else GROUP, text)


@dataclass(frozen=True, order=True)
class Opening:
    """One way in: a range of ports of a protocol, to one source.

    >>> print(opening("tcp", 443, 443, "0.0.0.0/0"), "|", opening(ALL, 0, 65535, "sg-1"), "|", opening("tcp", 0, 65535, "::/0"))
    tcp 443 from 0.0.0.0/0 | everything from sg-1 | tcp 0-65535 from ::/0
    """

    protocol: str
    """``tcp``, ``udp``, ``icmp``, a protocol number, or `ALL`."""
    first_port: int
    last_port: int
    source: Source

    def __str__(self) -> str:
        if self.protocol == ALL:
            return f"everything from {self.source}"
        ports = str(self.first_port) if self.first_port == self.last_port else f"{self.first_port}-{self.last_port}"
        return f"{self.protocol} {ports} from {self.source}"

    __repr__ = __str__


def opening(protocol: str, first_port: int | None, last_port: int | None, let_in: Source | str) -> Opening:
    """An opening from a rule as EC2 and Terraform write it; a text stands for the `source` that a person means by it.

    >>> opening("-1", None, None, "0.0.0.0/0"), opening("6", 22, 22, "10.0.0.0/8"), opening("-1", 0, 0, "sg-1")
    (everything from 0.0.0.0/0, tcp 22 from 10.0.0.0/8, everything from sg-1)
    >>> everything = opening("tcp", 0, 65535, "sg-1")
    >>> opening("tcp", 8, None, "sg-1") == everything, opening("tcp", None, 22, "sg-1") == everything
    (True, True)
    """
    named = {"-1": ALL, ALL: ALL, "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}.get(protocol.lower(), protocol.lower())
    typed = source(let_in) if isinstance(let_in, str) else let_in
    if named == ALL or first_port is None or last_port is None:
        return Opening(named, 0, 65535, typed)
    return Opening(named, first_port, last_port, typed)


def merged(openings: Iterable[Opening]) -> frozenset[Opening]:
    """The same openings with CIDR blocks of the same ports joined to the fewest.

    >>> halves = [opening("tcp", 22, 22, "0.0.0.0/1"), opening("tcp", 22, 22, "128.0.0.0/1")]
    >>> merged(halves)
    frozenset({tcp 22 from 0.0.0.0/0})
    """
    networks: dict[tuple[str, int, int, int], list[Network]] = defaultdict(list)
    others = set()
    for one in openings:
        network = one.source.network
        if network is None:
            others.add(one)
        else:
            networks[one.protocol, one.first_port, one.last_port, network.version].append(network)
    joined = {
        Opening(protocol, first, last, Source(CIDR, str(network)))
        for (protocol, first, last, _), found in networks.items()
        for network in ipaddress.collapse_addresses(found)  # type: ignore[type-var]  # one version in each list
    }
    return frozenset(joined | others)


@judges_what_is_known
def opens_to_the_world(openings: Iterable[Opening]) -> list[Opening]:
    """The openings that let the world in, alone or together: on some port of some protocol, their sources are the world.

    A prefix list counts as the world. Whoever asks puts the addresses of a list in its place; the id is left of those that AWS keeps for
    services on the internet, whose addresses others rent.

    >>> opens_to_the_world([opening("tcp", 22, 22, "0.0.0.0/1"), opening("tcp", 0, 1023, "128.0.0.0/1")])
    [tcp 0-1023 from 128.0.0.0/1, tcp 22 from 0.0.0.0/1]
    >>> opens_to_the_world([opening("tcp", 22, 22, "0.0.0.0/1"), opening("tcp", 23, 23, "10.0.0.0/8"), opening("tcp", 24, 24, "alb")])
    [tcp 22 from 0.0.0.0/1]
    >>> opens_to_the_world([opening("udp", 53, 53, "::/1"), opening(ALL, 0, 65535, "pl-6fa54006")])
    [everything from pl-6fa54006, udp 53 from ::/1]
    """
    openings = list(openings)
    found = {one for one in openings if one.source.kind == PREFIX_LIST}
    sources = [(one, network) for one in openings if (network := one.source.network)]
    for protocol in {one.protocol for one, _ in sources}:
        rules = [(one, network) for one, network in sources if one.protocol in (protocol, ALL)]
        for port in {_ports(one)[0] for one, _ in rules}:  # the fewest ports at which another set of rules can begin to hold
            together = [(one, network) for one, network in rules if port in range(*_ports(one))]
            if is_the_world(network for _, network in together):
                found |= {one for one, network in together if _public(network)}
    return sorted(found)


def is_the_world(networks: Iterable[Network]) -> bool:
    """True if networks, taken together, have so many public addresses that they stand for the world (`LARGE`).

    >>> def world(*cidrs):
    ...     return is_the_world(map(ipaddress.ip_network, cidrs))
    >>> world("::/0"), world("8.0.0.0/8"), world("0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/1")
    (True, True, True)
    >>> world("10.0.0.0/8", "172.16.0.0/12", "8.8.0.0/16", "fc00::/7"), world()
    (False, False)
    """
    given = list(networks)

    def public_addresses(version: int) -> int:
        alike: list[Any] = [network for network in given if network.version == version]
        return sum(_public(network) for network in ipaddress.collapse_addresses(alike))

    return any(public_addresses(version) >= large for version, large in LARGE.items())


def is_public(cidr: str) -> bool:
    """True for a block of addresses of which some host on the internet may have one.

    >>> is_public("8.8.8.0/24"), is_public("169.254.171.0/24"), is_public("fd00:ec2:80::/64"), is_public("0.0.0.0/0")
    (True, False, False, True)
    >>> is_public("8.8.8.8/32")
    True
    """
    network = Source(CIDR, cidr).network
    return network is not None and _public(network) > 0


def network_of(text: str) -> Network | None:
    """The network that a text is; None for any other text.

    >>> network_of("10.0.0.7"), network_of("sg-1")
    (IPv4Network('10.0.0.7/32'), None)
    >>> network_of("10.0.0.7/8")
    IPv4Network('10.0.0.0/8')
    """
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _public(network: Network) -> int:
    """How many addresses of a network are public: of IPv6, those in 2000::/3 (IANA, IPv6 Global Unicast Address Space)."""
    if isinstance(network, ipaddress.IPv6Network):
        return _shared(network, ipaddress.IPv6Network("2000::/3"))
    return network.num_addresses - sum(_shared(network, special) for special in _SPECIAL)


def _shared(one: Network, other: Network) -> int:
    """How many addresses two networks of one version share: one of them lies in the other, or they have none in common."""
    return min(one.num_addresses, other.num_addresses) if one.overlaps(other) else 0


def _ports(one: Opening) -> tuple[int, int]:
    """The range of an opening's ports, its end excluded. What has no ports (ICMP has types and codes there) is open as a whole.

    >>> _ports(opening("tcp", 22, 22, "sg-1")), _ports(opening("udp", 53, 54, "sg-1")), _ports(opening("icmp", 8, 0, "sg-1"))
    ((22, 23), (53, 55), (0, 65536))
    """
    return (one.first_port, one.last_port + 1) if one.protocol in ("tcp", "udp") else (0, 65536)
