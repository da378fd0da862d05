"""APIs of Amazon API Gateway: whom a route asks for, and which versions of TLS a domain name lets in.

Sources: Amazon API Gateway developer guide, "Control and manage access to REST APIs", "Control and manage access to HTTP APIs", "OpenAPI
extensions for API Gateway" and "Supported security policies"; read 2026-11-28.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from stackproof.core.verdicts import CouldNotVerify

NOBODY = "NONE"
ASKS = {**dict.fromkeys(("AWS_IAM", "CUSTOM", "JWT", "COGNITO_USER_POOLS"), True), NOBODY: False}
"""The kinds of authorization of a route, and whether each asks for somebody. An API key is none: it counts calls (same guide)."""

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "x-amazon-apigateway-any-method")
REFUSES_OLD_TLS = {
    "TLS_1_0": False,
    **dict.fromkeys(
        (
            "TLS_1_2",
            "SecurityPolicy_TLS13_1_3_2025_09",
            "SecurityPolicy_TLS13_1_3_FIPS_2025_09",
            "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09",
            "SecurityPolicy_TLS13_1_2_FIPS_PQ_2025_09",
            "SecurityPolicy_TLS13_1_2_FIPS_PFS_PQ_2025_09",
            "SecurityPolicy_TLS13_1_2_Ext2_PQ_2025_09",
            "SecurityPolicy_TLS13_1_2_Ext2_FIPS_PQ_2025_09",
            "SecurityPolicy_TLS13_1_2_PQ_2025_09",
            "SecurityPolicy_TLS13_1_2_2021_06",
            "SecurityPolicy_TLS13_2025_EDGE",
            "SecurityPolicy_TLS12_PFS_2025_EDGE",
            "SecurityPolicy_TLS12_2018_EDGE",
        ),
        True,
    ),
}
"""The security policies, and whether each refuses TLS 1.1 and older ("Supported security policies" of the same guide)."""


def asks_for_somebody(authorization: str) -> bool:
    """True if a route asks who calls it. Raises `CouldNotVerify` for a kind of authorization that is not known.

    >>> [asks_for_somebody(kind) for kind in ("AWS_IAM", "JWT", "CUSTOM", "COGNITO_USER_POOLS", "NONE")]
    [True, True, True, True, False]
    """
    if authorization not in ASKS:
        raise CouldNotVerify(f"what authorization {authorization} asks for is not known here: judge it by hand, and report it")
    return ASKS[authorization]


def refuses_old_tls(policy: str) -> bool:
    """True if a domain with this security policy refuses TLS 1.1 and older. Raises `CouldNotVerify` for one that is not known.

    >>> refuses_old_tls("TLS_1_2"), refuses_old_tls("TLS_1_0")
    (True, False)
    """
    if policy not in REFUSES_OLD_TLS:
        raise CouldNotVerify(f"which versions of TLS {policy} lets in is not known here: judge it by hand, and report it")
    return REFUSES_OLD_TLS[policy]


def is_asked_of_everybody(route: str) -> bool:
    """True if nobody can be asked who they are on a route: browsers send no credentials with the preflight request of another origin.

    >>> [is_asked_of_everybody(route) for route in ("OPTIONS /events", "GET /events", "ANY /events")]
    [True, False, False]
    """
    return route.startswith("OPTIONS ")


def routes_in(definition: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The routes of an OpenAPI definition, each with its kind of authorization; of several ways in, each must ask for somebody.

    >>> signed = {"type": "apiKey", "x-amazon-apigateway-authtype": "awsSigv4"}
    >>> key = {"type": "apiKey", "name": "x-api-key", "in": "header"}
    >>> methods = {"get": {"security": [{"signed": []}]}, "post": {"security": [{"signed": []}, {"key": []}]}, "put": {}}
    >>> list(routes_in({"paths": {"/a": methods}, "components": {"securitySchemes": {"signed": signed, "key": key}}}))
    [('GET /a', 'CUSTOM'), ('POST /a', 'NONE'), ('PUT /a', 'NONE')]
    >>> swagger = {"paths": {"/a": {"get": {}, "parameters": []}}, "securityDefinitions": {"signed": signed}, "security": [{"signed": []}]}
    >>> list(routes_in(swagger)), list(routes_in({"paths": {"/a": {"get": {"x-amazon-apigateway-auth": {"type": "AWS_IAM"}}}}}))
    ([('GET /a', 'CUSTOM')], [('GET /a', 'AWS_IAM')])
    """
    schemes = definition.get("components", {}).get("securitySchemes") or definition.get("securityDefinitions") or {}
    asking = {
        name for name, scheme in schemes.items() if scheme.get("type") != "apiKey" or "x-amazon-apigateway-authtype" in scheme
    }
    for path, methods in (definition.get("paths") or {}).items():
        for name, written_method in (methods or {}).items():
            if name.lower() in METHODS:
                method = written_method or {}
                route = f"{'ANY' if name.startswith('x-') else name.upper()} {path}"
                written = method.get("x-amazon-apigateway-auth", {}).get("type", NOBODY).upper()
                asked = [set(one) for one in method.get("security", definition.get("security")) or ()]
                yield route, "CUSTOM" if asked and all(one & asking for one in asked) else written
