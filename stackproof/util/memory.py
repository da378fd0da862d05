"""The memory of this process, and what of it is given back."""

import contextlib
import ctypes

_M_TRIM_THRESHOLD, _M_ARENA_MAX = -1, -8
"""mallopt(3): how much may be free at the top before it is given back to the system, and how many heaps threads have."""
_BYTES = 1 << 17
"""glibc's own value, which it raises by itself after each large block that is freed; a long list is many of those."""
_ARENAS = 2
"""Threads that ask AWS wait for each other anyway, and each heap holds on to what is free in it."""


def give_back_what_is_free() -> None:
    """Keep glibc from holding on to freed memory: a tenth of what an account of 10,000 resources takes. Nothing on other systems."""
    with contextlib.suppress(OSError, AttributeError):
        allocator = ctypes.CDLL(None)
        allocator.mallopt(_M_TRIM_THRESHOLD, _BYTES)
        allocator.mallopt(_M_ARENA_MAX, _ARENAS)
