"""The front door of a load balancer as its clients see it: facts from the network, not from AWS's API."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from stackproof.core.resource import Resource, field
from stackproof.probes import CERTIFICATE, GET, HANDSHAKE
from stackproof.resources.load_balancer import LoadBalancer
from stackproof.sources.aws.facts import AwsFacts

if TYPE_CHECKING:
    from stackproof.sources.aws.calls import Answer
    from stackproof.sources.aws.source import Reader

OFFERED = ("TLSv1", "TLSv1.1", "TLSv1.3")
"""The versions that are tried: those that must be refused, and the one that must be accepted."""

PATH = "/health?asked-by=stackproof"
"""What is asked for. A redirect has to keep all of it, whether anything is there or not."""


@dataclass(frozen=True)
class HttpAnswer:
    """The answer to one GET request."""

    url: str
    """What was asked for."""
    status: int
    location: str | None
    """Where it redirects to; None if it does not."""

    def __str__(self) -> str:
        return f"{self.url} -> {self.status} {self.location or ''}".rstrip()


def _accepted(door: AwsFacts) -> tuple[str, ...]:
    answers = {version: _knock(door, HANDSHAKE, 443, Version=version).pages[0] for version in OFFERED}
    return tuple(version for version, answer in answers.items() if answer["Accepted"])


def _certificate(door: AwsFacts) -> "Certificate":
    answer = _knock(door, CERTIFICATE, 443)
    return door.nested(Certificate, f"of {door.at('Name')}", answer.pages[0], answer)


def _answer(door: AwsFacts, scheme: str, port: int, path: str) -> HttpAnswer:
    page = _knock(door, GET, port, Scheme=scheme, Path=path).pages[0]
    return HttpAnswer(page["Url"], page["Status"], page.get("Location"))


def _hsts(door: AwsFacts) -> str | None:
    header: str | None = _knock(door, GET, 443, Scheme="https", Path=PATH).pages[0].get("StrictTransportSecurity")
    return header


def _said(member: str, otherwise: object = None) -> Callable[[AwsFacts], Any]:
    """What the answer at the path of a web answer has as a member."""
    return lambda door: _knock(door, GET, 443, Scheme="https", Path=door.at("Path"), Body=True).pages[0].get(member, otherwise)


def _knock(door: AwsFacts, probe: str, port: int, **parameters: Any) -> "Answer":
    return door.read(probe, Host=door.at("Host"), Port=port, ServerName=door.at("Name"), **parameters)


class Certificate(Resource):
    """A server certificate."""

    names: tuple[str, ...] = field(aws=lambda certificate: tuple(certificate.at("Names")))
    """Host names and addresses that it is for."""
    not_before: datetime = field(aws="NotBefore")
    not_after: datetime = field(aws="NotAfter")
    problem: str = field(aws="Problem")
    """Why a client would not trust it, in OpenSSL's words, its names aside; empty if it would."""


class FrontDoor(Resource):
    """A load balancer as it is reached, named ``balancer`` or ``balancer/host``: the host name of its users, if it has one of its own."""

    operations = (LoadBalancer.operations[0], HANDSHAKE, CERTIFICATE, GET)

    host_name: str = field(aws="Name")
    """What its certificate must be for: the name of its users, or AWS's name of it."""
    protocols: tuple[str, ...] = field(aws=_accepted)
    """Of those `OFFERED`, the TLS versions that a handshake ended with."""
    certificate: Certificate = field(aws=_certificate)
    plain_answer: HttpAnswer = field(aws=lambda door: _answer(door, "http", 80, PATH))
    """To a request over plain HTTP."""
    strict_transport_security: str | None = field(aws=_hsts)
    """The header of an answer over HTTPS; None if there was none."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[FrontDoor]":
        balancers = {balancer.name: balancer for balancer in LoadBalancer.from_aws(aws, names)}
        found = []
        for name in names:
            balancer_name, _, host = name.partition("/")
            if balancer_name in balancers:
                balancer = balancers[balancer_name]
                dns_name = balancer.dns_name
                found.append(
                    cls(name, AwsFacts(aws, {"Host": dns_name, "Name": host or dns_name}, balancer.source), balancer.source)
                )
        return found


class WebAnswer(Resource):
    """The answer of a load balancer to a GET request over HTTPS, named by the front door and the path: ``balancer/host /health``."""

    operations = (LoadBalancer.operations[0], GET)

    path: str = field(aws="Path")
    """What was asked for."""
    status: int = field(aws=_said("Status"))
    """Of HTTP."""
    problem: str = field(aws=_said("Problem", ""))
    """Why the answer is no JSON object; empty if it is one."""
    content: dict[str, Any] | None = field(aws=_said("Content"))
    """The JSON object that was answered; None for anything else."""
    answered_at: datetime = field(aws=_said("At"))
    """When the answer was here."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[WebAnswer]":
        asked = {name: name.partition(" ")[::2] for name in names}
        doors = {door.name: door.origin for door in FrontDoor.from_aws(aws, [door for door, _ in asked.values()])}
        found = [(name, doors.get(door), path) for name, (door, path) in asked.items()]
        return [door.changed(cls, name, {"Path": path}) for name, door, path in found if isinstance(door, AwsFacts)]
