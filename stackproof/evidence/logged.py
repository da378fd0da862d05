"""Log events as they may be judged and kept: without credentials and without personal data.

A line of a log can hold anything, so it gets a net of its own before the one that every answer gets (`stackproof.evidence.redaction`):
detectors of credentials by their shapes, and of personal data. What was found leaves its mark: ``(redacted)`` for a credential,
``(redacted e-mail address)`` for personal data. By the marks a control tells that there was something, and of what kind; nobody can tell
what it was. A line that has such a mark from the start is taken for one that had something to hide.
"""

import functools
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from stackproof.evidence.redaction import HIDDEN, is_mask
from stackproof.judgement.credentials import credentials_in, in_line, syntax
from stackproof.judgement.personal_data import without_personal_data

CREDENTIAL = "password, token or key"

_MARKS = re.compile(r"\(redacted(?: (?P<kind>[a-z -]+))?\)")
_ARN = re.compile(r"\barn:aws[a-z-]*:[\w:/.+=@-]+")
"""It may be that of a secret, and only names it: ``...:secretsmanager:...:secret:NAME`` is no assignment."""
_ASSIGNMENTS = syntax(".env")
"""In a log line a value needs no quotation marks."""


def mark(kind: str) -> str:
    """What stands in the place of personal data.

    >>> mark("e-mail address")
    '(redacted e-mail address)'
    """
    return f"{HIDDEN[:-1]} {kind})"


def hidden_in(message: str) -> list[str]:
    """The kinds of what was hidden in a message, by its marks, in their order.

    >>> hidden_in("user (redacted e-mail address) logged in with password=(redacted)")
    ['e-mail address', 'password, token or key']
    """
    return [found["kind"] or CREDENTIAL for found in _MARKS.finditer(message)]


def redacted_events(page: Mapping[str, Any]) -> dict[str, Any]:
    """A page of an answer that holds log events, with the text of each redacted: the events of a log group, or the results of a query."""
    safe = dict(page)
    if isinstance(page.get("events"), list):
        safe["events"] = [_with_text(event, "message") for event in page["events"]]
    if isinstance(page.get("results"), list):
        safe["results"] = [[_with_text(field, "value") for field in row] for row in page["results"]]
    return safe


def _with_text(holder: Any, member: str) -> Any:
    if isinstance(holder, Mapping) and isinstance(holder.get(member), str):
        return {**holder, member: redacted_message(holder[member])}
    return holder


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
        except ValueError:
            return _redacted_text(message)
        safe = _each_text(event, redacted_message)
        return message if safe == event else json.dumps(safe, separators=(",", ":"), ensure_ascii=False)
    return _redacted_text(message)


def _each_text(data: Any, change: Callable[[str], str]) -> Any:
    """JSON data with each text in it changed: keys too, and numbers that are long enough to be somebody's."""
    match data:
        case str():
            return change(data)
        case dict():
            return {change(key): _each_text(value, change) for key, value in data.items()}
        case list():
            return [_each_text(value, change) for value in data]
        case int() if not isinstance(data, bool) and data > 10**9:
            safe = change(str(data))
            return data if safe == str(data) else safe
        case _:
            return data


def _redacted_text(text: str) -> str:
    for found in credentials_in(_ARN.sub("", text), lambda line: in_line(line, _ASSIGNMENTS)):
        if not is_mask(found.value):
            text = text.replace(found.value, HIDDEN)
    return without_personal_data(text, mark)
