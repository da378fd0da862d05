"""Questions to this machine: which tools it has, and what it reaches."""

import os
import socket
import sys
from pathlib import Path
from typing import Any

from stackproof.core.verdicts import CouldNotVerify

BESIDE = Path(sys.executable).parent
"""Where the tools are that were installed with this suite."""


def tool(name: str) -> dict[str, Any]:
    """A command of this machine: ``{"LookedIn": [...], "Path": "/usr/bin/git", "ExitStatus": 0, "Output": "git version 2.39.5"}``.

    Without ``Path`` it was not found; ``Output`` is the first line that it answers to ``--version``.
    """
    import testinfra

    host = testinfra.get_host("local://")
    folders = [BESIDE, *(Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder)]
    looked_in = [*dict.fromkeys(map(_shown, folders))]
    beside = BESIDE / name
    try:
        path = str(beside) if os.access(beside, os.X_OK) else host.find_command(name, extrapaths=())
    except ValueError:
        return {"LookedIn": looked_in}
    reported = host.run("CHECKPOINT_DISABLE=1 %s --version", path)  # else Terraform asks its maker for news
    output = (reported.stdout or reported.stderr).strip().partition("\n")[0]
    return {"LookedIn": looked_in, "Path": _shown(Path(path)), "ExitStatus": reported.rc, "Output": output}


def _shown(path: Path) -> str:
    """A path from where this runs, or from the user's home, as far as it is inside: what is above is nobody's business.

    >>> _shown(Path.cwd() / ".venv" / "bin"), _shown(Path("/usr/bin"))
    ('.venv/bin', '/usr/bin')
    """
    for folder, name in ((Path.cwd(), ""), (Path.home(), "~")):
        if path.is_relative_to(folder):
            return str(name / path.relative_to(folder))
    return str(path)


def connect(address: tuple[str, int], timeout: float) -> dict[str, Any]:
    """The outcome of opening a TCP connection from here: ``{"Connected": false, "Answer": "timed out"}``.

    Raises `CouldNotVerify` for a name that nothing is known of, and where it fails on this machine (no network, no free descriptor, a
    firewall of its own): that says nothing about the host. Silence and refusal do.
    """
    try:
        with socket.create_connection(address, timeout=timeout, all_errors=True):
            return {"Connected": True, "Answer": "connected"}
    except socket.gaierror as error:
        raise CouldNotVerify(
            f"{address[0]}: no address is known ({error.strerror}); check the name and this machine's DNS"
        ) from None
    except ExceptionGroup as errors:  # one for each address of the name
        reported = [error for error in errors.exceptions if isinstance(error, TimeoutError | ConnectionRefusedError)]
        if not reported:
            raise CouldNotVerify(
                f"{address[0]}:{address[1]} could not be tried: {_words(errors.exceptions[-1])}; check this machine's network"
            ) from None
        return {"Connected": False, "Answer": _words(reported[-1])}


def _words(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
