"""Around each request: its id, a log line with its duration, and an answer when something breaks."""

import logging
import re
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.logs import request_id

HEADER = "X-Request-Id"
_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{1,64}")
_log = logging.getLogger(__name__)


class RequestLog:
    """ASGI middleware. The outermost one: nothing that a request does goes untold."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        id = _id_of(Headers(scope=scope).get(HEADER))
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = id
            await send(message)

        token = request_id.set(id)
        started = time.perf_counter()
        try:
            await self._app(scope, receive, send_with_id)
        except Exception as error:
            if status:
                raise  # the answer has begun: the server closes the connection and tells why
            _log.exception("%s", type(error).__name__)
            answer = JSONResponse({"detail": "Internal error", "request_id": id}, status_code=500)
            await answer(scope, receive, send_with_id)
        finally:
            fields = {
                "method": scope["method"],
                "path": scope["path"],  # never the query: it may hold anything
                "status": status,
                "duration": round((time.perf_counter() - started) * 1000, 3),
            }
            _log.info("%s %s %s", scope["method"], scope["path"], status, extra={"fields": fields})
            request_id.reset(token)


def _id_of(given: str | None) -> str:
    """The caller's id if it is one, else a new one: an id goes into log lines and queries.

    >>> _id_of("abc123")
    'abc123'
    >>> len(_id_of('abc" or 1=1'))
    32
    """
    return given if given and _WELL_FORMED.fullmatch(given) else uuid.uuid4().hex
