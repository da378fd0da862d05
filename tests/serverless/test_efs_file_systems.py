"""File systems of Amazon EFS."""

from stackproof.core.controls import control
from stackproof.judgement.outsiders import outsiders
from stackproof.judgement.policy import denies_mounting_without_tls


@control("SEC-EFS-01", severity="high")
def test_file_systems_are_encrypted(efs_file_systems, subtests):
    """Encryption is decided when a file system is made: one without it can only be copied into another."""
    for system in efs_file_systems:
        with subtests.test(system.name):
            assert system.is_encrypted


@control("SEC-EFS-02", severity="high")
def test_file_systems_are_mounted_with_tls_alone(efs_file_systems, subtests):
    """NFS itself sends what it reads and writes in the clear."""
    for system in efs_file_systems:
        with subtests.test(system.name):
            assert system.policy is not None, "no policy asks for TLS"
            assert denies_mounting_without_tls(system.policy)


@control("SEC-EFS-03", severity="high")
def test_file_systems_are_used_by_nobody_from_outside(efs_file_systems, profile, subtests):
    """Whoever may mount a file system reads what is in it, and who may write changes it."""
    for system in efs_file_systems:
        with subtests.test(system.name):
            assert system.policy is None or outsiders(system.policy, profile.told_account) == []


@control("SEC-EFS-04", severity="medium")
def test_file_systems_are_backed_up(efs_file_systems, subtests):
    """What is deleted from a file system is gone at once, on every server that has it mounted."""
    for system in efs_file_systems:
        with subtests.test(system.name):
            assert system.is_backed_up


@control("SEC-EFS-05", severity="medium")
def test_access_points_have_a_user_of_their_own(efs_file_systems, subtests):
    """Without one, a client says itself as whom it reads and writes: as root, if it likes."""
    for system in efs_file_systems:
        with subtests.test(system.name):
            for point in system.access_points:
                with subtests.test(f"{system.name} {point.name}"):
                    assert point.acts_as_one_user
