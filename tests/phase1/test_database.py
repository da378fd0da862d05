"""Amazon RDS."""

from datetime import timedelta

from stackproof.core.controls import control
from stackproof.judgement.databases import expected_exports, hears_of, serves, unheard
from stackproof.judgement.versions import is_version


@control("RDS-01", severity="high")
def test_databases_are_available_as_declared(databases, profile, subtests):
    """Of the declared engine, class and version, with a standby in another zone; also once what is pending is applied."""
    for database in databases:
        declared = profile.database_of(database.name)
        with subtests.test(database.name):
            assert serves(database.status), database.status
        for instance in (database, database.after_maintenance):
            with subtests.test(instance.name):
                assert instance.identifier == database.name, "it is about to be renamed"
            with subtests.test(instance.name):
                assert instance.engine == declared.engine
            with subtests.test(instance.name):
                assert is_version(instance.engine_version, declared.engine_version)
            with subtests.test(instance.name):
                assert instance.instance_class == declared.instance_class
            with subtests.test(instance.name):
                assert not declared.multi_zone or instance.is_multi_zone


@control("RDS-02", severity="medium")
def test_databases_can_be_ordered_and_are_supported(database_offers, profile, now, subtests):
    """Each could be made anew as it is, and its major version does not fall into extended support, which costs, unnoticed."""
    for name in database_offers:
        with subtests.test(name):
            assert database_offers[name].can_be_ordered
        with subtests.test(name):
            offer = database_offers[name]
            assert offer.standard_support_until - now >= timedelta(days=profile.database_of(name).standard_support_days)


@control("RDS-03", severity="medium")
def test_databases_are_looked_after(databases, event_subscriptions, restored_databases, profile, now, subtests):
    """What they log is kept, snapshots say whose they are, somebody hears of failures, and a restore was tried lately."""
    for database in databases:
        declared = profile.database_of(database.name)
        with subtests.test(database.name):
            wanted = declared.log_exports if declared.says("log_exports") else expected_exports(database.engine)
            assert {*database.log_exports} >= {*wanted}
        with subtests.test(database.name):
            assert database.copies_tags
        with subtests.test(database.name):
            assert database.iam_authentication or not declared.iam_authentication
        with subtests.test(database.name):
            heard = [one for one in event_subscriptions if one.enabled and hears_of(one.source_type, one.sources, database.name)]
            assert unheard(one.categories for one in heard) == []
    for database in restored_databases:
        with subtests.test(database.name):
            assert database.backed_up_at is not None, "no plan of AWS Backup has ever backed it up"
            assert now - database.backed_up_at <= timedelta(days=profile.database_of(database.name).backup_plan_days)
        with subtests.test(database.name):
            assert database.restored_at is not None, "AWS Backup has never restored it"
            assert now - database.restored_at <= timedelta(days=profile.database_of(database.name).restore_test_days)
