"""Collections of what a plan does to what runs."""

from collections.abc import Iterator

from stackproof.collections.registry import collection
from stackproof.core.resource import StaticOrigin, type_of
from stackproof.judgement.state import held_by
from stackproof.profile.terraform import APP, Destruction
from stackproof.resources.changes import PlannedChange, SignedDestruction
from stackproof.sources.plan.changes import Told, actions_of, forced_by, is_destroyed, managed
from stackproof.sources.plan.stacks import changes_in, stacks_of
from stackproof.targets.base import Stage


@collection
def planned_changes(stage: Stage) -> tuple[PlannedChange, ...]:
    """Every managed resource that the plan names, with what the plan does to it; resources that stay as they are, too."""
    where = stage.plan().where
    return tuple(
        PlannedChange(
            _called(stack, reported),
            StaticOrigin(
                {"state_lost": _state_lost(reported), "is_signed": any(_names(one, stack, reported) for one in _signed(stage))},
                where,
            ),
            where,
        )
        for stack, reported in _changes(stage)
    )


@collection
def signed_destructions(stage: Stage) -> tuple[SignedDestruction, ...]:
    """The entries of ``[change] may_destroy``. A plan that is made here, from nothing, can need none of them."""
    if not stage.is_given_a_plan:
        return ()
    source = f"[change] may_destroy of {stage.profile.name}, and {stage.plan().where}"
    missing = {*stage.profile.terraform.stacks} - {*stacks_of(stage.plan())}  # no plan of these was given
    lost = [(stack, reported) for stack, reported in _changes(stage) if _state_lost(reported)]
    return tuple(
        SignedDestruction(
            f"the signature for {one.address} of {one.owner}",
            StaticOrigin(
                {
                    "is_needed": any(_names(one, stack, reported) for stack, reported in lost),
                    "is_over": stage.now.date() > one.expires,
                },
                source,
            ),
            source,
        )
        for one in _signed(stage)
        if one.stack not in missing
    )


def _signed(stage: Stage) -> tuple[Destruction, ...]:
    return stage.profile.change.may_destroy


def _changes(stage: Stage) -> Iterator[tuple[str, Told]]:
    """What the plan does to managed resources, with the stack of each."""
    plan = stage.plan()
    return ((stack, reported) for stack in stacks_of(plan) for reported in managed(changes_in(plan, stack)))


def _called(stack: str, reported: Told) -> str:
    own = f"{reported['address']} (deposed {reported['deposed']})" if "deposed" in reported else reported["address"]
    return own if stack == APP else f"{stack}: {own}"


def _names(signature: Destruction, stack: str, reported: Told) -> bool:
    return signature.address == reported["address"] and signature.stack in (None, stack)


def _state_lost(reported: Told) -> str:
    """What of a resource nobody can make again and its change destroys; empty if nothing."""
    held = held_by(type_of(reported["address"]))
    if not held or not is_destroyed(reported):
        return ""
    if "create" not in actions_of(reported):
        return f"{held} is destroyed"
    forced = forced_by(reported)
    return f"{held} is replaced" + (f", forced by {', '.join(forced)}" if forced else "")
