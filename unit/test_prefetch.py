"""What the controls ask for is fetched once, at the same time, and what goes wrong waits for whoever needs it."""

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from stackproof.collections import prefetch
from stackproof.collections.prefetch import Prefetch
from stackproof.core.ledger import Ledger, record
from stackproof.core.verdicts import AccessDenied, NotApplicable, UsageError
from stackproof.profile.loading import load
from stackproof.targets.base import Stage

ROOT = Path(__file__).parents[1]
Collections = dict[str, Callable[[Stage], object]]


@pytest.fixture
def stage() -> Stage:
    return Stage("plan", load("production", ROOT / "environments"), ROOT)


@pytest.fixture
def collections(monkeypatch: pytest.MonkeyPatch) -> Collections:
    found: Collections = {}
    monkeypatch.setattr(prefetch, "collections", found)
    return found


def test_fetches_at_the_same_time(stage: Stage, collections: Collections) -> None:
    meeting = threading.Barrier(4, timeout=600)  # passes only if all four are fetched at once

    def met(name: str, _: Stage) -> str:
        meeting.wait()
        return name

    for name in "abcd":
        collections[name] = partial(met, name)
    fetched = Prefetch(stage)
    fetched.fetch("abcd")
    assert [fetched.outcome(name)() for name in "abcd"] == [*"abcd"]


def test_files_are_read_while_others_wait_for_a_cloud(
    stage: Stage, collections: Collections, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prefetch, "operations", lambda names: {*names} - {"files"})
    read = threading.Event()

    def waits(_: Stage) -> bool:
        return read.wait(600)

    waiting = [f"waits_{number}" for number in range(prefetch.CONCURRENT_COLLECTIONS)]
    collections |= dict.fromkeys(waiting, waits)
    collections["files"] = lambda _: read.set()
    fetched = Prefetch(stage)
    fetched.fetch([*waiting, "files"])
    assert all(fetched.outcome(name)() for name in waiting)


def test_what_is_asked_is_got_ready_once(stage: Stage, collections: Collections, monkeypatch: pytest.MonkeyPatch) -> None:
    got_ready: list[object] = []
    monkeypatch.setattr(stage, "get_ready", got_ready.append)
    monkeypatch.setattr(prefetch, "operations", lambda names: {f"s3:{name}" for name in names})
    collections |= {"a": lambda _: 1, "b": lambda _: 2}
    Prefetch(stage).fetch(["a", "b"])
    assert got_ready == [{"s3:a", "s3:b"}]


def test_fetches_each_once_and_nothing_else(stage: Stage, collections: Collections) -> None:
    made: list[str] = []
    for name in "abc":
        collections[name] = partial(lambda name, _: made.append(name), name)
    fetched = Prefetch(stage)
    fetched.fetch(["a", "b", "a"])
    fetched.fetch(["b"])
    assert sorted(made) == ["a", "b"]
    with pytest.raises(KeyError):
        fetched.outcome("c")()


@pytest.mark.parametrize("error", [AccessDenied("no"), NotApplicable("not here"), KeyError("broken")])
def test_an_error_waits_for_the_controls_that_need_it(error: Exception, stage: Stage, collections: Collections) -> None:
    def fails(_: Stage) -> object:
        raise error

    collections |= {"fails": fails, "works": lambda _: "fine"}
    fetched = Prefetch(stage)
    fetched.fetch(["fails", "works"])
    assert fetched.outcome("works")() == "fine"
    for _ in range(2):
        with pytest.raises(type(error)) as raised:
            fetched.outcome("fails")()
        assert raised.value is error


def test_bad_input_stops_the_run(stage: Stage, collections: Collections) -> None:
    def wrong_account(_: Stage) -> object:
        raise UsageError("another account")

    collections |= {"works": lambda _: "fine", "stops": wrong_account}
    with pytest.raises(UsageError, match="another account"):
        Prefetch(stage).fetch(["works", "stops"])


def test_what_a_collection_reads_is_not_the_evidence_of_a_control(stage: Stage, collections: Collections) -> None:
    collections["reads"] = lambda _: record("Thing", "field", 1, "source")
    ledger = Ledger()
    with ledger.open():
        Prefetch(stage).fetch(["reads"])
    assert ledger.readings == ()
