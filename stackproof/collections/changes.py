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
            _called(stack, told),
            StaticOrigin(
                {"state_lost": _state_lost(told), "is_signed": any(_names(one, stack, told) for one in _signed(stage))}, where
            ),
            where,
        )
        for stack, told in _changes(stage)
    )


@collection
def signed_destructions(stage: Stage) -> tuple[SignedDestruction, ...]:
    """The entries of ``[change] may_destroy``. A plan that is made here, from nothing, can need none of them."""
    if not stage.is_given_a_plan:
        return ()
    source = f"[change] may_destroy of {stage.profile.name}, and {stage.plan().where}"
    missing = {*stage.profile.terraform.stacks} - {*stacks_of(stage.plan())}  # no plan of these was given
    lost = [(stack, told) for stack, told in _changes(stage) if _state_lost(told)]
    return tuple(
        SignedDestruction(
            f"the signature for {one.address} of {one.owner}",
            StaticOrigin(
                {"is_needed": any(_names(one, stack, told) for stack, told in lost), "is_over": stage.now.date() > one.expires},
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
    return ((stack, told) for stack in stacks_of(plan) for told in managed(changes_in(plan, stack)))


def _called(stack: str, told: Told) -> str:
    own = f"{told['address']} (deposed {told['deposed']})" if "deposed" in told else told["address"]
    return own if stack == APP else f"{stack}: {own}"


def _names(signature: Destruction, stack: str, told: Told) -> bool:
    return signature.address == told["address"] and signature.stack in (None, stack)


def _state_lost(told: Told) -> str:
    """What of a resource nobody can make again and its change destroys; empty if nothing."""
    held = held_by(type_of(told["address"]))
    if not held or not is_destroyed(told):
        return ""
    if "create" not in actions_of(told):
        return f"{held} is destroyed"
    forced = forced_by(told)
    return f"{held} is replaced" + (f", forced by {', '.join(forced)}" if forced else "")
