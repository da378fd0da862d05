"""Run a command of the repository to its end, against an emulator and with nothing of the user's configuration."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stackproof.core.verdicts import CouldNotVerify
from stackproof.processes import supervised
from stackproof.processes.children import last_line


@dataclass(frozen=True)
class Ended:
    """A command that ended by itself."""

    exit_status: int
    stdout: str
    stderr: str

    @property
    def problem(self) -> str:
        """Why it failed; empty if it did not.

        >>> Ended(0, "made", "").problem, Ended(254, "", "An error occurred (NoSuchBucket)\\n").problem
        ('', 'exit status 254: An error occurred (NoSuchBucket)')
        """
        return f"exit status {self.exit_status}: {last_line(self.stderr or self.stdout)}" if self.exit_status else ""


def tied(*command: str) -> list[str]:
    """A command line that runs a command, by its path, until the standard input of the process is closed: by whoever started it, or
    with its end. Start it with a pipe there, and as a session of its own: then all that it starts ends, too.
    """
    return [sys.executable, "-I", "-S", supervised.__file__, *command]


def run(*command: str, name: str = "", directory: Path, environment: Mapping[str, str], timeout: float) -> Ended:
    """Run it, and whatever it starts, to the end. ``name`` is what people call a long one, ``timeout`` is in seconds.

    Raises `CouldNotVerify` for one that does not end; it is stopped then. It does not outlive this process.
    """
    with subprocess.Popen(
        tied(*command),
        cwd=directory,
        env=dict(environment),
        stdin=subprocess.PIPE,  # never written to: when it closes, the command and all that it started are ended
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as child:
        assert child.stdin
        keep_open = os.dup(child.stdin.fileno())  # `communicate` closes the other
        try:
            stdout, stderr = child.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            raise CouldNotVerify(f"{name or ' '.join(command)} did not end within {timeout:g} s and was stopped") from None
        finally:
            os.close(keep_open)
    return Ended(child.returncode, stdout, stderr)


def environment(endpoint: str, region: str, *, path: str = "", **more: str) -> dict[str, str]:
    """The environment of a command: an emulator, the keys of the deployment guide, and of the user's own what any program needs.

    ``path`` is a directory that PATH begins with.

    >>> environment("http://127.0.0.1:4566", "ap-northeast-2")["AWS_ACCESS_KEY_ID"]
    'test'
    """
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL") if name in os.environ}
    if path:
        kept["PATH"] = os.pathsep.join([path, kept.get("PATH", os.defpath)])
    return {
        **kept,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        **more,
    }
