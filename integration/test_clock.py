"""The clock of a run: one moment in UTC for all that ages, whatever the zone of this machine and wherever its clock jumps."""

import datetime
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_plugin import VERDICTS, repository, run

from stackproof.core.waivers import Waiver, parse
from stackproof.profile.loading import load
from stackproof.targets import base
from stackproof.targets.base import Stage

ROOT = Path(__file__).parents[1]
WAIVER = """
[[waiver]]
control = "SEC-RDS-01"
resource = "one"
reason = "it is being replaced, and the new one is private"
owner = "kim@triflow.example"
ticket = "OPS-1"
expires = 2026-11-28
"""


@pytest.fixture
def _in_seoul(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Seoul")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def waiver() -> Waiver:
    (one,) = parse(WAIVER)
    return one


def at(monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    """Set the clock of a stage."""

    class Clock(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> "Clock":
            return cls.fromisoformat(moment).astimezone(tz)

    monkeypatch.setattr(base, "datetime", Clock)


@pytest.mark.usefixtures("_in_seoul")
@pytest.mark.parametrize(
    ("moment", "is_expired"),
    [
        ("2026-11-28T00:00:00+00:00", False),
        ("2026-11-28T15:00:00+00:00", False),  # midnight in Seoul
        ("2026-11-28T23:59:59+00:00", False),
        ("2026-11-29T00:00:00+00:00", True),
    ],
)
def test_the_last_day_of_a_waiver_is_one_of_utc(moment: str, is_expired: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, moment)
    stage = Stage("plan", load("local", ROOT / "environments"), ROOT)
    assert waiver().expired(stage.now.date()) is is_expired


@pytest.mark.parametrize("later", ["2026-11-29T00:10:00+00:00", "2020-01-01T00:00:00+00:00", "2038-01-19T03:14:08+00:00"])
def test_a_run_has_one_moment_across_midnight_and_when_the_clock_jumps(later: str, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, "2026-11-28T23:50:00+00:00")
    stage = Stage("plan", load("local", ROOT / "environments"), ROOT)
    began = stage.now
    at(monkeypatch, later)
    assert stage.now == began
    assert not waiver().expired(stage.now.date())


def test_a_run_in_seoul_says_the_same_in_utc(tmp_path: Path) -> None:
    ended = run(repository(tmp_path), TZ="Asia/Seoul")
    assert ended.verdicts == VERDICTS
    started = datetime.datetime.fromisoformat(ended.results["started"])
    assert started.utcoffset() == datetime.timedelta(0)
    assert abs(datetime.datetime.now(datetime.UTC) - started) < datetime.timedelta(minutes=10)
