"""The proxy in front of the database: TLS or PostgreSQL's own refusal, and nothing that breaks it."""

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stackproof.embedded import tls_proxy
from stackproof.embedded.authority import Authority, Issued
from stackproof.embedded.cloud import CloudFailed
from stackproof.embedded.tls_proxy import TlsProxy

NAME = "database.abcdef.ap-northeast-2.rds.amazonaws.com"
SSL_REQUEST = struct.pack("!II", 8, 80877103)
GSS_REQUEST = struct.pack("!II", 8, 80877104)
START = b"user\0somebody\0database\0app\0\0"
START = struct.pack("!II", 8 + len(START), 3 << 16) + START


class Server:
    """Answers everything that it gets with the same, upper case, and remembers it."""

    def __init__(self) -> None:
        self.received = b""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                threading.Thread(target=self._answer, args=[connection], daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            while data := connection.recv(65536):
                self.received += data
                connection.sendall(data.upper())

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


def files(directory: Path, issued: Issued) -> dict[str, Path]:
    for name, text in (("certificate", issued.certificate), ("private_key", issued.private_key)):
        (directory / name).write_text(text)
    return {name: directory / name for name in ("certificate", "private_key")}


@pytest.fixture
def proxy(server: Server, authority: Authority, tmp_path: Path) -> Iterator[TlsProxy]:
    with TlsProxy(server.port, **files(tmp_path, authority.issue([NAME]))) as made:
        yield made


def connected(proxy: TlsProxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=60)


def encrypted(proxy: TlsProxy, authority: Authority, name: str = NAME, **limits: ssl.TLSVersion) -> ssl.SSLSocket:
    context = ssl.create_default_context(cadata=authority.certificate)
    for limit, version in limits.items():
        setattr(context, limit, version)
    plain = connected(proxy)
    plain.sendall(SSL_REQUEST)
    assert plain.recv(1) == b"S"
    return context.wrap_socket(plain, server_hostname=name)


@pytest.mark.parametrize("name", [NAME, "127.0.0.1"])
def test_a_client_that_asks_for_tls_reaches_the_server(name: str, proxy: TlsProxy, authority: Authority) -> None:
    with encrypted(proxy, authority, name) as client:
        client.sendall(b"hello")
        assert client.recv(5) == b"HELLO"


def test_much_is_handed_on_both_ways(proxy: TlsProxy, authority: Authority) -> None:
    sent = b"abcdefgh" * 500_000
    with encrypted(proxy, authority) as client:
        threading.Thread(target=client.sendall, args=[sent], daemon=True).start()
        got = bytearray()
        while len(got) < len(sent):
            got += client.recv(65536)
    assert got == sent.upper()


def test_a_client_without_tls_gets_the_error_of_postgresql(proxy: TlsProxy, server: Server) -> None:
    with connected(proxy) as client:
        client.sendall(START[:7])
        client.sendall(START[7:])
        answer = client.recv(1000)
        assert answer[:1] == b"E"
        assert len(answer) == struct.unpack("!I", answer[1:5])[0] + 1
        assert b'\0Mno pg_hba.conf entry for host "127.0.0.1", user "somebody", database "app", no encryption\0\0' in answer
        assert client.recv(1) == b""
    assert server.received == b""


def test_a_client_without_tls_reaches_a_server_that_does_not_force_it(proxy: TlsProxy, server: Server) -> None:
    said = [False, True]
    proxy.follow(lambda: said.pop(0))
    with connected(proxy) as client:
        client.sendall(START + b"more")
        got = b""
        while len(got) < len(START + b"more"):
            got += client.recv(1000)
        client.sendall(b"hello")
        assert client.recv(5) == b"HELLO"
    assert server.received == START + b"morehello"
    with connected(proxy) as client:
        client.sendall(START)
        assert b"no pg_hba.conf entry" in client.recv(1000)


def test_where_nobody_knows_whether_tls_is_forced_nothing_is_refused_for_that(proxy: TlsProxy) -> None:
    def unknown() -> bool:
        raise CloudFailed("no embedded cloud answers")

    proxy.follow(unknown)
    with connected(proxy) as client:
        client.sendall(START)
        assert b"\0C57P03\0Mno embedded cloud answers\0" in client.recv(1000)


def test_a_server_that_is_gone_does_not_refuse(closed_port: int, authority: Authority, tmp_path: Path) -> None:
    with TlsProxy(closed_port, **files(tmp_path, authority.issue([NAME]))) as proxy, connected(proxy) as client:
        proxy.follow(lambda: False)
        client.sendall(START)
        assert b"\0C57P03\0" in client.recv(1000)


def test_kerberos_is_refused_and_tls_may_follow(proxy: TlsProxy) -> None:
    with connected(proxy) as client:
        client.sendall(GSS_REQUEST)
        assert client.recv(1) == b"N"
        client.sendall(SSL_REQUEST)
        assert client.recv(1) == b"S"


def test_old_tls_is_refused(proxy: TlsProxy, authority: Authority) -> None:
    old = ssl.TLSVersion.TLSv1_1
    with pytest.warns(DeprecationWarning, match="TLSv1_1"), pytest.raises((ssl.SSLError, ConnectionError)):
        encrypted(proxy, authority, minimum_version=old, maximum_version=old)


def test_a_certificate_for_another_name_is_seen(proxy: TlsProxy, authority: Authority) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        encrypted(proxy, authority, "other.example.com")


def test_the_certificate_can_be_replaced(proxy: TlsProxy, authority: Authority, tmp_path: Path) -> None:
    proxy.certify(**files(tmp_path, authority.issue(["other.example.com"])))
    with encrypted(proxy, authority, "other.example.com") as client:
        assert client.version() == "TLSv1.3"


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        struct.pack("!II", 4, 80877103),
        struct.pack("!II", 2**31, 3 << 16),
        struct.pack("!II", 8, 2 << 16),
        SSL_REQUEST + b"plain text before the handshake",
    ],
)
def test_what_is_no_request_ends_the_connection(said: bytes, proxy: TlsProxy, server: Server) -> None:
    with connected(proxy) as client:
        client.sendall(said)
        with contextlib.suppress(ConnectionError):
            assert client.recv(100) == b""
    assert server.received == b""


def test_a_client_that_says_nothing_is_left(proxy: TlsProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls_proxy, "PATIENCE", 0.1)
    with connected(proxy) as silent:
        assert silent.recv(1) == b""


def test_a_request_to_cancel_reaches_the_server_without_tls(proxy: TlsProxy, server: Server) -> None:
    request = struct.pack("!IIII", 16, 80877102, 42, 4711)
    with connected(proxy) as client:
        client.sendall(request)
        assert client.recv(1) == b""
    deadline = time.monotonic() + 600
    while server.received != request and time.monotonic() < deadline:
        time.sleep(0.01)
    assert server.received == request


def test_a_server_that_is_gone_ends_the_connection(closed_port: int, authority: Authority, tmp_path: Path) -> None:
    with TlsProxy(closed_port, **files(tmp_path, authority.issue([NAME]))) as proxy, connected(proxy) as client:
        client.sendall(SSL_REQUEST)
        assert client.recv(1) in (b"S", b"")
        assert client.recv(1) == b""


def test_its_end_ends_every_connection(server: Server, authority: Authority, tmp_path: Path) -> None:
    with TlsProxy(server.port, **files(tmp_path, authority.issue([NAME]))) as proxy:
        client = encrypted(proxy, authority)
        client.sendall(b"hello")
        assert client.recv(5) == b"HELLO"
    with client, contextlib.suppress(OSError):
        assert client.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        connected(proxy)
    assert not [thread for thread in threading.enumerate() if thread.name == "tls-proxy"]


def test_an_expired_certificate_is_seen(server: Server, tmp_path: Path) -> None:
    then = datetime.now(UTC) - timedelta(days=400)
    expired = Authority(since=then, until=then + timedelta(days=365))
    with TlsProxy(server.port, **files(tmp_path, expired.issue([NAME]))) as proxy, pytest.raises(ssl.SSLCertVerificationError):
        encrypted(proxy, expired)
