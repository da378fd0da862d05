"""PostgreSQL as it answers: facts from the server, not from AWS's API; and the scripts that its schema comes from."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from stackproof.core.resource import Resource, field
from stackproof.core.verdicts import NotReported
from stackproof.probes import CONNECT_PLAIN, QUERY, START_TLS
from stackproof.probes.postgres import EXTENSIONS, SCHEMA_VERSION, TABLES
from stackproof.resources.database import DatabaseInstance
from stackproof.sources.aws.facts import AwsFacts

if TYPE_CHECKING:
    from stackproof.sources.aws.calls import Answer
    from stackproof.sources.aws.source import Reader

OFFERED = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
"""The TLS versions that are tried."""


def _ask(facts: AwsFacts, statement: str) -> "Answer":
    return facts.read(QUERY, **_session(facts), Statement=statement)


def _session(facts: AwsFacts) -> dict[str, Any]:
    return {**_endpoint(facts), "Database": facts.at("Server.Database"), "User": facts.at("Server.User")}


def _endpoint(facts: AwsFacts) -> dict[str, Any]:
    host, port = facts.at("Server.Endpoint.Address"), facts.at("Server.Endpoint.Port")
    if host is None or port is None:
        raise NotReported(f"{facts.at('Server.Instance')} has no endpoint; is it still being made?")
    return {"Host": host, "Port": port}


def _accepted(server: AwsFacts) -> tuple[str, ...]:
    answers = {version: server.read(START_TLS, **_endpoint(server), Version=version).pages[0] for version in OFFERED}
    return tuple(version for version, answer in answers.items() if answer["Accepted"])


def _accepts_plain(server: AwsFacts) -> Any:
    return server.read(CONNECT_PLAIN, **_session(server)).pages[0].get("Accepted")


def _extensions(server: AwsFacts) -> "tuple[Extension, ...]":
    answer = _ask(server, EXTENSIONS)
    shared = {"Server": server.at("Server")}
    return tuple(server.nested(Extension, row["name"], {**row, **shared}, answer) for row in answer.items("Rows"))


def _problem(extension: AwsFacts) -> str:
    answer = _ask(extension, f"Use {extension.at('name')}")
    missing = answer.pages[0].get("Missing")
    if missing:
        return f"{missing['Message']} ({missing['Code']})"
    return "" if answer.items("Rows") == [{"works": True}] else "it answers, but not what it should"


def _tables(server: AwsFacts) -> "tuple[Table, ...]":
    answer = _ask(server, TABLES)
    return tuple(server.nested(Table, row["name"], row, answer) for row in answer.items("Rows"))


def _revisions(server: AwsFacts) -> tuple[str, ...]:
    """None where there is no version table: no migration was ever applied."""
    answer = _ask(server, SCHEMA_VERSION)
    return () if answer.pages[0].get("Missing") else tuple(row["revision"] for row in answer.items("Rows"))


class Extension(Resource):
    """An extension that a server has, whether it is installed in the database or only available."""

    installed_version: str | None = field(aws="version")
    """None if it is only available."""
    problem: str = field(aws=_problem)
    """Why a query that uses it does not work; empty if it does."""


class Table(Resource):
    """A table of a database, named ``schema.table``."""

    kind: str = field(aws="kind")
    """``table``, ``partitioned table``, ``foreign table``, ``view``, ``materialized view``."""
    owner: str = field(aws="owner")


class DatabaseServer(Resource):
    """A DB instance as a user reaches it, named ``user@instance/database``."""

    operations = (DatabaseInstance.operations[0], QUERY, START_TLS, CONNECT_PLAIN)

    protocols: tuple[str, ...] = field(aws=_accepted)
    """Of those `OFFERED`, the TLS versions that a handshake ended with."""
    accepts_plain: bool = field(aws=_accepts_plain)
    """Whether it goes on with a client that does not ask for TLS."""
    extensions: tuple[Extension, ...] = field(aws=_extensions)
    """Installed or available."""
    tables: tuple[Table, ...] = field(aws=_tables)
    """Of every schema that is not PostgreSQL's own."""
    revisions: tuple[str, ...] = field(aws=_revisions)
    """Revisions in alembic's version table; one for each branch."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[DatabaseServer]":
        answer = aws.read(cls.operations[0])
        found = []
        for name in names:
            user, _, place = name.partition("@")
            instance, _, database = place.partition("/")
            if item := answer.by("DBInstances", "DBInstanceIdentifier").get(instance):
                server = {"Instance": instance, "Endpoint": item.get("Endpoint"), "User": user, "Database": database}
                found.append(cls(name, AwsFacts(aws, {"Server": server}, answer.source), answer.source))
        return found


class Migrations(Resource):
    """A folder of alembic's migration scripts, read and not run."""

    history: dict[str, tuple[str, ...]] = field()
    """The revisions, and which ones each follows."""
