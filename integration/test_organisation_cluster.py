"""A run on a cluster of this machine: workers are killed, an account denies, one throttles, and each result is there once."""

import os
import signal
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from organisation_cloud import account_ids, serving
from test_organisation import KEYS, REGION, planned

from proofs import harness
from stackproof.core.verdicts import Verdict
from stackproof.organisation import cluster, judging, results, tasks
from stackproof.organisation import plan as plans
from stackproof.organisation.cluster import Progress
from stackproof.organisation.plan import Plan, Task
from stackproof.organisation.store import CannotStore, Store, opened
from stackproof.plugin.suite import Selected, collected

psutil = pytest.importorskip("psutil", reason="of the extra organisation")
distributed = pytest.importorskip("distributed", reason="of the extra organisation")

MARKERS, KEYWORDS = "security", "SEC-SG-01 or SEC-IAM-01"


@cache
def controls() -> tuple[Selected, ...]:
    return tuple(judging.on_aws(collected(harness.ROOT, MARKERS, KEYWORDS)))


def all_verdicts(plan: Plan, store: Store) -> dict[str, dict[str, Verdict] | str]:
    found: dict[str, dict[str, Verdict] | str] = {}
    for task in plan.tasks:
        with results.of_task(plan, task, store) as (result, _):
            run = result.run
            found[task.key] = {control.id: control.verdict for control in run.controls} if run else result.reason
    return found


def worker_processes() -> list[int]:
    servers = [child for child in psutil.Process().children() if "forkserver" in " ".join(child.cmdline())]
    return [child.pid for server in servers for child in server.children()]


def test_a_worker_that_is_killed_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    ids = account_ids(3, 200_000_000_001)
    killed: list[int] = []

    def kill_one(progress: Progress) -> None:
        if progress.done and not killed:
            killed.append(worker_processes()[0])
            os.kill(killed[0], signal.SIGKILL)

    with serving(ids, denies=ids[1], throttles=ids[2]) as (endpoint, _):
        plan = planned(endpoint, controls(), MARKERS, KEYWORDS, ids, (REGION,))
        store = opened(str(tmp_path / "cluster"))
        plans.write(plan, store)
        with cluster.local(2, lost_workers=3) as connect:
            progress = cluster.run(plan, store, plan.tasks, connect, kill_one)
        alone = opened(str(tmp_path / "serial"))
        plans.write(plan, alone)
        by_task = judging.of_tasks(controls())
        warm = tasks.Warm(harness.ROOT, tuple(by_task[False]), tuple(by_task[True]), plan.code)
        monkeypatch.setattr(tasks, "_warm", lambda *_: warm)
        for task in plan.tasks:
            tasks.perform(alone.url, None, plan.run, task.account, task.region)

    assert killed
    assert progress.done == len(plan.tasks)
    assert progress.not_judged == len([task for task in plan.tasks if task.account == ids[1]])
    kept = Counter(Path(key).name.split(".tar")[0].removesuffix(".json") for key in store.keys("runs/") if key.count("/") == 3)
    assert kept == Counter(task.key for task in plan.tasks)
    assert all_verdicts(plan, store) == all_verdicts(plan, alone)


class Future:
    """A future of a cluster that is played."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.status = "pending"
        self.done: tasks.Done | None = None

    def release(self) -> None: ...

    def add_done_callback(self, then: Callable[[Any], None]) -> None:
        if self.status != "pending":
            then(self)


class Client:
    """A client of a cluster that is played: what becomes of the first tasks, and that all others are done."""

    def __init__(self, ends: list[str]) -> None:
        self.status = "running"
        self._ends = ends

    def nthreads(self) -> dict[str, int]:
        return {"a": 2}

    def submit(self, do: object, url: str, endpoint: str, run: str, account: str, region: str, **_: object) -> Future:
        future = Future(f"{account}.{region}")
        future.status = self._ends.pop(0) if self._ends else "finished"
        if future.status == "scheduler":
            self.status = "closed"
            future.status = "pending"
        if future.status == "not stored":
            future.status = "finished"
            future.done = tasks.Done(Task(account, region), "not stored", reason="no room")
        else:
            future.done = tasks.Done(Task(account, region), "judged", closes_the_gate=False, calls=2)
        return future

    def gather(self, futures: list[Future]) -> list[tasks.Done | None]:
        return [future.done for future in futures]

    def close(self, timeout: float) -> None: ...


def played(tmp_path: Path, *clients: list[str]) -> tuple[Progress, list[str], Plan, Store]:
    """A run on clusters that come one after the other, each with what becomes of its first tasks."""
    plan = planned("http://127.0.0.1:1", controls())
    store = opened(str(tmp_path))
    left = [Client(ends) for ends in clients]
    told: list[str] = []
    progress = cluster.run(plan, store, plan.tasks, lambda: left.pop(0), lambda now: told.append(now.line()))
    return progress, told, plan, store


def test_a_scheduler_that_is_lost_gets_everything_again(tmp_path: Path) -> None:
    progress, told, plan, _ = played(tmp_path, ["finished", "scheduler"], [])
    assert (progress.done, progress.lost, progress.not_judged) == (len(plan.tasks), 1, 0)
    assert progress.calls == 2 * len(plan.tasks)
    assert told[-1].endswith("1 handed out again")


def test_a_task_that_is_lost_again_and_again_is_given_up(tmp_path: Path) -> None:
    progress, _, plan, store = played(tmp_path, ["cancelled"] * 3 + ["lost"] * 80)
    assert (progress.done, progress.not_judged) == (len(plan.tasks), len(plan.tasks))
    with results.of_task(plan, plan.tasks[0], store) as (result, _folder):
        assert "it was lost 4 times with its worker or the scheduler" in result.reason


class Losing(Client):
    """A client whose scheduler is lost while something is asked: Dask's own words for it, or any other."""

    def __init__(self, asks: Exception | None = None, submits: Exception | None = None) -> None:
        super().__init__([])
        self._asks, self._submits = asks, submits

    def _lost(self, error: Exception | None) -> None:
        if error:
            self.status = "closed"
            raise error

    def nthreads(self) -> dict[str, int]:
        self._lost(self._asks)
        return super().nthreads()

    def submit(self, *given: Any, **named: Any) -> Future:
        self._lost(self._submits)
        return super().submit(*given, **named)


@pytest.mark.parametrize(
    "losing",
    [Losing(asks=distributed.comm.CommClosedError("closed")), Losing(submits=distributed.client.ClosedClientError("closed"))],
)
def test_a_scheduler_that_is_lost_while_it_is_asked_stops_nothing(losing: Losing, tmp_path: Path) -> None:
    plan, clients = planned("http://127.0.0.1:1", controls()), [losing, Client([])]
    progress = cluster.run(plan, opened(str(tmp_path)), plan.tasks, lambda: clients.pop(0), lambda _: None)
    assert (progress.done, progress.not_judged) == (len(plan.tasks), 0)


def test_an_error_that_is_not_of_a_lost_scheduler_is_no_lost_scheduler(tmp_path: Path) -> None:
    plan = planned("http://127.0.0.1:1", controls())
    with pytest.raises(TypeError, match="not a lost one"):
        cluster.run(plan, opened(str(tmp_path)), plan.tasks, lambda: Losing(submits=TypeError("not a lost one")), lambda _: None)


def test_a_store_without_room_ends_the_run(tmp_path: Path) -> None:
    with pytest.raises(CannotStore, match="no room"):
        played(tmp_path, ["not stored"] * 20)


def test_a_store_that_has_room_again_goes_on(tmp_path: Path) -> None:
    progress, _, plan, _ = played(tmp_path, ["not stored", "finished", "not stored"])
    assert progress.done == len(plan.tasks)
