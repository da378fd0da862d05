"""Amazon RDS."""

from datetime import timedelta

from stackproof.core.controls import control


@control("SEC-RDS-01", severity="critical")
def test_databases_are_not_publicly_accessible(databases, database_clusters, subtests):
    """No database of the stack has an address that the internet can reach."""
    for database in (*databases, *database_clusters):
        with subtests.test(database.name):
            assert not database.publicly_accessible


@control("SEC-RDS-02", severity="critical")
def test_database_subnets_have_no_route_to_an_internet_gateway(databases, database_clusters, subtests):
    """A failover may move a database to any subnet of its group, so none of them is public."""
    for database in (*databases, *database_clusters):
        with subtests.test(database.name):
            assert database.subnets
            for subnet in database.subnets:
                with subtests.test(f"{database.name} {subnet.name}"):
                    assert subnet.route_table.internet_routes == []


@control("SEC-RDS-03", severity="critical")
def test_databases_and_snapshots_are_encrypted_and_not_public(databases, database_clusters, database_snapshots, subtests):
    """A snapshot that is shared with everyone is the whole database in everyone's hands, long after the database is gone."""
    for database in (*databases, *database_clusters):
        with subtests.test(database.name):
            assert database.storage_encrypted
    for snapshot in database_snapshots:
        with subtests.test(snapshot.name):
            assert snapshot.is_encrypted
        with subtests.test(f"{snapshot.name} sharing"):
            assert "all" not in snapshot.shared_with


@control("SEC-RDS-04", severity="high")
def test_databases_refuse_connections_without_tls(databases, database_clusters, subtests):
    """What makes an engine refuse them counts where it is attached, and only once the instance runs with it."""
    for database in (*databases, *database_clusters):
        with subtests.test(database.name):
            assert database.tls_rules
            for rule in database.tls_rules:
                with subtests.test(f"{database.name} {rule.name}"):
                    assert rule.requires_tls
                with subtests.test(f"{database.name} {rule.name}"):
                    assert rule.status == "in-sync"


@control("SEC-RDS-05", severity="high")
def test_databases_can_be_restored_and_stay_current(databases, profile, now, subtests):
    """Backups, no deletion by accident, minor upgrades, and a certificate authority that lasts until clients know the next one.

    Also once what is pending is applied.
    """
    for database in databases:
        declared = profile.database_of(database.name)
        for instance in (database, database.after_maintenance):
            with subtests.test(instance.name):
                assert instance.backup_days >= declared.backup_days
            with subtests.test(instance.name):
                assert instance.deletion_protection
            with subtests.test(instance.name):
                assert instance.upgrades_minor_versions
            with subtests.test(instance.name):
                assert instance.certificate_authority.valid_till - now >= timedelta(days=declared.ca_certificate_days)
