"""A recorded run as a source: the AWS source, with a recording where the network was.

A recording is a list of entries, one a call; in an evidence folder each entry is a file of its own (`stackproof.evidence.store`), and
says besides how the call went over the wire.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, cast

from stackproof.core import verdicts
from stackproof.core.verdicts import CallFailed, CouldNotVerify
from stackproof.redaction.redaction import redact_data
from stackproof.sources.aws.calls import Answer, Call, Exchange, from_jsonable, kept_pages, plain
from stackproof.util import json_document
from stackproof.util.spool import Spool


@dataclass(frozen=True)
class Recorded:
    """One call as it ended: in pages, in "there is none", or in an error."""

    call: Call
    pages: Sequence[Mapping[str, Any]] = ()
    absent: bool = False
    error: CouldNotVerify | None = None
    exchange: Exchange | None = None

    @property
    def answer(self) -> Answer:
        return Answer(self.call, self.pages, self.error, self.absent, self.exchange)


class Recording:
    """A transport that answers from what was recorded. A call that was not recorded is an error, never an empty answer.

    ``remedy`` is what to do about such a call; that error says it.
    """

    def __init__(self, calls: Iterable[Recorded], remedy: str = "judge the target itself, without --evidence") -> None:
        self.calls = tuple(calls)
        self._remedy = remedy
        self._by_call = {recorded.call: recorded for recorded in self.calls}

    @property
    def counts(self) -> Counter[str]:
        return Counter()

    def wait(self, seconds: float) -> None:
        """Return at once: what was recorded does not change, and there is nothing to wait for."""

    def send(self, call: Call, absent: tuple[str, ...] = ()) -> Answer:
        del absent  # the recording says how the call ended
        recorded = self._by_call.get(call)
        if recorded is None:
            return Answer(call, error=CallFailed(f"{call} is not in the recording: {self._remedy}"))
        return recorded.answer


def recorded_call(answer: Answer) -> Recorded:
    """An answer as a recording holds it, secrets hidden."""
    kept = answer.redacted()
    return Recorded(kept.call, kept.raw_pages, kept.is_absent, kept.error, kept.exchange)


def recorded(answers: Iterable[Answer]) -> Recording:
    """A recording of a run's answers, without what is another in every run: when they were asked for, and the request ids."""
    return Recording(replace(recorded_call(answer), exchange=None) for answer in answers)


def to_entry(one: Recorded, account: str = "") -> dict[str, Any]:
    """A call as plain data, ready for `canonical` and `to_json`."""
    entry: dict[str, Any] = {
        "operation": one.call.operation,
        "region": one.call.region,
        "parameters": redact_data(one.call.arguments),
    }
    if one.call.sample:
        entry["sample"] = one.call.sample
    ended = _ended(one)
    if one.exchange:
        entry |= {"account": account, "exchange": _exchange(one.exchange), "sha256": digest(ended)}
    return entry | ended


def from_entry(entry: Mapping[str, Any]) -> Recorded:
    """The call that `to_entry` wrote. Raises `ValueError` for data that is not one."""
    try:
        return _entry(entry)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"not a recording: {type(error).__name__} {error}") from None


def to_json(recording: Recording) -> str:
    """The recording as text, one call after the other in a stable order."""
    entries = [to_entry(one) for one in sorted(recording.calls, key=lambda one: str(one.call))]
    return json.dumps(entries, indent=1, ensure_ascii=False, default=plain) + "\n"


def from_json(text: str) -> Recording:
    """The recording that `to_json` wrote. Raises `ValueError` for text that is not one."""
    entries = json_document.loads(text)
    if not isinstance(entries, list):
        raise ValueError("not a recording: no list of calls")
    return Recording([from_entry(entry) for entry in entries])


def canonical(data: object) -> bytes:
    """JSON data as bytes, the same for the same data: keys sorted, no white space, UTF-8.

    >>> canonical({"b": [1], "a": "é"})
    b'{"a":"\\xc3\\xa9","b":[1]}'
    """
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=plain)
    return text.encode("utf-8", "backslashreplace")  # a lone surrogate cannot be UTF-8; its escape is what JSON writes for it


def portions(data: object) -> Iterator[bytes]:
    """The text of `canonical` in portions, one for each item of the lists in a dictionary, so that a long answer is never whole in memory.

    >>> list(portions({"pages": [{"a": 1}, {"b": 2}]}))
    [b'{', b'"pages":', b'[', b'{"a":1}', b',', b'{"b":2}', b']', b'}']
    """
    if not isinstance(data, dict):
        yield canonical(data)
        return
    yield b"{"
    for number, (key, value) in enumerate(sorted(data.items())):
        yield (b"," if number else b"") + canonical(key) + b":"
        if isinstance(value, list | tuple | Spool):
            yield b"["
            for place, item in enumerate(value):
                yield from (b",", canonical(item)) if place else (canonical(item),)
            yield b"]"
        else:
            yield canonical(value)
    yield b"}"


def digest(data: object) -> str:
    """The SHA-256 of `canonical` data."""
    sum = hashlib.sha256()
    for portion in portions(data):
        sum.update(portion)
    return sum.hexdigest()


def _ended(one: Recorded) -> dict[str, Any]:
    if one.error:
        return {"error": {"kind": type(one.error).__name__, "message": str(one.error)}}
    return {"absent": True} if one.absent else {"pages": one.pages}


def _exchange(exchange: Exchange) -> dict[str, Any]:
    return {
        "at": exchange.at.astimezone(UTC).isoformat(),
        "seconds": round(exchange.seconds, 6),
        "attempts": exchange.attempts,
        "requests": [{"id": id, "status": status} for id, status in exchange.requests],
    }


def _entry(entry: Mapping[str, Any]) -> Recorded:
    error, exchange, absent = entry.get("error"), entry.get("exchange"), entry.get("absent", False)
    operation, region = entry["operation"], entry["region"]
    if not (isinstance(operation, str) and isinstance(region, str) and isinstance(absent, bool)):
        raise TypeError("operation and region are texts, and absent is true or false")
    if sum(key in entry for key in ("pages", "absent", "error")) > 1:
        raise ValueError("a call ends in pages, in absent or in an error, and in one of them alone")
    return Recorded(
        replace(Call.of(operation, region, **entry["parameters"]), sample=int(entry.get("sample", 0))),
        pages=kept_pages(map(_page, entry.get("pages", ()))),
        absent=absent,
        error=_error(**error) if error else None,
        exchange=Exchange(
            datetime.fromisoformat(exchange["at"]),
            exchange["seconds"],
            exchange["attempts"],
            tuple((request["id"], request["status"]) for request in exchange["requests"]),
        )
        if exchange
        else None,
    )


def _page(page: object) -> Mapping[str, Any]:
    if not isinstance(page, Mapping):
        raise TypeError(f"a page is an object, and not {type(page).__name__}")
    return cast(Mapping[str, Any], from_jsonable(page))


def _error(kind: str, message: str) -> CouldNotVerify:
    """Only what a call can end in: a recording cannot bring about another verdict than ERROR."""
    known = getattr(verdicts, kind)
    if not (isinstance(known, type) and issubclass(known, CouldNotVerify)):
        raise TypeError(f"a call does not end in {kind}")
    return known(message)
