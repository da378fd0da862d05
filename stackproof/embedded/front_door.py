"""A real front door for the embedded cloud's load balancer: its listeners, on free ports of 127.0.0.1.

moto keeps what a load balancer is told, and serves nothing. Here its listeners speak: TLS with the certificate that was imported and the
protocols of the listener's security policy, redirects as the listener has them, and the header that it adds. What is forwarded goes to
the healthy targets in turn. Rules beside the default action are not followed.
"""

import contextlib
import http.client
import io
import itertools
import re
import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.message import Message
from functools import lru_cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import TCPServer
from typing import Any
from urllib.parse import urlsplit

from stackproof.core.verdicts import Unreachable
from stackproof.probes.tls import VERSIONS

THREADS = 8
"""A listener answers so many connections at once."""
PATIENCE = 5.0
"""Seconds that a client may take for each step."""
IDLE_SECONDS = 60.0
"""Seconds that a target may take (the default of ``idle_timeout.timeout_seconds``)."""
_LONGEST_BODY = 1_048_576  # bytes; what Application Load Balancers take for a Lambda target, and plenty here


@dataclass(frozen=True)
class Listener:
    """A listener of a load balancer, and how it answers."""

    port: int
    """As the load balancer has it; the one that is listened on here is another."""
    action: Mapping[str, Any]
    """Its default action, as DescribeListeners has it."""
    protocols: tuple[str, ...] = ()
    """The TLS versions that it accepts; none for plain HTTP."""
    hsts: str = ""
    """The header that it adds; empty for none."""

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Listener":
        """One of ``load_balancers`` in `stackproof.embedded.live.state`."""
        return cls(said["port"], said["action"], tuple(said["protocols"]), said["hsts"])


Targets = Callable[[Mapping[str, Any]], list[int]]
"""The ports of 127.0.0.1 where the healthy targets of a forwarding action are."""


def _no_targets(_action: Mapping[str, Any]) -> list[int]:
    return []


class FrontDoor:
    """Listeners that listen. As a context manager they are closed at the end.

    ``current`` tells the listeners of the moment, by port: it is asked for each connection. Without it they stay as they are given.
    """

    def __init__(
        self,
        host: str,
        listening: Iterable[Listener],
        *,
        certificate: Path,
        private_key: Path,
        targets: Targets = _no_targets,
        current: Callable[[], Mapping[int, Listener]] | None = None,
    ) -> None:
        self.host = host
        self._identity = certificate, private_key
        self._targets = targets
        self._given = {listener.port: listener for listener in listening}
        self._current = current or (lambda: self._given)
        self._servers: dict[int, _Server] = {}
        self.listen(self._given)

    def listen(self, ports: Iterable[int]) -> None:
        """Listen for these ports of the load balancer, and for no other."""
        wanted = set(ports)
        for port in wanted - set(self._servers):
            self._servers[port] = _Server(port, self._current, self._targets, *self._identity)
        for port in set(self._servers) - wanted:
            self._servers.pop(port).close()

    @property
    def ports(self) -> dict[int, int]:
        """Where each port of the load balancer is on 127.0.0.1."""
        return {port: server.server_address[1] for port, server in self._servers.items()}

    def locate(self, host: str, port: int) -> tuple[str, int]:
        """Where the load balancer's port is reached. Raises `Unreachable` for one that it does not listen on, and another host."""
        if host != self.host or port not in self._servers:
            raise Unreachable(f"{host}:{port} is not served: the embedded cloud has a front door of {self.host} alone")
        return "127.0.0.1", self.ports[port]

    def close(self) -> None:
        self.listen(())

    def __enter__(self) -> "FrontDoor":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(TCPServer):
    """One listener, in a bounded number of threads. (`http.server.HTTPServer` would look its own name up.)"""

    request_queue_size = 64

    def __init__(
        self,
        port: int,
        current: Callable[[], Mapping[int, Listener]],
        targets: Targets,
        certificate: Path,
        private_key: Path,
    ) -> None:
        super().__init__(("127.0.0.1", 0), BaseHTTPRequestHandler)
        self._port = port
        self._current = current
        self._targets = targets
        self._turn = itertools.count()
        self._identity = certificate, private_key
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix=f"front-door-{port}")
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._pool.submit(self._serve, request, client_address)

    def _serve(self, request: socket.socket, client_address: Any) -> None:
        request.settimeout(PATIENCE)
        with contextlib.suppress(OSError), request:  # a client that leaves, and one that asks for another TLS version
            listener = self._current().get(self._port)
            if listener is None:
                return
            tls = _server_side(listener.protocols, *self._identity) if listener.protocols else None
            with tls.wrap_socket(request, server_side=True) if tls else request as stream:
                _handler(listener, self._in_turn)(stream, client_address, self)

    def _in_turn(self, action: Mapping[str, Any]) -> int | None:
        """The target whose turn it is; None if there is none."""
        targets = self._targets(action)
        return targets[next(self._turn) % len(targets)] if targets else None

    def close(self) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()
        self._pool.shutdown()


@lru_cache(maxsize=16)
def _server_side(protocols: tuple[str, ...], certificate: Path, private_key: Path) -> ssl.SSLContext:
    """A TLS server of these protocols. Security level 0 admits what TLS 1.0 and 1.1 need, if a policy has them."""
    accepted = sorted(VERSIONS[protocol] for protocol in protocols)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private_key)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = accepted[0], accepted[-1]
    return context


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    length: str | None = None
    """The ``Content-Length`` of an answer that has no body, as it was said; empty for none."""


class _Refused(Exception):
    """A request that a load balancer answers by itself, with this status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


_HOP_BY_HOP = {"connection", "keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding", "upgrade"}
"""Headers that a proxy does not hand on (RFC 9110, section 7.6.1), beside those that ``Connection`` names."""
_OWN = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-port", "content-length", "expect"}
"""Headers of a request that the load balancer says itself. What a client says of the first stands before the client's own address."""


def _handler(listener: Listener, in_turn: Callable[[Mapping[str, Any]], int | None]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version, sys_version = "front-door", ""

        def answer(self) -> None:
            try:
                answer = self.answered()
            except _Refused as refused:
                answer = _failure(refused.status)
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            if listener.hsts:
                self.send_header("Strict-Transport-Security", listener.hsts)
            self.send_header("Connection", "close")
            length = str(len(answer.body)) if answer.length is None else answer.length
            if length and answer.status != 204:  # RFC 9110, section 8.6
                self.send_header("Content-Length", length)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)
            self.close_connection = True

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

        def answered(self) -> _Answer:
            hosts = self.headers.get_all("Host", [])
            if len(hosts) > 1 or (not hosts and self.request_version == "HTTP/1.1"):
                raise _Refused(400)
            if listener.action.get("Type") == "forward":
                port = in_turn(listener.action)
                return self.forwarded(port) if port else _failure(503)
            status, location = _answer(listener, "".join(hosts), self.path)
            return _Answer(status, (("Location", location),) if location else ())

        def forwarded(self, port: int) -> _Answer:
            """What a target answers. Statuses: Elastic Load Balancing user guide, "Troubleshoot your Application Load Balancers"."""
            body = _body(self.headers, self.rfile)
            addresses = [*self.headers.get_all("X-Forwarded-For", []), self.client_address[0]]
            headers = [
                *_handed_on(self.headers, _OWN),
                ("X-Forwarded-For", ", ".join(addresses)),
                ("X-Forwarded-Proto", "https" if listener.protocols else "http"),
                ("X-Forwarded-Port", str(listener.port)),
                ("Connection", "close"),
                *([] if body is None else [("Content-Length", str(len(body)))]),
            ]
            target = http.client.HTTPConnection("127.0.0.1", port, timeout=IDLE_SECONDS)
            try:
                target.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in headers:
                    target.putheader(name, value)
                target.endheaders(body)
                answer = target.getresponse()
                length = answer.getheader("Content-Length", "") if self.command == "HEAD" or answer.status == 304 else None
                return _Answer(answer.status, tuple(_handed_on(answer.headers, _NOT_HANDED_BACK)), answer.read(), length)
            except (ValueError, http.client.InvalidURL):  # what the client said cannot be said again
                return _failure(400)
            except TimeoutError:
                return _failure(504)
            except (OSError, http.client.HTTPException):
                return _failure(502)
            finally:
                target.close()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the probes tell what was answered."""

        def version_string(self) -> str:
            return "awselb/2.0"

    return Handler


_NOT_HANDED_BACK = {"content-length", "server", "date"}
_PHRASES = {
    400: "Bad Request",
    408: "Request Time-out",
    413: "Payload Too Large",
    502: "Bad Gateway",
    503: "Service Temporarily Unavailable",
    504: "Gateway Time-out",
}
_LONGEST_LINE = 65_536  # bytes
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r\n")


def _handed_on(headers: Message, others: set[str]) -> list[tuple[str, str]]:
    """The headers that go through a proxy: not those of the connection, and not these others.

    >>> from email import message_from_string
    >>> said = message_from_string("Connection: close, x-mine\\nTE: trailers\\nX-Mine: 1\\nAccept: a\\nACCEPT: b\\nServer: c\\n")
    >>> _handed_on(said, {"server"})
    [('Accept', 'a'), ('ACCEPT', 'b')]
    """
    named = {name.strip().lower() for value in headers.get_all("Connection", []) for name in value.split(",")}
    return [(name, value) for name, value in headers.items() if name.lower() not in _HOP_BY_HOP | named | others]


def _body(headers: Message, stream: io.BufferedIOBase) -> bytes | None:
    """The body of a request in one piece; None where it has none. Raises `_Refused` (RFC 9112, section 6)."""
    lengths, encodings = ([one.strip() for one in headers.get_all(name, [])] for name in ("Content-Length", "Transfer-Encoding"))
    try:
        if encodings:
            if lengths or [one.lower() for one in encodings] != ["chunked"]:
                raise _Refused(400)
            return _chunks(stream)
        if not lengths:
            return None
        if len(set(lengths)) > 1 or not re.fullmatch("[0-9]{1,18}", lengths[0]):
            raise _Refused(400)
        return _exactly(stream, int(lengths[0]))
    except TimeoutError:
        raise _Refused(408) from None


def _chunks(stream: io.BufferedIOBase) -> bytes:
    """A body that comes in chunks (RFC 9112, section 7.1). Raises as `_body`."""
    body = b""
    while True:
        found = _CHUNK.fullmatch(stream.readline(_LONGEST_LINE))
        if not found:
            raise _Refused(400)
        size = int(found[1], 16)
        if not size:
            break
        body += _exactly(stream, size, beside=len(body))
        if stream.readline(2) != b"\r\n":
            raise _Refused(400)
    while stream.readline(_LONGEST_LINE).strip():  # trailers, which are not handed on
        pass
    return body


def _exactly(stream: io.BufferedIOBase, size: int, beside: int = 0) -> bytes:
    """So many bytes, beside those that were read already. Raises as `_body`."""
    if beside + size > _LONGEST_BODY:
        raise _Refused(413)
    part = stream.read(size)
    if len(part) < size:
        raise _Refused(400)
    return part


def _failure(status: int) -> _Answer:
    """What a load balancer answers by itself, in HTML as Elastic Load Balancing does.

    >>> _failure(503).status, _failure(503).headers
    (503, (('Content-Type', 'text/html'),))
    """
    title = f"{status} {_PHRASES[status]}"
    page = f"<html>\r\n<head><title>{title}</title></head>\r\n<body><center><h1>{title}</h1></center></body>\r\n</html>\r\n"
    return _Answer(status, (("Content-Type", "text/html"),), page.encode())


def _answer(listener: Listener, host: str, path: str) -> tuple[int, str]:
    """The status of the answer to a request, and where it redirects to.

    >>> redirect = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}
    >>> _answer(Listener(80, redirect), "example.com", "/a?b=1"), _answer(Listener(80, {"Type": "forward"}), "example.com", "/")
    ((301, 'https://example.com:443/a?b=1'), (503, ''))
    """
    match listener.action:
        case {"Type": "redirect", "RedirectConfig": config}:
            return int(config["StatusCode"].removeprefix("HTTP_")), _location(config, listener, host, path)
        case {"Type": "fixed-response", "FixedResponseConfig": config}:
            return int(config["StatusCode"]), ""
    return 503, ""


def _location(config: Mapping[str, str], listener: Listener, host: str, path: str) -> str:
    """Where a redirect goes. Source: Elastic Load Balancing user guide, "Redirect actions", which has the defaults too."""
    asked = urlsplit(path)
    request = {
        "#{protocol}": "HTTPS" if listener.protocols else "HTTP",
        "#{host}": host.partition(":")[0],
        "#{port}": str(listener.port),
        "#{path}": asked.path.removeprefix("/"),
        "#{query}": asked.query,
    }

    def said(part: str, default: str) -> str:
        text = config.get(part, default)
        for name, value in request.items():
            text = text.replace(name, value)
        return text

    query = said("Query", "#{query}")
    where = f"{said('Host', '#{host}')}:{said('Port', '#{port}')}{said('Path', '/#{path}')}"
    return f"{said('Protocol', '#{protocol}').lower()}://{where}{'?' if query else ''}{query}"
