"""PostgreSQL, and what alembic made of it."""

from collections.abc import Mapping
from dataclasses import replace

from proofs.cases import ERROR, FAIL, NOT_DECLARED, PASS, Case, cloud
from proofs.harness import Edit, changed, fails, omits, profile, says
from stackproof.core.verdicts import AccessDenied, CallFailed, CouldNotVerify, Unreachable
from stackproof.probes.postgres import EXTENSIONS, SCHEMA_VERSION, TABLES

QUERY = "postgres:Query"


def listed(extension: str, version: str | None) -> Edit:
    """Let the server have an extension in this version; None for one that is only available."""
    return says(QUERY, f"Rows.name={extension}.version", version, Statement=EXTENSIONS)


def missing(code: str, message: str, statement: str) -> tuple[Edit, Edit]:
    """Let the server say that what a statement needs is not there."""
    said = {"Code": code, "Message": message}
    return omits(QUERY, "Rows", Statement=statement), says(QUERY, "Missing", said, Statement=statement)


def rows_of(control: str, extension: str, declared: str, older: str, newer: str) -> list[Case]:
    use = f"Use {extension}"
    unknown = missing("42883", "function does not exist", use)
    return [
        cloud(control, "available, but not created", FAIL, listed(extension, None), names="installed_version"),
        cloud(control, "older than declared", FAIL, listed(extension, older), names=older),
        cloud(control, "as old as declared", PASS, listed(extension, f"{declared}.0")),
        cloud(control, "newer than declared", PASS, listed(extension, newer)),
        cloud(
            control,
            "not even available",
            FAIL,
            says(QUERY, f"Rows.name={extension}.name", "x", Statement=EXTENSIONS),
            names=extension,
        ),
        cloud(control, "installed, and does not work", FAIL, *unknown, names="function does not exist (42883)"),
        cloud(control, "it answers something else", FAIL, says(QUERY, "Rows", [{"works": False}], Statement=use)),
        cloud(control, "it answers nothing", FAIL, says(QUERY, "Rows", [], Statement=use)),
        cloud(control, "a version that is none", ERROR, listed(extension, "unpackaged"), names="unpackaged"),
        cloud(control, "the list has no rows", ERROR, omits(QUERY, "Rows", Statement=EXTENSIONS), names="Rows"),
        cloud(control, "no answer", ERROR, omits(QUERY, "Rows", Statement=use)),
        cloud(control, "the wrong password", ERROR, fails(QUERY, AccessDenied("set RDS_PASSWORD")), names="RDS_PASSWORD"),
        cloud(control, "no such instance", FAIL, says("rds:DescribeDBInstances", "DBInstances", [])),
        cloud(control, "an instance without an endpoint", ERROR, omits("rds:DescribeDBInstances", "DBInstances.0.Endpoint")),
    ]


WORKING = [
    cloud("PG-06", "available, but not created", FAIL, listed("plpgsql", None), names="not created"),
    cloud("PG-06", "older than declared", FAIL, listed("plpgsql", "0.9"), names="0.9"),
    cloud("PG-06", "newer than declared", PASS, listed("plpgsql", "1.1")),
    cloud("PG-06", "not even available", FAIL, says(QUERY, "Rows.name=plpgsql.name", "x", Statement=EXTENSIONS), names="plpgsql"),
    cloud("PG-06", "a version that is none", ERROR, listed("plpgsql", "unpackaged"), names="unpackaged"),
    cloud("PG-06", "the list has no rows", ERROR, omits(QUERY, "Rows", Statement=EXTENSIONS), names="Rows"),
    cloud("PG-06", "no such instance", FAIL, says("rds:DescribeDBInstances", "DBInstances", [])),
    *rows_of("PG-01", "vector", "0.5", "0.4.4", "0.10.0"),
    *rows_of("PG-02", "uuid-ossp", "1.1", "1.0", "1.10"),
    *rows_of("PG-03", "pg_trgm", "1.6", "1.5", "1.10"),
    *rows_of("PG-04", "pg_stat_statements", "1.10", "1.9", "2.0"),
    cloud(
        "PG-04",
        "installed, and not loaded by the server",
        FAIL,
        *missing("55000", "pg_stat_statements must be loaded via shared_preload_libraries", "Use pg_stat_statements"),
        names="shared_preload_libraries",
    ),
]

HANDSHAKE, PLAIN = "postgres:Handshake", "postgres:ConnectPlain"


def accepts(version: str, accepted: bool) -> Edit:
    return says(HANDSHAKE, "Accepted", accepted, Version=version)


ENCRYPTED = [
    cloud("PG-05", "rds.force_ssl=0", FAIL, says(PLAIN, "Accepted", True), names="accepts_plain"),
    cloud("PG-05", "accepts TLS 1.1", FAIL, accepts("TLSv1.1", True), names="TLSv1.1"),
    cloud("PG-05", "accepts TLS 1.0", FAIL, accepts("TLSv1", True), names="TLSv1"),
    cloud("PG-05", "no TLS at all", FAIL, accepts("TLSv1.2", False), accepts("TLSv1.3", False), names="protocols"),
    cloud("PG-05", "TLS 1.2 alone", PASS, accepts("TLSv1.3", False)),
    cloud("PG-05", "TLS 1.3 alone", PASS, accepts("TLSv1.2", False)),
    cloud("PG-05", "whether plain is accepted is not reported", ERROR, omits(PLAIN, "Accepted"), names="accepts_plain"),
    cloud("PG-05", "refused for another reason", ERROR, fails(PLAIN, CallFailed("53300 too many connections")), names="53300"),
    cloud("PG-05", "no way to the server", ERROR, fails(HANDSHAKE, Unreachable("timed out")), names="timed out"),
    *(
        cloud("PG-05", f"{version} cannot be offered", ERROR, fails(HANDSHAKE, CouldNotVerify("not offered"), Version=version))
        for version in ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
    ),
    cloud("PG-05", "no such instance", FAIL, says("rds:DescribeDBInstances", "DBInstances", [])),
    cloud("PG-05", "an instance without an endpoint", ERROR, omits("rds:DescribeDBInstances", "DBInstances.0.Endpoint")),
]


def tables(**others: Mapping[str, str] | None) -> Edit:
    """The declared tables, after some changes: None takes one away. (A name has an underscore for its dot.)"""
    rows = []
    for name in profile().workload.tables:
        change = others.get(name.replace(".", "_"), {})
        if change is not None:
            rows.append({"name": name, "owner": "triflow_admin", "kind": "table", **change})
    return says(QUERY, "Rows", [*rows, {"name": "public.notes", "owner": "somebody", "kind": "view"}], Statement=TABLES)


MIGRATED = [
    cloud("MIG-01", "as declared", PASS, tables()),
    *(
        case
        for name in profile().workload.tables
        for case in (
            cloud("MIG-01", f"{name} is missing", FAIL, tables(**{name.replace(".", "_"): None}), names=name),
            cloud("MIG-01", f"{name} is another's", FAIL, tables(**{name.replace(".", "_"): {"owner": "postgres"}}), names=name),
        )
    ),
    *(
        cloud("MIG-01", f"a {kind}", FAIL, tables(core_users={"kind": kind}), names="core.users")
        for kind in ("view", "materialized view", "foreign table", "partitioned table")
    ),
    cloud("MIG-01", "in another schema", FAIL, tables(core_users={"name": "public.users"}), names="core.users"),
    cloud("MIG-01", "no tables", FAIL, says(QUERY, "Rows", [], Statement=TABLES), names="core.tenants"),
    cloud("MIG-01", "no list", ERROR, omits(QUERY, "Rows", Statement=TABLES), names="Rows"),
    cloud("MIG-01", "denied", ERROR, fails(QUERY, AccessDenied("denied"), Statement=TABLES), names="denied"),
    cloud("MIG-01", "no such instance", FAIL, says("rds:DescribeDBInstances", "DBInstances", [])),
]


def applied(*revisions: str) -> Edit:
    return says(QUERY, "Rows", [{"revision": revision} for revision in revisions], Statement=SCHEMA_VERSION)


AT_HEAD = [
    cloud("MIG-02", "one revision behind", FAIL, applied("0001"), names="not applied: 0002"),
    cloud("MIG-02", "an empty version table", FAIL, applied(), names="no migration was ever applied"),
    cloud(
        "MIG-02",
        "no version table",
        FAIL,
        *missing("42P01", 'relation "public.alembic_version" does not exist', SCHEMA_VERSION),
        names="no migration was ever applied",
    ),
    cloud("MIG-02", "a revision that no script has", FAIL, applied("0009"), names="0009 is applied"),
    cloud("MIG-02", "the head and another one", FAIL, applied("0001", "0002"), names="0001"),
    cloud("MIG-02", "no rows", ERROR, omits(QUERY, "Rows", Statement=SCHEMA_VERSION), names="Rows"),
    cloud("MIG-02", "denied", ERROR, fails(QUERY, AccessDenied("denied"), Statement=SCHEMA_VERSION), names="denied"),
    cloud("MIG-02", "no such instance", FAIL, says("rds:DescribeDBInstances", "DBInstances", [])),
]

UNMIGRATED = changed(profile(), "workload", migration_tool="none")
"""The profile of a stack that says that alembic does not migrate its database."""

BY_NOTHING = [
    replace(case, expected=UNMIGRATED)
    for case in (
        cloud("MIG-02", "not migrated, and no version table", NOT_DECLARED, applied()),
        cloud("MIG-02", "said to be not migrated, and it is", FAIL, names="0002 is applied, and no script has it"),
        cloud(
            "MIG-02", "said to be not migrated, and denied", ERROR, fails(QUERY, AccessDenied("denied"), Statement=SCHEMA_VERSION)
        ),
    )
]

CASES = [*BY_NOTHING, *WORKING, *ENCRYPTED, *MIGRATED, *AT_HEAD]
