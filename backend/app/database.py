"""The database: TLS, short timeouts, and a password that may rotate while the backend runs."""

import logging
from collections.abc import Callable

import psycopg
from sqlalchemy import Engine, create_engine, text

from app.aws.secrets import Secrets
from app.masking import hide
from app.settings import Settings

CONNECT_TIMEOUT = 2
"""Seconds."""
_log = logging.getLogger(__name__)


def engine(settings: Settings, secrets: Secrets | None = None) -> Engine:
    """Connections to the database, none of which is opened yet.

    With ``secrets`` the password is read again from ``DATABASE_SECRET_NAME`` when the database refuses it: the secret rotates, and
    the environment of a running process does not.
    """
    return create_engine(
        "postgresql+psycopg://", creator=_connector(settings, secrets), pool_pre_ping=True, pool_timeout=CONNECT_TIMEOUT
    )


def ping(engine: Engine) -> None:
    """Ask the database for an answer. Raises `sqlalchemy.exc.SQLAlchemyError` or `psycopg.Error` when there is none."""
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))


def _connector(settings: Settings, secrets: Secrets | None) -> Callable[[], psycopg.Connection]:
    password = settings.rds_password.get_secret_value()

    def connect() -> psycopg.Connection:
        nonlocal password
        try:
            return _connection(settings, password)
        except psycopg.OperationalError as error:
            renewed = _renewed(settings, secrets) if _is_refused(error) else None
            if renewed is None or renewed == password:
                raise
        _log.info("The database refused the password; another one was read from %s", settings.database_secret_name)
        connection = _connection(settings, renewed)
        password = renewed
        return connection

    return connect


def _is_refused(error: psycopg.OperationalError) -> bool:
    """Whether the server refused the password. While a connection is made, libpq tells it by its text alone."""
    return "authentication failed" in str(error) or "no password supplied" in str(error)


def _renewed(settings: Settings, secrets: Secrets | None) -> str | None:
    """The password that the secret holds now; None where there is no secret."""
    if secrets is None or settings.database_secret_name is None:
        return None
    return secrets.read(settings.database_secret_name).get("password")


def _connection(settings: Settings, password: str) -> psycopg.Connection:
    hide(password)
    return psycopg.connect(
        host=settings.rds_address,
        port=settings.rds_port,
        dbname=settings.rds_database,
        user=settings.rds_username,
        password=password or None,
        sslmode=settings.rds_sslmode,
        sslrootcert=settings.rds_sslrootcert,
        connect_timeout=CONNECT_TIMEOUT,
        keepalives_idle=30,
        tcp_user_timeout=CONNECT_TIMEOUT * 1000,
        application_name="triflow-backend",
    )
