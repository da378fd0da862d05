"""Looking several times: every look is asked, kept and replayed as one of its own, at the scheduled time."""

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stackproof.core.verdicts import AccessDenied, CallFailed, NotReported
from stackproof.judgement.steadiness import replaced
from stackproof.probes import Probes
from stackproof.resources import allowed_operations
from stackproof.resources.tasks import RunningService, ServiceSample, WatchedService
from stackproof.sources.aws.calls import Answer, Call
from stackproof.sources.aws.session import Network
from stackproof.sources.aws.source import Reader
from stackproof.sources.replay import Recording, from_json, recorded, to_json
from stackproof.util.sampling import Schedule, samples

REGION, ACCOUNT = "ap-northeast-2", "123456789012"
CLUSTER, SERVICE = "arn:aws:ecs:ap-northeast-2:123456789012:cluster/c", "arn:aws:ecs:ap-northeast-2:123456789012:service/c/s"
STARTED = datetime(2026, 1, 20, 10, tzinfo=UTC)
DESCRIBED = {
    "serviceName": "s",
    "serviceArn": SERVICE,
    "clusterArn": CLUSTER,
    "desiredCount": 1,
    "runningCount": 1,
    "pendingCount": 0,
    "deployments": [{"status": "PRIMARY", "rolloutState": "COMPLETED"}],
}


class Flapping:
    """ECS with one service, whose task is another one at every look; time passes only by waiting."""

    def __init__(self) -> None:
        self.asked: list[Call] = []
        self.waited: list[float] = []

    def send(self, call: Call, absent: tuple[str, ...]) -> Answer:
        del absent
        self.asked.append(call)
        pages: dict[str, Any] = {
            "ecs:ListServices": {"serviceArns": [SERVICE]},
            "ecs:DescribeServices": {"services": [DESCRIBED]},
            "ecs:ListTasks": {"taskArns": [f"task/{call.sample}"]},
            "ecs:DescribeTasks": {
                "tasks": [
                    {
                        "taskArn": f"task/{call.sample}",
                        "lastStatus": "RUNNING",
                        "healthStatus": "UNKNOWN",
                        "startedAt": STARTED + timedelta(minutes=call.sample),
                    }
                ]
            },
        }
        return Answer(call, [pages[call.operation]])

    @property
    def counts(self) -> Counter[str]:
        return Counter(call.operation for call in self.asked)

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)


def watched(reader: Reader, count: int = 3) -> WatchedService:
    (service,) = RunningService.from_aws(reader, ["c/s"])
    return service.watched(Schedule(count, 60))


class TestCall:
    def test_each_look_is_a_call_of_its_own(self) -> None:
        transport = Flapping()
        reader = Reader(transport, account=ACCOUNT, region=REGION)
        for sample in (0, 1, 1, 2):
            reader.read("ecs:ListTasks", cluster="c", sample=sample)
        assert [call.sample for call in transport.asked] == [0, 1, 2]
        assert len({call.evidence for call in transport.asked}) == 3
        assert all("sample" not in call.arguments for call in transport.asked)

    def test_the_first_look_is_the_plain_call(self) -> None:
        assert str(Call("a:B", REGION, sample=0)) == str(Call("a:B", REGION))
        assert str(Call("a:B", REGION, sample=2)) == f"a:B {REGION} sample 2"


class TestSchedule:
    def test_a_slow_look_delays_no_more_than_the_next(self) -> None:
        now, waited = [0.0], []

        def wait(seconds: float) -> None:
            waited.append(seconds)
            now[0] += seconds

        def look(number: int) -> float:
            seen = now[0]
            now[0] += 45 if number == 0 else 1
            return seen

        assert samples(look, Schedule(4, 90), wait, clock=lambda: now[0]) == (0, 45, 60, 90)
        assert waited == [14, 29]

    def test_a_look_that_fails_ends_it(self) -> None:
        def look(number: int) -> int:
            if number:
                raise AccessDenied("denied")
            return number

        with pytest.raises(AccessDenied):
            samples(look, Schedule(3, 0), lambda _: None)


class TestService:
    def test_is_looked_at_as_scheduled_and_every_look_is_kept(self) -> None:
        transport = Flapping()
        seen = watched(Reader(transport, account=ACCOUNT, region=REGION))
        assert [sample.name for sample in seen.samples] == ["c/s after 0 s", "c/s after 30 s", "c/s after 60 s"]
        assert transport.waited == pytest.approx([30, 60], abs=1)  # nobody's clock goes on here
        assert transport.counts == {"ecs:ListServices": 1, "ecs:DescribeServices": 3, "ecs:ListTasks": 1, "ecs:DescribeTasks": 3}
        assert replaced([sample.starts for sample in seen.samples]) == ["0", "1", "2"]

    def test_is_seen_again_in_a_recording_without_waiting(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("time.sleep", lambda _: pytest.fail("a recording does not wait"))
        reader = Reader(Flapping(), account=ACCOUNT, region=REGION)
        watched(reader)
        again = from_json(to_json(recorded(reader.answers.values())))
        seen = watched(Reader(again, account=ACCOUNT, region=REGION))
        assert [[*sample.starts] for sample in seen.samples] == [["0"], ["1"], ["2"]]

    def test_a_look_that_was_not_recorded_is_an_error(self) -> None:
        reader = Reader(Flapping(), account=ACCOUNT, region=REGION)
        watched(reader)
        recording = Recording(recorded(reader.answers.values()).calls)
        with pytest.raises(CallFailed, match="not in the recording"):
            watched(Reader(recording, account=ACCOUNT, region=REGION), count=4)

    def test_a_look_without_the_service_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        transport = Flapping()
        reader = Reader(transport, account=ACCOUNT, region=REGION)
        (service,) = RunningService.from_aws(reader, ["c/s"])
        monkeypatch.setitem(DESCRIBED, "serviceArn", "another")
        with pytest.raises(NotReported, match="does not have c/s"):
            service.watched(Schedule(2, 1))


def test_a_task_that_nobody_checks_runs_well_if_it_runs() -> None:
    (sample, *_) = watched(Reader(Flapping(), account=ACCOUNT, region=REGION)).samples
    assert isinstance(sample, ServiceSample)
    assert sample.ailing == []
    assert (sample.desired, sample.running, sample.pending) == (1, 1, 0)


def test_the_network_waits_and_a_probe_hands_it_on(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    Probes(Network(allowed_operations(), endpoint="http://127.0.0.1:9")).wait(2.5)
    assert waited == [2.5]
