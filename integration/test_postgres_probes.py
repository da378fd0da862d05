"""Questions to a PostgreSQL server: a real one behind TLS, and servers that are not as they should be."""

import contextlib
import json
import socket
import ssl
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest
import ssh_server

from stackproof.core.verdicts import AccessDenied, CallFailed, CouldNotVerify, Unreachable
from stackproof.embedded import postgres as embedded
from stackproof.embedded.authority import Authority
from stackproof.embedded.tls_proxy import TlsProxy
from stackproof.probes import CONNECT_PLAIN, QUERY, START_TLS, Probes, postgres
from stackproof.probes.bastion import Bastion
from stackproof.probes.postgres import Access
from stackproof.redaction import redaction
from stackproof.sources.aws.calls import Answer, Call
from stackproof.sources.replay import recorded_call

HOST = "triflow-ai-production-db.example.rds.amazonaws.com"
PASSWORD = "-".join(("correct", "horse", "4711"))


class Others:
    """The transport for everything that is no probe."""

    counts: ClassVar[Counter[str]] = Counter()

    def send(self, call: Call, absent: tuple[str, ...] = ()) -> Answer:
        raise AssertionError(f"{call} is no probe")

    def wait(self, seconds: float) -> None:
        """Nothing is waited for."""


@dataclass(frozen=True)
class Served:
    database: embedded.Database
    proxy: TlsProxy
    authority: Path
    port: int

    def probes(self, *, password: str = PASSWORD, trusted: Path | None = None, port: int = 0) -> Probes:
        access = Access(password, trusted or self.authority)
        return Probes(Others(), locate=lambda host, asked: ("127.0.0.1", port or self.port), access=lambda: access)

    def ask(self, statement: str, **others: Any) -> Answer:
        return self.probes(**others).send(query(statement))

    def run(self, sql: str, directory: Path) -> None:
        (directory / "script.sql").write_text(sql)
        self.database.run_script(directory / "script.sql")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A database with three of the four extensions, behind TLS."""
    directory = tmp_path_factory.mktemp("database")
    signing = Authority()
    issued = signing.issue([HOST])
    (directory / "authority.pem").write_text(signing.certificate)
    (directory / "certificate.pem").write_text(issued.certificate)
    (directory / "private_key.pem").write_text(issued.private_key)
    with contextlib.ExitStack() as undo:
        database = embedded.start(directory, name="triflow", owner="triflow_admin", password=PASSWORD)
        undo.callback(database.close)
        files = {"certificate": directory / "certificate.pem", "private_key": directory / "private_key.pem"}
        proxy = undo.enter_context(TlsProxy(database.port, **files))
        found = Served(database, proxy, directory / "authority.pem", proxy.port)
        found.run('CREATE EXTENSION vector; CREATE EXTENSION pg_trgm; CREATE EXTENSION "uuid-ossp";', directory)
        yield found


def query(statement: str) -> Call:
    return Call.of(QUERY, "r", Host=HOST, Port=5432, Database="triflow", User="triflow_admin", Statement=statement)


def plain() -> Call:
    return Call.of(CONNECT_PLAIN, "r", Host=HOST, Port=5432, Database="triflow", User="triflow_admin")


def start_tls(version: str) -> Call:
    return Call.of(START_TLS, "r", Host=HOST, Port=5432, Version=version)


@contextmanager
def serving(answer: Callable[[socket.socket], object]) -> Iterator[int]:
    """The port of a server on 127.0.0.1 that treats each connection so."""
    with socket.create_server(("127.0.0.1", 0)) as listening, contextlib.ExitStack() as connections:

        def run() -> None:
            with contextlib.suppress(OSError):
                while True:
                    answer(connections.enter_context(listening.accept()[0]))

        threading.Thread(target=run, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def asked_of(port: int, call: Call, trusted: Path = Path("/nowhere.pem")) -> Answer:
    return Probes(Others(), locate=lambda host, asked: ("127.0.0.1", port), access=lambda: Access(PASSWORD, trusted)).send(call)


def error(code: str, message: str) -> bytes:
    content = f"SFATAL\0C{code}\0M{message}\0\0".encode()
    return b"E" + struct.pack(">i", len(content) + 4) + content


@dataclass
class Impostor:
    """A server with a certificate, which asks for the password in clear text."""

    port: int
    authority: Path
    started: list[bytes] = field(default_factory=list)
    """Who started a session."""
    received: bytes = b""
    """What came after that was asked for."""

    def answer(self, tls: ssl.SSLContext, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):  # a client that does not trust it leaves
            assert connection.recv(8) == struct.pack(">ii", 8, 80877103)
            connection.sendall(b"S")
            with tls.wrap_socket(connection, server_side=True) as encrypted:
                self.started.append(encrypted.recv(1000).split(b"\0user\0")[1].split(b"\0")[0])
                encrypted.sendall(b"R" + struct.pack(">ii", 8, 3))  # AuthenticationCleartextPassword
                self.received += encrypted.recv(1000)


@pytest.fixture
def impostor(tmp_path: Path) -> Iterator[Impostor]:
    signing = Authority()
    issued = signing.issue([HOST])
    files = {name: tmp_path / f"impostor-{name}.pem" for name in ("authority", "certificate", "private_key")}
    for name, text in zip(files, (signing.certificate, issued.certificate, issued.private_key), strict=True):
        files[name].write_text(text)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(files["certificate"], files["private_key"])
    made = Impostor(0, files["authority"])
    with serving(lambda connection: made.answer(tls, connection)) as port:
        made.port = port
        yield made


class TestQuery:
    def test_tells_which_extensions_are_installed_and_which_are_only_available(self, server: Served) -> None:
        found = {row["name"]: row["version"] for row in server.ask(postgres.EXTENSIONS).items("Rows")}
        assert found["vector"].count(".") == 2
        assert found["pg_trgm"]
        assert found["pg_stat_statements"] is None

    @pytest.mark.parametrize("extension", ["vector", "uuid-ossp", "pg_trgm"])
    def test_uses_an_extension(self, extension: str, server: Served) -> None:
        page = server.ask(f"Use {extension}").pages[0]
        assert page["Rows"] == [{"works": True}]
        assert page["Sql"] == postgres.USES[extension]

    def test_tells_what_is_missing(self, server: Served) -> None:
        missing = server.ask("Use pg_stat_statements").pages[0]["Missing"]
        assert missing == {"Code": "42P01", "Message": 'relation "pg_stat_statements" does not exist'}
        assert server.ask(postgres.SCHEMA_VERSION).pages[0]["Missing"]["Code"] == "42P01"

    def test_tells_tables_their_owners_and_what_is_no_table(self, server: Served, tmp_path: Path) -> None:
        server.run(
            "CREATE SCHEMA shop; CREATE TABLE shop.orders (id int); CREATE VIEW shop.latest AS SELECT 1 AS one;"
            "CREATE TABLE shop.parts (id int) PARTITION BY RANGE (id);"
            "CREATE TABLE shop.parts_1 PARTITION OF shop.parts FOR VALUES FROM (1) TO (2);",
            tmp_path,
        )
        rows = [row for row in server.ask(postgres.TABLES).items("Rows") if row["name"].startswith("shop.")]
        assert rows == [
            {"name": "shop.latest", "owner": "triflow_admin", "kind": "view"},
            {"name": "shop.orders", "owner": "triflow_admin", "kind": "table"},
            {"name": "shop.parts", "owner": "triflow_admin", "kind": "partitioned table"},
        ]

    def test_is_answered_in_json_and_holds_no_password(self, server: Served) -> None:
        assert PASSWORD not in json.dumps(server.ask(postgres.EXTENSIONS).pages)
        assert PASSWORD not in repr(Access(PASSWORD, server.authority))

    def test_cannot_change_anything(self, server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(postgres.STATEMENTS, "Write", "CREATE TABLE public.written (id int)")
        answer = server.ask("Write")
        assert isinstance(answer.error, CallFailed)
        assert "25006" in str(answer.error)  # read_only_sql_transaction

    def test_ends_when_it_takes_too_long(self, server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(postgres.STATEMENTS, "Sleep", "SELECT pg_sleep(30)")
        monkeypatch.setattr(postgres, "_SESSION", "-c statement_timeout=100ms")
        answer = server.ask("Sleep")
        assert isinstance(answer.error, CallFailed)
        assert "57014" in str(answer.error)  # query_canceled

    def test_ends_when_the_server_has_vanished(self, server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(postgres.STATEMENTS, "Sleep", "SELECT pg_sleep(30)")
        monkeypatch.setattr(postgres, "TIMEOUT", 1)
        answer = server.ask("Sleep")
        assert isinstance(answer.error, Unreachable)
        assert "was not answered" in str(answer.error)

    def test_of_too_many_rows_is_an_error(self, server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(postgres, "MOST_ROWS", 2)
        assert "more than 2 rows" in str(server.ask(postgres.EXTENSIONS).error)

    def test_that_is_denied_is_an_error(self, server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(postgres.STATEMENTS, "Peek", "SELECT * FROM pg_authid")
        assert isinstance(server.ask("Peek").error, AccessDenied)

    def test_with_the_wrong_password_is_an_error_that_does_not_show_it(self, server: Served) -> None:
        wrong = "-".join(("wrong", "horse", "0815"))
        answer = server.ask(postgres.EXTENSIONS, password=wrong)
        assert isinstance(answer.error, AccessDenied)
        assert "RDS_PASSWORD" in str(answer.error)
        assert wrong not in str(answer.error)

    def test_gives_no_password_to_a_server_that_nobody_vouches_for(self, server: Served, tmp_path: Path) -> None:
        other = tmp_path / "other.pem"
        other.write_text(Authority().certificate)
        answer = server.ask(postgres.EXTENSIONS, trusted=other)
        assert isinstance(answer.error, Unreachable)
        assert "certificate verify failed" in str(answer.error)

    def test_gives_no_password_to_a_server_of_another_name(self, server: Served) -> None:
        call = Call.of(QUERY, "r", Host="db.example.com", Port=5432, Database="a", User="b", Statement=postgres.EXTENSIONS)
        answer = server.probes().send(call)
        assert isinstance(answer.error, Unreachable)
        assert "does not match host name" in str(answer.error)

    def test_gives_no_password_to_a_server_without_tls(self, server: Served) -> None:
        answer = server.ask(postgres.EXTENSIONS, port=server.database.port)
        assert isinstance(answer.error, Unreachable)
        assert "does not support SSL" in str(answer.error)

    def test_gives_no_password_to_a_server_that_asks_for_it_in_clear_text(self, impostor: "Impostor") -> None:
        answer = asked_of(impostor.port, query(postgres.EXTENSIONS), impostor.authority)
        assert isinstance(answer.error, AccessDenied)
        assert "server requested a cleartext password" in str(answer.error)
        assert impostor.started == [b"triflow_admin"]
        assert PASSWORD.encode() not in impostor.received

    def test_that_is_not_told_whom_to_trust_is_not_asked(
        self, impostor: "Impostor", monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """Neither the user's own authorities in ~/.postgresql, nor none at all."""
        (tmp_path / ".postgresql").mkdir()
        (tmp_path / ".postgresql" / "root.crt").write_text(impostor.authority.read_text())
        monkeypatch.setenv("HOME", str(tmp_path))
        assert isinstance(asked_of(impostor.port, query(postgres.EXTENSIONS)).error, Unreachable)
        assert impostor.started == []
        assert impostor.received == b""

    @pytest.mark.parametrize(("way", "names"), [("PGHOSTADDR", "127.0.0.2"), ("PGSERVICE", "other")])
    def test_goes_where_the_call_says_whatever_the_environment_does(
        self, way: str, names: str, server: Served, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        other = {"hostaddr": "127.0.0.2", "sslmode": "require", "require_auth": "password", "target_session_attrs": "read-write"}
        (tmp_path / "services").write_text("\n".join(["[other]", *(f"{name}={value}" for name, value in other.items())]))
        monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
        monkeypatch.setenv(way, names)
        session = {"Host": "127.0.0.1", "Port": server.port, "Database": "triflow", "User": "triflow_admin"}
        asking = Probes(Others(), access=lambda: Access(PASSWORD, server.authority))
        assert asking.send(Call.of(QUERY, "r", **session, Statement="Use vector")).items("Rows") == [{"works": True}]

    def test_goes_to_any_address_of_the_host_that_answers(self, server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, server.port)) for address in ("127.0.0.2", "127.0.0.1")]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **how: found)
        assert server.ask("Use vector").items("Rows") == [{"works": True}]

    def test_of_nothing_there_is_an_error(self, closed_port: int) -> None:
        for call in (query(postgres.EXTENSIONS), start_tls("TLSv1.3"), plain()):
            assert isinstance(asked_of(closed_port, call).error, Unreachable)

    def test_of_what_is_silent_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(postgres, "TIMEOUT", 2)  # libpq waits two seconds at least
        with serving(lambda connection: None) as port:
            assert isinstance(asked_of(port, query(postgres.EXTENSIONS)).error, Unreachable)

    def test_without_access_is_an_error(self) -> None:
        assert isinstance(Probes(Others()).send(query(postgres.EXTENSIONS)).error, CouldNotVerify)

    @pytest.mark.parametrize("sql", postgres.STATEMENTS.values())
    def test_is_a_select_of_one_statement(self, sql: str) -> None:
        assert sql.split()[0] == "SELECT"
        assert ";" not in sql


def test_a_database_is_reached_through_the_bastion(server: Served, tmp_path: Path) -> None:
    """Every question to it, by one way; the certificate is still that of the database."""
    ssh_server.make_keys(tmp_path)
    with ssh_server.in_python(tmp_path) as port, contextlib.ExitStack() as undo:
        bastion = Bastion(f"ssh://{ssh_server.USER}@127.0.0.1:{port}", ssh_server.client_config(tmp_path, port))
        undo.callback(bastion.close)
        asking = Probes(Others(), access=lambda: Access(PASSWORD, server.authority), bastion=bastion)
        where = {"Host": "127.0.0.1", "Port": server.port}
        session = {**where, "Database": "triflow", "User": "triflow_admin"}
        assert asking.send(Call.of(QUERY, "r", **session, Statement="Use vector")).items("Rows") == [{"works": True}]
        assert asking.send(Call.of(START_TLS, "r", **where, Version="TLSv1.3")).pages[0]["Accepted"]
        assert not asking.send(Call.of(CONNECT_PLAIN, "r", **session)).pages[0]["Accepted"]


class TestStartTls:
    @pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
    def test_is_accepted(self, version: str, server: Served) -> None:
        page = server.probes().send(start_tls(version)).pages[0]
        assert page == {"Offered": version, "Accepted": True, "Answer": f"ServerHello {version}"}

    @pytest.mark.parametrize("version", ["TLSv1", "TLSv1.1"])
    def test_of_an_old_version_is_refused(self, version: str, server: Served) -> None:
        assert not server.probes().send(start_tls(version)).pages[0]["Accepted"]

    def test_is_refused_by_a_server_without_tls(self, server: Served) -> None:
        page = server.probes(port=server.database.port).send(start_tls("TLSv1.3")).pages[0]
        assert page == {"Offered": "TLSv1.3", "Accepted": False, "Answer": "no TLS at all"}

    @pytest.mark.parametrize("said", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b""])
    def test_with_what_speaks_something_else_is_an_error(self, said: bytes) -> None:
        with serving(lambda connection: (connection.sendall(said), connection.close())) as port:
            answer = asked_of(port, start_tls("TLSv1.3"))
        assert answer.error


class TestConnectPlain:
    def test_is_refused(self, server: Served) -> None:
        page = server.probes().send(plain()).pages[0]
        assert page["Accepted"] is False
        assert page["Answer"].startswith("28000 no pg_hba.conf entry")
        assert page["Answer"].endswith("no encryption")

    def test_is_accepted_by_a_server_that_goes_on(self, server: Served) -> None:
        assert server.probes(port=server.database.port).send(plain()).pages[0]["Accepted"] is True

    def test_with_a_server_that_hangs_up_is_refused(self) -> None:
        with serving(lambda connection: (connection.recv(99), connection.close())) as port:
            assert asked_of(port, plain()).pages[0] == {"Accepted": False, "Answer": "connection closed"}

    @pytest.mark.parametrize(
        "said", [error("53300", "too many connections"), b"HTTP/1.1 400", b"E\xff\xff\xff\xff", b"E\x7f\xff\xff\xff"]
    )
    def test_that_ends_otherwise_is_an_error(self, said: bytes) -> None:
        with serving(lambda connection: (connection.recv(99), connection.sendall(said), connection.close())) as port:
            assert isinstance(asked_of(port, plain()).error, CallFailed)


class TestAccess:
    def test_takes_the_password_from_the_environment_and_hides_it(self, tmp_path: Path) -> None:
        (tmp_path / "bundle.pem").touch()
        access = Access.of({"RDS_PASSWORD": PASSWORD, "PGSSLROOTCERT": str(tmp_path / "bundle.pem")})
        assert access.trusted == tmp_path / "bundle.pem"
        assert redaction.redact(f"it is {PASSWORD}") == "it is (redacted)"

    def test_without_a_password_says_which_variable_to_set(self) -> None:
        with pytest.raises(AccessDenied, match="set RDS_PASSWORD"):
            Access.of({})

    def test_without_authorities_says_what_to_set(self) -> None:
        with pytest.raises(CouldNotVerify, match=r"set PGSSLROOTCERT to .*global-bundle\.pem"):
            Access.of({"RDS_PASSWORD": PASSWORD})

    def test_with_authorities_that_are_not_there_says_so(self) -> None:
        with pytest.raises(CouldNotVerify, match=r"PGSSLROOTCERT names /nowhere\.pem"):
            Access.of({"RDS_PASSWORD": PASSWORD, "PGSSLROOTCERT": "/nowhere.pem"})


def test_what_was_asked_and_answered_is_kept_as_it_is(server: Served) -> None:
    answer = server.ask(postgres.EXTENSIONS)
    assert recorded_call(answer).pages == tuple(answer.pages)
