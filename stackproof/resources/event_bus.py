"""Amazon EventBridge."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from stackproof.core.partial import collected, known_of, parts
from stackproof.core.resource import Resource, field
from stackproof.resources.documents import planned_document, policy_document
from stackproof.sources.aws.facts import AwsFacts, listed
from stackproof.sources.plan.blocks import PlannedBlock

if TYPE_CHECKING:
    from stackproof.sources.aws.source import Reader

BUSES = "events:ListEventBuses"
POLICY, PERMISSION = "aws_cloudwatch_event_bus_policy", "aws_cloudwatch_event_permission"


def _answered_policies(bus: AwsFacts) -> tuple[dict[str, Any], ...]:
    text = bus.at("Policy")
    return (policy_document(text, BUSES),) if text else ()


def _planned_policies(bus: PlannedBlock) -> Sequence[dict[str, Any]]:
    policies, rest = parts(bus.plan.referring(POLICY, "event_bus_name", bus))
    permissions, more = parts(bus.plan.referring(PERMISSION, "event_bus_name", bus))
    found, unknown = known_of(policies, lambda policy: [planned_document(policy, "policy")])
    granted, others = known_of(permissions, _granted)
    return collected([*found, *granted], [*rest, *more, *unknown, *others])


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
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[EventBus]":
        del names  # one call lists all
        return listed(cls, aws, aws.read(BUSES), "EventBuses", named="Name")
