"""What a run leaves of its judgements: results.json, report.html, and the rows and properties of pytest's own reports."""

import tempfile
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from stackproof.core.controls import control_of, declared
from stackproof.core.results import Run
from stackproof.core.runner import Judgement
from stackproof.plugin.judged import result_of
from stackproof.profile.schema import Profile
from stackproof.reports import formats, html, junit
from stackproof.reports.write import write_results


def write(judgements: Mapping[str, Judgement], profile: Profile, calls: Counter[str]) -> float:
    """Write all of them for judgements by the id of the control, into a folder that goes again. Returns the megabytes of results.json."""
    results = []
    for id, judged in judgements.items():
        control = control_of(declared[id])
        assert control
        results.append(
            result_of(control, id, "security", profile.owners, judged.verdict, judged.message, judged.seconds, judgement=judged)
        )
    for one in results:
        for make in (html.row_cells, html.detail_html, junit.properties):
            make(one)
    run = Run(datetime.now(UTC), 0.0, profile.name, "aws", profile.account_id, profile.region, {}, calls, controls=tuple(results))
    with tempfile.TemporaryDirectory() as directory:
        page = formats.render("html", formats.Finished(run))
        Path(directory, "report.html").write_text(str(page), encoding="utf-8")
        return write_results(run, Path(directory)).stat().st_size / 1024**2
