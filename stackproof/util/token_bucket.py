"""A token bucket, by which services count requests."""

import threading
import time
from collections.abc import Callable


class TokenBucket:
    """Lets so many through in a second, and at most ``burst`` at once (as many as in a second unless told).

    >>> waited = []
    >>> bucket = TokenBucket(10, burst=2, now=lambda: 0.0, sleep=waited.append)
    >>> for _ in range(4):
    ...     bucket.take()
    >>> waited
    [0.1, 0.2]
    """

    def __init__(
        self,
        rate: float,
        burst: float | None = None,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate = rate
        self._most = max(1.0, rate if burst is None else burst)
        self._left = self._most
        self._now, self._sleep = now, sleep
        self._at = now()
        self._lock = threading.Lock()

    def take(self) -> None:
        """Wait for a token."""
        if wait := self.reserve():
            self._sleep(wait)

    def reserve(self) -> float:
        """Take a token, and tell in how many seconds it is there; 0 for now."""
        with self._lock:
            now = self._now()
            self._left = min(self._most, self._left + (now - self._at) * self._rate) - 1
            self._at = now
            return max(0.0, -self._left / self._rate)
