"""The changes that a plan makes to each resource: added, changed, replaced, destroyed, moved, imported, left alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from stackproof.core.changes import Action, ChangedField, ChangedResource, Kind, PlannedChanges
from stackproof.core.ledger import displayed
from stackproof.core.verdicts import CouldNotVerify
from stackproof.sources.plan.document import Plan
from stackproof.sources.plan.stacks import changes_in, stacks_of

UNKNOWN = "(known after apply)"
KNOWN_ACTIONS = frozenset({"no-op", "create", "read", "update", "delete", "forget"})
"""Of a change in Terraform's JSON, format 1."""

Told = Mapping[str, Any]
"""An entry of ``resource_changes``."""


def planned_changes(plan: Plan) -> tuple[PlannedChanges, ...]:
    """The changes that the plan makes, stack by stack; an action that this version does not know is told as a change."""
    return tuple(
        PlannedChanges(stack, kind_of(reported), tuple(_changed(reported)))
        for stack in stacks_of(plan)
        for reported in [managed(changes_in(plan, stack))]
    )


def managed(changes: Iterable[Told]) -> list[Told]:
    """The changes of managed resources; what is left over of a replacement is among them (``deposed``)."""
    return [change for change in changes if change.get("mode", "managed") == "managed"]


def kind_of(changes: Sequence[Told]) -> Kind:
    """The kind of the plan that makes these changes to managed resources."""
    actions = {action for change in changes for action in change["change"]["actions"]}
    if not actions - {"no-op", "read"}:
        return Kind.NOTHING_TO_DO if changes else Kind.FROM_NOTHING
    if actions == {"create"} and not any(change["change"].get("importing") for change in changes):
        return Kind.FROM_NOTHING
    return Kind.DESTRUCTION if actions <= {"delete"} else Kind.UPDATE


def actions_of(change: Told) -> tuple[str, ...]:
    """The actions of Terraform on one resource: ``("delete", "create")``. Raises `CouldNotVerify` for an unknown action."""
    actions = tuple(change["change"]["actions"])
    if unknown := sorted({*actions} - KNOWN_ACTIONS):
        raise CouldNotVerify(f"{change['address']}: the plan's action {unknown[0]!r} is not known to this version")
    return actions


def is_destroyed(change: Told) -> bool:
    """True if the object that exists in AWS is destroyed, if only to be made anew."""
    return "delete" in actions_of(change)


def resulting(changes: Iterable[Told]) -> frozenset[str]:
    """The addresses that are managed after the apply."""
    return frozenset(
        change["address"] for change in changes if "deposed" not in change and not {*actions_of(change)} <= {"delete", "forget"}
    )


def forced_by(change: Told) -> tuple[str, ...]:
    """The attributes that make a change a replacement; empty where something else does (``-replace``, a taint).

    >>> forced_by({"change": {"replace_paths": [["storage_encrypted"], ["root_block_device", 0, "encrypted"]]}})
    ('storage_encrypted', 'root_block_device[0].encrypted')
    """
    return tuple(map(_path, change["change"].get("replace_paths") or ()))


def _changed(changes: Iterable[Told]) -> Iterator[ChangedResource]:
    for reported in changes:
        if action := _action(reported):
            change = reported["change"]
            is_replaced = action is Action.REPLACE
            forced = forced_by(reported) if is_replaced else ()
            yield ChangedResource(
                f"{reported['address']} (deposed)" if "deposed" in reported else reported["address"],
                action,
                reported.get("previous_address", ""),
                forced,
                tuple(_fields(change, forced, is_replaced)) if action in (Action.CHANGE, Action.REPLACE) else (),
            )


def _action(reported: Told) -> Action | None:
    """What happens to a resource; None if nothing does."""
    actions = {*reported["change"]["actions"]}
    if {"create", "delete"} <= actions:
        return Action.REPLACE
    if actions - KNOWN_ACTIONS:
        return Action.CHANGE
    for name, action in (
        ("delete", Action.DESTROY),
        ("create", Action.ADD),
        ("update", Action.CHANGE),
        ("forget", Action.FORGET),
    ):
        if name in actions:
            return action
    if reported["change"].get("importing"):
        return Action.IMPORT
    return Action.MOVE if reported.get("previous_address") else None


def _fields(change: Told, forced: Sequence[str], is_replaced: bool) -> Iterator[ChangedField]:
    """What changes. Of a replacement everything that AWS gives is new, which nobody needs to be told."""
    unknown = change.get("after_unknown") or {}
    for name, before, after in _differences(change.get("before") or {}, change.get("after") or {}, unknown):
        if after != UNKNOWN or not is_replaced or name in forced:
            yield ChangedField(name, displayed(before), displayed(after))


def _differences(before: Told, after: Told, unknown: Told, within: str = "") -> Iterator[tuple[str, Any, Any]]:
    """The attributes that differ, those of maps one by one; a hidden one only where it comes or goes."""
    for name in dict.fromkeys((*before, *after, *unknown)):
        old, new, mask = before.get(name), after.get(name), unknown.get(name)
        if mask is True:
            yield f"{within}{name}", old, UNKNOWN
        elif isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _differences(old, new, mask if isinstance(mask, Mapping) else {}, f"{within}{name}.")
        elif _holds_unknown(mask):
            yield f"{within}{name}", old, UNKNOWN if not new else f"{displayed(new)}, in part {UNKNOWN}"
        elif old != new:
            yield f"{within}{name}", old, new


def _holds_unknown(mask: Any) -> bool:
    if isinstance(mask, Mapping | list):
        return any(map(_holds_unknown, mask.values() if isinstance(mask, Mapping) else mask))
    return mask is True


def _path(steps: Sequence[str | int]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")
