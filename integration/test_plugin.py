"""Whole runs of pytest on a small repository: what is judged, what is written, and the exit status."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import warm_pytest
from aws_server import identity, serving
from evidence_runs import environment as clean_environment
from evidence_runs import newest
from plan_documents import Planned, document, refers

from stackproof.evidence import folders
from stackproof.evidence.manifest import digest
from stackproof.profile.loading import load

ROOT = Path(__file__).parents[1]
ERROR, FAIL, PASS, UNKNOWN, NOT_APPLICABLE = "ERROR", "FAIL", "PASS", "UNKNOWN", "NOT_APPLICABLE"

CONTROLS = """
import pytest
from stackproof.core.controls import control

@control("SEC-RDS-01", severity="critical")
def test_database_is_not_public(database):
    assert not database.publicly_accessible

@control("SEC-S3-01", severity="high")
def test_buckets_are_private(buckets, subtests):
    for bucket in buckets:
        with subtests.test(bucket.name):
            assert bucket.public_access_block.block_public_acls

@control("SEC-LOG-01", severity="high")
def test_log_groups_have_a_key(log_groups, subtests):
    for group in log_groups:
        with subtests.test(group.name):
            assert group.kms_key.state == "Enabled"

@control("TF-08", severity="high")
def test_second_plan_is_empty(second_plan):
    assert second_plan.changes == ()

@pytest.fixture
def broken():
    raise OSError("the fixture broke: postgresql://user:hunter2@db")

@control("SEC-ALB-01", severity="low")
def test_with_a_broken_fixture(broken, database):
    assert not database.publicly_accessible

@control("SEC-IAM-01", severity="low")
def test_that_reads_nothing(database):
    assert True

@control("SEC-SM-01", severity="low")
def test_that_asks_for_what_there_is_not(databse):
    assert databse
"""
VERDICTS = {
    "TF-08": NOT_APPLICABLE,
    "SEC-RDS-01": PASS,
    "SEC-S3-01": FAIL,
    "SEC-IAM-01": ERROR,
    "SEC-LOG-01": UNKNOWN,
    "SEC-ALB-01": ERROR,
    "SEC-SM-01": ERROR,
}
PLAN = document(
    Planned("aws_db_instance.main", {"identifier": "triflow-ai-production-db", "publicly_accessible": False}),
    Planned("aws_s3_bucket.app", {"bucket": "triflow-ai-prod"}),
    Planned(
        "aws_s3_bucket_public_access_block.app",
        {
            "bucket": "triflow-ai-prod",
            "block_public_acls": False,
            "ignore_public_acls": True,
            "block_public_policy": True,
            "restrict_public_buckets": True,
        },
    ),
    *(
        Planned(
            f"aws_cloudwatch_log_group.group_{number}", {"name": name}, {"kms_key_id": True}, {"kms_key_id": refers("local.key")}
        )
        for number, name in enumerate(load("production", ROOT / "environments").logs.groups)
    ),
)


@dataclass(frozen=True)
class Ended:
    """A run of pytest that has ended."""

    status: int
    output: str
    reports: Path

    @property
    def results(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.reports / "results.json").read_text())
        return found

    @property
    def verdicts(self) -> dict[str, str]:
        return {control["id"]: control["verdict"] for control in self.results["controls"]}

    @property
    def last_line(self) -> str:
        return self.output.rstrip().splitlines()[-1]


def repository(root: Path, controls: str = CONTROLS) -> Path:
    """A repository with these controls, and a plan."""
    (root / "tests" / "security").mkdir(parents=True)
    (root / "tests" / "security" / "test_small.py").write_text(controls)
    (root / "plan.json").write_text(json.dumps(PLAN))
    shutil.copy(ROOT / "pytest.ini", root)
    shutil.copytree(ROOT / "environments", root / "environments")
    return root


def run(root: Path, *arguments: str, plan: bool = True, **environment: str) -> Ended:
    options = ["-p", "no:cacheprovider", *(["--plan=plan.json"] if plan else [])]
    ended = warm_pytest.run([*options, *arguments], root, clean_environment(**environment))
    return Ended(ended.returncode, ended.stdout + ended.stderr, newest(root, "local-plan"))


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """A run whose reports stay as it left them."""
    return run(repository(tmp_path_factory.mktemp("small")))


class TestRun:
    def test_judges_every_control_in_the_order_of_the_catalogue(self, ended: Ended) -> None:
        assert list(ended.verdicts.items()) == list(VERDICTS.items())

    def test_closes_the_gate(self, ended: Ended) -> None:
        assert ended.status == 1
        assert ended.results["exit_status"] == 1

    def test_ends_with_one_line_that_says_it_all(self, ended: Ended) -> None:
        assert ended.last_line.startswith("local on plan: 1 FAIL, 3 ERROR, 1 UNKNOWN, 1 NOT_APPLICABLE, 1 PASS; 0 AWS calls, ")
        assert ended.last_line.endswith(f"; reports/local-plan/{ended.reports.name}/report.html")

    def test_says_why(self, ended: Ended) -> None:
        messages = {control["id"]: control["message"] for control in ended.results["controls"]}
        assert messages["SEC-RDS-01"] == ""
        assert "triflow-ai-prod" in messages["SEC-S3-01"]
        assert "is known only after apply" in messages["SEC-LOG-01"]
        assert "the target of this run is plan" in messages["TF-08"]
        assert "no evidence, no pass" in messages["SEC-IAM-01"]
        assert "OSError: the fixture broke: postgresql://user:(redacted)@db (at test_small.py:" in messages["SEC-ALB-01"]

    def test_names_the_fixtures_that_there_are_and_how_one_is_made(self, ended: Ended) -> None:
        (said,) = (control["message"] for control in ended.results["controls"] if control["id"] == "SEC-SM-01")
        assert said.startswith("fixture 'databse' not found; available: ")
        assert " databases, " in said
        assert "stackproof new resource NAME writes one" in said

    def test_keeps_what_was_read(self, ended: Ended) -> None:
        read = {control["id"]: control["read"] for control in ended.results["controls"]}
        (one,) = read["SEC-RDS-01"]
        assert (one["value"], one["source"]) == ("false", "plan aws_db_instance.main.publicly_accessible")
        assert read["SEC-IAM-01"] == []

    def test_writes_reports(self, ended: Ended) -> None:
        cases = ElementTree.parse(ended.reports / "junit.xml").getroot().iter("testcase")
        outcomes = {case.get("name"): [child.tag for child in case if child.tag != "properties"] for case in cases}
        assert len(outcomes) == len(VERDICTS)
        assert outcomes["test_database_is_not_public"] == []
        assert outcomes["test_buckets_are_private"] == ["failure"]
        assert "SEC-S3-01" in (ended.reports / "report.html").read_text()

    def test_shows_no_secret(self, ended: Ended) -> None:
        files = [file for file in ended.reports.rglob("*") if file.is_file()]
        for text in (ended.output, *(file.read_bytes().decode(errors="replace") for file in files)):
            assert "hunter2" not in text
        for text in (
            ended.output,
            *((ended.reports / name).read_text() for name in ("results.json", "report.html", "junit.xml")),
        ):
            assert "postgresql://user:(redacted)@db" in text

    def test_shows_no_traceback(self, ended: Ended) -> None:
        assert "Traceback" not in ended.output
        assert "INTERNALERROR" not in ended.output

    def test_is_the_same_with_workers(self, tmp_path: Path, ended: Ended) -> None:
        parallel = run(repository(tmp_path), "-n", "2", "--junit-xml=parallel.xml", "--html=parallel.html")
        assert parallel.status == 1
        assert _timeless(parallel.results["controls"]) == _timeless(ended.results["controls"])
        assert parallel.last_line.endswith("; parallel.html")


def _timeless(controls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**control, "seconds": 0} for control in controls]


@pytest.fixture
def another(tmp_path: Path) -> Callable[..., Path]:
    return lambda controls=CONTROLS: repository(tmp_path, controls)


class TestSelection:
    def test_by_id_and_folder_and_what_is_set_aside_keeps_the_gate_open(self, another: Callable[..., Path]) -> None:
        ended = run(another(), "-m", "security", "-k", "SEC-RDS-01 or TF-08")
        assert ended.verdicts == {"TF-08": NOT_APPLICABLE, "SEC-RDS-01": PASS}
        assert (ended.status, ended.results["exit_status"]) == (0, 0)

    def test_what_is_unknown_closes_the_gate_unless_the_environment_opens_it(self, another: Callable[..., Path]) -> None:
        root = another()
        closed = run(root, "-k", "SEC-LOG-01")
        assert closed.verdicts == {"SEC-LOG-01": UNKNOWN}
        assert (closed.status, closed.results["exit_status"]) == (1, 1)
        assert "UNKNOWN closes the gate" in closed.results["controls"][0]["message"]
        environment = root / "environments" / "local.toml"
        environment.write_text(f"{environment.read_text(encoding='utf-8')}\n[gate]\nunknown_closes = []\n", encoding="utf-8")
        opened = run(root, "-k", "SEC-LOG-01")
        assert opened.verdicts == {"SEC-LOG-01": UNKNOWN}
        assert (opened.status, opened.results["exit_status"]) == (0, 0)

    def test_an_error_alone_closes_the_gate(self, another: Callable[..., Path]) -> None:
        ended = run(another(), "-k", "SEC-IAM-01")
        assert (ended.verdicts, ended.status) == ({"SEC-IAM-01": ERROR}, 1)

    def test_stops_at_the_first_failure_and_says_what_was_not_judged(self, another: Callable[..., Path]) -> None:
        ended = run(another(), "-x")
        assert ended.status == 1
        assert ended.verdicts == {"TF-08": NOT_APPLICABLE, "SEC-RDS-01": PASS, "SEC-S3-01": FAIL}
        assert ended.results["not_judged"] == ["SEC-ALB-01", "SEC-IAM-01", "SEC-LOG-01", "SEC-SM-01"]
        assert any(note.startswith("4 controls of 7 that were selected were not judged") for note in ended.results["notes"])

    def test_of_nothing_is_no_success(self, another: Callable[..., Path]) -> None:
        ended = run(another(), "-k", "nosuch")
        assert ended.status == 5
        assert not list(ended.reports.iterdir())


WAYS_OUT = """
import pytest
from stackproof.core.controls import control

@control("SEC-RDS-01", severity="critical")
@pytest.mark.skip(reason="tomorrow")
def test_marked(database):
    assert not database.publicly_accessible

@control("SEC-S3-01", severity="high")
def test_skips_itself(database):
    pytest.skip("not today")

@control("SEC-SG-01", severity="high")
@pytest.mark.xfail(reason="known")
def test_expected_to_fail(database):
    assert database.publicly_accessible

@pytest.fixture
def unwilling():
    pytest.skip("no licence")

@control("SEC-ALB-01", severity="low")
def test_with_a_fixture_that_skips(unwilling, database):
    assert not database.publicly_accessible

@control("SEC-ALB-02", severity="low")
@pytest.mark.xfail(run=False)
def test_not_run(database):
    assert not database.publicly_accessible
"""


class TestWaysOut:
    """A control is judged or set aside by the catalogue; pytest's own ways around a failure do not open the gate."""

    def test_are_closed(self, another: Callable[..., Path]) -> None:
        ended = run(another(WAYS_OUT))
        assert ended.verdicts == {
            "SEC-RDS-01": ERROR,
            "SEC-S3-01": ERROR,
            "SEC-SG-01": FAIL,
            "SEC-ALB-01": ERROR,
            "SEC-ALB-02": ERROR,
        }
        assert ended.status == 1

    @pytest.mark.parametrize("id", ["SEC-RDS-01", "SEC-SG-01"])
    def test_is_closed_by_itself(self, id: str, another: Callable[..., Path]) -> None:
        assert run(another(WAYS_OUT), "-k", id).status == 1


class TestBadInput:
    """One message, exit status 4, nothing judged."""

    @staticmethod
    def stopped(ended: Ended, says: str) -> None:
        assert ended.status == 4, ended.output
        assert ended.output.count(says) == 1, ended.output
        assert "Traceback" not in ended.output
        assert "INTERNALERROR" not in ended.output
        if (ended.reports / "results.json").exists():
            assert ended.results["exit_status"] == 4
            assert ended.results["controls"] == []

    def test_an_unknown_environment(self, another: Callable[..., Path]) -> None:
        self.stopped(run(another(), "--env=prodution"), "unknown environment 'prodution'")

    def test_a_plan_that_is_none(self, another: Callable[..., Path]) -> None:
        root = another()
        (root / "plan.json").write_text("{}")
        self.stopped(run(root), "this is not a Terraform plan")

    @pytest.mark.parametrize("arguments", [[], ["-n", "2"]])
    def test_a_row_of_a_control(self, arguments: list[str], another: Callable[..., Path]) -> None:
        root = another()
        (root / "tests" / "security" / "controls.toml").write_text('[MY-01]\ntitle = "a"\n')
        ended = run(root, *arguments)
        assert ended.status == 4
        assert f"ERROR: {root}/tests/security/controls.toml, MY-01, title_ko: missing" in ended.output
        assert "Traceback" not in ended.output
        assert not (ended.reports / "results.json").exists() or ended.results["controls"] == []

    @pytest.mark.parametrize("arguments", [[], ["-n", "2"]])
    def test_another_account(self, arguments: list[str], another: Callable[..., Path]) -> None:
        with serving() as server:
            server.on("GetCallerIdentity", identity("999999999999"))
            ended = run(another(), *arguments, plan=False, AWS_ENDPOINT_URL=server.endpoint)
        self.stopped(ended, "the credentials belong to account 999999999999")
        assert {request.action for request in server.requests} == {"GetCallerIdentity"}

    @pytest.mark.parametrize("arguments", [[], ["-n", "2"]])
    def test_a_control_with_several_cases(self, arguments: list[str], another: Callable[..., Path]) -> None:
        """Each would overwrite the verdict of the one before."""
        control = (
            '@control("SEC-SG-01", severity="low")\n@pytest.mark.parametrize("n", [1, 2])\ndef test_n(database, n):\n    assert n'
        )
        self.stopped(run(another(f"{CONTROLS}\n\n{control}\n"), *arguments), "SEC-SG-01 is 2 tests")


class TestEndsEarly:
    """A run that judges nothing leaves the one before as it was; one that judges takes its place as a whole."""

    @pytest.fixture
    def before(self, another: Callable[..., Path]) -> tuple[Path, dict[str, str]]:
        root = another()
        ended = run(root, "-k", "SEC-RDS-01")
        assert ended.status == 0
        return root, self.left(ended)

    @staticmethod
    def left(ended: Ended) -> dict[str, str]:
        return {str(path.relative_to(ended.reports)): digest(path) for path in ended.reports.rglob("*") if path.is_file()}

    @pytest.mark.parametrize(
        ("selection", "status", "says"),
        [
            (["-m", "nosuch"], 4, "Unknown marker(s) in '-m' expression: nosuch"),
            (["-m", "security and"], 4, "Wrong expression passed to '-m'"),
            (["-k", "(("], 4, "Wrong expression passed to '-k'"),
            (["-k", "nosuch"], 5, "deselected"),
        ],
    )
    def test_by_a_selection_of_nothing(
        self, selection: list[str], status: int, says: str, before: tuple[Path, dict[str, str]]
    ) -> None:
        root, left = before
        ended = run(root, *selection)
        assert (ended.status, self.left(ended)) == (status, left)
        assert says in ended.output

    @pytest.mark.parametrize("parallel", [[], ["-n", "2"]])
    def test_before_anything_is_opened(self, parallel: list[str], before: tuple[Path, dict[str, str]]) -> None:
        root, left = before
        (root / "plan.json").write_text("no plan")
        ended = run(root, "-m", "nosuch", *parallel)
        assert (ended.status, self.left(ended)) == (4, left)
        assert "Unknown marker(s)" in ended.output
        assert "plan.json" not in ended.output

    def test_by_a_file_that_cannot_be_imported(self, before: tuple[Path, dict[str, str]]) -> None:
        root, left = before
        (root / "tests" / "security" / "test_broken.py").write_text("import nosuch_module")
        (root / "plan.json").write_text("no plan")
        ended = run(root)
        assert ended.status == 2
        assert self.left(replace(ended, reports=folders.of_run(ended.reports.parent))) == left
        self.says(ended, "these files could not be imported: tests/security/test_broken.py")

    @staticmethod
    def says(ended: Ended, why: str) -> None:
        """The results of a run that judged nothing: why, and no verdict."""
        assert (ended.results["aborted"], ended.results["exit_status"], ended.results["controls"]) == (why, 4, [])

    def test_by_an_interrupt_while_it_judges(self, before: tuple[Path, dict[str, str]]) -> None:
        root, _ = before
        interrupt = CONTROLS.replace("assert not database.publicly_accessible", "raise KeyboardInterrupt")
        (root / "tests" / "security" / "test_small.py").write_text(interrupt)
        ended = run(root, "-k", "SEC-RDS-01")
        assert ended.status == 2
        self.says(ended, "it was stopped before its end")
