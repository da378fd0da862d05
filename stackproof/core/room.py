"""No room: what a run must write cannot be written. It ends with one message then, whatever it was about to say."""

import errno
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from stackproof.core.verdicts import NoRoom

PROBED = 1 << 20
"""Bytes that must be free; the reports of a run take about that much."""

PROBE = ".room."
"""What the names of the files begin with that try it."""

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Errors that room would mend; the others of `_UNWRITABLE` take another place."""

_UNWRITABLE = (*FULL, errno.EROFS)
_LONG_LISTS = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR_WRITE)
"""The errors of SQLite's temporary files (`stackproof.util.spool`) that mean the same."""


@contextmanager
def ending() -> Iterator[None]:
    """Let an error that a lack of room is behind, whoever wrapped it, be `NoRoom`."""
    try:
        yield
    except Exception as error:
        end_for(error)
        raise


def end_for(error: BaseException | None) -> None:
    """Raises `NoRoom` if a lack of room is what an error, or one that it was made of, is about.

    >>> try:
    ...     end_for(OSError(errno.ENOSPC, "No space left on device", "/var/run/plan.json"))
    ... except NoRoom as error:
    ...     print(error)
    /var/run cannot be written (No space left on device): make room, and run again
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, NoRoom):
            raise error
        if isinstance(error, OSError) and error.errno in _UNWRITABLE:
            file = Path(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes) else None
            raise (no_room(error, file.parent) if file and not _is_temporary(file) else no_temporary_room(error)) from None
        if isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", None) in _LONG_LISTS:
            raise no_temporary_room(OSError(errno.ENOSPC, str(error))) from None
        error = error.__cause__ or error.__context__


def no_room(error: OSError, directory: Path) -> NoRoom:
    """The error that ends a run which cannot write to a directory.

    >>> str(no_room(OSError(errno.ENOSPC, "No space left on device"), Path("reports/local-plan")))
    'reports/local-plan cannot be written (No space left on device): make room, and run again'
    """
    shown = os.path.relpath(directory) if directory.absolute().is_relative_to(Path.cwd()) else directory
    advice = "make room" if error.errno in FULL else "run in a copy of the repository that you may write to"
    return NoRoom(f"{shown} cannot be written ({error.strerror or error}): {advice}, and run again")


def no_temporary_room(error: OSError) -> NoRoom:
    """The error that ends a run which cannot write its temporary files (evidence, plans, what a scanner reads)."""
    where = f"{tempfile.tempdir} cannot be written" if tempfile.tempdir else "no temporary directory can be written"
    advice = "make room, or name another temporary directory in TMPDIR, and run again"
    return NoRoom(f"{where} ({error.strerror or error}): {advice}")


def require(directory: Path) -> None:
    """Raises `NoRoom` where a run could not leave its files: a message before anything is judged, and no half report after it."""
    probe = directory / f"{PROBE}{os.getpid()}"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(bytes(PROBED))
        probe.unlink()
    except OSError as error:
        with suppress(OSError):
            probe.unlink()
        raise no_room(error, directory) from None


def require_temporary() -> None:
    """Raises `NoRoom` where a run could not keep its temporary files."""
    try:
        with tempfile.TemporaryFile() as probe:
            probe.write(bytes(PROBED))
    except OSError as error:
        raise no_temporary_room(error) from None


def _is_temporary(file: Path) -> bool:
    """True for one among the temporary files; a repository may lie there, too."""
    return bool(tempfile.tempdir) and file.is_relative_to(str(tempfile.tempdir)) and not file.is_relative_to(Path.cwd())
