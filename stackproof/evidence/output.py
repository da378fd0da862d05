"""Redaction of all that this process prints. pytest's reports are redacted; what it does not capture goes to the terminal at once."""

import contextlib
import io
import re
import sys
import threading
from collections.abc import Iterator
from itertools import takewhile
from typing import Any, BinaryIO, TextIO, cast

from stackproof.redaction.redaction import may_go_on_as_a_secret, redact

_OPEN_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?!.*-----END)", re.DOTALL)
"""A private key whose end is not there yet: it may be printed line by line."""


@contextlib.contextmanager
def redacted() -> Iterator[None]:
    """Let ``sys.stdout`` and ``sys.stderr`` show no secret. (What another process prints does not come by here.)"""
    plain = sys.stdout, sys.stderr
    nets = [_Redacting(stream) for stream in plain]
    sys.stdout, sys.stderr = map(_Redacting.text, nets)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = plain
        for net in nets:
            net.end()


class _Redacting(io.BufferedIOBase):
    """Redacts each line when it is complete, and hands it on. `flush` shows the beginning of one, such as the dots of progress, where
    nothing that may follow makes it a part of a secret."""

    def __init__(self, shown: TextIO) -> None:
        self._shown = shown
        self._encoding = shown.encoding or "utf-8"
        self._waiting = b""
        self._begun = ""
        """What was shown of it."""
        self._lock = threading.RLock()

    def text(self) -> TextIO:
        """The stream that is printed to."""
        return io.TextIOWrapper(cast(BinaryIO, self), self._encoding, self._shown.errors, newline="", write_through=True)

    def write(self, data: Any, /) -> int:
        with self._lock:
            self._waiting += data
            lines, end, rest = self._waiting.rpartition(b"\n")
            text = (lines + end).decode(self._encoding, "replace")
            if end and not _OPEN_KEY.search(text):
                self._waiting = rest
                self._show(redact(text))
                self._begun = ""
        return len(data)

    def flush(self) -> None:
        with self._lock:
            text = self._waiting.decode(self._encoding, "replace")
            if not _OPEN_KEY.search(text) and not may_go_on_as_a_secret(text) and redact(text) == text:  # the dearest comes last
                self._show(text)
                self._begun = text
            self._shown.flush()

    def end(self) -> None:
        """Hand on what waits for the end of its line."""
        with self._lock:
            self._show(redact(self._waiting.decode(self._encoding, "replace")))
            self._waiting, self._begun = b"", ""
            self._shown.flush()

    def _show(self, text: str) -> None:
        there = takewhile(lambda pair: pair[0] == pair[1], zip(text, self._begun, strict=False))
        self._shown.write(text[len(list(there)) :])

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._shown.isatty()

    def fileno(self) -> int:
        return self._shown.fileno()
