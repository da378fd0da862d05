"""Amazon VPC."""

from stackproof.controls import control


@control("SEC-SG-01", severity="critical")
def test_security_groups_open_exactly_what_is_declared(security_groups, profile, subtests):
    """Every way in is declared, and every declared way is there."""
    for group in security_groups:
        with subtests.test(group.name):
            assert group.ingress == profile.network.openings_of(group.name)
