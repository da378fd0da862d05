"""What Terraform says went wrong, read from its ``-json`` output."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stackproof.terraform.cli import Completed, TerraformError


@dataclass(frozen=True)
class Diagnostic:
    """An error or a warning of Terraform or of a provider."""

    severity: str
    """``error`` or ``warning``."""
    summary: str
    detail: str
    address: str
    """Of the resource; empty when there is none."""
    file: str
    line: int
    """0 without a file."""

    def __str__(self) -> str:
        where = [f"{self.file} line {self.line}"] if self.file else []
        said = self.summary.rstrip(".") + (f": {' '.join(self.detail.split())}" if self.detail else "")
        return ": ".join([*where, *filter(None, [self.address]), said])


def diagnostics(completed: Completed) -> tuple[Diagnostic, ...]:
    """Every diagnostic of ``init``, ``validate``, ``plan`` or ``apply`` with ``-json``, errors first.

    >>> said = '{"type": "diagnostic", "diagnostic": {"severity": "warning", "summary": "Deprecated", "detail": "Use b."}}'
    >>> [str(one) for one in diagnostics(Completed("terraform plan", 0, said, "", 1.0))]
    ['Deprecated: Use b.']
    """
    return tuple(sorted((_diagnostic(found) for found in _found(completed.stdout)), key=lambda one: one.severity))


def failure(completed: Completed, directory: str) -> TerraformError:
    """The error for a command that failed: its diagnostics, or the end of what it wrote when there are none."""
    errors = [str(one) for one in diagnostics(completed) if one.severity == "error"]
    written = (completed.stderr.strip() or completed.stdout.strip()).splitlines()[-10:]
    heading = f"{completed.command} failed (exit status {completed.exit_status}) in {directory}:"
    return TerraformError("\n  ".join([heading, *(errors or written)]))


def events(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects in Terraform's streamed output; lines that are none are passed over."""
    for line in text.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict):
            yield event


def _found(text: str) -> Iterator[Mapping[str, Any]]:
    if text.startswith("{\n"):  # validate writes one object, the others one a line
        yield from json.loads(text)["diagnostics"]
        return
    yield from (event["diagnostic"] for event in events(text) if event.get("type") == "diagnostic")


def _diagnostic(found: Mapping[str, Any]) -> Diagnostic:
    place = found.get("range") or {}
    return Diagnostic(
        severity=found["severity"],
        summary=found["summary"],
        detail=found.get("detail", ""),
        address=found.get("address", ""),
        file=place.get("filename", ""),
        line=place.get("start", {}).get("line", 0),
    )
