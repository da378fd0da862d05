"""An organisation on a cluster: every account and region once whatever is lost, and what thousands of them take.

    python -m benchmarks.organisation prove [--accounts 40]      real tasks; a worker is killed, Ctrl-C, an account denies, one throttles
    python -m benchmarks.organisation simulate [--accounts 500]  a cluster with tasks that only store; hours by the durations of `prove`

`prove` serves accounts with moto, each answer as late as one of AWS, and judges each in two regions and once for what is global on a
cluster of this machine. It kills a worker by its process id when a third is done, interrupts the command when two thirds are, resumes it,
judges the same again one after the other, and compares. `simulate` measures what a task costs beside its own time, and plays the limits of
the accounts' file through for 2, 20 and 200 workers.
"""

import argparse
import heapq
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from stackproof.core.verdicts import Verdict
from stackproof.evidence import folders
from stackproof.organisation import cluster, results, tasks
from stackproof.organisation import plan as plans
from stackproof.organisation.accounts import GLOBAL, Account, Limits
from stackproof.organisation.cluster import Progress
from stackproof.organisation.plan import Plan, Task
from stackproof.organisation.store import Store, opened
from stackproof.organisation.tasks import Done, judged_key

ROOT = Path(__file__).parents[1]
MEASURED = ROOT / "benchmarks" / "organisation.json"
"""What `prove` has measured of each task, for `simulate`."""
REGIONS = 17
WORKERS = (2, 20, 200)
LATENCY = 0.08
"""Seconds that an answer of AWS takes its way."""
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
ARCHIVE = 100_000
"""Bytes of a result in the store."""
EVERY = 10.0
"""Seconds between two lines of progress."""


@contextmanager
def cloud(accounts: int, latency: float) -> Iterator[str]:
    """The endpoint of a moto server with so many accounts, in a process of its own."""
    command = [sys.executable, "helpers/organisation_cloud.py", str(accounts), str(latency)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def accounts_file(folder: Path, ids: Sequence[str]) -> Path:
    head = f"""name = "Example"
profile = "{ROOT / "environments" / "production.toml"}"
regions = ["ap-northeast-2", "us-east-1"]
external_id = "example-1"
limits = {{ requests_per_second = 500 }}
"""
    tables = (
        f'[[account]]\nid = "{id}"\nname = "account {number}"\nowner = "team {number % 7}"\n' for number, id in enumerate(ids)
    )
    file = folder / "accounts.toml"
    file.write_text(head + "".join(tables), encoding="utf-8")
    return file


def prove(accounts: int, markers: str, workers: int, latency: float) -> None:
    """Judge on a cluster while a worker is killed and the command interrupted, resume, judge serially, and compare."""
    ids = [f"{number:012d}" for number in range(100_000_000_001, 100_000_000_001 + accounts)]
    os.environ.update(KEYS)
    print(
        f"{accounts} accounts, an answer takes {latency * 1000:.0f} ms; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores",
        flush=True,
    )
    with tempfile.TemporaryDirectory() as made, cloud(accounts, latency) as endpoint:
        folder = Path(made)
        store = opened(str(folder / "store"))
        file = str(accounts_file(folder, ids))
        options = ["--store", store.url, "--report", str(folder / "report"), "--endpoint", endpoint, "--workers", str(workers)]
        command = [sys.executable, "-m", "stackproof.cli", "organisation", "verify", file, *options]
        clock = time.perf_counter()
        with subprocess.Popen([*command, "-m", markers], cwd=ROOT) as running:
            killed = _kill_one(running, store, accounts)
            _wait_for(running, store, 2 * accounts)
            running.send_signal(signal.SIGINT)
        interrupted = running.returncode
        resumed = subprocess.run([*command, "--resume", plans.runs(store)[-1]], cwd=ROOT, check=False)
        took = time.perf_counter() - clock
        plan = plans.read(plans.runs(store)[-1], store)
        together = {task.key: _verdicts(plan, task, store) for task in plan.tasks}
        kept = Counter(Path(key).name.removesuffix(".tar.gz").removesuffix(".json") for key in _results(store, plan))
        of_each = [_measured(plan, task, store) for task in plan.tasks]
        alone = opened(str(folder / "alone"))
        plans.write(plan, alone)
        tell = _progress()
        clock = time.perf_counter()
        for number, task in enumerate(plan.tasks, 1):
            tasks.perform(alone.url, None, plan.run, task.account, task.region)
            tell(f"one after the other: {number} of {len(plan.tasks)} done")
        serially = time.perf_counter() - clock
        differ = [_difference(task.key, together[task.key], _verdicts(plan, task, alone)) for task in plan.tasks]
        differ = [difference for difference in differ if difference]
        measured = [one for one in of_each if one]
        MEASURED.write_text(json.dumps(measured) + "\n", encoding="utf-8")
        regional = [task for task in plan.tasks if task.region != GLOBAL]
        print(
            f"worker {killed} was killed, the command interrupted (it ended with {interrupted}) and resumed (with {resumed.returncode})"
        )
        print(f"{len(plan.tasks)} accounts and regions ({len(regional)} without what is global)")
        print(f"results in the store: {sum(kept.values())}, each once: {kept == Counter(task.key for task in plan.tasks)}")
        print(f"not judged: {sum(isinstance(found, str) for found in together.values())}, all of the account that denies")
        print(f"accounts and regions whose verdicts differ from a serial run: {len(differ)}", *differ, sep="\n  ")
        print(
            f"{took:.0f} s on {workers} workers, both starts and the report included; {serially:.0f} s serially in one warm process"
        )
        seconds, calls = (statistics.median(one[name] for one in measured) for name in ("seconds", "calls"))
        print(f"a task: {seconds:.2f} s, {calls:.0f} requests (median); {_load()}", flush=True)


def _load() -> str:
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def _progress() -> Callable[[str], None]:
    """Prints a line now and then."""
    due = time.monotonic() + EVERY

    def tell(line: str) -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + EVERY
            print(line, flush=True)

    return tell


def _kill_one(running: "subprocess.Popen[bytes]", store: Store, after: int) -> int:
    """Kill a worker of a running command when so many tasks are done; its process id."""
    _wait_for(running, store, after)
    while not (found := _workers(psutil.Process(running.pid))):
        time.sleep(0.1)
    found[0].send_signal(signal.SIGKILL)
    return found[0].pid


def _wait_for(running: "subprocess.Popen[bytes]", store: Store, done: int) -> None:
    """Wait until so many tasks of the newest run are judged. Raises `SystemExit` where the command ends before."""
    while True:
        runs = plans.runs(store)
        if runs and sum(1 for _ in store.keys(f"runs/{runs[-1]}/judged/")) >= done:
            return
        if running.poll() is not None:
            raise SystemExit(f"the command ended before, with {running.returncode}")
        time.sleep(0.2)


def _workers(process: psutil.Process) -> list[psutil.Process]:
    """The worker processes of a process that still live: they are forked from one that it has started."""
    found = []
    for child in process.children():
        with suppress(psutil.Error):
            if "forkserver" in " ".join(child.cmdline()):
                found += child.children()
    return found


def _results(store: Store, plan: Plan) -> Iterator[str]:
    for kind in ("judged", "not-judged"):
        yield from store.keys(f"runs/{plan.run}/{kind}/")


def _verdicts(plan: Plan, task: Task, store: Store) -> dict[str, str] | str:
    with results.of_task(plan, task, store) as (result, _):
        if result.run is None:
            return result.reason
        return {
            one.id: f"{one.verdict.value} {one.message if one.verdict is Verdict.ERROR else ''}" for one in result.run.controls
        }


def _difference(key: str, together: dict[str, str] | str, alone: dict[str, str] | str) -> str:
    if isinstance(together, str) or isinstance(alone, str):
        return "" if together == alone else f"{key}: {together} / {alone}"
    changed = [f"{id} {together.get(id)} / {alone.get(id)}" for id in {**together, **alone} if together.get(id) != alone.get(id)]
    return f"{key}: {', '.join(changed)}" if changed else ""


def _measured(plan: Plan, task: Task, store: Store) -> dict[str, Any] | None:
    with results.of_task(plan, task, store) as (result, _):
        run = result.run
        if run is None:
            return None
        return {"region": task.region == GLOBAL, "seconds": round(run.seconds, 3), "calls": sum(run.calls.values())}


def simulate(accounts: int, regions: int, workers: int, handed_out: int) -> None:
    """Measure the cluster with tasks of some accounts that only store, and play the limits through for all accounts."""
    plan = plan_of(handed_out, regions)
    with tempfile.TemporaryDirectory() as made:
        store = opened(made)
        plans.write(plan, store)
        most = {"scheduler": 0.0, "worker": 0.0}

        tell = _progress()

        def watch(progress: Progress) -> None:
            tell(progress.line())
            if progress.done % 500 < 20:
                own = psutil.Process()
                most["scheduler"] = max(most["scheduler"], own.memory_info().rss / 1e6)
                found = _workers(own)
                most["worker"] = max([most["worker"], *(child.memory_info().rss / 1e6 for child in found)])

        with cluster.local(workers, 3) as connect:
            clock = time.perf_counter()
            progress = cluster.run(plan, store, plan.tasks, connect, watch, do=stand_in)
            took = time.perf_counter() - clock
    rate = progress.done / took
    print(f"{progress.done} tasks that only store {ARCHIVE:,} bytes, on {workers} workers: {took:.0f} s, {rate:.0f} a second,")
    beside = f"scheduler and client {most['scheduler']:.0f} MB, a worker {most['worker']:.0f} MB"
    print(f"so a task costs {1000 / rate:.1f} ms beside its own time; {beside}; {_load()}")
    plan = plan_of(accounts, regions)
    print(
        f"{accounts} accounts with {regions} regions: {len(plan.tasks)} tasks; at once as many accounts as workers, 20 at least"
    )
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    durations = drawn(plan, measured)
    serial = sum(seconds for seconds, _ in durations.values())
    calls = sum(count for _, count in durations.values())
    print(f"{calls:,} requests; one after the other {serial / 3600:.2f} h")
    print("workers  hours   of the arithmetic  requests a second  most a second to one account")
    for count in WORKERS:
        limits = Limits(accounts=max(plan.limits.accounts, count))
        hours, busiest = played(replace(plan, limits=limits), durations, count * cluster.THREADS, 1 / rate)
        ideal = serial / count / cluster.THREADS / 3600
        print(f"{count:7d}  {hours:5.2f}  {ideal / hours:17.0%}  {calls / hours / 3600:17.0f}  {busiest:28.1f}")


def stand_in(url: str, endpoint: str | None, run: str, account: str, region: str) -> Done:
    """A task that judges nothing, and stores what a result takes."""
    del endpoint
    task = Task(account, region)
    opened(url).add(judged_key(run, task), bytes(ARCHIVE))
    return Done(task, "judged", False)


def plan_of(accounts: int, regions: int) -> Plan:
    names = tuple(f"aa-region-{number % 10}" if number < 10 else f"bb-region-{number % 10}" for number in range(regions))
    return Plan(
        run=folders.new_id(datetime.now(UTC)),
        organisation="simulated",
        file="",
        accounts=tuple(
            Account(id=f"{number:012d}", name="a", owner="b", regions=names, profile="p", role="r", external_id=None)
            for number in range(accounts)
        ),
        left_out=(),
        profiles={},
        waivers="",
        markers="",
        keywords="",
        controls=("SEC-RDS-01",),
        once=("SEC-IAM-01",),
        limits=Limits(),
        started=datetime.now(UTC),
        version="",
        code="",
    )


def drawn(plan: Plan, measured: Sequence[dict[str, Any]]) -> dict[Task, tuple[float, int]]:
    """Seconds and requests of each task, drawn from those that were measured; the same in every run."""
    chance = random.Random(17)
    found = {}
    for task in plan.tasks:
        one = chance.choice([other for other in measured if other["region"] == (task.region == GLOBAL)])
        found[task] = (one["seconds"], one["calls"])
    return found


def played(plan: Plan, durations: dict[Task, tuple[float, int]], slots: int, overhead: float) -> tuple[float, float]:
    """Hours until the last task ends under the limits of the plan, and the requests a second to the account that gets most."""
    left: dict[str, deque[Task]] = {}
    for task in plan.tasks:
        left.setdefault(task.account, deque()).append(task)
    running: list[tuple[float, str]] = []
    busy: Counter[str] = Counter()
    span: dict[str, list[float]] = {}
    now = handed = 0.0
    while left or running:
        for account in list(left):
            if account not in busy and len(busy) >= plan.limits.accounts:
                continue
            while left[account] and busy[account] < plan.limits.tasks_per_account and len(running) < slots:
                handed = max(now, handed + overhead)  # the scheduler hands out one after the other
                task = left[account].popleft()
                span.setdefault(account, [handed, 0.0])
                heapq.heappush(running, (handed + durations[task][0], account))
                busy[account] += 1
            if not left[account]:
                del left[account]
            if len(running) >= slots:
                break
        now, account = heapq.heappop(running)
        span[account][1] = now
        busy[account] -= 1
        busy += Counter()  # drops what is zero
    calls: Counter[str] = Counter()
    for task, (_, count) in durations.items():
        calls[task.account] += count
    busiest = max(calls[account] / max(0.001, end - begun) for account, (begun, end) in span.items())
    return now / 3600, busiest


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.organisation", description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    proving = commands.add_parser("prove")
    proving.add_argument("--accounts", type=int, default=40)
    proving.add_argument("--latency", type=float, default=LATENCY, help="seconds that an answer takes its way (%(default)s)")
    proving.add_argument("-m", dest="markers", default="security")
    simulating = commands.add_parser("simulate")
    simulating.add_argument("--accounts", type=int, default=500)
    simulating.add_argument("--handed-out", type=int, help="accounts whose tasks are really handed out (default: all)")
    simulating.add_argument("--regions", type=int, default=REGIONS)
    for one in (proving, simulating):
        one.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    if options.command == "prove":
        prove(options.accounts, options.markers, options.workers, options.latency)
    else:
        simulate(options.accounts, options.regions, options.workers, options.handed_out or options.accounts)


if __name__ == "__main__":
    main()
