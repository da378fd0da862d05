"""Copies of a plan document in which a resource, or what configures the providers, is copied when somebody looks into it."""

import copy
import marshal
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_LISTS = ("resources", "resource_changes")
PROVIDERS = "provider_config"
"""The member with the configurations of the providers, which are long and hardly ever looked into."""
_STEPS = ("planned_values", "configuration", "root_module", "module_calls", "module")
"""The way from the document to the lists."""


def with_lists(node: Mapping[str, Any], change: Callable[[str, Any], Any], name: str = "") -> dict[str, Any]:
    """A plan document in which each list of resources, and `PROVIDERS`, is what ``change`` makes of it and of its name.

    >>> with_lists({"planned_values": {"root_module": {"resources": [1]}}}, lambda name, found: (name, found))
    {'planned_values': {'root_module': {'resources': ('resources', [1])}}}
    """

    def part(key: str, value: Any) -> Any:
        if key in _LISTS or (key == PROVIDERS and isinstance(value, dict | int)):
            return change(key, value)
        if key == "child_modules":
            return [with_lists(module, change, key) for module in value]
        return with_lists(value, change, key) if key in _STEPS or name == "module_calls" else value

    return {key: part(key, value) for key, value in node.items()}


class Original:
    """A part of a document that many edits start from. Nobody changes it."""

    def __init__(self, members: Mapping[str, Any]) -> None:
        self.packed = marshal.dumps(dict(members), 2)  # without references, so that nothing is shared inside a copy
        self.members: dict[str, Any] = marshal.loads(self.packed)


class Lazy(dict[str, Any]):
    """A copy of an `Original`, made when it is changed, or when a dictionary or a list in it is asked for."""

    __slots__ = ("original",)

    def __init__(self, original: Original) -> None:
        super().__init__(original.members)
        self.original: Original | None = original
        """What it is; None for a copy, which may differ."""

    def _copy(self) -> None:
        if self.original is not None:
            packed, self.original = self.original.packed, None
            super().update(marshal.loads(packed))

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        if self.original is None or not isinstance(value, dict | list):
            return value
        self._copy()
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in self else default  # noqa: SIM401 - which would ask itself

    def __iter__(self) -> Iterator[str]:  # so that ``{**lazy}`` asks for each member
        return super().__iter__()

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        return copy.deepcopy(dict(self), memo)


def _copying(name: str) -> Any:
    inherited = getattr(dict, name)

    def method(self: Lazy, *arguments: Any, **named: Any) -> Any:
        self._copy()
        return inherited(self, *arguments, **named)

    return method


for _name in (
    *("__setitem__", "__delitem__", "__or__", "__ror__", "__ior__"),
    *("clear", "copy", "items", "pop", "popitem", "setdefault", "update", "values"),
):
    setattr(Lazy, _name, _copying(_name))


class Packed:
    """A plan document of which copies are made."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._parts: list[Original | list[Original]] = []
        self._frame = marshal.dumps(with_lists(document, self._place), 2)

    def _place(self, _: str, part: dict[str, Any] | list[dict[str, Any]]) -> int:
        """The place of a part among those that are kept apart from the rest of the document."""
        self._parts.append([Original(one) for one in part] if isinstance(part, list) else Original(part))
        return len(self._parts) - 1

    def _copied(self, _: str, place: int) -> Lazy | list[Lazy]:
        part = self._parts[place]
        return [Lazy(one) for one in part] if isinstance(part, list) else Lazy(part)

    def copy(self) -> dict[str, Any]:
        """A copy for whoever asks."""
        return with_lists(marshal.loads(self._frame), self._copied)
