"""One document about all accounts and regions of a run, in the formats of ``stackproof report``, made from the store.

A result is read when it is its turn, and the document is written meanwhile: however many there are, no more than one is in memory.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from stackproof.core.messages import Language
from stackproof.core.results import Run
from stackproof.core.results_file import portions
from stackproof.core.verdicts import UsageError
from stackproof.organisation import plan as plans
from stackproof.organisation import summary
from stackproof.organisation.accounts import GLOBAL
from stackproof.organisation.markdown import markdown
from stackproof.organisation.pages import said
from stackproof.organisation.plan import Plan
from stackproof.organisation.results import Result, of_task
from stackproof.organisation.store import Store, opened
from stackproof.reports.formats import FORMATS, Finished, Several, of_run, render_all


def document(name: str, store_url: str, run: str, language: Language) -> Iterator[str]:
    """A run over an organisation as a document, in parts. Raises `UsageError` without such a run or format, and `CannotStore`."""
    store = opened(store_url)
    there = plans.runs(store)
    if not run and not there:
        raise UsageError(f"{store_url} has no run of an organisation")
    plan = plans.read(run or there[-1], store)
    of_all: dict[str, Callable[[Plan, Store, Language], Iterator[str]]] = {"json": as_json, "md": as_markdown}
    if name in of_all:
        return of_all[name](plan, store, language)
    if not FORMATS[name].of_all:
        formats = ", ".join([*of_all, *(name for name, one in FORMATS.items() if one.of_all)])
        raise UsageError(
            f"no {name} is made of a whole organisation: --format with one of {formats}. The pages are written by "
            "stackproof organisation verify, with one of each account and region"
        )
    title = said(language, "title", name=plan.organisation)
    each = partial(_each, plan, store, language)
    return render_all(name, Several(title, plan.run, plan.started, plan.version, each, language))


def _each(plan: Plan, store: Store, language: Language) -> Iterator[Finished]:
    """Every account and region, also what was not judged: a run that was aborted, with the reason."""
    for task in plan.tasks:
        with of_task(plan, task, store) as (result, folder):
            run = replace(result.run or _not_judged(plan, result), id=plan.run)
            finished = of_run(run, folder, language) if folder else Finished(run, language)
            yield replace(finished, scope=(task.account, task.region))


def _not_judged(plan: Plan, result: Result) -> Run:
    task, account = result.task, result.account
    controls = plan.once if task.region == GLOBAL else plan.controls
    return Run(
        started=plan.started,
        seconds=0.0,
        environment=str(plan.profiles[account.profile]["name"]),
        target="aws",
        account=task.account,
        region=account.regions[0] if task.region == GLOBAL else task.region,
        versions={"stackproof": plan.version},
        calls={},
        selected=controls,
        aborted=result.reason,
        not_judged=controls,
    )


def as_json(plan: Plan, store: Store, _language: Language) -> Iterator[str]:
    """Every result (docs/results.md) with its account and region, a line each."""
    about = {"organisation": plan.organisation, "run": plan.run, "started": plan.started.isoformat(), "version": plan.version}
    yield json.dumps(about, ensure_ascii=False)[:-1] + ', "results": [\n'
    for number, task in enumerate(plan.tasks):
        with of_task(plan, task, store) as (result, _):
            named = {
                "account": task.account,
                "name": result.account.name,
                "owner": result.account.owner,
                "region": task.region,
                "not_judged": result.reason or None,
            }
            yield (",\n" if number else "") + json.dumps(named, ensure_ascii=False)[:-1] + ', "result": '
            yield from (part.replace("\n", " ") for part in portions(result.run)) if result.run else ("null",)
            yield "}"
    yield "\n]}\n"


def as_markdown(plan: Plan, store: Store, language: Language) -> Iterator[str]:
    """The gate, what was not judged, and the worst accounts and controls."""
    found = summary.Summary(plan)
    for task in plan.tasks:
        with of_task(plan, task, store) as (result, _):
            found.add(result)
    yield markdown(found, language)
