"""The answers of a front door: the names on its certificate, where it sends plain HTTP, whether it insists on HTTPS."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from stackproof.core.verdicts import CouldNotVerify


def covers_host(names: Iterable[str], host: str) -> bool:
    """True if one of a certificate's names is a host's. A ``*`` stands for exactly one label, the first.

    Source: RFC 9525, section 6.3.

    >>> covers_host(["*.example.com"], "API.example.com"), covers_host(["*.example.com"], "a.b.example.com")
    (True, False)
    >>> covers_host(["example.com", "*.com"], "www.example.com"), covers_host(["*"], "localhost")
    (False, False)
    >>> covers_host(["www.example.org", "example.com."], "EXAMPLE.com."), covers_host([], "example.com")
    (True, False)
    """
    wanted = host.lower().rstrip(".")
    _, _, parent = wanted.partition(".")
    wildcard = f"*.{parent}" if "." in parent else ""
    return any(name.lower().rstrip(".") in (wanted, wildcard) for name in names)


def redirect_problems(asked: str, status: int, location: str | None) -> list[str]:
    """How an answer to a plain HTTP request differs from a permanent redirect to the same place over HTTPS.

    >>> redirect_problems("http://example.com/a?b=1", 301, "https://example.com:443/a?b=1")
    []
    >>> redirect_problems("http://example.com/a?b=1", 302, "https://elsewhere.example/")
    ['status 302, not 301', 'host elsewhere.example, not example.com', 'path /, not /a', 'query is not b=1']
    >>> redirect_problems("http://example.com", 301, "https://example.com"), redirect_problems("http://example.com/", 301, "//example.com/")
    ([], ['scheme (none), not https'])
    >>> redirect_problems("http://example.com/a", 301, "https://example.com")
    ['path /, not /a']
    >>> redirect_problems("http://example.com/", 200, None)
    ['status 200, not 301', 'no Location']
    >>> redirect_problems("http://example.com/", 301, "https://example.com:99999/")
    ['Location is no URL: Port out of range 0-65535']
    """
    problems = [] if status == 301 else [f"status {status}, not 301"]
    if not location:
        return [*problems, "no Location"]
    was = urlsplit(asked)
    try:
        goes, port = urlsplit(location), urlsplit(location).port
    except ValueError as error:
        return [*problems, f"Location is no URL: {error}"]
    if goes.scheme != "https":
        problems.append(f"scheme {goes.scheme or '(none)'}, not https")
    if goes.hostname != was.hostname:
        problems.append(f"host {goes.hostname}, not {was.hostname}")
    if port not in (None, 443):
        problems.append(f"port {port}, not 443")
    if (goes.path or "/") != (was.path or "/"):
        problems.append(f"path {goes.path or '/'}, not {was.path or '/'}")
    if goes.query != was.query:
        problems.append(f"query is not {was.query}")
    return problems


def hsts_seconds(header: str | None) -> int:
    """For how long a ``Strict-Transport-Security`` header has a browser use HTTPS alone; 0 for none, and for one without a valid age.

    Source: RFC 6797, section 6.1: names have no case, the age may be quoted, and a directive must not stand twice.

    >>> hsts_seconds("max-age=31536000; includeSubDomains"), hsts_seconds('Max-Age="60"'), hsts_seconds(None)
    (31536000, 60, 0)
    >>> hsts_seconds("max-age=-1"), hsts_seconds("includeSubDomains"), hsts_seconds("max-age=1; max-age=2")
    (0, 0, 0)
    """
    directives = [part.strip().partition("=") for part in (header or "").split(";")]
    ages = [value.strip().strip('"') for name, _, value in directives if name.strip().lower() == "max-age"]
    return int(ages[0]) if len(ages) == 1 and ages[0].isascii() and ages[0].isdigit() else 0


DESYNC_MODES = ("monitor", "defensive", "strictest")
"""What a load balancer can do with ambiguous requests (Elastic Load Balancing user guide, "Desync mitigation mode")."""


def stops_desync(mode: str) -> bool:
    """True if a load balancer keeps ambiguous requests from its targets. Raises `CouldNotVerify` for a mode that nobody knows.

    >>> [stops_desync(mode) for mode in DESYNC_MODES]
    [False, True, True]
    >>> stops_desync("off")
    Traceback (most recent call last):
    stackproof.core.verdicts.CouldNotVerify: desync mitigation mode off is not known here; there are monitor, defensive, strictest
    """
    if mode not in DESYNC_MODES:
        raise CouldNotVerify(f"desync mitigation mode {mode} is not known here; there are {', '.join(DESYNC_MODES)}")
    return mode != "monitor"
