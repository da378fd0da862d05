"""The results of a run over an organisation as they lie in the store: one for each account and region, judged or not."""

import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from stackproof.core import results_file
from stackproof.core.results import Run
from stackproof.core.verdicts import UsageError
from stackproof.evidence import verification
from stackproof.evidence.folders import RESULTS
from stackproof.organisation.accounts import GLOBAL, Account
from stackproof.organisation.plan import Plan, Task
from stackproof.organisation.store import Store
from stackproof.organisation.tasks import judged_key, not_judged_key
from stackproof.util import json_document
from stackproof.util.temporary import temporary

NEVER_DONE = "it was not done before the run ended: go on with --resume"


@dataclass(frozen=True)
class Result:
    """The outcome of one account and region: a run, or the reason why there is none."""

    task: Task
    account: Account
    run: Run | None = None
    """None where nothing was judged: an ERROR."""
    reason: str = ""
    """Why nothing was judged."""

    @property
    def closes_the_gate(self) -> bool:
        return self.run is None or bool(self.run.exit_status)


@contextmanager
def of_task(plan: Plan, task: Task, store: Store) -> Iterator[tuple[Result, Path | None]]:
    """The result of a task and, inside the block, the folder that its worker left: ``results.json``, the evidence, the manifest.

    What is not as the worker left it counts as not judged. Raises `CannotStore`.
    """
    account = plan.account(task.account)
    content = store.get(judged_key(plan.run, task))
    if content is None:
        yield Result(task, account, None, _reason(store.get(not_judged_key(plan.run, task)))), None
        return
    with temporary("result") as folder:
        try:
            _unpack(content, folder)
            problems = verification.problems(folder, None)
            if problems:
                raise ValueError(str(problems[0]))
            run = _run(folder, plan, task)
        except (OSError, ValueError, UsageError, tarfile.TarError, EOFError) as error:
            said = f"its result is not as the worker left it: {error}"
            yield Result(task, account, None, said), None
            return
        yield Result(task, account, run), folder


def _unpack(content: bytes, folder: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        archive.extractall(folder, filter="data")


def _run(folder: Path, plan: Plan, task: Task) -> Run:
    """The run in a folder. Raises `ValueError` where it is another task's, or has not judged what the plan says."""
    with (folder / RESULTS).open(encoding="utf-8") as file:
        run = results_file.read(file)
    if run.account != task.account or (task.region != GLOBAL and run.region != task.region):
        raise ValueError(f"it is about {run.account} {run.region}")
    asked = plan.once if task.region == GLOBAL else plan.controls
    judged = {control.id for control in run.controls}
    return replace(run, not_judged=tuple(id for id in asked if id not in judged))


def _reason(content: bytes | None) -> str:
    if content is None:
        return NEVER_DONE
    try:
        document = json_document.loads(content)
    except ValueError as error:
        return f"why it was not judged cannot be read: {error}"
    reason = document.get("reason") if isinstance(document, Mapping) else None
    return str(reason or json.dumps(document))
