"""A task as a worker does it: in a process that stays warm, its result in the store before anybody is told."""

import atexit
import functools
import json
import os
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from stackproof.core import room
from stackproof.core.runner import message_of
from stackproof.core.verdicts import NoRoom, UsageError
from stackproof.evidence import code
from stackproof.organisation import judging
from stackproof.organisation import plan as plans
from stackproof.organisation.accounts import GLOBAL
from stackproof.organisation.plan import Plan, Task
from stackproof.organisation.store import CannotStore, Store, opened
from stackproof.plugin.suite import Selected, collected
from stackproof.processes import children
from stackproof.profile.schema import Profile
from stackproof.redaction import redaction
from stackproof.sources.aws import connection, process_guard
from stackproof.util.memory import give_back_what_is_free

State = Literal["judged", "not judged", "not stored"]


@dataclass(frozen=True)
class Done:
    """The end of a task; its result is in the store, unless it could not be stored."""

    task: Task
    state: State
    closes_the_gate: bool = True
    """As far as the worker knows; the report of the whole run decides."""
    reason: str = ""
    """Why it was not judged, or not stored."""
    seconds: float = 0.0
    calls: int = 0
    """Requests to AWS."""
    worker: str = ""


def judged_key(run: str, task: Task) -> str:
    """Where the result of a task that was judged lies in the store."""
    return f"runs/{run}/judged/{task.key}.tar.gz"


def not_judged_key(run: str, task: Task) -> str:
    """Where it is said why a task was not judged; it may be tried again."""
    return f"runs/{run}/not-judged/{task.key}.json"


def perform(url: str, store_endpoint: str | None, run: str, account: str, region: str) -> Done:
    """Do a task of a run, unless it was done; raises nothing."""
    task = Task(account, region)
    clock = time.perf_counter()
    try:
        store = opened(url, store_endpoint)
        if store.get(judged_key(run, task)) is not None:  # it was done by a worker that was lost before it could say so
            return Done(task, "judged", closes_the_gate=False, worker=_name())
        return _performed(store, run, task, clock)
    except (CannotStore, NoRoom) as error:
        return Done(task, "not stored", reason=str(error), seconds=time.perf_counter() - clock, worker=_name())
    except Exception as error:  # noqa: BLE001 - a task that breaks is an ERROR of its account and region, and stops no other
        return Done(task, "not judged", reason=message_of(error), seconds=time.perf_counter() - clock, worker=_name())


def _performed(store: Store, run: str, task: Task, clock: float) -> Done:
    plan = _plan(store.url, run, store)
    try:
        warm = _warm(plan.markers, plan.keywords, plan.endpoint)
        if warm.code != plan.code:
            raise UsageError(
                f"worker {_name()} has other code than the run was begun with (stackproof {plan.version}, {plan.code[:12]}; here "
                f"{warm.code[:12]}): give workers the same version, and the same tests/ in their folder"
            )
        controls = warm.once if task.region == GLOBAL else warm.regional
        profile = _profile_of(json.dumps(plan.profiles[plan.account(task.account).profile]))
        judge = partial(judging.judged, plan, task, controls, profile, warm.root)
        with room.ending():
            done, archive = judging.packed(lambda directory: judge(directory=directory))
    except (CannotStore, NoRoom):
        raise
    except Exception as error:  # noqa: BLE001 - as above
        return give_up(store, run, task, message_of(error), time.perf_counter() - clock)
    store.add(judged_key(run, task), archive)
    return Done(task, "judged", bool(done.exit_status), "", time.perf_counter() - clock, sum(done.calls.values()), _name())


def give_up(store: Store, run: str, task: Task, reason: str, seconds: float = 0.0) -> Done:
    """Say in the store why a task was not judged. Raises `CannotStore`."""
    said = redaction.redact(reason)
    document = {"account": task.account, "region": task.region, "reason": said, "seconds": round(seconds, 3)}
    store.put(not_judged_key(run, task), (json.dumps(document, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace"))
    return Done(task, "not judged", True, said, seconds, 0, _name())


def _name() -> str:
    return f"process {os.getpid()}"


@dataclass(frozen=True)
class Warm:
    """The code that the tasks of a process share; nothing of any account is in it."""

    root: Path
    regional: tuple[Selected, ...]
    once: tuple[Selected, ...]
    code: str


_warming = threading.Lock()


def _warm(markers: str, keywords: str, endpoint: str | None) -> Warm:
    with _warming:
        return _warmed(markers, keywords, endpoint)


@functools.lru_cache(maxsize=8)
def _warmed(markers: str, keywords: str, endpoint: str | None) -> Warm:
    give_back_what_is_free()
    if endpoint is None:
        connection.require_direct(os.environ, "organisation")
    _hold()
    root = Path.cwd()
    by_task = judging.of_tasks(judging.on_aws(collected(root, markers, keywords)))
    return Warm(root, tuple(by_task[False]), tuple(by_task[True]), code.digest(root))


_held = ExitStack()


@functools.cache
def _hold() -> None:
    """From here on this process shows no secret of its environment, and sends nothing to AWS but the suite's own reads."""
    from stackproof.resources import allowed_operations

    redaction.register_among(os.environ)
    redaction.redact_logs()
    atexit.register(_held.close)
    _held.enter_context(process_guard.held(allowed_operations))
    _held.enter_context(children.held(process_guard.is_getting_credentials))


_plans: dict[tuple[str, str], Plan] = {}


def _plan(url: str, run: str, store: Store) -> Plan:
    """The plan of a run, read once a process."""
    if (url, run) not in _plans:
        _plans.clear()
        _plans[url, run] = plans.read(run, store)
    return _plans[url, run]


@functools.lru_cache(maxsize=64)
def _profile_of(text: str) -> Profile:
    return Profile.model_validate_json(text)
