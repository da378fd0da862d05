"""CSV, for spreadsheets: one line a judgement. No cell begins a formula."""

import csv
import io

from stackproof.reports.exports.rows import Row, rows
from stackproof.reports.formats import Finished
from stackproof.reports.text import extent

COLUMNS = (
    "environment", "target", "run", "started", "control", "title", "severity", "verdict", "resource", "type", "arn", "account", "region",
    "address", "file", "line", "found", "owner", "remedy", "accepted", "requirements", "finding",
)  # fmt: skip

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""The characters with which spreadsheets begin a formula, or a cell that they read again."""


def as_csv(finished: Finished) -> str:
    """The run as CSV with a header, UTF-8 with the mark that spreadsheets know it by."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    if said := extent(run := finished.run, finished.language):
        about = {"environment": run.environment, "target": run.target, "run": run.id, "found": said}
        writer.writerow([harmless(about.get(column, "")) for column in COLUMNS])
    writer.writerows(tuple(map(harmless, _cells(row))) for row in rows(finished))
    return "\N{ZERO WIDTH NO-BREAK SPACE}" + text.getvalue()


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
