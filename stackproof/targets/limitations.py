"""The limitations of emulators: controls and facts that are not applicable on them, each with the reason (`limitations.toml`)."""

import functools
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

Limits = Mapping[str, Mapping[str, str]]
"""For each target that is limited, what cannot be judged there, and why."""


@functools.cache
def _document() -> dict[str, Any]:
    return tomllib.loads(files("stackproof.targets").joinpath("limitations.toml").read_text(encoding="utf-8"))


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
