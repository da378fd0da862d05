"""Edits of what AWS answered: each is a function that changes a copy of a recording, and refuses to change nothing."""

import copy
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from stackproof.core.verdicts import CouldNotVerify
from stackproof.sources.aws.calls import Call, to_jsonable
from stackproof.sources.replay import Recorded

Edit = Callable[[Any], Any]
"""Changes a recording (a list of `Recorded`) or a plan document (a dictionary) in place, or returns another."""

HOME = ""
"""The region of a call that is made where the profile says."""


def says(operation: str, path: str, value: object, **parameters: object) -> Edit:
    """Let the answer of an operation (of the calls with these parameters) say something else at a path: ``DBInstances.0.MultiAZ``."""

    def change(page: dict[str, Any]) -> None:
        place, last = place_of(page, path)
        place[last] = value

    return lambda calls: _each(calls, operation, parameters, lambda call: _changed(call, change))


def omits(operation: str, path: str, **parameters: object) -> Edit:
    """Let the answer of an operation be silent about a path."""

    def change(page: dict[str, Any]) -> None:
        place, last = place_of(page, path)
        del place[last]

    return lambda calls: _each(calls, operation, parameters, lambda call: _changed(call, change))


def adds(operation: str, path: str, item: object, **parameters: object) -> Edit:
    """Let the answer of an operation have one item more in the list at a path."""

    def change(page: dict[str, Any]) -> None:
        place, last = place_of(page, path)
        place[last] = [*place[last], item]

    return lambda calls: _each(calls, operation, parameters, lambda call: _changed(call, change))


def fails(operation: str, error: CouldNotVerify, **parameters: object) -> Edit:
    """Let an operation end in an error."""
    return lambda calls: _each(calls, operation, parameters, lambda call: replace(call, pages=(), absent=False, error=error))


def absent(operation: str, **parameters: object) -> Edit:
    """Let AWS answer an operation with "there is none"."""
    return lambda calls: _each(calls, operation, parameters, lambda call: replace(call, pages=(), absent=True, error=None))


def only_in(region: str, edit: Edit) -> Edit:
    """Let an edit change what is answered in one region alone."""

    def change(calls: list[Recorded]) -> list[Recorded]:
        there = [call for call in calls if call.call.region == region]
        return [*(call for call in calls if call.call.region != region), *edit(there)]

    return change


def on_page_2(operation: str, member: str, **changes: object) -> Edit:
    """Add an item on a second page: a copy of the first one with some members changed; None takes a member away."""

    def split(call: Recorded) -> Recorded:
        item = {**copy.deepcopy(call.pages[0][member][0]), **changes}
        return replace(call, pages=(*call.pages, {member: [{name: value for name, value in item.items() if value is not None}]}))

    return lambda calls: _each(calls, operation, {}, split)


def answers(operation: str, page: Mapping[str, Any], **parameters: object) -> Edit:
    """Let an operation answer with this page; of a call that the recording has, in the place of its answer."""

    def edit(calls: list[Recorded]) -> list[Recorded]:
        regions = Counter(one.call.region for one in calls)
        call = Call.of(operation, regions.most_common(1)[0][0] if regions else HOME, **parameters)
        return [*(one for one in calls if one.call != call), Recorded(call, pages=(dict(page),))]

    return edit


def in_region(calls: Iterable[Recorded], region: str) -> list[Recorded]:
    """The calls of a recording that was made of `answers` alone, in the region of the profile."""
    return [replace(one, call=replace(one.call, region=region)) if one.call.region == HOME else one for one in calls]


def _each(
    calls: list[Recorded], operation: str, parameters: Mapping[str, object], change: Callable[[Recorded], Recorded]
) -> list[Recorded]:
    asked = [call.call.operation == operation and parameters.items() <= call.call.arguments.items() for call in calls]
    assert any(asked), (
        f"the recording has no {operation} {dict(parameters)}: the edit would change nothing; "
        "record what the control asks, or add it with answers(...)"
    )
    several = len({call.call.region for call, is_asked in zip(calls, asked, strict=True) if is_asked}) > 1
    changed = [
        (_where_it_fits(call, change) if several else change(call)) if is_asked else call
        for call, is_asked in zip(calls, asked, strict=True)
    ]
    assert any(after is not None for after, is_asked in zip(changed, asked, strict=True) if is_asked), (
        f"no answer of {operation} {dict(parameters)} has what the edit changes"
    )
    return [after or call for after, call in zip(changed, calls, strict=True)]


def _where_it_fits(call: Recorded, change: Callable[[Recorded], Recorded]) -> Recorded | None:
    """A call after a change; None for that of a region whose answer lacks what is changed."""
    try:
        return change(call)
    except (StopIteration, LookupError):
        return None


def _changed(call: Recorded, change: Callable[[dict[str, Any]], None]) -> Recorded:
    page = dict(copy.deepcopy(call.pages[0]))
    change(page)
    assert to_jsonable(page) != to_jsonable(call.pages[0]), "the edit changes nothing"
    return replace(call, pages=(page, *call.pages[1:]))


def place_of(page: Any, path: str) -> tuple[Any, Any]:
    """The container that a path ends in, and the last step. A step is a member, an index, or ``member=value`` for the item that has it."""
    *steps, last = path.split(".")
    for step in steps:
        page = page[_step(page, step)]
    return page, _step(page, last)


def _step(container: Any, step: str) -> int | str:
    if isinstance(container, dict):
        return step
    if step.isdigit():
        return int(step)
    member, _, value = step.partition("=")
    return next(index for index, item in enumerate(container) if item[member] == value)
