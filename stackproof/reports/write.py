"""Where the reports of a run go."""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from stackproof.core.results import Run
from stackproof.core.results_file import portions
from stackproof.core.verdicts import UsageError
from stackproof.evidence.manifest import FOLDER

RESULTS = "results.json"
_OTHERS = ("junit.xml", "report.html")
"""What pytest and pytest-html write."""
_ROOM = 1 << 20
"""Bytes that must be free before a run begins; its reports take about that much."""
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def report_directory(root: Path, environment: str, target: str) -> Path:
    """The folder of the latest run against one target of one environment.

    >>> report_directory(Path("/repo"), "production", "plan").as_posix()
    '/repo/reports/production-plan'
    """
    return root / "reports" / f"{environment}-{target}"


def write_reports(run: Run, directory: Path) -> Path:
    """Write results.json into `directory`, made if need be, and return its path.

    A reader sees the results of the last run or of this one, never half a file. What pytest and pytest-html wrote in the last run is
    taken away: they may be told to write elsewhere now.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for name in _OTHERS:
        (directory / name).unlink(missing_ok=True)
    path = directory / RESULTS
    unfinished = directory / f".{RESULTS}.{os.getpid()}"
    # A lone surrogate in a value cannot be UTF-8; its backslash escape is what JSON writes for it.
    with unfinished.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        file.writelines(portions(run))
    unfinished.replace(path)
    return path


def require_room(directory: Path) -> None:
    """Raises `UsageError` where a run could not leave its files: a message before anything is judged, and no half report after it."""
    probe = directory / f".room.{os.getpid()}"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(bytes(_ROOM))
        probe.unlink()
    except OSError as error:
        with suppress(OSError):
            probe.unlink()
        raise UsageError(f"{without_room(error, directory)}; nothing was judged") from None


def without_room(error: OSError, directory: Path) -> str:
    """The message for files that could not be written.

    >>> without_room(OSError(errno.ENOSPC, "No space left on device"), Path("reports/local-plan"))
    'reports/local-plan cannot be written (No space left on device): make room, and run again'
    """
    advice = "make room" if error.errno in _FULL else "run in a copy of the repository that you may write to"
    return f"{os.path.relpath(directory)} cannot be written ({error.strerror or error}): {advice}, and run again"


@contextmanager
def alone(directory: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Let no other run write into a directory meanwhile; waits for one that does, and says so."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(directory.with_name(f".{directory.name}.lock"))
    try:
        lock.acquire(blocking=False)
    except Timeout:
        say(f"Another run writes {os.path.relpath(directory)}: waiting for its end")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def remove_run(directory: Path) -> None:
    """Take away everything that the last run left in its directory."""
    for name in (RESULTS, *_OTHERS):
        (directory / name).unlink(missing_ok=True)
    shutil.rmtree(directory / FOLDER, ignore_errors=True)


@contextmanager
def kept_unchanged(directory: Path) -> Iterator[None]:
    """Let what pytest and pytest-html write meanwhile not take the place of what a run left: it belongs to that run's evidence."""
    left = {directory / name: (directory / name).read_bytes() for name in _OTHERS if (directory / name).is_file()}
    try:
        yield
    finally:
        for name in _OTHERS:
            (directory / name).unlink(missing_ok=True)
        for path, content in left.items():
            path.write_bytes(content)
