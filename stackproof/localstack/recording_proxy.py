"""Between a client and an emulator: hands requests on, and remembers which the emulator granted.

A test that says it has uploaded something proves nothing; a proxy saw the object pass by.
"""

import http.client
import io
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

ABOUT = "/_about/"
"""A request for ``/_about/NAME`` says that what follows is done for NAME."""
_HOP_BY_HOP = ("connection", "content-length", "expect", "host", "keep-alive", "transfer-encoding")
_TIMEOUT = 60
_OBJECT = {"PUT": "s3:PutObject", "GET": "s3:GetObject", "HEAD": "s3:HeadObject", "DELETE": "s3:DeleteObject"}


class RecordingProxy:
    """A proxy before the emulator that records which operations were granted, and for what."""

    def __init__(self) -> None:
        self.endpoint = ""
        """Where clients reach the emulator through it."""
        self._granted: dict[str, list[str]] = {}
        self._about = ""

    def granted(self, name: str) -> frozenset[str]:
        """The operations, as ``s3:PutObject``, that the emulator granted for a name."""
        return frozenset(self._granted.get(name, ()))

    def begins(self, name: str) -> None:
        """Record what is granted from now on under this name."""
        self._about = name

    def saw(self, operation: str) -> None:
        """The emulator granted it."""
        self._granted.setdefault(self._about, []).append(operation)


@contextmanager
def watched(emulator: str) -> Iterator[RecordingProxy]:
    """A proxy before an emulator, on a free port of 127.0.0.1."""
    proxy = RecordingProxy()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(proxy, urlsplit(emulator).netloc))
    server.daemon_threads = True
    proxy.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def operation(method: str, path: str, target: str, authorization: str) -> str:
    """The operation that a request asks for, as far as a path or a header tells it.

    >>> operation("PUT", "/triflow-ai-local/a/b.txt?x-id=PutObject", "", "AWS4-HMAC-SHA256 Credential=test/20260120/r/s3/aws4_request")
    's3:PutObject'
    >>> operation("PUT", "/triflow-ai-local", "", "AWS4-HMAC-SHA256 Credential=test/20260120/r/s3/aws4_request")
    's3:PUT'
    >>> operation("POST", "/", "secretsmanager.GetSecretValue", "")
    'secretsmanager:GetSecretValue'
    """
    if target:
        service, _, action = target.partition(".")
        return f"{service}:{action}"
    address = urlsplit(path)
    signed_for = re.search(r"Credential=[^/]+/\d+/[^/]+/(?P<service>[^/]+)/", authorization)
    service = signed_for["service"] if signed_for else "unsigned"
    on_object = _OBJECT.get(method, "") if service == "s3" and re.fullmatch(r"/[^/]+/.+", address.path) else ""
    return on_object if on_object and address.query in ("", f"x-id={on_object[3:]}") else f"{service}:{method}"


def _handler(proxy: RecordingProxy, upstream: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Nothing: the run has an output of its own."""

        def _hand_on(self) -> None:
            if self.path.startswith(ABOUT):
                proxy.begins(self.path.removeprefix(ABOUT))
                self._answer(204, [], b"")
                return
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
            body = _body(self.rfile, self.headers.get("Transfer-Encoding", ""), int(self.headers.get("Content-Length", 0)))
            connection = http.client.HTTPConnection(upstream, timeout=_TIMEOUT)
            try:
                connection.request(self.command, self.path, body=body, headers=headers)
                answer = connection.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException):
                self._answer(502, [], b"")
                return
            finally:
                connection.close()
            if answer.status < 300:
                target, signature = self.headers.get("X-Amz-Target", ""), self.headers.get("Authorization", "")
                proxy.saw(operation(self.command, self.path, target, signature))
            self._answer(answer.status, answer.getheaders(), content)

        def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
            self.send_response_only(status)
            reported = {name.lower(): value for name, value in headers}
            for name, value in headers:
                if name.lower() not in _HOP_BY_HOP:
                    self.send_header(name, value)
            length = reported.get("content-length", "0") if self.command == "HEAD" else str(len(content))
            if status != 204:
                self.send_header("Content-Length", length)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _hand_on

    return Handler


def _body(stream: io.BufferedIOBase, encoding: str, length: int) -> bytes:
    """The body of a request, in one piece."""
    if "chunked" not in encoding.lower():
        return stream.read(length)
    parts = []
    while size := int(stream.readline().split(b";")[0], 16):
        parts.append(stream.read(size))
        stream.readline()
    while stream.readline().strip():  # trailers
        pass
    return b"".join(parts)
