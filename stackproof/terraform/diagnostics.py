"""The diagnostics of Terraform, errors and warnings, read from its ``-json`` output."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stackproof.terraform.cli import Completed, TerraformError


class ProviderFailed(TerraformError):
    """A provider could not be installed or started, by no fault of the sources; `reason` is the first diagnostic, in one line."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


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


def failure(completed: Completed, directory: str, *, is_pinned: bool = False) -> TerraformError:
    """The error for a command that failed: its diagnostics, or the end of what it wrote when there are none.

    It is `ProviderFailed` where a provider did not start or could not be downloaded, and, if its version is not the sources' own choice
    (``is_pinned``), where it was not found.
    """
    found = [one for one in diagnostics(completed) if one.severity == "error"]
    errors = [str(one) for one in found]
    written = (completed.stderr.strip() or completed.stdout.strip()).splitlines()[-10:]
    heading = f"{completed.command} failed (exit status {completed.exit_status}) in {directory}:"
    message = "\n  ".join([heading, *(errors or written)])
    broken = next((str(one) for one in found if _is_the_providers(one, is_pinned=is_pinned)), None)
    return ProviderFailed(message, broken) if broken else TerraformError(message)


_NOT_STARTED = (
    "Failed to load plugin schemas",
    "Failed to instantiate provider",
    "Plugin did not respond",
    "Failed to request schema",
)
"""Summaries of Terraform's diagnostics for a provider that is installed and does not run."""
_NOT_INSTALLED = "Failed to install provider"
_NOT_FOUND = "Failed to query available provider packages"
_COMMITTED = ("checksum", "dependency lock file", "locked provider")
"""What a diagnostic says when a lock file that was committed refuses a provider."""


def _is_the_providers(one: Diagnostic, *, is_pinned: bool) -> bool:
    """
    >>> broken = Diagnostic("error", "Failed to install provider", "Error while installing hashicorp/aws v6.69.1: EOF", "", "", 0)
    >>> unknown = Diagnostic("error", "Failed to query available provider packages", "no releases of hashicorp/aws", "", "", 0)
    >>> [_is_the_providers(one, is_pinned=pinned) for one, pinned in ((broken, False), (unknown, False), (unknown, True))]
    [True, False, True]
    """
    if "hashicorp/aws" not in one.detail or any(word in one.detail for word in _COMMITTED):
        return False
    return one.summary.startswith((*_NOT_STARTED, _NOT_INSTALLED)) or (is_pinned and one.summary.startswith(_NOT_FOUND))


def events(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects in Terraform's streamed output; lines that are none are passed over."""
    for line in text.splitlines():
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
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
