"""What alembic made of the database."""

from stackproof.core.controls import control
from stackproof.judgement.migrations import problems


@control("MIG-01", severity="high")
def test_tables_are_there_and_belong_to_the_application(tables, profile, subtests):
    """Tables in the full sense: a view or a foreign table of that name is none."""
    for table in tables:
        with subtests.test(table.name):
            assert table.kind == "table"
            assert table.owner == profile.workload.owner


@control("MIG-02", severity="high")
def test_database_is_at_the_one_head_of_its_migrations(database_server, migrations):
    """Every script of the sources was applied, nothing else was, and there is one end to reach."""
    assert problems(database_server.revisions, migrations.history) == []
