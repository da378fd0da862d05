"""The terminal of a run, whose lines are seen at once: pytest keeps to itself what is printed while a test goes on."""

import os
import sys
from typing import IO, Any

import pytest


class Terminal:
    """Lines beside those of pytest, also while a control is judged, however quiet pytest is told to be."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._own: IO[str] | None = None
        """The file behind standard output, before pytest puts another in its place; None where there is none."""
        try:
            number = sys.stdout.fileno()
        except (OSError, ValueError):  # of a stream in memory
            return
        self._number = number
        self._own = os.fdopen(os.dup(number), "w", encoding=sys.stdout.encoding, errors="backslashreplace")
        config.add_cleanup(self._own.close)

    def say(self, line: str) -> None:
        """Write a line."""
        reporter: Any = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is None:
            return
        if self._own and not os.path.sameopenfile(self._number, self._own.fileno()):
            print(f"\n{line}", file=self._own, flush=True)
            return
        reporter.ensure_newline()
        reporter.write_line(line)
