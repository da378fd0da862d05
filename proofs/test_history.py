"""The security controls that are judged on the repository alone."""

import time
from pathlib import Path

import pytest

from proofs import harness, repository
from proofs.cases import Proven
from proofs.harness import ROOT
from proofs.history import CASES, CREDENTIALS, KEY
from proofs.phase0 import Case
from stackproof.controls import catalogue
from stackproof.policy import history
from stackproof.policy.credentials import search
from stackproof.verdicts import Verdict

CONTROLS = [control for control in harness.controls("security") if catalogue()[control].stages == "S"]


@pytest.mark.parametrize(
    ("control", "case"),
    [pytest.param(control, case, id=f"{control}: {case.name}") for control, cases in CASES.items() for case in cases],
)
def test_a_case_is_judged_as_it_must(
    control: str, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proven: Proven
) -> None:
    judgement = repository.judged_after(case.edits, control, tmp_path, monkeypatch)
    assert judgement.verdict is case.verdict, judgement.message
    assert case.names in judgement.message
    assert not any(credential in repr(judgement) for credential in CREDENTIALS)
    proven(control, judgement.verdict)


@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_has_cases_that_pass_fail_and_err(control: str) -> None:
    assert {Verdict.PASS, Verdict.FAIL, Verdict.ERROR} <= {case.verdict for case in CASES[control]}


def test_what_is_remembered_is_not_read_again_and_holds_nothing_of_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = repository.copied(tmp_path / "copy", monkeypatch)
    repository.appends("deploy/keys.env", KEY)(copy)
    repository.git("add", "deploy")(copy)
    cache = tmp_path / "cache"
    first, read = search(copy.root, cache), []
    contents = history.contents
    monkeypatch.setattr(history, "contents", lambda root, blobs: contents(root, read.extend(blobs) or read))
    again = search(copy.root, cache)
    assert again == first
    assert [place.kind for place in again.places if place.path == "deploy/keys.env"] == ["AWS Access Key"]
    assert len(read) < first.versions / 2
    (memory,) = cache.iterdir()
    assert not any(credential in memory.read_text() for credential in CREDENTIALS)


def test_this_repository_is_searched_in_seconds() -> None:
    started = time.thread_time()
    assert search(ROOT).versions > 100
    assert time.thread_time() - started < 5
