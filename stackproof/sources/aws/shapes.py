"""Values of an answer that are of another type than AWS's model says: each is an error of whoever looks at it, and never a verdict.

``shapes.json`` has the shape of the answer of each operation that is asked, as the SDK's model has it: a structure is an object, a list is
``[shape]``, a map ``{"{}": shape}``, ``null`` anything. ``python -m proofs.enums`` writes it anew.
"""

import functools
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from importlib.resources import files
from typing import Any, NoReturn, TypeVar

from stackproof.core.verdicts import CouldNotVerify

OF_A_MAP = "{}"
TYPES: Mapping[str, tuple[str, tuple[type, ...]]] = {
    "s": ("a text", (str,)),
    "b": ("true or false", (bool,)),
    "i": ("a whole number", (int,)),
    "n": ("a whole number that is not negative", (int,)),
    "f": ("a number", (int, float)),
    "t": ("a time", (str, datetime, int, float)),
    "B": ("bytes", (str, bytes)),
}
"""By their letters in the table: in words, and as Python has them. A recording has times and bytes as text."""

Check = Callable[[Any], Any]
"""Hands back a value; where it, or something in it, is of another type, a copy with `Malformed` there."""


class Malformed:
    """A value of another type than it must have. It has a ``repr``; whoever does anything else with it gets `CouldNotVerify`."""

    __slots__ = ("_place", "_value", "_wanted")

    def __init__(self, value: object, place: str, wanted: str) -> None:
        self._value, self._place, self._wanted = value, place, wanted

    def __repr__(self) -> str:
        return repr(self._value)

    def used(self, *_: object) -> NoReturn:
        """Raise `CouldNotVerify`, which says what stands where."""
        raise CouldNotVerify(
            f"{self._place} is {repr(self)[:80]}, which is not {self._wanted}: no answer of AWS has that; "
            "look at what answered (a proxy, an emulator, edited evidence)"
        )

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):  # what Python itself asks for
            raise AttributeError(name)
        self.used()

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __add__ = __radd__ = __sub__ = __rsub__ = __contains__ = used
    __str__ = __format__ = __hash__ = __bool__ = __len__ = __iter__ = __getitem__ = __int__ = __float__ = __index__ = used


T = TypeVar("T")


def whole(value: T) -> T:
    """A fact, or an item of an answer, as it was read. Raises `CouldNotVerify` for one that is `Malformed`."""
    if isinstance(value, Malformed):
        value.used()
    return value


@functools.cache
def _table() -> Mapping[str, Any]:
    """The shapes by operation."""
    table: Mapping[str, Any] = json.loads(files("stackproof.sources.aws").joinpath("shapes.json").read_bytes())
    return table


@functools.cache
def check_of(operation: str) -> Check | None:
    """The check of the pages of an operation's answer; None for one that is not in the table."""
    shape = _table().get(operation)
    return _check(shape, operation, " ") if shape else None


def typed(operation: str, page: Mapping[str, Any]) -> Mapping[str, Any]:
    """A page in which values of another type than the model's are `Malformed`; the page itself where there is none.

    >>> page = typed("lambda:GetFunctionUrlConfig", {"AuthType": 0, "Cors": {"MaxAge": 1}})
    >>> page["AuthType"] == "NONE"  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    stackproof.core.verdicts.CouldNotVerify: lambda:GetFunctionUrlConfig AuthType is 0, which is not a text: no answer of AWS has that; ...
    >>> page["Cors"]
    {'MaxAge': 1}
    >>> endpoints = typed("ec2:DescribeVpcEndpoints", {"VpcEndpoints": [{"RouteTableIds": [[]]}]})["VpcEndpoints"]
    >>> bool(endpoints[0]["RouteTableIds"])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    stackproof.core.verdicts.CouldNotVerify: ec2:DescribeVpcEndpoints VpcEndpoints[].RouteTableIds[] is [], which is not a text: ...
    >>> bool(typed("sqs:GetQueueAttributes", {"Attributes": {"KmsMasterKeyId": [1]}})["Attributes"])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    stackproof.core.verdicts.CouldNotVerify: sqs:GetQueueAttributes Attributes{} is [1], which is not a text: ...
    """
    check = check_of(operation)
    return check(page) if check else page


def _check(shape: Any, operation: str, place: str) -> Check:
    if shape is None:
        return lambda value: value
    if isinstance(shape, list):
        return _of_list(_check(shape[0], operation, f"{place}[]"), operation + place)
    if isinstance(shape, dict):
        if OF_A_MAP in shape:
            return _of_map(_check(shape[OF_A_MAP], operation, f"{place}{OF_A_MAP}"), operation + place)
        members = {
            name: _check(one, operation, f"{place.rstrip()}.{name}" if place.strip() else f" {name}")
            for name, one in shape.items()
        }
        return _of_structure(members, operation + place)
    return _of_type(shape, operation + place)


def _of_type(letter: str, place: str) -> Check:
    wanted, types = TYPES[letter]
    is_number = letter in "inf"

    def check(value: Any) -> Any:
        is_one = isinstance(value, types) and not (is_number and isinstance(value, bool))
        return Malformed(value, place, wanted) if not is_one or (letter == "n" and value < 0) else value

    return check


def _of_structure(members: Mapping[str, Check], place: str) -> Check:
    def check(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return Malformed(value, place, "a structure")
        changed: dict[str, Any] = {}
        for name, one in value.items():
            if one is not None and name in members:  # null is as if it were not there
                new = members[name](one)
                if new is not one:
                    changed[name] = new
        return {**value, **changed} if changed else value

    return check


def _of_map(of_value: Check, place: str) -> Check:
    def check(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return Malformed(value, place, "a map")
        changed = {name: new for name, one in value.items() if (new := of_value(one)) is not one}
        if (malformed := _malformed(changed.values())) is not None:
            return malformed
        return {**value, **changed} if changed else value

    return check


def _malformed(parts: Iterable[Any]) -> Malformed | None:
    """The first part of a list or a map that is malformed: then all of it is, since whoever counts the parts uses each of them."""
    return next((one for one in parts if isinstance(one, Malformed)), None)


def _of_list(of_item: Check, place: str) -> Check:
    def check(value: Any) -> Any:
        if not isinstance(value, list | tuple):
            return Malformed(value, place, "a list")
        items = [of_item(one) for one in value]
        if (malformed := _malformed(items)) is not None:
            return malformed
        return items if any(new is not one for new, one in zip(items, value, strict=True)) else value

    return check
