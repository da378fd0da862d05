"""The limitations of emulators: controls and facts that are not applicable on them, each with the reason (`limitations.toml`)."""

import functools
from collections.abc import Mapping
from typing import Any

from stackproof.util import toml_document

Limits = Mapping[str, Mapping[str, str]]
"""For each target that is limited, what cannot be judged there, and why."""


@functools.cache
def _document() -> dict[str, Any]:
    return toml_document.packaged("stackproof.targets", "limitations.toml")


def limits() -> Limits:
    """The controls."""
    return {target: controls for target, controls in _document().items() if target != "fields"}


def limit(target: str, control: str) -> str | None:
    """Why a control cannot be judged on a target; None where it can."""
    return limits().get(target, {}).get(control)


def field_limits() -> Limits:
    """The facts, by the kind of resource and the field: ``Image.scans``."""
    fields: Limits = _document()["fields"]
    return fields
