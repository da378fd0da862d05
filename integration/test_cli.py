"""The command ``stackproof``: what it finds, what it refuses, and that nothing is left half done."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stackproof import cli
from stackproof.cli import finish
from stackproof.cli.new import Change, Names, listed_by
from stackproof.core.verdicts import UsageError
from stackproof.processes import command
from stackproof.processes.command import Ended

ROOT = Path(__file__).parents[1]
TABLE = ("--resource", "Table", "--aws", "dynamodb:ListBackups", "--terraform", "aws_dynamodb_table")


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands that are run, of which ``proofs.needs`` fails."""
    commands: list[str] = []

    def ended(*words: str, **_: object) -> Ended:
        commands.append(" ".join(words[2:]))
        return Ended(1, "", "no permission row") if "proofs.needs" in words else Ended(0, "", "")

    monkeypatch.setattr(command, "run", ended)
    return commands


@pytest.fixture
def repository(tmp_path: Path, ran: list[str]) -> Path:
    """What ``stackproof new`` looks at, in a directory of its own."""
    for folder in ("tests", "proofs", "stackproof/resources", "stackproof/collections"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "compliant"))
    return tmp_path


def written(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): path.read_text()
        for path in sorted(root.rglob("*"))
        if path.suffix != ".pyc" and path.is_file()
    }


def test_help_is_quick_to_import() -> None:
    heavy = "sorted({'boto3', 'botocore', 'pytest', 'moto'} & {*sys.modules})"
    code = f"import sys; from stackproof import cli; cli.main(['--help']); print({heavy})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert all(f"  {name}" in done.stdout for name in cli.COMMANDS)


WITHOUT_EXTRAS = """
import importlib.metadata, sys
from stackproof import cli
from stackproof.util import extras

hidden = {module for modules in extras.EXTRAS.values() for module in modules}
found, version = importlib.util.find_spec, importlib.metadata.version


class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in hidden:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def absent(name):
    if name.lower().replace("-", "_") in hidden:
        raise importlib.metadata.PackageNotFoundError(name)
    return version(name)


sys.meta_path.insert(0, Hidden())
importlib.metadata.version = absent
extras.find_spec = lambda name: None if name in hidden else found(name)
sys.exit(cli.main(sys.argv[1:]))
"""
"""The command in an environment that has the package and no extra of it."""


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_no_command_needs_an_extra_for_its_help(name: str, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_EXTRAS, name, "--help"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "extra"), [(("cloud", "up"), "embedded"), (("organisation", "verify", "accounts.toml"), "organisation")]
)
def test_an_extra_that_is_missing_is_one_line(arguments: tuple[str, ...], extra: str, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_EXTRAS, *arguments], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (4, "")
    [line] = done.stderr.splitlines()
    assert f"pip install 'stackproof[{extra}]'" in line
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no-such"], "it has: check, init, new, cloud, localstack, organisation, report, diff, evidence"),
        (["new"], "usage: stackproof new"),
        (["new", "control", "sec-1", *TABLE], "no control's id"),
        (["new", "control", "SEC-RDS-01", *TABLE], "SEC-RDS-01 is taken"),
        (["new", "control", "SEC-X-01", "--resource", "table"], "no name of a class"),
        (["new", "control", "SEC-X-01", "--resource", "NewKind", "--aws", "dynamodb:ListTable"], "it has: ListTables"),
        (["new", "control", "SEC-X-01", "--resource", "NewKind", "--aws", "nowhere:ListTables"], "no service 'nowhere'"),
        (["new", "control", "SEC-X-01", "--resource", "NewKind", "--folder", "other"], "invalid choice: 'other'"),
        (["new", "resource", "Bucket"], "Bucket is there already: stackproof.resources.storage"),
        (["evidence", "check", "nowhere"], "there is no evidence of a run"),
        (["cloud", "sideways"], "usage: stackproof cloud"),
        (["localstack", "sideways"], "usage: stackproof localstack"),
    ],
    ids=str,
)
def test_bad_input_is_one_message_and_status_4(
    arguments: list[str], said: str, repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = written(repository)
    monkeypatch.chdir(repository)
    assert cli.main(arguments) == 4
    assert said in capsys.readouterr().err
    assert written(repository) == before


def test_in_a_repository_of_somebody_elses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["new", "control", "ORD-01", "--resource", "NewKind"]) == 0
    assert [*written(tmp_path)] == ["tests/conftest.py", "tests/test_new_kinds.py", "tests/test_new_kinds_proofs.py"]
    before = written(tmp_path)
    assert cli.main(["new", "control", "SEC-RDS-01", "--resource", "Bucket"]) == 4
    assert cli.main(["new", "resource", "Bucket"]) == 4
    assert written(tmp_path) == before
    assert cli.main(["new", "resource", "OtherKind"]) == 0
    for text in written(tmp_path).values():
        compile(text, "written", "exec")


def test_a_control_for_a_new_kind_of_resource(
    repository: Path, ran: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = written(repository)
    monkeypatch.chdir(repository)
    new = ["new", "control", "SEC-X-01", "--resource", "NewKind", "--aws", "dynamodb:ListBackups"]
    assert cli.main(new) == 0
    after = written(repository)
    changed = {path for path in after if before.get(path) != after[path]}
    assert changed == {
        "tests/security/controls.toml",
        "tests/security/test_new_kinds.py",
        "proofs/security/new_kinds.py",
        "stackproof/resources/__init__.py",
        "stackproof/resources/new_kind.py",
        "stackproof/collections/__init__.py",
        "stackproof/collections/new_kinds.py",
    }
    assert '"new_kind": ("NewKind",),' in after["stackproof/resources/__init__.py"]
    assert "    new_kinds,\n" in after["stackproof/collections/__init__.py"]
    assert '"BackupSummaries"' in after["stackproof/resources/new_kind.py"]
    assert "stackproof new finish SEC-X-01" in capsys.readouterr().out
    assert ran == ["pytest --collect-only -q -k SEC-X-01"]
    ruff = [sys.executable, "-m", "ruff", "check", "--config", str(ROOT / "pyproject.toml"), "--ignore", "I001"]
    subprocess.run([*ruff, *(path for path in changed if path.endswith(".py"))], check=True)
    load = "import tests.security.test_new_kinds, proofs.security.new_kinds, stackproof.collections; from stackproof.resources import kinds"
    copied = (
        "core",
        "sources",
        "targets",
        "profile",
        "judgement",
        "redaction",
        "util",
        "evidence",
        "probes",
        "terraform",
        "processes",
    )
    for folder in copied:
        (repository / "stackproof" / folder).symlink_to(ROOT / "stackproof" / folder)
    (repository / "stackproof" / "__init__.py").write_text('__version__ = "0"\n')
    (repository / "proofs" / "compliant").symlink_to(ROOT / "proofs" / "compliant")
    (repository / "environments").symlink_to(ROOT / "environments")
    subprocess.run([sys.executable, "-c", f"{load}; assert 'NewKind' in map(lambda one: one.__name__, kinds())"], check=True)
    assert cli.main(new) == 4  # twice
    assert written(repository / "tests") == {
        path.removeprefix("tests/"): text for path, text in after.items() if path.startswith("tests/")
    }


def test_a_control_for_a_kind_that_there_is(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = written(repository)
    monkeypatch.chdir(repository)
    assert cli.main(["new", "control", "SEC-X-01", "--resource", "Bucket", "--severity", "low"]) == 0
    after = written(repository)
    changed = {path for path in after if before.get(path) != after[path]}
    assert changed == {"tests/security/controls.toml", "tests/security/test_buckets.py", "proofs/security/buckets.py"}
    assert 'severity="low"' in after["tests/security/test_buckets.py"]
    assert "(buckets, subtests)" in after["tests/security/test_buckets.py"]


def test_finish_names_what_is_not_filled_in(repository: Path, ran: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "tests" / "security" / "test_new.py").write_text("def test() -> None:\n    assert True  # TODO\n")
    assert finish.finish("SEC-RDS-01", repository) == 1
    assert capsys.readouterr().out.splitlines()[1:] == ["  tests/security/test_new.py:2: assert True  # TODO"]
    assert not ran


def test_finish_runs_in_turn_until_something_fails(repository: Path, ran: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert finish.finish("SEC-RDS-01", repository) == 1
    assert [line.split()[0] for line in ran] == ["pytest", "pytest", "proofs.record", "proofs.needs"]
    assert ran[2:] == ["proofs.record --control SEC-RDS-01", "proofs.needs SEC-RDS-01"]
    out = capsys.readouterr().out
    assert "failed: exit status 1: no permission row" in out
    left = out.partition("Left to do")[2]
    assert [line.split()[2] for line in left.splitlines()[1:]] == ["proofs.needs", "proofs.enums", "pytest", "scripts.documents"]


def test_finish_needs_a_row(repository: Path) -> None:
    with pytest.raises(UsageError, match="stackproof new control SEC-X-01 --resource NAME writes one"):
        finish.finish("SEC-X-01", repository)


def test_nothing_is_written_where_one_file_cannot_be(tmp_path: Path) -> None:
    change = Change(tmp_path)
    change.create("one.py", "1")
    change.create("folder/two.py", "2")
    (tmp_path / "folder").write_text("a file is in the way")
    with pytest.raises(Exception, match="nothing was left changed"):
        change.write()
    assert not (tmp_path / "one.py").exists()


def test_what_lists_a_kind_is_found_in_the_model_of_aws() -> None:
    assert (
        listed_by("rds:DescribeDBInstances") == ("DBInstances", "DBInstanceIdentifier")
        or listed_by("rds:DescribeDBInstances")[0] == "DBInstances"
    )
    assert listed_by("lambda:ListFunctions") == ("Functions", "FunctionName")
    assert Names("NatGateway", "ec2:DescribeNatGateways", "aws_nat_gateway").fixture == "nat_gateways"
