"""Structured logs: one JSON object an event, on one line of stdout.

| member | what |
| --- | --- |
| ``timestamp`` | UTC, ISO 8601 with milliseconds |
| ``level`` | ``DEBUG`` to ``CRITICAL`` |
| ``logger`` | which part of the backend speaks |
| ``request_id`` | of the request that is being answered; ``-`` outside one |
| ``message`` | what happened |
| ``duration`` | milliseconds, where something took time |
| ``exception`` | the traceback of an error |

A record's own members come with ``extra={"fields": {...}}``. A record of an LLM call has ``model``, ``prompt``, ``response``,
``prompt_tokens``, ``completion_tokens`` and ``total_cost`` (USD). Secrets and personal data are masked in every member.
"""

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from app.masking import masked_value

NO_REQUEST = "-"
request_id: ContextVar[str] = ContextVar("request_id", default=NO_REQUEST)
"""The id of the request that is being answered."""

LLM_CALLS = logging.getLogger("app.llm")
"""Where the records of LLM calls go, and nothing else."""

_LONGEST_TRACEBACK = 16_000
"""Characters; CloudWatch takes an event of 256 KB."""


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(event(record), ensure_ascii=False, separators=(",", ":"))


class ErrorFormatter(logging.Formatter):
    """An error as ``TIMESTAMP REQUEST_ID LEVEL request_id="..." key="value" ...``.

    What forwards errors selects them by their place in the line (``[timestamp, request_id, level="ERROR", ...]``), and a query finds
    those of one request by ``request_id="..."``.
    """

    def format(self, record: logging.LogRecord) -> str:
        told = event(record)
        place = f"{told.pop('timestamp')} {told['request_id']} {told.pop('level')}"
        return " ".join([place, *(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in told.items())])


def event(record: logging.LogRecord) -> dict[str, Any]:
    """What a record says, masked."""
    said: dict[str, Any] = {
        "timestamp": timestamp(record.created),
        "level": record.levelname,
        "logger": record.name,
        "request_id": getattr(record, "request_id", NO_REQUEST),
        "message": record.getMessage(),
    }
    said |= getattr(record, "fields", {})
    if record.exc_info:
        said["exception"] = logging.Formatter().formatException(record.exc_info)
    masked_event: dict[str, Any] = masked_value(said)
    if "exception" in masked_event:  # cut now: a secret without its beginning would not be told
        masked_event["exception"] = masked_event["exception"][-_LONGEST_TRACEBACK:]
    return masked_event


def timestamp(seconds: float) -> str:
    """A moment as the log lines tell it.

    >>> timestamp(1768903200.5)
    '2026-01-20T10:00:00.500Z'
    """
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def remember_request(record: logging.LogRecord) -> bool:
    """Note the request where the record is made; what ships it later runs in another thread."""
    if not hasattr(record, "request_id"):
        record.request_id = request_id.get()
    return True


def configure() -> None:
    """Let everything that this process logs be JSON on stdout, the server's own lines too."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    handler.addFilter(remember_request)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    access = logging.getLogger("uvicorn.access")  # the backend tells of each request itself, with its id and duration
    access.handlers.clear()
    access.propagate = False
    logging.getLogger("botocore").setLevel(logging.WARNING)
    logging.captureWarnings(True)
