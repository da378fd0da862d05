"""Log records, sent to a CloudWatch log group in the background.

A request never waits for CloudWatch and never fails by it: records wait in a bounded queue, and when CloudWatch does not take them,
stdout says so once and they are gone. Stdout has each record anyway.
"""

import logging
import os
import queue
import socket
import threading
import uuid
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from app.logs import remember_request

CAPACITY = 10_000
"""Records that wait at most."""
INTERVAL = 1.0
"""Seconds that a record waits for others at most."""
FLUSH = 5.0
"""Seconds that `CloudWatchHandler.close` waits for the last ones at most."""
# What PutLogEvents takes at a time (CloudWatch Logs API reference).
MOST_EVENTS = 10_000
MOST_BYTES = 1_048_576
OVERHEAD = 26
"""Bytes that CloudWatch adds to each event."""

_log = logging.getLogger(__name__)


class CloudWatchHandler(logging.Handler):
    """Sends what it is given to a stream of its own in a log group that exists."""

    def __init__(self, client: Any, group: str, *, capacity: int = CAPACITY, interval: float = INTERVAL) -> None:
        super().__init__()
        self.addFilter(remember_request)
        self._client = client
        self._group = group
        self._stream = f"backend/{socket.gethostname()}/{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._interval = interval
        self._waiting: queue.Queue[dict[str, Any]] = queue.Queue(capacity)
        self._ending = threading.Event()
        self._has_stream = False
        self._lost = 0
        self._is_failing = False
        self._thread = threading.Thread(target=self._run, name=f"ships to {group}", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Let a record wait to be sent."""
        event = {"timestamp": int(record.created * 1000), "message": self.format(record)}
        try:
            self._waiting.put_nowait(event)
        except queue.Full:
            self._lose(1, "too many records wait")

    def close(self) -> None:
        """Send what waits, for a few seconds at most, and end."""
        self._ending.set()
        self._thread.join(FLUSH)
        if self._thread.is_alive():
            self._lose(self._waiting.qsize(), f"they were not sent within {FLUSH} s at the end")
        super().close()

    def _run(self) -> None:
        while not (self._ending.is_set() and self._waiting.empty()):
            self._ending.wait(self._interval)
            for events in batches(self._drained()):
                self._send(events)

    def _drained(self) -> list[dict[str, Any]]:
        events = []
        try:
            while True:
                events.append(self._waiting.get_nowait())
        except queue.Empty:
            return sorted(events, key=lambda event: event["timestamp"])  # as PutLogEvents wants them

    def _send(self, events: list[dict[str, Any]]) -> None:
        try:
            if not self._has_stream:
                self._client.create_log_stream(logGroupName=self._group, logStreamName=self._stream)
                self._has_stream = True
            answer = self._client.put_log_events(logGroupName=self._group, logStreamName=self._stream, logEvents=events)
        except (BotoCoreError, ClientError) as error:
            self._lose(len(events), str(error))
            return
        if answer.get("rejectedLogEventsInfo"):
            self._lose(len(events), f"some were rejected: {answer['rejectedLogEventsInfo']}")
        elif self._is_failing:
            self._is_failing = False
            _log.warning("%s takes records again; %s were lost", self._group, self._lost)

    def _lose(self, records: int, reason: str) -> None:
        """Tell once, until it works again, that records are lost. A warning: an error would be shipped itself."""
        self._lost += records
        if not self._is_failing:
            self._is_failing = True
            _log.warning("Records are not shipped to %s: %s", self._group, reason)


def batches(events: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The events in portions that PutLogEvents takes.

    >>> [len(batch) for batch in batches([{"message": "x" * 400_000}] * 5)]
    [2, 2, 1]
    """
    portions: list[list[dict[str, Any]]] = []
    size = MOST_BYTES
    for event in events:
        bytes = len(event["message"].encode()) + OVERHEAD
        if not portions or size + bytes > MOST_BYTES or len(portions[-1]) == MOST_EVENTS:
            portions.append([])
            size = 0
        portions[-1].append(event)
        size += bytes
    return portions
