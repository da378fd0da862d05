"""GitLab's code quality report: what is wrong, accepted or could not be verified, at the line of the Terraform source.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from collections.abc import Iterator
from typing import Any

from stackproof.core.sentences import extent
from stackproof.core.verdicts import Verdict
from stackproof.reports.exports.rows import Row, as_lines, named_id, rows
from stackproof.reports.formats import Finished, Several

_SEVERITIES = {"critical": "blocker", "high": "critical", "medium": "major", "low": "minor"}
_TOLD = (Verdict.FAIL, Verdict.ERROR, Verdict.UNKNOWN, Verdict.WAIVED)


def gitlab(finished: Finished) -> str:
    """The run as a list of issues; an accepted finding is one of severity ``info``, as the format has no acceptance."""
    return "".join(as_lines(_issues(finished)))


def of_all(several: Several) -> Iterator[str]:
    """Many runs as one list of issues."""
    return as_lines(one for finished in several.each() for one in _issues(finished))


def _issues(finished: Finished) -> Iterator[dict[str, Any]]:
    yield from _extent(finished)
    yield from (_issue(row) for row in rows(finished) if row.verdict in _TOLD)


def _extent(finished: Finished) -> list[dict[str, Any]]:
    """Of a run of some controls, an issue that says so."""
    run = finished.run
    if not (said := extent(run, finished.language)):
        return []
    name = named_id("extent", run.environment, run.target, *finished.scope)
    location = {"path": f"environments/{run.environment}.toml", "lines": {"begin": 1}}
    return [{"description": said, "check_name": "stackproof", "fingerprint": name, "severity": "info", "location": location}]


def _issue(row: Row) -> dict[str, Any]:
    file, line = row.place
    is_accepted = row.verdict is Verdict.WAIVED
    return {
        "description": f"{row.verdict.value}: {row.sentence}" + (f" [{row.acceptance}]" if is_accepted else ""),
        "check_name": row.control.id,
        "fingerprint": row.id,
        "severity": "info" if is_accepted else _SEVERITIES[row.control.severity],
        "location": {"path": file, "lines": {"begin": line}},
    }
