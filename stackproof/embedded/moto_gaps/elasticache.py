"""ElastiCache operations that moto lacks."""

from moto.core.responses import ActionResult
from moto.elasticache.responses import ElastiCacheResponse

from stackproof.embedded.moto_gaps.registry import supplies


@supplies(ElastiCacheResponse, "elasticache:DescribeServerlessCaches", "moto knows no serverless caches")
def describe_serverless_caches(self: ElastiCacheResponse) -> ActionResult:
    """None: moto makes none."""
    del self
    return ActionResult({"ServerlessCaches": []})


@supplies(ElastiCacheResponse, "elasticache:DescribeUserGroups", "moto knows no groups of users")
def describe_user_groups(self: ElastiCacheResponse) -> ActionResult:
    """None: moto makes none."""
    del self
    return ActionResult({"UserGroups": []})
