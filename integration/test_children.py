"""What the programs that a run starts are told: no secret in their arguments, in their environments only what each needs."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from evidence_runs import files
from test_plugin import repository, run

from stackproof.scanners.git import git

CANARIES = {
    name: f"Canary{number}Zq{name.title().replace('_', '')}7x"
    for number, name in enumerate(
        (
            "RDS_PASSWORD",
            "PGPASSWORD",
            "AWS_SECRET_ACCESS_KEY",
            "TF_VAR_db_password",
            "TF_VAR_backend",
            "GITHUB_TOKEN",
            "VAULT_TOKEN",
        )
    )
}
PROFILE_SECRET = "Canary8ZqOfTheProfile7x"
KEY_LINE = "MC4CAQAwBQYDK2VwBCIEICanary9ZqSigningKey7x"
KEY = "\n".join((f"-----BEGIN {'PRIVATE'} KEY-----", KEY_LINE, f"-----END {'PRIVATE'} KEY-----", ""))

RECORDER = """
import json, os, sys

def record(event, arguments):
    if event == "subprocess.Popen":
        _, words, _, environment = arguments
    elif event in ("os.exec", "os.posix_spawn"):
        _, words, environment = arguments
    elif event == "os.system":
        words, environment = arguments, None
    else:
        return
    told = [os.fsdecode(word) for word in ([words] if isinstance(words, (str, bytes)) else words)]
    given = {os.fsdecode(name): os.fsdecode(value) for name, value in (os.environ if environment is None else environment).items()}
    with open(os.environ.get("RECORDED", "/dev/null"), "a") as recorded:
        recorded.write(json.dumps([told, given]) + "\\n")

sys.addaudithook(record)
"""
"""A ``sitecustomize`` that writes down every program that is started, whoever starts it and whatever patches what it is started with."""

CONTROLS = """
import os
import subprocess
from pathlib import Path

from stackproof.core.controls import control
from stackproof.scanners.git import git
from stackproof.terraform.cli import Terraform

HERE = Path(__file__).parent


@control("SEC-RDS-01", severity="critical")
def test_that_starts_programs(database):
    subprocess.run(["env"], stdout=subprocess.DEVNULL)
    subprocess.Popen("exec true", shell=True).wait()
    os.popen("true").close()
    git(HERE, "--version")
    Terraform(("env",), "1.11.4", "PATH").run(directory=HERE, environment={"TF_VAR_given": "for it"})
    assert not database.publicly_accessible
"""


SHOWING = """#!/bin/sh
env
echo "ARGUMENTS=$*"
"""
"""A git in the place of git, which says what it was told."""


def forms() -> list[str]:
    return [*CANARIES.values(), PROFILE_SECRET, KEY_LINE]


@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "a key that is none"])
def test_of_a_run_hold_no_secret(signed: bool, tmp_path: Path) -> None:
    root = repository(tmp_path / "repository", CONTROLS)
    author = ("-c", "user.name=kim", "-c", "user.email=kim@example.com")
    for command in (
        ("init", "-q"),
        (*author, "commit", "-q", "--allow-empty", "-m", "first"),
    ):  # a run asks which commit it judges
        subprocess.run(["git", "-C", str(root), *command], check=True, timeout=60)
    local = root / "environments" / "local.toml"
    url = f"postgresql://kim:{PROFILE_SECRET}@db.internal:5432/app"
    local.write_text(f'{local.read_text()}\n[terraform.variables]\nbackend_url = "{url}"\n')
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text(RECORDER)
    (tmp_path / "temporary").mkdir()
    recorded = tmp_path / "recorded"
    given = {**CANARIES, "RECORDED": str(recorded), "TMPDIR": str(tmp_path / "temporary")}
    given |= {"PYTHONPATH": f"{tmp_path / 'hook'}:{os.environ.get('PYTHONPATH', '')}{Path(__file__).parents[1]}"}
    if signed:
        given["STACKPROOF_SIGNING_KEY"] = KEY
    ended = run(root, plan=True, **given)
    assert ended.status == (4 if signed else 0), ended.output
    lines = recorded.read_text().splitlines() if recorded.exists() else []
    started = [(words, environment) for words, environment in map(json.loads, lines) if words != ["uname", "-p"]]
    # That one is asked by the standard library for pytest-metadata, before the session begins.
    if not signed:
        assert {"env", "true", "git"} <= {word for words, _ in started for part in words for word in part.split()}
        assert any(environment.get("TF_VAR_given") == "for it" for _, environment in started)
    for words, environment in started:
        assert [form for form in forms() if form in " ".join(words)] == [], words
        assert [name for name, value in environment.items() if any(form in value for form in forms())] == [], words
    everything = {
        path: content for path, content in files(tmp_path).items() if path not in ("recorded",) and "environments/" not in path
    }
    for form in forms():
        assert [path for path, content in everything.items() if form in path or form.encode() in content] == []


@pytest.mark.parametrize("told", ["git", "what git starts"])
def test_git_is_told_all_but_the_secrets(told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The difference of the two environments is the secrets and the ways to AWS, and nothing else."""
    url = f"postgresql://kim:{PROFILE_SECRET}@db.internal:5432/app"
    secrets = {**CANARIES, "BACKEND": url, "STACKPROOF_SIGNING_KEY": KEY, "AWS_PROFILE": "production"}
    for name in os.environ.keys() - {"PATH"}:
        monkeypatch.delenv(name)
    for name, value in {**secrets, "HOME": str(tmp_path), "AWS_REGION": "eu-north-1", "COLOUR": "blue"}.items():
        monkeypatch.setenv(name, value)
    arguments = ["-c", "alias.told=!env; echo ARGUMENTS=$*; true", "told", "HEAD"]
    if told == "git":
        (tmp_path / "git").write_text(SHOWING)
        (tmp_path / "git").chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    said = git(tmp_path, *arguments)
    given = dict(line.split("=", 1) for line in said if "=" in line)
    assert "HEAD" in given["ARGUMENTS"]
    assert {name for name, value in os.environ.items() if given.get(name, "").removeprefix("/usr/lib/git-core:") != value} == {
        *secrets
    }
    assert [form for form in forms() if any(form in line for line in said)] == []
