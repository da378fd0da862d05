"""A load balancer's health check of one target."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from stackproof.embedded.cloud import CloudFailed
from stackproof.util.http import direct

AGENT = "ELB-HealthChecker/2.0"  # as Elastic Load Balancing calls itself


@dataclass(frozen=True)
class Check:
    """How a target group asks its targets, and where one target really is."""

    port: int
    """Of 127.0.0.1."""
    path: str = "/"
    matcher: str = "200"
    """The HTTP codes of a healthy target: ``200``, ``200,202``, ``200-299``."""
    timeout: float = 5.0
    """Seconds."""
    interval: float = 30.0
    """Seconds between two checks (the default of Elastic Load Balancing)."""


@dataclass(frozen=True)
class Health:
    """The state of one target in DescribeTargetHealth. Source: Elastic Load Balancing user guide, "Target health status"."""

    state: str
    reason: str | None = None
    description: str | None = None


HEALTHY = Health("healthy")
STARTING = Health("initial", "Elb.RegistrationInProgress", "Target registration is in progress")
GONE = Health("unhealthy", "Target.FailedHealthChecks", "Health checks failed")
SILENT = Health("unhealthy", "Target.Timeout", "Request timed out")


def check(asked: Check) -> Health:
    """Ask once, now."""
    from requests import RequestException, Timeout

    url, headers = f"http://127.0.0.1:{asked.port}{asked.path}", {"User-Agent": AGENT, "Connection": "close"}
    try:
        with direct() as session, session.get(url, headers=headers, timeout=asked.timeout, allow_redirects=False) as answer:
            status = answer.status_code
    except Timeout:
        return SILENT
    except RequestException:
        return GONE
    if matches(asked.matcher, status):
        return HEALTHY
    return Health("unhealthy", "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{status}]")


def check_all(asked: dict[str, Check]) -> dict[str, Health]:
    """Ask several targets at the same time, by any key."""
    if not asked:
        return {}
    with ThreadPoolExecutor(len(asked), thread_name_prefix="health") as pool:
        return dict(zip(asked, pool.map(check, asked.values()), strict=True))


def matches(matcher: str, status: int) -> bool:
    """True if a status is one of those that a target group takes for healthy. Raises `CloudFailed` for a matcher of another form.

    >>> matches("200", 200), matches("200,204", 204), matches("200-299", 301)
    (True, True, False)
    """
    for part in matcher.split(","):
        found = re.fullmatch(r"\s*(\d{3})(?:-(\d{3}))?\s*", part)
        if not found:
            raise CloudFailed(f"{matcher!r} is no list of HTTP codes, such as 200 or 200-299")
        if int(found[1]) <= status <= int(found[2] or found[1]):
            return True
    return False
