"""The read ledger: which fields the running control read, what they said, and where each came from.

Resources write to it whenever a field is read (`stackproof.core.resource`); nothing else does. A control that passes with an empty
ledger has proven nothing, and is judged ERROR.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from stackproof.core.provenance import evidence_behind
from stackproof.core.results import Reading, Readings
from stackproof.redaction.redaction import redact

LONGEST_VALUE = 300
"""Characters of a value that the ledger keeps; the evidence store has the whole answer."""

_MOST_RECENT = 1000
"""Readings at hand for the sentence about a failure."""


class Ledger:
    """The record of the fields that one control has read so far, in order, each reading once."""

    def __init__(self, *, by_resource: bool = False) -> None:
        self.by_resource = by_resource
        """Whether the control judges resource by resource (``subtests``)."""
        self._readings = Readings()
        self.count = 0
        """Fields read, again and again counted."""
        self.doubts: list[list[Exception]] = [[]]
        """For the control, and for each block of ``subtests`` that it is in: why what passes there is not known to."""
        self.rest: list[Exception] = []
        """What stands for the parts of collections that the outermost loops of the control could not go through."""
        self.about: list[list[Any]] = [[]]
        """For the control, and for each block of ``subtests`` that it is in: the first resource that was read there."""
        self.recent: dict[tuple[str, str], Reading] = {}
        """The last readings, by the label of the resource and the field."""

    @property
    def readings(self) -> Sequence[Reading]:
        return self._readings.finished()

    @contextmanager
    def open(self) -> Iterator[None]:
        """Record here everything that is read inside the block."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)

    def add(self, reading: Reading) -> None:
        self._readings.append(reading)
        self.count += 1
        if len(self.recent) >= _MOST_RECENT:
            self.recent.clear()
        self.recent.pop((reading.resource, reading.field), None)
        self.recent[reading.resource, reading.field] = reading


_current: ContextVar[Ledger | None] = ContextVar("ledger", default=None)


def record(resource: str, field: str, value: object, source: str) -> None:
    """Note that the running control read ``field`` of ``resource``; does nothing outside a control."""
    ledger = _current.get()
    if ledger is not None:
        ledger.add(Reading(redact(resource), field, displayed(value), redact(str(source)), evidence_behind(source)))


def touch(resource: object) -> None:
    """Note the typed resource that is read from now on; does nothing outside a control."""
    if ledger := _current.get():
        for block in ledger.about:
            if not block:
                block.append(resource)


def judge_later(rest: Exception) -> bool:
    """Let the running control go on, and be judged by this error, too, when it has ended; False inside its subtests, and without one."""
    ledger = _current.get()
    if ledger is None or len(ledger.doubts) > 1 or not ledger.by_resource:
        return False
    if rest not in ledger.rest:
        ledger.rest.append(rest)
    return True


def doubt(error: Exception) -> None:
    """Let the block of ``subtests`` that is judged now, or the control, end with this error if it would pass: a failure counts."""
    if ledger := _current.get():
        ledger.doubts[-1].append(error)


def displayed(value: object) -> str:
    """A value as people read it: redacted and of bounded length.

    >>> displayed(True), displayed(None), displayed("available"), displayed(["a"])
    ('true', 'none', 'available', '[a]')
    """
    text = redact(_plain(value))
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}… ({len(text)} characters)"


def _plain(value: object) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return str(value).lower()
        case set() | frozenset():
            return _plain(sorted(value, key=str))
        case list() | tuple():
            return f"[{', '.join(_plain(item) for item in value)}]"
        case dict():
            return f"{{{', '.join(f'{key}: {_plain(item)}' for key, item in value.items())}}}"
        case _:
            return str(value)
