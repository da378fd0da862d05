"""A deployment as it is recorded, so that the next one replays it."""

import hashlib
import json
import shutil
import time
from pathlib import Path
from typing import Any

from stackproof.embedded.deployed import STATE, Deployed, state_of
from stackproof.embedded.files import read_json, write_private
from stackproof.util.temporary import temporary

_RECORDING_DAYS = 30
"""A recording is made anew after that, so that its certificate is always fresh."""


_RECORDED = ("recording.jsonl", "certificate.pem", "private_key.pem")


class UnfitRecording(Exception):
    """A recording cannot be used; the message says why."""


def save_recording(target: Path, deployed: Deployed, *, settled: bool) -> None:
    """Store a recording so that it appears complete or not at all."""
    with temporary("recording", target.parent) as folder:
        complete = folder / target.name
        complete.mkdir()
        for name in _RECORDED:
            shutil.copy(deployed.directory / name, complete)
        for name, workspace in deployed.workspaces.items():
            shutil.copy(workspace.directory / STATE, complete / state_of(name))
        about = {
            "made": time.time(),
            "settled": settled,
            "told": dict(deployed.reported),
            "files": {file.name: _sha256(file) for file in complete.iterdir()},
        }
        write_private(complete / "about.json", json.dumps(about))
        shutil.rmtree(target, ignore_errors=True)
        complete.rename(target)


def copy_recording(source: Path, directory: Path) -> dict[str, Any]:
    """Copy a recording into a run's directory; what is known about it. `UnfitRecording` unless it is whole and fresh."""
    try:
        about: dict[str, Any] = read_json(source / "about.json")
        for name, digest in about["files"].items():
            shutil.copy(source / name, directory)
            if _sha256(directory / name) != digest:
                raise UnfitRecording(f"{name} is damaged")
        if time.time() - about["made"] > _RECORDING_DAYS * 86400:
            raise UnfitRecording(f"it is older than {_RECORDING_DAYS} days")
        (source / "about.json").touch()  # it is in use
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnfitRecording(f"it is damaged ({type(error).__name__})") from None
    return about


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def age_of(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:  # another run removed it
        return 0
