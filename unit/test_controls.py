"""A control is in the catalogue, and once in the code."""

from pathlib import Path

import pytest

from stackproof.core import controls
from stackproof.core.controls import ROWS, STAGES, catalogue, control, control_of, rows
from stackproof.core.verdicts import UsageError


@pytest.fixture(autouse=True)
def _nothing_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(controls, "declared", {})


def declare(source: str, file: str) -> None:
    exec(compile(source, file, "exec"), {"control": control, "__name__": Path(file).stem})


TEST = '@control("SEC-RDS-01", severity="critical")\ndef test_it(database): ...\n'


def test_a_control_knows_its_line_in_the_catalogue() -> None:
    @control("SEC-RDS-01", severity="critical")
    def test_it() -> None: ...

    declared = control_of(test_it)
    assert declared
    assert (declared.id, declared.severity, declared.entry) == ("SEC-RDS-01", "critical", catalogue()["SEC-RDS-01"])
    assert controls.declared == {"SEC-RDS-01": test_it}


def test_any_other_function_is_none() -> None:
    assert control_of(lambda: None) is None
    assert control_of(None) is None


def test_a_control_that_is_not_in_the_catalogue_cannot_be_declared() -> None:
    with pytest.raises(LookupError, match=r"SEC-NO-99 has no row: add .*unit/controls\.toml"):
        control("SEC-NO-99", severity="low")(lambda: None)


def test_an_id_is_taken_once() -> None:
    declare(TEST, "/repo/tests/a.py")
    with pytest.raises(LookupError, match=r"SEC-RDS-01 is declared twice: by /repo/tests/a\.py::test_it and by .*::test_other"):
        declare(TEST.replace("test_it", "test_other"), "/repo/tests/a.py")


def test_an_id_is_taken_once_whatever_the_name_of_the_other() -> None:
    declare(TEST, "/repo/tests/a.py")
    with pytest.raises(LookupError, match="SEC-RDS-01 is declared twice"):
        declare(TEST, "/repo/tests/b.py")


def test_a_module_may_be_imported_again() -> None:
    for _ in range(2):
        declare(TEST, "/repo/tests/a.py")
    assert [*controls.declared] == ["SEC-RDS-01"]


def test_every_line_of_the_catalogue_says_where_its_control_holds_and_what_it_is_called() -> None:
    assert catalogue()
    for id, entry in catalogue().items():
        assert entry.stages, id
        assert set(entry.stages) <= STAGES.keys(), id
        assert len(set(entry.stages)) == len(entry.stages), id
        assert entry.title, id
        assert entry.title_ko, id
        assert entry.documented, id


def test_no_two_lines_have_the_same_title() -> None:
    titles = [entry.title for entry in catalogue().values()]
    assert len(set(titles)) == len(titles)


ROW = '[MY-01]\ntitle = "a"\ntitle_ko = "b"\nstages = "P"\ndocumented = "c"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ROW.replace('title = "a"\n', ""), "MY-01, title: missing"),
        (ROW + "why = 1\n", "MY-01, why: not text"),
        (ROW + 'reason = "x"\n', "MY-01, reason: not a key of a control"),
        (ROW.replace('"P"', '"X"'), "MY-01, stages: the letters are S, P, E, L, A"),
        (ROW.replace('"P"', '""'), "MY-01, stages: the letters are"),
        (ROW + "MY-02 = 1\n", "MY-01, MY-02: not a key"),
        ("MY-02 = 1\n" + ROW, "MY-02: not a table"),
        (ROW + ROW, "cannot be read as TOML: Cannot declare"),
        (ROW + "x = " + "9" * 5000, "cannot be read as TOML: a number"),
        (ROW.encode() + b"\xff", "cannot be read as TOML: this is not UTF-8"),
    ],
)
def test_a_row_that_is_broken_is_named(text: str | bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / ROWS).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UsageError) as refused:
        rows(tmp_path)
    assert f"{tmp_path / ROWS}" in str(refused.value)
    assert said in str(refused.value)
