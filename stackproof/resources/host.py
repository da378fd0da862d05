"""Hosts: the tools of this machine, and which ports of the stack are reached from where."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from stackproof.aws.facts import AwsFacts
from stackproof.judgement.versions import version_in
from stackproof.probes import BASTION, CONNECT, HERE, TOOL
from stackproof.resources.base import Resource, field
from stackproof.resources.database import DatabaseInstance
from stackproof.resources.tasks import RunningService, ServiceSample
from stackproof.verdicts import NotReported

if TYPE_CHECKING:
    from stackproof.sources.aws import Reader


def _of_tool(tool: AwsFacts, member: str) -> Any:
    return tool.read(TOOL, Name=tool.at("Name")).pages[0].get(member)


class Tool(Resource):
    """A command of this machine, by the name that it is called by."""

    operations = (TOOL,)

    path: str | None = field(aws=lambda tool: _of_tool(tool, "Path"))
    """Where it is; None if it is not there."""
    version: str = field(aws=lambda tool: version_in(_of_tool(tool, "Output") or ""))
    looked_in: tuple[str, ...] = field(aws=lambda tool: tuple(_of_tool(tool, "LookedIn") or ()))
    """The directories where it was looked for."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[Tool]":
        return [cls(name, AwsFacts(aws, {"Name": name}, "this machine"), "this machine") for name in names]


def _reached_from(place: str) -> Any:
    def reached(port: AwsFacts) -> Any:
        if port.at("Host") is None or port.at("Port") is None:
            raise NotReported(f"{port.at('Of')} has no address; is it still being made?")
        return port.read(CONNECT, Host=port.at("Host"), Port=port.at("Port"), From=place).pages[0].get("Connected")

    return reached


class Port(Resource):
    """A TCP port of the stack."""

    is_reached_from_here: bool = field(aws=_reached_from(HERE))
    is_reached_from_bastion: bool = field(aws=_reached_from(BASTION))


class DatabasePort(Port):
    """The port of a DB instance, by the name of the instance."""

    operations = (DatabaseInstance.operations[0], CONNECT)

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[DatabasePort]":
        del names  # one call lists all
        answer = aws.read(cls.operations[0])
        found = []
        for item in answer.items("DBInstances"):
            name, endpoint = item["DBInstanceIdentifier"], item.get("Endpoint", {})
            facts = {"Of": name, "Host": endpoint.get("Address"), "Port": endpoint.get("Port")}
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
