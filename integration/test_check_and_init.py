"""A plan of a stack that nobody has declared: a first verdict, and a profile of it that a person reviews."""

import json
import os
from pathlib import Path

import pytest
import warm_pytest
from plan_documents import Planned, constant, document, refers

from scripts import example_run
from scripts.example_run import ROOT, stable
from stackproof.cli import check, main
from stackproof.collections import inventory
from stackproof.core.results import ControlResult
from stackproof.core.verdicts import Verdict
from stackproof.profile.base import Names
from stackproof.profile.loading import load
from stackproof.profile.schema import Profile

OPEN = {"from_port": 22, "to_port": 22, "protocol": "tcp", "cidr_blocks": ["0.0.0.0/0"], "self": False}
WEB = {**OPEN, "from_port": 443, "to_port": 443}
RULES = {"ipv6_cidr_blocks": [], "prefix_list_ids": [], "security_groups": [], "description": ""}
STACK = document(
    Planned("aws_vpc.main", {"cidr_block": "10.9.0.0/16", "tags": {"Name": "shop"}}, {"id": True}),
    Planned(
        "aws_security_group.web",
        {"name": "shop-web", "ingress": [{**OPEN, **RULES}, {**WEB, **RULES}], "egress": []},
        {"id": True, "vpc_id": True},
        {"vpc_id": refers("aws_vpc.main.id"), "name": constant("shop-web")},
    ),
    Planned(
        "aws_db_instance.main",
        {
            "identifier": "shop-db",
            "engine": "postgres",
            "engine_version": "16.3",
            "instance_class": "db.t4g.medium",
            "publicly_accessible": True,
            "backup_retention_period": 1,
            "multi_az": True,
        },
        {"arn": True},
    ),
    Planned("aws_cloudwatch_log_group.api", {"name": "/shop/api", "retention_in_days": 0}, {"arn": True}),
)


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "plan.json").write_text(json.dumps(STACK), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return Path("plan.json")


def test_a_plan_is_judged_without_a_profile(plan: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(plan), "-m", "security"]) == 1
    said = capfd.readouterr().out
    assert "FAIL SEC-RDS-01 (critical)" in said
    assert "shop-db: publicly accessible is true; it must be false." in said
    assert "these need an expectation" in said
    assert "SEC-INV-01: [database]" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "arguments", [["check"], ["check", "plan.json", "--from-aws"], ["init"], ["init", "--plan", "none.json"]]
)
def test_bad_input_is_one_message(arguments: list[str], plan: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 4
    said = capfd.readouterr()
    assert "Traceback" not in said.err + said.out
    assert sorted(path.name for path in Path().iterdir()) == ["plan.json"]


def test_a_profile_says_what_is_there_and_comments_what_looks_wrong(plan: Path) -> None:
    assert main(["init", "--plan", str(plan), "--name", "shop"]) == 0
    text = Path("environments/shop.toml").read_text(encoding="utf-8")
    profile = load("environments/shop.toml", Path("environments"))
    assert profile.is_unreviewed
    assert [one.identifier for one in profile.database] == ["shop-db"]
    assert profile.database[0].engine_version == "16"
    assert "# backup_days = 1  # found, and looks wrong: less than a week of backups" in text
    assert profile.database[0].backup_days == 7
    assert [(way.port, way.source) for way in profile.security_groups[0].ingress] == [(443, "0.0.0.0/0")]
    assert "# found, and left out: tcp 22 from 0.0.0.0/0: the internet reaches more than the web" in text
    assert "# /shop/api keeps its events for ever, which looks wrong" in text
    assert profile.owned == ("shop",)
    assert not profile.absent


def test_a_generated_profile_closes_the_gate_until_somebody_signs_it(plan: Path) -> None:
    assert main(["init", "--plan", str(plan), "--name", "shop"]) == 0
    profile = Path("environments/shop.toml")
    arguments = ["-q", "-k", "SEC-EC2-01", "--env", "shop", f"--plan={plan}"]

    def judged() -> tuple[int, str]:
        ended = warm_pytest.run(arguments, Path.cwd(), os.environ)
        return ended.returncode, ended.stdout

    status, said = judged()
    assert status == 1
    assert "ERROR: The environment shop was generated, and nobody has reviewed it" in said
    text = profile.read_text(encoding="utf-8")
    profile.write_text(text.replace('status = "generated, not reviewed"', 'reviewed = "Kim Minji, 2026-11-28"'), encoding="utf-8")
    status, said = judged()
    assert (status, "nobody has reviewed it" in said) == (0, False), said


def test_what_a_person_wrote_is_left_alone(plan: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Path("pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    assert main(["init", "--plan", str(plan)]) == 0
    assert Path("pytest.ini").read_text(encoding="utf-8") == "[pytest]\n"
    assert "add to its [pytest]: stackproof_suite = true" in capfd.readouterr().out
    profile = Path("environments/production.toml")
    assert main(["init", "--plan", str(plan)]) == 0
    assert "says what is there; nothing was written" in capfd.readouterr().out
    written = profile.read_text(encoding="utf-8").replace("10.9.0.0/16", "10.8.0.0/16")
    profile.write_text(written, encoding="utf-8")
    assert main(["init", "--plan", str(plan)]) == 1
    said = capfd.readouterr().out
    assert '-network "shop" cidr = "10.8.0.0/16"\n+network "shop" cidr = "10.9.0.0/16"\n' in said
    assert profile.read_text(encoding="utf-8") == written


def test_hostile_names_stay_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = 'a"]\nreviewed = "x, 2026-01-01"\n[x'
    document_ = document(Planned("aws_s3_bucket.main", {"bucket": hostile}, {"arn": True}))
    (tmp_path / "plan.json").write_text(json.dumps(document_), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--plan", "plan.json"]) == 0
    profile = load("environments/production.toml", Path("environments"))
    assert profile.storage.buckets == (hostile,)
    assert profile.is_unreviewed


def test_every_kind_that_is_a_list_of_names_has_its_table_in_the_profile() -> None:
    named = [kind.table for kind in inventory.KINDS if kind.is_a_list_of_names]
    assert {"function", "dynamodb_table", "event_bus"} <= {*named}
    for table in named:
        assert issubclass(type(getattr(Profile(), table)), Names), table


def set_aside(message: str) -> ControlResult:
    return ControlResult("X-01", "", "", "high", Verdict.NOT_DECLARED, message, 0.0, "")


@pytest.mark.parametrize(
    ("message", "keys"),
    [
        ("a: [network] cidr is not declared (its addresses)\nb: [network] cidr is not declared", ["[network] cidr"]),
        ("[account] id is not declared (the number of the AWS account): nothing to judge by", ["[account] id"]),
        ("the stack has no Trail: check declares none ([audit]), and the plan makes none", []),
    ],
)
def test_the_keys_that_a_control_needs(message: str, keys: list[str]) -> None:
    assert check.unstated(set_aside(message)) == keys


def test_a_plan_of_what_no_control_looks_at_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = document(*(Planned(name) for name in ("aws_glue_job.site", "aws_eks_cluster.a", "aws_eks_cluster.b", "aws_vpc.a")))
    (tmp_path / "plan.json").write_text(json.dumps(made))
    monkeypatch.chdir(tmp_path)
    assert check.main(["plan.json", "-m", "security"]) == 1
    assert "3 of 4 resources of the plan are judged by nothing: aws_eks_cluster (2), aws_glue_job (1)." in (
        " ".join(capsys.readouterr().out.split())
    )


def test_the_example_in_the_documents_is_what_a_run_prints() -> None:
    for name, text in example_run.pages().items():
        assert stable((ROOT / name).read_text(encoding="utf-8")) == stable(text), "make it anew: python -m scripts.example_run"


def test_a_plan_of_which_no_control_looks_at_anything_closes_the_gate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(document(Planned("aws_glue_job.a"), Planned("aws_eks_cluster.a"))))
    monkeypatch.chdir(tmp_path)
    assert check.main(["plan.json", "-m", "security"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "ERROR: No control looks at any resource of the plan" in said
    assert "2 of 2 resources of the plan are judged by nothing: aws_eks_cluster (1), aws_glue_job (1)." in said
