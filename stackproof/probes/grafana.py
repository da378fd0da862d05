"""One GET request to Grafana's HTTP API, with the token of a service account."""

import os
from typing import Any

from stackproof.core.verdicts import CouldNotVerify
from stackproof.probes.web import content
from stackproof.redaction import redaction
from stackproof.util.http import direct

TOKEN = "GRAFANA_TOKEN"
"""The environment variable with the token of a service account that may read (role Viewer)."""
OPEN = "/api/health"
"""What needs no token, so that none is sent."""
LONGEST_BODY = 4 << 20
"""Bytes; a dashboard of a thousand panels is smaller."""


def get(url: str, path: str, *, timeout: float) -> dict[str, Any]:
    """Status and JSON of the answer to ``GET path``; not followed anywhere, where the token would go along.

    ``timeout`` is in seconds, for each step. Raises `CouldNotVerify` without a token, and `requests.RequestException`.
    """
    headers = {"User-Agent": "stackproof", "Accept": "application/json"}
    if path != OPEN:
        token = os.environ.get(TOKEN)
        if not token:
            raise CouldNotVerify(f"{TOKEN} is not set: the token of a service account of Grafana that may read (role Viewer)")
        redaction.register(token)
        headers["Authorization"] = f"Bearer {token}"
    with (
        direct() as session,
        session.get(url.rstrip("/") + path, headers=headers, allow_redirects=False, stream=True, timeout=timeout) as answer,
    ):
        return {"Status": answer.status_code, **content(answer, LONGEST_BODY)}
