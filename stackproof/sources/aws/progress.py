"""Progress of reading, told every ten seconds while it takes long, however quiet pytest is told to be."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

EVERY = 10.0
"""Seconds."""


@dataclass
class Work:
    """Something of which there is much to read."""

    name: str
    total: int
    end: Callable[[], None]
    """Call it when all is read."""
    done: int = 0
    waiting: list[str] = field(default_factory=list)
    """What is read next, where that has a name."""

    def __str__(self) -> str:
        following = "".join(f", next {name}" for name in self.waiting[:1])
        return f"{self.name} {self.done:,} of {self.total:,}{following}"


@dataclass
class Flight:
    """A call that is under way."""

    operation: str
    attempts: int = 0
    """Requests sent for its page that is asked for now."""
    pages: int = 0
    """Of its answer, those that are there."""

    def answered(self) -> None:
        """A page is there: what is asked now is the next one."""
        self.attempts, self.pages = 0, self.pages + 1

    def __str__(self) -> str:
        page = f", page {self.pages + 1}" if self.pages else ""
        return f"{self.operation} (attempt {max(1, self.attempts)}{page})"


class Progress:
    """The reading of a run, told by ``say``; nothing is told without one."""

    def __init__(self, say: Callable[[str], None] | None = None, sleep: Callable[[float], None] = time.sleep) -> None:
        self._say = say
        self._sleep = sleep
        self._lock = threading.Lock()
        self._flights: dict[int, Flight] = {}
        self._works: list[Work] = []
        self._is_telling = False

    @contextmanager
    def flight(self, operation: str) -> Iterator[Flight]:
        """A call, while it is under way in this thread."""
        mine = Flight(operation)
        with self._lock:
            self._flights[threading.get_ident()] = mine
            if self._say and not self._is_telling:
                self._is_telling = True
                threading.Thread(target=self._tell, args=(self._say,), name="progress", daemon=True).start()
        try:
            yield mine
        finally:
            with self._lock:
                self._flights.pop(threading.get_ident(), None)

    def begin(self, name: str, total: int, waiting: Iterable[str] = ()) -> Work:
        """Something of which so much is to be read; ``end`` of it says that it is."""
        work = Work(name, total, lambda: self._end(work), waiting=[*waiting])
        with self._lock:
            self._works.append(work)
        return work

    def _end(self, work: Work) -> None:
        with self._lock:
            if work in self._works:
                self._works.remove(work)

    def line(self) -> str:
        """A sentence on what is read now: the last begun, with how much there is of it, and the calls under way; empty for none."""
        with self._lock:
            calls = dict.fromkeys(map(str, self._flights.values()))
            if not calls:
                return ""
            works = [str(work) for work in self._works]
            read = [*filter(None, ["; ".join(reversed(works))]), ", ".join(calls)]
            return f"Reading from the cloud: {': '.join(read)}"

    def _tell(self, say: Callable[[str], None]) -> None:
        while True:
            self._sleep(EVERY)
            with self._lock:
                if not self._flights:  # whoever asks next begins anew
                    self._is_telling = False
                    return
            if line := self.line():
                say(line)
