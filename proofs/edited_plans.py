"""Plans of one stack that differ in a few places: a resource that many of them have is looked through for secrets once."""

import functools
import marshal
from collections.abc import Mapping
from typing import Any

from stackproof.redaction import redaction
from stackproof.redaction.redaction import redact_data, register_among
from stackproof.sources.plan.document import Plan
from stackproof.sources.plan.masking import masked, without_secrets
from stackproof.sources.plan.shape import formed

_LISTS = ("resources", "resource_changes")
_STEPS = ("planned_values", "configuration", "root_module", "module_calls", "module")
"""The way from the document to the lists."""


class EditedPlan(Plan):
    """One of many plans of a stack. None of them nests too deeply."""

    _checked = staticmethod(formed)

    @staticmethod
    def _without_secrets(document: Mapping[str, Any]) -> Mapping[str, Any]:
        register_among({name: given.get("value") for name, given in document.get("variables", {}).items()})
        hidden = _frame(marshal.dumps(_without_resources(document), 2), frozenset(redaction._known()))
        whole = {name: document.get(name) for name in hidden}
        return _with_resources(hidden, whole)


@functools.lru_cache(maxsize=1000)
def _frame(document: bytes, registered: frozenset[str]) -> Mapping[str, Any]:
    return without_secrets(marshal.loads(document))


def _without_resources(node: Mapping[str, Any], name: str = "") -> dict[str, Any]:
    def part(key: str, value: Any) -> Any:
        if key in _LISTS:
            return []
        if key == "child_modules":
            return [_without_resources(module, key) for module in value]
        return _without_resources(value, key) if key in _STEPS or name == "module_calls" else value

    return {key: part(key, value) for key, value in node.items()}


def _with_resources(hidden: Mapping[str, Any], given: Mapping[str, Any], name: str = "") -> dict[str, Any]:
    def part(key: str, value: Any, whole: Any) -> Any:
        if key in _LISTS:
            return [_hidden(marshal.dumps(one, 2), key, frozenset(redaction._known())) for one in whole]
        if key == "child_modules":
            return [_with_resources(*module, key) for module in zip(value, whole, strict=True)]
        return _with_resources(value, whole, key) if key in _STEPS or name == "module_calls" else value

    return {shown: part(key, hidden[shown], given[key]) for shown, key in zip(hidden, given, strict=True)}


@functools.lru_cache(maxsize=20_000)
def _hidden(resource: bytes, name: str, registered: frozenset[str]) -> Any:
    """A resource without its secrets; what it holds decides, and which secrets are registered."""
    return redact_data(masked(marshal.loads(resource), name), name)
