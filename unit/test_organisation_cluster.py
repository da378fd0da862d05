"""A run on a cluster of this machine: workers are killed, an account denies, one throttles, and each result is there once."""

import os
import signal
from collections import Counter
from pathlib import Path

import pytest
from organisation_cloud import account_ids, serving
from test_organisation import KEYS, planned

from proofs import harness
from stackproof.core.verdicts import Verdict
from stackproof.organisation import cluster, judging, results, tasks
from stackproof.organisation import plan as plans
from stackproof.organisation.cluster import Progress
from stackproof.organisation.plan import Plan
from stackproof.organisation.store import Store, opened
from stackproof.plugin.suite import collected

psutil = pytest.importorskip("psutil", reason="of the extra organisation")
pytest.importorskip("distributed", reason="of the extra organisation")

MARKERS, KEYWORDS = "security", "SEC-SG or SEC-IAM-01"


def all_verdicts(plan: Plan, store: Store) -> dict[str, dict[str, Verdict] | str]:
    found: dict[str, dict[str, Verdict] | str] = {}
    for task in plan.tasks:
        with results.of_task(plan, task, store) as (result, _):
            run = result.run
            found[task.key] = {control.id: control.verdict for control in run.controls} if run else result.reason
    return found


def worker_processes() -> list[int]:
    return [child.pid for child in psutil.Process().children(recursive=True) if "spawn_main" in " ".join(child.cmdline())]


def test_a_worker_that_is_killed_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    ids = account_ids(4)
    controls = judging.on_aws(collected(harness.ROOT, MARKERS, KEYWORDS))
    killed: list[int] = []

    def kill_one(progress: Progress) -> None:
        if progress.done >= 2 and not killed:
            killed.append(worker_processes()[0])
            os.kill(killed[0], signal.SIGKILL)

    with serving(ids, denies=ids[1], throttles=ids[2]) as (endpoint, _):
        plan = planned(endpoint, controls, markers=MARKERS, keywords=KEYWORDS)
        store = opened(str(tmp_path / "cluster"))
        plans.write(plan, store)
        with cluster.local(2, lost_workers=3) as connect:
            progress = cluster.run(plan, store, plan.tasks, connect, kill_one)
        alone = opened(str(tmp_path / "serial"))
        plans.write(plan, alone)
        by_task = judging.of_tasks(controls)
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
