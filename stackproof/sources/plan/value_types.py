"""The types that the provider's schema gives the values of a plan: a value of another kind is converted as Terraform does, or refused.

``provider_types.json`` has them by resource type, in the shape of the values: ``["string"]`` is a list of strings, ``{"*": "string"}`` a
map of them, ``[{...}]`` nested blocks. ``python -m stackproof.terraform.schema TYPE ...`` adds resource types. What it does not have stays
as it is.
"""

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from stackproof.core.resource import type_of
from stackproof.core.verdicts import UsageError
from stackproof.redaction.redaction import HIDDEN

DATA = Path(__file__).with_name("provider_types.json")

_OTHER_NAMES = {f"aws_alb{rest}": f"aws_lb{rest}" for rest in ("", "_listener", "_listener_rule", "_target_group")}

_Fit = Callable[[Any], Any]
"""The value as one of a type. Raises `_OtherKind`."""


class _Never:
    """The class of no value: each is looked into."""


class _OtherKind(Exception):
    """A value that no conversion makes one of its type."""

    def __init__(self, value: object, expected: str) -> None:
        super().__init__()
        self.way: list[str] = []
        self.value, self.expected = value, expected


def fitted(document: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    """A plan's own document with every value of a resource in the kind of its type; it is changed in place.

    Raises `UsageError` for a value that Terraform would not convert to its type: no plan has one that Terraform wrote.
    """
    modules = [document["planned_values"].get("root_module") or {}]
    while modules:
        module = modules.pop()
        for resource in module.get("resources", ()):
            fit(resource, where)
        modules += module.get("child_modules", ())
    for name in ("resource_changes", "resource_drift"):
        for changed in document.get(name) or ():
            fit(changed, where)
    return document


def fit(resource: Mapping[str, Any], where: str) -> None:
    """Give the values of a planned resource, or of a change before and after it, the kinds of their types. Raises `UsageError`."""
    types = _compiled(type_of(resource["address"])) if resource.get("mode", "managed") == "managed" else {}
    change = resource.get("change") or {}
    for values in (resource.get("values"), change.get("before"), change.get("after")) if types else ():
        if isinstance(values, dict):
            try:
                _fit_members(values, types)
            except _OtherKind as other:
                from stackproof.sources.plan.shape import HOW_TO

                key = "".join(reversed(other.way)).removeprefix(".")
                raise UsageError(
                    f"{where}: {resource['address']}: {key} is {_kind(other.value)}, where hashicorp/aws has {other.expected}; "
                    f"give the plan as Terraform writes it: {HOW_TO}"
                ) from None


@cache
def _data() -> Mapping[str, Any]:
    known: Mapping[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))["resources"]
    return known


@cache
def _compiled(kind: str) -> Mapping[str, tuple[type, _Fit]]:
    return _members_of(_data().get(_OTHER_NAMES.get(kind, kind), {}))


def _members_of(types: Mapping[str, Any]) -> dict[str, tuple[type, _Fit]]:
    return {name: _fit_of(one) for name, one in types.items()}


def _fit_of(expected: Any) -> tuple[type, _Fit]:
    """The class of most values of a type, which need no look if it is a scalar, and what makes others fit."""
    if isinstance(expected, str):
        return _SCALARS[expected]
    if isinstance(expected, list):
        return _Never, _list_of(*_fit_of(expected[0]))
    if "*" in expected:
        return _Never, _map_of(*_fit_of(expected["*"]))
    return _Never, _object_of(_members_of(expected))


def _fit_members(values: dict[str, Any], types: Mapping[str, tuple[type, _Fit]]) -> None:
    for name, value in values.items():
        if value is not None and name in types:
            kind, fit = types[name]
            if type(value) is not kind:
                try:
                    values[name] = fit(value)
                except _OtherKind as other:
                    other.way.append(f".{name}")
                    raise


def _object_of(types: Mapping[str, tuple[type, _Fit]]) -> _Fit:
    def fit(value: Any) -> Any:
        if isinstance(value, dict):
            _fit_members(value, types)
            return value
        return _hidden(value, "an object")

    return fit


def _map_of(kind: type, fit_one: _Fit) -> _Fit:
    def fit(value: Any) -> Any:
        if isinstance(value, dict):
            _fit_members(value, dict.fromkeys(value, (kind, fit_one)))
            return value
        return _hidden(value, "an object")

    return fit


def _list_of(kind: type, fit_one: _Fit) -> _Fit:
    def fit(value: Any) -> Any:
        if not isinstance(value, list):
            return _hidden(value, "a list")
        for place, one in enumerate(value):
            if one is not None and type(one) is not kind:
                try:
                    value[place] = fit_one(one)
                except _OtherKind as other:
                    other.way.append(f"[{place}]")
                    raise
        return value

    return fit


def _string(value: Any) -> Any:
    """
    >>> _string(True), _string(5), _string(0.5)
    ('true', '5', '0.5')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else _hidden(value, "a string")


def _number(value: Any) -> Any:
    """
    >>> _number("-1"), _number("0.5"), _number(2.0)
    (-1, 0.5, 2.0)
    """
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value) if "." in value else int(value)
    return value if isinstance(value, float) else _hidden(value, "a number")


def _bool(value: Any) -> Any:
    """
    >>> _bool("true"), _bool("false")
    (True, False)
    """
    return value == "true" if value in ("true", "false") else _hidden(value, "a boolean")


_NUMBER = re.compile(r"-?\d{1,30}+(?:\.\d{1,30}+)?")
_SCALARS: Mapping[str, tuple[type, _Fit]] = {"string": (str, _string), "number": (int, _number), "bool": (bool, _bool)}


def _hidden(value: Any, expected: str) -> Any:
    """What stands where a secret was hidden. Raises `_OtherKind` for anything else."""
    if value == HIDDEN:
        return value
    raise _OtherKind(value, expected)


def _kind(value: object) -> str:
    """
    >>> [_kind(value) for value in (True, 1, 0.5, "", [], {})]
    ['a boolean', 'a number', 'a number', 'a string', 'a list', 'an object']
    """
    kinds = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list"}
    return kinds.get(type(value), "an object")
