"""CSV, for spreadsheets: one line a judgement. No cell begins a formula."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from stackproof.core.sentences import extent
from stackproof.reports.exports.rows import Row, rows
from stackproof.reports.formats import Finished, Several

COLUMNS = (
    "environment", "target", "run", "started", "control", "title", "severity", "verdict", "resource", "type", "arn", "account", "region",
    "address", "file", "line", "found", "owner", "remedy", "accepted", "requirements", "finding",
)  # fmt: skip

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""The characters with which spreadsheets begin a formula, or a cell that they read again."""


def as_csv(finished: Finished) -> str:
    """The run as CSV with a header, UTF-8 with the mark that spreadsheets know it by."""
    return "".join((_HEAD, _lines([COLUMNS]), _lines(_table(finished))))


def of_all(several: Several) -> Iterator[str]:
    """Many runs as one table, with the account and the region of each line."""
    yield _HEAD + _lines([COLUMNS])
    for finished in several.each():
        yield _lines(_table(finished))


_HEAD = "\N{ZERO WIDTH NO-BREAK SPACE}"


def _lines(table: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(table)
    return text.getvalue()


def _table(finished: Finished) -> Iterator[Sequence[str]]:
    if said := extent(run := finished.run, finished.language):
        about = {"environment": run.environment, "target": run.target, "run": run.id, "found": said}
        yield [harmless(about.get(column, "")) for column in COLUMNS]
    yield from (tuple(map(harmless, _cells(row))) for row in rows(finished))


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: such a one begins with an apostrophe, as OWASP advises.

    >>> [harmless(cell) for cell in ("=1+1", " @SUM(A1)", "db-1", "-1")]
    ["'=1+1", "' @SUM(A1)", 'db-1', "'-1"]
    """
    return f"'{cell}" if cell.lstrip(" \N{NO-BREAK SPACE}").startswith(FORMULA) else cell


def _cells(row: Row) -> tuple[str, ...]:
    run, control, subject = row.run, row.control, row.subject
    return (
        run.environment, run.target, run.id, run.started.isoformat(), control.id, row.title, control.severity, row.verdict.value,
        row.examined.resource, subject.type, subject.arn, subject.account or run.account, subject.region or run.region,
        subject.address, subject.file, str(subject.line or ""), row.sentence, control.owner, row.remedy, row.acceptance,
        "; ".join(f"{framework} {id}" for framework, id in row.requirements), row.id,
    )  # fmt: skip
