"""Amazon RDS."""

from datetime import timedelta

from stackproof.core.controls import control


@control("SEC-RDS-01", severity="critical")
def test_databases_are_not_publicly_accessible(databases, subtests):
    """No database of the stack has an address that the internet can reach."""
    for database in databases:
        with subtests.test(database.name):
            assert not database.publicly_accessible


@control("SEC-RDS-02", severity="critical")
def test_database_subnets_have_no_route_to_an_internet_gateway(databases, subtests):
    """A failover may move a database to any subnet of its group, so none of them is public."""
    for database in databases:
        with subtests.test(database.name):
            assert database.subnets
            for subnet in database.subnets:
                with subtests.test(f"{database.name} {subnet.name}"):
                    assert subnet.route_table.internet_routes == []


@control("SEC-RDS-03", severity="critical")
def test_databases_and_snapshots_are_encrypted_and_not_public(databases, subtests):
    """A snapshot that is shared with everyone is the whole database in everyone's hands."""
    for database in databases:
        with subtests.test(database.name):
            assert database.storage_encrypted
        with subtests.test(f"{database.name} snapshots"):
            for snapshot in database.snapshots:
                with subtests.test(snapshot.name):
                    assert snapshot.is_encrypted
                    assert "all" not in snapshot.shared_with


@control("SEC-RDS-04", severity="high")
def test_databases_refuse_connections_without_tls(databases, subtests):
    """The parameter counts in the group that is attached, and only once the instance runs with it."""
    for database in databases:
        with subtests.test(database.name):
            assert database.parameter_groups
            for group in database.parameter_groups:
                with subtests.test(f"{database.name} {group.name}"):
                    assert group.force_ssl == "1"
                    assert group.status == "in-sync"


@control("SEC-RDS-05", severity="high")
def test_database_can_be_restored_and_stays_current(database, profile, now):
    """Backups, no deletion by accident, minor upgrades, and a certificate authority that lasts until clients know the next one."""
    assert database.backup_days >= profile.database.backup_days
    assert database.deletion_protection
    assert database.upgrades_minor_versions
    assert database.certificate_authority.valid_till - now >= timedelta(days=profile.database.ca_certificate_days)
