"""File systems of Amazon EFS."""

from stackproof.core.controls import control


@control("SEC-EFS-01", severity="high")
def test_file_systems_are_encrypted(efs_file_systems, subtests):
    """Encryption is decided when a file system is made: one without it can only be copied into another."""
    for system in efs_file_systems:
        with subtests.test(system.name):
            assert system.is_encrypted
