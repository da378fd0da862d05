"""A port for a program that has to be told one, and cannot choose it itself."""

import contextlib
import random
import socket

_OTHERS = range(20_000, 30_000)
"""Below the ports that Linux (from 32768) and macOS and Windows (from 49152) give to those who ask for any: none of them gets one of
these before the program does. (From 30000 on are the services of Kubernetes.)"""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on. Raises `OSError` if none is found.

    >>> free_port() in _OTHERS
    True
    """
    chance = random.SystemRandom()  # no two processes draw the same ones
    for _ in range(1000):
        port = chance.choice(_OTHERS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no port of 127.0.0.1 is free")
