"""A plan document without its secrets: hidden while it is loaded, so that nothing after that can print them."""

from collections.abc import Mapping
from typing import Any

from stackproof.redaction.redaction import HIDDEN, redact_data, register_among


def without_secrets(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The plan document with every value hidden that Terraform marks as sensitive, or whose name says that it is one.

    >>> without_secrets({"variables": {"p": {"value": "hunter2"}, "q": {"value": "x"}},
    ...     "configuration": {"root_module": {"variables": {"p": {"sensitive": True}}}}})["variables"]
    {'p': {'value': '(redacted)'}, 'q': {'value': 'x'}}
    """
    declared = document.get("configuration", {}).get("root_module", {}).get("variables", {})
    register_among({name: given.get("value") for name, given in document.get("variables", {}).items()})
    variables = {
        name: {
            **given,
            "value": HIDDEN if declared.get(name, {}).get("sensitive") else redact_data(given.get("value"), name),
        }
        for name, given in document.get("variables", {}).items()
    }
    kept = {key: value for key, value in document.items() if key not in ("variables", "prior_state")}
    hidden: Mapping[str, Any] = redact_data({**masked(kept), "variables": variables})  # type: ignore[assignment]
    return hidden


def masked(node: Any, name: str = "") -> Any:
    """Hide what the masks beside a value (``sensitive_values``, ``before_sensitive``, ``after_sensitive``, ``sensitive``) mark.

    What the sources themselves say, a constant or the default of a variable, has no mask but its name.
    """
    if isinstance(node, list):
        return [masked(part, name) for part in node]
    if not isinstance(node, dict | Mapping):
        return node

    def shown(key: str, value: Any) -> Any:
        mask = _MASKS.get(key, "")
        if key in ("values", "before", "after") and isinstance(value, dict):  # whose members have names of their own
            return _hide(value, node.get(mask, False))
        if mask in node or key in ("values", "before", "after", "constant_value", "default"):
            return redact_data(_hide(value, node.get(mask, False)), name)
        return masked(value, key)

    return {key: shown(key, value) for key, value in node.items()}


_MASKS = {
    "values": "sensitive_values",
    "before": "before_sensitive",
    "after": "after_sensitive",
    "value": "sensitive",
    "default": "sensitive",
}
"""Members of a plan, each with the member that marks what is sensitive in it."""


def _hide(value: Any, mask: Any) -> Any:
    """
    >>> _hide({"a": [1, 2], "b": 3}, {"a": [False, True]})
    {'a': [1, '(redacted)'], 'b': 3}
    """
    if not mask:
        return value
    if mask is True:
        return None if value is None else HIDDEN
    if isinstance(value, Mapping) and isinstance(mask, Mapping):
        return {key: _hide(part, mask.get(key, False)) for key, part in value.items()}
    if isinstance(value, list) and isinstance(mask, list):
        return [_hide(part, mask[index] if index < len(mask) else False) for index, part in enumerate(value)]
    return value
