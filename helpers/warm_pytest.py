"""Runs of pytest in processes that are forked from one that has imported the libraries: ``python -m pytest``, but for the start.

`run` keeps such a process for the tests of this one, and more where runs go on at the same time. A run that wants another interpreter
(``PYTHONUTF8``) gets a new one.
"""

import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

IMPORTED = (
    *(
        "pytest",
        "_pytest.junitxml",
        "_pytest.unraisableexception",
        "xdist.plugin",
        "pytest_html.plugin",
        "pytest_metadata.plugin",
    ),
    *("jinja2", "hypothesis", "botocore.session", "botocore.client", "botocore.auth", "botocore.endpoint", "cryptography.x509"),
    *("stackproof.plugin.plugin", "stackproof.plugin.session", "stackproof.plugin.fixtures", "stackproof.plugin.html_columns"),
    *("stackproof.plugin.lean", "stackproof.collections", "stackproof.reports.page", "stackproof.reports.write"),
)
"""Before the first run; a run imports what else it needs, the controls among it."""
LONGEST = 600
"""Seconds."""
_OWN = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
"""Variables of the interpreter that a forked process can follow."""


def run(arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    """The end of ``python -m pytest`` in a folder, with its output."""
    if _needs_another_interpreter(environment):
        command = [sys.executable, "-m", "pytest", *arguments]
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=LONGEST, check=False)
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out, tempfile.TemporaryFile("w+", encoding="utf-8") as err:
        try:
            server = _idle.pop()
        except IndexError:
            server = _Server()
        status = server.run(arguments, folder, environment, (out.fileno(), err.fileno()))
        _idle.append(server)
        for file in (out, err):
            file.seek(0)
        return subprocess.CompletedProcess(["pytest", *arguments], status, out.read(), err.read())


class Subprocess:
    """The module `subprocess`, whose ``run`` of ``python -m pytest`` is forked."""

    @staticmethod
    def run(command: Sequence[str], **options: Any) -> "subprocess.CompletedProcess[str]":
        """`subprocess.run`; what a forked run writes to both outputs is joined, and not in order."""
        if [*command[:3]] != [sys.executable, "-m", "pytest"]:
            return subprocess.run(command, **options)
        ended = run(command[3:], Path(options.get("cwd", Path.cwd())), options.get("env", os.environ))
        if options.get("stderr") == subprocess.STDOUT:
            ended.stdout, ended.stderr = ended.stdout + ended.stderr, ""
        return ended

    def __getattr__(self, name: str) -> Any:
        return getattr(subprocess, name)


def _needs_another_interpreter(environment: Mapping[str, str]) -> bool:
    """
    >>> _needs_another_interpreter({**os.environ, "PYTHONPATH": "x"}), _needs_another_interpreter({**os.environ, "PYTHONWARNINGS": "error"})
    (False, True)
    """
    if any(Path(folder, "sitecustomize.py").exists() for folder in environment.get("PYTHONPATH", "").split(os.pathsep) if folder):
        return True  # it is imported before anything else
    names = {name for name in (*environment, *os.environ) if name.startswith("PYTHON") and name not in _OWN}
    return any(environment.get(name) != os.environ.get(name) for name in names)


class _Server:
    """A process that is forked, for one run at a time. It ends with this one."""

    def __init__(self) -> None:
        self._here, there = socket.socketpair()
        with there:
            command = [sys.executable, __file__, str(there.fileno())]
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                pass_fds=[there.fileno()],
                cwd=Path(__file__).parents[1],
                start_new_session=True,
            )
        self._here.settimeout(LONGEST)
        self._close = weakref.finalize(self, _end, self._process, self._here)

    def run(self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str], outputs: tuple[int, int]) -> int:
        message = json.dumps({"arguments": [*arguments], "folder": str(folder), "environment": {**environment}}).encode()
        try:
            socket.send_fds(self._here, [len(message).to_bytes(4, "big")], outputs)
            self._here.sendall(message)
            answer = self._here.recv(4)
        except TimeoutError:
            os.killpg(self._process.pid, signal.SIGKILL)
            raise
        return int.from_bytes(answer, "big", signed=True)


def _end(process: "subprocess.Popen[bytes]", connection: socket.socket) -> None:
    connection.close()
    process.wait()


_idle: list[_Server] = []
"""The processes that wait for a run; there are as many as runs at the same time."""


def serve(connection: socket.socket) -> dict[str, Any]:
    """Fork a process for each run that is asked for. Returns in those alone: what was asked."""
    while size := socket.recv_fds(connection, 4, 2):
        length, outputs, *_ = size
        if not length:
            break
        message = b""
        while len(message) < int.from_bytes(length, "big"):
            message += connection.recv(int.from_bytes(length, "big") - len(message))
        if not (child := os.fork()):
            connection.close()
            for place, output in enumerate(outputs, start=1):
                os.dup2(output, place)
                os.close(output)
            asked: dict[str, Any] = json.loads(message)
            return asked
        for output in outputs:
            os.close(output)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        connection.sendall(status.to_bytes(4, "big", signed=True))
    os._exit(0)  # nothing is left to be done, and whoever started it waits


def begin(asked: Mapping[str, Any], path: Sequence[str]) -> None:
    """Let this process be as one that has just been started."""
    os.environ.clear()
    os.environ.update(asked["environment"])
    time.tzset()
    os.chdir(asked["folder"])
    sys.argv = ["pytest", *asked["arguments"]]
    more = os.environ.get("PYTHONPATH")
    sys.path[:] = [asked["folder"], *(more.split(os.pathsep) if more else ()), *path]
    sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))


if __name__ == "__main__":
    folders = sys.path[1:]
    for name in IMPORTED:
        importlib.import_module(name)
    from _pytest.assertion import rewrite

    rewrite.AssertionRewritingHook._warn_already_imported = lambda *_: None  # type: ignore[method-assign]
    from stackproof.reports import page

    page._template()
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as listening:
        begin(serve(listening), folders)
    runpy.run_module("pytest", run_name="__main__", alter_sys=True)
