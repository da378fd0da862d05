"""Collections of EFS file systems: those of the stack."""

from stackproof.collections.registry import collection
from stackproof.collections.stack import of_own
from stackproof.resources.efs_file_system import EfsFileSystem
from stackproof.targets.base import Stage


@collection
def efs_file_systems(stage: Stage) -> tuple[EfsFileSystem, ...]:
    """The EFS file systems of the stack: all that a plan makes, and on AWS those whose name begins with a prefix that the profile owns."""
    return of_own(stage, "efs_file_system", EfsFileSystem, stage.profile.efs_file_system.known)
