"""Database engines: what makes each refuse connections without TLS, and in which states a DB instance serves its clients.

Sources: Amazon RDS user guide, "Using SSL/TLS to encrypt a connection to a DB instance" with its pages by engine, and "Viewing Amazon RDS
DB instance status"; Amazon Aurora user guide, "Security"; Amazon DocumentDB developer guide, "Encrypting data in transit"; Amazon Neptune
user guide, "Encryption in transit"; read 2026-11-28.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from stackproof.core.verdicts import CouldNotVerify

_ON, _OFF = frozenset({"1", "on", "true"}), frozenset({"0", "off", "false"})


@dataclass(frozen=True)
class TlsParameter:
    """The parameter by which an engine refuses connections without TLS."""

    name: str
    on: frozenset[str] = _ON
    off: frozenset[str] = _OFF
    engine_default: str | None = None
    """What the engine itself does where RDS sets nothing; None where only RDS knows."""

    def requires_tls(self, value: str) -> bool:
        """True if this value of it lets no connection in without TLS. Raises `CouldNotVerify` for a value that is not documented.

        >>> TlsParameter("require_secure_transport").requires_tls("ON")
        True
        """
        if value.lower() not in self.on | self.off:
            raise CouldNotVerify(f"what {self.name} = {value} means is not known here")
        return value.lower() in self.on


_FORCE_SSL = TlsParameter("rds.force_ssl")
_SECURE_TRANSPORT = TlsParameter("require_secure_transport", engine_default="OFF")
_OF_ENGINES: Mapping[str, TlsParameter] = {
    "postgres": _FORCE_SSL,
    "aurora-postgresql": _FORCE_SSL,
    "mysql": _SECURE_TRANSPORT,
    "mariadb": _SECURE_TRANSPORT,
    "aurora-mysql": _SECURE_TRANSPORT,
    **dict.fromkeys(("sqlserver-ee", "sqlserver-se", "sqlserver-ex", "sqlserver-web", "sqlserver-dev-ee"), _FORCE_SSL),
    **dict.fromkeys(
        ("db2-ae", "db2-se", "db2-ce"),
        TlsParameter(
            "DB2COMM", on=frozenset({"ssl"}), off=frozenset({"tcpip", "tcpip,ssl", "ssl,tcpip"}), engine_default="TCPIP"
        ),
    ),
    "docdb": TlsParameter("tls", on=frozenset({"enabled", "tls1.2+", "tls1.3+", "fips-140-3"}), off=frozenset({"disabled"})),
    "neptune": TlsParameter("neptune_enforce_ssl"),
}

_ORACLE = ("oracle-ee", "oracle-ee-cdb", "oracle-se2", "oracle-se2-cdb")
_ALWAYS = {"neptune": (1, 0, 4, 0)}
"""The version from which an engine speaks TLS alone, whatever its parameters say."""

OPTION, VERSIONS = "SSL", "SQLNET.SSL_VERSION"
"""The option of an Oracle instance that offers TLS, and its setting that says which versions.

The port without TLS stays open beside it: who reaches that is a matter of the security groups.
"""


def has_options(engine: str) -> bool:
    """True for an engine whose TLS comes with an option group, and not with a parameter.

    >>> has_options("oracle-se2"), has_options("postgres")
    (True, False)
    """
    return engine in _ORACLE


def always_requires_tls(engine: str, version: str) -> bool:
    """True for an engine that speaks TLS alone from this version on.

    >>> always_requires_tls("neptune", "1.3.2.1"), always_requires_tls("neptune", "1.0.3.0"), always_requires_tls("mysql", "8.0.43")
    (True, False, False)
    >>> always_requires_tls("neptune", ".".join(map(str, _ALWAYS["neptune"])))
    True
    """
    if engine not in _ALWAYS:
        return False
    return tuple(int(part) for part in version.split(".") if part.isdecimal()) >= _ALWAYS[engine]


def tls_parameter(engine: str) -> TlsParameter:
    """The parameter by which an engine refuses connections without TLS. Raises `CouldNotVerify` for an engine that is not known.

    >>> tls_parameter("aurora-mysql").name
    'require_secure_transport'
    """
    if engine not in _OF_ENGINES:
        raise CouldNotVerify(f"how the engine {engine} refuses connections without TLS is not known here")
    return _OF_ENGINES[engine]


def option_requires_tls(settings: Mapping[str, str] | None) -> bool:
    """True if the option for TLS is there, with these settings, and offers nothing older than TLS 1.2; None if it is not there.

    >>> option_requires_tls({VERSIONS: "1.2"}), option_requires_tls({VERSIONS: "1.2 or 1.0"}), option_requires_tls(None)
    (True, False, False)

    >>> option_requires_tls({VERSIONS: "1.2 or newest"})
    Traceback (most recent call last):
    stackproof.core.verdicts.CouldNotVerify: which versions of TLS the option SSL offers is not reported (SQLNET.SSL_VERSION)

    Raises `CouldNotVerify` where the versions are not told.
    """
    if settings is None:
        return False
    versions = [part for part in settings.get(VERSIONS, "").split() if part != "or"]
    if not versions or not all(part.replace(".", "").isdecimal() for part in versions):
        raise CouldNotVerify(f"which versions of TLS the option {OPTION} offers is not reported ({VERSIONS})")
    return all(tuple(map(int, part.split("."))) >= (1, 2) for part in versions)


_SERVING = frozenset(
    {
        *("available", "backing-up", "maintenance", "modifying", "resetting-master-credentials"),
        *("configuring-enhanced-monitoring", "configuring-iam-database-auth", "configuring-log-exports"),
        *("storage-config-upgrade", "storage-initialization", "storage-optimization"),
    }
)
_NOT_SERVING = frozenset(
    {
        *("backtracking", "converting-to-vpc", "creating", "delete-precheck", "deleting", "failed", "insufficient-capacity"),
        *("inaccessible-encryption-credentials", "inaccessible-encryption-credentials-recoverable"),
        *("incompatible-create", "incompatible-credentials", "incompatible-network", "incompatible-option-group"),
        *("incompatible-parameters", "incompatible-restore", "moving-to-vpc", "rebooting", "renaming", "restore-error"),
        *("starting", "stopped", "stopping", "storage-full", "upgrading"),
    }
)


def serves(status: str) -> bool:
    """True for a status in which a DB instance serves its clients, though it may be changed or backed up meanwhile.

    >>> serves("backing-up"), serves("stopped")
    (True, False)

    Raises `CouldNotVerify` for a status that is not documented.
    """
    if status not in _SERVING | _NOT_SERVING:
        raise CouldNotVerify(f"whether a DB instance that is {status} serves its clients is not known here")
    return status in _SERVING


LOG_EXPORTS = {
    "postgres": ("postgresql", "upgrade"),
    "mysql": ("error", "slowquery"),
    "mariadb": ("error", "slowquery"),
}
"""The logs of an engine that tell of errors and of slow statements (RDS user guide, "Publishing database logs to CloudWatch Logs")."""
HEARD = ("configuration change", "failure", "maintenance")
"""Categories of events of a DB instance that somebody must hear of (AWS FSBP RDS.20)."""


def expected_exports(engine: str) -> tuple[str, ...]:
    """The logs that a database of an engine must export where nobody says otherwise. Raises `CouldNotVerify` for an unknown engine.

    >>> expected_exports("postgres")
    ('postgresql', 'upgrade')
    >>> expected_exports("db2-se")
    Traceback (most recent call last):
    stackproof.core.verdicts.CouldNotVerify: which logs a database of engine db2-se exports is not known here; say it: database.log_exports
    """
    if engine not in LOG_EXPORTS:
        raise CouldNotVerify(f"which logs a database of engine {engine} exports is not known here; say it: database.log_exports")
    return LOG_EXPORTS[engine]


def hears_of(source_type: str | None, sources: Collection[str], identifier: str) -> bool:
    """True if a subscription to events is about a DB instance: about all types, or about instances and this one among them.

    >>> hears_of(None, (), "db"), hears_of("db-instance", (), "db"), hears_of("db-instance", ("db",), "db")
    (True, True, True)
    >>> hears_of("db-instance", ("other",), "db"), hears_of("db-snapshot", (), "db")
    (False, False)
    """
    return source_type is None or (source_type == "db-instance" and (not sources or identifier in sources))


def unheard(heard: Iterable[Collection[str]]) -> list[str]:
    """The categories, of those `HEARD`, that no subscription to events of an instance has; one without categories has all.

    >>> unheard([("failure",), ("maintenance", "backup")]), unheard([()]), unheard([])
    (['configuration change'], [], ['configuration change', 'failure', 'maintenance'])
    """
    listed = [*heard]
    if any(not one for one in listed):
        return []
    known = {category for one in listed for category in one}
    return [category for category in HEARD if category not in known]
