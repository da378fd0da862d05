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
def temporary(kind: str, parent: Path | None = None) -> Iterator[Path]:
    """A new directory that its owner alone can read, and that goes with its use; those of this kind that were left go first.

    It is made among the temporary files, or in a ``parent``, where what is made whole can be renamed to its place.
    """
    prefix = f"stackproof.{kind}-"
    for left in (parent or Path(tempfile.gettempdir())).glob(f"{prefix}*"):
        remove_if_left(left)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=parent, ignore_cleanup_errors=True) as name, used(Path(name)):
        yield Path(name)


def remove_if_left(directory: Path) -> None:
    """Remove a directory that nobody has `used` for a while, because whoever did was killed."""
    with contextlib.suppress(OSError):  # it is in use, or another user's, or gone by now
        if time.time() - directory.stat().st_mtime > _GRACE:
            with _locked(directory):
                shutil.rmtree(directory, ignore_errors=True)


def remove_left_files(folder: Path, pattern: str) -> None:
    """Remove files that were being written under a name of their own when whoever wrote them was killed: nobody writes one that long."""
    for left in folder.glob(pattern):
        with contextlib.suppress(OSError):
            if time.time() - left.lstat().st_mtime > _GRACE:
                left.unlink()


@contextlib.contextmanager
def used(directory: Path) -> Iterator[None]:
    """Let nobody take a directory for left until the block ends."""
    with contextlib.ExitStack() as undo:
        with contextlib.suppress(OSError):  # a file system without locks: then nobody takes it for left either
            undo.enter_context(_locked(directory))
        yield


@contextlib.contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Raises `OSError` where another process has it."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
