"""Collections of caches of ElastiCache: those of the stack."""

from stackproof.collections.presence import nothing
from stackproof.collections.registry import collection
from stackproof.collections.stack import undeclared
from stackproof.resources.cache import KINDS, Cache, ReplicationGroup
from stackproof.targets.base import Stage


@collection(reads=KINDS)
def caches(stage: Stage) -> tuple[Cache, ...]:
    """The caches of the stack: all that a plan makes, and on AWS those whose name begins with a prefix that the profile owns."""
    names = stage.profile.cache.known
    if not (found := caches_found(stage)):
        raise nothing(stage, "cache", ReplicationGroup, names)
    return found


def caches_found(stage: Stage) -> tuple[Cache, ...]:
    """The caches of the stack, as many as there are."""
    names = stage.profile.cache.known
    return tuple(one for kind in KINDS for one in (*stage.existing(kind, names), *undeclared(stage, kind, names)))
