"""JSON that is read as it comes: of a long list in it, one item at a time is in memory. The inverse of `replay.portions`."""

from collections.abc import Iterator
from typing import Any, TextIO

from stackproof.util import json_document

PORTION = 1 << 16
"""Characters that are read at a time, at least."""

_ANY = json_document.DECODER
_AFTER = frozenset(",:]} \t\r\n")
"""What may follow a value."""


class _Text:
    """The text of a file, as far as it is needed."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._text = ""
        self._place = 0

    def value(self) -> Any:
        """The next value. Raises `ValueError` if there is none."""
        self._skip()
        while True:
            try:
                value, end = _ANY.raw_decode(self._text, self._place)
            except RecursionError:
                raise ValueError("it nests too deeply") from None
            except ValueError:
                if not self._more():
                    raise
                continue
            if self._text[end : end + 1] in _AFTER or not self._more():  # else a number may go on
                self._place = end
                return json_document.shallow(value)

    def takes(self, sign: str) -> bool:
        """Whether the next character is this one; it is passed over then."""
        self._skip()
        if self._text[self._place : self._place + 1] != sign:
            return False
        self._place += 1
        return True

    @property
    def is_at_its_end(self) -> bool:
        self._skip()
        return self._place == len(self._text)

    def _skip(self) -> None:
        while True:
            while self._place < len(self._text) and self._text[self._place] in " \t\r\n":
                self._place += 1
            if self._place < len(self._text) or not self._more():
                return

    def _more(self) -> bool:
        self._text = self._text[self._place :]
        self._place = 0
        more = self._file.read(max(PORTION, len(self._text)))
        self._text += more
        return bool(more)


class Members(Iterator[tuple[str, Any]]):
    """The members of an object, each with its key, as they come."""

    def __init__(self, text: _Text, depth: int) -> None:
        self._members = self._read(text, depth)

    @staticmethod
    def _read(text: _Text, depth: int) -> Iterator[tuple[str, Any]]:
        seen = set()
        for _ in _parts(text, "}"):
            key = _key(text)
            if key in seen:
                raise ValueError(f"the key {key[:60]!r} is there twice in one object")
            seen.add(key)
            yield key, _value(text, depth)

    def __next__(self) -> tuple[str, Any]:
        return next(self._members)


class Items(Iterator[Any]):
    """The items of a list, as they come."""

    def __init__(self, text: _Text, depth: int) -> None:
        self._items = (_value(text, depth) for _ in _parts(text, "]"))

    def __next__(self) -> Any:
        return next(self._items)


def members(file: TextIO, *, depth: int = 1) -> Iterator[tuple[str, Any]]:
    """The members of the JSON object that a file holds.

    Down to ``depth`` levels below, objects are `Members` and lists are `Items`. Each must be at its end, or made `whole`, before what
    follows it is asked for.

    >>> import io
    >>> [(key, whole(value)) for key, value in members(io.StringIO('{"a": 1, "b": [2, {"c": []}]}'))]
    [('a', 1), ('b', [2, {'c': []}])]

    Raises `ValueError` for anything else, and for what `stackproof.util.json_document` refuses.
    """
    text = _Text(file)
    if not text.takes("{"):
        raise ValueError("no JSON object")
    yield from Members(text, depth)
    if not text.is_at_its_end:
        raise ValueError("something follows the object")


def whole(value: Any) -> Any:
    """A value with all that is in it."""
    if isinstance(value, Members):
        return {key: whole(part) for key, part in value}
    return [whole(item) for item in value] if isinstance(value, Items) else value


def _value(text: _Text, depth: int) -> Any:
    if depth and text.takes("{"):
        return Members(text, depth - 1)
    return Items(text, depth - 1) if depth and text.takes("[") else text.value()


def _key(text: _Text) -> str:
    key = text.value()
    if not isinstance(key, str) or not text.takes(":"):
        raise ValueError("a member without a name")
    return key


def _parts(text: _Text, end: str) -> Iterator[None]:
    """Stops before each of the parts that commas separate, up to the sign that ends them."""
    if text.takes(end):
        return
    while True:
        yield
        if text.takes(end):
            return
        if not text.takes(","):
            raise ValueError(f"neither a comma nor {end} follows a value")
