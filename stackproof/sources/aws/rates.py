"""How often AWS is asked: a token bucket for each service of an account and region, with the rates that AWS publishes (``rates.toml``)."""

import functools
import threading
from collections.abc import Callable, Mapping
from typing import Any

from stackproof.util import toml_document
from stackproof.util.token_bucket import TokenBucket


@functools.cache
def published() -> Mapping[str, Mapping[str, Any]]:
    """The rates by service, and those of services of which AWS publishes none (``default``)."""
    return toml_document.packaged("stackproof.sources.aws", "rates.toml")


def rate_of(service: str, action: str) -> tuple[str, float, float]:
    """The name of an operation's bucket, how many requests a second it takes, and how many at once.

    >>> rate_of("logs", "FilterLogEvents"), rate_of("logs", "DescribeLogGroups")
    (('logs:FilterLogEvents', 5, 5), ('logs:DescribeLogGroups', 10, 10))
    >>> rate_of("iam", "GetPolicy"), rate_of("secretsmanager", "ListSecrets")
    (('iam', 10, 20), ('secretsmanager', 100, 100))
    >>> rate_of("kms", "DescribeKey"), rate_of("elbv2", "DescribeRules")
    (('kms:DescribeKey', 2000, 2000), ('elbv2', 10, 40))
    """
    of_service = published().get(service, published()["default"])
    of_its_own = of_service.get("operations", {}).get(action)
    shared = service if of_its_own is None and not of_service.get("each") else f"{service}:{action}"
    rate = of_its_own or of_service
    return shared, rate["rate"], rate["burst"]


class Pace:
    """The buckets of one account."""

    def __init__(self, bucket: Callable[[float, float], TokenBucket] = TokenBucket) -> None:
        self._new = bucket
        self._buckets: dict[tuple[str, str], TokenBucket] = {}
        self._lock = threading.Lock()

    def reserve(self, service: str, action: str, region: str) -> float:
        """The seconds after which an operation may be sent, which then counts as sent."""
        shared, rate, burst = rate_of(service, action)
        with self._lock:
            if (shared, region) not in self._buckets:
                self._buckets[shared, region] = self._new(rate, burst)
        return self._buckets[shared, region].reserve()
