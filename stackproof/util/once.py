"""Make something when it is first asked for, once, whichever thread asks first."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """A function without arguments that runs once; what it returned or raised is returned or raised again.

    >>> greeting = Once(lambda: print("made") or "hello")
    >>> greeting(), greeting()
    made
    ('hello', 'hello')
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: list[T] = []
        self._error: Exception | None = None

    def __call__(self) -> T:
        with self._lock:
            if self._error:
                raise self._error.with_traceback(None)  # else it holds the frames of everybody who asked
            if not self._made:
                try:
                    self._made.append(self._make())
                except Exception as error:
                    self._error = error
                    raise
            return self._made[0]

    @property
    def made(self) -> T | None:
        """The value, if it was made already; None otherwise."""
        return self._made[0] if self._made else None
