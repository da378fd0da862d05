"""Log events as they may be judged and kept: without credentials and without personal data.

A line of a log can hold anything, so it gets a net of its own beside the one that every other text gets
(`stackproof.redaction.redaction`): what the detector calls a secret, the ids of access keys too, and personal data. What was found leaves
its mark: ``(redacted password, token or key)``, ``(redacted e-mail address)``. By the marks a control tells that there was something, and
of what kind; nobody can tell what it was. A line that has such a mark from the start is taken for one that had something to hide;
``(redacted)`` alone is a mask like any other.
"""

import functools
import json
from collections.abc import Callable, Mapping
from typing import Any

from stackproof.redaction.detector import option_values, secrets_in
from stackproof.redaction.personal_data import without_personal_data
from stackproof.redaction.redaction import HIDDEN, MARKS, is_secret_under, name_of, redact_data, replaced, without_registered

CREDENTIAL = "password, token or key"

_ROUNDS = 20
"""Two are enough for anything but a line that is made to take long."""


def mark(kind: str) -> str:
    """The text that stands in the place of personal data, or of a credential.

    >>> mark("e-mail address")
    '(redacted e-mail address)'
    """
    return f"{HIDDEN[:-1]} {kind})"


def hidden_in(message: str) -> list[str]:
    """The kinds of what was hidden in a message, by its marks, in their order.

    >>> hidden_in("user (redacted e-mail address) logged in with password=(redacted password, token or key), key=(redacted)")
    ['e-mail address', 'password, token or key']
    """
    return [found[len(HIDDEN) : -1] for found in MARKS.findall(message) if found != HIDDEN]


def redacted_events(page: Mapping[str, Any]) -> dict[str, Any]:
    """A page of an answer that holds log events, redacted: the events of a log group, or the results of a query."""
    safe = {name: redact_data(value, name) for name, value in page.items() if name not in ("events", "results")}
    if "events" in page:
        safe["events"] = _each(page["events"], lambda event: _with_text(event, "message"))
    if "results" in page:
        safe["results"] = _each(page["results"], lambda row: _each(row, lambda field: _with_text(field, "value")))
    return safe


def _each(items: Any, change: Callable[[Any], object]) -> object:
    return [change(item) for item in items] if isinstance(items, list) else redact_data(items)


def _with_text(holder: Any, member: str) -> object:
    """An item whose text is redacted as a line of a log, and everything else as in any answer."""
    if isinstance(holder, Mapping) and isinstance(holder.get(member), str):
        return {name: redacted_message(value) if name == member else redact_data(value, name) for name, value in holder.items()}
    return redact_data(holder)


@functools.lru_cache(maxsize=8192)
def redacted_message(message: str) -> str:
    """The message of an event with marks in the place of credentials and personal data; JSON inside it is looked into.

    >>> redacted_message("hong@corp.co.kr asked")
    '(redacted e-mail address) asked'
    >>> redacted_message('{"prompt":"call 010-1234-5678","tokens":[3]}')
    '{"prompt":"call (redacted telephone number)","tokens":[3]}'
    """
    if message.lstrip()[:1] in ("{", "["):
        try:
            event = json.loads(message)
        except (ValueError, RecursionError):
            return _redacted_text(message)
        safe = _redacted(event)
        return message if safe == event else json.dumps(safe, separators=(",", ":"), ensure_ascii=False)
    return _redacted_text(message)


def _redacted(data: Any, name: str = "") -> Any:
    """JSON data with each text in it redacted: keys too, and numbers that are long enough to be somebody's."""
    match data:
        case str() | int() if not isinstance(data, bool) and name and is_secret_under(name, data) and not _is_mark(data):
            return mark(CREDENTIAL)
        case str():
            return redacted_message(data)
        case dict():
            return {redacted_message(key): _redacted(value, name_of(key, data, name)) for key, value in data.items()}
        case list():
            secret = option_values(data) if len(data) > 1 and all(isinstance(word, str) for word in data) else ()
            return [mark(CREDENTIAL) if place in secret else _redacted(value, name) for place, value in enumerate(data)]
        case int() if not isinstance(data, bool) and data > 10**9:
            safe = redacted_message(str(data))
            return data if safe == str(data) else safe
        case _:
            return data


def _is_mark(data: object) -> bool:
    return isinstance(data, str) and bool(MARKS.fullmatch(data))


def _redacted_text(text: str) -> str:
    """The text with marks, done until nothing more is found: what is redacted once more is the same. Marks stay as they are."""
    text = without_registered(text).replace(HIDDEN, mark(CREDENTIAL)) if HIDDEN not in text else text
    for _ in range(_ROUNDS):
        before = text
        text = replaced(text, secrets_in, mark(CREDENTIAL))
        text = "".join(part if place % 2 else without_personal_data(part, mark) for place, part in enumerate(MARKS.split(text)))
        if text == before:
            break
    return text
