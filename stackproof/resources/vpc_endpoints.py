"""Amazon VPC: endpoints, by which services of AWS are reached without the internet."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from stackproof.core.partial import collected, known_of
from stackproof.core.resource import Resource, field
from stackproof.core.verdicts import CouldNotVerify, NotReported
from stackproof.judgement.endpoints import FULL
from stackproof.resources.documents import planned_document, policy_document
from stackproof.resources.network import Vpc, planned_id
from stackproof.sources.aws.facts import AwsFacts, listed
from stackproof.sources.plan.blocks import PlannedBlock

if TYPE_CHECKING:
    from stackproof.sources.aws.source import Reader

ENDPOINTS = "ec2:DescribeVpcEndpoints"
GATEWAY, INTERFACE = "Gateway", "Interface"
OTHERS = ("GatewayLoadBalancer", "Resource", "ServiceNetwork")
"""Types of endpoints that lead to no service of AWS, and have no policy."""
AVAILABLE = "available"
STATES = ("pendingacceptance", "pending", AVAILABLE, "deleting", "deleted", "rejected", "failed", "expired", "partial")
"""The states of an endpoint (API reference, ``State``), which EC2 writes in small letters or not."""
_SERVICE = re.compile(r"(?:[a-z]{2}\.)?com\.amazonaws\.(?:[a-z0-9-]+\.)?(?P<service>s3|ecr\.(?:api|dkr)|[a-z0-9.-]+)")


def _short(name: str | None) -> str | None:
    """
    >>> _short("com.amazonaws.ap-northeast-2.ecr.dkr"), _short("com.amazonaws.s3-global.accesspoint"), _short("com.example.orders")
    ('ecr.dkr', 'accesspoint', 'com.example.orders')
    """
    found = _SERVICE.fullmatch(name or "")
    return found["service"] if found else name


def _type(said: str | None, source: str) -> str:
    if said is None:
        raise NotReported(f"{source}: the type of the endpoint is not reported")
    if said not in (GATEWAY, INTERFACE, *OTHERS):
        raise CouldNotVerify(f"{source}: {said!r} is no type of endpoint that is known here; report this, and judge it by hand")
    return said


def _answered_policy(endpoint: AwsFacts) -> dict[str, Any] | None:
    """EC2 tells the default policy as it is."""
    if _type(endpoint.at("VpcEndpointType"), ENDPOINTS) in OTHERS:
        return None
    text = endpoint.at("PolicyDocument")
    if not text:
        raise NotReported(f"{ENDPOINTS}: the policy of the endpoint is not reported")
    return policy_document(text, ENDPOINTS)


def _planned_policy(endpoint: PlannedBlock) -> dict[str, Any] | None:
    """One that exists has what it had before, where the sources say none."""
    if _type(endpoint.at_or("vpc_endpoint_type", GATEWAY), endpoint.source) in OTHERS:
        return None
    if endpoint.is_unset("policy") or (endpoint.is_known("policy") and not endpoint.at("policy")):
        return FULL
    return planned_document(endpoint, "policy")


def _answered_use(endpoint: AwsFacts) -> bool | None:
    kind = _type(endpoint.at("VpcEndpointType"), ENDPOINTS)
    if kind == GATEWAY:
        tables = endpoint.at("RouteTableIds")
        return None if tables is None else bool(tables)
    found: bool | None = endpoint.at("PrivateDnsEnabled") if kind == INTERFACE else False
    return found


def _planned_use(endpoint: PlannedBlock) -> bool:
    kind = _type(endpoint.at_or("vpc_endpoint_type", GATEWAY), endpoint.source)
    if kind != GATEWAY:
        return kind == INTERFACE and bool(endpoint.at_or("private_dns_enabled", default=False))
    beside = endpoint.plan.referring("aws_vpc_endpoint_route_table_association", "vpc_endpoint_id", endpoint)
    return bool(beside) or (not endpoint.is_unset("route_table_ids") and bool(len(endpoint.elements("route_table_ids"))))


class VpcEndpoint(Resource):
    """An endpoint of a VPC for a service. Named by its id, on a plan by its address."""

    operations = (ENDPOINTS,)
    terraform = ("aws_vpc_endpoint",)
    planned_name = "id"

    vpc_id: str = field(aws="VpcId", plan=lambda one: planned_id(one, "vpc_id", *Vpc.terraform))
    service: str = field(
        aws=lambda endpoint: _short(endpoint.at("ServiceName")), plan=lambda endpoint: _short(endpoint.text("service_name"))
    )
    """The service that it is for, without the region: ``s3``, ``ecr.dkr``, ``logs``."""
    state: str = field(
        aws=lambda endpoint: None if endpoint.at("State") is None else str(endpoint.at("State")).lower(),
        plan=lambda _: AVAILABLE,
    )
    """``available``; ``pending``, ``pendingacceptance``, ``failed``, ``deleting``, ... An apply waits until one is available."""
    is_used: bool = field(aws=_answered_use, plan=_planned_use)
    """Whether requests take it by themselves: by the names of the service, or by the routes of some table."""
    policy: dict[str, Any] | None = field(aws=_answered_policy, plan=_planned_policy)
    """None for an endpoint of a type that has no policy."""

    @property
    def serves(self) -> bool:
        """True if requests to the service go over it. Raises `CouldNotVerify` for a state that EC2's API reference does not have."""
        if self.state not in STATES:
            raise CouldNotVerify(f"{self.label}: its state is {self.state!r}, which is none that is known of an endpoint")
        return self.state == AVAILABLE and self.is_used

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[VpcEndpoint]":
        del names  # one call lists all
        return listed(cls, aws, aws.read(ENDPOINTS), "VpcEndpoints", named="VpcEndpointId")


def _services(endpoint: VpcEndpoint) -> list[str]:
    return [endpoint.service] if endpoint.serves else []


def _answered_services(vpc: AwsFacts) -> tuple[str, ...]:
    answer = vpc.read(ENDPOINTS)
    own = [one for one in answer.items("VpcEndpoints") if one.get("VpcId") == vpc.at("VpcId")]
    endpoints = [vpc.nested(VpcEndpoint, str(one.get("VpcEndpointId")), one, answer) for one in own]
    return tuple(service for endpoint in endpoints for service in _services(endpoint))


def _planned_services(vpc: PlannedBlock) -> Sequence[str]:
    endpoints = vpc.plan.referring(*VpcEndpoint.terraform, "vpc_id", vpc)
    return collected(*known_of(endpoints, lambda one: _services(VpcEndpoint(one.address, one, one.source))))


class ServedVpc(Vpc):
    """A VPC, and the services that its endpoints lead to."""

    operations = (*Vpc.operations, ENDPOINTS)

    served: tuple[str, ...] = field(aws=_answered_services, plan=_planned_services)
    """The services of AWS that requests reach without the internet: ``s3``, ``ecr.dkr``, ``logs``."""
