"""Log events, queries and metrics, asked for by real botocore."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aws_server import AwsServer, Reply, Request, json_error, json_reply, serving

from stackproof.collections.registry import collections
from stackproof.core.ledger import displayed
from stackproof.core.verdicts import AccessDenied, CallFailed, NotReported
from stackproof.judgement.cost import Volume, daily_gigabytes, forecast
from stackproof.profile.schema import Profile
from stackproof.redaction.logged import hidden_in, redacted_message
from stackproof.resources import allowed_operations, queries
from stackproof.resources.log_events import EventsOf, LogEvents
from stackproof.resources.metrics import MOST_IN_A_CALL, Metric, MetricOf, Period
from stackproof.resources.queries import QueryDefinition, QueryRun, RunOf
from stackproof.sources.aws import session
from stackproof.sources.aws.calls import Answer, Call
from stackproof.sources.aws.session import Network
from stackproof.sources.aws.source import Reader
from stackproof.sources.replay import Recorded, Recording

ACCOUNT, REGION = "123456789012", "ap-northeast-2"
NOW = datetime(2026, 1, 20, 10, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def running() -> Iterator[AwsServer]:
    with serving() as server:
        yield server


@pytest.fixture(scope="module")
def network(running: AwsServer) -> Network:
    """One for all: making clients is slow."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "ATTEMPTS_EMULATED", 1)
        return Network(allowed_operations(), endpoint=running.endpoint)


@pytest.fixture
def server(running: AwsServer) -> AwsServer:
    running.forget()
    return running


@pytest.fixture
def reader(network: Network, server: AwsServer) -> Reader:
    return Reader(network, account=ACCOUNT, region=REGION)


def event(number: int, message: str = "fine") -> dict[str, Any]:
    return {"logStreamName": "s", "timestamp": 1768903200000 + number, "message": message}


class TestEvents:
    def test_are_asked_for_page_by_page_until_there_are_enough(self, reader: Reader, server: AwsServer) -> None:
        def page(request: Request) -> Reply:
            start = int(str(request.parameters.get("nextToken", 0)))
            return json_reply(events=[event(start), event(start + 1)], nextToken=str(start + 2))  # there is no end to them

        server.on("FilterLogEvents", page)
        (group,) = LogEvents.from_aws(reader, [EventsOf("/aws/ecs/api/llm", NOW, most=5)])
        assert len(group.sample) == 5
        assert [request.parameters for request in server.requests] == [
            {
                "logGroupName": "/aws/ecs/api/llm",
                "startTime": 1768903200000,
                "startFromHead": False,
                "limit": 5,
                **({"nextToken": token} if token else {}),
            }
            for token in ("", "2", "4")
        ]

    def test_on_a_page_after_an_empty_one_are_seen(self, reader: Reader, server: AwsServer) -> None:
        server.on("FilterLogEvents", json_reply(events=[], nextToken="1"), json_reply(events=[event(1, "password=hunter2")]))
        (group,) = LogEvents.from_aws(reader, [EventsOf("g", NOW, most=1)])
        assert [hidden_in(one.message) for one in group.sample] == [["password, token or key"]]

    def test_are_never_shown(self, reader: Reader, server: AwsServer) -> None:
        server.on("FilterLogEvents", json_reply(events=[event(0, "the text"), event(1, "the text")]))
        (group,) = LogEvents.from_aws(reader, [EventsOf("g", NOW, most=9)])
        for shown in (
            str(group.sample),
            repr(group.sample),
            repr(group.sample.events),
            displayed(group.sample),
            str(group.events),
        ):
            assert "the text" not in shown
        assert str(group.sample) == "2 events, 2026-01-20T10:00:00Z to 2026-01-20T10:00:00Z"
        assert str(next(iter(group.sample))) == "s at 2026-01-20T10:00:00Z"

    def test_of_a_group_that_does_not_exist(self, reader: Reader, server: AwsServer) -> None:
        server.on("FilterLogEvents", json_error("ResourceNotFoundException", "no such group"))
        assert LogEvents.from_aws(reader, [EventsOf("g", NOW, most=1)]) == []

    def test_that_may_not_be_read(self, reader: Reader, server: AwsServer) -> None:
        server.on("FilterLogEvents", json_error("AccessDeniedException", "no"))
        (group,) = LogEvents.from_aws(reader, [EventsOf("g", NOW, most=1)])
        with pytest.raises(AccessDenied, match="allow logs:FilterLogEvents"):
            _ = group.sample

    @pytest.mark.parametrize("lost", ["timestamp", "message", "logStreamName"])
    def test_that_say_less_than_they_must(self, reader: Reader, server: AwsServer, lost: str) -> None:
        server.on("FilterLogEvents", json_reply(events=[{name: value for name, value in event(0).items() if name != lost}]))
        (group,) = LogEvents.from_aws(reader, [EventsOf("g", NOW, most=1)])
        with pytest.raises(NotReported):
            _ = group.sample

    def test_none_at_all_is_not_reported(self, reader: Reader, server: AwsServer) -> None:
        server.on("FilterLogEvents", json_reply(events=[]))
        (group,) = LogEvents.from_aws(reader, [EventsOf("g", NOW, most=1)])
        assert len(group.sample) == 0
        assert str(group.sample) == "no event"
        with pytest.raises(NotReported, match="g has no event since 2026-01-20T10:00:00Z: nothing is examined"):
            _ = group.events


class TestMessage:
    @pytest.mark.parametrize(
        ("message", "safe"),
        [
            ("password=hunter22", "password=(redacted password, token or key)"),
            ('{"to":["hong@corp.co.kr"],"n":1}', '{"to":["(redacted e-mail address)"],"n":1}'),
            ('{"hong@corp.co.kr":{"phone":1012345678}}', '{"(redacted e-mail address)":{"phone":1012345678}}'),
            ('{"card":4111111111111111}', '{"card":"(redacted card number)"}'),
            ('{"inner":"{\\"to\\":\\"hong@corp.co.kr\\"}"}', '{"inner":"{\\"to\\":\\"(redacted e-mail address)\\"}"}'),
            ('{"prompt":"\\uc804\\ud654010-1234-5678"}', '{"prompt":"전화(redacted telephone number)"}'),
            ('{"cut off": "hong@corp.co.kr', '{"cut off": "(redacted e-mail address)'),
        ],
    )
    def test_is_marked_where_something_was(self, message: str, safe: str) -> None:
        assert redacted_message(message) == safe
        assert redacted_message(safe) == safe

    @pytest.mark.parametrize(
        "message",
        [
            '{ "level": "INFO", "spaces": "stay" }',
            "reading arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:triflow-ai-production/database-a1b2c3",
            '{"at":1795219200000,"ok":true,"cost":0.25,"none":null}',
            '{"password":"***"}',
        ],
    )
    def test_of_nothing_is_left_alone(self, message: str) -> None:
        assert redacted_message(message) == message
        kept = Answer(Call.of("logs:FilterLogEvents", REGION), [{"events": [{"message": message}]}]).redacted()
        assert kept.raw_pages == ({"events": [{"message": message}]},)

    def test_is_redacted_in_the_results_of_a_query(self) -> None:
        results = [[{"field": "@message", "value": "hong@corp.co.kr"}]]
        kept = Answer(Call.of("logs:GetQueryResults", REGION), [{"results": results, "status": "Complete"}]).redacted()
        assert kept.raw_pages[0]["results"] == [[{"field": "@message", "value": "(redacted e-mail address)"}]]

    def test_elsewhere_is_not_looked_into(self) -> None:
        """Who gets an alarm is a fact, and no leak."""
        page = {"Subscriptions": [{"Endpoint": "ops@corp.co.kr"}]}
        assert Answer(Call.of("sns:ListSubscriptionsByTopic", REGION), [page]).redacted().raw_pages == (page,)


class TestQueries:
    def test_that_are_saved_come_in_pages(self, reader: Reader, server: AwsServer) -> None:
        pages = [[{"name": "a", "queryString": "x", "logGroupNames": ["g"]}], [{"name": "b", "queryString": "y"}]]
        server.on(
            "DescribeQueryDefinitions",
            json_reply(queryDefinitions=pages[0], nextToken="1"),
            json_reply(queryDefinitions=pages[1]),
        )
        found = QueryDefinition.from_aws(reader, [])
        assert [(one.name, one.text, one.log_groups) for one in found] == [("a", "x", ("g",)), ("b", "y", ())]
        assert [request.parameters for request in server.requests] == [{}, {"nextToken": "1"}]

    def test_whose_pages_do_not_end(self, reader: Reader, server: AwsServer) -> None:
        server.on("DescribeQueryDefinitions", json_reply(queryDefinitions=[], nextToken="same"))
        with pytest.raises(CallFailed, match="same next token"):
            QueryDefinition.from_aws(reader, [])

    def ended(self, reader: Reader) -> str:
        (run,) = QueryRun.from_aws(reader, [RunOf("q", "fields @message", ["g"], NOW - timedelta(hours=1), NOW)])
        return run.status

    def test_are_looked_at_until_they_end(self, reader: Reader, server: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
        waited: list[float] = []
        monkeypatch.setattr(reader.transport, "wait", waited.append)
        server.on("StartQuery", json_reply(queryId="1"))
        server.on("GetQueryResults", *[json_reply(status=status) for status in ("Scheduled", "Running", "Complete")])
        assert self.ended(reader) == "Complete"
        assert waited == [queries.INTERVAL] * 2
        assert server.requests[0].parameters == {
            "queryString": "fields @message",
            "logGroupNames": ["g"],
            "startTime": 1768899600,
            "endTime": 1768903200,
            "limit": 1,
        }
        again = Reader(
            Recording([Recorded(call, answer.raw_pages) for call, answer in reader.answers.items()]), account="", region=REGION
        )
        assert self.ended(again) == "Complete"

    def test_that_do_not_end(self, reader: Reader, server: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reader.transport, "wait", lambda _: None)
        server.on("StartQuery", json_reply(queryId="1"))
        server.on("GetQueryResults", json_reply(status="Running"))
        with pytest.raises(CallFailed, match="has not ended after 30 s"):
            self.ended(reader)

    def test_that_are_refused(self, reader: Reader, server: AwsServer) -> None:
        server.on("StartQuery", json_error("MalformedQueryException", "unexpected symbol"))
        assert self.ended(reader) == queries.MALFORMED


class TestMetrics:
    @staticmethod
    def answered(pages: list[list[dict[str, Any]]]) -> Metric:
        of = MetricOf(
            "m", "AWS/ECS CPUUtilization", {"A": "b"}, statistic="Average", period=Period.before(NOW, timedelta(hours=1), 60)
        )
        asking = Reader(Recording([]), account="", region=REGION)
        Metric.from_aws(asking, [of])
        (call,) = asking.answers
        recording = Recording([Recorded(call, tuple({"MetricDataResults": page} for page in pages))])
        (metric,) = Metric.from_aws(Reader(recording, account="", region=REGION), [of])
        return metric

    def test_are_asked_for_many_in_a_call(self, network: Network) -> None:
        asking = Reader(Recording([]), account="", region=REGION)
        period = Period.before(NOW, timedelta(days=1), 3600)
        names = [
            MetricOf(str(number), "AWS/Logs IncomingBytes", {"LogGroupName": "g"}, statistic="Sum", period=period)
            for number in range(MOST_IN_A_CALL + 1)
        ]
        assert [metric.name for metric in Metric.from_aws(asking, names)] == names
        assert sorted(len(call.arguments["MetricDataQueries"]) for call in asking.answers) == [1, MOST_IN_A_CALL]  # both at once
        assert {call.arguments["StartTime"] for call in asking.answers} == {"2026-01-19T10:00:00+00:00"}

    def test_have_their_datapoints_on_several_pages(self) -> None:
        first = {"Id": "m0", "StatusCode": "PartialData", "Timestamps": [NOW], "Values": [2.0]}
        last = {"Id": "m0", "StatusCode": "Complete", "Timestamps": [NOW - timedelta(hours=1)], "Values": [1.0]}
        series = self.answered([[first], [last]]).datapoints
        assert [value for _, value in series.points] == [1.0, 2.0]
        assert str(series) == "2 datapoints, 2026-01-20T09:00Z to 2026-01-20T10:00Z, sum 3"

    def test_without_a_datapoint(self) -> None:
        metric = self.answered([[{"Id": "m0", "StatusCode": "Complete", "Timestamps": [], "Values": []}]])
        assert str(metric.datapoints) == "no datapoint"
        assert metric.source == "cloudwatch:GetMetricData ap-northeast-2 AWS/ECS CPUUtilization A=b"

    @pytest.mark.parametrize("status", ["PartialData", "InternalError", "Forbidden", None])
    def test_that_cloudwatch_could_not_tell_all_about(self, status: str | None) -> None:
        with pytest.raises(CallFailed, match="ended with"):
            _ = self.answered([[{"Id": "m0", "StatusCode": status, "Timestamps": [NOW], "Values": [1.0]}]]).datapoints

    def test_that_is_not_in_the_answer(self) -> None:
        with pytest.raises(NotReported):
            _ = self.answered([[]]).datapoints


class TestCost:
    class Arrived:
        def __init__(self, *points: tuple[datetime, float]) -> None:
            self.points = points
            self.total = sum(value for _, value in points)

    def test_is_counted_from_the_first_datapoint_of_all(self) -> None:
        arrived = {
            "a": self.Arrived((NOW - timedelta(days=2), 1e9), (NOW, 3e9)),
            "b": self.Arrived((NOW, 1e9)),
            "c": self.Arrived(),
        }
        assert daily_gigabytes(arrived, NOW) == {"a": 2, "b": 0.5, "c": 0}

    def test_of_the_first_minutes_is_that_of_an_hour(self) -> None:
        assert daily_gigabytes({"a": self.Arrived((NOW, 1e9))}, NOW + timedelta(minutes=1)) == {"a": 24}

    def test_of_nothing_known_is_not_nothing(self) -> None:
        with pytest.raises(NotReported, match="no datapoint for any of 2 log groups"):
            daily_gigabytes({"a": self.Arrived(), "b": self.Arrived()}, NOW)

    def test_of_a_group_that_never_expires_is_that_of_ten_years(self, production: Profile) -> None:
        prices = production.logs.cost
        kept = forecast([Volume(1, None)], prices).storage
        assert kept == forecast([Volume(1, 3653)], prices).storage
        assert kept > forecast([Volume(1, 365)], prices).storage

    def test_of_the_worked_example_by_the_environments_prices(self, production: Profile) -> None:
        assert round(forecast([Volume(5, 14)], production.logs.cost).total) == 118


@pytest.fixture
def production() -> Profile:
    from proofs.harness import profile

    return profile("production")


def test_queries_are_not_run_where_the_environment_says_so(production: Profile) -> None:
    """AWS charges for what they scan."""
    from proofs.harness import CloudStage

    logs = production.logs.model_copy(update={"run_queries": False})
    stage = CloudStage(Recording([]), production.model_copy(update={"logs": logs}))
    assert collections["query_runs"](stage) == ()
    assert stage.notes == ["The Logs Insights templates were compared and not run: logs.run_queries is false."]
