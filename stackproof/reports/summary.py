"""The last lines of a run in the terminal."""

import textwrap
from itertools import islice
from pathlib import Path

from stackproof.core.results import ControlResult, Examined, Run
from stackproof.core.verdicts import Verdict
from stackproof.reports.text import WORST_FIRST, not_passed
from stackproof.util.text import counted, duration, visible

_WIDTH = 120
_OPEN = (Verdict.FAIL, Verdict.ERROR, Verdict.UNKNOWN)
_LINES = 8
"""At most so many lines of one message are shown; the HTML report shows all."""
_RESOURCES = 5
"""At most so many resources of one control are shown; the HTML report shows all."""


def summary_line(run: Run, report_path: Path) -> str:
    """The last line: how many controls ended how, what it cost, and where to read on.

    >>> from datetime import UTC, datetime
    >>> run = Run(datetime(2026, 11, 21, tzinfo=UTC), 2.0, "local", "plan", "", "", {}, {"rds:DescribeDBInstances": 1})
    >>> summary_line(run, Path("reports/local-plan/report.html"))
    'local on plan: no control ran; 1 AWS call, 2.0 s; reports/local-plan/report.html'
    """
    counts = [f"{run.counts[verdict]} {verdict}" for verdict in WORST_FIRST if run.counts[verdict]]
    calls = counted(sum(run.calls.values()), "AWS call")
    told = (
        f"{', '.join(counts)}; nothing was judged, so the gate is closed" if counts and run.judged_nothing else ", ".join(counts)
    )
    return f"{run.environment} on {run.target}: {told or 'no control ran'}; {calls}, {duration(run.seconds)}; {report_path}"


def listing(run: Run) -> list[str]:
    """Lines for each control that failed, could not be verified or is not known yet, then what is not applicable or not declared."""
    return [
        *(line for verdict in _OPEN for control in run.controls if control.verdict is verdict for line in _open(control)),
        *_set_aside(run),
    ]


def notes(run: Run) -> list[str]:
    """Lines for what a reader must know to trust the verdicts."""
    return [line for note in run.notes for line in _brief(f"Note: {note}", "")]


def _open(control: ControlResult) -> list[str]:
    """The control, why, and the resources that the reason does not name yet."""
    head = f"{control.verdict} {visible(control.id)} ({visible(control.severity)}) {visible(control.title)}"
    reason = control.message.strip()
    lines = [line for line in reason.splitlines() if line.strip()]
    others = (line for each in not_passed(control) if each.verdict in _OPEN and (line := _beside(reason, each)))
    resources, more = list(islice(others, _RESOURCES)), sum(1 for _ in others)
    return [
        textwrap.shorten(head, _WIDTH, placeholder=" ..."),
        *(line for said in lines[:_LINES] for line in _brief(said, "    ")),
        *([f"    and {counted(len(lines) - _LINES, 'line')} more, see the report"] if len(lines) > _LINES else []),
        *(line for resource in resources for line in _brief(resource, "    ")),
        *([f"    and {counted(more, 'resource')} more, see the report"] if more > 0 else []),
    ]


def _beside(reason: str, each: Examined) -> str:
    """What the judgement of one resource adds to the reason of its control."""
    if each.message not in reason:
        return f"{each.resource}: {each.message}"
    return "" if each.resource in reason else each.resource


def _set_aside(run: Run) -> list[str]:
    """The reasons, each with the controls that it sets aside."""
    aside: dict[tuple[Verdict, str], list[str]] = {}
    for control in run.controls:
        if control.verdict.is_set_aside:
            aside.setdefault((control.verdict, control.message), []).append(control.id)
    return [
        line
        for shown in (Verdict.NOT_APPLICABLE, Verdict.NOT_DECLARED)
        for (verdict, reason), controls in aside.items()
        if verdict is shown
        for line in _brief(f"{verdict} {', '.join(controls)}: {reason}", "")
    ]


def _brief(text: str, indent: str) -> list[str]:
    """The first two lines of a text, wrapped."""
    return textwrap.wrap(
        " ".join(visible(text).split()),
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        max_lines=2,
        placeholder=" ...",
    )
