"""The workload of the embedded cloud as its starter sees it: begin, tell it where the cloud is, detach, stop, locate.

The work itself is done by a process of its own, `stackproof.embedded.supervisor`.
"""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import IO, Any

from stackproof.core.verdicts import Unreachable
from stackproof.embedded import cloud, image, postgres, process
from stackproof.embedded.cloud import Cloud, CloudFailed
from stackproof.processes.children import last_line, without_secrets
from stackproof.redaction.threads import aside

DATABASE, OWNER = "triflow", "triflow_admin"
"""As the stack names them; a secret that says otherwise is an error."""
AUTHORITY = "authority.pem"
"""The certificate that a client of the database has to trust, in the run's directory."""
LOG = "workload.log"
READY_SECONDS = 900  # packages may have to be installed


@dataclass(frozen=True)
class Source:
    """The files that the workload is made of."""

    backend: Path
    """The backend's directory: its package, requirements and migrations."""
    extensions: Path
    """The script that makes the database's extensions."""
    cache: Path
    """Where the backend's packages are installed."""

    @classmethod
    def of(cls, root: Path, cache: Path) -> "Source | None":
        """The workload of a repository; None if it has no backend."""
        source = cls(root / "backend", root / "scripts" / "create-extensions.sql", cache)
        return source if source.backend.is_dir() else None

    @property
    def digest(self) -> str:
        """Over everything that it is made of."""
        script = self.extensions.read_bytes() if self.extensions.exists() else b""  # psql will tell
        return image.digest(image.build(self.backend, version="").index.encode() + script)


@dataclass(frozen=True)
class Workload:
    """The supervisor's process."""

    pid: int
    started: str
    """See `process.started_at`."""
    child: subprocess.Popen[str] | None = field(default=None, repr=False, compare=False)
    """The process, where this one started it."""
    announced: IO[str] | None = field(default=None, repr=False, compare=False)
    """What it tells, until it was used."""
    log: Path | None = field(default=None, repr=False, compare=False)

    used: Future[None] | None = field(default=None, repr=False, compare=False)
    """Done when the first events of what runs are in the cloud; raises `CloudFailed`."""

    @property
    def handle(self) -> dict[str, Any]:
        """The workload as JSON, for another process to end it."""
        return {"pid": self.pid, "started": self.started}


def begin(source: Source, directory: Path, *, password: str, account: str, region: str) -> Workload:
    """Start the supervisor, which prepares what needs no cloud. ``workload.log`` in the run's directory gets what it says."""
    read, write = os.pipe()
    with (directory / LOG).open("ab") as output:
        try:
            child = subprocess.Popen(
                [sys.executable, "-m", "stackproof.embedded.supervisor", f"--announce={write}"],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                text=True,
                pass_fds=[write],
                env={name: value for name, value in without_secrets(os.environ).items() if not name.startswith("AWS_")},
                start_new_session=True,  # Ctrl-C is for the owner, which stops it in its own time
            )
        finally:
            os.close(write)
    job = {
        "source": {name: str(path) for name, path in vars(source).items()},
        "directory": str(directory),
        "password": password,
        "account": account,
        "region": region,
    }
    _tell_child(child, job)
    announced = os.fdopen(read, encoding="utf-8")
    return Workload(child.pid, process.started_at(child.pid) or "", child, announced, directory / LOG)


def _tell_child(child: subprocess.Popen[str], message: Mapping[str, Any]) -> None:
    assert child.stdin is not None
    with contextlib.suppress(BrokenPipeError):  # it ended, and told why
        child.stdin.write(json.dumps(message) + "\n")
        child.stdin.flush()


def go(workload: Workload, live: Cloud, say: Callable[[str], None]) -> Workload:
    """Let it run in this cloud; returns when all of it runs and is healthy. Raises `CloudFailed`."""
    assert workload.child is not None
    _tell_child(workload.child, {"endpoint": live.endpoint, "pid": live.pid, "started": live.started})
    told: dict[str, Future[None]] = {"healthy": Future(), "used": Future()}
    aside(partial(_listen, workload, told, say))
    try:
        told["healthy"].result(READY_SECONDS)
    except TimeoutError:
        raise CloudFailed(f"The backend did not run in the embedded cloud within {READY_SECONDS} s") from None
    return replace(workload, used=told["used"])


def _listen(workload: Workload, told: Mapping[str, Future[None]], say: Callable[[str], None]) -> None:
    """Hand on what the supervisor tells, until it has told all of it, or ends; whoever waits for more hears why there is none."""
    assert workload.announced is not None
    why = ""
    try:
        with workload.announced as announced:
            for line in announced:
                match json.loads(line):
                    case {"say": str(text)}:
                        say(text)
                    case {"failed": str(why)}:
                        return
                    case {"healthy": True}:
                        told["healthy"].set_result(None)
                    case {"used": True}:
                        told["used"].set_result(None)
                        return
    finally:
        for waiting in told.values():
            if not waiting.done():
                said = why or _last_line(workload)
                waiting.set_exception(CloudFailed(f"The backend does not run in the embedded cloud: {said}"))


def _last_line(workload: Workload) -> str:
    """What its log ends with; nothing if that is gone already."""
    try:
        return last_line(workload.log.read_text(encoding="utf-8", errors="replace")) if workload.log else ""
    except OSError:
        return ""


def detach(workload: Workload) -> None:
    """Let it live on, as long as the cloud does, when this process ends."""
    if workload.child and workload.child.stdin:
        workload.child.stdin.write("detach\n")
        workload.child.stdin.close()


def stop(workload: Workload) -> None:
    """End it and all that it started."""
    if workload.child is None:
        process.end(workload.pid, workload.started)
        return
    if workload.child.stdin and not workload.child.stdin.closed:
        with contextlib.suppress(OSError):
            workload.child.stdin.close()
    workload.child.terminate()
    try:
        workload.child.wait(10)
    except subprocess.TimeoutExpired:
        workload.child.kill()
        workload.child.wait()
    if workload.announced:  # nobody tells anything any more
        workload.announced.close()


def remove(directory: Path) -> None:
    """Remove what a supervisor that was killed left outside of the run's directory."""
    postgres.remove(directory)


def locate(endpoint: str, host: str, port: int) -> tuple[str, int]:
    """Where a load balancer or the database of an embedded cloud is reached. Raises `Unreachable` for what is not served."""
    doors = cloud.live(endpoint)["told"].get("doors", {})
    if f"{host}:{port}" not in doors:
        served = ", ".join(sorted(doors)) or "nothing"
        raise Unreachable(f"{host}:{port} is not served by the embedded cloud (served: {served})")
    return "127.0.0.1", doors[f"{host}:{port}"]
