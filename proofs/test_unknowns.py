"""Whatever a control reads from a plan: where it is known only after apply, the control does not pass.

What is read is found out by running each control on the compliant plan. Then each attribute and each kind of nested block is unknown in
turn, as if it came from a resource of another kind, one a run.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest

from proofs import harness
from proofs.test_mutations import CONTROLS, compliant, stages
from stackproof.core.partial import Partial
from stackproof.core.resource import Reference
from stackproof.core.verdicts import NotYetKnown, Verdict
from stackproof.sources.plan.blocks import PlannedBlock
from stackproof.targets.base import Stage

ELSEWHERE = Reference("aws_elsewhere.other", "attribute")
IDENTIFIERS = {
    *("id", "arn", "key_id", "name", "bucket", "identifier"),
    *("default_route_table_id", "main_route_table_id", "default_security_group_id"),
}
"""What others call a resource by. In a plan they refer to its address, so that it need not be known."""
PLACES = {"vpc_id", "cluster"}
"""What a resource is in. Whatever a plan makes is the stack's, wherever it will be."""
ONE_IS_ENOUGH = {
    "COST-01": ("module.account",),
    "SEC-SQS-03": ("module.account", "module.central_logging"),
    "DET-04": ("module.account.aws_cloudwatch_event", "module.central_logging"),
}
"""Where there may be one more of what a control asks for one of: a topic's subscriptions, what sends failures to a queue, what tells."""


class Read(NamedTuple):
    """A member of a planned resource, as a control looked at it."""

    address: str
    within: str
    member: str
    by: str
    """``at``, ``blocks``, ``elements`` or ``referents``."""


@contextmanager
def looking_at(look: Callable[[Read, Callable[[], Any]], Any]) -> Iterator[None]:
    """Let every member of a planned resource be looked at through a function."""
    with pytest.MonkeyPatch.context() as patch:
        for by in ("at", "blocks", "elements", "referents"):
            original = getattr(PlannedBlock, by)

            def looked(
                block: PlannedBlock, member: str, *types: str, by: str = by, original: Callable[..., Any] = original
            ) -> Any:
                return look(Read(block.address, block._within, member, by), lambda: original(block, member, *types))

            patch.setattr(PlannedBlock, by, looked)
        yield


def reads(control: str) -> list[Read]:
    """What a control reads where everything is compliant, each once."""
    found: dict[Read, None] = {}

    def note(read: Read, value: Callable[[], Any]) -> Any:
        found[read] = None
        return value()

    with looking_at(note):
        judgement = harness.judged(control, fresh(control))
    assert judgement.verdict is Verdict.PASS, judgement.message
    assert found or judgement.read, "the control reads nothing of a plan"
    return list(found)


def passes_without(control: str, unknown: Read) -> bool:
    """Whether a control passes though one thing is not known yet."""

    def look(read: Read, value: Callable[[], Any]) -> Any:
        if read != unknown:
            return value()
        if read.by != "at":
            return Partial((), NotYetKnown(f"{read.address}{read.within}.{read.member} is known only after apply"))
        return ELSEWHERE

    with looking_at(look):
        return harness.judged(control, fresh(control)).verdict is Verdict.PASS


def fresh(control: str) -> Stage:
    """A stage on the compliant plan that remembers neither what refers to what nor what was made of it once."""
    stage = compliant(control)["plan"]()
    for remembered in ("_referrers", "_made"):
        vars(stage.plan())[remembered].clear()
    return stage


@pytest.mark.parametrize(
    "control", [control for control in CONTROLS if "plan" in stages(control) and control not in harness.ABOUT_CHANGES]
)
def test_what_is_not_known_yet_is_no_pass(control: str) -> None:
    unheard = [one for one in reads(control) if passes_without(control, one) and one.member not in IDENTIFIERS | PLACES]
    others = ONE_IS_ENOUGH.get(control, ())
    assert [one for one in unheard if not one.address.startswith(others)] == []
    assert [place for place in others if not any(one.address.startswith(place) for one in unheard)] == []
