import json
import os
import random
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import pytest
from plan_documents import Planned, document

from stackproof.core.verdicts import CouldNotVerify
from stackproof.processes.venvs import environment
from stackproof.scanners import checkov
from stackproof.scanners.checkov import Finding, read_report

ROOT = Path(__file__).parents[1]


def record(check: str, resource: str, line: int = 1, file: str = "/storage.tf") -> dict[str, object]:
    return {
        "check_id": check,
        "check_name": f"Ensure {check}",
        "file_path": file,
        "file_line_range": [line, line + 9],
        "resource": resource,
        "guideline": None,
    }


def report(**results: object) -> dict[str, object]:
    empty: dict[str, object] = {"passed_checks": [], "failed_checks": [], "skipped_checks": [], "parsing_errors": []}
    return {"check_type": "terraform", "results": empty | results, "summary": {"checkov_version": "3.3.30"}}


def test_a_report_becomes_records() -> None:
    scan = read_report(
        json.dumps(
            report(
                passed_checks=[record("CKV_AWS_21", "aws_s3_bucket.app"), record("CKV_AWS_7", "aws_kms_key.main")],
                failed_checks=[record("CKV_AWS_18", "aws_s3_bucket.app", line=3)],
                skipped_checks=[record("CKV_AWS_144", "aws_s3_bucket.app")],
            )
        )
    )
    assert scan.version == "3.3.30"
    assert scan.findings == (Finding("CKV_AWS_18", "aws_s3_bucket.app", "storage.tf", 3, "Ensure CKV_AWS_18"),)
    assert [skip.check for skip in scan.skipped] == ["CKV_AWS_144"]
    assert scan.passed == 2
    assert scan.resources == ("aws_kms_key.main", "aws_s3_bucket.app")


def test_the_order_of_a_report_does_not_matter() -> None:
    records = [record(f"CKV_AWS_{number}", f"aws_s3_bucket.b{number % 3}", number) for number in range(30)]
    first = read_report(json.dumps(report(failed_checks=records)))
    shuffled = random.Random(7).sample(records, len(records))
    assert read_report(json.dumps(report(failed_checks=shuffled))) == first


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "did not write a report"),
        ("Traceback (most recent call last):", "did not write a report"),
        ("[]", "did not write a report"),
        ("{}", "did not write a report"),
        (json.dumps(report(failed_checks=[{"check_id": "CKV_AWS_18"}])), "did not write a report"),
        (json.dumps(report()), "examined nothing"),
        (json.dumps({"passed": 0, "failed": 0, "resource_count": 0, "checkov_version": "3.3.30"}), "examined nothing"),
        (
            json.dumps(report(passed_checks=[record("CKV_AWS_7", "a.b")], parsing_errors=["/x/main.tf"])),
            "could not parse main.tf",
        ),
    ],
)
def test_a_report_that_shows_nothing_is_never_an_empty_list(text: str, message: str) -> None:
    with pytest.raises(CouldNotVerify, match=message):
        read_report(text)


def executable(folder: Path, body: str) -> Path:
    file = folder / "python"
    # A shell and Python both read it: the path of the interpreter may have a space.
    start = f"#!/bin/sh\n''''exec '{sys.executable}' \"$0\" \"$@\" # '''\n"
    file.write_text(f"{start}import socket, sys, time\n{body}\n")
    file.chmod(0o755)
    return file


def test_a_crash_is_not_a_scan(tmp_path: Path) -> None:
    python = executable(tmp_path, "print('starting\\nMemoryError: no space\\n', file=sys.stderr); sys.exit(2)")
    with pytest.raises(CouldNotVerify, match="exit status 2: MemoryError: no space"):
        checkov.scan_sources(python, {"main.tf": ""})


def test_a_scan_that_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkov, "_TIMEOUT", 0.5)
    with pytest.raises(CouldNotVerify, match="did not end"):
        checkov.scan_plan(executable(tmp_path, "time.sleep(30)"), tmp_path / "plan.json")


ANSWERING = """
with open({starts!r}, "a") as starts:
    starts.write("started\\n")
with socket.socket(fileno=0) as asker, asker.makefile() as questions:
    for question in questions:
        asker.sendall({answer!r})
"""


@pytest.mark.parametrize(
    ("answer", "error", "starts"),
    [
        (f"0 {json.dumps(report(passed_checks=[record('CKV_AWS_7', 'a.b')]))}", None, 1),
        ("-9", "ended with exit status -9: no message", 3),
        ("0 {", "did not write a report", 1),
    ],
)
def test_checkov_is_started_once_unless_it_fails(answer: str, error: str | None, starts: int, tmp_path: Path) -> None:
    counted = tmp_path / "starts"
    python = executable(tmp_path, ANSWERING.format(starts=str(counted), answer=f"{answer}\n".encode()))
    for _ in range(3):
        with pytest.raises(CouldNotVerify, match=error) if error else nullcontext():
            checkov.scan_plan(python, tmp_path / "plan.json")
    assert counted.read_text().count("started") == starts


def test_what_a_killed_run_leaves_goes_with_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = tmp_path / "stackproof.checkov-left"
    (left / "sources").mkdir(parents=True)
    os.utime(left, (0, 0))
    with pytest.raises(CouldNotVerify):
        checkov.scan_sources(executable(tmp_path, "sys.exit(2)"), {"main.tf": ""})
    assert [path.name for path in tmp_path.iterdir()] == ["python"]


def test_checkov_is_started_once_for_all_who_ask_at_once(tmp_path: Path) -> None:
    counted = tmp_path / "starts"
    answer = f"0 {json.dumps(report(passed_checks=[record('CKV_AWS_7', 'a.b')]))}\n"
    python = executable(tmp_path, ANSWERING.format(starts=str(counted), answer=answer.encode()))
    with ThreadPoolExecutor(4) as pool:
        scans = list(pool.map(lambda number: checkov.scan_plan(python, tmp_path / f"{number}.json"), range(4)))
    assert [scan.resources for scan in scans] == [("a.b",)] * 4
    assert counted.read_text().count("started") == 1


@pytest.fixture(scope="module")
def python() -> Path:
    return environment(ROOT / ".stackproof", "checkov", checkov.REQUIREMENTS, print)


def test_checkov_itself_is_led_by_the_sources_alone(python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".checkov.yaml").write_text("skip-check: CKV_AWS_17\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CKV_SKIP_CHECK", "CKV_AWS_17")
    scan = checkov.scan_sources(
        python,
        {
            "main.tf": 'module "db" {\n  source = "./modules/db"\n}\n',
            "modules/db/main.tf": (
                'resource "aws_db_instance" "main" {\n  # checkov:skip=CKV_AWS_157: one zone\n  publicly_accessible = true\n}\n'
            ),
        },
    )
    public = [finding for finding in scan.findings if finding.check == "CKV_AWS_17"]
    assert [(finding.resource, finding.file, finding.line) for finding in public] == [
        ("module.db.aws_db_instance.main", "modules/db/main.tf", 1)
    ]
    assert [skip.check for skip in scan.skipped] == ["CKV_AWS_157"]
    assert scan.version == "3.3.30"


def test_checkov_itself_does_not_pass_over_a_file_that_it_cannot_parse(python: Path) -> None:
    sources = {"good.tf": 'resource "aws_kms_key" "k" {}\n', "bad.tf": 'resource "aws_s3_bucket" "b" {\n'}
    with pytest.raises(CouldNotVerify, match=r"could not parse bad\.tf"):
        checkov.scan_sources(python, sources)


def test_checkov_itself_does_not_pass_a_plan_that_it_cannot_read(python: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text("{")
    with pytest.raises(CouldNotVerify, match="examined nothing"):
        checkov.scan_plan(python, plan)


def test_checkov_itself_crashes_on_half_a_plan_and_scans_on(python: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(document(Planned("aws_kms_key.k"), terraform_version="1.15.5")))
    with pytest.raises(CouldNotVerify, match="exit status 1: KeyError: 'before'"):
        checkov.scan_plan(python, plan)
    assert checkov.scan_sources(python, {"main.tf": 'resource "aws_kms_key" "k" {}\n'}).resources == ("aws_kms_key.k",)


def test_checkov_itself_is_ended_when_it_takes_too_long_and_ends_when_nobody_can_ask(python: Path, tmp_path: Path) -> None:
    scanner = checkov.Scanner(python)
    try:
        assert scanner._answer_to({"framework": "terraform", "place": str(tmp_path), "seconds": 1e-6}) == b"-14\n"
        scanner._socket.close()
        assert scanner._process.wait(20) == 0
    finally:
        scanner.end()


SOURCES = {
    "main.tf": (
        'variable "open" {\n  default = true\n}\nmodule "db" {\n  source = "./modules/db"\n  open   = var.open\n}\n'
        'resource "aws_s3_bucket" "b" {\n  bucket = "b"\n}\nresource "azurerm_storage_account" "a" {}\n'
        'resource "aws_s3_bucket_versioning" "b" {\n  bucket = aws_s3_bucket.b.id\n'
        '  versioning_configuration {\n    status = "Enabled"\n  }\n}\nresource "google_storage_bucket" "g" {}\n'
        'data "aws_iam_policy_document" "all" {\n  statement {\n    actions   = ["*"]\n    resources = ["*"]\n  }\n}\n'
    ),
    "modules/db/main.tf": (
        'variable "open" {}\nresource "aws_db_instance" "main" {\n  # checkov:skip=CKV_AWS_157: one zone\n'
        "  publicly_accessible = var.open\n}\n"
    ),
}
PLAN = document(
    Planned("aws_s3_bucket.b", {"bucket": "b"}),
    Planned("aws_db_instance.main", {"publicly_accessible": True, "storage_encrypted": True}),
    terraform_version="1.15.5",
)
for change in PLAN["resource_changes"]:
    change["change"]["before"] = None


def test_checkov_itself_says_what_its_command_line_says_whatever_it_scanned_before(python: Path, tmp_path: Path) -> None:
    for name, text in {**SOURCES, "plan.json": json.dumps(PLAN)}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    by_command = subprocess.run(
        [
            *(python, "-P", "-m", "checkov.main", "--directory", ".", "--framework", "terraform", "terraform_plan"),
            *("--output", "json", "--compact", "--skip-download", "--download-external-modules", "False"),
        ],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "CHECKOV_PARALLELIZATION_TYPE": "none"},
        capture_output=True,
        check=False,
    )
    said = {one["check_type"]: read_report(json.dumps(one)) for one in json.loads(by_command.stdout)}
    assert {finding.resource for finding in said["terraform"].findings} >= {
        *("aws_s3_bucket.b", "module.db.aws_db_instance.main", "azurerm_storage_account.a", "google_storage_bucket.g"),
        "aws_iam_policy_document.all",
    }
    for _ in range(2):
        assert checkov.scan_sources(python, SOURCES) == said["terraform"]
        assert checkov.scan_plan(python, tmp_path / "plan.json") == said["terraform_plan"]
