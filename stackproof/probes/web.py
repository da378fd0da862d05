"""One GET request, not followed."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from stackproof.util import json_document
from stackproof.util.http import Address, pinned

if TYPE_CHECKING:
    import requests

LONGEST_BODY = 65536
"""Bytes of a body that are read; a longer one is not looked at."""

_KEPT = {"Location": "Location", "StrictTransportSecurity": "Strict-Transport-Security"}
"""Of the headers only what is judged: others may hold secrets (cookies)."""


def get(address: Address, scheme: str, host: str, path: str, *, timeout: float, body: bool = False) -> dict[str, Any]:
    """Status and headers of the answer to ``GET path`` from the server at an address; a header that is absent is no member of the answer.

    With ``body`` the answer says besides when it was there (``At``), and what its JSON says (``Content``), or why it is none
    (``Problem``). ``timeout`` is in seconds, for each step. Raises `requests.RequestException`.
    """
    url = f"{scheme}://{host}{path}"
    headers: Any = {"User-Agent": "stackproof", "Accept": None, "Accept-Encoding": None, "Connection": "close"}
    with (
        pinned(address) as session,
        session.get(url, headers=headers, allow_redirects=False, stream=True, timeout=timeout) as answer,
    ):
        told = {"At": datetime.now(UTC), **content(answer, LONGEST_BODY)} if body else {}
        kept = {member: answer.headers[name] for member, name in _KEPT.items() if name in answer.headers}
        return {"Url": url, "Status": answer.status_code, **kept, **told}


def content(answer: "requests.Response", most: int) -> dict[str, Any]:
    """The JSON object in the body (``Content``), or why there is none (``Problem``); ``most`` bytes are read.

    What is no such object is not kept: nobody knows what is in it.
    """
    body = answer.raw.read(most + 1, decode_content=True)
    if len(body) > most:
        return {"Problem": f"longer than {most} bytes"}
    try:
        document = json_document.loads(body)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        return {"Problem": f"no JSON object, but {answer.headers.get('Content-Type') or 'something'} of {len(body)} bytes"}
    return {"Content": document}
