"""Amazon EventBridge."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from stackproof.core.partial import collected, known_of
from stackproof.core.resource import LazyMapping, Resource, StaticOrigin, field
from stackproof.resources.documents import about_others, planned_document, policy_document
from stackproof.sources.aws.facts import AwsFacts, listed
from stackproof.sources.plan.blocks import PlannedBlock

if TYPE_CHECKING:
    from stackproof.sources.aws.source import Reader
    from stackproof.sources.plan.document import Plan

BUSES = "events:ListEventBuses"
DEFAULT = "default"
"""The name of the bus that every account has in each region, and that nobody makes."""
BUS = "event_bus_name"
POLICY, PERMISSION = "aws_cloudwatch_event_bus_policy", "aws_cloudwatch_event_permission"


def _answered_policies(bus: AwsFacts) -> tuple[dict[str, Any], ...]:
    text = bus.at("Policy")
    return (policy_document(text, BUSES),) if text else ()


def _planned_policies(bus: PlannedBlock) -> Sequence[dict[str, Any]]:
    return _together(bus.plan.referring(POLICY, BUS, bus), bus.plan.referring(PERMISSION, BUS, bus))


def _together(policies: Iterable[PlannedBlock], permissions: Iterable[PlannedBlock]) -> Sequence[dict[str, Any]]:
    found, unknown = known_of(policies, lambda policy: [planned_document(policy, "policy")])
    granted, others = known_of(permissions, _granted)
    return collected([*found, *granted], [*unknown, *others])


def _granted(permission: PlannedBlock) -> list[dict[str, Any]]:
    """The policy that a permission stands for: for an account or everybody, or by a condition for an organization."""
    principal = permission.at("principal")
    conditions = [(one.at("type"), one.at("key"), one.at("value")) for one in permission.written_blocks("condition")]
    bound = {"Condition": {type: {key: value} for type, key, value in conditions}} if conditions else {}
    statement = {
        "Effect": "Allow",
        "Principal": principal if principal == "*" else {"AWS": principal},
        "Action": "events:PutEvents",
    }
    return [{"Statement": {**statement, "Resource": "*", **bound}}]


class EventBus(Resource):
    """An event bus of one's own."""

    operations = (BUSES,)
    terraform = ("aws_cloudwatch_event_bus",)

    policies: tuple[dict[str, Any], ...] = field(aws=_answered_policies, plan=_planned_policies)
    """Its resource policy, on a plan as many as say a part of it; none where its account alone may use it."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[Self]":
        del names  # one call lists all
        return [bus for bus in listed(cls, aws, aws.read(BUSES), "EventBuses", named="Name") if bus.name != DEFAULT]


class SharedBus(EventBus):
    """The event bus that an account has by default; on a plan whatever bus it makes a policy for, and does not make."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[Self]":
        del names
        return [bus for bus in listed(cls, aws, aws.read(BUSES), "EventBuses", named="Name") if bus.name == DEFAULT]

    @classmethod
    def from_plan(cls, plan: "Plan", names: Sequence[str]) -> "list[Self]":
        del names
        policies, permissions = (about_others(plan, kind, BUS, *cls.terraform, unsaid=DEFAULT) for kind in (POLICY, PERMISSION))
        found: list[Self] = []
        for name in dict.fromkeys([*policies, *permissions]):
            about = policies.get(name, []), permissions.get(name, [])
            source = next(block.source for blocks in about for block in blocks)
            found.append(cls(name, StaticOrigin(LazyMapping({"policies": partial(_together, *about)}), source), source))
        return found
