"""The shapes of Grafana's answers, as its OpenAPI specification has them, beside every answer of a Grafana that a proof reads.

Source: the schema of Grafana 13.0 in https://github.com/grafana/grafana-openapi-client-go (models ``HealthResponse``,
``DashboardFullWithMeta``, ``ErrorResponseBody``; operations ``getHealth``, ``getDashboardByUID``, ``checkDatasourceHealthWithUID``), and,
for what the test of a data source says and the schema leaves out, published answers of 13.1 and 13.2.3 (``status``, ``message``,
``details``; 404 where there is no such data source).
"""

import re
from collections.abc import Mapping
from typing import Any

from stackproof.probes import GRAFANA
from stackproof.sources.aws.calls import Call

MAJOR = "13"
"""The major version of Grafana whose specification this is."""

Shape = Mapping[str, type]
"""The members that an answer may have, and what each is; one whose name ends in ``!`` is always there."""

_HEALTH: Shape = {"commit": str, "database": str, "version": str, "enterpriseCommit": str, "apiserver": str}
_ERROR: Shape = {"message!": str, "error": str, "status": str}
_TESTED: Shape = {"message!": str, "status!": str, "details": dict}
_BOARD: Shape = {"dashboard": dict, "meta": dict}

ENDPOINTS: Mapping[str, Mapping[int, Shape]] = {
    "/api/health": {200: _HEALTH, 503: _HEALTH},
    "/api/dashboards/uid/[^/]+": {200: _BOARD, **dict.fromkeys((401, 403, 404, 406, 500), _ERROR)},
    "/api/datasources/uid/[^/]+/health": {200: _TESTED, 400: _TESTED, **dict.fromkeys((401, 403, 404, 500), _ERROR)},
}
"""The statuses of each path, and the shape of each answer."""


def problems(path: str, status: int, content: object) -> list[str]:
    """A line for each part of an answer that is no Grafana's. A status that the path does not have is another server's (a proxy's).

    >>> problems("/api/health", 200, {"database": "ok", "version": "13.2.3"}), problems("/api/health", 302, "<html>")
    ([], [])
    >>> problems("/api/datasources/uid/x/health", 200, {"state": "OK", "message": 1})
    ['state is no member', 'message is no str', 'status is not there']
    >>> problems("/api/search", 200, {})
    ['no such path']
    """
    statuses = next((found for pattern, found in ENDPOINTS.items() if re.fullmatch(pattern, path)), None)
    if statuses is None:
        return ["no such path"]
    shape = statuses.get(status)
    if shape is None:
        return []
    if not isinstance(content, Mapping):
        return ["it is no object"]
    members = {name.rstrip("!"): kind for name, kind in shape.items()}
    return [
        *(f"{name} is no member" for name in content if name not in members),
        *(
            f"{name} is no {kind.__name__}"
            for name, kind in members.items()
            if name in content and not isinstance(content[name], kind)
        ),
        *(f"{name[:-1]} is not there" for name in shape if name.endswith("!") and name[:-1] not in content),
    ]


def wrong_in(call: Call, page: Mapping[str, Any]) -> list[str]:
    """The `problems` of an answer that was read; none for another operation, and for what is no JSON."""
    if call.operation != GRAFANA or "Content" not in page:
        return []
    return problems(str(call.arguments["Path"]), page["Status"], page["Content"])
