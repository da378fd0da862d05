"""The report of a run over an organisation: the overview, a page for each account and region, and the data set."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from stackproof.core import room
from stackproof.core.messages import LANGUAGES
from stackproof.core.verdicts import CouldNotVerify
from stackproof.evidence.folders import RESULTS
from stackproof.organisation import pages, summary
from stackproof.organisation import plan as plans
from stackproof.organisation.dataset import TABLES, Dataset
from stackproof.organisation.plan import Plan
from stackproof.organisation.results import of_task
from stackproof.organisation.store import Store
from stackproof.organisation.summary import Changes, Summary
from stackproof.reports.formats import finished_run, render
from stackproof.util.temporary import temporary

_OURS = ("accounts", "data", *(pages.file_name("index", language) for language in LANGUAGES))
"""What a report consists of; a report of another run that lies there is replaced."""


def write(
    plan: Plan,
    store: Store,
    directory: Path,
    formats: Sequence[str] = (),
    tell: Callable[[int, int], None] = lambda *_: None,
) -> Summary:
    """Write the report of a run into a directory, and its data set into the store beside the results.

    ``formats`` are those of `stackproof.reports.formats` that each account and region gets, too.

    Raises `CannotStore`, and `CouldNotVerify` where there is no room for the report.
    """
    try:
        return _write(plan, store, directory, formats, tell)
    except BrokenPipeError:  # of whoever reads the progress, not of the report
        raise
    except OSError as error:
        raise CouldNotVerify(f"{room.no_room(error, directory)} with --resume {plan.run}: nothing is judged again") from None


def _write(plan: Plan, store: Store, directory: Path, formats: Sequence[str], tell: Callable[[int, int], None]) -> Summary:
    directory.mkdir(parents=True, exist_ok=True)
    for name in _OURS:
        path = directory / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    found = Summary(plan)
    tasks = plan.tasks
    with Dataset(directory / "data", plan.run) as data:
        for number, task in enumerate(tasks, 1):
            with of_task(plan, task, store) as (result, folder):
                data.add(result)
                found.add(result)
                own = directory / pages.place(task)
                own.mkdir(parents=True)
                if folder:
                    shutil.copyfile(folder / RESULTS, own / RESULTS)
                    for name in formats:
                        _export(folder, own, name)
                for language in LANGUAGES:
                    _page(own / pages.file_name("report", language), pages.of_task(result, language))
            tell(number, len(tasks))
    for name in TABLES:
        store.put(f"runs/{plan.run}/data/{name}.parquet", (directory / "data" / f"{name}.parquet").read_bytes())
    found.changes = _changes(plan, store, directory)
    for language in LANGUAGES:
        _page(directory / pages.file_name("index", language), pages.overview(found, language))
    return found


def _export(folder: Path, own: Path, name: str) -> None:
    """A result as another document, ``report.NAME``."""
    document = render(name, finished_run(folder / RESULTS))
    content = document.encode("utf-8", "backslashreplace") if isinstance(document, str) else document
    (own / f"report.{name}").write_bytes(content)


def _page(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", errors="backslashreplace", newline="")


def _changes(plan: Plan, store: Store, directory: Path) -> Changes:
    """What has changed since the last run of the same organisation that has a data set."""
    for run in reversed(plans.runs(store)):
        if run >= plan.run:
            continue
        before = {name: store.get(f"runs/{run}/data/{name}.parquet") for name in ("findings", "tasks")}
        if None in before.values() or plans.read(run, store).organisation != plan.organisation:
            continue
        with temporary("changes") as folder:
            for name, content in before.items():
                (folder / f"{name}.parquet").write_bytes(content or b"")
            return summary.compared(
                run,
                folder / "findings.parquet",
                directory / "data" / "findings.parquet",
                [account.id for account in plan.accounts],
                folder / "tasks.parquet",
            )
    return Changes()
