"""The contents of the HTML report that pytest-html writes: one row a control.

pytest-html draws its rows by script, from cells and details that it puts into the page as they are. So every text is
escaped here. Three of its rules shape the cells:

- A row is shown only if its cell ``col-result`` holds an outcome that pytest knows, and that outcome decides whether the
  row is open at first. The cell is therefore there, hidden; people see ``col-verdict``.
- A column sorts by the markup of its cells, so a cell starts with ``data-order`` where its text does not sort itself.
- Markup of one cell, and a line of the details, must not span lines (``E`` at the start of a line is coloured).

Filtering needs no script: each count is a checkbox, and report.css hides the rows of an unchecked one.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC
from html import escape
from itertools import groupby, islice
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

from stackproof.core.messages import say, users_language
from stackproof.core.results import ControlResult, Reading, Run
from stackproof.core.sentences import sentence_of
from stackproof.core.translation import for_user
from stackproof.core.verdicts import Verdict
from stackproof.reports import changes, view
from stackproof.reports.text import WORST_FIRST, examined, explained, worst_first
from stackproof.util.text import counted, duration, shortened, visible

STYLESHEET = Path(__file__).with_name("report.css")
"""For pytest-html's option ``--css``."""

MOST_ROWS = 1000
"""Of each table under a control; results.json has all."""

SEVERITIES = ("critical", "high", "medium", "low")

_OUTCOME: Mapping[Verdict, str] = {
    Verdict.FAIL: "Failed",
    Verdict.ERROR: "Error",
    Verdict.UNKNOWN: "Skipped",
    Verdict.NOT_DECLARED: "Skipped",
    Verdict.NOT_APPLICABLE: "Skipped",
    Verdict.WAIVED: "Skipped",
    Verdict.PASS: "Passed",
}
"""pytest-html's own name for the hidden cell ``col-result``."""


def title(environment: str, target: str) -> str:
    """The heading of the report; pytest-html escapes it."""
    return visible(_say("title", environment=environment, target=target))


def header_cells() -> list[str]:
    """The heads of the columns that `row_cells` fills."""
    heads = {
        "testId": "control",
        "title": "condition",
        "severity": "severity",
        "verdict": "verdict",
        "resources": "resources",
        "seconds": "took",
    }
    return [
        f'<th class="sortable" data-column-type="result" hidden>{_say("state")}</th>',
        *(f'<th class="sortable" data-column-type="{name}">{_say(key)}</th>' for name, key in heads.items()),
    ]


def row_cells(result: ControlResult) -> list[str]:
    """The row of one control."""
    names = examined(result)
    language = users_language()
    is_other = language == "en" and result.title_ko
    korean = f'<span class="ko" lang="ko">{_text(result.title_ko)}</span>' if is_other else ""
    more = f'<span class="names">{_text(shortened(names, 3))}</span>' if names else ""
    return [
        f'<td class="col-result" hidden>{_OUTCOME[result.verdict]}</td>',
        # pytest-html makes this text the row's id in the page: the summary links to it.
        f'<td class="col-testId">{_text(result.id)}</td>',
        f'<td class="col-title">{_text(view.title(result, language))}{korean}</td>',
        f'<td class="col-severity">{_severity(result.severity)}</td>',
        f'<td class="col-verdict">{_verdict(result.verdict)}</td>',
        f'<td class="col-resources"><span data-order="{len(names):06}">{len(names)}</span>{more}</td>',
        f'<td class="col-seconds">{_seconds(result.seconds)}</td>',
    ]


def other_row_cells(test: str, outcome: str, seconds: float) -> list[str]:
    """The row of something that is no control, as a file that could not be imported.

    `outcome` is pytest's: ``passed``, ``skipped`` or ``failed``.
    """
    verdict = {"passed": Verdict.PASS, "skipped": Verdict.NOT_APPLICABLE}.get(outcome, Verdict.ERROR)
    return [
        f'<td class="col-result" hidden>{_OUTCOME[verdict]}</td>',
        f'<td class="col-testId">{_text(test)}</td>',
        f'<td class="col-title">{_said("Not a control")}</td>',
        '<td class="col-severity"></td>',
        f'<td class="col-verdict">{_verdict(verdict)}</td>',
        '<td class="col-resources"></td>',
        f'<td class="col-seconds">{_seconds(seconds)}</td>',
    ]


def detail_html(result: ControlResult, reasons: Mapping[str, str] = MappingProxyType({})) -> str:
    """The markup, one line, that opens under a row: why, which resources, and what was read where; ``reasons``: see `explained`."""
    return (
        f'<div class="detail">{_message(result, reasons)}{_resources(result, reasons)}{_evidence(result.read)}'
        f'<p class="test">{_say("test")} <code>{_text(result.test)}</code></p></div>'
    )


def summary_html(run: Run) -> str:
    """The markup above the table: the outcome, what was judged, the counts, and every control that did not pass."""
    return (
        f'<div class="run">{_outcome(run)}{changes.section(run.plans)}{_facts(run)}{_counts(run)}{_severities(run)}{_notes(run)}'
        f"{''.join(_reasons(run, verdict) for verdict in WORST_FIRST if verdict is not Verdict.PASS)}"
        f"<noscript><p>{_say('needs-script')}</p></noscript></div>"
    )


def _outcome(run: Run) -> str:
    if not run.controls:
        return f'<p class="outcome closed">{_said("No control ran.")}</p>'
    state = "closed" if run.exit_status else "open"
    counts = ", ".join(f"{run.counts[verdict]} {verdict}" for verdict in WORST_FIRST if run.counts[verdict])
    of = _say("of-controls", total=len(run.controls), counts=counts)
    nothing = f" {_said('Nothing was judged.')}" if run.judged_nothing else ""
    return f'<p class="outcome {state}">{_say(f"gate-{state}")} {of}{nothing}</p>'


def _facts(run: Run) -> str:
    calls = ", ".join(f"{operation} {number}" for operation, number in sorted(run.calls.items()))
    facts = {
        "environment": run.environment,
        "target": run.target,
        "account": run.account or _say("none"),
        "region": run.region or _say("none"),
        "started": f"{run.started.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
        "took": duration(run.seconds),
    }
    wide = {
        "versions": ", ".join(f"{name} {version}" for name, version in sorted(run.versions.items())),
        "calls": f"{sum(run.calls.values()):,}" + (f": {calls}" if calls else ""),
    }
    return (
        '<dl class="facts">'
        + "".join(f"<div><dt>{_say(key)}</dt><dd>{_text(value)}</dd></div>" for key, value in facts.items())
        + "".join(f'<div class="wide"><dt>{_say(key)}</dt><dd>{_text(value)}</dd></div>' for key, value in wide.items())
        + "</dl>"
    )


def _counts(run: Run) -> str:
    chips = "".join(
        _filter(verdict.value, run.counts[verdict], f"verdict-{verdict.value}", _meaning(verdict)) for verdict in WORST_FIRST
    )
    return f'<div class="counts" role="group" aria-label="{_say("verdict")}">{chips}</div>'


def _severities(run: Run) -> str:
    number = Counter(control.severity for control in run.controls)
    chips = "".join(
        _filter(say(users_language(), f"severity.{severity}"), number[severity], f"severity-{order}", "")
        for order, severity in enumerate(SEVERITIES)
    )
    return (
        f'<div class="counts severities" role="group" aria-label="{_say("severity")}">{chips}'
        f'<span class="hint">{_said("Untick a count to hide its rows; paper always shows all.")}</span></div>'
    )


def _filter(name: str, count: int, css_class: str, meaning: str) -> str:
    """A count that is the checkbox for its rows: report.css knows its id ``show-<css_class>``."""
    return (
        f'<label class="count {css_class}{"" if count else " none"}">'
        f'<input type="checkbox" id="show-{css_class}" checked autocomplete="off">'
        f'<b>{count}</b> <span class="name">{name}</span>'
        + (f'<span class="meaning">{meaning}</span>' if meaning else "")
        + "</label>"
    )


def _notes(run: Run) -> str:
    notes = "".join(f"<li>{_text(for_user(note))}</li>" for note in run.notes)
    return f'<section class="notes"><h3>{_say("notes")}</h3><ul>{notes}</ul></section>' if notes else ""


def _reasons(run: Run, verdict: Verdict) -> str:
    """The controls that ended in one verdict, each with the first line of its reason."""
    rows = [
        _row(
            f'<a href="#{_text(control.id)}">{_text(control.id)}</a>',
            _text(view.title(control, users_language())),
            _severity(control.severity),
            _text(_reason(control)),
        )
        for control in run.controls
        if control.verdict is verdict
    ]
    heads = ("control", "condition", "severity", "finding")
    return _table(f"{verdict}: {_meaning(verdict)}", f"reasons verdict-{verdict}", heads, rows)


def _reason(control: ControlResult) -> str:
    return sentence_of(control, users_language()).strip().partition("\n")[0] or _said("no reason was given")


def _message(result: ControlResult, reasons: Mapping[str, str]) -> str:
    """The message: its first line in words, what follows as it was laid out."""
    first, _, rest = explained(result.message, reasons, users_language()).strip().partition("\n")
    if not first:
        return ""
    laid_out = f'<pre class="more">{_lines(rest)}</pre>' if rest.strip() else ""
    return f'<p class="message">{_text(first)}</p>{laid_out}'


def _resources(result: ControlResult, reasons: Mapping[str, str]) -> str:
    rows = [
        _row(
            _verdict(each.verdict),
            _text(each.resource),
            f'<span class="why">{_lines(explained(each.message, reasons, users_language()))}</span>',
        )
        for each in islice(worst_first(result), MOST_ROWS)
    ]
    rest = _rest(len(result.resources), "resource")
    return _table(_say("resources"), "resources", ("verdict", "resource", "finding"), rows, rest)


def _evidence(read: Sequence[Reading]) -> str:
    """A row a reading; the name of a resource spans what was read of it in one go."""
    rows = []
    for name, group in groupby(islice(read, MOST_ROWS), key=lambda reading: reading.resource):
        readings = list(group)
        first = f'<td rowspan="{len(readings)}">{_text(name)}</td>'
        for reading in readings:
            rows.append(
                f"<tr>{first}<td>{_code(reading.field)}</td><td>{_code(reading.value)}</td>"
                f"<td>{_text(reading.source)}{''.join(map(_file, reading.evidence))}</td></tr>"
            )
            first = ""
    heads = ("resource", "field", "value", "source")
    return _table(_say("evidence"), "evidence", heads, rows, _rest(len(read), "reading"))


def _rest(number: int, noun: str) -> str:
    """Where to find what a table has no row for."""
    more = number - MOST_ROWS
    said = _said(f"{counted(more, noun)} more, of {number:,}: results.json has them all.")
    return f'<p class="rest">{said}</p>' if more > 0 else ""


def _file(path: str) -> str:
    """A link to an evidence file, beside this report."""
    return f' <a class="file" href="evidence/{_text(quote(path))}">{_text(path)}</a>'


def _row(*cells: str) -> str:
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _table(heading: str, css_class: str, heads: Iterable[str], rows: Collection[str], below: str = "") -> str:
    """A table with its heading, of rows that are markup, and what stands below it; nothing for no rows."""
    if not rows:
        return ""
    head = "".join(f"<th>{_say(key)}</th>" for key in heads)
    return (
        f'<section class="{css_class}"><h3>{heading}</h3>'
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>{below}</section>"
    )


def _verdict(verdict: Verdict) -> str:
    order = WORST_FIRST.index(verdict)
    return f'<span data-order="{order}" class="verdict verdict-{verdict}">{verdict}</span>'


def _severity(severity: str) -> str:
    order = SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)
    shown = say(users_language(), f"severity.{severity}") if severity in SEVERITIES else severity
    return f'<span data-order="{order}" class="severity severity-{order}">{_text(shown)}</span>'


def _seconds(seconds: float) -> str:
    return f'<span data-order="{seconds:012.3f}">{duration(seconds)}</span>'


def _meaning(verdict: Verdict) -> str:
    return _text(say(users_language(), f"verdict.{verdict}"))


def _say(key: str, **values: object) -> str:
    """A message of reports in the user's language, as markup."""
    return _text(say(users_language(), f"report.{key}", **values))


def _said(text: str) -> str:
    """A sentence of this page in the user's language, as markup."""
    return _text(for_user(text))


def _code(text: str) -> str:
    return f"<code>{_lines(text)}</code>"


def _text(text: str) -> str:
    """Text as markup on one line."""
    return escape(" ".join(visible(text).split()))


def _lines(text: str) -> str:
    """Text as markup that keeps its lines and its spaces (with ``white-space: pre-wrap``)."""
    return escape(visible(text)).strip("\n").replace("\n", "<br>")
