"""The front door of the embedded cloud: the listeners of the load balancer, on this machine alone, and gone afterwards."""

import contextlib
import http.client
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from stackproof.core.verdicts import Unreachable
from stackproof.embedded import front_door
from stackproof.embedded.account import self_signed
from stackproof.embedded.front_door import THREADS, FrontDoor, Listener
from stackproof.embedded.live import HSTS, state
from stackproof.probes import web

NAME = "app.example.com"
PLAIN = Listener(80, {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}})


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    directory = tmp_path_factory.mktemp("served")
    made = self_signed([NAME], since=datetime.now(UTC) - timedelta(days=1), until=datetime.now(UTC) + timedelta(days=9))
    for name, text in (("certificate", made.certificate), ("private_key", made.private_key)):
        (directory / name).write_text(text)
    return {name: directory / name for name in ("certificate", "private_key")}


def status(door: FrontDoor, path: str = "/") -> int:
    return int(web.get(door.locate(NAME, 80), "http", NAME, path, timeout=60)["Status"])


def workers() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("front-door")]


def test_it_listens_on_this_machine_alone(files: dict[str, Any]) -> None:
    with FrontDoor(NAME, [PLAIN, Listener(443, {"Type": "forward"}, ("TLSv1.3",))], **files) as door:
        assert {door.locate(NAME, port)[0] for port in (80, 443)} == {"127.0.0.1"}
        assert status(door) == 404


@pytest.mark.parametrize(("host", "port"), [(NAME, 8080), ("other.example.com", 80)])
def test_what_it_does_not_serve_is_not_found(host: str, port: int, files: dict[str, Any]) -> None:
    with FrontDoor(NAME, [PLAIN], **files) as door, pytest.raises(Unreachable, match=f"{host}:{port} is not served"):
        door.locate(host, port)


def test_it_is_gone_when_it_is_closed(files: dict[str, Any]) -> None:
    with FrontDoor(NAME, [PLAIN], **files) as door:
        address = door.locate(NAME, 80)
        assert status(door) == 404
    assert workers() == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=1)


def test_clients_that_say_nothing_do_not_keep_it(files: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front_door, "PATIENCE", 0.2)
    with FrontDoor(NAME, [PLAIN], **files) as door:
        silent = [socket.create_connection(door.locate(NAME, 80)) for _ in range(3 * THREADS)]
        assert status(door) == 404
        assert len(workers()) <= THREADS
        for connection in silent:
            connection.close()


class Endpoint:
    """A fake for `account.Endpoint`."""

    def client(self, service: str) -> Any:
        return boto3.client(service, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")


@pytest.fixture
def balancer() -> Iterator[Any]:
    with mock_aws():
        client, network = Endpoint().client("elbv2"), Endpoint().client("ec2")
        subnets = [subnet["SubnetId"] for subnet in network.describe_subnets()["Subnets"][:2]]
        made = client.create_load_balancer(Name="app", Subnets=subnets)["LoadBalancers"][0]
        yield client, made["LoadBalancerArn"], made["DNSName"]


def test_it_does_what_the_listeners_say(balancer: Any) -> None:
    client, arn, dns_name = balancer
    redirect = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}
    client.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=[redirect])
    certificate = Endpoint().client("acm").request_certificate(DomainName=NAME)["CertificateArn"]
    made = client.create_listener(
        LoadBalancerArn=arn,
        Protocol="HTTPS",
        Port=443,
        SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
        Certificates=[{"CertificateArn": certificate}],
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}],
    )
    said = [{"Key": HSTS, "Value": "max-age=60"}]
    client.modify_listener_attributes(ListenerArn=made["Listeners"][0]["ListenerArn"], Attributes=said)
    by_port = {listener.port: listener for listener in map(Listener.of, state()["load_balancers"][dns_name])}
    assert by_port[80].action["RedirectConfig"]["StatusCode"] == "HTTP_301"
    assert {*by_port[443].protocols} == {"TLSv1.2", "TLSv1.3"}
    assert by_port[443].hsts == "max-age=60"


@pytest.mark.parametrize(
    ("config", "location"),
    [
        ({}, "http://app.example.com:80/a/b?c=d"),
        ({"Host": "www.#{host}", "Path": "/v2/#{path}", "Query": "#{query}&x=1"}, "http://www.app.example.com:80/v2/a/b?c=d&x=1"),
        ({"Protocol": "HTTPS", "Port": "443", "Query": ""}, "https://app.example.com:443/a/b"),
    ],
)
def test_a_redirect_goes_where_the_load_balancer_would_send_it(config: dict[str, str], location: str) -> None:
    action = {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_302", **config}}
    assert front_door._answer(Listener(80, action), f"{NAME}:80", "/a/b?c=d") == (302, location)


# What is forwarded


class Target:
    """A target that answers in a way of its own, or not at all, and remembers what it was asked."""

    def __init__(self, answer: bytes | None) -> None:
        self.asked = b""
        self._answer = answer
        self._closed = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                with connection:
                    asked = connection.recv(65536)
                    while b"Content-Length: 4" in asked and not asked.endswith(b"text"):
                        asked += connection.recv(65536)
                    self.asked += asked
                    if self._answer is None:
                        self._closed.wait()
                    else:
                        connection.sendall(self._answer)

    def close(self) -> None:
        self._closed.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


OK = b"HTTP/1.1 200 OK\r\nServer: secret/1.0\r\nX-Mine: yes\r\nContent-Length: 5\r\n\r\nhello"
FORWARD = Listener(80, {"Type": "forward", "TargetGroupArn": "arn"}, hsts="max-age=60")


@pytest.fixture
def target() -> Iterator[Any]:
    with contextlib.ExitStack() as targets:

        def made(answer: bytes | None = OK) -> Target:
            one = Target(answer)
            targets.callback(one.close)
            return one

        yield made


def asked(door: FrontDoor, method: str = "GET", body: bytes | None = None, **headers: str) -> http.client.HTTPResponse:
    client = http.client.HTTPConnection(*door.locate(NAME, 80), timeout=60)
    client.request(method, "/a?b=c", body, headers)
    return client.getresponse()


def test_a_request_goes_to_the_targets_in_turn(target: Any, files: dict[str, Any]) -> None:
    first, second = target(), target()
    with FrontDoor(NAME, [FORWARD], targets=lambda action: [first.port, second.port], **files) as door:
        for _ in range(4):
            answer = asked(door)
            assert (answer.status, answer.read(), answer.getheader("X-Mine")) == (200, b"hello", "yes")
            assert answer.getheader("Server") == "awselb/2.0"
            assert answer.getheader("Strict-Transport-Security") == "max-age=60"
    assert first.asked.count(b"GET /a?b=c HTTP/1.1") == second.asked.count(b"GET /a?b=c HTTP/1.1") == 2


def test_a_target_learns_who_asked(target: Any, files: dict[str, Any]) -> None:
    one = target()
    with FrontDoor(NAME, [FORWARD], targets=lambda action: [one.port], **files) as door:
        assert asked(door, "POST", b"text", TE="trailers").read() == b"hello"
    head = one.asked.decode()
    assert "X-Forwarded-For: 127.0.0.1" in head
    assert "X-Forwarded-Proto: http\r\n" in head
    assert "X-Forwarded-Port: 80" in head
    assert "TE:" not in head
    assert head.endswith("text")


@pytest.mark.parametrize(
    ("method", "said", "length"),
    [
        ("HEAD", b"200 OK\r\nContent-Length: 5", "5"),
        ("HEAD", b"200 OK\r\nX-Mine: yes", None),
        ("DELETE", b"204 No Content\r\nX-Mine: yes", None),
        ("GET", b"304 Not Modified\r\nContent-Length: 5", "5"),
        ("GET", b"200 OK\r\nConnection: close", "0"),
    ],
)
def test_an_answer_without_a_body_says_no_length_of_its_own(
    method: str, said: bytes, length: str | None, target: Any, files: dict[str, Any]
) -> None:
    one = target(b"HTTP/1.1 " + said + b"\r\n\r\n")
    with FrontDoor(NAME, [FORWARD], targets=lambda action: [one.port], **files) as door:
        answer = asked(door, method)
        assert (answer.status, answer.getheader("Content-Length"), answer.read()) == (int(said[:3]), length, b"")


def talked(door: FrontDoor, request: bytes) -> bytes:
    """All that is answered to what was sent."""
    with socket.create_connection(door.locate(NAME, 80), timeout=60) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


HEAD = b"POST /a HTTP/1.1\r\nHost: app.example.com\r\n"


def test_headers_go_on_as_they_were_said(target: Any, files: dict[str, Any]) -> None:
    one = target()
    said = [
        b"Connection: close, X-Hop",
        b"X-Hop: 1",
        b"Accept: a",
        b"Accept: b",
        b"x-forwarded-for: 203.0.113.7",
        b"x-forwarded-proto: https",
        b"x-forwarded-port: 443",
    ]
    with FrontDoor(NAME, [FORWARD], targets=lambda action: [one.port], **files) as door:
        assert b" 200 OK" in talked(door, b"\r\n".join([b"GET /a HTTP/1.1\r\nHost: app.example.com", *said, b"", b""]))
    got = one.asked.decode().split("\r\n\r\n")[0].split("\r\n")
    assert got == [
        "GET /a HTTP/1.1",
        "Host: app.example.com",
        "Accept: a",
        "Accept: b",
        "X-Forwarded-For: 203.0.113.7, 127.0.0.1",
        "X-Forwarded-Proto: http",
        "X-Forwarded-Port: 80",
        "Connection: close",
    ]


def test_a_body_in_chunks_goes_on_in_one_piece(target: Any, files: dict[str, Any]) -> None:
    one = target()
    chunks = b"Transfer-Encoding: chunked\r\n\r\n1;a=b\r\nt\r\n3\r\next\r\n0\r\nX-Trailer: 1\r\n\r\n"
    with FrontDoor(NAME, [FORWARD], targets=lambda action: [one.port], **files) as door:
        assert b" 200 OK" in talked(door, HEAD + chunks)
    assert one.asked.endswith(b"Content-Length: 4\r\n\r\ntext")
    assert b"chunked" not in one.asked


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (HEAD + b"Content-Length: abc\r\n\r\n", 400),
        (HEAD + b"Content-Length: -1\r\n\r\n", 400),
        (HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n", 400),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nx\r\n", 400),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\ntxx", 400),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n7fffffff\r\n", 413),
        (HEAD + b"Content-Length: 9\r\n\r\ntext", 408),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n9\r\ntext", 408),
    ],
)
def test_a_request_that_is_none_is_refused_and_not_handed_on(
    request_: bytes, status: int, target: Any, files: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front_door, "PATIENCE", 0.2)
    one = target()
    with FrontDoor(NAME, [FORWARD], targets=lambda action: [one.port], **files) as door:
        assert talked(door, request_).startswith(b"HTTP/1.1 %d " % status)
    assert one.asked == b""


def test_an_old_client_needs_no_host(target: Any, files: dict[str, Any]) -> None:
    one = target()
    with FrontDoor(NAME, [FORWARD], targets=lambda action: [one.port], **files) as door:
        assert b" 200 OK" in talked(door, b"GET / HTTP/1.0\r\n\r\n")


@pytest.mark.parametrize("said", [b"", b"this is no HTTP\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"])
def test_a_target_that_does_not_speak_http_is_a_bad_gateway(said: bytes, target: Any, files: dict[str, Any]) -> None:
    one = target(said)
    with FrontDoor(NAME, [FORWARD], targets=lambda action: [one.port], **files) as door:
        answer = asked(door)
        assert (answer.status, answer.getheader("Content-Type")) == (502, "text/html")


def test_a_target_that_is_gone_is_a_bad_gateway(closed_port: int, files: dict[str, Any]) -> None:
    with FrontDoor(NAME, [FORWARD], targets=lambda action: [closed_port], **files) as door:
        assert asked(door).status == 502


def test_a_target_that_takes_too_long_is_given_up(target: Any, files: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front_door, "IDLE_SECONDS", 0.1)
    one = target(None)
    with FrontDoor(NAME, [FORWARD], targets=lambda action: [one.port], **files) as door:
        assert asked(door).status == 504


def test_without_a_target_there_is_no_service(files: dict[str, Any]) -> None:
    with FrontDoor(NAME, [FORWARD], **files) as door:
        assert asked(door).status == 503


def test_a_body_that_is_too_long_is_refused(target: Any, files: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front_door, "_LONGEST_BODY", 3)
    one = target()
    with FrontDoor(NAME, [FORWARD], targets=lambda action: [one.port], **files) as door:
        assert asked(door, "POST", b"text").status == 413
    assert one.asked == b""


def test_the_listeners_of_the_moment_answer(files: dict[str, Any]) -> None:
    now = {80: PLAIN}
    with FrontDoor(NAME, [PLAIN], current=lambda: now, **files) as door:
        assert status(door) == 404
        now[80] = FORWARD
        assert status(door) == 503
        door.listen([80, 8080])
        assert set(door.ports) == {80, 8080}
        door.listen([80])
        assert set(door.ports) == {80}
