"""The last lines of a run in the terminal: what is open, the gravest first; what was set aside, and the notes."""

import textwrap
from itertools import islice
from pathlib import Path

from stackproof.core import sentences
from stackproof.core.messages import Language, say
from stackproof.core.results import ControlResult, Examined, Run, WaiverState
from stackproof.core.sentences import of_finding, sentence
from stackproof.core.translation import told
from stackproof.core.verdicts import Verdict
from stackproof.reports import view
from stackproof.reports.text import WORST_FIRST, confirmation, not_passed
from stackproof.util.text import duration, visible

_WIDTH = 120
_RESOURCES = 5
"""At most so many resources of one control are shown; the HTML report shows all."""


def summary_line(run: Run, report_path: Path, language: Language = "en") -> str:
    """The last line: how many controls ended how, what it cost, and where to read on.

    >>> from datetime import UTC, datetime
    >>> run = Run(datetime(2026, 11, 21, tzinfo=UTC), 2.0, "local", "plan", "", "", {}, {"rds:DescribeDBInstances": 1})
    >>> summary_line(run, Path("reports/local-plan/latest/report.html"))
    'local on plan: no control ran; 1 AWS call, 2.0 s; reports/local-plan/latest/report.html'
    """
    number = sum(run.calls.values())
    counts = [f"{run.counts[verdict]} {verdict}" for verdict in WORST_FIRST if run.counts[verdict]]
    return say(
        language,
        "terminal.calls",
        environment=run.environment,
        target=run.target,
        counts=", ".join(counts) or say(language, "terminal.nothing-ran"),
        calls=say(language, "terminal.call" if number == 1 else "terminal.number-of-calls", count=f"{number:,}"),
        took=duration(run.seconds),
        report=report_path,
    )


def listing(run: Run, language: Language = "en", *, is_short: bool = False) -> list[str]:
    """Lines about a run: why it was aborted; each open control, by severity; what was set aside, by its reason; notes.

    The short form has a line for each open control alone.
    """
    if run.aborted and not run.controls:
        return [say(language, "report.aborted", why=told(visible(run.aborted), language))]
    closed = (f"ERROR: {visible(told(why, language))}" for why in (run.unreviewed, run.unjudged) if why)
    found = [
        *(line for said in closed for line in textwrap.wrap(said, _WIDTH, subsequent_indent="  ")),
        *(line for control in _in_order(run) for line in _open(control, language, is_short=is_short)),
    ]
    if is_short:
        return found
    return [*found, *_set_aside(run, language), *_accepted(run, language), *notes(run, language)]


def _accepted(run: Run, language: Language) -> list[str]:
    """A line for each waiver that counts here: what it accepts, until when, and whom to ask."""
    lines = []
    for one in run.waivers:
        if one.state is not WaiverState.ELSEWHERE:
            state = say(language, f"state.{one.state.replace(' ', '-')}")
            what = " ".join(filter(None, (one.check, one.resource, one.field)))
            by = f"{one.owner}, {one.ticket}, {confirmation(one, language)}"
            said = f"{', '.join(one.controls)}: {what}: {state}, {one.expires} ({by})"
            lines += _brief(f"{Verdict.WAIVED} {said}", "")
    return lines


def notes(run: Run, language: Language = "en") -> list[str]:
    """Lines for what a reader must know to trust the verdicts."""
    return [line for note in run.notes for line in _brief(f"{say(language, 'terminal.note')}: {told(note, language)}", "")]


def _in_order(run: Run) -> list[ControlResult]:
    """The open controls, the gravest first."""

    def rank(control: ControlResult) -> tuple[int, int]:
        severities = view.SEVERITIES
        severity = severities.index(control.severity) if control.severity in severities else len(severities)
        return severity, WORST_FIRST.index(control.verdict)

    return sorted((control for control in run.controls if control.verdict.is_open), key=rank)


def _open(control: ControlResult, language: Language, *, is_short: bool) -> list[str]:
    """The control, a sentence for each of its resources, and what to do."""
    title = view.title(control, language)
    owner = f" [{visible(control.owner)}]" if control.owner else ""
    severity = say(language, f"severity.{control.severity}") if control.severity in view.SEVERITIES else visible(control.severity)
    head = f"{severity} {control.verdict} {visible(control.id)}{owner}: {visible(title)}"
    heading = textwrap.shorten(head, _WIDTH, placeholder=" ...")
    if is_short:
        return [heading]
    said = _sentences(control, language)
    shown, more = said[:_RESOURCES], len(said) - _RESOURCES
    remedy = sentences.remedy(control, _decisive(control), language)
    return [
        heading,
        *(line for one in shown for line in _brief(one, "    ")),
        *([f"    {say(language, 'terminal.more', count=f'{more:,}')}"] if more > 0 else []),
        *(_brief(f"-> {remedy}", "    ") if remedy else []),
    ]


def _decisive(control: ControlResult) -> Examined:
    """The first of its resources that decided; the control itself, where none did."""
    whole = Examined("", control.verdict, control.message, finding=control.finding)
    return next((one for one in control.resources if one.verdict is control.verdict), whole)


def _sentences(control: ControlResult, language: Language) -> list[str]:
    open_ones = (one for one in not_passed(control) if one.verdict.is_open and (one.finding or one.message))
    said = [_sentence(one, language) for one in islice(open_ones, 10_000)]
    whole = of_finding(control.finding, control.message, language) if control.finding or not said else ""
    return list(dict.fromkeys(one for one in (*said, whole) if one))


def _sentence(one: Examined, language: Language) -> str:
    return sentence(one, language) or one.resource


def _set_aside(run: Run, language: Language) -> list[str]:
    """The reasons, each with the controls that it sets aside."""
    lines = []
    for verdict in (Verdict.NOT_APPLICABLE, Verdict.NOT_DECLARED):
        aside: dict[str, list[str]] = {}
        for control in run.controls:
            if control.verdict is verdict:
                aside.setdefault(of_finding(control.finding, control.message, language), []).append(control.id)
        lines += [line for why, ids in aside.items() for line in _brief(f"{verdict} {', '.join(ids)}: {why}", "")]
    return lines


def _brief(text: str, indent: str) -> list[str]:
    """The first two lines of a text, wrapped."""
    return textwrap.wrap(
        " ".join(visible(text).split()),
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        max_lines=2,
        placeholder=" ...",
        break_on_hyphens=False,  # names have them
    )
