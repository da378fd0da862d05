"""Questions to a PostgreSQL server: how it treats those who connect, and a few constant statements.

Nothing is changed: a statement runs in a read-only transaction, and every one that can be sent stands in `STATEMENTS`. The password is
part of no call and no answer. It is proven to a server whose certificate is for the host that was asked, and to no other; it is sent to
none (SCRAM, RFC 5802). The variables of the environment by which libpq finds a server change nothing.

Sources: PostgreSQL documentation, "Message Formats" and "PostgreSQL Error Codes"; libpq, "Database Connection Control Functions".
"""

import contextlib
import os
import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackproof.core.verdicts import AccessDenied, CallFailed, CouldNotVerify, Unreachable
from stackproof.probes import tls
from stackproof.redaction import redaction

if TYPE_CHECKING:
    import psycopg

USES = {
    "vector": "SELECT '[1,2]'::vector <-> '[1,3]'::vector = 1 AS works",
    "uuid-ossp": "SELECT uuid_generate_v4() <> uuid_generate_v4() AS works",
    "pg_trgm": "SELECT similarity('abc', 'abd') > 0 AND similarity('abc', 'abd') < 1 AS works",
    "pg_stat_statements": "SELECT count(*) > 0 AS works FROM pg_stat_statements",
}
"""For each extension a statement that uses it, and is true if it does what it should."""

EXTENSIONS = "ListExtensions"
TABLES = "ListTables"
SCHEMA_VERSION = "GetSchemaVersion"

STATEMENTS = {
    EXTENSIONS: """
        SELECT coalesce(installed.extname, available.name)::text AS name, installed.extversion AS version
        FROM pg_catalog.pg_extension AS installed
        FULL JOIN pg_catalog.pg_available_extensions AS available ON available.name = installed.extname
        ORDER BY 1
    """,
    TABLES: """
        SELECT namespace.nspname || '.' || class.relname AS name, pg_catalog.pg_get_userbyid(class.relowner)::text AS owner,
            CASE class.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'f' THEN 'foreign table'
                WHEN 'v' THEN 'view' ELSE 'materialized view' END AS kind
        FROM pg_catalog.pg_class AS class
        JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
        WHERE class.relkind IN ('r', 'p', 'f', 'v', 'm') AND NOT class.relispartition
            AND namespace.nspname <> 'information_schema' AND namespace.nspname NOT LIKE 'pg\\_%'
        ORDER BY 1
    """,
    SCHEMA_VERSION: "SELECT version_num::text AS revision FROM public.alembic_version ORDER BY 1",
    **{f"Use {extension}": sql for extension, sql in USES.items()},
}
"""Every statement that is ever sent, by the name that a call has for it."""

PASSWORD, AUTHORITIES = "RDS_PASSWORD", "PGSSLROOTCERT"
"""Variables of the environment: the password, and a file with the authorities that RDS's certificates are signed by."""

_BUNDLE = "Amazon RDS's global-bundle.pem (https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem)"

TIMEOUT = 10
"""Seconds, to connect and to answer, each."""
STATEMENT_TIMEOUT = 5
"""Seconds, after which the server gives a statement up."""
MOST_ROWS = 10_000

_SESSION = f"-c default_transaction_read_only=on -c statement_timeout={STATEMENT_TIMEOUT}s"
_MISSING = {
    "3F000": "invalid_schema_name",
    "42704": "undefined_object",
    "42883": "undefined_function",
    "42P01": "undefined_table",
    "55000": "object_not_in_prerequisite_state",
    "58P01": "undefined_file",
}
"""Error codes by which a server says that what a statement names is not there, or cannot be used: an answer like any other."""
_INSUFFICIENT_PRIVILEGE = "42501"
_INVALID_AUTHORIZATION = "28000"
"""Of pg_hba.conf, which refuses whoever it has no entry for: without TLS, on RDS with ``rds.force_ssl=1``."""

_SSL_REQUEST = struct.pack(">ii", 8, 80877103)
_PROTOCOL_3_0 = 196608
_LONGEST_MESSAGE = 30_000


@dataclass(frozen=True)
class Access:
    """The password and the trusted authorities that a database is asked with."""

    password: str = field(repr=False)
    trusted: Path
    """The authorities that the server's certificate may be signed by, PEM."""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Access":
        """As an environment has it. Raises `CouldNotVerify` for one that has no password, or names no authorities that are there."""
        password, authorities = environment.get(PASSWORD), environment.get(AUTHORITIES)
        if not password:
            raise AccessDenied(f"no password for the database: set {PASSWORD}, as in .env.production, and run again")
        redaction.register_if_unmistakable(password)
        if not authorities:
            raise CouldNotVerify(
                f"who answers for the database cannot be told, and it gets no password: set {AUTHORITIES} to {_BUNDLE}, and run again"
            )
        if not Path(authorities).is_file():
            raise CouldNotVerify(
                f"{AUTHORITIES} names {authorities}, and there is no such file; download {_BUNDLE} and name that"
            )
        return cls(password, Path(authorities))


def query(address: tuple[str, int], asked: Mapping[str, Any], access: Access) -> dict[str, Any]:
    """The answer to one of `STATEMENTS`: ``{"Sql": ..., "Rows": [{column: value}, ...]}``, or, in the place of the rows, what is
    missing: ``{"Missing": {"Code": "42P01", "Message": ...}}``.

    Raises a `CouldNotVerify` that says what to do next.
    """
    import psycopg
    from psycopg.rows import dict_row

    sql = " ".join(STATEMENTS[asked["Statement"]].split())
    place = f"{asked['User']}@{asked['Host']}:{asked['Port']}/{asked['Database']}"
    try:
        opened = psycopg.connect(**_parameters(address, asked, access), autocommit=True, row_factory=dict_row)
    except psycopg.OperationalError as error:
        raise _not_let_in(place, error) from None
    try:
        with opened as connection, _bounded(connection):
            rows = connection.execute(sql.encode()).fetchmany(MOST_ROWS + 1)
    except psycopg.Error as error:
        message = error.diag.message_primary or str(error)
        if error.sqlstate in _MISSING:
            return {"Sql": sql, "Missing": {"Code": error.sqlstate, "Message": message}}
        raise _not_answered(place, asked["Statement"], error.sqlstate, message) from None
    if len(rows) > MOST_ROWS:
        raise CallFailed(f"{place}: {asked['Statement']} has more than {MOST_ROWS} rows; that is more than is judged")
    return {"Sql": sql, "Rows": rows}


def handshake(connection: socket.socket, server_name: str, version: str) -> dict[str, Any]:
    """Offer one TLS version; see `stackproof.probes.tls.handshake`. Raises `CallFailed` for what does not speak PostgreSQL."""
    connection.sendall(_SSL_REQUEST)
    answer = connection.recv(1)
    if answer == b"S":
        return tls.handshake(connection, server_name, version)
    if answer == b"N":
        return {"Offered": version, "Accepted": False, "Answer": "no TLS at all"}
    raise _not_postgres(answer)


def connect_plain(connection: socket.socket, user: str, database: str) -> dict[str, Any]:
    """Start a session without TLS, up to where a password would be asked for: ``{"Accepted": false, "Answer": "28000 ..."}``.

    A server that hangs up has refused. Raises `CallFailed` for one that refuses for another reason, and for what does not speak
    PostgreSQL.
    """
    content = b"".join(text.encode() + b"\0" for text in ("user", user, "database", database, ""))
    connection.sendall(struct.pack(">ii", 8 + len(content), _PROTOCOL_3_0) + content)
    try:
        kind = connection.recv(1)
        message = _message(connection) if kind else b""
    except ConnectionError:
        kind = b""
    if not kind:
        return {"Accepted": False, "Answer": "connection closed"}
    if kind == b"R":
        return {"Accepted": True, "Answer": "goes on to authentication"}
    if kind != b"E":
        raise _not_postgres(kind)
    said = {part[:1]: part[1:].decode(errors="replace") for part in message.split(b"\0") if part}
    answer = f"{said.get(b'C', '')} {said.get(b'M', '')}".strip()
    if said.get(b"C") != _INVALID_AUTHORIZATION:
        raise CallFailed(f"the server refused a connection without TLS, but not for that: {answer}")
    return {"Accepted": False, "Answer": answer}


def _parameters(address: tuple[str, int], asked: Mapping[str, Any], access: Access) -> dict[str, Any]:
    """For libpq. The name is what the certificate must be for, the address where it is reached.

    What is not said here libpq takes from its environment, such as PGHOSTADDR, and from the service that PGSERVICE names: so whatever
    decides who is asked, and how, is said.
    """
    host, port = address
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(where[0]) for *_, where in found))
    return {
        "host": ",".join([asked["Host"]] * len(addresses)),
        "hostaddr": ",".join(addresses),
        "port": port,
        "dbname": asked["Database"],
        "user": asked["User"],
        "password": access.password,
        "passfile": os.devnull,
        "require_auth": "scram-sha-256",
        "sslmode": "verify-full",
        "sslrootcert": str(access.trusted),
        "sslcertmode": "disable",
        "sslnegotiation": "postgres",
        "gssencmode": "disable",
        "target_session_attrs": "any",
        "connect_timeout": TIMEOUT,
        "options": _SESSION,
        "application_name": "stackproof",
        "client_encoding": "UTF8",
    }


@contextlib.contextmanager
def _bounded(connection: "psycopg.Connection[Any]") -> Iterator[None]:
    """Hang up on a server that does not answer in time: it may have vanished, and then gives nothing up itself."""
    watch = threading.Timer(TIMEOUT, partial(_hang_up, connection.fileno()))
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


def _hang_up(file_number: int) -> None:
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(file_number)) as duplicate:
        duplicate.shutdown(socket.SHUT_RDWR)


def _not_let_in(place: str, error: "psycopg.OperationalError") -> CouldNotVerify:
    """Why a connection was not made. libpq has no code for it, and the server's words may be in any language."""
    words = " ".join(str(error).split())
    if "authentication method requirement" in words:
        return AccessDenied(
            f"{place}: the server asks for the password in another way than SCRAM-SHA-256, and does not get it; on RDS set the user's "
            f"password again, with password_encryption = scram-sha-256. {words}"
        )
    if error.pgconn and error.pgconn.used_password:
        return AccessDenied(
            f"{place}: the server did not let it in; is the password (RDS_PASSWORD) the one of this database? {words}"
        )
    return Unreachable(f"{place}: no connection; check the network from here (--bastion reaches it from inside the VPC). {words}")


def _not_answered(place: str, statement: str, code: str | None, message: str) -> CouldNotVerify:
    if code == _INSUFFICIENT_PRIVILEGE:
        return AccessDenied(f"{place}: {statement} was denied ({message}); let this user read it and run again")
    if code is None:
        return Unreachable(f"{place}: {statement} was not answered ({' '.join(message.split())}); run again")
    return CallFailed(f"{place}: {statement} failed: {code} {message}")


def _not_postgres(answer: bytes) -> CallFailed:
    return CallFailed(f"what answers does not speak PostgreSQL ({f'its first byte: {answer.hex()}' if answer else 'it hung up'})")


def _message(connection: socket.socket) -> bytes:
    """The rest of a message, after its kind. Raises `CallFailed` for one that no server sends here."""
    (length,) = struct.unpack(">i", _exactly(connection, 4))
    if not 4 <= length <= _LONGEST_MESSAGE:
        raise CallFailed(f"what answers does not speak PostgreSQL (a message of {length} bytes)")
    return _exactly(connection, length - 4)


def _exactly(connection: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        part = connection.recv(size - len(received))
        if not part:
            raise ConnectionError("the connection was closed in the middle of a message")
        received += part
    return received
