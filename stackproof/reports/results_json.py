"""results.json: a run as data, for other tools (docs/results.md, results.schema.json)."""

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from stackproof.results import ControlResult, Run
from stackproof.verdicts import UsageError

FORMAT = 2
"""Raised with every change of the format."""

SCHEMA = Path(__file__).with_name("results.schema.json")

_RUN = TypeAdapter(Run)
_CONTROL = TypeAdapter(ControlResult)


def to_json(run: Run) -> str:
    """The run in the documented format: the same run gives the same text, and controls stay in the order of the run."""
    document = {
        "format": FORMAT,
        "exit_status": run.exit_status,
        "counts": run.counts,
        **_RUN.dump_python(run, mode="json"),
        "versions": dict(sorted(run.versions.items())),
        "calls": dict(sorted(run.calls.items())),
    }
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def from_json(text: str) -> Run:
    """The run that `to_json` wrote.

    Raises `UsageError` when the text is not JSON, has another format, or does not hold a run.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise UsageError(f"results: not JSON: {error}") from error
    found = document.get("format") if isinstance(document, dict) else None
    if found != FORMAT:
        raise UsageError(f"results: format {found!r} cannot be read, only {FORMAT}; write them with this version")
    try:
        return _RUN.validate_json(text, strict=True)
    except ValidationError as error:
        raise UsageError(f"results: {_first(error)} (docs/results.md describes the format)") from error


def control_to_data(control: ControlResult) -> dict[str, Any]:
    """One control as results.json holds it: plain JSON types, which can also cross from a pytest-xdist worker."""
    data: dict[str, Any] = _CONTROL.dump_python(control, mode="json")
    return data


def control_from_data(data: dict[str, Any]) -> ControlResult:
    """The control that `control_to_data` gave."""
    return _CONTROL.validate_python(data)


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
