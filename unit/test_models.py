"""AWS's models are read once, ahead of whoever makes clients of them."""

from typing import Any

import pytest

from stackproof.sources.aws import models


def test_what_is_read_ahead_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    models.loader.cache_clear()
    models.read_ahead(["sqs", "account", "postgres"])
    monkeypatch.setattr(type(models.loader().file_loader), "load_file", lambda _, path: pytest.fail(f"{path} was read"))
    assert models.loader().load_service_model("sqs", "service-2")["metadata"]["serviceId"] == "SQS"


def test_sessions_share_what_was_read() -> None:
    first, second = (models.botocore_session().get_component("data_loader") for _ in range(2))
    assert first is second


def test_a_service_that_nobody_knows_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(_: Any, service: str, __: str) -> None:
        pytest.fail(f"{service} was read")

    monkeypatch.setattr(type(models.loader()), "load_service_model", load)
    models.read_ahead(["postgres", "host", "tls"])
