"""Runs over an organisation that are made up: their plans, and what a worker leaves of a task."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from stackproof.core import results_file
from stackproof.core.results import Run
from stackproof.evidence import facts, manifest
from stackproof.evidence.facts import Facts
from stackproof.organisation.accounts import Account, Limits
from stackproof.organisation.plan import Plan

RUN = "20261128T120000000Z-1f0c2a"


def plan_of(*ids: str, regions: tuple[str, ...], limits: Limits, controls: tuple[str, ...], once: tuple[str, ...] = ()) -> Plan:
    """A run that has begun over these accounts, each in all of the regions."""
    accounts = (
        Account(id=id, name=f"name of {id}", owner="a | team", regions=regions, profile="p", role="audit", external_id=None)
        for id in ids
    )
    return Plan(
        run=RUN,
        organisation="Example",
        file="",
        accounts=tuple(accounts),
        left_out=(),
        profiles={"p": {"name": "production"}},
        waivers="",
        markers="",
        keywords="",
        controls=controls,
        once=once,
        limits=limits,
        started=datetime(2026, 11, 28, tzinfo=UTC),
        version="0.1.0",
        code="",
    )


def leave(run: Run, account: str, region: str, folder: Path) -> Run:
    """Leave a run in a folder as a worker does, of this account and region; so are all the resources that it examined."""
    controls = (
        replace(
            one,
            resources=tuple(
                replace(seen, subject=replace(seen.subject, account=account, region=region))
                for seen in one.resources
                if seen.subject
            ),
        )
        for one in run.controls
    )
    run = replace(run, account=account, region=region, id="", not_judged=(), not_selected=(), controls=tuple(controls))
    (folder / manifest.FOLDER).mkdir()
    facts.write(folder, Facts("0.1.0", "", run.environment, "aws", "A", account, region, "", False, run.started, ""))
    (folder / "results.json").write_text(results_file.to_json(run), encoding="utf-8")
    (folder / manifest.MANIFEST).write_text(manifest.written(folder, manifest.covered(folder)), encoding="utf-8")
    return run
