"""Hosts: the tools of this machine, and which ports of the stack are reached from where."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from stackproof.core.resource import Resource, field
from stackproof.core.verdicts import CouldNotVerify, NotReported
from stackproof.judgement.versions import version_in
from stackproof.probes import BASTION, CONNECT, HERE, TOOL
from stackproof.resources.database import DatabaseInstance
from stackproof.resources.tasks import RunningService, ServiceSample
from stackproof.sources.aws.facts import AwsFacts, reported

if TYPE_CHECKING:
    from stackproof.sources.aws.calls import Answer
    from stackproof.sources.aws.source import Reader


BALANCERS = "elbv2:DescribeLoadBalancers"
HTTPS = 443


def _of_tool(tool: AwsFacts, member: str) -> Any:
    return tool.read(TOOL, Name=tool.at("Name")).pages[0].get(member)


class Tool(Resource):
    """A command of this machine, by the name that it is called by."""

    operations = (TOOL,)

    path: str | None = field(aws=lambda tool: _of_tool(tool, "Path"))
    """Where it is; None if it is not there."""
    exit_status: int = field(aws=lambda tool: _of_tool(tool, "ExitStatus"))
    """Of asking for its version: not 0 for a tool that is broken."""
    output: str = field(aws=lambda tool: _of_tool(tool, "Output"))
    """What it answered, the first line."""
    version: str = field(aws=lambda tool: version_in(_of_tool(tool, "Output") or ""))
    looked_in: tuple[str, ...] = field(aws=lambda tool: tuple(_of_tool(tool, "LookedIn") or ()))
    """The directories where it was looked for."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[Tool]":
        return [cls(name, AwsFacts(aws, {"Name": name}, "this machine"), "this machine") for name in names]


def _connected(port: AwsFacts, host: str, number: int, place: str) -> Any:
    return port.read(CONNECT, Host=host, Port=number, From=place).pages[0].get("Connected")


def _reached_from(place: str) -> Any:
    def reached(port: AwsFacts) -> Any:
        if port.at("Host") is None or port.at("Port") is None:
            raise NotReported(f"{port.at('Of')} has no address; is it still being made?")
        return _connected(port, port.at("Host"), port.at("Port"), place)

    return reached


def _reached_from_here(port: AwsFacts) -> Any:
    reached = _reached_from(HERE)(port)
    if reached is False and not any(_connected(port, front, HTTPS, HERE) for front in _fronts(port)):
        raise CouldNotVerify(
            f"{port.at('Host')}:{port.at('Port')} is not reached from here, and neither is a load balancer of its VPC that faces the "
            "internet: what this machine does not reach says nothing. Run from one with a way out"
        )
    return reached


def _fronts(port: AwsFacts) -> list[str]:
    """What everyone is meant to reach: the load balancers of the VPC that face the internet, but for one that has no address yet."""
    return [one["DNSName"] for one in port.read(BALANCERS).once(_facing_the_internet).get(port.at("VpcId"), ())]


def _facing_the_internet(balancers: "Answer") -> dict[str | None, list[dict[str, Any]]]:
    """The load balancers that everyone is meant to reach, by VPC."""
    found: dict[str | None, list[dict[str, Any]]] = {}
    for one in balancers.each("LoadBalancers"):
        if one.get("Scheme") == "internet-facing" and one.get("State", {}).get("Code") != "provisioning":
            found.setdefault(one.get("VpcId"), []).append(one)
    return found


class Port(Resource):
    """A TCP port of the stack."""

    is_reached_from_bastion: bool = field(aws=_reached_from(BASTION))


class DatabasePort(Port):
    """The port of a DB instance, by the name of the instance."""

    operations = (DatabaseInstance.operations[0], BALANCERS, CONNECT)

    is_reached_from_here: bool = field(aws=_reached_from_here)
    """Not reached is only what a machine that reaches the stack's public side does not reach."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[DatabasePort]":
        del names  # one call lists all
        answer = aws.read(cls.operations[0])
        found = []
        for item in answer.items("DBInstances"):
            name, endpoint = reported(item, "DBInstanceIdentifier", answer), item.get("Endpoint", {})
            facts = {"Of": name, "Host": endpoint.get("Address"), "Port": endpoint.get("Port")}
            facts["VpcId"] = item.get("DBSubnetGroup", {}).get("VpcId")
            found.append(cls(name, AwsFacts(aws, facts, answer.source), answer.source))
        return found


class TaskPort(Port):
    """The port of a running task, asked for as ``cluster/service:port`` and named ``task:port``."""

    operations = (*ServiceSample.operations, "ecs:ListServices", CONNECT)

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[TaskPort]":
        found = []
        for name in names:
            place, _, port = name.rpartition(":")
            services = RunningService.from_aws(aws, [place])
            for task in (task for service in services if service.name == place for task in service.tasks):
                facts = {"Of": task.label, "Host": task.private_address, "Port": int(port)}
                found.append(cls(f"{task.name}:{port}", AwsFacts(aws, facts, task.source), task.source))
        return found
