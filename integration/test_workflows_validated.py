"""The project's workflows, its action and the workflow that `stackproof init` writes are what GitHub takes, safe, and sound shell.

By the schemas of check-jsonschema, the audits of zizmor, and shellcheck for what steps run. The first two lie in an environment of
their own (requirements/validators.txt).
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from stackproof.cli.init import WORKFLOW
from stackproof.processes.venvs import environment
from stackproof.util.cache import CACHE

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SHELLCHECK = shutil.which("shellcheck", path=str(Path(sys.executable).parent)) or "shellcheck"
EXPRESSION_IN_SHELL = "${{"


@pytest.fixture(scope="module")
def tools() -> Path:
    return environment(ROOT / CACHE, "validators", ROOT / "requirements" / "validators.txt", print).parent


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workflow that `stackproof init` writes, where GitHub looks for it."""
    file = tmp_path_factory.mktemp("init") / ".github" / "workflows" / "stackproof.yml"
    file.parent.mkdir(parents=True)
    file.write_text(WORKFLOW.read_text(encoding="utf-8").replace("NAME", "production"), encoding="utf-8")
    return file


def said(*command: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([str(one) for one in command], capture_output=True, text=True, timeout=120, check=False)


def test_they_are_what_github_takes(tools: Path, written: Path, tmp_path: Path) -> None:
    check = tools / "check-jsonschema"
    assert said(check, "--builtin-schema", "vendor.github-workflows", *WORKFLOWS, written).returncode == 0
    assert said(check, "--builtin-schema", "vendor.github-actions", ROOT / "action.yml").returncode == 0
    assert said(check, "--builtin-schema", "vendor.dependabot", ROOT / ".github" / "dependabot.yml").returncode == 0
    (broken := tmp_path / "broken.yml").write_text("on: push\njobs: {a: {runs-on: ubuntu-24.04, step: []}}", encoding="utf-8")
    assert "step" in said(check, "--builtin-schema", "vendor.github-workflows", broken).stdout


def test_they_are_safe(tools: Path, written: Path, tmp_path: Path) -> None:
    audit = (tools / "zizmor", "--offline", "--no-progress", "--min-severity=low")
    ended = said(*audit, *WORKFLOWS, ROOT / "action.yml", written)
    assert ended.returncode == 0, ended.stdout
    (broken := tmp_path / "broken.yml").write_text(
        "on: pull_request_target\njobs: {a: {runs-on: ubuntu-24.04, steps: [{run: 'echo ${{ github.event.issue.title }}'}]}}",
        encoding="utf-8",
    )
    assert "template-injection" in said(*audit, broken).stdout


def steps(name: str, job: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((ROOT / ".github/workflows" / f"{name}.yml").read_text(encoding="utf-8"))[
        "jobs"
    ][job]["steps"]
    return found


@pytest.mark.parametrize(("name", "job"), [("compliance", "verify"), ("plan", "plan"), ("live", "verify"), ("deploy", "verify")])
def test_each_leaves_its_summary_annotations_alerts_and_reports(name: str, job: str) -> None:
    """The summary and the annotations are `.ci/publish`'s, which runs whatever the gate says; packages are cached, reports kept."""
    done = steps(name, job)
    assert [step["if"] for step in done if step.get("run") == ".ci/publish"] == ["always()"]
    assert [step["with"]["cache"] for step in done if "setup-python@" in step.get("uses", "")] == ["pip"]
    (kept,) = (step for step in done if "upload-artifact@" in step.get("uses", ""))
    assert kept["if"] == "always()"
    assert kept["with"]["retention-days"] >= 30
    assert "reports/" in kept["with"]["path"]
    assert any("codeql-action/upload-sarif@" in step.get("uses", "") for step in steps(name, "code-scanning"))
    if name != "plan":
        assert any("attest-build-provenance@" in step.get("uses", "") for step in steps(name, "attest"))


def test_the_plan_gate_comments_and_the_live_run_is_nightly_and_ends_every_deployment() -> None:
    plan, live, deploy = (
        yaml.safe_load((ROOT / ".github/workflows" / f"{name}.yml").read_text(encoding="utf-8"))
        for name in ("plan", "live", "deploy")
    )
    assert any("--target plan" in step.get("run", "") for step in plan["jobs"]["plan"]["steps"])
    assert any("gh pr comment" in step.get("run", "") for step in plan["jobs"]["comment"]["steps"])
    assert live[True]["schedule"], "YAML reads the key on as true"
    assert deploy["jobs"]["verify"]["needs"] == "deploy"
    for document in (live, deploy):
        job = document["jobs"]["verify"]
        assert any(step.get("run", "").startswith(".ci/verify-live") for step in job["steps"])
        assert "continue-on-error" not in str(job), "what does not hold fails the workflow"
        assert job["permissions"] == {"contents": "read", "id-token": "write"}


def scripts(document: Any) -> Iterator[str]:
    """What the steps of a workflow or an action run."""
    jobs = [*document.get("jobs", {}).values(), document.get("runs", {})]
    yield from (step["run"] for job in jobs for step in job.get("steps", ()) if "run" in step)


def test_what_they_run_is_sound(written: Path) -> None:
    for file in (*WORKFLOWS, ROOT / "action.yml", written):
        for script in scripts(yaml.safe_load(file.read_text(encoding="utf-8"))):
            assert EXPRESSION_IN_SHELL not in script, f"{file.name}: an expression would become a part of the script: {script}"
            command = [SHELLCHECK, "--shell=bash", "--severity=style", "-"]
            ended = subprocess.run(command, input=script, capture_output=True, text=True, timeout=60, check=False)
            assert ended.returncode == 0, f"{file.name}: {ended.stdout}"
