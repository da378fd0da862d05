"""An ssh server on this machine, with throwaway keys: OpenSSH's own where it is installed, and one in Python everywhere."""

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from stackproof.util.ports import free_port

SSHD = shutil.which("sshd", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]))


def make_keys(directory: Path) -> None:
    """A key of the host, one of a client that may enter, and one of a client that may not."""
    for name in ("host", "client", "stranger"):
        key = Ed25519PrivateKey.generate()
        private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
        public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
        (directory / f"{name}.pub").write_bytes(public + b"\n")
        (directory / name).touch(mode=0o600)
        (directory / name).write_bytes(private)


def client_config(directory: Path, port: int, *, key: str = "client", host: str = "host") -> Path:
    """A configuration of the ssh client that knows the server by the key of ``host``, and enters with ``key``."""
    (directory / "known_hosts").write_text(f"[127.0.0.1]:{port} {(directory / f'{host}.pub').read_text()}")
    config = directory / f"config_{key}_{host}"
    config.write_text(
        f"IdentityFile {directory / key}\nIdentitiesOnly yes\nIdentityAgent none\n"
        f"UserKnownHostsFile {directory / 'known_hosts'}\nGlobalKnownHostsFile /dev/null\n"
    )
    return config


@contextmanager
def openssh(directory: Path) -> Iterator[int]:
    """The port of OpenSSH's server, run by the current user."""
    assert SSHD
    port = free_port()
    config = directory / "sshd_config"
    config.write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {directory / 'host'}\nAuthorizedKeysFile {directory / 'client.pub'}\n"
        "PasswordAuthentication no\nKbdInteractiveAuthentication no\nUsePAM no\nStrictModes no\nPidFile none\n"
    )
    subprocess.run([SSHD, "-t", "-f", str(config)], check=True, capture_output=True, timeout=600)
    with (directory / "sshd.log").open("wb") as log:
        server = subprocess.Popen([SSHD, "-D", "-e", "-f", str(config)], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        _wait_for(server, port)
        yield port
    finally:
        server.terminate()
        server.wait(60)


def can_run_openssh() -> bool:
    """Whether OpenSSH's server is here, and would start (as root it wants a directory of the system's)."""
    return bool(SSHD) and (os.geteuid() != 0 or Path("/run/sshd").is_dir())


@contextmanager
def in_python(directory: Path) -> Iterator[int]:
    """The port of a server in threads of this process: it runs commands, and forwards."""
    host_key = paramiko.Ed25519Key.from_private_key_file(str(directory / "host"))
    allowed = (directory / "client.pub").read_text().split()[1]
    with socket.create_server(("127.0.0.1", 0)) as listening, contextlib.ExitStack() as transports:

        def run() -> None:
            with contextlib.suppress(OSError):
                while True:
                    transport = paramiko.Transport(listening.accept()[0])
                    transports.callback(transport.close)
                    transport.add_server_key(host_key)
                    server = _Server(transport, allowed)
                    with contextlib.suppress(EOFError, paramiko.SSHException):
                        transport.start_server(server=server)
                        threading.Thread(target=server.forward, daemon=True).start()

        threading.Thread(target=run, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


USER = getpass.getuser()


class _Server(paramiko.ServerInterface):
    """Lets one key in; runs a command a channel."""

    def __init__(self, transport: paramiko.Transport, allowed: str) -> None:
        self._transport = transport
        self._allowed = allowed
        self._destinations: dict[int, socket.socket] = {}

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        is_known = username == USER and key.get_base64() == self._allowed
        return paramiko.AUTH_SUCCESSFUL if is_known else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED if kind == "session" else paramiko.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_env_request(self, channel: paramiko.Channel, name: bytes, value: bytes) -> bool:
        return False

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        threading.Thread(target=_execute, args=(channel, command), daemon=True).start()
        return True

    def check_channel_direct_tcpip_request(self, chanid: int, origin: tuple[str, int], destination: tuple[str, int]) -> int:
        try:
            there = socket.create_connection(destination, timeout=60)
        except OSError:
            return paramiko.OPEN_FAILED_CONNECT_FAILED
        self._destinations[chanid] = there
        return paramiko.OPEN_SUCCEEDED

    def forward(self) -> None:
        """Connect the channels that are opened to other hosts, until the client leaves."""
        channels = []  # nobody else holds them
        while self._transport.is_active():
            channel = self._transport.accept(1)
            channels.append(channel)
            if channel is not None and (there := self._destinations.pop(channel.get_id(), None)):
                for source, target in ((channel, there), (there, channel)):
                    threading.Thread(target=_pump, args=(source, target), daemon=True).start()


def _execute(channel: paramiko.Channel, command: bytes) -> None:
    ended = subprocess.run(["/bin/sh", "-c", command.decode()], stdin=subprocess.DEVNULL, capture_output=True, timeout=600)
    channel.sendall(ended.stdout)
    channel.sendall_stderr(ended.stderr)
    channel.send_exit_status(ended.returncode)
    channel.close()


def _pump(source: socket.socket | paramiko.Channel, target: socket.socket | paramiko.Channel) -> None:
    with contextlib.suppress(OSError, EOFError):
        while data := source.recv(16384):
            target.sendall(data)
    with contextlib.suppress(OSError, EOFError):
        target.shutdown(socket.SHUT_WR)


def _wait_for(server: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + 600
    while server.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=60):
            return
        time.sleep(0.02)
    raise AssertionError(f"nothing listens on port {port}")
