"""Alembic's environment: the same database, connection and logs as the backend's."""

from alembic import context
from sqlalchemy import text

from app import database, logs
from app.aws.client import client
from app.aws.secrets import Secrets
from app.settings import Settings

LOCK = 0x7472_6966  # any number, as long as nothing else takes it
"""Two migrations at once: the second waits, and finds nothing left to do."""


def migrate() -> None:
    """Migrate the database, all or nothing."""
    settings = Settings()
    secrets = Secrets(client("secretsmanager", settings)) if settings.database_secret_name else None
    engine = database.engine(settings, secrets)
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        context.configure(connection=connection, version_table_schema="public")
        context.run_migrations()
    engine.dispose()


def write_sql() -> None:
    """Write what would be executed (``--sql``)."""
    context.configure(dialect_name="postgresql", version_table_schema="public", literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    write_sql()  # to stdout, where the log lines would be in its way
else:
    logs.configure()
    migrate()
