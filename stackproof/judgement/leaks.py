"""Credentials and personal data in log events: where, when and what kind; never the text."""

from collections.abc import Iterable
from typing import Protocol

from stackproof.redaction.logged import hidden_in


class _Event(Protocol):
    @property
    def message(self) -> str: ...


def leaks(events: Iterable[_Event]) -> list[str]:
    """The events that held something, each with its kinds, in the order of the events.

    An event is redacted where it is captured, and shows by its marks what was in it.

    >>> from types import SimpleNamespace
    >>> class Event(SimpleNamespace):
    ...     __str__ = lambda self: "stream at noon"
    >>> leaks([Event(message="fine"), Event(message="(redacted e-mail address) password=(redacted password, token or key)")])
    ['stream at noon: e-mail address, password, token or key']
    """
    found = ((event, hidden_in(event.message)) for event in events)
    return [f"{event}: {', '.join(dict.fromkeys(kinds))}" for event, kinds in found if kinds]
