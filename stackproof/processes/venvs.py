"""Python environments of their own, for tools whose packages would fight with those of this project."""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from filelock import FileLock

from stackproof.core.verdicts import CouldNotVerify
from stackproof.processes.children import last_line, without_credentials
from stackproof.processes.command import run

_TIMEOUT = 900


def environment(cache: Path, name: str, requirements: Path, say: Callable[[str], None]) -> Path:
    """The Python interpreter of the environment ``cache/NAME``, which is made first where it is missing or outdated.

    ``requirements`` pins every package with its hashes. Safe to call twice at once: the second caller waits. Raises `CouldNotVerify`
    when the packages cannot be installed.
    """
    home = cache.resolve() / name
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = home / "installed"
    wanted = hashlib.sha256(f"{sys.version} {sys.base_prefix}\n".encode() + requirements.read_bytes()).hexdigest()
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / f"{name}.lock"):
        if not stamp.is_file() or stamp.read_text() != wanted:
            say(f"Installing {name} into {home} (once)")
            shutil.rmtree(home, ignore_errors=True)
            _install(name, home, python, requirements)
            stamp.write_text(wanted)
    return python


def _install(name: str, home: Path, python: Path, requirements: Path) -> None:
    own = find_spec("pip") is None  # to give it a pip of its own takes four seconds
    try:
        venv.create(home, with_pip=own, symlinks=os.name != "nt")
    except subprocess.CalledProcessError:
        raise CouldNotVerify(
            f"{name} needs an environment of its own, and {sys.executable} cannot make one with pip in it: install the "
            "package that brings ensurepip (python3-venv on Debian and Ubuntu)."
        ) from None
    command = [
        *([str(python), "-m", "pip"] if own else [sys.executable, "-m", "pip", "--python", str(python)]),
        *("install", "--quiet", "--disable-pip-version-check", "--no-input"),
        *("--require-hashes", "--requirement", str(requirements)),
    ]
    try:
        # The addresses of package indexes may hold a password, and pip needs them.
        environment = without_credentials(os.environ) | {name: os.environ[name] for name in os.environ if name.startswith("PIP_")}
        ended = run(*command, name=f"the installation of {name}", directory=home, environment=environment, timeout=_TIMEOUT)
    except CouldNotVerify as error:
        raise CouldNotVerify(f"{error}: is the package index reachable?") from None
    if ended.exit_status:
        raise CouldNotVerify(f"{name} could not be installed: {last_line(ended.stderr)}")
