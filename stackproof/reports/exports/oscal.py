"""OSCAL 1.2.1: assessment results, the component definition that they rest on, and a plan of action and milestones.

Ids are UUIDs (version 5) made from names, so that the same finding has the same id in every run. A waived finding is not satisfied, with an
approved deviation. What nothing was judged of is an observation without a finding: OSCAL knows satisfied and not satisfied alone.
https://pages.nist.gov/OSCAL/reference/latest/assessment-results/
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Any
from urllib.parse import quote

from stackproof.core.messages import Language
from stackproof.core.results import Run, WaiverState, WaiverUse
from stackproof.core.sentences import extent
from stackproof.core.translation import told
from stackproof.core.verdicts import Verdict
from stackproof.frameworks.coverage import is_live
from stackproof.reports import view
from stackproof.reports.exports.rows import Row, as_json, in_parts, judged, named_id, rows
from stackproof.reports.formats import Finished, Several
from stackproof.reports.text import reason

VERSION = "1.2.1"

SPACE = "urn:stackproof"
"""The namespace of the properties that are stackproof's own."""

_REASONS = {Verdict.PASS: "pass", Verdict.FAIL: "fail", Verdict.WAIVED: "fail"}
_TODO = (Verdict.FAIL, Verdict.ERROR, Verdict.UNKNOWN, Verdict.WAIVED)


def assessment_results(finished: Finished) -> str:
    """The run as assessment results: an observation for each judgement, a finding for each control, a risk for what is wrong."""
    run, say = finished.run, _speaker(finished)
    name = named_id("assessment results", _run_name(run))
    plan = named_id("assessment plan", run.environment)
    metadata = _metadata(finished, say("Assessment results"))
    return as_json(
        _results(name, metadata, [_result(finished)], _resource(plan, say("The controls that were selected"), run.selection))
    )


def results_of_all(several: Several) -> Iterator[str]:
    """Many runs as assessment results, a result each."""
    say = partial(told, language=several.language)
    name, plan = (named_id(what, several.title, several.id) for what in ("assessment results", "assessment plan"))
    metadata = _metadata_of_all(several, say("Assessment results"))
    selected = _resource(plan, say("The controls that were selected"), "")
    return in_parts(_results(name, metadata, map(_result, several.each()), selected))


def _results(name: str, metadata: Mapping[str, Any], results: object, plan: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "assessment-results": {
            "uuid": name,
            "metadata": metadata,
            "import-ap": {"href": f"#{plan['uuid']}"},
            "results": results,
            "back-matter": {"resources": [plan]},
        }
    }


def _result(finished: Finished) -> dict[str, Any]:
    run, say = finished.run, _speaker(finished)
    found = list(rows(finished))
    subjects = {row.subject.id: row for row in found}
    result = {
        "uuid": named_id("result", *finished.scope, _run_name(run)),
        "title": " ".join((say(f"{run.environment} judged on {run.target}"), *finished.scope)),
        "description": say(judged(run)),
        "start": run.started.isoformat(),
        "props": _props(
            environment=run.environment, target=run.target, account=run.account, region=run.region, run=run.id, commit=run.commit,
            caller=run.caller, manifest=finished.head, signer=finished.signer, exit_status=str(run.exit_status), aborted=say(run.aborted),
        ),
        "local-definitions": {"inventory-items": [_inventory(row) for row in subjects.values()]},
        "reviewed-controls": {"control-selections": [{"include-controls": [{"control-id": id} for id in _ids(found)]}]},
        "observations": [_observation(row) for row in found],
        "risks": [_risk(row) for row in found if row.verdict in _TODO],
        "findings": [one for _, group in _by_control(found) if (one := _finding(list(group)))],
    }  # fmt: skip
    return _without_nothing(result)


def component_definition(finished: Finished) -> str:
    """The suite as a component that validates: its controls, and the requirements of frameworks that they say something about."""
    run, say, language = finished.run, _speaker(finished), finished.language
    suite = named_id("suite")
    own = [_implemented(control.id, control.id, view.title(control, language), ()) for control in run.controls]
    implementations = [_implementation(suite, "stackproof", say("The controls of the suite."), own)] if own else []
    mapped: dict[str, dict[str, list[tuple[str, str, str]]]] = {}
    for control in run.controls if is_live(run) else ():
        for one in (one for one in control.frameworks if one.covers != "contradicts"):
            mapped.setdefault(one.framework, {}).setdefault(one.id, []).append(
                (control.id, one.covers, one.reason_ko if language == "ko" else one.reason)
            )
    for framework, requirements in mapped.items():
        implemented = [
            _implemented(f"{framework} {id}", _token(framework, id), " ".join(dict.fromkeys(reason for *_, reason in by)), by)
            for id, by in requirements.items()
        ]
        source = named_id("framework", framework)
        implementations.append(
            _implementation(source, framework, say(f"Requirements of {framework} that controls show a part of."), implemented)
        )
    component = {
        "uuid": named_id("component"),
        "type": "validation",
        "title": "stackproof",
        "description": say("A suite of controls that judges an AWS stack."),
        "props": [
            *_props(version=run.versions.get("stackproof", "")),
            *(prop for one in run.waivers for prop in _accepted(one, language)),
        ],
        "control-implementations": implementations,
    }
    sources = [_resource(named_id("framework", framework), framework, "") for framework in mapped]
    return as_json(
        {
            "component-definition": {
                "uuid": named_id("component definition", _run_name(run)),
                "metadata": _metadata(finished, say("Component definition")),
                "components": [_without_nothing(component)],
                "back-matter": {"resources": [_resource(suite, say("The controls of the suite"), ""), *sources]},
            }
        }
    )


def plan_of_action(finished: Finished) -> str:
    """All that is wrong, accepted or could not be verified, as a plan of action; where there is nothing, one item says so."""
    run, say = finished.run, _speaker(finished)
    found = [row for row in rows(finished) if row.verdict in _TODO]
    name = _run_name(run)
    plan = _plan(name, _metadata(finished, say("Plan of action and milestones")), f"{run.environment}-{run.target}")
    items = [*map(_item, found)] or [_nothing(name, finished.language)]
    observations = {"observations": [*map(_observation, found)], "risks": [*map(_risk, found)]}
    return as_json({"plan-of-action-and-milestones": {**plan, **_without_nothing(observations), "poam-items": items}})


def plan_of_all(several: Several) -> Iterator[str]:
    """All that is wrong, accepted or could not be verified in many runs, as a plan of action; the runs are gone through for each list."""
    say = partial(told, language=several.language)
    plan = _plan(several.id, _metadata_of_all(several, say("Plan of action and milestones")), several.title)

    def found() -> Iterator[Row]:
        return (row for finished in several.each() for row in rows(finished) if row.verdict in _TODO)

    if next(found(), None) is None:
        return in_parts({"plan-of-action-and-milestones": {**plan, "poam-items": [_nothing(several.id, several.language)]}})
    lists = {"observations": map(_observation, found()), "risks": map(_risk, found()), "poam-items": map(_item, found())}
    return in_parts({"plan-of-action-and-milestones": {**plan, **lists}})


def _plan(name: str, metadata: Mapping[str, Any], system: str) -> dict[str, Any]:
    return {"uuid": named_id("plan of action", name), "metadata": metadata, "system-id": {"id": system}}


def _item(row: Row) -> dict[str, Any]:
    return {
        "uuid": named_id("item", row.id),
        "title": row.title,
        "description": row.sentence,
        "props": _props(
            control=row.control.id, verdict=row.verdict.value, severity=row.control.severity, owner=row.control.owner
        ),
        "related-observations": [{"observation-uuid": named_id("observation", row.id)}],
        "related-risks": [{"risk-uuid": named_id("risk", row.id)}],
    }


def _nothing(name: str, language: Language) -> dict[str, Any]:
    return {
        "uuid": named_id("item", "nothing", name),
        "title": told("Nothing is open", language),
        "description": told("No judgement is open.", language),
    }


def _speaker(finished: Finished) -> Callable[[str], str]:
    """Says a text of this document in its language."""
    return partial(told, language=finished.language)


def _accepted(waiver: WaiverUse, language: Language) -> list[dict[str, str]]:
    """The property that tells of an accepted risk; none of a waiver that counts elsewhere."""
    what = " ".join(filter(None, (*waiver.controls, waiver.check, waiver.resource)))
    said = f"{what}: {waiver.expires} ({waiver.owner}, {waiver.ticket}): {reason(waiver, language)}"
    return [] if waiver.state is WaiverState.ELSEWHERE else _props(accepted_risk=said)


def _run_name(run: Run) -> str:
    return run.id or f"{run.environment} {run.target} {run.started.isoformat()}"


def _metadata(finished: Finished, title: str) -> dict[str, Any]:
    run = finished.run
    about = _speaker(finished)(f"{title}: {run.environment} judged on {run.target}")
    remarks = {"remarks": said} if (said := extent(run, finished.language)) else {}
    return {**_about(about, run.started, run.id), **remarks}


def _metadata_of_all(several: Several, title: str) -> dict[str, Any]:
    return _about(f"{title}: {several.title}", several.started, several.id)


def _about(title: str, modified: datetime, version: str) -> dict[str, Any]:
    return {
        "title": title,
        "last-modified": modified.isoformat(),
        "version": _line(version) or "1",
        "oscal-version": VERSION,
    }


def _by_control(found: Iterable[Row]) -> Iterable[tuple[str, Iterable[Row]]]:
    return groupby(found, key=lambda row: row.control.id)


def _ids(found: Iterable[Row]) -> list[str]:
    return list(dict.fromkeys(row.control.id for row in found))


def _inventory(row: Row) -> dict[str, Any]:
    subject = row.subject
    return {
        "uuid": named_id("subject", *row.scope, subject.id),
        "description": _line(subject.arn or subject.address or subject.name) or told("the environment", row.language),
        "props": _props(
            type=subject.type or "Environment", name=subject.name, arn=subject.arn, address=subject.address, file=subject.file,
            line=str(subject.line or ""),
        ),
    }  # fmt: skip


def _observation(row: Row) -> dict[str, Any]:
    observation = {
        "uuid": named_id("observation", row.id),
        "title": f"{row.control.id}: {_line(row.examined.resource) or row.title}",
        "description": row.sentence,
        "props": _props(control=row.control.id, verdict=row.verdict.value),
        "methods": ["TEST"],
        "types": ["finding"],
        "subjects": [{"subject-uuid": named_id("subject", *row.scope, row.subject.id), "type": "inventory-item"}],
        "relevant-evidence": [{"href": f"evidence/{quote(file)}", "description": row.control.id} for file in _evidence(row)],
        "collected": row.run.started.isoformat(),
    }
    return _without_nothing(observation)


def _evidence(row: Row) -> Sequence[str]:
    return row.examined.finding.evidence if row.examined.finding else ()


def _risk(row: Row) -> dict[str, Any]:
    is_accepted = row.verdict is Verdict.WAIVED
    risk: dict[str, Any] = {
        "uuid": named_id("risk", row.id),
        "title": row.title,
        "description": row.sentence,
        "statement": row.why,
        "props": _props(control=row.control.id, severity=row.control.severity, owner=row.control.owner, accepted=row.acceptance),
        "status": "deviation-approved" if is_accepted else "open",
        "remediations": [
            {
                "uuid": named_id("remedy", row.id),
                "lifecycle": "recommendation",
                "title": told(f"{row.control.id}: what to do", row.language),
                "description": row.remedy or row.title,
            }
        ],
        "related-observations": [{"observation-uuid": named_id("observation", row.id)}],
    }
    if is_accepted and row.waiver:
        risk["deadline"] = f"{row.waiver.expires.isoformat()}T00:00:00+00:00"
    return _without_nothing(risk)


def _finding(found: Sequence[Row]) -> dict[str, Any] | None:
    """The finding of a control; None where nothing was judged of it."""
    row, control = found[0], found[0].control
    if control.verdict.is_set_aside:
        return None
    is_satisfied = control.verdict is Verdict.PASS
    decided = next((one for one in found if one.verdict is control.verdict), row)
    finding = {
        "uuid": named_id("finding", row.run.environment, row.run.target, *row.scope, control.id),
        "title": row.title,
        "description": row.title if is_satisfied else decided.sentence,
        "props": _props(verdict=control.verdict.value, severity=control.severity),
        "target": {
            "type": "objective-id",
            "target-id": control.id,
            "status": {
                "state": "satisfied" if is_satisfied else "not-satisfied",
                "reason": _REASONS.get(control.verdict, "other"),
                "remarks": f"{control.verdict.value}. {decided.acceptance}".strip(),
            },
        },
        "related-observations": [{"observation-uuid": named_id("observation", one.id)} for one in found],
        "related-risks": [{"risk-uuid": named_id("risk", one.id)} for one in found if one.verdict in _TODO],
    }
    return _without_nothing(finding)


def _implementation(source: str, name: str, description: str, requirements: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "uuid": named_id("implementation", name),
        "source": f"#{source}",
        "description": description,
        "implemented-requirements": requirements,
    }


def _implemented(name: str, id: str, description: str, by: Iterable[tuple[str, str, str]]) -> dict[str, Any]:
    document = {
        "uuid": named_id("requirement", name),
        "control-id": id,
        "description": description or id,
        "props": [prop for control, covers, _ in by for prop in _props(**{covers: control})],
    }
    return _without_nothing(document)


def _token(framework: str, id: str) -> str:
    """The id of a requirement as OSCAL writes ids; those of NIST as in its own catalogue.

    >>> _token("nist_800_53", "AC-2(3)"), _token("cis", "3.2.3")
    ('ac-2.3', 'cis-3.2.3')
    """
    if framework == "nist_800_53":
        return re.sub(r"\((\d+)\)", r".\1", id).lower()
    return f"{framework}-{id}"


def _resource(id: str, title: str, description: str) -> dict[str, Any]:
    return {"uuid": id, "title": title, **({"description": description} if description.strip() else {})}


def _props(**values: str) -> list[dict[str, str]]:
    """Properties of those that have a value, each on one line, as OSCAL asks."""
    named = ((name.replace("_", "-"), _line(value)) for name, value in values.items())
    return [{"name": name, "ns": SPACE, "value": value} for name, value in named if value]


def _line(text: str) -> str:
    return " ".join(text.split())


def _without_nothing(document: dict[str, Any]) -> dict[str, Any]:
    """Without lists that are empty, which OSCAL does not have."""
    return {name: value for name, value in document.items() if value not in ([], {}, "")}
