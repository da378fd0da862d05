"""Collections of ECR repositories: those of the stack."""

from stackproof.collections.registry import collection
from stackproof.collections.stack import of_own
from stackproof.resources.ecr_repository import EcrRepository
from stackproof.targets.base import Stage


@collection
def ecr_repositories(stage: Stage) -> tuple[EcrRepository, ...]:
    """The repositories that the profile declares, and every other of the stack's."""
    return of_own(stage, "registry", EcrRepository, stage.profile.declared_repositories)
