"""What the tests share."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from app import logs


class Lines(list[dict[str, Any]]):
    """The log lines of a test, parsed."""

    def of(self, logger: str) -> list[dict[str, Any]]:
        return [line for line in self if line["logger"] == logger]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Each line that is logged during the test, as stdout would show it."""
    found = Lines()
    handler = logging.Handler()
    handler.addFilter(logs.remember_request)
    handler.setFormatter(logs.JsonFormatter())
    handler.emit = lambda record: found.append(json.loads(handler.format(record)))  # type: ignore[method-assign]
    root = logging.getLogger()
    root.addHandler(handler)
    yield found
    root.removeHandler(handler)
