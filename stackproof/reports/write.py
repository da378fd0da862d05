"""Where the reports of a run go."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stackproof.core.results import Run
from stackproof.core.results_file import portions
from stackproof.evidence.manifest import FOLDER

RESULTS = "results.json"
_OTHERS = ("junit.xml", "report.html")
"""What pytest and pytest-html write."""


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
