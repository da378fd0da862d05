"""PostgreSQL: what the database can do, and how it is reached."""

from stackproof.core.controls import control
from stackproof.judgement.tls import obsolete
from stackproof.judgement.versions import is_at_least


@control("PG-01", severity="high")
def test_vector_is_installed_and_works(vector, profile):
    """Installed, and not merely available; and a distance between two vectors is what it should be."""
    assert vector.installed_version is not None, "available, and not created"
    assert is_at_least(vector.installed_version, profile.workload.extensions["vector"])
    assert vector.problem == ""


@control("PG-02", severity="high")
def test_uuid_ossp_is_installed_and_works(uuid_ossp, profile):
    """Installed, and two identifiers that it makes differ."""
    assert uuid_ossp.installed_version is not None, "available, and not created"
    assert is_at_least(uuid_ossp.installed_version, profile.workload.extensions["uuid-ossp"])
    assert uuid_ossp.problem == ""


@control("PG-03", severity="high")
def test_pg_trgm_is_installed_and_works(pg_trgm, profile):
    """Installed, and two words that are alike are found to be."""
    assert pg_trgm.installed_version is not None, "available, and not created"
    assert is_at_least(pg_trgm.installed_version, profile.workload.extensions["pg_trgm"])
    assert pg_trgm.problem == ""


@control("PG-04", severity="medium")
def test_pg_stat_statements_is_installed_and_works(pg_stat_statements, profile):
    """Installed, loaded by the server, and it has seen statements."""
    assert pg_stat_statements.installed_version is not None, "available, and not created"
    assert is_at_least(pg_stat_statements.installed_version, profile.workload.extensions["pg_stat_statements"])
    assert pg_stat_statements.problem == ""


@control("PG-05", severity="critical")
def test_database_speaks_current_tls_and_nothing_else(database_server):
    """A real handshake for each version, and an attempt without TLS, which the server itself must refuse."""
    assert obsolete(database_server.protocols) == []
    assert database_server.protocols != ()
    assert not database_server.accepts_plain


@control("PG-06", severity="medium")
def test_other_declared_extensions_are_installed(extensions, profile, subtests):
    """Each in its version or a newer one, whichever the application has: what is available, and not created, is not there for a query."""
    for extension in extensions:
        with subtests.test(extension.name):
            assert extension.installed_version is not None, "available, and not created"
            assert is_at_least(extension.installed_version, profile.workload.extensions[extension.name])
