"""HDF, the Heimdall Data Format of MITRE SAF: a profile with every control, and the results of its resources.

Heimdall computes a status from the results, and takes a control with a passed and a skipped one as passed. So in a control that did not
pass, what was not verified or not known is an error, what is set aside has impact 0 (not applicable), and what is waived says so.
https://saf.mitre.org/framework/normalize
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any

from stackproof.core.results import Run
from stackproof.core.sentences import extent
from stackproof.core.translation import told
from stackproof.core.verdicts import Verdict
from stackproof.reports.exports.rows import Row, as_json, in_parts, judged, rows
from stackproof.reports.formats import Finished, Several

_STATUSES = {
    Verdict.PASS: "passed",
    Verdict.FAIL: "failed",
    Verdict.WAIVED: "failed",
    Verdict.ERROR: "error",
    Verdict.UNKNOWN: "error",
    Verdict.NOT_APPLICABLE: "skipped",
    Verdict.NOT_DECLARED: "skipped",
}
_IMPACTS = {"critical": 1.0, "high": 0.7, "medium": 0.5, "low": 0.3}
"""Of severities, as Heimdall reads them back."""


def hdf(finished: Finished) -> str:
    """The run as the JSON that InSpec's exec writes."""
    run = finished.run
    platform = {"name": "aws", "release": run.region, "target_id": run.account}
    return as_json(_document(platform, _version(run), run.seconds, [_profile(finished)]))


def of_all(several: Several) -> Iterator[str]:
    """Many runs as one execution, each a profile with a name of its own."""
    platform = {"name": "aws", "release": "", "target_id": several.title}
    return in_parts(_document(platform, several.version, 0.0, map(_profile, several.each())))


def _document(platform: Mapping[str, str], version: str, seconds: float, profiles: object) -> dict[str, Any]:
    return {"platform": platform, "version": version, "statistics": {"duration": seconds}, "profiles": profiles}


def _version(run: Run) -> str:
    return run.versions.get("stackproof", "0")


def _profile(finished: Finished) -> dict[str, Any]:
    run = finished.run
    controls = [_control(list(found)) for _, found in groupby(rows(finished), key=lambda row: row.control.id)]
    say = partial(told, language=finished.language)
    title = say(f"{run.environment} judged on {run.target}")
    return {
        "name": "-".join(("stackproof", *finished.scope)),
        "version": _version(run),
        "title": " ".join((title, *finished.scope)),
        "maintainer": "stackproof",
        "summary": " ".join(filter(None, [f"{title}.", extent(run, finished.language), *map(say, [judged(run), *run.notes])])),
        "supports": [],
        "attributes": [],
        "groups": [],
        "status": "loaded",
        "sha256": hashlib.sha256("\n".join(control["id"] for control in controls).encode()).hexdigest(),
        "controls": controls,
    }


def _control(found: Sequence[Row]) -> dict[str, Any]:
    row = found[0]
    control = row.control
    said = {
        "check": control.documented,
        "fix": row.fix,
        "rationale": row.why,
        "console": control.console,
    }
    document: dict[str, Any] = {
        "id": control.id,
        "title": row.title,
        "desc": row.why,
        "descriptions": [{"label": label, "data": text} for label, text in said.items() if text],
        "impact": 0.0 if control.verdict.is_set_aside else _IMPACTS[control.severity],
        "refs": [],
        "tags": {
            "severity": control.severity,
            "verdict": control.verdict.value,
            "owner": control.owner,
            "nist": [id for framework, id in row.requirements if framework == "nist_800_53"],
            "requirements": [f"{framework} {id}" for framework, id in row.requirements],
        },
        "code": "",
        "source_location": {"ref": control.test.partition("::")[0], "line": 1},
        "results": [_result(one) for one in found],
    }
    if control.verdict is Verdict.WAIVED:
        document["waiver_data"] = _waiver(found)
    return document


def _waiver(found: Sequence[Row]) -> dict[str, Any]:
    waived = [row for row in found if row.verdict is Verdict.WAIVED]
    ends = sorted(one.expires for row in waived if (one := row.waiver))
    return {
        "justification": "; ".join(dict.fromkeys(row.acceptance for row in waived)),
        "run": True,
        "skipped_due_to_waiver": True,
        "message": "",
        **({"expiration_date": ends[0].isoformat()} if ends else {}),
    }


def _result(row: Row) -> dict[str, Any]:
    status = _STATUSES[row.verdict]
    result: dict[str, Any] = {
        "status": status,
        "code_desc": row.examined.resource or row.title,
        "run_time": row.control.seconds,
        "start_time": row.run.started.isoformat(),
    }
    if row.verdict is not Verdict.PASS:
        said = f"{row.verdict.value}: {row.sentence}" + (f" [{row.acceptance}]" if row.acceptance else "")
        result["skip_message" if status == "skipped" else "message"] = said
    return result
