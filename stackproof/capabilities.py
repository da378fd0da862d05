"""What an emulator cannot show: controls that are not applicable on it, each with the reason (`capabilities.toml`)."""

import functools
import tomllib
from collections.abc import Mapping
from importlib.resources import files


@functools.cache
def limits() -> Mapping[str, Mapping[str, str]]:
    """For each target that is limited, its controls that cannot be judged there, and why."""
    document: dict[str, dict[str, str]] = tomllib.loads(
        files("stackproof").joinpath("capabilities.toml").read_text(encoding="utf-8")
    )
    return document


def limit(target: str, control: str) -> str | None:
    """Why a control cannot be judged on a target; None where it can."""
    return limits().get(target, {}).get(control)
