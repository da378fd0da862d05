"""What users reach."""

from datetime import timedelta

from proofs.cases import ERROR, FAIL, PASS, cloud
from proofs.harness import Edit, fails, omits, recorded_at, says
from stackproof.core.verdicts import CallFailed, Unreachable

GET, HEALTH, API_HEALTH = "http:Get", "/health", "/api/v1/health"
AT = recorded_at() + timedelta(hours=1)


def answers(path: str, value: object) -> Edit:
    return says(GET, path, value, Path=HEALTH)


def found(seconds: float) -> tuple[Edit, Edit]:
    """Let the service's timestamp be so many seconds older than its answer."""
    return answers("At", AT), answers("Content.timestamp", f"{(AT - timedelta(seconds=seconds)):%Y-%m-%dT%H:%M:%SZ}")


def no_json(problem: str) -> tuple[Edit, Edit]:
    return omits(GET, "Content", Path=HEALTH), answers("Problem", problem)


CASES = [
    cloud("WEB-01", "a timestamp of now", PASS, *found(0)),
    cloud("WEB-01", "a timestamp of 59 s ago", PASS, *found(59)),
    cloud("WEB-01", "a stale timestamp", FAIL, *found(62), names="s old"),
    cloud("WEB-01", "a timestamp of yesterday", FAIL, *found(86400), names="s old"),
    cloud("WEB-01", "a timestamp of the future", FAIL, *found(-10), names="ahead of this machine"),
    cloud("WEB-01", "a timestamp of another zone", PASS, answers("At", AT), answers("Content.timestamp", AT.isoformat())),
    cloud(
        "WEB-01",
        "a timestamp that does not say of which zone",
        FAIL,
        answers("Content.timestamp", f"{AT:%Y-%m-%dT%H:%M:%S}"),
        names="without an offset",
    ),
    cloud("WEB-01", "a timestamp that is none", FAIL, answers("Content.timestamp", "now"), names="no time: now"),
    cloud("WEB-01", "a number for a timestamp", FAIL, answers("Content.timestamp", 1768903200), names="1768903200"),
    cloud("WEB-01", "no timestamp", FAIL, omits(GET, "Content.timestamp", Path=HEALTH), names="no timestamp"),
    cloud("WEB-01", "200 with unhealthy", FAIL, answers("Content.status", "unhealthy"), names="unhealthy"),
    cloud("WEB-01", "200 without a status", FAIL, omits(GET, "Content.status", Path=HEALTH)),
    cloud("WEB-01", "HTML", FAIL, *no_json("no JSON object, but text/html of 12 bytes"), names="text/html"),
    cloud("WEB-01", "more than a health answer", FAIL, *no_json("longer than 65536 bytes"), names="65536"),
    cloud("WEB-01", "503 with healthy", FAIL, answers("Status", 503), names="503"),
    cloud("WEB-01", "a redirect", FAIL, answers("Status", 302), names="302"),
    cloud("WEB-01", "no status of HTTP", ERROR, omits(GET, "Status", Path=HEALTH)),
    cloud("WEB-01", "when it answered is not known", ERROR, omits(GET, "At", Path=HEALTH), names="answered_at"),
    cloud("WEB-01", "what answers does not speak HTTP", ERROR, fails(GET, CallFailed("BadStatusLine"), Path=HEALTH)),
    cloud("WEB-01", "nobody answers", ERROR, fails(GET, Unreachable("timed out"), Path=HEALTH), names="timed out"),
    cloud("WEB-01", "no such load balancer", FAIL, says("elbv2:DescribeLoadBalancers", "LoadBalancers", [])),
    *(
        cloud("WEB-02", f"{status}", FAIL, says(GET, "Status", status, Path=API_HEALTH), names=str(status))
        for status in (201, 204, 301, 401, 404, 500, 503)
    ),
    cloud("WEB-02", "no status of HTTP", ERROR, omits(GET, "Status", Path=API_HEALTH)),
    cloud("WEB-02", "nobody answers", ERROR, fails(GET, Unreachable("timed out"), Path=API_HEALTH), names="timed out"),
    cloud("WEB-02", "no such load balancer", FAIL, says("elbv2:DescribeLoadBalancers", "LoadBalancers", [])),
]
