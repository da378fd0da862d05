"""The register of what was put right in moto: registration, installation, and counting."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from moto.core.responses import BaseResponse
from moto.core.utils import camelcase_to_underscores


@dataclass
class Gap:
    """One thing put right."""

    name: str
    """``service:Operation``, with what of it where it is not all: ``rds:CreateDBInstance PubliclyAccessible``."""
    reason: str
    used: int = 0


@dataclass(frozen=True)
class _Patch:
    gap: Gap
    owner: type
    attribute: str
    replacement: Callable[[Any], Any]
    """What moto's own attribute (None: moto has none) is replaced by."""


_patches: list[_Patch] = []
_installed: list[Gap] = []


def install() -> None:
    """Put every gap right in this process. A second call changes nothing."""
    if _installed:
        return
    for patch in _patches:
        original = getattr(patch.owner, patch.attribute, None)
        replacement = patch.replacement(original)
        if replacement is not original:
            setattr(patch.owner, patch.attribute, replacement)
            _installed.append(patch.gap)


def installed() -> Iterator[Gap]:
    """The gaps in force."""
    return iter(_installed)


def supplies(responses: type[BaseResponse], name: str, reason: str) -> Callable[..., Any]:
    """An operation that moto lacks: the decorated function is the method that answers it."""
    gap = Gap(name, reason)

    def register(handler: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def answer(self: Any) -> Any:
            gap.used += 1
            return handler(self)

        operation = camelcase_to_underscores(name.partition(":")[2])
        _patches.append(_Patch(gap, responses, operation, lambda original: original or answer))
        return handler

    return register


def corrects(owner: type, method: str, name: str, reason: str) -> Callable[..., Any]:
    """A method that moto gets wrong: the decorated function is called with the original before its arguments."""
    gap = Gap(name, reason)

    def register(handler: Callable[..., Any]) -> Callable[..., Any]:
        def replacement(original: Callable[..., Any]) -> Callable[..., Any]:
            def answer(self: Any, *args: Any, **kwargs: Any) -> Any:
                gap.used += 1
                return handler(original, self, *args, **kwargs)

            return answer

        _patches.append(_Patch(gap, owner, method, replacement))
        return handler

    return register


def reports(owner: type, attribute: str, name: str, reason: str) -> Callable[..., Any]:
    """An attribute that moto leaves out or gets wrong: the decorated function has it, given moto's value or None."""
    gap = Gap(name, reason)

    def register(handler: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        def value(self: Any) -> Any:
            gap.used += 1
            return handler(self, vars(self).get(attribute))

        def keep(self: Any, value: Any) -> None:
            vars(self)[attribute] = value

        _patches.append(_Patch(gap, owner, attribute, lambda _: property(value, keep)))
        return handler

    return register
