"""Real runs of the suite in a small copy of the repository: the controls, the environments and the waivers."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
PLAN = ROOT / "proofs" / "compliant" / "plan.json"


def copied(folder: Path) -> Path:
    """A copy in a folder."""
    for name in ("tests", "environments", "pytest.ini", "waivers.toml"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


def environment(**variables: str) -> dict[str, str]:
    """What a run sees: nothing of AWS and of pytest from outside. Byte code is kept for the next one, whatever is set outside."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTEST_"))}
    outside.pop("PYTHONDONTWRITEBYTECODE", None)
    return outside | {"PYTHONPATH": str(ROOT)} | variables


def run(folder: Path, *options: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """pytest in the copy."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options]
    return subprocess.run(
        command, cwd=folder, env=environment(**variables), capture_output=True, text=True, timeout=600, check=False
    )


def files(folder: Path) -> Mapping[str, bytes]:
    """Every file under a folder, by its path."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
