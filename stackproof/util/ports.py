"""A port for a program that has to be told one, and cannot choose it itself."""

import contextlib
import random
import socket
import sys
from collections.abc import Iterator

_OTHERS = range(20_000, 30_000)
"""Below the ports that Linux (from 32768) and macOS and Windows (from 49152) give to those who ask for any: none of them gets one of
these before the program does. (From 30000 on are the services of Kubernetes.)"""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on. Raises `OSError` if none is found.

    >>> free_port() in _OTHERS
    True
    """
    with socket.socket() as probe:
        return _bound(probe)


@contextlib.contextmanager
def held_port() -> Iterator[int]:
    """A port of 127.0.0.1 that nobody else is given until the block ends; a server that reuses addresses may listen on it, as most do.

    Raises `OSError` if none is found. Held on Linux alone: elsewhere no server could listen on it.
    """
    with socket.socket() as held:
        port = _bound(held)
        if sys.platform == "linux":
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        else:
            held.close()
        yield port


def _bound(one: socket.socket) -> int:
    chance = random.SystemRandom()  # no two processes draw the same ones
    for _ in range(1000):
        port = chance.choice(_OTHERS)
        with contextlib.suppress(OSError):
            one.bind(("127.0.0.1", port))
            return port
    raise OSError("no port of 127.0.0.1 is free")
