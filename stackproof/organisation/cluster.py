"""The tasks of a run on a Dask cluster, each to its end: done, or given up with the reason.

The store knows what is done. The cluster may lose workers, or its scheduler, in the middle: what was not done is handed out again.
"""

import logging
import queue
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from stackproof.core.verdicts import CouldNotVerify, UsageError
from stackproof.organisation.plan import Plan, Task
from stackproof.organisation.store import CannotStore, Store
from stackproof.organisation.tasks import Done, give_up, perform

THREADS = 2
"""Tasks that a local worker does at once: while one waits for AWS, the other judges."""
_MOST_NOT_STORED = 3
"""In a row, after which the store is taken for full or gone."""
_LATE = 3
"""So many times ``limits.task_seconds`` after it was handed out, a task that has not ended is given up, and its worker ended."""
_RECONNECT_SECONDS = 300.0
_WORKERS_SECONDS = 2.0
"""After which it is asked again how many workers there are."""

Cluster = Callable[[], "Any"]
"""Opens a client of the cluster; again after a scheduler was lost."""


@dataclass
class Progress:
    """How far a run has come; told after every change."""

    total: int
    done: int = 0
    failed: int = 0
    """Judged, and the gate is closed by what was found."""
    not_judged: int = 0
    running: int = 0
    lost: int = 0
    """Handed out again, because a worker or the scheduler was lost."""
    slots: int = 1
    """Tasks that the workers can do at once; 0 where there is no worker."""
    calls: int = 0
    started: float = field(default_factory=time.monotonic)
    before: int = 0
    """Done by an earlier part of the run."""

    @property
    def left(self) -> int:
        return self.total - self.done

    @property
    def rate(self) -> float:
        """Tasks a second, of this part of the run."""
        return (self.done - self.before) / max(0.001, time.monotonic() - self.started)

    def line(self) -> str:
        """One line for a log."""
        seconds = self.left / self.rate if self.done > self.before else 0
        to_go = f", about {seconds / 60:.0f} min to go" if seconds >= 90 else f", about {seconds:.0f} s to go" if seconds else ""
        lost = f", {self.lost} handed out again" if self.lost else ""
        waits = "" if self.slots else ", no worker is there"
        return (
            f"{self.done} of {self.total} done ({self.failed} failed, {self.not_judged} not judged), {self.running} running, "
            f"{self.left} left, {self.rate:.1f} a second{to_go}{lost}{waits}"
        )


@contextmanager
def local(workers: int, lost_workers: int) -> Iterator[Cluster]:
    """A cluster on this machine, of processes that end with the block."""
    import dask
    from distributed import Client, LocalCluster

    _silence()
    with ExitStack() as undo:
        undo.enter_context(dask.config.set({"distributed.scheduler.allowed-failures": lost_workers, **_QUIET, **_FORKED}))
        _preload()
        cluster = undo.enter_context(
            LocalCluster(n_workers=workers, threads_per_worker=THREADS, dashboard_address=None, silence_logs="ERROR")
        )
        yield lambda: Client(cluster)


@contextmanager
def remote(address: str) -> Iterator[Cluster]:
    """A cluster that runs already. Raises `UsageError` where no scheduler answers."""
    import dask
    from distributed import Client

    with dask.config.set(_QUIET):
        _silence()
        try:
            Client(address, timeout=20).close()
        except (OSError, ValueError) as error:
            raise UsageError(f"--scheduler {address}: no Dask scheduler answers there: {error}") from None
        yield lambda: Client(address, timeout=20)


def _silence() -> None:
    """Keep Dask from logging that workers and schedulers are lost: that is told as progress."""
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


_QUIET = {
    "distributed.admin.log-length": 0,
    "distributed.comm.timeouts.connect": "20s",
    "distributed.worker.memory.terminate": 0.95,
}


_FORKED = {"distributed.worker.multiprocessing-method": "forkserver"}
"""Workers of this machine are forked from a process of one thread that has imported everything, once for all of them."""


def _preload() -> None:
    from distributed.utils import get_mp_context

    get_mp_context().set_forkserver_preload(["distributed", "stackproof.organisation.tasks", "stackproof.resources"])


Do = Callable[[str, str | None, str, str, str], Done]
"""Does a task in a worker, as `stackproof.organisation.tasks.perform`."""


def run(
    plan: Plan,
    store: Store,
    tasks: Iterable[Task],
    cluster: Cluster,
    tell: Callable[[Progress], None],
    before: int = 0,
    do: Do = perform,
) -> Progress:
    """Do the tasks, each to its end.

    Raises `CannotStore` when results cannot be stored any more, and `CouldNotVerify` without a cluster.
    """
    return _Run(plan, store, tasks, cluster, tell, before, do).done()


class _Run:
    """The tasks that are left, and those that are handed out: no more of one account, and of no more accounts, than the limits say."""

    def __init__(
        self,
        plan: Plan,
        store: Store,
        tasks: Iterable[Task],
        cluster: Cluster,
        tell: Callable[[Progress], None],
        before: int,
        do: Do,
    ) -> None:
        self._plan = plan
        self._store = store
        self._cluster = cluster
        self._tell = tell
        self._do = do
        self._left: dict[str, deque[Task]] = {}
        for task in tasks:
            self._left.setdefault(task.account, deque()).append(task)
        count = sum(map(len, self._left.values()))
        self._progress = Progress(total=count + before, done=before, before=before)
        self._out: dict[Any, tuple[Task, float]] = {}
        """By future: the task, and when it was handed out."""
        self._tried: Counter[Task] = Counter()
        self._ended: queue.Queue[Any] = queue.Queue()
        self._not_stored = 0
        self._client: Any = None
        self._slots = 0
        self._asked_again = 0.0

    def done(self) -> Progress:
        """Everything done; see `run`."""
        try:
            while self._left or self._out:
                self._connect()
                self._hand_out()
                self._tell(self._progress)
                self._collect()
        finally:
            self._disconnect()
        self._tell(self._progress)
        return self._progress

    def _connect(self) -> None:
        """A client of the cluster that works; a scheduler that was lost is waited for, and gets everything again that was out."""
        if self._client is not None and self._client.status == "running":
            return
        if self._client is not None:
            self._take_back(list(self._out))
        self._disconnect()
        end = time.monotonic() + _RECONNECT_SECONDS
        while True:
            try:
                self._client = self._cluster()
                return
            except (OSError, ValueError) as error:
                if time.monotonic() > end:
                    raise CouldNotVerify(
                        f"the scheduler is gone, and none has come for {_RECONNECT_SECONDS:.0f} s: {error}"
                    ) from None
                time.sleep(1)

    def _disconnect(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(Exception):
                client.close(timeout=5)

    def _hand_out(self) -> None:
        if self._client.status != "running":
            return
        limits = self._plan.limits
        here = self._threads()
        most = max(1, 2 * here)  # whoever is done finds the next one waiting
        busy = Counter(task.account for task, _ in self._out.values())
        for account in list(self._left):
            if account not in busy and len(busy) >= limits.accounts:
                continue
            left = self._left[account]
            while left and busy[account] < limits.tasks_per_account and len(self._out) < most:
                if not self._submit(left[0]):
                    return
                left.popleft()
                busy[account] += 1
            if not left:
                del self._left[account]
            if len(self._out) >= most:
                return

    def _threads(self) -> int:
        """The tasks that the workers can do at once; asked again now and then, since workers come and go."""
        if time.monotonic() >= self._asked_again:
            with suppress(OSError):  # the scheduler is lost just now: it is asked again when one is there
                self._slots = 0
                self._slots = sum(self._client.nthreads().values())
            self._asked_again = time.monotonic() + _WORKERS_SECONDS if self._slots else 0.0
            self._progress.slots = self._slots
        return self._slots

    def _submit(self, task: Task) -> bool:
        """Hand a task out; False where the scheduler is lost."""
        from distributed.client import ClosedClientError

        try:
            future = self._client.submit(
                self._do,
                self._store.url,
                self._plan.endpoint,
                self._plan.run,
                task.account,
                task.region,
                key=f"{self._plan.run}.{task.key}.{self._tried[task] + 1}",
                pure=False,
            )
        except ClosedClientError:
            return False
        self._tried[task] += 1
        self._out[future] = (task, time.monotonic())
        self._progress.running = len(self._out)
        future.add_done_callback(self._ended.put)
        return True

    def _collect(self) -> None:
        """Wait a moment for tasks to end, and note each that has."""
        ended = []
        with suppress(queue.Empty):
            ended.append(self._ended.get(timeout=1.0))
            while True:
                ended.append(self._ended.get_nowait())
        if not ended:
            ended = [future for future in self._out if future.status in ("cancelled", "lost", "error", "finished")]
            self._end_late_ones()
        self._note([future for future in dict.fromkeys(ended) if future in self._out])

    def _note(self, ended: Iterable[Any]) -> None:
        finished = {}
        for future in ended:
            match future.status:
                case "finished":
                    finished[future], _ = self._out.pop(future)
                case "error":
                    task, _ = self._out.pop(future)
                    self._count(self._given_up(task, future.exception()))
                case _:
                    self._take_back([future])
        if finished:
            self._hand_out()  # workers do not wait until it is known how these came out, which takes a way to them and back
            for one in self._results(finished):
                self._count(one)
        self._progress.running = len(self._out)

    def _results(self, finished: Mapping[Any, Task]) -> Sequence[Done]:
        """What became of tasks that have ended, asked for together; they are tried again where it is lost with worker or scheduler."""
        try:
            found: Sequence[Done] = self._client.gather([*finished])
        except Exception:  # noqa: BLE001 - Dask has no common error for what is lost meanwhile; what they have stored, they will find
            for task in finished.values():
                self._again(task)
            return ()
        return found

    def _given_up(self, task: Task, error: BaseException) -> Done:
        """Of a task that has not ended by itself: its workers were lost, or it was never begun."""
        workers = self._plan.limits.lost_workers + 1
        said = (
            f"{workers} workers were lost with it, one after the other: see their memory and their logs"
            if type(error).__name__ == "KilledWorker"
            else f"the worker could not do it: {type(error).__name__}: {error}"
        )
        return give_up(self._store, self._plan.run, task, said)

    def _take_back(self, futures: Iterable[Any]) -> None:
        """Hand out again what a scheduler has lost."""
        for future in futures:
            task, _ = self._out.pop(future)
            with suppress(Exception):
                future.release()
            self._again(task)

    def _again(self, task: Task) -> None:
        """Let a task that was lost be handed out again, unless it was lost too often."""
        if self._tried[task] > self._plan.limits.lost_workers:
            reason = f"it was lost {self._tried[task]} times with its worker or the scheduler"
            self._count(give_up(self._store, self._plan.run, task, reason))
            return
        self._progress.lost += 1
        self._left.setdefault(task.account, deque()).appendleft(task)

    def _end_late_ones(self) -> None:
        limit = self._plan.limits.task_seconds * _LATE + 60
        late = [future for future, (_, at) in self._out.items() if time.monotonic() - at > limit]
        if not late:
            return
        with suppress(Exception):
            where = {worker for worker, keys in self._client.processing().items() if {future.key for future in late} & {*keys}}
            self._client.restart_workers(sorted(where), raise_for_error=False)
        for future in late:
            task, at = self._out.pop(future)
            with suppress(Exception):
                future.cancel()
            seconds = time.monotonic() - at
            self._count(
                give_up(
                    self._store,
                    self._plan.run,
                    task,
                    f"it had not ended after {seconds:.0f} s, and its worker was ended",
                    seconds,
                )
            )

    def _count(self, done: Done) -> None:
        progress = self._progress
        if done.state == "not stored":
            self._not_stored += 1
            if self._not_stored >= _MOST_NOT_STORED:
                raise CannotStore(done.reason)
            self._tried[done.task] -= 1
            self._left.setdefault(done.task.account, deque()).append(done.task)
            return
        self._not_stored = 0
        progress.done += 1
        progress.calls += done.calls
        progress.not_judged += done.state == "not judged"
        progress.failed += done.state == "judged" and done.closes_the_gate
