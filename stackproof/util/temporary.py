"""Temporary directories that a killed run does not leave for good: the next one removes them.

Whoever uses one holds a lock on it (``flock(2)``), which ends with the process, however that ends.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_GRACE = 60
"""Seconds in which a directory may be without its lock: it is being made."""


@contextlib.contextmanager
def temporary(kind: str) -> Iterator[Path]:
    """A new directory that its owner alone can read, and that goes with its use; those of this kind that were left go first."""
    prefix = f"stackproof.{kind}-"
    for left in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        _remove_if_left(left)
    with tempfile.TemporaryDirectory(prefix=prefix) as name, contextlib.ExitStack() as undo:
        with contextlib.suppress(OSError):  # a file system without locks: then nobody takes it for left either
            undo.enter_context(_locked(Path(name)))
        yield Path(name)


def _remove_if_left(directory: Path) -> None:
    with contextlib.suppress(OSError):  # it is in use, or another user's, or gone by now
        if time.time() - directory.stat().st_mtime > _GRACE:
            with _locked(directory):
                shutil.rmtree(directory, ignore_errors=True)


@contextlib.contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Raises `OSError` where another process has it."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
