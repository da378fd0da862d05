"""Recorded exchanges with the embedded cloud, and their replay.

One line a request, in the order in which they were handled: the request with its body, the answer's status, and a
digest of the answer without its dates. Recordings hold secrets (request bodies): they are kept readable by their owner
alone and never printed.
"""

import base64
import hashlib
import io
import json
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from werkzeug.test import run_wsgi_app

from stackproof.embedded.cloud import MARK

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_DATES = re.compile(
    rb"\b20\d\d-\d\d-\d\d[T -]\d\d[:-]\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"  # ISO 8601, and in names of snapshots
    rb"|\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT"  # HTTP
    rb"|\b1[6-9]\d{8}(?:\d{3})?(?:\.\d+)?\b"  # seconds or milliseconds since 1970
)
_READS = re.compile(r"[ .](?:Describe|Get|List|Head)[A-Z]\w*$")
_NAMES = ("x-amzn-requestid", "x-amz-request-id", "x-amz-id-2")
_HOST = re.compile(rb"<HostId>[^<]*</HostId>")
_STORED = re.compile(rb'(?<="storedBytes": )\d+')
_HEADERS_THAT_VARY = {"date", "server", "content-length"}  # a date may be shorter: 1790000000.5


class Differs(Exception):
    """A replayed answer is not the recorded one; the message names the request, not its content."""


@dataclass(frozen=True)
class Request:
    """A request as WSGI knows it: what of its environ is plain data, and its body."""

    environ: dict[str, Any]
    body: bytes

    @property
    def changes_nothing(self) -> bool:
        """True if it only reads, by its method or the name of its operation.

        >>> Request({"REQUEST_METHOD": "GET", "PATH_INFO": "/bucket"}, b"").changes_nothing
        True
        >>> Request({"REQUEST_METHOD": "POST", "PATH_INFO": "/"}, b"Action=DescribeVpcs").changes_nothing
        True
        >>> Request({"REQUEST_METHOD": "POST", "PATH_INFO": "/2015-03-31/functions/f/invocations"}, b"").changes_nothing
        False
        """
        return self.environ["REQUEST_METHOD"] in ("GET", "HEAD") or bool(_READS.search(self.name))

    @property
    def name(self) -> str:
        """For people: ``POST / AmazonEC2.DescribeVpcs``."""
        action = self.environ.get("HTTP_X_AMZ_TARGET", "")
        if not action and (found := re.search(rb"(?:^|&)Action=(\w+)", self.body)):
            action = found[1].decode()
        return f"{self.environ['REQUEST_METHOD']} {self.environ['PATH_INFO']} {action}".rstrip()


@dataclass(frozen=True)
class Answer:
    """A response, read to its end."""

    status: str
    """With its phrase: ``200 OK``."""
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def digest(self) -> str:
        """SHA-256 of headers and body without their dates."""
        headers = sorted(f"{name}: {value}" for name, value in self.headers if name.lower() not in _HEADERS_THAT_VARY)
        return hashlib.sha256(without_dates("\n".join(headers).encode() + b"\n\n" + self.body)).hexdigest()

    @property
    def lasting(self) -> "Answer":
        """The answer without what two answers to one question differ by: the names of the request, and how much was written meanwhile.

        >>> Answer("200 OK", (("x-amzn-RequestId", "Q1"),), b"<R><A>1</A><RequestId>Q1</RequestId><HostId>h</HostId></R>").lasting.body
        b'<R><A>1</A><RequestId></RequestId><HostId></HostId></R>'
        >>> Answer("200 OK", (), b'{"logGroupName": "app", "storedBytes": 3409}').lasting.body
        b'{"logGroupName": "app", "storedBytes": 0}'
        """
        body = _STORED.sub(b"0", _HOST.sub(b"<HostId></HostId>", self.body))
        for name in [value for name, value in self.headers if name.lower() in _NAMES]:
            body = body.replace(name.encode(), b"")
        return Answer(self.status, tuple(one for one in self.headers if one[0].lower() not in _NAMES), body)


def without_dates(text: bytes) -> bytes:
    """The text with every date and time replaced by ``<date>``.

    >>> without_dates(b'{"created": 1790000000.25, "at": "2026-11-21T20:38:00Z", "account": "123456789012"}')
    b'{"created": <date>, "at": "<date>", "account": "123456789012"}'
    """
    return _DATES.sub(b"<date>", text)


def mark_of(request: Request) -> str:
    """The name of what a request is asked for; empty for one that nobody marked.

    >>> mark_of(Request({"HTTP_USER_AGENT": "HashiCorp Terraform/1.15 aws-sdk-go/1.38 stackproof-asks/app"}, b""))
    'app'
    >>> mark_of(Request({"HTTP_USER_AGENT": "Boto3/1.44.5"}, b""))
    ''
    """
    return str(request.environ.get("HTTP_USER_AGENT", "")).partition(MARK)[2].partition(" ")[0]


def read_request(environ: dict[str, Any]) -> Request:
    """The request in a WSGI environ; its body is read to the end."""
    stream = environ["wsgi.input"]
    chunked = environ.get("wsgi.input_terminated")  # then the stream knows its end
    body = stream.read() if chunked else stream.read(int(environ.get("CONTENT_LENGTH") or 0))
    return Request({key: value for key, value in environ.items() if isinstance(value, str | dict)}, body)


def send(application: Application, request: Request) -> Answer:
    """Handle the request in this process."""
    environ: dict[str, Any] = {
        **request.environ,
        "wsgi.version": (1, 0),
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    body, status, headers = run_wsgi_app(application, environ, buffered=True)
    return Answer(status, tuple(headers.items()), b"".join(body))


def to_line(request: Request, answer: Answer) -> str:
    """One line of a recording."""
    entry = {
        "environ": request.environ,
        "body": base64.b64encode(request.body).decode(),
        "status": answer.status,
        "digest": answer.digest,
    }
    return json.dumps(entry) + "\n"


def from_line(line: str) -> tuple[Request, str, str]:
    """The request of one line, and its answer's status and digest. Raises `ValueError` for a damaged line."""
    match json.loads(line):
        case {"environ": dict(environ), "body": str(body), "status": str(status), "digest": str(digest)}:
            return Request(environ, base64.b64decode(body)), status, digest
    raise ValueError("not a recorded request")


def replay(lines: Iterable[str], application: Application) -> None:
    """Send each recorded request again. Raises `Differs` at the first answer that is not the recorded one."""
    _replay(lines, lambda request: send(application, request))


def ask_again(lines: Iterable[str], application: Application) -> None:
    """Send requests again whose answers were recorded `Answer.lasting`. Raises `Differs` as `replay`, and for what may change something."""

    def ask(request: Request) -> Answer:
        if not request.changes_nothing:
            raise Differs(f"{request.name} may change something")
        return send(application, request).lasting

    _replay(lines, ask)


def _replay(lines: Iterable[str], ask: Callable[[Request], Answer]) -> None:
    for number, line in enumerate(lines, start=1):
        try:
            request, status, digest = from_line(line)
        except ValueError:
            raise Differs(f"line {number} of the recording is damaged") from None
        answer = ask(request)
        if answer.status != status:
            raise Differs(f"request {number} ({request.name}) was answered {answer.status}, not {status}")
        if answer.digest != digest:
            raise Differs(f"request {number} ({request.name}) was answered with other content")
