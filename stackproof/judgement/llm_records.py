"""Records of LLM calls: what a log event must have so that cost and performance can be told from it, and Langfuse can be fed.

Source: central logging design (IN-116), "Ready for what comes later" and template 4.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal, Protocol

Form = Literal["text", "count", "number"]


class _Event(Protocol):
    @property
    def stream(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def message(self) -> str: ...


def incomplete(events: Iterable[_Event], members: Mapping[str, Form]) -> list[str]:
    """The problem of each event that is no complete record, in words that repeat nothing of the event."""
    return [f"{event}: {wrong}" for event in events if (wrong := problem(event.message, members))]


def problem(message: str, members: Mapping[str, Form]) -> str:
    """The problem of an event's message; empty if it is a JSON object with these members, each of its form.

    >>> members = {"prompt": "text", "prompt_tokens": "count", "total_cost": "number"}
    >>> problem('{"prompt": "hello", "prompt_tokens": 1, "total_cost": 0.002}', members)
    ''
    >>> problem("prompt=hello", members), problem('["prompt"]', members)
    ('not JSON', 'not a JSON object')
    >>> problem('{"prompt": "", "prompt_tokens": 1.5}', members)
    'no total_cost; prompt_tokens is no count'
    """
    try:
        record = json.loads(message)
    except (ValueError, RecursionError):
        return "not JSON"
    if not isinstance(record, dict):
        return "not a JSON object"
    missing = [name for name in members if name not in record]
    wrong = [f"{name} is no {form}" for name, form in members.items() if name in record and not _is(record[name], form)]
    return "; ".join([*([f"no {', '.join(missing)}"] if missing else []), *wrong])


def _is(value: object, form: Form) -> bool:
    """Whether a value has a form; a count is whole, and neither it nor a number is negative.

    >>> [_is(value, "number") for value in (0, 1.5, -1, True, "1", None)], [_is(value, "count") for value in (0, 1.5, -1)]
    ([True, True, False, False, False, False], [True, False, False])
    """
    if form == "text":
        return isinstance(value, str)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return value >= 0 and (form == "number" or isinstance(value, int))
