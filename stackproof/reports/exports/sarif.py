"""SARIF 2.1.0, for code scanning: what is wrong, accepted or could not be verified, at the line of the Terraform source.

GitHub makes an alert of every result whatever its kind, and refuses a file for one result without a location. So passes and what is set
aside are not results here, and what no source line is known of stands at the environment's profile.
https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

from stackproof.core.results import ControlResult
from stackproof.core.sentences import extent
from stackproof.core.translation import told
from stackproof.core.verdicts import Verdict
from stackproof.reports import view
from stackproof.reports.exports.rows import Row, as_json, in_parts, rows
from stackproof.reports.formats import Finished, Several

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

MOST_RESULTS = 25_000
"""GitHub refuses a file with more."""

SECURITY_SEVERITY = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}
"""GitHub's ranges: critical over 9.0, high from 7.0, medium from 4.0."""

_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
_WEIGHT = [Verdict.FAIL, Verdict.ERROR, Verdict.UNKNOWN, Verdict.WAIVED]
"""The verdicts that are results, the gravest first."""


def sarif(finished: Finished) -> str:
    """The run as a SARIF log with one run of the tool."""
    return as_json(_log([_run(finished)]))


def of_all(several: Several) -> Iterator[str]:
    """Many runs as a SARIF log, each a run of the tool with a name of its own."""
    return in_parts(_log(map(_run, several.each())))


def _log(runs: object) -> dict[str, Any]:
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": runs}


def _run(finished: Finished) -> dict[str, Any]:
    run, say = finished.run, partial(told, language=finished.language)
    found = sorted((row for row in rows(finished) if row.verdict in _WEIGHT), key=lambda row: _WEIGHT.index(row.verdict))
    kept = found[:MOST_RESULTS]
    about = say(f"{run.environment} judged on {run.target}.")
    rules = {row.control.id: row for row in kept}
    places = {id: place for place, id in enumerate(rules)}
    return {
        "automationDetails": {
            "id": "/".join(("stackproof", run.environment, run.target, *finished.scope, "")),
            "description": {"text": " ".join(filter(None, (about, extent(run, finished.language))))},
        },
        "tool": {"driver": _driver(finished, [_rule(row) for row in rules.values()])},
        "columnKind": "utf16CodeUnits",
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": say("The root of the repository.")}}},
        "invocations": [_invocation(finished, kept, left_out=len(found) - len(kept))],
        "results": [_result(row, places[row.control.id]) for row in kept],
    }


def _driver(finished: Finished, rules: list[dict[str, Any]]) -> dict[str, Any]:
    version = finished.run.versions.get("stackproof", "0")
    return {
        "name": "stackproof",
        "fullName": f"stackproof {version}",
        "version": version,
        "semanticVersion": version,
        "rules": rules,
    }


def _rule(row: Row) -> dict[str, Any]:
    control = row.control
    tags = ["security", f"severity/{control.severity}", *(f"{framework}/{id}" for framework, id in row.requirements)]
    return {
        "id": control.id,
        "name": _name(control),
        "shortDescription": {"text": _full_stop(row.title)},
        "fullDescription": {"text": _full_stop(row.why)},
        "help": {"text": row.fix or _full_stop(row.title), "markdown": _markdown(row)},
        "defaultConfiguration": {"level": _LEVELS[control.severity]},
        "properties": {"tags": tags, "precision": "very-high", "security-severity": SECURITY_SEVERITY[control.severity]},
    }


def _name(control: ControlResult) -> str:
    """A name in Pascal case, of the title.

    >>> _name(ControlResult("A-01", "The database is not publicly accessible", "", "high", Verdict.PASS, "", 0.1, ""))
    'TheDatabaseIsNotPubliclyAccessible'
    """
    words = "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in control.title).split()
    return "".join(word[:1].upper() + word[1:] for word in words) or control.id.replace("-", "")


def _full_stop(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def _markdown(row: Row) -> str:
    control = row.control
    said = view.remedy(control, row.language)
    blocks = [f"**{row.title}**", row.why if row.why != row.title else "", said]
    blocks += [f"```\n{text}\n```" for text in (control.terraform, control.cli) if text]
    blocks += [control.console, control.documented]
    return "\n\n".join(block for block in blocks if block)


def _result(row: Row, rule: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": row.control.id,
        "ruleIndex": rule,
        "kind": "fail" if row.verdict in (Verdict.FAIL, Verdict.WAIVED) else "open",
        "level": _LEVELS[row.control.severity] if row.verdict in (Verdict.FAIL, Verdict.WAIVED) else "none",
        "message": {"text": _full_stop(row.sentence)},
        "locations": [_location(row)],
        "partialFingerprints": {"stackproof/v1": row.id, "primaryLocationLineHash": f"{row.id}:1"},
        "properties": {"verdict": row.verdict.value, **{key: value for key, value in vars(row.subject).items() if value}},
    }
    if row.verdict is Verdict.WAIVED:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": row.acceptance}]
    return result


def _location(row: Row) -> dict[str, Any]:
    subject = row.subject
    name = subject.address or subject.arn or subject.name
    file, line = row.place
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(file), "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": line},
        },
        "logicalLocations": [{"fullyQualifiedName": name, "kind": "resource"}],
    }


def _invocation(finished: Finished, kept: Iterable[Row], left_out: int) -> Mapping[str, Any]:
    """How the run went: what could not be verified is a notification, too, as readers may not show results of kind open."""
    run, say = finished.run, partial(told, language=finished.language)
    notes = [
        {"level": "error", "message": {"text": row.sentence}, "associatedRule": {"id": row.control.id}}
        for row in kept
        if row.verdict is Verdict.ERROR
    ]
    if run.aborted:
        notes.append({"level": "error", "message": {"text": say(run.aborted)}})
    if left_out:
        said = say(f"{left_out:,} more results do not fit here; results.json has all.")
        notes.append({"level": "error", "message": {"text": said}})
    if run.not_selected:
        names = f"{len(run.not_selected)} controls of the catalogue were not selected: {', '.join(run.not_selected)}."
        notes.append({"level": "warning", "message": {"text": say(names)}})
    return {
        "executionSuccessful": not run.aborted and not run.not_judged,
        "exitCode": run.exit_status,
        "startTimeUtc": run.started.strftime("%Y-%m-%dT%H:%M:%S.%fZ")[:23] + "Z",
        "toolExecutionNotifications": notes,
    }
