"""A local HTTP server that answers AWS calls from a script, so that real botocore does the asking."""

import json
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedReader, BytesIO
from urllib.parse import parse_qs

from botocore.parsers import BaseCBORParser


@dataclass(frozen=True)
class Request:
    """One request as it arrived."""

    action: str
    """``DescribeLogGroups``; for S3, whose requests do not name theirs, the path and the query."""
    parameters: Mapping[str, object]
    authorization: str

    @property
    def region(self) -> str:
        """Which region the request was signed for."""
        return self.authorization.partition("Credential=")[2].split("/")[2]


@dataclass(frozen=True)
class Reply:
    body: str | bytes
    status: int = 200


Script = Callable[[Request], Reply]


class AwsServer:
    """Answers each action by its script; what has no script is answered like an emulator that lacks the operation."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.requests: list[Request] = []
        self._scripts: dict[str, Script] = {}

    def on(self, action: str, *replies: Reply | Script) -> None:
        """Answer an action with these, one after the other; the last one stays."""
        left = list(replies)

        def script(request: Request) -> Reply:
            reply = left.pop(0) if len(left) > 1 else left[0]
            return reply(request) if callable(reply) else reply

        self._scripts[action] = script

    def forget(self) -> None:
        """Start over: no script, nothing received."""
        self._scripts.clear()
        self.requests.clear()

    def answer(self, request: Request) -> Reply:
        self.requests.append(request)
        script = self._scripts.get(request.action)
        return script(request) if script else json_error("InternalFailure", "not implemented here", 501)


def json_reply(**members: object) -> Reply:
    return Reply(json.dumps(members))


def cbor_reply(**members: object) -> Reply:
    """In the form of CloudWatch, whose protocol is RPC v2 CBOR."""
    return Reply(_cbor(members))


def _cbor(value: object) -> bytes:
    """A value as RFC 8949 writes it, as far as answers have such."""
    match value:
        case datetime():
            return b"\xc1" + _cbor(value.timestamp())
        case float():
            return b"\xfb" + struct.pack(">d", value)
        case str():
            return _head(3, len(value.encode())) + value.encode()
        case list():
            return _head(4, len(value)) + b"".join(map(_cbor, value))
        case dict():
            return _head(5, len(value)) + b"".join(_cbor(key) + _cbor(one) for key, one in value.items())
    raise TypeError(type(value))


def _head(major: int, length: int) -> bytes:
    return bytes([major << 5 | 26]) + length.to_bytes(4, "big")


def json_error(code: str, message: str, status: int = 400) -> Reply:
    return Reply(json.dumps({"__type": code, "message": message}), status)


def query_reply(action: str, members: str) -> Reply:
    return Reply(f"<{action}Response><{action}Result>{members}</{action}Result></{action}Response>")


def query_error(code: str, message: str, status: int = 400) -> Reply:
    return Reply(f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>", status)


def identity(account: str) -> Reply:
    return query_reply("GetCallerIdentity", f"<Account>{account}</Account><Arn>arn:aws:iam::{account}:user/ci</Arn>")


@contextmanager
def serving() -> Iterator[AwsServer]:
    """A server on a free port of this machine, until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet; else each reply waits for a delayed acknowledgement

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.headers.get("smithy-protocol") == "rpc-v2-cbor":
                self._reply(self.path.rpartition("/")[2], BaseCBORParser().parse_data_item(BufferedReader(BytesIO(sent))))
                return
            content = sent.decode()
            target = self.headers.get("X-Amz-Target")
            if target:
                action, parameters = target.rpartition(".")[2], json.loads(content)
            else:
                parameters = {name: values[0] for name, values in parse_qs(content).items()}
                action = parameters.pop("Action", self.path)
            self._reply(action, parameters)

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self._reply(self.path, {})

        do_PUT = do_DELETE = do_HEAD = do_GET

        def _reply(self, action: str, parameters: Mapping[str, object]) -> None:
            reply = server.answer(Request(action, parameters, self.headers.get("Authorization", "")))
            body = reply.body if isinstance(reply.body, bytes) else reply.body.encode()
            self.send_response(reply.status)
            if isinstance(reply.body, bytes):
                self.send_header("smithy-protocol", "rpc-v2-cbor")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        listening.daemon_threads = True
        server = AwsServer(f"http://127.0.0.1:{listening.server_port}")
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listening.shutdown()
            thread.join()
