"""A run that loses something in the middle goes on with the line that it prints: each account and region is there exactly once."""

import io
import re
import resource
import shlex
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from finished_runs import control, finished
from organisation_runs import leave, plan_of

pytest.importorskip("distributed", reason="of the extra organisation")
pytest.importorskip("pyarrow", reason="of the extra organisation")
pytest.importorskip("duckdb", reason="of the extra organisation")

from proofs import harness
from stackproof.core.results import Run
from stackproof.core.verdicts import AccessDenied, Verdict
from stackproof.evidence import code
from stackproof.organisation import cluster, command, judging, pages, tasks
from stackproof.organisation import plan as plans
from stackproof.organisation.accounts import GLOBAL, Limits
from stackproof.organisation.cluster import Cluster, Progress
from stackproof.organisation.plan import Plan, Task
from stackproof.organisation.results import of_task
from stackproof.organisation.store import opened
from stackproof.plugin.suite import Selected, collected

IDS = ("111111111111", "222222222222")
REGIONS = ("eu-west-1", "us-east-1")
THIRD = Task(IDS[1], REGIONS[0])
"""The task with which something happens; the limits let no other order than that of the plan."""


@cache
def selected() -> tuple[Selected, ...]:
    return tuple(collected(harness.ROOT, "", "SEC-SG-01 or SEC-IAM-01"))


def left(_plan: Plan, task: Task, controls: Sequence[Selected], _profile: object, _root: object, directory: Path) -> Run:
    """What judging leaves in a directory; every control of it is a pass."""
    passed = (control(one.control.id, [Verdict.PASS]) for one in controls)
    return leave(finished(*passed).run, task.account, REGIONS[0] if task.region == GLOBAL else task.region, directory)


class KilledWorker(Exception):
    """As Dask's own, of a task that was lost with one worker after the other."""


class Future:
    def __init__(self, status: str, outcome: object = None) -> None:
        self.status, self.outcome = status, outcome

    def exception(self) -> object:
        return self.outcome

    def release(self) -> None: ...

    def add_done_callback(self, then: Callable[[Any], None]) -> None:
        self._then = then
        if self.status != "pending":
            then(self)

    def end(self) -> None:
        self.status = "finished"
        self._then(self)


class Client:
    """A client of a cluster whose tasks are done when they are handed out, by this process; something happens with one of them."""

    def __init__(self, happens: Callable[["Client"], Future | None]) -> None:
        self.status = "running"
        self._happens = happens

    def nthreads(self) -> dict[str, int]:
        return {"a": 1}

    def submit(self, do: Callable[..., tasks.Done], *about: str, **_: object) -> Future:
        happened = self._happens(self) if Task(*about[3:]) == THIRD else None
        return happened or Future("finished", do(*about))

    def gather(self, futures: list[Future]) -> list[object]:
        return [future.outcome for future in futures]

    def close(self, timeout: float) -> None: ...


class World:
    """The machine on which a run goes on: what happens with the third task, once."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store = folder / "store"
        self.elsewhere = folder / "elsewhere"
        self.denies = False
        self._monkeypatch = monkeypatch
        self._happened = False
        self._limit = resource.getrlimit(resource.RLIMIT_FSIZE)

    def happens(self, what: str) -> Callable[[Client], Future | None]:
        def now(client: Client) -> Future | None:
            if self._happened:
                return None
            self._happened = True
            found: Future | None = getattr(self, what)(client)
            return found

        return now

    def interrupted(self, _client: Client) -> None:
        raise KeyboardInterrupt

    def full(self, _client: Client) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, self._limit[1]))

    def gone(self, _client: Client) -> None:
        self.store.rename(self.elsewhere)
        self.store.write_text("something else", encoding="utf-8")

    def denied(self, _client: Client) -> None:
        self.denies = True

    def workers_lost(self, _client: Client) -> Future:
        return Future("error", KilledWorker())

    def worker_lost(self, _client: Client) -> Future:
        return Future("lost")

    def scheduler_restarted(self, client: Client) -> Future:
        client.status = "closed"
        return Future("pending")

    def mended(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self._limit)
        self.denies = False
        if self.elsewhere.exists():
            self.store.unlink()
            self.elsewhere.rename(self.store)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    found = World(tmp_path, monkeypatch)
    by_task = judging.of_tasks(judging.on_aws(selected()))
    warm = tasks.Warm(harness.ROOT, tuple(by_task[False]), tuple(by_task[True]), "the same")

    def judged(plan: Plan, task: Task, *others: Any) -> Run:
        if found.denies and task == THIRD:
            raise AccessDenied(f"{task.account} denies")
        return left(plan, task, *others)

    monkeypatch.setattr(command, "collected", lambda *_: selected())
    monkeypatch.setattr(code, "digest", lambda _: "the same")
    monkeypatch.setattr(pages, "of_task", lambda *_: "a page")  # other tests look at pages
    monkeypatch.setattr(tasks, "_warm", lambda *_: warm)
    monkeypatch.setattr(judging, "judged", lambda *given, directory: judged(*given, directory))
    yield found
    found.mended()


def run(arguments: Sequence[str], happens: Callable[[Client], Future | None], monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit status of the command on a cluster where something happens."""

    @contextmanager
    def played(*_: object) -> Iterator[Cluster]:
        yield lambda: Client(happens)

    monkeypatch.setattr(command, "_cluster", played)
    return command.main(["verify", *arguments, "--lang", "en"])


def written(folder: Path) -> Path:
    accounts = "".join(f'[[account]]\nid = "{id}"\nname = "{id}"\n' for id in IDS)
    head = f'profile = "{harness.ROOT / "environments" / "production.toml"}"\nregions = ["{REGIONS[0]}", "{REGIONS[1]}"]\n'
    limits = "limits = { accounts = 1, tasks_per_account = 1 }\n"
    (file := folder / "accounts.toml").write_text(head + limits + accounts, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("what", "status", "said"),
    [
        ("interrupted", 130, "Interrupted: 3 of 6 are done and kept. To go on: "),
        ("full", 1, "make room, or name another temporary directory"),
        ("gone", 1, "What is done is kept. To go on: "),
        ("denied", 1, "1 were not judged. When that is mended: "),
        ("workers_lost", 1, "1 were not judged. When that is mended: "),
        ("worker_lost", 0, "6 of 6 accounts and regions judged"),
        ("scheduler_restarted", 0, "6 of 6 accounts and regions judged"),
    ],
)
def test_everything_is_there_once_after_it_went_on(
    what: str,
    status: int,
    said: str,
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    report = tmp_path / "report"
    endpoint = ["--endpoint", "http://127.0.0.1:1"]
    given = [str(written(tmp_path)), "-m", "security", "--store", str(world.store), "--report", str(report), *endpoint]
    assert run(given, world.happens(what), monkeypatch) == status
    text = "".join(capsys.readouterr())
    assert said in text
    if status:
        world.mended()
        line = next(line for line in text.splitlines() if "--resume 2" in line)
        again = shlex.split(line.partition(" verify ")[2])
        assert run([*again, "--report", str(report)], lambda _: None, monkeypatch) == 0

    store = opened(str(world.store))
    plan = plans.read(plans.runs(store)[-1], store)
    kept = Counter(Path(key).name.removesuffix(".tar.gz") for key in store.keys(f"runs/{plan.run}/judged/"))
    assert kept == Counter(task.key for task in plan.tasks)
    assert len(plan.tasks) == len(IDS) * (len(REGIONS) + 1)
    for task in plan.tasks:
        with of_task(plan, task, store) as (result, _):
            assert result.run, result.reason
        assert (report / pages.place(task) / "report.html").is_file()


def test_no_more_accounts_and_regions_at_once_than_the_limits_say(tmp_path: Path) -> None:
    ids = [str(number) * 12 for number in range(1, 10)]
    limits = Limits(accounts=3, tasks_per_account=2)
    plan = plan_of(*ids, regions=("a", "b", "c", "d"), limits=limits, controls=("SEC-SG-01",))
    out: list[tuple[Task, Future]] = []
    most: Counter[str] = Counter()

    class Slow(Client):
        """A client of many workers, on which tasks end one by one."""

        def nthreads(self) -> dict[str, int]:
            return {"a": 50}

        def submit(self, do: object, *about: str, **_: object) -> Future:
            task = Task(*about[3:])
            out.append((task, Future("pending", tasks.Done(task, "judged", closes_the_gate=False))))
            return out[-1][1]

    def end_one(progress: Progress) -> None:
        by_account = Counter(task.account for task, _ in out)
        most["accounts"] = max(most["accounts"], len(by_account))
        most["of one account"] = max(most["of one account"], *by_account.values(), 0)
        if out:
            out.pop(0)[1].end()

    progress = cluster.run(plan, opened(str(tmp_path)), plan.tasks, lambda: Slow(lambda _: None), end_one)
    assert progress.done == len(plan.tasks) == 36
    assert most == {"accounts": 3, "of one account": 2}


class Terminal(io.StringIO):
    def __init__(self, *, is_one: bool) -> None:
        super().__init__()
        self._is_one = is_one

    def isatty(self) -> bool:
        return self._is_one


@pytest.mark.parametrize("is_one", [True, False])
def test_progress_is_a_bar_in_a_terminal_and_lines_elsewhere(is_one: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal(is_one=is_one)
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    now = Progress(total=6, done=2, failed=1, not_judged=1, running=3, before=1, started=time.monotonic() - 2)
    with command._progress() as tell:
        tell(now)
        now.done = 6
        tell(now)
    said = terminal.getvalue()
    plain = " ".join(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said).split())
    assert re.search(r"6 of 6 done \(1 failed, 1 not judged\), 3 running, 0 left, \d\.\d a second", plain)
    assert ("\x1b[" in said) == ("━" in said) == is_one
    now.slots = 0
    assert now.line().endswith(", no worker is there")
    if not is_one:
        first, _ = said.splitlines()
        assert re.fullmatch(
            r"2 of 6 done \(1 failed, 1 not judged\), 3 running, 4 left, \d\.\d a second, about \d+ s to go", first
        )
