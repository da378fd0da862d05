"""Amazon EventBridge: rules, and the targets that they hand events to."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stackproof.core.partial import collected, parts
from stackproof.core.resource import Resource, StaticOrigin, field
from stackproof.resources.documents import about_others, is_set
from stackproof.resources.event_bus import BUSES
from stackproof.sources.aws.facts import AwsFacts, listed, reported
from stackproof.sources.plan.blocks import PlannedBlock

if TYPE_CHECKING:
    from stackproof.sources.aws.source import Reader
    from stackproof.sources.plan.document import Plan

RULES, TARGETS = "events:ListRules", "events:ListTargetsByRule"
TARGET = "aws_cloudwatch_event_target"


def _planned_topic(target: PlannedBlock) -> bool:
    """By reference, or by an ARN that is known. Raises `NotYetKnown` where nobody can tell yet what the target is."""
    if target.is_known("arn"):
        return _is_of_sns(target.at("arn"))
    if target.referents("arn", "aws_sns_topic"):
        return True
    if not target.references("arn"):
        raise target.unknown("arn")
    return False


def _is_of_sns(arn: str) -> bool:
    return arn.split(":")[2:3] == ["sns"]


def _planned_dead_letters(target: PlannedBlock) -> bool:
    """A queue that is known only after apply is one."""
    return any(is_set(block, "arn") for block in target.written_blocks("dead_letter_config"))


class RuleTarget(Resource):
    """A resource that a rule hands events to. Named by its id."""

    operations = (TARGETS,)
    terraform = (TARGET,)
    planned_name = "target_id"

    is_topic: bool = field(aws=lambda target: _is_of_sns(target.at("Arn")), plan=_planned_topic)
    """Whether it is a topic, which tells somebody and does nothing itself."""
    keeps_what_fails: bool = field(aws=lambda target: bool(target.at("DeadLetterConfig.Arn")), plan=_planned_dead_letters)
    """Whether events that could not be handed over go to a dead letter queue."""


def _answered_targets(rule: AwsFacts) -> tuple[RuleTarget, ...]:
    answer = rule.read(TARGETS, Rule=rule.at("Name"), EventBusName=rule.at("EventBusName"))
    return tuple(rule.nested(RuleTarget, reported(one, "Id", answer), one, answer) for one in answer.items("Targets"))


def _planned_targets(rule: PlannedBlock) -> Sequence[RuleTarget]:
    targets, rest = parts(rule.plan.referring(TARGET, "rule", rule))
    return collected(map(_target, targets), rest)


def _target(block: PlannedBlock) -> RuleTarget:
    return RuleTarget(block.name_or_address("target_id"), block, block.source)


class EventRule(Resource):
    """A rule of an event bus, or a schedule."""

    operations = (BUSES, RULES, *RuleTarget.operations)
    terraform = ("aws_cloudwatch_event_rule",)

    targets: tuple[RuleTarget, ...] = field(aws=_answered_targets, plan=_planned_targets)

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[EventRule]":
        """The rules of every bus, but for those that AWS services keep for themselves."""
        del names  # a call for each bus lists all
        answer = aws.read(BUSES)
        buses = [reported(one, "Name", answer) for one in answer.items("EventBuses")]
        answers = [aws.read(RULES, EventBusName=bus) for bus in buses]
        found = [rule for rules in answers for rule in listed(cls, aws, rules, "Rules", named="Name")]
        return [rule for rule in found if isinstance(rule.origin, AwsFacts) and not rule.origin.at("ManagedBy")]

    @classmethod
    def from_plan(cls, plan: "Plan", names: Sequence[str]) -> "list[EventRule]":
        """The rules of the plan, and those of others that it gives a target."""
        others = about_others(plan, TARGET, "rule", *cls.terraform)
        strays = [(name, tuple(map(_target, blocks)), blocks[0].source) for name, blocks in others.items()]
        return [*super().from_plan(plan, names), *(cls(name, StaticOrigin({"targets": one}, at), at) for name, one, at in strays)]
