"""AWS Step Functions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from stackproof.core.resource import Reference, Resource, field
from stackproof.core.verdicts import CouldNotVerify
from stackproof.sources.aws.facts import AwsFacts, listed
from stackproof.sources.plan.blocks import PlannedBlock

if TYPE_CHECKING:
    from stackproof.sources.aws.source import Reader

MACHINES, MACHINE = "stepfunctions:ListStateMachines", "stepfunctions:DescribeStateMachine"
LOGS = {"ALL": True, "ERROR": True, "FATAL": True, "OFF": False}
"""The levels of a log, and whether anything is written at each (Step Functions, ``LogLevel``)."""


def _described(machine: AwsFacts, path: str) -> Any:
    value: Any = machine.read(MACHINE, stateMachineArn=machine.at("stateMachineArn")).pages[0]
    for member in path.split("."):
        value = value.get(member) if value is not None else None
    return value


def _is_written(level: str, source: str) -> bool:
    if level not in LOGS:
        raise CouldNotVerify(f"{source}: the log level is {level}, which is not known here: judge it by hand, and report it")
    return LOGS[level]


def _answered_log(machine: AwsFacts) -> bool | None:
    level = _described(machine, "loggingConfiguration.level")
    return None if level is None else _is_written(level, MACHINE)


def _logging(machine: PlannedBlock, name: str, default: object) -> Any:
    """What the sources say of the log; Step Functions writes none where they say nothing."""
    return next((one.at_or(name, default) for one in machine.written_blocks("logging_configuration")), default)


def _planned_tracing(machine: PlannedBlock) -> bool:
    return any(bool(one.at_or("enabled", False)) for one in machine.written_blocks("tracing_configuration"))


def _planned_role(machine: PlannedBlock) -> object:
    role = machine.referent("role_arn", "aws_iam_role")
    return machine.at("role_arn") if role is None else Reference(role.address, "arn")


class StateMachine(Resource):
    """A state machine."""

    operations = (MACHINES, MACHINE)
    terraform = ("aws_sfn_state_machine",)

    is_logged: bool = field(
        aws=_answered_log, plan=lambda machine: _is_written(_logging(machine, "level", "OFF"), machine.source)
    )
    """Whether what its executions do is written to a log, at whatever level."""
    logs_data: bool = field(
        aws=lambda machine: _described(machine, "loggingConfiguration.includeExecutionData"),
        plan=lambda machine: _logging(machine, "include_execution_data", False),
    )
    """Whether its log has what goes into each step and comes out of it."""
    is_traced: bool = field(aws=lambda machine: _described(machine, "tracingConfiguration.enabled"), plan=_planned_tracing)
    """Whether X-Ray traces its executions."""
    role: str = field(aws=lambda machine: _described(machine, "roleArn"), plan=_planned_role)
    """The ARN of the role that it works with."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[StateMachine]":
        del names  # one call lists all
        return listed(cls, aws, aws.read(MACHINES), "stateMachines", named="name")
