"""A pytest item as a control, its result, and pytest's reports about it without secrets."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stackproof.core import room
from stackproof.core.controls import Control, control_of, folder_of, suite_ids
from stackproof.core.results import ControlResult, Finding, Reason
from stackproof.core.runner import Judgement
from stackproof.core.verdicts import NoRoom, UsageError, Verdict
from stackproof.frameworks.coverage import requirements_of
from stackproof.plugin import places
from stackproof.profile.owners import Owners
from stackproof.redaction import redaction
from stackproof.util import extras
from stackproof.util.text import difference

RESULT = pytest.StashKey[ControlResult]()
PROVEN = pytest.StashKey[frozenset[str]]()


CATEGORY = {
    Verdict.PASS: "passed",
    Verdict.FAIL: "failed",
    Verdict.ERROR: "error",
    Verdict.UNKNOWN: "unknown",
    Verdict.WAIVED: "waived",
    Verdict.NOT_DECLARED: "not declared",
    Verdict.NOT_APPLICABLE: "not applicable",
}
"""What pytest counts a verdict as in its own summary."""


SHOWN = {
    Verdict.PASS: (".", "green"),
    Verdict.FAIL: ("F", "red"),
    Verdict.ERROR: ("E", "red"),
    Verdict.UNKNOWN: ("?", "yellow"),
    Verdict.WAIVED: ("w", "yellow"),
    Verdict.NOT_DECLARED: ("o", "yellow"),
    Verdict.NOT_APPLICABLE: ("-", "yellow"),
}
"""Letter and colour of a verdict in the terminal."""


@contextmanager
def bad_input() -> Iterator[None]:
    """Hand our bad-input errors, and extras that are not installed, to pytest as its own: one message, exit status 4."""
    try:
        with room.ending():
            yield
    except NoRoom as error:
        raise pytest.UsageError(redaction.redact(f"{error}; nothing was judged")) from None
    except UsageError as error:
        raise pytest.UsageError(redaction.redact(str(error))) from None
    except ModuleNotFoundError as error:
        if absent := extras.missing(error):
            raise pytest.UsageError(absent) from None
        raise


def without_secrets(report: Any) -> Any:
    """A report of pytest's own making (a traceback, captured output) without secrets."""
    report.sections = [(name, redaction.redact(text)) for name, text in report.sections]
    if report.longrepr and not isinstance(report.longrepr, tuple):  # a tuple is where and why a test was skipped
        text = str(report.longrepr)
        if redaction.redact(text) != text:
            report.longrepr = redaction.redact(text)
    return report


def control_in(item: pytest.Item) -> Control | None:
    return control_of(getattr(item, "obj", None))


def result_of_control(
    item: pytest.Item, owners: Owners, verdict: Verdict, message: str, seconds: float, judgement: Judgement | None = None
) -> ControlResult:
    control = control_in(item)
    assert control is not None
    folder = folder_of(Path(os.path.relpath(item.path, item.config.rootpath)))
    result = result_of(control, item.nodeid, folder, owners, verdict, message, seconds, judgement)
    return result if result.proven else replace(result, proven=control.id in _proven(item.config))


def result_of(
    control: Control,
    test: str,
    folder: str,
    owners: Owners,
    verdict: Verdict,
    message: str,
    seconds: float,
    judgement: Judgement | None = None,
) -> ControlResult:
    """The result of a control; without a judgement, of one that broke. ``test`` is pytest's node id, ``folder`` that of the suite."""
    entry = control.entry
    return ControlResult(
        id=control.id,
        title=entry.title,
        title_ko=entry.title_ko,
        severity=control.severity,
        verdict=verdict,
        message=message,
        seconds=seconds,
        test=test,
        resources=judgement.resources if judgement else (),
        read=judgement.read if judgement else (),
        folder=folder,
        documented=entry.documented,
        why=entry.why,
        why_ko=entry.why_ko,
        remedy=entry.remedy,
        remedy_ko=entry.remedy_ko,
        terraform=entry.terraform,
        cli=entry.cli,
        console=entry.console,
        owner=owners.of(control.id, folder, control.severity),
        due=owners.due(control.severity, datetime.now(UTC).date()) if verdict.is_open else None,
        frameworks=requirements_of(control.id),
        proven=control.id in suite_ids(),
        finding=judgement.finding if judgement else Finding(Reason.BROKEN),
    )


def _proven(config: pytest.Config) -> frozenset[str]:
    """The controls of the project's own that a proof in its repository says of what they must fail."""
    if PROVEN not in config.stash:
        config.stash[PROVEN] = places.proven(config)
    return config.stash[PROVEN]


def compared(op: str, left: object, right: object) -> list[str] | None:
    """The explanation of a comparison of sets that failed, for pytest: what is there beside the other, and what is missing."""
    if op == "==" and isinstance(left, frozenset | set) and isinstance(right, frozenset | set):
        return difference(left, right)
    return None
