"""Markdown, for the summary of a CI job and for a comment: the gate first, then what is wrong, what a plan changes, and what is accepted.

GitHub takes 65,536 characters in a comment; what does not fit is counted. Text from outside makes no link, no mention and no table.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from stackproof.core.changes import PlannedChanges
from stackproof.core.messages import Language, say
from stackproof.core.results import Run, WaiverState, WaiverUse
from stackproof.core.sentences import extent, numbers
from stackproof.core.translation import told
from stackproof.core.verdicts import Verdict
from stackproof.reports.changes import headline
from stackproof.reports.exports.rows import Row, rows, shortened
from stackproof.reports.formats import Finished
from stackproof.reports.text import confirmation, reason
from stackproof.reports.view import SEVERITIES, set_aside
from stackproof.util.text import visible

MOST = 60_000
"""Characters of a document."""

_CELL = 300
"""Characters of a cell."""

_CHANGES = 100
"""Resources of a plan that are named."""

_OPEN = (Verdict.FAIL, Verdict.ERROR, Verdict.UNKNOWN)


def markdown(finished: Finished) -> str:
    """The run as Markdown, in the language of the document."""
    run, language = finished.run, finished.language
    found = list(rows(finished))
    wrong = sorted((row for row in found if row.verdict in _OPEN), key=_gravest)
    register = [one for one in run.waivers if one.state is not WaiverState.ELSEWHERE]
    others = [row for row in found if row.verdict is Verdict.WAIVED and not row.waiver]
    accepted = [*(_registered(one, language) for one in register), *map(_accepted, others)]
    blocks = [
        _title(run, language),
        *_alerts(run, language),
        counts(run.counts),
        *(_plan(plan, language) for plan in run.plans),
        *table(say(language, "summary.wrong"), _head(language, "what"), map(_wrong, wrong), language),
        *table(say(language, "summary.accepted"), _register_head(language), accepted, language),
        *table(say(language, "summary.set-aside"), ("", ""), _set_aside(run, language), language),
        f"{say(language, 'summary.run')}: {text(run.id)} {text(run.commit[:12])} {run.started:%Y-%m-%d %H:%M:%S} UTC",
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _title(run: Run, language: Language) -> str:
    gate = say(language, "summary.closed" if run.exit_status else "summary.open")
    part = " ({}/{})".format(*numbers(run)) if run.is_partial else ""
    return f"## stackproof: {text(run.environment)}, {text(run.target)}: {gate}{part}"


def _alerts(run: Run, language: Language) -> Iterator[str]:
    if run.aborted:
        yield f"> [!CAUTION]\n> {say(language, 'summary.aborted', why=text(told(run.aborted, language)))}"
    if said := extent(run, language):
        yield f"> [!WARNING]\n> {text(said)}"


def counts(by_verdict: Mapping[Verdict, int]) -> str:
    """A table of the numbers, a column a verdict."""
    said = [(verdict.value, number) for verdict in reversed(Verdict) if (number := by_verdict[verdict])]
    names, numbers = (" | ".join(str(cell) for cell in column) for column in zip(*said, strict=True)) if said else ("", "")
    return f"| {names} |\n|{' --- |' * len(said)}\n| {numbers} |" if said else ""


def _plan(plan: PlannedChanges, language: Language) -> str:
    title = text(told(headline(plan), language))
    shown = [
        f"- **{say(language, f'action.{change.action}')}** {text(change.address)}{_forced(change.forced_by)}"
        for change in plan.changes[:_CHANGES]
    ]
    if more := len(plan.changes[_CHANGES:]):
        shown.append(f"- ... {more:,}")
    details = "\n".join(shown)
    return f"<details><summary>{title}</summary>\n\n{details}\n\n</details>" if shown else title


def _forced(by: Sequence[str]) -> str:
    return f" ({text(', '.join(by))})" if by else ""


def _head(language: Language, last: str) -> tuple[str, ...]:
    return ("", say(language, "summary.control"), say(language, f"summary.{last}"), say(language, "summary.where"))


def _gravest(row: Row) -> tuple[int, int]:
    return _OPEN.index(row.verdict), SEVERITIES.index(row.control.severity)


def _wrong(row: Row) -> tuple[str, ...]:
    control = f"**{text(row.control.id)}** ({_severity(row)}) {text(row.control.owner)}".strip()
    return row.verdict.value, control, f"{text(row.sentence)}<br>{text(row.remedy)}", _place(row)


def _severity(row: Row) -> str:
    severity = row.control.severity
    return say(row.language, f"severity.{severity}") if severity in SEVERITIES else text(severity)


def _accepted(row: Row) -> tuple[str, ...]:
    return row.verdict.value, f"**{text(row.control.id)}**", f"{text(row.sentence)}<br>{text(row.acceptance)}", _place(row)


def _register_head(language: Language) -> tuple[str, ...]:
    return "", *(say(language, f"report.{name}") for name in ("resource", "reason", "owner"))


def _registered(one: WaiverUse, language: Language) -> tuple[str, ...]:
    state = say(language, f"state.{one.state.replace(' ', '-')}")
    what = " ".join(filter(None, (one.check, one.resource, one.field)))
    by = (one.owner, one.ticket, str(one.expires), confirmation(one, language))
    controls = text(", ".join(one.controls))
    return (
        f"{Verdict.WAIVED.value} ({state})",
        f"**{controls}** {text(what)}",
        text(reason(one, language)),
        "<br>".join(map(text, by)),
    )


def _set_aside(run: Run, language: Language) -> Iterator[tuple[str, ...]]:
    """The reasons, each with the controls that it sets aside."""
    for why, controls in set_aside(run, language).items():
        verdicts = ", ".join(dict.fromkeys(control.verdict.value for control in controls))
        yield verdicts, f"**{text(', '.join(control.id for control in controls))}** {text(why)}"


def _place(row: Row) -> str:
    subject = row.subject
    place = f"{subject.file}:{subject.line}" if subject.file else ""
    return "<br>".join(text(part) for part in (place, subject.address or subject.arn) if part)


def table(title: str, head: Sequence[str], lines: Iterable[Sequence[str]], language: Language) -> Iterator[str]:
    """A table under its title, of as many lines as fit; nothing where there are none."""
    shown, length, more = [], 0, 0
    for line in lines:
        said = f"| {' | '.join(line)} |"
        length += len(said)
        if length < MOST // 4:
            shown.append(said)
        else:
            more += 1
    if not shown and not more:
        return
    yield f"### {title}"
    yield "\n".join([f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}", *shown])
    if more:
        yield say(language, "summary.more", number=f"{more:,}")


def text(given: str) -> str:
    """A text that means nothing in Markdown, on one line and not too long.

    >>> text("a | <b> @team" + chr(10) + "[x](y)")
    'a &#124; &#60;b&#62; &#64;team &#91;x&#93;&#40;y&#41;'
    """
    line = shortened(" ".join(visible(given).split()), _CELL)
    return re.sub(r"[&<>|`*\[\]()@#~\\!]|://", lambda found: "".join(f"&#{ord(letter)};" for letter in found[0]), line)
