"""Exports are valid by the schemas and tools of those who read them, and those refuse what is not.

OCSF, OSCAL and attestations: Python packages in an environment of their own. SARIF and HDF: npm packages, where
`STACKPROOF_NPM_VALIDATORS` names the directory with their ``node_modules`` (.github/workflows/compliance.yml installs them).
"""

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from finished_runs import SAMPLES, as_pem, every_verdict, several, signed_run

from stackproof.evidence import signing
from stackproof.processes.venvs import environment
from stackproof.reports.formats import FORMATS, render, render_all
from stackproof.util.cache import CACHE

ROOT = Path(__file__).parents[1]

NPM = Path(os.environ.get("STACKPROOF_NPM_VALIDATORS", ""), "node_modules").resolve()

CHECKS = {"ocsf": "ocsf", "oscal": "oscal", "oscal-component": "oscal", "oscal-poam": "oscal"}
"""The formats that are validated, and the check of `validators` for each."""


def documents(name: str) -> Mapping[str, str]:
    of_one = {what: text for what, one in SAMPLES.items() if isinstance(text := render(name, one), str)}
    return of_one | ({"of all": "".join(render_all(name, several(*SAMPLES.values())))} if FORMATS[name].of_all else {})


def changed(text: str, change: str) -> str:
    """A document with one thing wrong."""
    document: Any = json.loads(text)
    if change == "ocsf":
        document[0]["compliance"]["status_id"] = "passed"
    else:
        next(iter(document.values()))["metadata"].pop("last-modified")
    return json.dumps(document)


def write_attestations(folder: Path) -> None:
    """One that is signed, and one whose payload was changed afterwards."""
    (directory := folder / "run").mkdir()
    one, key = signed_run(directory)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(signing.VARIABLE, as_pem(key))
        text = render("dsse", one)
    assert isinstance(text, str)
    (folder / "public.pem").write_bytes(signing.as_pem(key.public_key()))
    (folder / "signed.dsse.json").write_text(text, encoding="utf-8")
    other = json.loads(text) | {"payload": base64.b64encode(b"{}").decode()}
    (folder / "changed.dsse.json").write_text(json.dumps(other), encoding="utf-8")


@pytest.fixture(scope="module")
def problems(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[str]]:
    """The problems of every document, and of one broken document of each kind, found by one process."""
    folder = tmp_path_factory.mktemp("documents")
    for name, check in CHECKS.items():
        for what, text in documents(name).items():
            (folder / f"{name} {what}.{check}.json").write_text(text, encoding="utf-8")
        (folder / f"{name} broken.{check}.json").write_text(changed(documents(name)["every verdict"], check), encoding="utf-8")
    write_attestations(folder)
    python = environment(ROOT / CACHE, "validators", ROOT / "requirements" / "validators.txt", print)
    command = [str(python), str(ROOT / "helpers" / "validators.py"), str(folder)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stderr
    found: Mapping[str, list[str]] = json.loads(ended.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("name", CHECKS)
def test_documents_are_valid(name: str, problems: Mapping[str, list[str]]) -> None:
    for what in (*SAMPLES, *(("of all",) if FORMATS[name].of_all else ())):
        assert problems[f"{name} {what}.{CHECKS[name]}.json"] == []


@pytest.mark.parametrize("name", CHECKS)
def test_a_broken_document_is_refused(name: str, problems: Mapping[str, list[str]]) -> None:
    assert problems[f"{name} broken.{CHECKS[name]}.json"]


def test_an_attestation_is_verified_by_securesystemslib(problems: Mapping[str, list[str]]) -> None:
    assert problems["signed.dsse.json"] == []
    assert problems["changed.dsse.json"]


needs_npm = pytest.mark.skipif(not NPM.is_dir(), reason="STACKPROOF_NPM_VALIDATORS names no directory with node_modules")


def multitool(folder: Path) -> list[str]:
    """What the multitool says, by its own rules and GitHub's."""
    tool = next(NPM.glob("@microsoft/sarif-multitool-*/Sarif.Multitool"))
    tool.chmod(0o755)
    log = folder / "found" / "log.sarif"
    log.parent.mkdir()
    command = [str(tool), "validate", str(folder / "*.sarif"), "--rule-kind", "Sarif;Gh", "--output", str(log)]
    subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    results = json.loads(log.read_text(encoding="utf-8-sig"))["runs"][0].get("results", [])
    return [f"{one['ruleId']}: {one['message']}" for one in results if one.get("level", "warning") == "error"]


@needs_npm
def test_sarif_has_no_error_by_the_multitool_and_by_githubs_rules(tmp_path: Path) -> None:
    for what, text in documents("sarif").items():
        (tmp_path / f"{what}.sarif").write_text(text, encoding="utf-8")
    assert multitool(tmp_path) == []


@needs_npm
def test_a_result_without_a_location_is_refused(tmp_path: Path) -> None:
    document = json.loads(documents("sarif")["every verdict"])
    document["runs"][0]["results"][0].pop("locations")
    (tmp_path / "broken.sarif").write_text(json.dumps(document), encoding="utf-8")
    assert any("GH1" in problem for problem in multitool(tmp_path))


@needs_npm
def test_heimdall_reads_every_status_as_it_is_meant(tmp_path: Path) -> None:
    """By MITRE's own library: passed is what passed alone."""
    (tmp_path / "run.json").write_text(documents("hdf")["every verdict"], encoding="utf-8")
    (tmp_path / "all.json").write_text("".join(render_all("hdf", several(every_verdict(), every_verdict()))), encoding="utf-8")
    node = shutil.which("node")
    assert node
    script = (
        'const inspec = require("inspecjs"), fs = require("fs");'
        'const read = inspec.convertFile(fs.readFileSync(process.argv[1], "utf8"), true)["1_0_ExecJson"];'
        "const found = inspec.contextualizeEvaluation(read).contains.flatMap(one => one.contains);"
        "console.log(JSON.stringify(Object.fromEntries(found.map(one => [one.data.tags.verdict, one.hdf.status]))))"
    )
    for file in ("run.json", "all.json"):
        ended = subprocess.run(
            [node, "-e", script, str(tmp_path / file)], cwd=NPM.parent, capture_output=True, text=True, check=True
        )
        assert json.loads(ended.stdout) == {
            "PASS": "Passed",
            "WAIVED": "Not Applicable",
            "NOT_DECLARED": "Not Applicable",
            "NOT_APPLICABLE": "Not Applicable",
            "UNKNOWN": "Profile Error",
            "ERROR": "Profile Error",
            "FAIL": "Failed",
        }, sys.version
