"""What is written to stdout and to CloudWatch."""

import json
import logging
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from conftest import Lines

from app import logs
from app.aws import log_shipping
from app.aws.log_shipping import MOST_BYTES, MOST_EVENTS, OVERHEAD, CloudWatchHandler, batches
from app.logs import ErrorFormatter, JsonFormatter


def record(message: str = "x", level: int = logging.ERROR, **more: Any) -> logging.LogRecord:
    made = logging.LogRecord("app.test", level, __file__, 1, message, None, None)
    vars(made).update(more)
    return made


def test_a_line_is_one_line_of_json() -> None:
    line = JsonFormatter().format(record("두 줄\nof text", fields={"duration": 1.5, "password": "x"}, request_id="abc"))
    assert "\n" not in line
    assert "두 줄" in line
    said = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", said.pop("timestamp"))
    assert said == {
        "level": "ERROR",
        "logger": "app.test",
        "request_id": "abc",
        "message": "두 줄\nof text",
        "duration": 1.5,
        "password": "***",
    }


def test_an_error_is_selected_by_its_place_in_the_line() -> None:
    line = ErrorFormatter().format(record('it "broke" for hong@example.com', request_id="abc123"))
    timestamp, request_id, level, *rest = line.split(" ")
    assert timestamp.endswith("Z")
    assert (request_id, level) == ("abc123", "ERROR")
    assert 'request_id="abc123"' in rest
    assert line.endswith(r'message="it \"broke\" for ***"')


def test_a_long_traceback_keeps_its_end() -> None:
    try:
        raise ValueError("x" * 100_000 + "the end")
    except ValueError as error:
        made = record()
        made.exc_info = (ValueError, error, error.__traceback__)
    said = json.loads(JsonFormatter().format(made))
    assert len(said["exception"]) == 16_000
    assert said["exception"].endswith("the end")


def test_what_is_cut_off_was_masked_before() -> None:
    """A private key without its first line would be told by nothing."""
    key = "\n".join(["-----BEGIN PRIVATE" + " KEY-----", *["MIIEvQIBADANBgkq" * 4] * 500, "-----END PRIVATE" + " KEY-----"])
    try:
        raise ValueError(f"cannot read {key}, the end")
    except ValueError as error:
        made = record()
        made.exc_info = (ValueError, error, error.__traceback__)
    said = json.loads(JsonFormatter().format(made))
    assert "MIIE" not in said["exception"]
    assert said["exception"].endswith("cannot read ***, the end")


def test_the_server_speaks_json_too(capsys: pytest.CaptureFixture[str], restored_logging: None) -> None:
    logs.configure()
    logging.getLogger("uvicorn.error").info("Started server process [1]")
    logging.getLogger("uvicorn.access").info("told by the backend itself")
    [line] = capsys.readouterr().out.splitlines()
    assert json.loads(line)["message"] == "Started server process [1]"


@pytest.fixture
def restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers = list(root.handlers)
    yield
    root.handlers[:] = handlers


class CloudWatch:
    """Stands for a client of CloudWatch Logs."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.streams: list[tuple[str, str]] = []
        self.events: list[dict[str, Any]] = []
        self.answer: dict[str, Any] = {}

    def create_log_stream(self, logGroupName: str, logStreamName: str) -> None:
        self.streams.append((logGroupName, logStreamName))

    def put_log_events(self, logGroupName: str, logStreamName: str, logEvents: list[dict[str, Any]]) -> dict[str, Any]:
        assert (logGroupName, logStreamName) in self.streams
        if self.errors:
            raise self.errors.pop(0)
        self.events += logEvents
        return self.answer


DENIED = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "PutLogEvents")


@pytest.fixture
def shipping() -> Iterator[Callable[..., CloudWatchHandler]]:
    handlers = []

    def ship(client: CloudWatch, **how: Any) -> CloudWatchHandler:
        handler = CloudWatchHandler(client, "/aws/ecs/api/errors", **({"interval": 0.01} | how))
        handlers.append(handler)
        return handler

    yield ship
    for handler in handlers:
        handler.close()


def test_records_are_shipped_in_order(shipping: Callable[..., CloudWatchHandler]) -> None:
    client = CloudWatch()
    handler = shipping(client, interval=60)
    for seconds in (2.0, 1.0):
        handler.handle(record(f"at {seconds}", created=seconds))
    handler.close()  # flushes, without waiting for the interval
    assert client.events == [{"timestamp": 1000, "message": "at 1.0"}, {"timestamp": 2000, "message": "at 2.0"}]
    [(group, stream)] = client.streams
    assert group == "/aws/ecs/api/errors"
    assert re.fullmatch(r"backend/[^:*]+", stream)


def test_a_record_keeps_the_request_of_its_thread(shipping: Callable[..., CloudWatchHandler]) -> None:
    client = CloudWatch()
    handler = shipping(client)
    handler.setFormatter(JsonFormatter())
    token = logs.request_id.set("abc123")
    handler.handle(record())
    logs.request_id.reset(token)
    handler.close()
    assert json.loads(client.events[0]["message"])["request_id"] == "abc123"


@pytest.mark.parametrize("error", [DENIED, ConnectTimeoutError(endpoint_url="http://127.0.0.1:9")])
def test_a_failure_is_told_once_and_raised_never(
    shipping: Callable[..., CloudWatchHandler], lines: Lines, error: Exception
) -> None:
    client = CloudWatch(error, error)
    handler = shipping(client)
    for number in range(4):
        sent = len(client.errors) + len(client.events)
        handler.handle(record(str(number)))
        _until(lambda sent=sent: len(client.errors) + len(client.events) != sent)
    handler.close()
    first, second = lines.of("app.aws.log_shipping")
    assert first["message"].startswith("Records are not shipped to /aws/ecs/api/errors")
    assert first["level"] == "WARNING"
    assert second["message"] == "/aws/ecs/api/errors takes records again; 2 were lost"
    assert [event["message"] for event in client.events] == ["2", "3"]


def test_rejected_records_are_told(shipping: Callable[..., CloudWatchHandler], lines: Lines) -> None:
    client = CloudWatch()
    client.answer = {"rejectedLogEventsInfo": {"tooOldLogEventEndIndex": 1}}
    handler = shipping(client)
    handler.handle(record())
    handler.close()
    [line] = lines.of("app.aws.log_shipping")
    assert "tooOldLogEventEndIndex" in line["message"]


def test_the_queue_is_bounded(shipping: Callable[..., CloudWatchHandler], lines: Lines) -> None:
    client = CloudWatch()
    handler = shipping(client, capacity=3, interval=60)
    for number in range(10):
        handler.handle(record(str(number)))
    handler.close()
    assert [event["message"] for event in client.events] == ["0", "1", "2"]
    assert [line["message"] for line in lines.of("app.aws.log_shipping")] == [
        "Records are not shipped to /aws/ecs/api/errors: too many records wait",
        "/aws/ecs/api/errors takes records again; 7 were lost",
    ]


def test_closing_does_not_wait_forever(
    shipping: Callable[..., CloudWatchHandler], lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()
    client = CloudWatch()

    def hang(**_: object) -> None:
        released.wait(60)
        raise DENIED

    monkeypatch.setattr(client, "create_log_stream", hang)
    monkeypatch.setattr(log_shipping, "FLUSH", 0.1)
    handler = shipping(client)
    handler.handle(record())
    handler.close()
    released.set()
    [line] = lines.of("app.aws.log_shipping")
    assert "not sent within" in line["message"]


def test_a_portion_is_no_more_than_cloudwatch_takes() -> None:
    assert [len(portion) for portion in batches([{"message": ""}] * (MOST_EVENTS + 1))] == [MOST_EVENTS, 1]
    korean = {"message": "한" * ((MOST_BYTES // 2 - OVERHEAD) // 3)}  # 3 bytes a character
    assert [len(portion) for portion in batches([korean] * 3)] == [2, 1]
    assert batches([]) == []


def _until(done: Callable[[], bool]) -> None:
    waiting = threading.Event()
    for _ in range(6000):
        if done():
            return
        waiting.wait(0.01)
    raise AssertionError("it did not happen within a minute")
