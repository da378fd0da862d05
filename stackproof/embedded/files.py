"""Files that only their owner can read, and locks that show what is waited for."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from stackproof.embedded.cloud import CloudFailed
from stackproof.embedded.progress import Progress
from stackproof.util.temporary import remove_left_files

WAIT_SECONDS = 1800


def write_private(file: Path, text: str) -> None:
    """Write a file of mode 0600 so that it appears complete or not at all."""
    remove_left_files(file.parent, f".{file.name}-*")
    descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    Path(temporary).rename(file)


def read_json(file: Path) -> Any:
    """Raises `FileNotFoundError`, and `ValueError` for what is no JSON."""
    return json.loads(file.read_text(encoding="utf-8"))


@contextmanager
def locked(file: Path, progress: Progress, what: str) -> Iterator[None]:
    """Hold a lock between processes; while another holds it, show that ``what`` is being waited for.

    Raises `CloudFailed` after half an hour.
    """
    lock = FileLock(file)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        progress.begin(f"Waiting for {what} ...")
        try:
            lock.acquire(timeout=WAIT_SECONDS)
        except Timeout:
            raise CloudFailed(f"Waited {WAIT_SECONDS // 60} minutes for {what}; it holds {file}.") from None
        finally:
            progress.end()
    try:
        yield
    finally:
        lock.release()
