"""The controls of the database on a real one behind TLS: what is broken there turns exactly its own control red."""

import contextlib
import importlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import pytest

from stackproof.collections.registry import collections
from stackproof.collections.workload import migrations
from stackproof.core.controls import control_of, declared
from stackproof.core.runner import Judgement, judge
from stackproof.core.verdicts import Verdict
from stackproof.embedded import postgres as embedded
from stackproof.embedded.authority import Authority
from stackproof.embedded.tls_proxy import TlsProxy
from stackproof.judgement.migrations import heads
from stackproof.probes import Probes
from stackproof.probes.postgres import Access
from stackproof.profile.loading import load
from stackproof.sources import Source
from stackproof.sources.aws.calls import Answer, Call
from stackproof.sources.aws.source import AwsSource, Reader
from stackproof.targets.base import Stage

ROOT = Path(__file__).parents[1]
PROFILE = load("local", ROOT / "environments")
HOST = "triflow-ai-production-db.example.rds.amazonaws.com"
PASSWORD = "-".join(("correct", "horse", "4711"))
CONTROLS = ("PG-01", "PG-02", "PG-03", "PG-04", "PG-05", "MIG-01", "MIG-02")

SCHEMA = """
CREATE EXTENSION vector; CREATE EXTENSION "uuid-ossp"; CREATE EXTENSION pg_trgm; CREATE EXTENSION pg_stat_statements;
CREATE SCHEMA core; CREATE TABLE core.tenants (); CREATE TABLE core.users (); CREATE TABLE core.workflows ();
CREATE TABLE public.alembic_version (version_num text); INSERT INTO public.alembic_version VALUES ('0002');
"""
CLEAN = """
DROP SCHEMA core CASCADE; DROP TABLE IF EXISTS public.alembic_version;
DROP EXTENSION IF EXISTS vector; DROP EXTENSION "uuid-ossp"; DROP EXTENSION IF EXISTS pg_trgm; DROP EXTENSION pg_stat_statements;
"""


class Rds:
    """AWS, as far as it knows the instance."""

    counts: ClassVar[Counter[str]] = Counter()

    def send(self, call: Call, absent: tuple[str, ...] = ()) -> Answer:
        assert call.operation == "rds:DescribeDBInstances"
        instance = {"DBInstanceIdentifier": PROFILE.database[0].identifier, "Endpoint": {"Address": HOST, "Port": 5432}}
        return Answer(call, [{"DBInstances": [instance]}])

    def wait(self, seconds: float) -> None:
        """Nothing is waited for."""


class OnServer(Stage):
    """A stage whose database answers at a port of this machine."""

    target_codes = "SEA"

    def __init__(self, root: Path, port: int, access: Access) -> None:
        super().__init__("aws", PROFILE, root)
        transport = Probes(Rds(), locate=lambda host, asked: ("127.0.0.1", port), access=lambda: access)
        self.reader = Reader(transport, account=PROFILE.account_id, region=PROFILE.region)

    def source(self) -> Source:
        return AwsSource(self.reader)


@dataclass(frozen=True)
class Deployed:
    """A database, the repository that it was migrated from, and the way to it."""

    database: embedded.Database
    directory: Path
    port: int
    access: Access
    repository: Path
    proxy: TlsProxy

    def run(self, sql: str) -> None:
        (self.directory / "script.sql").write_text(sql)
        self.database.run_script(self.directory / "script.sql")

    def judged(self, control: str) -> Judgement:
        stage = OnServer(self.repository, self.port, self.access)
        test = declared[control]
        described = control_of(test)
        assert described
        return judge(test, lambda name: collections[name](stage), precondition=lambda: stage.require(described))

    def red(self) -> dict[str, Verdict]:
        """The controls that do not pass."""
        verdicts = {control: self.judged(control).verdict for control in CONTROLS}
        return {control: verdict for control, verdict in verdicts.items() if verdict is not Verdict.PASS}


def write_script(repository: Path, revision: str, follows: str | None) -> None:
    folder = repository / PROFILE.workload.migrations
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{revision}.py").write_text(f"revision = {revision!r}\ndown_revision = {follows!r}\n")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    for module in ("test_postgres", "test_migrations"):
        importlib.import_module(f"tests.phase1.{module}")
    directory = tmp_path_factory.mktemp("database")
    signing = Authority()
    issued = signing.issue([HOST])
    files = {name: directory / f"{name}.pem" for name in ("authority", "certificate", "private_key")}
    for name, text in zip(files, (signing.certificate, issued.certificate, issued.private_key), strict=True):
        files[name].write_text(text)
    write_script(directory / "repository", "0001", None)
    write_script(directory / "repository", "0002", "0001")
    with contextlib.ExitStack() as undo:
        database = embedded.start(directory, name="triflow", owner="triflow_admin", password=PASSWORD)
        undo.callback(database.close)
        served = {name: files[name] for name in ("certificate", "private_key")}
        proxy = undo.enter_context(TlsProxy(database.port, **served))
        access = Access(PASSWORD, files["authority"])
        yield Deployed(database, directory, proxy.port, access, directory / "repository", proxy)


@pytest.fixture
def deployed(running: Deployed) -> Iterator[Deployed]:
    running.run(SCHEMA)
    yield running
    running.run(CLEAN)


def test_what_is_as_declared_passes(deployed: Deployed) -> None:
    assert deployed.red() == {}


@pytest.mark.parametrize(
    ("sql", "control"),
    [
        ("DROP EXTENSION vector", "PG-01"),
        ("DROP EXTENSION pg_trgm", "PG-03"),
        ("DROP TABLE core.users", "MIG-01"),
        ("DROP TABLE core.users; CREATE VIEW core.users AS SELECT 1 AS one", "MIG-01"),
        ("UPDATE public.alembic_version SET version_num = '0001'", "MIG-02"),
        ("DELETE FROM public.alembic_version", "MIG-02"),
        ("DROP TABLE public.alembic_version", "MIG-02"),
    ],
)
def test_what_is_broken_fails_and_nothing_else(sql: str, control: str, deployed: Deployed) -> None:
    deployed.run(sql)
    assert deployed.red() == {control: Verdict.FAIL}


def test_a_server_without_tls_fails(deployed: Deployed) -> None:
    assert replace(deployed, port=deployed.database.port).judged("PG-05").verdict is Verdict.FAIL


def test_a_server_that_does_not_force_tls_fails_and_nothing_else(deployed: Deployed) -> None:
    deployed.proxy.follow(lambda: False)
    try:
        assert deployed.red() == {"PG-05": Verdict.FAIL}
    finally:
        deployed.proxy.follow(lambda: True)


@pytest.mark.parametrize("control", [control for control in CONTROLS if control != "PG-05"])
def test_a_wrong_password_is_an_error_and_is_not_shown(control: str, deployed: Deployed) -> None:
    wrong = "-".join(("wrong", "horse", "0815"))
    judgement = replace(deployed, access=replace(deployed.access, password=wrong)).judged(control)
    assert judgement.verdict is Verdict.ERROR
    assert "RDS_PASSWORD" in judgement.message
    assert wrong not in judgement.message


class TestScripts:
    def judged(self, deployed: Deployed, repository: Path) -> Judgement:
        return replace(deployed, repository=repository).judged("MIG-02")

    def test_with_two_heads_fail(self, deployed: Deployed, tmp_path: Path) -> None:
        for revision, follows in (("0001", None), ("0002", "0001"), ("0002b", "0001")):
            write_script(tmp_path, revision, follows)
        judgement = self.judged(deployed, tmp_path)
        assert judgement.verdict is Verdict.FAIL
        assert "2 heads, not 1: 0002, 0002b" in judgement.message

    def test_that_are_not_there_fail(self, deployed: Deployed, tmp_path: Path) -> None:
        assert self.judged(deployed, tmp_path).verdict is Verdict.FAIL

    def test_of_one_revision_are_an_error(self, deployed: Deployed, tmp_path: Path) -> None:
        write_script(tmp_path, "0002", None)
        (tmp_path / PROFILE.workload.migrations / "again.py").write_text("revision = '0002'\ndown_revision = None\n")
        judgement = self.judged(deployed, tmp_path)
        assert judgement.verdict is Verdict.ERROR
        assert "two scripts are of one revision" in judgement.message

    def test_that_are_no_python_are_an_error(self, deployed: Deployed, tmp_path: Path) -> None:
        write_script(tmp_path, "0002", None)
        (tmp_path / PROFILE.workload.migrations / "again.py").write_text("revision =\n")
        judgement = self.judged(deployed, tmp_path)
        assert judgement.verdict is Verdict.ERROR
        assert "again.py line 1: not Python" in judgement.message


def test_the_scripts_of_the_backend_have_one_head() -> None:
    assert len(heads(migrations(Stage("plan", PROFILE, ROOT)).history)) == 1
