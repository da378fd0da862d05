"""A host inside the VPC that is reached by ssh: what it reaches, and the way through it.

The OpenSSH client on this machine does the connecting, with the user's own configuration, keys and known hosts. It never asks for
anything: a host key that is not known yet, or a key that is locked, is an error.
"""

import contextlib
import re
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from stackproof.core.verdicts import AccessDenied, CallFailed, CouldNotVerify, Unreachable, UsageError
from stackproof.processes.command import tied
from stackproof.util.ports import free_port

PATIENCE = 15.0
"""Seconds until a forwarded port must be there."""

_URL = re.compile(r"ssh://(?:(?P<user>[\w.-]+)@)?(?P<host>\w[\w.-]*|\[[0-9A-Fa-f:.]+\])(?::(?P<port>\d{1,5}))?/?")
_ADDRESS = re.compile(r"[0-9A-Za-z:][0-9A-Za-z.:-]*")
_OPTIONS = {"BatchMode": "yes", "ConnectTimeout": "10", "ServerAliveInterval": "5", "ServerAliveCountMax": "2"}

Address = tuple[str, int]


class Bastion:
    """The host of ``ssh://user@host:port``; user and port may be left to the ssh configuration.

    ``config`` is a file in the place of the user's ssh configuration. Raises `UsageError` for another URL.
    """

    def __init__(self, url: str, config: Path | None = None) -> None:
        found = _URL.fullmatch(url)
        if not found:
            raise UsageError(
                "--bastion is ssh://user@host or ssh://user@host:port, without a password: keys come from ssh's own configuration"
            )
        self.url = url.rstrip("/")
        self._user, self._port, self._host = found["user"], found["port"], found["host"].strip("[]")
        self._config = config
        self._forwarding: dict[Address, tuple[int, subprocess.Popen[bytes]]] = {}
        self._starting = threading.Lock()

    def reaches(self, host: str, port: int) -> bool:
        """True if the bastion can open a TCP connection to a host and port. Raises `CouldNotVerify` if it cannot be asked."""
        import testinfra

        self._require_ssh()
        if not _ADDRESS.fullmatch(host):
            raise CallFailed(f"{host!r} is no host name and no address; the bastion is not asked for it")
        about: dict[str, Any] = {"controlpersist": 0, "ssh_extra_args": " ".join(_arguments())}
        if self._config:
            about["ssh_config"] = str(self._config)
        try:
            reachable: bool = testinfra.get_host(self.url, **about).addr(host).port(port).is_reachable
        except RuntimeError as error:  # ssh itself failed
            raise self._not_connected(getattr(error.args[0], "stderr", "") if error.args else "") from None
        except AssertionError as error:
            raise CallFailed(f"{self.url} has neither nc nor bash with timeout, one of which is asked: {error}") from None
        return reachable

    def forward(self, host: str, port: int) -> Address:
        """A port of this machine that leads through the bastion to another host's. Raises `CouldNotVerify` if there is no way."""
        program = self._require_ssh()
        with self._starting:
            local, process = self._forwarding.get((host, port), (0, None))
            if process is None or process.poll() is not None:
                local, process = self._forwarding[host, port] = self._start(program, host, port)
        return "127.0.0.1", local

    def close(self) -> None:
        """End what was forwarded."""
        for _, process in self._forwarding.values():
            process.communicate()  # closes its standard input, with which it ends
        self._forwarding.clear()

    def _start(self, program: str, host: str, port: int) -> tuple[int, subprocess.Popen[bytes]]:
        local = free_port()
        way = f"127.0.0.1:{local}:{f'[{host}]' if ':' in host else host}:{port}"
        arguments = [program, *_arguments(), "-N", "-o", "ExitOnForwardFailure=yes", "-L", way]
        arguments += ["-F", str(self._config)] if self._config else []
        arguments += ["-p", self._port] if self._port else []
        arguments += ["-l", self._user] if self._user else []
        process = subprocess.Popen(
            tied(*arguments, "--", self._host),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        deadline = time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", local), timeout=1):
                return local, process
            time.sleep(0.05)
        raise self._not_connected(process.communicate()[1].decode(errors="replace"))

    def _require_ssh(self) -> str:
        if program := shutil.which("ssh"):
            return program
        raise CouldNotVerify(f"{self.url} is asked by ssh, which is not on this machine; install the OpenSSH client")

    def _not_connected(self, said: str) -> CouldNotVerify:
        words = " ".join(said.split()) or "it said nothing"
        if "Permission denied" in words or "Host key verification failed" in words:
            return AccessDenied(f"{self.url}: no way in: {words}. Try it by hand: {self._by_hand()}")
        return Unreachable(f"{self.url}: ssh did not connect: {words}. Try it by hand: {self._by_hand()}")

    def _by_hand(self) -> str:
        port = f" -p {self._port}" if self._port else ""
        return f"ssh{port} {f'{self._user}@' if self._user else ''}{self._host}"


def _arguments() -> list[str]:
    return [f"-o{name}={value}" for name, value in _OPTIONS.items()]
