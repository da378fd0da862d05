"""Collections of the running workload: the database as it answers, the migrations that made it, hosts and ports."""

from collections.abc import Iterable, Sequence

from stackproof.collections.presence import nothing, there
from stackproof.collections.registry import collection
from stackproof.core.resource import StaticOrigin
from stackproof.core.verdicts import CouldNotVerify, DeclaredButMissing, NotDeclared
from stackproof.judgement import migrations as alembic
from stackproof.resources.host import DatabasePort, TaskPort, Tool
from stackproof.resources.postgres import DatabaseServer, Extension, Migrations, Table
from stackproof.sources import R
from stackproof.targets.base import Stage

TRIED = ("vector", "uuid-ossp", "pg_trgm", "pg_stat_statements")
"""The extensions that PG-01 to PG-04 use."""


@collection
def database_server(stage: Stage) -> DatabaseServer:
    """The stack's database as its user reaches it."""
    expected, instance = stage.profile.workload, stage.profile.workload_database
    return stage.one(DatabaseServer, f"{expected.user}@{instance}/{expected.database}")


@collection(reads=(DatabaseServer,))
def vector(stage: Stage) -> Extension:
    """The extension vector (pgvector)."""
    return _extension(stage, "vector")


@collection(reads=(DatabaseServer,))
def uuid_ossp(stage: Stage) -> Extension:
    """The extension uuid-ossp."""
    return _extension(stage, "uuid-ossp")


@collection(reads=(DatabaseServer,))
def pg_trgm(stage: Stage) -> Extension:
    """The extension pg_trgm."""
    return _extension(stage, "pg_trgm")


@collection(reads=(DatabaseServer,))
def pg_stat_statements(stage: Stage) -> Extension:
    """The extension pg_stat_statements."""
    return _extension(stage, "pg_stat_statements")


def _extension(stage: Stage, name: str) -> Extension:
    if name not in stage.profile.workload.extensions:
        raise NotDeclared(f"the extension {name} is not declared ([workload.extensions])", needs=(f"workload.extensions.{name}",))
    return _declared([name], database_server(stage).extensions)[0]


@collection(reads=(DatabaseServer,))
def extensions(stage: Stage) -> tuple[Extension, ...]:
    """The declared extensions of the database, but for those that controls of their own try out."""
    names = [name for name in stage.profile.workload.extensions if name not in TRIED]
    if not names:
        raise NotDeclared("no other extension is declared ([workload.extensions])", needs=("workload.extensions",))
    return _declared(names, database_server(stage).extensions)


@collection(reads=(DatabaseServer,))
def tables(stage: Stage) -> tuple[Table, ...]:
    """The declared tables of the database."""
    return _declared(stage.profile.workload.tables, database_server(stage).tables)


def _declared(names: Sequence[str], there: Iterable[R]) -> tuple[R, ...]:
    """The resources that are declared, in that order. Raises `DeclaredButMissing` naming the others."""
    found = {resource.name: resource for resource in there}
    missing = [name for name in names if name not in found]
    if missing:
        raise DeclaredButMissing(f"declared, but not in the database: {', '.join(missing)} (found: {', '.join(found) or 'none'})")
    return tuple(found[name] for name in names)


@collection(reads=(DatabaseServer,))
def migrations(stage: Stage) -> Migrations:
    """The migration scripts of the sources. Raises `NotDeclared` where no tool that is known migrates a database that says so, too."""
    if stage.profile.workload.migration_tool == "none":
        return _no_migrations(stage)
    name = stage.profile.workload.migrations
    files = sorted((stage.root / name).glob("*.py"))
    scripts = [alembic.script(file.read_text(encoding="utf-8"), file.name) for file in files if file.name != "__init__.py"]
    history = {script.revision: script.follows for script in scripts}
    if not scripts:
        raise DeclaredButMissing(f"{name} holds no migration script")
    if len(history) < len(scripts):
        raise CouldNotVerify(f"{name}: two scripts are of one revision; only one of them is ever applied")
    return Migrations(name, StaticOrigin({"history": history}, name), name)


def _no_migrations(stage: Stage) -> Migrations:
    """No scripts, beside a database in which a tool left its version table; raises `NotDeclared` where none did."""
    source = "workload.migration_tool"
    if not (server := database_server(stage)).revisions:
        raise NotDeclared(
            "the stack says that alembic does not migrate its database, and there is no version table of it",
            needs=("workload.migration_tool",),
            read=("DatabaseServer.revisions", server.name, "none", server.source),
        )
    return Migrations("none", StaticOrigin({"history": {}}, source), source)


@collection
def tools(stage: Stage) -> tuple[Tool, ...]:
    """The tools that the machine that deploys must have."""
    return stage.named(Tool, [tool.name for tool in stage.profile.host.tools])


@collection
def database_ports(stage: Stage) -> tuple[DatabasePort, ...]:
    """The port of each of the stack's declared databases."""
    return there(stage, "database", DatabasePort, [one.identifier for one in stage.profile.database])


@collection
def task_ports(stage: Stage) -> tuple[TaskPort, ...]:
    """The port of each running task."""
    profile = stage.profile
    names = [f"{name}:{profile.port_of(name)}" for name in profile.service_names]
    found = tuple(stage.source().collect(TaskPort, names))
    if not found and names:
        raise DeclaredButMissing(f"no task runs in {', '.join(profile.clusters)} (declared: {', '.join(profile.service_names)})")
    if not found:
        raise nothing(stage, "service", TaskPort, names)
    return found
