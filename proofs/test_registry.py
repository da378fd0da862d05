"""No control without proofs: what each must have, by the stages that the catalogue names for it."""

import ast
import re
from collections import Counter
from dataclasses import replace

import pytest

from proofs import harness
from proofs.cases import ERROR, FAIL, UNKNOWN, Case, cloud, plan
from proofs.rows import CASES
from stackproof.core.controls import STAGES, Entry, catalogue

CONTROLS = [control for control in harness.controls(*harness.ON_AWS) if catalogue()[control].stages != "S"]
"""The controls of AWS; those of the repository alone are in ``test_phase0.py``."""
CLOUDS = set("ELA")
HANGUL = re.compile("[가-힣]")


def lacking(stages: str, cases: list[Case]) -> list[str]:
    """What a control's rows lack, for the catalogue's stages. That what is compliant passes is tried without a row."""
    proven = {(case.stage, case.verdict) for case in cases}
    needed = {
        "a FAIL on a cloud": not CLOUDS & set(stages) or ("cloud", FAIL) in proven,
        "a FAIL on a plan": "P" not in stages or ("plan", FAIL) in proven,
        "an UNKNOWN on a plan": "P" not in stages or ("plan", UNKNOWN) in proven,
        "an ERROR": any(verdict is ERROR for _, verdict in proven),
        "a stage that proofs can be run on": bool((CLOUDS | {"P"}) & set(stages)),
    }
    return [what for what, is_there in needed.items() if not is_there]


@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_is_proven(control: str) -> None:
    lacks = lacking(catalogue()[control].stages, [case for case in CASES if case.control == control])
    assert lacks == (["an UNKNOWN on a plan"] if control in harness.ABOUT_CHANGES else [])


COMPLETE = [
    cloud("SEC-RDS-01", "open", FAIL),
    cloud("SEC-RDS-01", "silent", ERROR),
    plan("SEC-RDS-01", "open", FAIL),
    plan("SEC-RDS-01", "open", UNKNOWN),
]


@pytest.mark.parametrize(
    ("stages", "without", "what"),
    [
        ("PEA", 0, "a FAIL on a cloud"),
        ("L", 0, "a FAIL on a cloud"),
        ("PEA", 1, "an ERROR"),
        ("P", 1, "an ERROR"),
        ("PEA", 2, "a FAIL on a plan"),
        ("PEA", 3, "an UNKNOWN on a plan"),
    ],
)
def test_a_control_that_lacks_a_proof_is_refused(stages: str, without: int, what: str) -> None:
    assert lacking(stages, COMPLETE) == []
    assert lacking(stages, [case for number, case in enumerate(COMPLETE) if number != without]) == [what]


def test_a_control_without_a_stage_or_a_row_is_refused() -> None:
    assert lacking("S", COMPLETE) == ["a stage that proofs can be run on"]
    assert len(lacking("PEA", [])) == 4


def test_every_row_is_of_a_control_and_every_name_is_used_once() -> None:
    assert {case.control for case in CASES} <= {*CONTROLS}
    assert [name for name, times in Counter(map(str, CASES)).items() if times > 1] == []


def test_a_control_is_declared_once_under_an_id_of_the_catalogue() -> None:
    """`stackproof.core.controls` cannot see a second test of the same name in another file."""
    found = Counter(
        decorator.args[0].value
        for file in sorted((harness.ROOT / "tests").rglob("*.py"))
        for test in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(test, ast.FunctionDef)
        for decorator in test.decorator_list
        if isinstance(decorator, ast.Call) and isinstance(decorator.args[0], ast.Constant)
    )
    assert {*CONTROLS} <= found.keys()
    assert found.keys() <= catalogue().keys()
    assert [id for id, times in found.items() if times > 1] == []


def problems(entry: Entry) -> list[str]:
    """What is wrong with an entry of the catalogue."""
    right = {
        "title": bool(entry.title.strip()),
        "title_ko": bool(HANGUL.search(entry.title_ko)),
        "stages": bool(entry.stages) and "".join(letter for letter in STAGES if letter in entry.stages) == entry.stages,
        "documented": bool(entry.documented.strip()),
    }
    return [key for key, is_right in right.items() if not is_right]


@pytest.mark.parametrize("control", catalogue())
def test_a_control_is_described_in_both_languages(control: str) -> None:
    assert problems(catalogue()[control]) == []


def test_an_entry_that_says_nothing_is_refused() -> None:
    entry = catalogue()["SEC-RDS-01"]
    assert problems(replace(entry, title=" ")) == ["title"]
    assert problems(replace(entry, title_ko=entry.title)) == ["title_ko"]
    assert problems(replace(entry, documented="")) == ["documented"]
    assert [problems(replace(entry, stages=stages)) for stages in ("", "AEP", "PX", "PP")] == [["stages"]] * 4
