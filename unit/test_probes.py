"""Network probes: what was offered and answered is read from the wire, and nothing that went wrong is an answer."""

import contextlib
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from stackproof import probes
from stackproof.core.verdicts import CallFailed, CouldNotVerify, Unreachable
from stackproof.embedded.account import self_signed
from stackproof.embedded.front_door import FrontDoor, Listener
from stackproof.probes import CERTIFICATE, GET, HANDSHAKE, Probes, tls
from stackproof.sources.aws.calls import Answer, Call

NAME = "app.example.com"
EVERY = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
Serve = Callable[[socket.socket], object]


class Others:
    """The transport for everything that is no probe."""

    counts: ClassVar[Counter[str]] = Counter()

    def send(self, call: Call, absent: tuple[str, ...] = ()) -> Answer:
        return Answer(call, [{"From": "elsewhere"}])

    def wait(self, seconds: float) -> None:
        """Nothing is waited for."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a certificate for NAME and its key."""
    directory = tmp_path_factory.mktemp("served")
    now = datetime.now(UTC)
    made = self_signed([NAME], since=now - timedelta(days=1), until=now + timedelta(days=90))
    (directory / "certificate.pem").write_text(made.certificate)
    (directory / "private_key.pem").write_text(made.private_key)
    return directory


@pytest.fixture
def door(served: Path) -> Iterator[Callable[..., Probes]]:
    """Probes of a real front door."""
    with contextlib.ExitStack() as doors:

        def opened(*protocols: str, hsts: str = "") -> Probes:
            listening = [Listener(80, {"Type": "forward"}), Listener(443, {"Type": "forward"}, protocols, hsts)]
            files: dict[str, Any] = {"certificate": served / "certificate.pem", "private_key": served / "private_key.pem"}
            opened = doors.enter_context(FrontDoor(NAME, listening, **files))
            return Probes(Others(), locate=opened.locate, trusted=files["certificate"])

        yield opened


@contextmanager
def serving(answer: Serve) -> Iterator[Probes]:
    """Probes of a server on 127.0.0.1 that treats each connection so."""
    with socket.create_server(("127.0.0.1", 0)) as server, contextlib.ExitStack() as connections:

        def run() -> None:
            with contextlib.suppress(OSError):
                while True:
                    answer(connections.enter_context(server.accept()[0]))

        threading.Thread(target=run, daemon=True).start()
        yield Probes(Others(), locate=lambda host, port: server.getsockname())
        server.shutdown(socket.SHUT_RDWR)


def handshake(version: str) -> Call:
    return Call.of(HANDSHAKE, "r", Host=NAME, Port=443, ServerName=NAME, Version=version)


def get(scheme: str, port: int) -> Call:
    return Call.of(GET, "r", Host=NAME, Port=port, ServerName=NAME, Scheme=scheme, Path="/a?b=1")


CERTIFICATE_OF = Call.of(CERTIFICATE, "r", Host=NAME, Port=443, ServerName=NAME)


class TestHandshake:
    @pytest.mark.parametrize("version", EVERY)
    def test_is_accepted_by_a_server_that_speaks_the_version(self, version: str, door: Callable[..., Probes]) -> None:
        answer = door(*EVERY).send(handshake(version))
        assert answer.pages[0] == {"Offered": version, "Accepted": True, "Answer": f"ServerHello {version}"}

    @pytest.mark.parametrize("version", EVERY)
    def test_is_refused_by_a_server_that_does_not(self, version: str, door: Callable[..., Probes]) -> None:
        other = "TLSv1.2" if version != "TLSv1.2" else "TLSv1.3"
        answer = door(other).send(handshake(version))
        assert answer.pages[0] == {"Offered": version, "Accepted": False, "Answer": "alert protocol_version"}

    @pytest.mark.parametrize(
        ("lowest", "highest"),
        [(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3), (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2)],
        ids=["offers others", "offers nothing"],
    )
    def test_that_cannot_be_offered_is_an_error(
        self, lowest: ssl.TLSVersion, highest: ssl.TLSVersion, door: Callable[..., Probes], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def offering(version: str) -> ssl.SSLContext:
            context = tls._unverified()
            context.maximum_version = highest
            context.minimum_version = lowest
            return context

        monkeypatch.setattr(tls, "_offering", offering)
        with pytest.raises(CouldNotVerify, match=r"on this machine does not offer TLSv1\.1"):
            _ = door("TLSv1.2").send(handshake("TLSv1.1")).pages

    @pytest.mark.parametrize("version", EVERY)
    def test_with_a_server_that_hangs_up_is_refused(self, version: str) -> None:
        with serving(lambda connection: (connection.recv(9999), connection.close())) as asking:
            answer = asking.send(handshake(version))
        assert answer.pages[0] == {"Offered": version, "Accepted": False, "Answer": "connection closed"}

    def test_with_a_server_that_agrees_and_hangs_up_is_accepted(self) -> None:
        """An old version counts from the ServerHello on: another client may get further."""
        hello = bytes([2, 0, 0, 38, 3, 2, *range(32), 0, 0xC0, 0x13, 0])
        record = bytes([22, 3, 2, 0, len(hello)]) + hello
        with serving(lambda connection: (connection.recv(9999), connection.sendall(record), connection.close())) as asking:
            answer = asking.send(handshake("TLSv1.1"))
        assert answer.pages[0] == {"Offered": "TLSv1.1", "Accepted": True, "Answer": "ServerHello TLSv1.1"}

    def test_with_what_speaks_something_else_is_an_error(self) -> None:
        said = b"HTTP/1.1 400 Bad Request\r\n\r\n"
        with serving(lambda connection: (connection.recv(9999), connection.sendall(said), connection.close())) as asking:
            answer = asking.send(handshake("TLSv1.3"))
        assert isinstance(answer.error, CallFailed)
        assert "does not speak TLS" in str(answer.error)

    def test_with_what_is_silent_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(probes, "TIMEOUT", 0.2)
        with serving(lambda connection: None) as asking:
            assert isinstance(asking.send(handshake("TLSv1.1")).error, Unreachable)

    def test_with_nothing_there_is_an_error(self, closed_port: int) -> None:
        asking = Probes(Others(), locate=lambda host, port: ("127.0.0.1", closed_port))
        for call in (handshake("TLSv1.3"), CERTIFICATE_OF, get("https", 443)):
            assert isinstance(asking.send(call).error, Unreachable)


class TestCertificate:
    def test_is_told_with_its_names_and_dates(self, door: Callable[..., Probes]) -> None:
        page = door("TLSv1.3").send(CERTIFICATE_OF).pages[0]
        assert page["Names"] == [NAME, "127.0.0.1"]
        assert page["NotBefore"] < datetime.now(UTC) < page["NotAfter"]
        assert page["Problem"] == ""

    def test_that_nobody_vouches_for_is_told_all_the_same(self, served: Path, door: Callable[..., Probes]) -> None:
        asking = Probes(Others(), locate=door("TLSv1.3")._locate)
        page = asking.send(CERTIFICATE_OF).pages[0]
        assert page["Problem"] == "self-signed certificate"
        assert page["Names"] == [NAME, "127.0.0.1"]

    def test_of_what_does_not_speak_tls_is_an_error(self) -> None:
        with serving(lambda connection: (connection.sendall(b"220 smtp\r\n"), connection.close())) as asking:
            assert asking.send(CERTIFICATE_OF).error


class TestGet:
    def test_tells_status_and_what_is_judged(self, door: Callable[..., Probes]) -> None:
        answer = door("TLSv1.3", hsts="max-age=1").send(get("https", 443))
        assert answer.pages[0] == {"Url": f"https://{NAME}/a?b=1", "Status": 503, "StrictTransportSecurity": "max-age=1"}

    def test_keeps_no_cookie_and_no_body(self) -> None:
        said = b"HTTP/1.1 302 Found\r\nLocation: https://x/\r\nSet-Cookie: session=hunter2\r\nContent-Length: 7\r\n\r\nhunter2"
        with serving(lambda connection: (connection.recv(9999), connection.sendall(said))) as asking:
            answer = asking.send(get("http", 80))
        assert answer.pages[0] == {"Url": f"http://{NAME}/a?b=1", "Status": 302, "Location": "https://x/"}

    def test_of_what_speaks_something_else_is_an_error(self) -> None:
        with serving(
            lambda connection: (connection.recv(9999), connection.sendall(b"hello\r\n\r\n"), connection.close())
        ) as asking:
            assert isinstance(asking.send(get("http", 80)).error, CallFailed)


class TestGetWithBody:
    @staticmethod
    def asked(body: bytes, kind: str = "application/json") -> dict[str, Any]:
        said = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        call = Call.of(GET, "r", Host=NAME, Port=80, ServerName=NAME, Scheme="http", Path="/health", Body=True)
        with serving(lambda connection: (connection.recv(9999), connection.sendall(said))) as asking:
            return dict(asking.send(call).redacted().pages[0])

    def test_tells_what_its_json_says_and_when(self) -> None:
        page = self.asked(b'{"status": "healthy", "db": {"password": "hunter2"}}')
        assert abs(datetime.now(UTC) - page.pop("At")) < timedelta(seconds=5)
        assert page == {
            "Url": f"http://{NAME}/health",
            "Status": 200,
            "Content": {"status": "healthy", "db": {"password": "(redacted)"}},
        }

    @pytest.mark.parametrize(
        ("body", "kind", "problem"),
        [
            (b"<html>hunter2</html>", "text/html", "no JSON object, but text/html of 20 bytes"),
            (b'["healthy"]', "application/json", "no JSON object, but application/json of 11 bytes"),
            (b"", "text/plain", "no JSON object, but text/plain of 0 bytes"),
            (b"\xff\xfe\x00", "application/json", "no JSON object, but application/json of 3 bytes"),
            (b"[" * 60000, "application/json", "no JSON object, but application/json of 60000 bytes"),
            (b'"' + b"x" * 65536, "application/json", "longer than 65536 bytes"),
        ],
    )
    def test_of_anything_else_tells_what_it_is_and_keeps_none_of_it(self, body: bytes, kind: str, problem: str) -> None:
        page = self.asked(body, kind)
        assert page["Problem"] == problem
        assert "Content" not in page


def test_every_other_call_is_handed_on() -> None:
    call = Call.of("elbv2:DescribeLoadBalancers", "r")
    assert Probes(Others()).send(call).pages == ({"From": "elsewhere"},)


def test_a_probe_tells_when_it_was_sent(door: Callable[..., Probes]) -> None:
    answer = door("TLSv1.3").send(handshake("TLSv1.3"))
    assert answer.exchange is not None
    assert answer.exchange.attempts == 1
