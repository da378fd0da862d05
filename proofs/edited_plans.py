"""Plans of one stack that differ in a few places: what many of them have is looked through once, for its form and for secrets."""

import functools
import marshal
from collections.abc import Mapping
from typing import Any

from proofs.lazy_copies import PROVIDERS, Lazy, Original, with_lists
from stackproof.redaction import redaction
from stackproof.redaction.redaction import redact_data, register_among
from stackproof.sources.plan.document import Plan
from stackproof.sources.plan.masking import masked, without_secrets
from stackproof.sources.plan.shape import formed, refuse_what_is_filtered
from stackproof.sources.plan.value_types import fit

Registered = frozenset[str]
"""The secrets that are hidden wherever they stand."""


class EditedPlan(Plan):
    """One of many plans of a stack. None of them nests too deeply."""

    @staticmethod
    def _checked(document: Mapping[str, Any], where: str) -> Mapping[str, Any]:
        refuse_what_is_filtered(document, where)
        return document

    @staticmethod
    def _without_secrets(document: Mapping[str, Any]) -> Mapping[str, Any]:
        registered = _registered_with(marshal.dumps(document.get("variables", {}), 2))
        parts: list[Any] = []

        def taken(name: str, part: Any) -> Any:
            parts.append(_shown(part, name, registered) if name == PROVIDERS else [_shown(one, name, registered) for one in part])
            return {} if name == PROVIDERS else []

        frame = _frame(marshal.dumps(with_lists(document, taken), 2), registered)
        formed(_changed(document), "an edited plan")
        return with_lists(frame, lambda *_: parts.pop(0))

    @staticmethod
    def _fitted(document: Mapping[str, Any], where: str) -> Mapping[str, Any]:
        del where  # each resource was looked at where its secrets were hidden
        return document


def _changed(document: Mapping[str, Any]) -> dict[str, Any]:
    """A plan document of what is no original alone."""
    found: dict[str, dict[str, list[Any]]] = {}
    providers: dict[str, Any] = {}
    for part in ("planned_values", "configuration"):
        resources = found.setdefault(part, {"resources": []})["resources"]

        def seen(name: str, part: Any, resources: list[Any] = resources) -> None:
            if name == PROVIDERS:
                providers.update({} if _is_original(part) else {PROVIDERS: part})
            else:
                resources += [one for one in part if not _is_original(one)]

        with_lists({part: document[part]}, seen)
    return {
        "planned_values": {"root_module": found["planned_values"]},
        "configuration": {"root_module": found["configuration"], **providers},
        "resource_changes": [one for one in document["resource_changes"] if not _is_original(one)],
    }


def _is_original(resource: Any) -> bool:
    return isinstance(resource, Lazy) and resource.original is not None


def _shown(resource: Any, name: str, registered: Registered) -> Any:
    """A resource without its secrets; what it holds decides, and which secrets are registered."""
    if isinstance(resource, Lazy) and resource.original:
        return _of_original(resource.original, name, registered)
    return _hidden(marshal.dumps(dict(resource), 2), name, registered)


def _registered_with(variables: bytes) -> Registered:
    """What is hidden wherever it stands, once the secrets among the variables of a plan are, too."""
    before = _alike(frozenset(redaction._known()))
    if (variables, before) in _nothing_new:
        return before
    register_among({name: given.get("value") for name, given in marshal.loads(variables).items()})
    after = _alike(frozenset(redaction._known()))
    if after == before:
        _nothing_new.add((variables, before))
    return after


_nothing_new: set[tuple[bytes, Registered]] = set()
"""Variables of plans, and what was registered already when they were looked through."""


@functools.cache
def _alike(registered: Registered) -> Registered:
    """One set for all that are equal, which is quicker to find again."""
    return registered


@functools.lru_cache(maxsize=1000)
def _frame(packed: bytes, registered: Registered) -> Mapping[str, Any]:
    """What stands around the resources, without its secrets."""
    document = marshal.loads(packed)
    formed(document, "an edited plan")
    return without_secrets(document)


@functools.lru_cache(maxsize=20_000)
def _of_original(original: Original, name: str, registered: Registered) -> Any:
    return _hidden(original.packed, name, registered)


@functools.lru_cache(maxsize=20_000)
def _hidden(resource: bytes, name: str, registered: Registered) -> Any:
    shown: Any = redact_data(masked(marshal.loads(resource), name), name)
    if name != PROVIDERS:
        fit(shown, "an edited plan")
    return shown
