"""pytest in repositories of somebody else's, where stackproof is installed."""

import json
from pathlib import Path

import evidence_runs
import pytest
from plan_documents import Planned, document

from stackproof.profile.loading import load
from stackproof.profile.place import home_of, in_repository

ROOT = Path(__file__).parents[1]
PLAIN = """
import pytest

@pytest.fixture
def database():
    return "theirs"

def test_database_is_not_public(database, subtests):
    with subtests.test("theirs"):
        assert database == "theirs"
"""
OWN = """
from stackproof import control

@control("ORD-01", severity="high", title="The database of orders is private", stages="PEA")
def test_the_database_of_orders_is_private(databases, subtests):
    for database in databases:
        with subtests.test(database.name):
            assert not database.publicly_accessible

def test_sum():
    assert 1 + 1 == 2
"""
PLAN = document(
    Planned("aws_s3_bucket.app", {"bucket": "triflow-ai-prod"}),
    Planned("aws_db_instance.main", {"identifier": "triflow-ai-production-db", "publicly_accessible": False}),
)


def run(root: Path, *arguments: str) -> tuple[int, str]:
    ended = evidence_runs.run(root, *arguments)
    return ended.returncode, ended.stdout + ended.stderr


def repository(root: Path, **tests: str) -> Path:
    """A repository with these tests, an environment and a plan."""
    (root / "tests").mkdir(parents=True)
    for name, text in tests.items():
        (root / "tests" / f"test_{name}.py").write_text(text)
    (root / "environments").mkdir()
    (root / "environments" / "live.toml").write_text((ROOT / "environments" / "production.toml").read_text())
    (root / "plan.json").write_text(json.dumps(PLAN))
    (root / "pytest.ini").write_text(
        "[pytest]\ntestpaths = tests\naddopts = --strict-markers --strict-config\nstackproof_suite = true\n"
    )
    return root


def test_plain_tests_run_as_without_the_plugin(tmp_path: Path) -> None:
    root = repository(tmp_path / "theirs", database=PLAIN)
    before = {*root.rglob("*")}
    status, output = run(root, "--junitxml=junit.xml")
    assert status == 0, output
    assert "stackproof" not in output.partition("collected")[2]
    assert {path.name for path in {*root.rglob("*")} - before if "pycache" not in str(path)} == {"junit.xml"}


def test_controls_of_theirs_and_ours_are_judged_beside_plain_tests(tmp_path: Path) -> None:
    real = repository(tmp_path / "real", plain=PLAIN, orders=OWN)
    root = tmp_path / "linked"
    root.symlink_to(real)
    selected = "ORD-01 or SEC-S3-02 or plain or test_sum"
    status, output = run(root, "--env=live", "--plan=plan.json", "-k", selected)
    assert status == 1, output
    file = next((real / "reports" / "production-plan").glob("*/results.json"))
    controls = json.loads(file.read_text())["controls"]
    assert {one["id"]: (one["verdict"], one["proven"]) for one in controls} == {
        "SEC-S3-02": ("FAIL", True),
        "ORD-01": ("PASS", False),
    }
    assert "ORD-01 was never proven to fail" in " ".join(output.split())
    assert "3 passed" in output  # two of them are no controls


def test_a_control_without_an_environment_ends_the_run_and_plain_tests_go_on(tmp_path: Path) -> None:
    root = repository(tmp_path / "theirs", plain=PLAIN, orders=OWN)
    assert run(root, "-k", "plain or test_sum")[0] == 0
    status, output = run(root)
    assert status == 4
    assert "unknown environment 'local'" in output
    assert "Known: live" in output


@pytest.mark.parametrize(
    ("file", "text", "home"),
    [
        ("environments/live.toml", "", ""),
        ("stack/live.toml", "", "stack"),
        ("stack/live.toml", 'extends = "../environments/base.toml"', ""),
        ("stack/live.toml", 'extends = "../environments/base.toml"\n[terraform]\ndirectory = "."', "stack"),
        ("stack/live.toml", 'extends = "live.toml"', "stack"),
        ("stack/live.toml", "no TOML", "stack"),
    ],
)
def test_paths_start_where_the_profile_is_that_states_the_sources(file: str, text: str, home: str, tmp_path: Path) -> None:
    for folder in ("environments", "stack"):
        (tmp_path / folder).mkdir()
    (tmp_path / "environments" / "base.toml").write_text('[terraform]\ndirectory = "infra"\n')
    (tmp_path / file).write_text(text)
    assert home_of(tmp_path / file).resolve() == (tmp_path / home).resolve()
    assert not in_repository(tmp_path)


def test_a_path_may_start_at_the_file_itself(tmp_path: Path) -> None:
    text = (ROOT / "environments" / "production.toml").read_text()
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / "live.toml").write_text(
        text.replace('directory = "infrastructure/terraform"', 'directory = "../infra"')
    )
    assert load("live", tmp_path / "environments").terraform.directory == "infra"
