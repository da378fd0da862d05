"""Where the reports of a run go."""

import errno
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from stackproof.core.results import Run
from stackproof.core.results_file import portions, read
from stackproof.core.verdicts import UsageError
from stackproof.evidence import folders
from stackproof.evidence.folders import RESULTS

_ROOM = 1 << 20
"""Bytes that must be free before a run begins; its reports take about that much."""
_LONGEST_COMPARED = 1 << 26
"""Bytes of the results of an earlier run that are read again."""
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def report_directory(root: Path, environment: str, target: str) -> Path:
    """The folder of the runs against one target of one environment, a folder each.

    >>> report_directory(Path("/repo"), "production", "plan").as_posix()
    '/repo/reports/production-plan'
    """
    return root / "reports" / f"{environment}-{target}"


def write_results(run: Run, directory: Path) -> Path:
    """Write results.json into `directory`, made if need be, and return its path."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / RESULTS
    # A lone surrogate in a value cannot be UTF-8; its backslash escape is what JSON writes for it.
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        file.writelines(portions(run))
    return path


class RunFolder:
    """The folder of one run, made under another name beside the others and renamed when it is whole: no two runs meet."""

    def __init__(self, directory: Path, id: str) -> None:
        """``directory`` is `report_directory`."""
        self.directory = directory
        self.unfinished = directory / f".{id}"
        self.path = directory / id

    def finish(self, *, is_latest: bool) -> None:
        """Give the folder its name. A run that judged a part does not become the latest where one that judged all is."""
        self.unfinished.rename(self.path)
        if is_latest:
            folders.point(self.directory, self.path.name)

    def remove(self) -> None:
        """Take away what there is of an unfinished run."""
        shutil.rmtree(self.unfinished, ignore_errors=True)


def previous(directory: Path) -> Run | None:
    """The latest run in the folder of an environment and target; None where there is none that can be read, or compared quickly."""
    path = folders.latest(directory)
    try:
        if path is None or (path / RESULTS).stat().st_size > _LONGEST_COMPARED:
            return None
        with (path / RESULTS).open(encoding="utf-8") as file:
            return read(file)
    except (OSError, UsageError, ValueError):
        return None


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


def require_temporary_room() -> None:
    """Raises `UsageError` where a run could not keep its temporary files (evidence, plans, what a scanner reads)."""
    try:
        with tempfile.TemporaryFile() as probe:
            probe.write(bytes(_ROOM))
    except OSError as error:
        where = f"{tempfile.tempdir} cannot be written" if tempfile.tempdir else "no temporary directory can be written"
        raise UsageError(
            f"{where} ({error.strerror or error}): make room, or name another temporary directory in TMPDIR, and run again; "
            "nothing was judged"
        ) from None


def without_room(error: OSError, directory: Path) -> str:
    """The message for files that could not be written.

    >>> without_room(OSError(errno.ENOSPC, "No space left on device"), Path("reports/local-plan"))
    'reports/local-plan cannot be written (No space left on device): make room, and run again'
    """
    advice = "make room" if error.errno in _FULL else "run in a copy of the repository that you may write to"
    return f"{os.path.relpath(directory)} cannot be written ({error.strerror or error}): {advice}, and run again"
