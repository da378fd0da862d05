"""Amazon RDS."""

from stackproof.controls import control


@control("SEC-RDS-01", severity="critical")
def test_database_is_not_publicly_accessible(database):
    """The database has no address that the internet can reach."""
    assert not database.publicly_accessible
