"""Where the reports of a run go."""

import shutil
from contextlib import ExitStack
from pathlib import Path

from stackproof.core import room
from stackproof.core.results import Run
from stackproof.core.results_file import portions, read
from stackproof.core.verdicts import UsageError
from stackproof.evidence import folders
from stackproof.evidence.folders import RESULTS
from stackproof.util.temporary import remove_if_left, remove_left_files, used

_LONGEST_COMPARED = 1 << 26
"""Bytes of the results of an earlier run that are read again."""


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
        self._used = ExitStack()

    def begin(self) -> None:
        """Make it, and remove what killed runs left beside it."""
        for left in self.directory.glob(".*"):
            remove_if_left(left)
        remove_left_files(self.directory, f".{folders.LATEST}.*")
        remove_left_files(self.directory, f"{room.PROBE}*")
        self.unfinished.mkdir(parents=True, exist_ok=True)
        self._used.enter_context(used(self.unfinished))

    def finish(self, *, is_latest: bool) -> None:
        """Give the folder its name. A run that judged a part does not become the latest where one that judged all is."""
        self.unfinished.rename(self.path)
        self._used.close()
        if is_latest:
            folders.point(self.directory, self.path.name)

    def remove(self) -> None:
        """Take away what there is of an unfinished run."""
        shutil.rmtree(self.unfinished, ignore_errors=True)
        self._used.close()


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
