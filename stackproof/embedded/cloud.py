"""Start, find and stop the server process of the embedded cloud."""

import contextlib
import json
import os
import select
import subprocess
import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stackproof.core.verdicts import CouldNotVerify
from stackproof.embedded import process
from stackproof.processes.children import without_secrets
from stackproof.util.http import direct

SETTINGS: Mapping[str, str] = {
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",  # AWS managed policies are absent otherwise
    "MOTO_DISABLE_GLOBAL_CORS": "true",  # no web page may call the server
    "PYTHONHASHSEED": "0",  # a replay meets the same order of sets
}
"""What the server process gets in its environment, in place of every MOTO_ and AWS_ variable of its owner."""

START_SECONDS = 300
MARK = "stackproof-asks/"
"""What the ``User-Agent`` of a request has before the name of what it is asked for, if that is to be known."""


class CloudFailed(CouldNotVerify):
    """The embedded cloud could not be started or brought up."""


class RecordingDiffers(Exception):
    """The recording that the server was started with does not repeat; the message says where."""


@dataclass(frozen=True)
class Cloud:
    """One running server process."""

    endpoint: str
    """``http://127.0.0.1:PORT``."""
    instance: str
    """Random, told by the server: another server on the same port is not taken for this one."""
    pid: int
    started: str
    """The process's start, see `process.started_at`."""
    child: subprocess.Popen[str] | None = field(default=None, repr=False, compare=False)
    """The process, where this one started it."""


def start(directory: Path, account: str, *, record: Path | None = None, replay: Path | None = None) -> Cloud:
    """Start a server on a free port of 127.0.0.1. Unless it is `detach`\\ ed, it ends with this process, and so does a Terraform
    that works in ``directory``.

    ``server.log`` there gets what the server prints. ``replay`` is handled before the server takes requests, ``record`` gets
    every request until `end_recording`. Raises `RecordingDiffers`, `CloudFailed`.
    """
    instance = str(uuid.uuid4())
    log = directory / "server.log"
    read, write = os.pipe()
    command = [sys.executable, "-m", "stackproof.embedded.server", f"--instance={instance}", f"--announce={write}"]
    command.append(f"--directory={directory}")
    command += [f"--{name}={path}" for name, path in (("record", record), ("replay", replay)) if path]
    foreign = ("MOTO_", "AWS_", "TEST_SERVER_MODE", "INITIAL_NO_AUTH_ACTION_COUNT")
    environment = {name: value for name, value in without_secrets(os.environ).items() if not name.startswith(foreign)}
    with os.fdopen(read, encoding="utf-8") as announced, log.open("ab") as output:
        try:
            child = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                text=True,
                pass_fds=[write],
                env={**environment, **SETTINGS, "MOTO_ACCOUNT_ID": account},
                start_new_session=True,  # Ctrl-C is for the owner, which stops the server in its own time
            )
        finally:
            os.close(write)
        with contextlib.ExitStack() as undo:
            undo.callback(_end_child, child)
            ready, _, _ = select.select([announced], [], [], START_SECONDS)
            said: dict[str, Any] = json.loads(announced.read() or "{}") if ready else {}
            started = process.started_at(child.pid)
            if "port" in said and started:
                undo.pop_all()
                return Cloud(f"http://127.0.0.1:{said['port']}", instance, child.pid, started, child)
            if ready:  # it is ending by itself, and writes why
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(5)
    if "differs" in said:
        raise RecordingDiffers(said["differs"])
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    why = "it ended" if ready else f"it did not answer within {START_SECONDS} s"
    last = f": {lines[-1]}" if lines else ""
    raise CloudFailed(f"The embedded cloud's server did not start, {why}{last} (log: {log})")


def detach(cloud: Cloud) -> None:
    """Let the server live on when this process ends."""
    if cloud.child and cloud.child.stdin:
        cloud.child.stdin.write("detach\n")
        cloud.child.stdin.close()


def stop(cloud: Cloud) -> bool:
    """End the server, and never another process that got its id since. Whether it was running."""
    if cloud.child:
        return _end_child(cloud.child)
    return process.end(cloud.pid, cloud.started)


def is_running(cloud: Cloud) -> bool:
    """True if this very server, and not another one on its port, answers."""
    try:
        return bool(status(cloud.endpoint)["instance"] == cloud.instance)
    except CloudFailed:
        return False


def status(endpoint: str) -> dict[str, Any]:
    """The server's own report: instance, requests handled, gaps used, requests refused. Raises `CloudFailed` if it does not answer."""
    return json.loads(_request(endpoint, "GET", "/_stackproof/status"))  # type: ignore[no-any-return]


def live(endpoint: str) -> dict[str, Any]:
    """The processes that run in the cloud; see `stackproof.embedded.live.state`. Raises `CloudFailed`."""
    return json.loads(_request(endpoint, "GET", "/_stackproof/live"))  # type: ignore[no-any-return]


def tell(endpoint: str, reported: Mapping[str, Any]) -> None:
    """Tell the cloud what runs; see `stackproof.embedded.live.tell`. Raises `CloudFailed`."""
    _request(endpoint, "POST", "/_stackproof/live", json.dumps(reported).encode())


def end_recording(cloud: Cloud) -> None:
    """Record no more; the recording is complete on disk when this returns."""
    _request(cloud.endpoint, "POST", "/_stackproof/recording/end")


def asked(endpoint: str, mark: str) -> list[str]:
    """The marked requests since the last call, as lines of a recording; see `recording.mark_of`. Raises `CloudFailed`."""
    return json.loads(_request(endpoint, "GET", f"/_stackproof/asked?{mark}"))  # type: ignore[no-any-return]


def answers_again(endpoint: str, lines: Sequence[str]) -> bool:
    """True if recorded requests are answered now as they were: asked inside of the server. Raises `CloudFailed`."""
    return json.loads(_request(endpoint, "POST", "/_stackproof/answers-again", json.dumps([*lines]).encode())) is True


def _request(endpoint: str, method: str, path: str, body: bytes | None = None) -> bytes:
    """One request past any proxy that the environment names."""
    from requests import RequestException

    try:
        with direct() as session:
            answer = session.request(method, endpoint + path, data=body, timeout=5, allow_redirects=False)
    except RequestException as error:
        raise CloudFailed(f"No embedded cloud answers at {endpoint} ({type(error).__name__})") from None
    if answer.status_code >= 300:
        raise CloudFailed(f"What answers at {endpoint} is not the embedded cloud ({answer.status_code} for {path})")
    return answer.content


def _end_child(child: subprocess.Popen[str]) -> bool:
    was_running = child.poll() is None
    if child.stdin and not child.stdin.closed:
        child.stdin.close()
    child.terminate()
    try:
        child.wait(5)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    return was_running
