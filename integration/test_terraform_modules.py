"""The modules' own ``terraform test`` files, run by the project's Terraform in a working copy, with a mocked provider."""

import json
import os
from pathlib import Path

import pytest
from attack_figures import ATTACK

from stackproof.terraform.cli import Terraform
from stackproof.terraform.provider import choose
from stackproof.terraform.workspace import prepare

ROOT = Path(__file__).parents[1]
MODULES = sorted(tests.parent for tests in (ROOT / "infrastructure" / "terraform" / "modules").glob("*/tests"))
FOUND = [terraform for terraform in (Terraform.bundled(), Terraform.on_path()) if terraform]
TERRAFORMS = FOUND if ATTACK else FOUND[:1]
"""Each starts the provider dozens of times: the one that everybody has, and with ``make attack`` that of this machine, too."""


@pytest.mark.parametrize("terraform", TERRAFORMS, ids=lambda terraform: terraform.origin)
@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_module(module: Path, terraform: Terraform, tmp_path: Path) -> None:
    provider = choose(ROOT / ".stackproof")
    copy = prepare(
        module, tmp_path, provider, endpoint=None, region="ap-northeast-2", account="123456789012", terraform=terraform
    )
    copy.init()
    quick = {"GOGC": os.environ.get("GOGC", "off")}  # each run of a test starts the provider
    completed = terraform.run("test", "-json", directory=copy.directory, environment=quick, timeout=1800)
    said = [json.loads(line) for line in completed.stdout.splitlines()]
    errors = [f"{line.get('@testrun', '')}: {line['@message']}" for line in said if line.get("@level") == "error"]
    assert errors == []
    ended = [line for line in said if line["type"] == "test_run" and "status" in line["test_run"]]
    runs = {(line["@testfile"], line["@testrun"]): line["test_run"]["status"] for line in ended}
    declared = sum(file.read_text(encoding="utf-8").count('\nrun "') for file in module.glob("tests/*.tftest.hcl"))
    assert (len(runs), set(runs.values())) == (declared, {"pass"})
    assert completed.exit_status == 0
