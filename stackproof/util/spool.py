"""Long lists that do not stay in memory. A few rows are kept as they are; of more, all lie in a temporary file.

An account may have 100,000 log groups: their pages, what was read of them and how each was judged are gone through again and again, but
never needed all at once. The file is SQLite's: it has no name, it is readable for this process alone, and it goes with the list.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from operator import eq
from typing import Generic, TypeVar, overload

T = TypeVar("T")

FEW = 1000
"""Rows that stay in memory."""

_CACHE = 1000
"""Kilobytes of a temporary file that SQLite keeps in memory."""


class Spool(Sequence[T]):
    """Rows in the order in which they were added; each once, if they are to be ``distinct``.

    ``pack`` and ``unpack`` turn a row into text and back; of rows that are to be distinct, different ones must have different texts.
    ``weigh`` tells how many rows one counts for, where some are much longer than others.

    >>> names = Spool(str, str, few=2, distinct=True)
    >>> names.extend(["a", "b", "c", "b"])
    >>> list(names), len(names), names[-1], names.is_long
    (['a', 'b', 'c'], 3, 'c', True)
    """

    def __init__(
        self,
        pack: Callable[[T], str],
        unpack: Callable[[str], T],
        *,
        few: int = FEW,
        distinct: bool = False,
        weigh: Callable[[T], int] = lambda _: 1,
    ) -> None:
        self._pack, self._unpack = pack, unpack
        self._most, self._weigh = few, weigh
        self._weight = 0
        self._distinct = distinct
        self._few: list[T] = []
        self._seen: set[T] = set()
        self._file: sqlite3.Connection | None = None

    @property
    def is_long(self) -> bool:
        """True if the rows are so many that they lie in a file."""
        return self._file is not None

    def append(self, row: T) -> None:
        if self._file:
            self._file.execute("INSERT OR IGNORE INTO rows VALUES (?)", (self._pack(row),))
            return
        if self._distinct:
            if row in self._seen:
                return
            self._seen.add(row)
        self._few.append(row)
        self._weight += self._weigh(row)
        if self._weight > self._most:
            self._file = _temporary(f"CREATE TABLE rows (row TEXT{' UNIQUE' if self._distinct else ''})")
            few, self._few, self._seen = self._few, [], set()
            self.extend(few)

    def extend(self, rows: Iterable[T]) -> None:
        for row in rows:
            self.append(row)

    def finished(self) -> Sequence[T]:
        """The rows, when no more are to come: a tuple if they are few."""
        return self if self._file else tuple(self._few)

    def __len__(self) -> int:
        if not self._file:
            return len(self._few)
        ((count,),) = self._file.execute("SELECT ifnull(max(rowid), 0) FROM rows")
        return int(count)

    def __iter__(self) -> Iterator[T]:
        if not self._file:
            return iter(self._few)
        return (self._unpack(text) for (text,) in self._file.execute("SELECT row FROM rows ORDER BY rowid"))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(eq, self, other))

    __hash__ = None  # type: ignore[assignment]  # as of a list: it grows

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[T]: ...
    def __getitem__(self, place: int | slice) -> T | Sequence[T]:
        if not self._file:
            return self._few[place]
        places = range(len(self))[place]
        return [self._at(one) for one in places] if isinstance(places, range) else self._at(places)

    def _at(self, place: int) -> T:
        assert self._file
        ((text,),) = self._file.execute("SELECT row FROM rows WHERE rowid = ?", (place + 1,))
        return self._unpack(text)


def spooled(rows: Iterable[T], into: Spool[T]) -> Sequence[T]:
    """Rows that are gone through once, kept.

    >>> spooled("ab", Spool(str, str))
    ('a', 'b')
    """
    into.extend(rows)
    return into.finished()


def distinct(texts: Iterable[str]) -> Sequence[str]:
    """Texts, each once, in the order of their first.

    >>> distinct(["b", "a", "b"])
    ('b', 'a')
    """
    return spooled(texts, Spool(str.__str__, str.__str__, distinct=True))


class Index(Mapping[str, T]):
    """A long mapping in a temporary file; a key that is there already gets the new value.

    >>> index = Index([("b", "1"), ("a", "2"), ("b", "3")], str, str)
    >>> index["b"], index.get("c"), sorted(index), len(index)
    ('3', None, ['a', 'b'], 2)
    """

    def __init__(self, entries: Iterable[tuple[str, T]], pack: Callable[[T], str], unpack: Callable[[str], T]) -> None:
        self._unpack = unpack
        self._file = _temporary("CREATE TABLE entries (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID")
        packed = ((key, pack(value)) for key, value in entries)
        self._file.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?)", packed)

    def __getitem__(self, key: str) -> T:
        for (text,) in self._file.execute("SELECT value FROM entries WHERE key = ?", (key,)):
            return self._unpack(text)
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return (key for (key,) in self._file.execute("SELECT key FROM entries"))

    def __len__(self) -> int:
        ((count,),) = self._file.execute("SELECT count(*) FROM entries")
        return int(count)


class Reiterable(Collection[T], Generic[T]):
    """A collection whose items are made anew each time that it is iterated.

    >>> letters = Reiterable(lambda: iter("ab"))
    >>> list(letters), list(letters), len(letters), "b" in letters
    (['a', 'b'], ['a', 'b'], 2, True)
    """

    def __init__(self, make: Callable[[], Iterator[T]]) -> None:
        self._make = make
        self._length: int | None = None

    def __iter__(self) -> Iterator[T]:
        return self._make()

    def __len__(self) -> int:
        if self._length is None:
            self._length = sum(1 for _ in self._make())
        return self._length

    def __contains__(self, item: object) -> bool:
        return any(item is one or item == one for one in self._make())


def _temporary(table: str) -> sqlite3.Connection:
    """A database in a file without a name. SQLite lets one thread in at a time."""
    file = sqlite3.connect("", check_same_thread=False)
    for statement in ("PRAGMA journal_mode = OFF", f"PRAGMA cache_size = -{_CACHE}", table):
        file.execute(statement)
    return file
