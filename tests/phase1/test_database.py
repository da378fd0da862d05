"""Amazon RDS."""

from datetime import timedelta

from stackproof.core.controls import control
from stackproof.judgement.databases import serves
from stackproof.judgement.versions import is_version


@control("RDS-01", severity="high")
def test_database_is_available_as_declared(database, profile, subtests):
    """PostgreSQL of the declared class and version, with a standby in another zone; also once what is pending is applied."""
    with subtests.test(database.name):
        assert serves(database.status), database.status
    for instance in (database, database.after_maintenance):
        with subtests.test(instance.name):
            assert instance.identifier == profile.database.identifier, "it is about to be renamed"
        with subtests.test(instance.name):
            assert instance.engine == profile.database.engine
        with subtests.test(instance.name):
            assert is_version(instance.engine_version, profile.database.engine_version)
        with subtests.test(instance.name):
            assert instance.instance_class == profile.database.instance_class
        with subtests.test(instance.name):
            assert instance.is_multi_zone


@control("RDS-02", severity="medium")
def test_database_can_be_ordered_and_is_supported(database_offer, profile, now):
    """It could be made anew as it is, and its major version does not fall into extended support, which costs, unnoticed."""
    assert database_offer.can_be_ordered
    assert database_offer.standard_support_until - now >= timedelta(days=profile.database.standard_support_days)
