"""A local HTTP server that answers AWS calls from a script, so that real botocore does the asking."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs


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
    body: str
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
            content = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
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
            body = reply.body.encode()
            self.send_response(reply.status)
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
