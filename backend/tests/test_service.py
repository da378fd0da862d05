"""The service by HTTP: health, completions, request ids, and what it logs."""

import re
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from conftest import Lines
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy.exc import OperationalError

from app import health
from app.llm import Completion, ProviderError
from app.main import create_app
from app.settings import Settings


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A client of the service, whose database answers."""
    monkeypatch.setattr(health, "ping", lambda engine: None)
    settings = Settings(rds_address="127.0.0.1", rds_port=9, rds_password=SecretStr("hunter2-hunter2"), aws_endpoint_url=None)
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize("path", ["/health", "/api/v1/health"])
def test_health(client: TestClient, path: str) -> None:
    before = datetime.now(UTC)
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.json().keys() == {"status", "timestamp"}
    assert answer.json()["status"] == "healthy"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", answer.json()["timestamp"])
    assert before.replace(microsecond=0) <= datetime.fromisoformat(answer.json()["timestamp"]) <= datetime.now(UTC)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/health", "/api/v1/health"])
def test_the_database_is_gone(client: TestClient, lines: Lines, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    def refuse(engine: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("refused for hong@example.com"))

    monkeypatch.setattr(health, "ping", refuse)
    answer = client.get(path)
    assert answer.status_code == 503
    assert answer.json().keys() == {"status", "timestamp"}
    assert answer.json()["status"] == "unhealthy"
    [told] = lines.of("app.health")
    assert told["level"] == "ERROR"
    assert "refused for ***" in told["message"]


def test_nothing_listens_where_the_database_should_be() -> None:
    with socket.socket() as bound:  # and does not listen
        bound.bind(("127.0.0.1", 0))
        settings = Settings(rds_address="127.0.0.1", rds_port=bound.getsockname()[1], database_secret_name=None)
        with TestClient(create_app(settings)) as client:
            assert client.get("/health").status_code == 503


def test_a_database_that_hangs_is_gone(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    released, ended = threading.Event(), []
    monkeypatch.setattr(health, "DEADLINE", 0.2)
    monkeypatch.setattr(health, "ping", lambda engine: ended.append(released.wait(60)))
    try:
        answers = [client.get("/health").status_code for _ in range(6)]  # more than there are threads for it
        assert ended == []  # nobody waited for the database
    finally:
        released.set()
    assert answers == [503] * 6


def test_a_request_keeps_its_id(client: TestClient, lines: Lines) -> None:
    assert client.get("/health", headers={"X-Request-Id": "abc123"}).headers["x-request-id"] == "abc123"
    [line] = lines.of("app.requests")
    assert line["request_id"] == "abc123"
    assert line["message"] == "GET /health 200"
    assert line["status"] == 200
    assert line["duration"] > 0


@pytest.mark.parametrize("given", ['x" or 1=1', "a b", "x" * 65, ""])
def test_what_is_no_id_is_replaced(client: TestClient, given: str) -> None:
    assert re.fullmatch("[0-9a-f]{32}", client.get("/health", headers={"X-Request-Id": given}).headers["x-request-id"])


def test_a_query_is_not_logged(client: TestClient, lines: Lines) -> None:
    client.get("/nothing/hong@example.com?q=secret")
    [line] = lines.of("app.requests")
    assert line["path"] == "/nothing/***"
    assert line["status"] == 404
    assert "secret" not in str(line)


def test_a_completion_leaves_a_record(client: TestClient, lines: Lines) -> None:
    prompt = "안녕 hong@example.com and 010-1234-5678"
    answer = client.post("/api/v1/complete", json={"prompt": prompt}, headers={"X-Request-Id": "abc123"})
    assert answer.status_code == 200
    assert answer.json() == {
        "model": "echo-1",
        "response": prompt,
        "prompt_tokens": 4,
        "completion_tokens": 4,
        "total_cost": 0.000003,
    }
    [record] = lines.of("app.llm")
    assert record.pop("timestamp").endswith("Z")
    assert record.pop("duration") >= 0
    assert record == {
        "level": "INFO",
        "logger": "app.llm",
        "request_id": "abc123",
        "message": "LLM call",
        "model": "echo-1",
        "prompt": "안녕 *** and ***",
        "response": "안녕 *** and ***",
        "prompt_tokens": 4,
        "completion_tokens": 4,
        "total_cost": 0.000003,
    }


@pytest.mark.parametrize("body", [{}, {"prompt": ""}, {"prompt": "x" * 16_001}, {"prompt": 1}])
def test_no_prompt_no_call(client: TestClient, lines: Lines, body: dict[str, Any]) -> None:
    assert client.post("/api/v1/complete", json=body).status_code == 422
    assert not lines.of("app.llm")


class Failing:
    """A provider that has no answer."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def complete(self, prompt: str) -> Completion:
        raise self.error


def test_a_provider_that_fails(client: TestClient, lines: Lines) -> None:
    client.app.state.provider = Failing(ProviderError("quota of hong@example.com"))  # type: ignore[attr-defined]
    answer = client.post("/api/v1/complete", json={"prompt": "x"})
    assert answer.status_code == 502
    assert "quota" not in answer.text
    assert not lines.of("app.llm")
    [line] = lines.of("app.completions")
    assert line["level"] == "ERROR"
    assert "ProviderError: quota of ***" in line["exception"]


def test_a_defect_is_told_in_the_log_alone(client: TestClient, lines: Lines) -> None:
    client.app.state.provider = Failing(RuntimeError("password=hunter2"))  # type: ignore[attr-defined]
    answer = client.post("/api/v1/complete", json={"prompt": "x"}, headers={"X-Request-Id": "abc123"})
    assert answer.status_code == 500
    assert answer.json() == {"detail": "Internal error", "request_id": "abc123"}
    error, request = lines.of("app.requests")
    assert error["level"] == "ERROR"
    assert error["request_id"] == "abc123"
    assert "RuntimeError: password=***" in error["exception"]
    assert request["status"] == 500
