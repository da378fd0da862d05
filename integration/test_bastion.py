"""The way into the VPC by ssh, against real servers; and the probes of hosts and ports."""

import contextlib
import errno
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
import ssh_server

from stackproof.core.verdicts import AccessDenied, CallFailed, CouldNotVerify, Unreachable, UsageError
from stackproof.probes import BASTION, CONNECT, HERE, TOOL, Probes, bastion, host
from stackproof.probes.bastion import Bastion
from stackproof.sources.aws.calls import Answer, Call


class Others:
    """The transport for everything that is no probe."""

    counts: ClassVar[Counter[str]] = Counter()

    def send(self, call: Call, absent: tuple[str, ...] = ()) -> Answer:
        raise AssertionError(f"{call} is no probe")

    def wait(self, seconds: float) -> None:
        """Nothing is waited for."""


@dataclass(frozen=True)
class Ssh:
    directory: Path
    port: int

    def bastion(self, *, key: str = "client", known_by: str = "host", port: int = 0) -> Bastion:
        config = ssh_server.client_config(self.directory, port or self.port, key=key, host=known_by)
        return Bastion(f"ssh://{ssh_server.USER}@127.0.0.1:{port or self.port}", config)


SERVERS: dict[str, Callable[[Path], AbstractContextManager[int]]] = {
    "in Python": ssh_server.in_python,
    **({"OpenSSH": ssh_server.openssh} if ssh_server.can_run_openssh() else {}),
}


@pytest.fixture(scope="module", params=SERVERS)
def ssh(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ssh]:
    directory = tmp_path_factory.mktemp("ssh")
    ssh_server.make_keys(directory)
    with pytest.MonkeyPatch.context() as patch, SERVERS[request.param](directory) as port:
        for name in ("ConnectTimeout", "ServerAliveInterval"):  # seconds; a busy machine takes longer than a network does
            patch.setitem(bastion._OPTIONS, name, "600")
        yield Ssh(directory, port)


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that says what it is told."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def run() -> None:
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=answer, args=(listening.accept()[0],), daemon=True).start()

        def answer(connection: socket.socket) -> None:
            with connection:
                connection.sendall(connection.recv(99))

        threading.Thread(target=run, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


class TestReaches:
    def test_what_is_open_and_what_is_not(self, ssh: Ssh, echo: int, closed_port: int) -> None:
        inside = ssh.bastion()
        assert inside.reaches("127.0.0.1", echo)
        assert not inside.reaches("127.0.0.1", closed_port)

    def test_with_a_key_that_is_not_let_in_is_an_error(self, ssh: Ssh, echo: int) -> None:
        with pytest.raises(AccessDenied, match=r"Permission denied.*Try it by hand: ssh -p \d+ "):
            ssh.bastion(key="stranger").reaches("127.0.0.1", echo)

    def test_of_a_host_that_is_another_than_before_is_an_error(self, ssh: Ssh, echo: int) -> None:
        with pytest.raises(AccessDenied, match="Host key verification failed"):
            ssh.bastion(known_by="stranger").reaches("127.0.0.1", echo)

    def test_of_a_host_that_nobody_knows_yet_is_an_error(self, ssh: Ssh, echo: int) -> None:
        inside = ssh.bastion()
        (ssh.directory / "known_hosts").write_text("")
        with pytest.raises(AccessDenied, match="Host key verification failed"):
            inside.reaches("127.0.0.1", echo)

    def test_of_what_would_be_a_command_is_not_asked(self, ssh: Ssh) -> None:
        with pytest.raises(CallFailed, match="no host name"):
            ssh.bastion().reaches("127.0.0.1; touch /tmp/x", 1)


def refuses(port: int, seconds: float = 60) -> bool:
    """Whether nothing listens on a port in the end."""
    last = time.monotonic() + seconds
    while time.monotonic() < last:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except ConnectionRefusedError:
            return True
        except OSError:  # it is being closed just now
            continue
        time.sleep(0.05)
    return False


def ends(connection: socket.socket) -> bool:
    """True if whoever held the other end is gone: a process that is killed closes a connection, or resets it where it left something."""
    try:
        return connection.recv(99) == b""
    except ConnectionResetError:
        return True


class TestForward:
    def test_leads_to_the_other_host(self, ssh: Ssh, echo: int) -> None:
        inside = ssh.bastion()
        with contextlib.closing(inside):
            address = inside.forward("127.0.0.1", echo)
            assert inside.forward("127.0.0.1", echo) == address
            with socket.create_connection(address, timeout=60) as connection:
                connection.sendall(b"hello")
                assert connection.recv(99) == b"hello"
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, timeout=5)

    def test_ends_with_a_run_that_is_killed(self, ssh: Ssh, echo: int) -> None:
        inside = ssh.bastion()
        code = (
            "import sys; from pathlib import Path; from stackproof.probes.bastion import Bastion; "
            "print(Bastion(sys.argv[1], Path(sys.argv[2])).forward('127.0.0.1', int(sys.argv[3]))[1], flush=True); sys.stdin.read()"
        )
        command = [sys.executable, "-c", code, inside.url, str(inside._config), str(echo)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as run:
            assert run.stdout
            port = int(run.stdout.readline())
            with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
                run.kill()
                assert ends(connection)
        assert refuses(port)  # the connection may be closed a moment before the port

    def test_with_a_key_that_is_not_let_in_is_an_error(self, ssh: Ssh, echo: int) -> None:
        with pytest.raises(AccessDenied, match="Permission denied"):
            ssh.bastion(key="stranger").forward("127.0.0.1", echo)


def test_a_bastion_that_does_not_answer_is_an_error(tmp_path: Path, closed_port: int) -> None:
    ssh_server.make_keys(tmp_path)
    there = Ssh(tmp_path, closed_port).bastion()
    for ask in (there.reaches, there.forward):
        with pytest.raises(Unreachable, match=r"Connection refused.*Try it by hand"):
            ask("127.0.0.1", 1)


def test_a_machine_without_ssh_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for ask in (Bastion("ssh://b").reaches, Bastion("ssh://b").forward):
        with pytest.raises(CouldNotVerify, match="install the OpenSSH client"):
            ask("127.0.0.1", 1)


@pytest.mark.parametrize("url", ["ssh://b", "ssh://me@b.example.com", "ssh://me@10.0.1.4:2222/", "ssh://[fd00::1]:22"])
def test_a_url_is_taken(url: str) -> None:
    Bastion(url)


@pytest.mark.parametrize(
    "url", ["b", "http://b", "ssh://", "ssh://me:" + "word@b", "ssh://-oProxyCommand=x", "ssh://b:port", "ssh://b/x", "ssh://b c"]
)
def test_another_url_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match=r"--bastion is ssh://user@host"):
        Bastion(url)


def connect(port: int, place: str, name: str = "127.0.0.1") -> Call:
    return Call.of(CONNECT, "r", Host=name, Port=port, From=place)


class TestConnect:
    def test_from_here(self, echo: int, closed_port: int) -> None:
        asking = Probes(Others())
        assert asking.send(connect(echo, HERE)).pages[0] == {"Connected": True, "Answer": "connected"}
        assert asking.send(connect(closed_port, HERE)).pages[0] == {"Connected": False, "Answer": "Connection refused"}

    @pytest.mark.parametrize("others", [[], [OSError(errno.ENETUNREACH, "no IPv6 here")]])
    def test_that_is_never_answered_is_none(self, monkeypatch: pytest.MonkeyPatch, others: list[Exception]) -> None:
        def create_connection(address: object, timeout: float, all_errors: bool) -> socket.socket:
            raise ExceptionGroup("", [TimeoutError("timed out"), *others])

        monkeypatch.setattr(socket, "create_connection", create_connection)
        assert Probes(Others()).send(connect(5432, HERE)).pages[0] == {"Connected": False, "Answer": "timed out"}

    @pytest.mark.parametrize("number", [errno.ENETUNREACH, errno.EMFILE, errno.EACCES, errno.EADDRNOTAVAIL])
    def test_that_this_machine_cannot_try_is_an_error(self, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
        def connect_to(*_: object) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(socket.socket, "connect", connect_to)
        answer = Probes(Others()).send(connect(5432, HERE))
        assert f"{os.strerror(number)}; check this machine's network" in str(answer.error)

    def test_to_a_name_that_nobody_knows_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def getaddrinfo(*_: object) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        answer = Probes(Others()).send(connect(5432, HERE, "db.example.com"))
        assert "no address is known" in str(answer.error)

    def test_from_the_bastion(self, ssh: Ssh, echo: int) -> None:
        inside = ssh.bastion()
        page = Probes(Others(), bastion=inside).send(connect(echo, BASTION)).pages[0]
        assert page == {"Connected": True, "Answer": f"asked from {inside.url}"}

    def test_from_a_bastion_that_was_not_named_is_an_error(self) -> None:
        answer = Probes(Others()).send(connect(5432, BASTION))
        assert isinstance(answer.error, CouldNotVerify)
        assert "--bastion ssh://" in str(answer.error)


class TestTool:
    @pytest.fixture
    def path(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """The only directory of PATH; beside this Python is nothing."""
        monkeypatch.setenv("HOME", "/nowhere")  # what lies in it is shown from there
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr(host, "BESIDE", tmp_path / "beside")
        return tmp_path

    def ask(self, name: str) -> dict[str, object]:
        return dict(Probes(Others()).send(Call.of(TOOL, "r", Name=name)).pages[0])

    def put(self, directory: Path, script: str) -> Path:
        directory.mkdir(exist_ok=True)
        tool = directory / "terraform"
        tool.write_text(f"#!/bin/sh\n{script}\n")
        tool.chmod(0o755)
        return tool

    def test_tells_where_it_is_and_what_it_says(self, path: Path) -> None:
        tool = self.put(path, 'echo "Terraform v1.11.4 $1"')
        looked_in = [str(path / "beside"), str(path)]
        reported = {"ExitStatus": 0, "Output": "Terraform v1.11.4 --version"}
        assert self.ask("terraform") == {"LookedIn": looked_in, "Path": str(tool), **reported}

    def test_that_was_installed_with_the_suite_comes_first(self, path: Path) -> None:
        self.put(path, "echo 1")
        tool = self.put(path / "beside", "echo 2")
        assert (self.ask("terraform")["Path"], self.ask("terraform")["Output"]) == (str(tool), "2")

    def test_that_is_not_there_has_no_path(self, path: Path) -> None:
        assert self.ask("terraform") == {"LookedIn": [str(path / "beside"), str(path)]}

    def test_may_speak_on_the_other_stream(self, path: Path) -> None:
        self.put(path, "echo 1.2 >&2")
        assert self.ask("terraform")["Output"] == "1.2"

    @pytest.mark.parametrize(
        ("script", "status", "output"),
        [('echo "Cannot connect 26.1" >&2; exit 1', 1, "Cannot connect 26.1"), ("exec nosuch-program", 127, "nosuch-program")],
    )
    def test_that_is_broken_says_so_by_its_exit_status(self, path: Path, script: str, status: int, output: str) -> None:
        self.put(path, script)
        reported = self.ask("terraform")
        assert reported["ExitStatus"] == status
        assert output in str(reported["Output"])


def test_patience_is_bounded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bastion, "PATIENCE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        ssh_server.make_keys(tmp_path)
        there = Ssh(tmp_path, silent.getsockname()[1]).bastion()
        with pytest.raises(Unreachable):
            there.forward("127.0.0.1", 1)
