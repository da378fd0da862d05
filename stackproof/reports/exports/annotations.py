"""Annotations of GitHub Actions: a workflow command a line, which the runner shows at the file and line of a pull request.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from collections.abc import Iterator

from stackproof.core.messages import say
from stackproof.core.sentences import extent
from stackproof.core.translation import told as told
from stackproof.core.verdicts import Verdict
from stackproof.reports.exports.rows import Row, rows
from stackproof.reports.formats import Finished, Several

_LEVELS = {Verdict.FAIL: "error", Verdict.ERROR: "error", Verdict.UNKNOWN: "warning", Verdict.WAIVED: "notice"}


def annotations(finished: Finished) -> str:
    """The run as workflow commands, the gravest first: GitHub shows ten of a kind for each step."""
    found = sorted((row for row in rows(finished) if row.verdict in _LEVELS), key=lambda row: [*_LEVELS].index(row.verdict))
    return "".join(f"{line}\n" for line in (*_about(finished), *map(_command, found)))


def of_all(several: Several) -> Iterator[str]:
    """Many runs, one after the other."""
    return map(annotations, several.each())


def _about(finished: Finished) -> Iterator[str]:
    """That a run was of some controls, or was aborted."""
    run, language = finished.run, finished.language
    if said := extent(run, language):
        yield f"::warning title=stackproof::{_data(said)}"
    if run.aborted:
        why = say(language, "report.aborted", why=told(run.aborted, language))
        yield f"::error title=stackproof::{_data(why)}"


def _command(row: Row) -> str:
    file, line = row.place
    values = {"file": file, "line": str(line), "title": f"{row.control.id} {row.verdict.value}"}
    said = ",".join(f"{name}={_property(value)}" for name, value in values.items())
    message = row.sentence + (f" [{row.acceptance}]" if row.verdict is Verdict.WAIVED else "")
    return f"::{_LEVELS[row.verdict]} {said}::{_data(message)}"


def _data(text: str) -> str:
    r"""Text after the colons: a line break in it would begin a command of its own.

    >>> _data("a\n::error::b 100%")
    'a%0A::error::b 100%25'
    """
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
