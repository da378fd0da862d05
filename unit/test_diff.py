"""`stackproof diff`: what came out otherwise in one of two runs."""

from pathlib import Path

import pytest
from test_reports import control, run

from stackproof.cli.diff import main
from stackproof.core.results import ControlResult, Examined, since
from stackproof.core.results_file import to_json
from stackproof.core.verdicts import Verdict


def judged(id: str, **resources: Verdict) -> ControlResult:
    found = [Examined(name, verdict, "" if verdict is Verdict.PASS else "assert not True") for name, verdict in resources.items()]
    return control(id, Verdict.FAIL, resources=found)


@pytest.fixture
def before(tmp_path: Path) -> str:
    return written(tmp_path / "before.json", judged("SEC-RDS-01", db=Verdict.FAIL, old=Verdict.FAIL, replica=Verdict.PASS))


def written(file: Path, *controls: ControlResult) -> str:
    file.write_text(to_json(run(*controls)), encoding="utf-8")
    return str(file)


def test_what_came_out_otherwise_is_said_and_ends_with_1(before: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    after = written(tmp_path / "after.json", judged("SEC-RDS-01", db=Verdict.PASS, replica=Verdict.FAIL))
    assert main([before, after, "--lang", "en"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "New (1)",
        "  SEC-RDS-01 replica: PASS -> FAIL",
        "Fixed (1)",
        "  SEC-RDS-01 db: FAIL -> PASS",
        "Not there any more (1)",
        "  SEC-RDS-01 old: FAIL -> -",
    ]


def test_it_is_said_in_korean_too(before: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    after = written(tmp_path / "after.json", judged("SEC-RDS-01", db=Verdict.PASS, replica=Verdict.FAIL))
    assert main([before, after, "--lang", "ko"]) == 1
    assert [line for line in capsys.readouterr().out.splitlines() if not line.startswith(" ")] == [
        "새로 생김 (1)",
        "고쳐짐 (1)",
        "사라짐 (1)",
    ]


def test_what_is_as_bad_as_before_is_no_difference(before: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([before, before, "--lang", "en"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Still open (2)",
        "  SEC-RDS-01 db: FAIL -> FAIL",
        "  SEC-RDS-01 old: FAIL -> FAIL",
    ]


@pytest.mark.parametrize(("language", "says"), [("en", "a run leaves it in"), ("ko", "실행은 이 파일을")])
def test_a_run_that_is_not_there_is_bad_input(
    language: str, says: str, before: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([before, str(tmp_path / "none.json"), "--lang", language]) == 4
    assert says in capsys.readouterr().err


def test_a_control_that_could_examine_nothing_is_new_and_then_fixed() -> None:
    good = run(control("PG-01", resources=(Examined("db", Verdict.PASS),)))
    dead = run(control("PG-01", Verdict.ERROR, "no answer", resources=()))
    (lost,) = since(good, dead.controls).new
    assert (lost.resource, lost.was, lost.now) == ("", "PASS", "ERROR")
    (found,) = since(dead, good.controls).fixed
    assert (found.resource, found.was, found.now) == ("", "ERROR", "PASS")
