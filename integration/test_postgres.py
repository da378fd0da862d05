"""The embedded PostgreSQL: its owner's rights, who may connect, and that nothing of it is left."""

import itertools
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackproof.embedded import postgres, process
from stackproof.embedded.cloud import CloudFailed
from stackproof.embedded.postgres import Database
from stackproof.util.ports import free_port

PASSWORD = r"it's $a \"test\" -- only;"
EXTENSIONS = (
    'CREATE EXTENSION vector; CREATE EXTENSION "uuid-ossp"; CREATE EXTENSION pg_trgm; CREATE EXTENSION pg_stat_statements;'
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    made = postgres.start(tmp_path_factory.mktemp("run"), name="app", owner="app_admin", password=PASSWORD)
    yield made
    made.close()


def asked(database: Database, sql: str, directory: Path) -> str:
    """What psql prints for some SQL, as the owner."""
    script, output = directory / "asked.sql", directory / "output"
    script.write_text(f"\\pset format unaligned\n\\pset tuples_only on\n\\o {output}\n{sql}")
    database.run_script(script)
    return output.read_text().strip()


def test_the_owner_makes_the_four_extensions_and_uses_them(database: Database, tmp_path: Path) -> None:
    (tmp_path / "extensions.sql").write_text(EXTENSIONS)
    database.run_script(tmp_path / "extensions.sql")
    uses = "SELECT '[1,2]'::vector <-> '[1,3]'::vector, similarity('abc', 'abc'), uuid_generate_v4() <> uuid_nil();"
    assert asked(database, uses, tmp_path) == "1|1|t"
    assert asked(database, "SELECT count(*) > 0 FROM pg_stat_statements;", tmp_path) == "t"


def test_the_owner_is_no_superuser_and_owns_the_database(database: Database, tmp_path: Path) -> None:
    sql = """
        SELECT rolsuper FROM pg_roles WHERE rolname = current_user;
        SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'app';
    """
    assert asked(database, sql, tmp_path).split() == ["f", "app_admin"]


def test_it_listens_on_this_machine_alone_and_makes_no_socket_file(database: Database, tmp_path: Path) -> None:
    assert asked(database, "SHOW listen_addresses; SHOW unix_socket_directories;", tmp_path) == "127.0.0.1"


@pytest.mark.parametrize(("user", "password"), [("app_admin", "wrong"), ("rdsadmin", ""), ("rdsadmin", PASSWORD)])
def test_nobody_else_connects(user: str, password: str, database: Database) -> None:
    command = [str(database.program / "psql"), "-X", "-w", "-c", "SELECT 1"]
    where = {"PGHOST": "127.0.0.1", "PGPORT": str(database.port), "PGDATABASE": "app", "PGUSER": user, "PGPASSWORD": password}
    ended = subprocess.run(command, env=where, capture_output=True, text=True, timeout=600)
    assert ended.returncode == 2
    assert "authentication failed" in ended.stderr or "no password supplied" in ended.stderr


def test_a_script_ends_at_its_first_error(database: Database, tmp_path: Path) -> None:
    script = tmp_path / "broken.sql"
    script.write_text("SELECT 1;\nSELECT nothing_like_this;\nCREATE TABLE never (id int);")
    with pytest.raises(CloudFailed, match=r"broken.sql failed: .*nothing_like_this"):
        database.run_script(script)
    assert asked(database, "SELECT count(*) FROM pg_tables WHERE tablename = 'never';", tmp_path) == "0"


def test_the_password_is_in_no_file_and_no_command_line(tmp_path: Path) -> None:
    secret = f"canary-{os.getpid()}-{time.monotonic_ns()}"
    made = postgres.start(tmp_path, name="app", owner="app_admin", password=secret)
    try:
        command = Path(f"/proc/{made.child.pid}/cmdline")
        assert not command.exists() or secret.encode() not in command.read_bytes()
        files = [file for folder in (made.home, tmp_path) for file in folder.rglob("*") if file.is_file()]
        assert [file for file in files if secret.encode() in file.read_bytes()] == []
        assert secret not in repr(made)
    finally:
        made.close()


def test_nothing_is_left(tmp_path: Path) -> None:
    made = postgres.start(tmp_path, name="app", owner="app_admin", password=PASSWORD)
    assert made.home.is_dir()
    made.close()
    made.close()
    assert not made.home.exists()
    assert made.child.poll() is not None
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", made.port), timeout=1)


def test_a_port_that_is_taken_meanwhile_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = itertools.chain([taken.getsockname()[1]], iter(free_port, None))
        monkeypatch.setattr(postgres, "free_port", lambda: next(ports))
        made = postgres.start(tmp_path, name="app", owner="app_admin", password=PASSWORD)
        made.close()
        assert made.port != taken.getsockname()[1]


def test_a_start_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(CloudFailed, match=r"postgres failed: .*"):
        postgres.start(tmp_path, name="not a name", owner="app_admin", password=PASSWORD)
    left = [path for path in tmp_path.iterdir() if path.exists()]
    assert left == []


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux ends children with their parents")
def test_it_ends_with_its_parent_and_its_files_can_be_removed(tmp_path: Path) -> None:
    program = f"""
from pathlib import Path
from stackproof.embedded import postgres
made = postgres.start(Path({str(tmp_path)!r}), name="app", owner="app_admin", password="any")
print(made.child.pid, made.home, flush=True)
import time; time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid, home = parent.stdout.readline().split()
        started = process.started_at(int(pid))
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 600
    while process.started_at(int(pid)) == started and time.monotonic() < deadline:
        time.sleep(0.02)
    assert process.started_at(int(pid)) != started
    postgres.remove(tmp_path)
    assert not Path(home).exists() or os.geteuid() != 0


def test_clients_start_in_plain_text_alone(database: Database) -> None:
    with socket.create_connection(("127.0.0.1", database.port), timeout=60) as client:
        client.sendall(struct.pack("!II", 8, 80877103))
        assert client.recv(1) == b"N"
