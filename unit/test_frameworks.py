"""The frameworks as data, and what of them is covered: only a pass on live AWS counts."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stackproof.core.controls import FOLDERS, rows, suite
from stackproof.core.results import ControlResult, Run
from stackproof.core.verdicts import Verdict
from stackproof.frameworks.catalogue import KEYS, Framework, Requirement, framework, frameworks, mapped, unmapped
from stackproof.frameworks.coverage import Extent, coverage, proven

CONTROLS = {id: entry for folder in FOLDERS for id, entry in rows(suite() / folder).items()}

HANGUL = re.compile("[가-힣]")

SIZES = {"cis": 70, "isms_p": 101, "iso_27001": 93, "soc2": 61}
"""How many requirements the published lists have, where that is known."""

ORGANISATIONAL = {"isms_p", "iso_27001", "soc2"}
"""Frameworks about organisations, of which a technical check is never all."""


def requirements() -> Iterator[tuple[Framework, Requirement]]:
    return ((one, requirement) for one in frameworks() for requirement in one.requirements.values())


@pytest.mark.parametrize("key", KEYS)
def test_every_id_is_in_the_list_of_its_framework_once(key: str) -> None:
    found = framework(key)
    assert len(set(found.ids)) == len(found.ids) == SIZES.get(key, len(found.ids))
    assert found.requirements.keys() <= set(found.ids)
    assert found.name
    assert found.version
    assert found.publisher
    for english, korean in ((found.list, found.list_ko), (found.confirm, found.confirm_ko)):
        assert english
        assert HANGUL.search(korean)


def test_every_file_is_a_framework() -> None:
    names = {file.name for file in files("stackproof.frameworks").iterdir() if file.name.endswith(".toml")}
    assert names == {f"{key}.toml" for key in (*KEYS, "unmapped")}


def test_every_row_says_why_in_both_languages() -> None:
    for one, requirement in requirements():
        where = f"{one.key} {requirement.id}"
        assert requirement.controls, where
        assert requirement.reason.endswith("."), where
        assert not HANGUL.search(requirement.reason), where
        assert requirement.reason_ko.endswith("다."), where
        assert bool(requirement.contradicts) == bool(requirement.conflict) == bool(requirement.conflict_ko), where


def test_every_row_has_the_known_keys_alone() -> None:
    known = {"fully", "partly", "reason", "reason_ko", "contradicts", "conflict", "conflict_ko"}
    for key in KEYS:
        data = tomllib.loads(files("stackproof.frameworks").joinpath(f"{key}.toml").read_text(encoding="utf-8"))
        for id, row in data["requirements"].items():
            assert row.keys() <= known, f"{key} {id}"


def test_every_control_is_mapped_or_says_why_not() -> None:
    """A control that is added names its requirements in the files of frameworks, or its reason in unmapped.toml."""
    named = {
        id
        for framework in frameworks()
        for requirement in framework.requirements.values()
        for id in (*requirement.controls, *requirement.contradicts)
    }
    assert named <= CONTROLS.keys(), "stackproof/frameworks/*.toml names controls that there are not"
    reached = {id for framework in frameworks() for requirement in framework.requirements.values() for id in requirement.controls}
    assert CONTROLS.keys() - reached - unmapped().keys() == set(), (
        "add them to the requirements that they say something about, fully or partly with the reason, in stackproof/frameworks/*.toml; "
        "if none asks for it, say why in stackproof/frameworks/unmapped.toml"
    )
    assert reached & unmapped().keys() == set(), "mapped, and said not to be"
    assert unmapped().keys() <= CONTROLS.keys()
    for why in unmapped().values():
        assert why.reason.endswith(".")
        assert why.reason_ko.endswith("다.")


def test_what_never_runs_on_aws_is_mapped_to_nothing() -> None:
    """Its pass could never count; sources and plans are judged in a run on live AWS, too."""
    never = {id for id, entry in CONTROLS.items() if not set("ASP") & set(entry.stages)}
    assert never
    assert never <= unmapped().keys()


@pytest.mark.parametrize("key", sorted(ORGANISATIONAL))
def test_a_technical_check_is_never_all_of_what_an_organisation_does(key: str) -> None:
    assert all(not requirement.fully for requirement in framework(key).requirements.values())


def test_what_contradicts_is_never_fully_covered() -> None:
    for one, requirement in requirements():
        if requirement.contradicts:
            assert not requirement.fully, f"{one.key} {requirement.id}"
    pci = framework("pci_dss")
    assert "12 months" in pci.requirements["10.5.1"].conflict


def test_both_directions_agree() -> None:
    for id in CONTROLS:
        for one, requirement in mapped(id):
            assert id in requirement.named
            assert requirement is one.requirements[requirement.id]
    assert mapped("SEC-OF-SOMEBODY-ELSE-01") == ()


def run(target: str, **verdicts: Verdict) -> Run:
    controls = tuple(
        ControlResult(id.replace("_", "-"), "", "", "high", verdict, "", 0.1, "test_it") for id, verdict in verdicts.items()
    )
    return Run(
        datetime(2026, 11, 28, tzinfo=UTC), 1.0, "production", target, "123456789012", "ap-northeast-2", {}, {}, controls=controls
    )


@pytest.mark.parametrize("target", ["plan", "embedded", "localstack", "external", "replay"])
def test_no_other_target_counts(target: str) -> None:
    assert proven(run("aws", RDS_01=Verdict.PASS)) == {"RDS-01"}
    assert proven(run(target, RDS_01=Verdict.PASS)) == frozenset()


@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict is not Verdict.PASS])
def test_no_other_verdict_counts(verdict: Verdict) -> None:
    assert proven(run("aws", RDS_01=verdict)) == frozenset()


def test_every_requirement_of_the_list_is_told_covered_or_not() -> None:
    for one in frameworks():
        nothing, everything = coverage(one, ()), coverage(one, CONTROLS)
        assert [row.id for row in nothing.requirements] == [*one.ids]
        numbers = [nothing.number(Extent.NOT), everything.number(Extent.NOT)]
        assert numbers == [len(one.ids), len(one.ids) - len(one.requirements)], one.key
        numbers = [everything.number(extent) for extent in Extent]
        assert sum(numbers) == len(one.ids), one.key


@settings(max_examples=20)
@given(st.sets(st.sampled_from(sorted(CONTROLS))), st.sets(st.sampled_from(sorted(CONTROLS))))
def test_more_passes_never_cover_less(some: set[str], more: set[str]) -> None:
    order = [Extent.NOT, Extent.PARTLY, Extent.FULLY]
    for one in frameworks():
        before, after = coverage(one, some), coverage(one, some | more)
        for was, now in zip(before.requirements, after.requirements, strict=True):
            assert order.index(was.extent) <= order.index(now.extent)
            assert {*was.by} <= {*now.by}
            assert (now.extent is Extent.NOT) == (not now.by)


def test_all_controls_that_show_it_together_are_needed() -> None:
    one = framework("fsbp")
    whole = {row.id: row for row in coverage(one, {"SEC-S3-01", "SEC-S3-02"}).requirements}
    part = {row.id: row for row in coverage(one, {"SEC-S3-01"}).requirements}
    assert whole["S3.2"].extent is Extent.FULLY
    assert (part["S3.2"].extent, part["S3.2"].open) == (Extent.PARTLY, ("SEC-S3-02",))


def test_a_conflict_is_told_with_the_requirement() -> None:
    one = framework("pci_dss")
    requirement = replace(one.requirements["10.5.1"], fully=("LOG-13",))
    (row,) = coverage(replace(one, ids=("10.5.1",), requirements={"10.5.1": requirement}), {"LOG-13", "LOG-03"}).requirements
    assert row.extent is Extent.PARTLY
    assert row.conflict
