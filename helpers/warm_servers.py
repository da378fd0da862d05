"""Servers of embedded clouds, and what runs their workloads, forked from a process that has imported them: the same, but for the start.

`patched` lets `stackproof.embedded` start them so in this process; a command line that a test starts has servers of its own.
"""

import contextlib
import fcntl
import gc
import importlib
import io
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
import time
import warnings
import weakref
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

SERVICES = (
    *(
        "acm",
        "application-autoscaling",
        "budgets",
        "cloudtrail",
        "cloudwatch",
        "ec2",
        "ecr",
        "ecs",
        "elbv2",
        "events",
        "iam",
        "kms",
    ),
    *("lambda", "logs", "rds", "resourcegroupstaggingapi", "s3", "s3control", "secretsmanager", "sns", "sqs", "ssm", "sts"),
)
"""Of moto, before the first server; a server imports what else it is asked for."""
MODULES = ("stackproof.embedded.server", "stackproof.embedded.supervisor")
LONGEST = 600
"""Seconds."""
_FIXED = ("MOTO_", "PYTHON")
"""Variables that are read while modules are imported."""


class Forked:
    """A process of the warm one, as `subprocess.Popen` has its children."""

    def __init__(self, pid: int, told: socket.socket, stdin: IO[str]) -> None:
        self.pid = pid
        self.stdin = stdin
        self.returncode: int | None = None
        self._told = told

    def poll(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            self._told.settimeout(timeout if timeout is None else max(timeout, 1e-6))
            try:
                status = self._told.recv(4)
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired(["a forked process"], timeout or 0) from None
            self._told.close()
            self.returncode = int.from_bytes(status, "big", signed=True) if status else -signal.SIGKILL
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class _Warm:
    """The process that is forked. It ends with this one."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.fixed = _fixed(environment)
        self._lock = threading.Lock()
        self._here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with there:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(there.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[there.fileno()],
                cwd=Path(__file__).parents[1],
                env={**environment, "PYTHONPATH": os.pathsep.join(sys.path)},
                start_new_session=True,
            )
        weakref.finalize(self, _end, self._process, self._here)

    def fork(self, command: Sequence[str], environment: Mapping[str, str], files: Mapping[int, int], stdin: IO[str]) -> Forked:
        """Run ``python -m MODULE ARGUMENTS`` in a fork with these descriptors, by the numbers that it knows them by."""
        mine, its = socket.socketpair()
        asked = {"command": [*command], "folder": str(Path.cwd()), "environment": {**environment}, "files": [*files]}
        with its, self._lock:
            socket.send_fds(self._here, [json.dumps(asked).encode()], [its.fileno(), *files.values()])
        mine.settimeout(LONGEST)
        pid = int.from_bytes(mine.recv(4), "big")
        assert pid, "the warm process has ended"
        return Forked(pid, mine, stdin)


def _end(process: "subprocess.Popen[bytes]", connection: socket.socket) -> None:
    connection.close()
    process.wait()


def _fixed(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(_FIXED) and name != "PYTHONDONTWRITEBYTECODE"}


_warm: list[_Warm] = []


def start(command: Sequence[str], **options: Any) -> Any:
    """`subprocess.Popen`, but for the modules that are forked.

    ``PYTHONHASHSEED`` is that of the servers for what runs the workloads, too: no order of theirs is told.
    """
    if [*command[:2]] != [sys.executable, "-m"] or command[2] not in MODULES:
        return subprocess.Popen(command, **options)
    from stackproof.embedded.cloud import SETTINGS

    environment = {"MOTO_ACCOUNT_ID": "123456789012", **SETTINGS, **options["env"]}
    if not _warm:
        _warm.append(_Warm(environment))
    if _fixed(environment) != _warm[0].fixed:
        return subprocess.Popen(command, **options)
    read, write = os.pipe()
    try:
        files = {
            0: read,
            1: options["stdout"].fileno(),
            2: options["stderr"].fileno(),
            **{each: each for each in options["pass_fds"]},
        }
        return _warm[0].fork(command, options["env"], files, os.fdopen(write, "w", encoding="utf-8"))
    finally:
        os.close(read)


class _Subprocess:
    """The module `subprocess` with another start."""

    Popen = staticmethod(start)

    def __getattr__(self, name: str) -> Any:
        return getattr(subprocess, name)


@contextlib.contextmanager
def patched() -> Iterator[None]:
    """Let servers and workloads be forked until the block ends, where the system has descriptors to send."""
    import pytest

    from stackproof.embedded import cloud, workload

    with pytest.MonkeyPatch.context() as patch:
        if sys.platform == "linux":
            for module in (cloud, workload):
                patch.setattr(module, "subprocess", _Subprocess())
        yield


def serve(connection: socket.socket) -> dict[str, Any]:
    """Fork a process for each that is asked for. Returns in those alone: what was asked."""
    signal.signal(signal.SIGCHLD, lambda *_: None)
    waking, wakes = socket.socketpair()
    waking.setblocking(False)
    wakes.setblocking(False)
    signal.set_wakeup_fd(wakes.fileno())
    import select

    running: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([connection, waking], [], [])
        if waking in ready:
            with contextlib.suppress(BlockingIOError):
                waking.recv(4096)
            for pid in [*running]:
                if (ended := os.waitpid(pid, os.WNOHANG))[0]:
                    with running.pop(pid) as told, contextlib.suppress(OSError):
                        told.sendall(os.waitstatus_to_exitcode(ended[1]).to_bytes(4, "big", signed=True))
        if connection not in ready:
            continue
        message, received, *_ = socket.recv_fds(connection, 1 << 20, 64)
        if not message:
            os._exit(0)
        asked: dict[str, Any] = json.loads(message)
        if not (child := os.fork()):
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for other in (connection, waking, wakes, *running.values()):
                other.close()
            os.close(received[0])
            _take(received[1:], asked["files"])
            return asked
        told = socket.socket(fileno=received[0])
        for file in received[1:]:
            os.close(file)
        with contextlib.suppress(OSError):
            told.sendall(child.to_bytes(4, "big"))
        running[child] = told


def _take(received: Sequence[int], numbers: Sequence[int]) -> None:
    """Give descriptors the numbers that they are known by."""
    high = [fcntl.fcntl(file, fcntl.F_DUPFD, 500) for file in received]
    for file in received:
        os.close(file)
    for file, number in zip(high, numbers, strict=True):
        os.dup2(file, number)
        os.close(file)


def begin(asked: Mapping[str, Any], path: Sequence[str]) -> str:
    """Let this process be as one that has just been started; the module that it is to run."""
    os.setsid()
    os.environ.clear()
    os.environ.update(asked["environment"])
    time.tzset()
    os.chdir(asked["folder"])
    sys.path[:] = path
    sys.stdin = io.TextIOWrapper(open(0, "rb", closefd=False), encoding="utf-8")  # noqa: SIM115 - it is open
    _, _, module, *arguments = asked["command"]
    sys.argv = [module, *arguments]
    del sys.modules[module]  # it is run once more, as the main module
    return str(module)


def imported() -> None:
    """What is slow to import, and the models of the services."""
    for name in MODULES:
        importlib.import_module(name)
    warnings.filterwarnings("ignore", category=UserWarning, module="moto")
    from moto.moto_server.werkzeug_app import create_backend_app

    for service in SERVICES:
        create_backend_app(service)  # type: ignore[arg-type]


if __name__ == "__main__":
    folders = [*sys.path[1:]]
    imported()
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as listening:
        called = begin(serve(listening), folders)
    runpy.run_module(called, run_name="__main__", alter_sys=True)
