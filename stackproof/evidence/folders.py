"""The folders of runs: one each, under the folder of its environment and target, and which of them is the latest."""

import secrets
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from stackproof.evidence.manifest import FOLDER

LATEST = "latest"
"""A link to the latest run that judged every control; to the latest run at all where none did."""
RESULTS = "results.json"


def new_id(started: datetime) -> str:
    """The name of a run that begins at a time (UTC): sorted by name, runs are sorted by time."""
    return f"{started:%Y%m%dT%H%M%S}{started.microsecond // 1000:03}Z-{secrets.token_hex(3)}"


def is_run(directory: Path) -> bool:
    """True if a run has left its files in a directory."""
    return (directory / RESULTS).is_file() or (directory / FOLDER).is_dir()


def of_run(directory: Path) -> Path:
    """The directory of a run: the one that is given, or the latest in the folder of an environment and target."""
    if directory.name == FOLDER and (directory / "run.json").is_file():
        return directory.parent
    if is_run(directory):
        return directory
    return latest(directory) or directory


def latest(folder: Path) -> Path | None:
    """The latest run in the folder of an environment and target; None where there is none."""
    link = folder / LATEST
    with suppress(OSError):
        if link.is_symlink() and is_run(target := folder / link.readlink()):
            return target
    runs = all_of(folder)
    return runs[-1] if runs else None


def all_of(folder: Path) -> list[Path]:
    """Every run in the folder of an environment and target, the oldest first."""
    try:
        return sorted(path for path in folder.iterdir() if path.name[0] != "." and not path.is_symlink() and is_run(path))
    except OSError:
        return []


def point(folder: Path, run: str) -> None:
    """Let `LATEST` be this run, at once: who reads it sees the one before, or this one."""
    unfinished = folder / f".{LATEST}.{secrets.token_hex(4)}"
    with suppress(OSError):  # a file system without links: the newest name is the latest
        unfinished.symlink_to(run, target_is_directory=True)
        unfinished.replace(folder / LATEST)
