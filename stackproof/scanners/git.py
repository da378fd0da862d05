"""git as a command."""

import os
import subprocess
from pathlib import Path

from stackproof.core.verdicts import CouldNotVerify
from stackproof.processes.children import without_credentials


def git(root: Path, *arguments: str, accepted: tuple[int, ...] = (0,)) -> list[str]:
    """The lines that git prints in a repository. Raises `CouldNotVerify` when it cannot be started or fails."""
    try:
        ended = subprocess.run(
            ["git", "-C", str(root), "-c", "core.quotePath=false", *arguments],
            env=without_credentials(os.environ),
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=60,
        )
    except OSError as error:
        raise CouldNotVerify(f"git could not be started: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise CouldNotVerify(f"git {arguments[0]} did not end within 60 s") from None
    if ended.returncode not in accepted:
        raise CouldNotVerify(f"git {arguments[0]} failed: {ended.stderr.strip()}")
    return ended.stdout.splitlines()
