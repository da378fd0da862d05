"""Many resources are asked about ahead, at the rates that AWS publishes, and what takes long is told."""

import os
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from queue import Queue
from types import SimpleNamespace
from typing import Any

import pytest

from stackproof.core.resource import Resource, field
from stackproof.core.verdicts import AccessDenied
from stackproof.plugin.terminal import Terminal
from stackproof.sources.aws import rates
from stackproof.sources.aws.ahead import AHEAD, go_together
from stackproof.sources.aws.calls import Answer, Call
from stackproof.sources.aws.facts import AwsFacts
from stackproof.sources.aws.progress import Progress
from stackproof.sources.aws.rates import Pace
from stackproof.sources.aws.source import Reader
from stackproof.util.spool import Reiterable
from stackproof.util.token_bucket import TokenBucket


class Bucket(Resource):
    policy: str = field(aws=lambda one: one.read("s3:GetBucketPolicy", Bucket=one.at("Name")).pages[0].get("Policy"))
    owner: str = field(aws=lambda one: one.read("s3:ListBuckets").pages[0]["Owner"]["ID"])


class Cloud:
    """A transport that answers, and lets the buckets that are asked about ahead wait for one another."""

    def __init__(self, meeting: threading.Barrier | None = None, denied: str = "nobody") -> None:
        self.counts: Counter[str] = Counter()
        self.asked: list[str] = []
        self._meeting = meeting
        self._denied = denied

    def send(self, call: Call, absent: tuple[str, ...]) -> Answer:
        name = str(call.arguments.get("Bucket", ""))
        self.asked.append(name)
        if self._meeting and name >= "b2":
            self._meeting.wait()
        if name == self._denied:
            return Answer(call, error=AccessDenied(f"{call} denied"))
        return Answer(call, [{"Policy": f"of {name}", "Owner": {"ID": "me"}}])

    def wait(self, seconds: float) -> None:
        """Nothing is waited for."""


def buckets(cloud: Cloud, number: int) -> list[Bucket]:
    reader = Reader(cloud, account="123456789012", region="ap-northeast-2")
    return [Bucket(f"b{at}", AwsFacts(reader, {"Name": f"b{at}"}, "a list"), "a list") for at in range(number)]


def test_what_two_were_asked_each_the_next_ones_are_asked_at_the_same_time() -> None:
    cloud = Cloud(threading.Barrier(4, timeout=600))  # passes only if the last four are asked at once
    found = buckets(cloud, 6)
    go_together(found)
    assert [one.policy for one in found] == [f"of b{at}" for at in range(6)]
    assert sorted(cloud.asked) == [f"b{at}" for at in range(6)]


def test_a_list_that_is_made_anew_is_asked_about_in_portions() -> None:
    cloud = Cloud()
    found = buckets(cloud, 5)
    again = go_together(Reiterable(lambda: iter(found)))
    assert isinstance(again, Reiterable)
    assert [one.policy for one in again] == [f"of b{at}" for at in range(5)]


def test_what_all_were_asked_in_one_call_is_not_asked_ahead() -> None:
    cloud = Cloud()
    found = buckets(cloud, 5)
    go_together(found)
    assert {one.owner for one in found} == {"me"}
    assert cloud.asked == [""]


def test_nobody_is_asked_about_what_comes_much_later_or_is_not_read() -> None:
    cloud = Cloud()
    found = buckets(cloud, AHEAD + 20)
    go_together(found)
    assert [one.policy for one in found[:2]] == ["of b0", "of b1"]
    found[1].origin.aws.stop_asking_ahead()  # type: ignore[attr-defined]
    assert 2 <= len(cloud.asked) <= AHEAD + 2
    assert [one.policy for one in found[:3]] == ["of b0", "of b1", "of b2"]


def test_an_error_is_told_where_the_field_is_read() -> None:
    found = buckets(Cloud(denied="b3"), 5)
    go_together(found)
    told = []
    for one in found:
        try:
            told.append(one.policy)
        except AccessDenied:
            told.append("denied")
    assert told == ["of b0", "of b1", "of b2", "denied", "of b4"]


class TestPace:
    def test_each_rate_is_a_bucket_of_its_own(self) -> None:
        made: list[tuple[float, float]] = []

        def bucket(rate: float, burst: float) -> TokenBucket:
            made.append((rate, burst))
            return TokenBucket(rate, burst, now=lambda: 0.0, sleep=lambda _: None)

        pace = Pace(bucket)
        for action, region in (("GetRole", "us-east-1"), ("GetPolicy", "us-east-1"), ("GetPolicy", "cn-north-1")):
            pace.reserve("iam", action, region)
        pace.reserve("logs", "FilterLogEvents", "us-east-1")
        assert made == [(10, 20), (10, 20), (5, 5)]

    def test_every_rate_says_where_it_is_published(self) -> None:
        for service, rate in rates.published().items():
            assert service == "default" or rate["source"].startswith("https://docs.aws.amazon.com/")
            for one in (rate, *rate.get("operations", {}).values()):
                assert 0 < one["rate"] <= one["burst"]

    def test_a_bucket_lets_as_many_through_as_it_says(self) -> None:
        now = [0.0]
        bucket = TokenBucket(10, now=lambda: now[0], sleep=lambda seconds: now.__setitem__(0, now[0] + seconds))
        for _ in range(110):
            bucket.take()
        assert now[0] == pytest.approx(10)


class TestProgress:
    def test_a_line_has_the_operation_the_attempt_how_many_and_what_is_next(self) -> None:
        progress = Progress()
        assert progress.line() == ""
        collections = progress.begin("collections", 3, ["roles", "users"])
        collections.done = 1
        field_of_many = progress.begin("Bucket.policy", 1000)
        field_of_many.done = 412
        with progress.flight("s3:GetBucketPolicy") as flight:
            flight.attempts = 2
            assert progress.line() == (
                "Reading from the cloud: Bucket.policy 412 of 1,000; collections 1 of 3, next roles: s3:GetBucketPolicy (attempt 2)"
            )
            field_of_many.end()
            flight.answered()
            assert (
                progress.line()
                == "Reading from the cloud: collections 1 of 3, next roles: s3:GetBucketPolicy (attempt 1, page 2)"
            )
        assert progress.line() == ""

    def test_what_takes_long_is_told_every_ten_seconds(self) -> None:
        told: Queue[str] = Queue()
        slept: Queue[float] = Queue()
        passes: Queue[None] = Queue()

        def sleep(seconds: float) -> None:
            slept.put(seconds)
            passes.get(timeout=600)

        with Progress(told.put, sleep).flight("ec2:DescribeVpcs") as flight:
            for attempt in (1, 2):
                flight.attempts = attempt
                passes.put(None)
                assert told.get(timeout=600) == f"Reading from the cloud: ec2:DescribeVpcs (attempt {attempt})"
        passes.put(None)
        assert [slept.get(timeout=600) for _ in range(3)] == [10.0] * 3

    def test_a_line_is_seen_while_pytest_keeps_what_is_printed(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        seen, standard_output = os.pipe()
        with ExitStack() as ending, os.fdopen(standard_output, "w") as stream, (tmp_path / "kept").open("w") as kept:
            monkeypatch.setattr(sys, "stdout", stream)
            config: Any = SimpleNamespace(
                pluginmanager=SimpleNamespace(get_plugin=lambda _: "terminalreporter"), add_cleanup=ending.callback
            )
            terminal = Terminal(config)
            os.dup2(kept.fileno(), standard_output)
            terminal.say("Reading ...")
        with os.fdopen(seen) as file:
            assert file.read() == "\nReading ...\n"


@pytest.fixture(autouse=True)
def nothing_runs_on() -> Iterator[None]:
    yield
    for thread in threading.enumerate():
        if thread.name == "progress":
            thread.join(timeout=600)
