"""Start, find and end LocalStack: with the compose file where Docker runs, else as a Python package in an environment of its own.

Under ``.stackproof``:

===================  =============================================================
``localstack/``      the environment of the package
``localstack.json``  what `up` started
===================  =============================================================
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from stackproof.core.verdicts import CouldNotVerify, UsageError
from stackproof.embedded import process
from stackproof.embedded.files import read_json, write_private
from stackproof.processes import command
from stackproof.processes.children import last_line
from stackproof.processes.venvs import environment
from stackproof.util.http import direct
from stackproof.util.ports import held_port
from stackproof.util.shipped import shipped
from stackproof.util.temporary import temporary

Say = Callable[[str], None]

PORT = 4566
"""Where LocalStack listens in every guide; a run that starts one of its own takes a free one."""
COMPOSE = "docker-compose.localstack.yml"
SERVICE = "localstack"
VARIABLE = "STACKPROOF_LOCALSTACK"
"""``docker`` or ``package`` chooses; without it Docker where it runs."""
REQUIREMENTS = shipped("requirements") / "localstack.txt"

START_SECONDS = 300
_IMAGE_SECONDS = 900
"""For an image that has to be pulled first."""


class LocalStackFailed(CouldNotVerify):
    """LocalStack could not be started, or does not answer."""


@dataclass(frozen=True)
class LocalStack:
    """One that answers."""

    endpoint: str
    """``http://127.0.0.1:PORT``."""
    version: str
    how: str
    """``found``, ``package`` or ``docker``."""
    seconds: float = 0
    """How long the start took."""

    @property
    def notes(self) -> list[str]:
        """The sentences that a reader of the report needs to trust what is read from this LocalStack."""
        how = {"found": "ran already", "package": "was started without Docker", "docker": f"was started by {COMPOSE}"}[self.how]
        return [f"LocalStack {self.version} {how}, at {self.endpoint}."]


def at(endpoint: str) -> LocalStack:
    """The LocalStack that answers there. Raises `LocalStackFailed`."""
    return LocalStack(endpoint, health(endpoint), "found")


def health(endpoint: str) -> str:
    """The version of the LocalStack that answers there. Raises `LocalStackFailed` if none does."""
    from requests import RequestException

    try:
        with direct() as session:
            return str(session.get(f"{endpoint}/_localstack/health", timeout=5).json()["version"])
    except (ValueError, KeyError, TypeError):  # an answer that is no JSON is a ValueError, too
        raise LocalStackFailed(f"what answers at {endpoint} is not LocalStack (/_localstack/health)") from None
    except RequestException as error:
        raise LocalStackFailed(f"no LocalStack answers at {endpoint} ({type(error).__name__})") from None


@contextmanager
def for_a_run(root: Path, cache: Path, say: Say) -> Iterator[LocalStack]:
    """The one that `up` started, else one that ends with the run. Raises `CouldNotVerify`."""
    if found := running(cache):
        yield found
        return
    with ExitStack() as undo:
        if _docker_is_used():
            if _runs_in_docker(root):
                yield at(_published())
                return
            undo.callback(_end_in_docker, root)
            yield _by_compose(root, say)
            return
        directory = undo.enter_context(temporary("localstack"))
        python = installed(cache, say)
        say("Starting LocalStack without Docker ...")
        child = _start(python, directory, undo.enter_context(held_port()))
        undo.callback(_end_child, child.process)
        yield _answering(child)


def up(root: Path, cache: Path, say: Say) -> LocalStack:
    """Start one that lives on, or find the one that runs. Raises `CouldNotVerify`."""
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / "localstack-up.lock"), ExitStack() as undo:
        if found := running(cache):
            return found
        if _docker_is_used():
            undo.callback(_end_in_docker, root)
            started = _by_compose(root, say)
            _advertise(cache, {"endpoint": started.endpoint})
            undo.pop_all()
            return started
        if not _is_free(PORT):
            raise UsageError(
                f"Port {PORT} of 127.0.0.1 is taken by something that `make localstack` did not start: end it first."
            )
        python = installed(cache, say)
        say("Starting LocalStack without Docker ...")
        directory = Path(tempfile.mkdtemp(prefix="stackproof-localstack-"))
        undo.callback(shutil.rmtree, directory, ignore_errors=True)
        child = _start(python, directory, PORT)
        undo.callback(_end_child, child.process)
        started = _answering(child)
        about = {"pid": child.process.pid, "started": process.started_at(child.process.pid), "directory": str(directory)}
        _advertise(cache, {"endpoint": started.endpoint, **about})
        _detach(child.process)
        undo.pop_all()
    return started


def down(root: Path, cache: Path) -> str | None:
    """End what `up` started and nothing else; its endpoint, or None if it was not running."""
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / "localstack-up.lock"):
        about = _advertised(cache)
        if not about:
            return None
        if "pid" in about:
            was_running = process.end(about["pid"], about["started"])
            shutil.rmtree(about["directory"], ignore_errors=True)
        else:
            was_running = _runs_in_docker(root)
            _end_in_docker(root)
        (cache / _RUNNING).unlink()
        return str(about["endpoint"]) if was_running else None


def running(cache: Path) -> LocalStack | None:
    """The one that `up` started, if it answers."""
    about = _advertised(cache)
    if not about or ("pid" in about and process.started_at(about["pid"]) != about["started"]):
        return None
    with contextlib.suppress(LocalStackFailed):
        return at(about["endpoint"])
    return None


_RUNNING = "localstack.json"


def _advertise(cache: Path, about: dict[str, Any]) -> None:
    write_private(cache / _RUNNING, json.dumps(about))


def _advertised(cache: Path) -> dict[str, Any] | None:
    try:
        about: dict[str, Any] = read_json(cache / _RUNNING)
        return {**about, "endpoint": about["endpoint"]}
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise LocalStackFailed(
            f"{cache / _RUNNING} is damaged ({type(error).__name__}): end LocalStack by hand if it runs, then delete the file"
        ) from None


# With Docker


def _docker_is_used() -> bool:
    """Whether Docker is chosen, or runs. Raises `UsageError` for another choice."""
    chosen = os.environ.get(VARIABLE, "")
    if chosen not in ("", "docker", "package"):
        raise UsageError(f"{VARIABLE}={chosen}: choose docker or package, or leave it unset")
    return chosen == "docker" or (not chosen and _docker_runs())


def _docker_runs() -> bool:
    """Whether there is a Docker with compose whose daemon answers."""
    if not shutil.which("docker"):
        return False
    try:
        return all(
            subprocess.run(["docker", *asked], capture_output=True, timeout=20, check=False).returncode == 0
            for asked in (["info"], ["compose", "version"])
        )
    except (OSError, subprocess.TimeoutExpired):
        return False


def _by_compose(root: Path, say: Say) -> LocalStack:
    say(f"Starting LocalStack with {COMPOSE} ...")
    started = time.monotonic()
    _compose(root, "up", "--detach", "--wait", SERVICE)
    return LocalStack(_published(), health(_published()), "docker", time.monotonic() - started)


def _published() -> str:
    """Where the compose file publishes it."""
    return f"http://127.0.0.1:{PORT}"


def _runs_in_docker(root: Path) -> bool:
    return SERVICE in _compose(root, "ps", "--services", "--status", "running").split()


def _end_in_docker(root: Path) -> None:
    """End the container, and not the database beside it."""
    _compose(root, "rm", "--stop", "--force", SERVICE)


def _compose(root: Path, *arguments: str) -> str:
    """What ``docker compose`` answers for the compose file. Raises `LocalStackFailed`."""
    command = ["docker", "compose", "--file", str(root / COMPOSE), *arguments]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=_IMAGE_SECONDS, check=False)
    except OSError as error:
        raise LocalStackFailed(f"docker could not be started: {error.strerror}. Without Docker: {VARIABLE}=package") from None
    except subprocess.TimeoutExpired:
        raise LocalStackFailed(f"docker compose {arguments[0]} did not end within {_IMAGE_SECONDS} s") from None
    if ended.returncode:
        why = last_line(ended.stderr)
        raise LocalStackFailed(f"docker compose {arguments[0]} failed: {why}. Without Docker: {VARIABLE}=package")
    return ended.stdout


# Without Docker


@dataclass(frozen=True)
class _Child:
    process: "subprocess.Popen[bytes]"
    endpoint: str
    log: Path
    clock: float


def installed(cache: Path, say: Say) -> Path:
    """The Python of the package's environment. Raises `CouldNotVerify`."""
    try:
        return environment(cache, SERVICE, REQUIREMENTS, say)
    except CouldNotVerify as error:
        raise LocalStackFailed(
            f"{error} LocalStack's packages are pinned for Python {_PYTHONS}, and this is {sys.version.split()[0]}."
        ) from None


_PYTHONS = "3.11 to 3.13"


def _start(python: Path, directory: Path, port: int) -> _Child:
    """Start it. Everything that it writes is in the directory. Unless it is `_detach`\\ ed, it ends with this process."""
    log = directory / "localstack.log"
    with log.open("ab") as output:
        child = subprocess.Popen(
            command.tied(str(python), "-m", "localstack.runtime.main"),
            cwd=directory,
            env=_environment(directory, port),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C is for the owner, which ends it in its own time
        )
    return _Child(child, f"http://127.0.0.1:{port}", log, time.monotonic())


def _environment(directory: Path, port: int) -> dict[str, str]:
    """Nothing of the user's but PATH: a setting that happens to lie around changes nothing."""
    here = str(directory)
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": here,
        "TMPDIR": here,
        "FILESYSTEM_ROOT": here,
        "OVERRIDE_IN_DOCKER": "0",  # in a container of CI it would write to /var/lib
        "GATEWAY_SERVER": "hypercorn",  # the other one listens on every address
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "DNS_ADDRESS": "0",
        # It stays on this machine.
        "DISABLE_EVENTS": "1",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
    }


def _answering(child: _Child) -> LocalStack:
    """Wait until it answers. Raises `LocalStackFailed` if it ends, or does not answer in time."""
    while time.monotonic() < child.clock + START_SECONDS:
        with contextlib.suppress(LocalStackFailed):
            return LocalStack(child.endpoint, health(child.endpoint), "package", time.monotonic() - child.clock)
        if child.process.poll() is not None:
            said = last_line(child.log.read_text(encoding="utf-8", errors="replace"))
            raise LocalStackFailed(f"LocalStack ended at once: {said}")
        time.sleep(0.1)
    raise LocalStackFailed(f"LocalStack did not answer at {child.endpoint} within {START_SECONDS} s")


def _detach(child: "subprocess.Popen[bytes]") -> None:
    """Let it live on when this process ends."""
    assert child.stdin
    child.stdin.write(b"detach\n")
    child.stdin.close()


def _end_child(child: "subprocess.Popen[bytes]") -> None:
    assert child.stdin
    child.stdin.close()  # its supervisor ends all of it
    try:
        child.wait(10)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _is_free(port: int) -> bool:
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
