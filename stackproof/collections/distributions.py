"""Collections of distributions of CloudFront: those of the stack."""

from stackproof.collections.presence import there
from stackproof.collections.registry import collection
from stackproof.collections.stack import undeclared
from stackproof.resources.distribution import Distribution
from stackproof.targets.base import Stage


@collection
def distributions(stage: Stage) -> tuple[Distribution, ...]:
    """The distributions of the stack: all that a plan makes; on AWS the declared ones, and those that answer from what the profile owns."""
    names = stage.profile.distribution.known
    return there(stage, "distribution", Distribution, names, _others(stage))


def distributions_found(stage: Stage) -> list[Distribution]:
    """The distributions of the stack, as many as there are."""
    return [*stage.existing(Distribution, stage.profile.distribution.known), *_others(stage)]


def _others(stage: Stage) -> list[Distribution]:
    """One has no name that says whose it is: it is the stack's if a bucket is its origin whose name begins with a prefix of the stack."""
    own = stage.profile.prefixes
    names = stage.profile.distribution.known
    return undeclared(stage, Distribution, names, lambda one: any(domain.startswith(own) for domain in one.belongs_by_origin))
