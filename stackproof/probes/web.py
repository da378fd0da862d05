"""One GET request, not followed."""

import http.client
import socket
from typing import Any

from stackproof.probes import tls

_KEPT = {"Location": "Location", "StrictTransportSecurity": "Strict-Transport-Security"}
"""Of the headers only what is judged: others may hold secrets (cookies)."""


def get(connection: socket.socket, scheme: str, host: str, path: str) -> dict[str, Any]:
    """Status and headers of the answer to ``GET path``; a header that is absent is no member of the answer.

    Raises `OSError`, `http.client.HTTPException` for what does not speak HTTP.
    """
    client = http.client.HTTPConnection(host)
    client.sock = tls.encrypted(connection, host) if scheme == "https" else connection
    try:
        client.request("GET", path, headers={"User-Agent": "stackproof", "Connection": "close"})
        answer = client.getresponse()
    finally:
        client.close()
    kept = {member: value for member, name in _KEPT.items() if (value := answer.getheader(name)) is not None}
    return {"Url": f"{scheme}://{host}{path}", "Status": answer.status, **kept}
