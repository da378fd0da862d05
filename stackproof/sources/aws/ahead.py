"""Asking ahead: what was asked about two resources of several is asked about the next ones while those are judged.

A control goes through its resources one after the other and reads the same fields of each. Of a field that takes a call of its own for
each resource, the calls of the next `AHEAD` are made at the same time, `MAX_CONCURRENT_CALLS` at once. Nothing is asked about a resource
that the control was not given, and what a call ends in is told where it is read.
"""

import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from stackproof.core.resource import Field, Resource
from stackproof.sources.aws.facts import AwsFacts
from stackproof.util.spool import Reiterable

if TYPE_CHECKING:
    from stackproof.sources.aws.progress import Work
    from stackproof.sources.aws.source import Reader

AHEAD = 32
"""Resources whose calls are made before a control comes to them."""
AT_A_TIME = 200
"""Resources of a long list that are gone through together."""


class Siblings:
    """Resources of one collection, in its order."""

    def __init__(self, aws: "Reader", facts: Sequence[AwsFacts]) -> None:
        self._aws = aws
        self._facts = facts
        self._first: dict[Field, frozenset[str]] = {}
        self._until: dict[Field, int] = {}
        self._told: dict[Field, Work] = {}
        self._lock = threading.Lock()

    @contextmanager
    def reading(self, field: Field, place: int, asked: Collection[str]) -> Iterator[None]:
        """While a field of the resource at a place is read; ``asked`` are the sources of the answers that it took, when it has been."""
        self._ask_next(field, place)
        try:
            yield
        finally:
            if field not in self._until and not self._first.setdefault(field, frozenset(asked)).issuperset(asked):
                self._until[field] = place + 1  # each takes a call of its own
                self._ask_next(field, place)

    def let_go_together(self, values: Sequence[object]) -> None:
        """The resources that a field of one of these has go together, too."""
        together(values)

    def _ask_next(self, field: Field, place: int) -> None:
        with self._lock:
            if field not in self._until:
                return
            end = min(place + 1 + AHEAD, len(self._facts))
            begin, self._until[field] = max(self._until[field], place + 1), max(self._until[field], end)
            if field not in self._told:
                self._told[field] = self._aws.progress.begin(field.place, len(self._facts))
            self._told[field].done = place
            if place + 1 >= len(self._facts):
                self._told[field].end()
        for facts in self._facts[begin:end]:
            self._aws.ask_ahead(partial(_ask, facts, field))


def _ask(facts: AwsFacts, field: Field) -> None:
    with suppress(Exception):  # it is raised again where the field is read
        facts.read_ahead(field)


def go_together(value: object) -> object:
    """A collection, of which the resources that are read from AWS are asked about ahead; anything else as it is."""
    if isinstance(value, Reiterable):
        return Reiterable(lambda: _in_portions(value))
    if isinstance(value, list | tuple):
        together(value)
    return value


def _in_portions(resources: Iterable[object]) -> Iterator[object]:
    waiting = iter(resources)
    while some := list(islice(waiting, AT_A_TIME)):
        together(some)
        yield from some


def together(resources: Sequence[object]) -> None:
    """Let the resources among some values be asked about ahead, if they are read from AWS."""
    found = [one.origin for one in resources if isinstance(one, Resource) and isinstance(one.origin, AwsFacts)]
    if len(found) > 2:
        siblings = Siblings(found[0].aws, found)
        for place, facts in enumerate(found):
            facts.siblings, facts.place = siblings, place
