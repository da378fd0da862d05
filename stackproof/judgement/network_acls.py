"""The ports of administration that a network ACL opens to the world.

Rules are evaluated by their numbers, and the first one that is about a packet decides (Amazon VPC user guide, "Network ACL rules").
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from stackproof.core.partial import judges_what_is_known
from stackproof.core.verdicts import CouldNotVerify
from stackproof.judgement.exposure import ALL, Network, is_the_world, network_of

ADMINISTRATION = (22, 3389)
"""SSH, and Remote Desktop. Source: AWS Config, nacl-no-unrestricted-ssh-rdp, which looks at TCP and UDP."""


@dataclass(frozen=True, order=True)
class AclRule:
    """One rule for what comes in."""

    number: int
    allows: bool
    protocol: str
    """``tcp``, ``udp``, a protocol's number, or `ALL`."""
    first_port: int
    last_port: int
    addresses: str
    """A CIDR block."""

    def __str__(self) -> str:
        ports = f"{self.first_port}-{self.last_port}" if self.protocol in ("tcp", "udp") else "every port"
        return f"{self.number} {'allows' if self.allows else 'denies'} {self.protocol} {ports} from {self.addresses}"

    __repr__ = __str__


def acl_rule(number: int, action: str, protocol: str, first_port: int | None, last_port: int | None, addresses: str) -> AclRule:
    """A rule as EC2 and Terraform write it. Raises `CouldNotVerify` for an action that is not known here.

    >>> acl_rule(100, "allow", "-1", None, None, "0.0.0.0/0"), acl_rule(90, "deny", "6", 22, 22, "::/0")
    (100 allows all every port from 0.0.0.0/0, 90 denies tcp 22-22 from ::/0)
    >>> acl_rule(1, "allow", "17", 53, None, "::/0"), acl_rule(1, "deny", "6", None, 53, "::/0")
    (1 allows udp 0-65535 from ::/0, 1 denies tcp 0-65535 from ::/0)
    """
    if action.lower() not in ("allow", "deny"):
        raise CouldNotVerify(
            f"rule {number} of a network ACL has the action {action!r}, which is not known here: judge it by hand"
        )
    named = {"-1": ALL, "all": ALL, "6": "tcp", "17": "udp"}.get(protocol.lower(), protocol.lower())
    if named not in ("tcp", "udp") or first_port is None or last_port is None:
        return AclRule(number, action.lower() == "allow", named, 0, 65535, addresses)
    return AclRule(number, action.lower() == "allow", named, first_port, last_port, addresses)


AS_MADE = (
    acl_rule(100, "allow", "-1", None, None, "0.0.0.0/0"),
    acl_rule(101, "allow", "-1", None, None, "::/0"),
    acl_rule(32767, "deny", "-1", None, None, "0.0.0.0/0"),
    acl_rule(32768, "deny", "-1", None, None, "::/0"),
)
"""The rules of the default network ACL of a VPC as AWS makes it: everything passes, and security groups decide.

Source: Amazon VPC user guide, "Default network ACL".
"""


@judges_what_is_known
def administration_ports(rules: Iterable[AclRule]) -> list[str]:
    """The ports of administration that are open to the world, in words.

    >>> world, office = "0.0.0.0/0", "198.51.100.0/24"
    >>> def opened(*rules):
    ...     return administration_ports([acl_rule(*rule) for rule in rules])
    >>> opened((100, "allow", "6", 22, 22, world)), opened((100, "allow", "6", 22, 22, office)), opened((100, "allow", "1", 22, 22, world))
    (['tcp 22'], [], [])
    >>> opened((90, "deny", "-1", None, None, world), (100, "allow", "6", 0, 65535, world))
    []
    >>> opened((100, "allow", "6", 22, 3389, world), (110, "deny", "6", 22, 22, world))
    ['tcp 22', 'tcp 3389']
    >>> opened((10, "deny", "6", 22, 22, "0.0.0.0/1"), (100, "allow", "6", 22, 22, world))
    ['tcp 22']
    >>> opened((10, "deny", "6", 22, 22, "0.0.0.0/1"), (11, "deny", "-1", None, None, "128.0.0.0/1"), (100, "allow", "6", 22, 22, world))
    []
    >>> opened((10, "deny", "6", 22, 22, "::/0"), (11, "deny", "6", 22, 22, "128.0.0.0/1"), (100, "allow", "6", 22, 22, "0.0.0.0/1"))
    ['tcp 22']
    >>> opened((10, "allow", "17", 3389, 3389, "::/0"), (11, "allow", "6", 22, 22, "0.0.0.0/1"))
    ['tcp 22', 'udp 3389']
    """
    ordered = sorted(rules)
    return [
        f"{protocol} {port}"
        for protocol in ("tcp", "udp")
        for port in ADMINISTRATION
        if is_the_world(
            _let_in([one for one in ordered if one.protocol in (protocol, ALL) and one.first_port <= port <= one.last_port])
        )
    ]


def _let_in(rules: Iterable[AclRule]) -> list[Network]:
    """The addresses that rules let in, given those about one port in their order."""
    allowed: list[Network] = []
    decided: list[Network] = []
    for rule in rules:
        network = network_of(rule.addresses)
        if network is None:
            raise CouldNotVerify(f"rule {rule.number} of a network ACL is about {rule.addresses!r}, which is no CIDR block")
        if rule.allows:
            allowed += _without(network, decided)
        decided.append(network)
    return allowed


def _without(network: Network, others: Iterable[Network]) -> list[Network]:
    """What of a network is in none of the others."""
    left: list[Any] = [network]
    for other in others:
        left = [part for one in left for part in _minus(one, other)]
    return left


def _minus(network: Any, other: Any) -> Iterable[Network]:
    if network.version != other.version or not network.overlaps(other):
        return [network]
    return [] if other.supernet_of(network) else network.address_exclude(other)
