"""AWS as a source: each question once, whichever thread asks; and how an answer becomes the facts of a resource."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from stackproof.core.ledger import Ledger
from stackproof.core.resource import Resource, field
from stackproof.core.verdicts import AccessDenied, CallFailed, NotReported
from stackproof.resources.database import ClusterSnapshot
from stackproof.sources.aws.calls import Answer, Call, from_jsonable, to_jsonable
from stackproof.sources.aws.facts import AwsFacts, listed
from stackproof.sources.aws.source import AwsSource, Reader

REGION = "ap-northeast-2"
ACCOUNT = "123456789012"


class Scripted:
    """A transport that answers from a function, and notes what was asked."""

    def __init__(self, answer: Callable[[Call], Answer]) -> None:
        self.asked: list[Call] = []
        self.absent: list[tuple[str, ...]] = []
        self._answer = answer

    def send(self, call: Call, absent: tuple[str, ...]) -> Answer:
        self.asked.append(call)
        self.absent.append(absent)
        return self._answer(call)

    @property
    def counts(self) -> Counter[str]:
        return Counter(call.operation for call in self.asked)

    def wait(self, seconds: float) -> None:
        """Nothing is waited for."""


def reader(answer: Callable[[Call], Answer]) -> tuple[Reader, Scripted]:
    transport = Scripted(answer)
    return Reader(transport, account=ACCOUNT, region=REGION), transport


def echo(call: Call) -> Answer:
    return Answer(call, [{"Echo": call.arguments}])


class TestCall:
    def test_is_the_same_whatever_the_order_of_its_parameters(self) -> None:
        one = Call.of("rds:DescribeDBInstances", REGION, A=1, B=["x"])
        assert one == Call.of("rds:DescribeDBInstances", REGION, B=["x"], A=1)
        assert hash(one) == hash(Call.of("rds:DescribeDBInstances", REGION, B=["x"], A=1))

    @pytest.mark.parametrize(
        "other",
        [
            Call.of("rds:DescribeDBClusters", REGION, A=1),
            Call.of("rds:DescribeDBInstances", "us-east-1", A=1),
            Call.of("rds:DescribeDBInstances", REGION, A=2),
            Call.of("rds:DescribeDBInstances", REGION),
        ],
    )
    def test_is_another_with_another_operation_region_or_parameter(self, other: Call) -> None:
        assert other != Call.of("rds:DescribeDBInstances", REGION, A=1)

    def test_says_what_is_asked_and_where(self) -> None:
        call = Call.of("rds:DescribeDBInstances", REGION, Id="x")
        assert (call.service, call.action, call.arguments) == ("rds", "DescribeDBInstances", {"Id": "x"})
        assert str(call) == 'rds:DescribeDBInstances ap-northeast-2 {"Id":"x"}'


class TestAnswer:
    CALL = Call.of("logs:DescribeLogGroups", REGION)

    def test_lists_over_all_pages(self) -> None:
        answer = Answer(self.CALL, [{"logGroups": [{"n": 1}]}, {"logGroups": []}, {"logGroups": [{"n": 2}]}])
        assert answer.items("logGroups") == [{"n": 1}, {"n": 2}]

    def test_finds_items_of_all_pages_by_a_member(self) -> None:
        answer = Answer(self.CALL, [{"logGroups": [{"n": "a", "m": 1}]}, {"logGroups": [{"n": "b", "m": 2}]}])
        assert answer.by("logGroups", "n") == {"a": {"n": "a", "m": 1}, "b": {"n": "b", "m": 2}}
        assert answer.by("logGroups", "n") is answer.by("logGroups", "n")
        assert [*map(int, answer.by("logGroups", "m"))] == [1, 2]
        with pytest.raises(AccessDenied):
            Answer(self.CALL, error=AccessDenied("no")).by("logGroups", "n")

    @pytest.mark.parametrize("page", [{}, {"logGroups": None}, {"logGroups": {}}, {"logGroups": "a"}])
    def test_without_its_list_on_one_page_is_no_list(self, page: dict[str, Any]) -> None:
        with pytest.raises(NotReported, match="page 2 of the answer has no list logGroups"):
            Answer(self.CALL, [{"logGroups": []}, page]).items("logGroups")

    @pytest.mark.parametrize("absent", [False, True])
    def test_without_pages_is_no_empty_list(self, absent: bool) -> None:
        with pytest.raises(NotReported, match="no answer to read from"):
            Answer(self.CALL, absent=absent).items("logGroups")

    def test_without_pages_has_no_page_unless_there_is_none(self) -> None:
        with pytest.raises(NotReported):
            _ = Answer(self.CALL).page
        assert Answer(self.CALL, absent=True).page is None

    @pytest.mark.parametrize(
        "read", [lambda answer: answer.pages, lambda answer: answer.page, lambda answer: answer.items("logGroups")]
    )
    @pytest.mark.parametrize("absent", [False, True])
    def test_that_failed_gives_nothing_but_its_error(self, read: Callable[[Answer], object], absent: bool) -> None:
        answer = Answer(self.CALL, [{"logGroups": []}], error=AccessDenied("no"), absent=absent)
        with pytest.raises(AccessDenied, match="no"):
            read(answer)


class TestReader:
    def test_asks_once(self) -> None:
        asked, transport = reader(echo)
        assert asked.read("a:B", X=1) is asked.read("a:B", X=1)
        assert transport.asked == [Call.of("a:B", REGION, X=1)]

    def test_asks_in_its_region_unless_told_another(self) -> None:
        asked, transport = reader(echo)
        asked.read("a:B")
        asked.read("a:B", region="us-east-1")
        assert [call.region for call in transport.asked] == [REGION, "us-east-1"]

    def test_asks_once_however_many_ask_at_the_same_time(self) -> None:
        arrived, release = threading.Event(), threading.Event()

        def slow(call: Call) -> Answer:
            arrived.set()
            assert release.wait(60)
            return echo(call)

        asked, transport = reader(slow)
        with ThreadPoolExecutor(8) as pool:
            first = pool.submit(asked.read, "a:B")
            assert arrived.wait(60)
            others = [pool.submit(asked.read, "a:B") for _ in range(7)]
            release.set()
            answers = {id(future.result(60)) for future in [first, *others]}
        assert len(answers) == 1
        assert transport.counts == {"a:B": 1}

    def test_everybody_who_waits_gets_the_error(self) -> None:
        arrived, release = threading.Event(), threading.Event()

        def breaks(call: Call) -> Answer:
            arrived.set()
            assert release.wait(60)
            raise RuntimeError(call.operation)

        asked, transport = reader(breaks)
        with ThreadPoolExecutor(4) as pool:
            first = pool.submit(asked.read, "a:B")
            assert arrived.wait(60)
            others = [pool.submit(asked.read, "a:B") for _ in range(3)]
            release.set()
            assert [type(future.exception(60)) for future in [first, *others]] == [RuntimeError] * 4
        with pytest.raises(RuntimeError):
            asked.read("a:B")
        assert transport.counts == {"a:B": 1}
        assert asked.answers == {}

    def test_a_denied_answer_is_not_asked_again(self) -> None:
        asked, transport = reader(lambda call: Answer(call, error=AccessDenied("no")))
        for _ in range(2):
            with pytest.raises(AccessDenied):
                asked.read("a:B").items("Anything")
        assert transport.counts == {"a:B": 1}

    def test_says_which_error_codes_mean_that_there_is_none(self) -> None:
        asked, transport = reader(echo)
        asked.read("a:B", absent=("NoSuchThing",))
        assert transport.absent == [("NoSuchThing",)]

    def test_asks_together_and_answers_in_order(self) -> None:
        meeting = threading.Barrier(3, timeout=600)  # passes only if all three are asked at the same time

        def met(call: Call) -> Answer:
            meeting.wait()
            return echo(call)

        asked, _ = reader(met)
        answers = asked.together(*(lambda n=n: asked.read("a:B", N=n) for n in range(3)))
        assert [answer.pages[0]["Echo"] for answer in answers] == [{"N": 0}, {"N": 1}, {"N": 2}]

    def test_keeps_every_answer(self) -> None:
        asked, _ = reader(echo)
        asked.read("a:B")
        asked.read("c:D")
        assert [call.operation for call in asked.answers] == ["a:B", "c:D"]


def _versions(thing: AwsFacts) -> list[dict[str, Any]]:
    return thing.read("a:ListVersions", Name=thing.at("Name")).items("Versions")


class Thing(Resource):
    color: str = field(aws="Paint.Color")
    versions: list[str] = field(aws=_versions)

    @classmethod
    def from_aws(cls, aws: Reader, names: Any) -> "list[Thing]":
        del names
        return listed(cls, aws, aws.read("a:ListThings"), "Things", named="Name")


def things(call: Call) -> Answer:
    if call.operation == "a:ListVersions":
        name = call.arguments["Name"]
        return Answer(call, error=CallFailed("500")) if name == "broken" else Answer(call, [{"Versions": [f"{name} 1"]}])
    return Answer(call, [{"Things": [{"Name": "red", "Paint": {"Color": "red"}}, {"Name": "broken", "Paint": "red"}]}])


class TestFacts:
    def test_come_from_the_answer_with_its_source(self) -> None:
        asked, _ = reader(things)
        red, _ = AwsSource(asked).collect(Thing, [])
        ledger = Ledger()
        with ledger.open():
            assert red.color == "red"
        (read,) = ledger.readings
        assert (read.resource, read.field, read.value, read.source) == ("Thing red", "color", "red", f"a:ListThings {REGION}")

    def test_that_take_another_call_name_it_too(self) -> None:
        asked, transport = reader(things)
        red, _ = AwsSource(asked).collect(Thing, [])
        assert transport.counts == {"a:ListThings": 1}  # nothing is asked before it is needed
        ledger = Ledger()
        with ledger.open():
            assert red.versions == ["red 1"]
        assert ledger.readings[0].source == f'a:ListThings {REGION}; a:ListVersions {REGION} {{"Name":"red"}}'

    def test_that_fail_spoil_nothing_else(self) -> None:
        asked, _ = reader(things)
        red, broken = AwsSource(asked).collect(Thing, [])
        with pytest.raises(CallFailed):
            _ = broken.versions
        assert red.versions == ["red 1"]

    def test_on_a_path_that_is_not_there_are_not_reported(self) -> None:
        asked, _ = reader(things)
        _, broken = AwsSource(asked).collect(Thing, [])
        with pytest.raises(NotReported, match="Thing broken: color is not reported by a:ListThings"):
            _ = broken.color

    def test_of_an_item_without_a_name_are_not_made_up(self) -> None:
        asked, _ = reader(lambda call: Answer(call, [{"Things": [{}]}]))
        with pytest.raises(NotReported, match="an item of Things has no Name"):
            AwsSource(asked).collect(Thing, [])


class TestJson:
    def test_takes_everything_that_an_answer_holds_and_gives_it_back(self) -> None:
        answer = {
            "At": datetime(2026, 1, 20, 10, tzinfo=UTC),
            "Content": b"\xff",
            "List": [{"N": 1, "None": None}],
            "$date": "a plain word",
        }
        assert from_jsonable(to_jsonable(answer)) == answer


@pytest.mark.parametrize("meanwhile", [(), ({},), ({"DBClusterSnapshotIdentifier": "b"}, {"DBClusterSnapshotIdentifier": "a"})])
def test_where_a_list_was_read_is_the_same_whatever_others_ask_meanwhile(meanwhile: tuple[dict[str, Any], ...]) -> None:
    asking, _ = reader(lambda call: Answer(call, [{"DBClusterSnapshots": []}]))
    for parameters in meanwhile:
        asking.read(ClusterSnapshot.operations[-1], **parameters)
    source = AwsSource(asking)
    source.collect(ClusterSnapshot, [])
    assert source.listing(ClusterSnapshot) == asking.read("rds:DescribeDBClusterSnapshots").source
