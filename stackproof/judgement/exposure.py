"""What a set of security group rules opens, to whom.

Rules are compared by what they open, not by how they are written: CIDR blocks that together make a larger one are that larger one, and
a rule for all protocols opens every port of each.
"""

import ipaddress
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

ALL = "all"
"""The protocol of a rule for every protocol (``-1``)."""


@dataclass(frozen=True, order=True)
class Opening:
    """One way in: a range of ports of a protocol, to one source.

    >>> print(Opening("tcp", 443, 443, "0.0.0.0/0"), "|", Opening(ALL, 0, 65535, "sg-1"), "|", Opening("tcp", 0, 65535, "::/0"))
    tcp 443 from 0.0.0.0/0 | everything from sg-1 | tcp 0-65535 from ::/0
    """

    protocol: str
    """``tcp``, ``udp``, ``icmp``, a protocol number, or `ALL`."""
    first_port: int
    last_port: int
    source: str
    """A CIDR block, a prefix list id, or the name or id of a security group."""

    def __str__(self) -> str:
        if self.protocol == ALL:
            return f"everything from {self.source}"
        ports = str(self.first_port) if self.first_port == self.last_port else f"{self.first_port}-{self.last_port}"
        return f"{self.protocol} {ports} from {self.source}"

    __repr__ = __str__


def opening(protocol: str, first_port: int | None, last_port: int | None, source: str) -> Opening:
    """An opening from a rule as EC2 and Terraform write it.

    >>> opening("-1", None, None, "0.0.0.0/0"), opening("6", 22, 22, "10.0.0.0/8"), opening("-1", 0, 0, "sg-1")
    (everything from 0.0.0.0/0, tcp 22 from 10.0.0.0/8, everything from sg-1)
    """
    named = {"-1": ALL, ALL: ALL, "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}.get(protocol.lower(), protocol.lower())
    if named == ALL or first_port is None or last_port is None:
        return Opening(named, 0, 65535, source)
    return Opening(named, first_port, last_port, source)


def merged(openings: Iterable[Opening]) -> frozenset[Opening]:
    """The same openings with CIDR blocks of the same ports joined to the fewest.

    >>> halves = [Opening("tcp", 22, 22, "0.0.0.0/1"), Opening("tcp", 22, 22, "128.0.0.0/1")]
    >>> merged(halves)
    frozenset({tcp 22 from 0.0.0.0/0})
    """
    networks: dict[tuple[str, int, int, int], list[ipaddress.IPv4Network | ipaddress.IPv6Network]] = defaultdict(list)
    others = set()
    for one in openings:
        try:
            network = ipaddress.ip_network(one.source, strict=False)
        except ValueError:
            others.add(one)
        else:
            networks[one.protocol, one.first_port, one.last_port, network.version].append(network)
    joined = {
        Opening(protocol, first, last, str(network))
        for (protocol, first, last, _), found in networks.items()
        for network in ipaddress.collapse_addresses(found)  # type: ignore[type-var]  # one version in each list
    }
    return frozenset(joined | others)
