"""One GET request, not followed."""

import http.client
import json
import socket
from datetime import UTC, datetime
from typing import Any

from stackproof.probes import tls

LONGEST_BODY = 65536
"""Bytes of a body that are read; a longer one is not looked at."""

_KEPT = {"Location": "Location", "StrictTransportSecurity": "Strict-Transport-Security"}
"""Of the headers only what is judged: others may hold secrets (cookies)."""


def get(connection: socket.socket, scheme: str, host: str, path: str, *, body: bool = False) -> dict[str, Any]:
    """Status and headers of the answer to ``GET path``; a header that is absent is no member of the answer.

    With ``body`` the answer says besides when it was there (``At``), and what its JSON says (``Content``), or why it is none
    (``Problem``). Raises `OSError`, `http.client.HTTPException` for what does not speak HTTP.
    """
    client = http.client.HTTPConnection(host)
    client.sock = tls.encrypted(connection, host) if scheme == "https" else connection
    try:
        client.request("GET", path, headers={"User-Agent": "stackproof", "Connection": "close"})
        answer = client.getresponse()
        content = {"At": datetime.now(UTC), **_content(answer)} if body else {}
    finally:
        client.close()
    kept = {member: value for member, name in _KEPT.items() if (value := answer.getheader(name)) is not None}
    return {"Url": f"{scheme}://{host}{path}", "Status": answer.status, **kept, **content}


def _content(answer: http.client.HTTPResponse) -> dict[str, Any]:
    """The JSON object in the body. What is no such object is not kept: nobody knows what is in it."""
    body = answer.read(LONGEST_BODY + 1)
    if len(body) > LONGEST_BODY:
        return {"Problem": f"longer than {LONGEST_BODY} bytes"}
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        return {"Problem": f"no JSON object, but {answer.getheader('Content-Type') or 'something'} of {len(body)} bytes"}
    return {"Content": content}
