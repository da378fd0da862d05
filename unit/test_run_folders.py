"""The folders of runs: one each, the latest among them, and what a later run remembers of the one before."""

import os
from datetime import UTC, datetime
from pathlib import Path

from test_reports import control, run

from stackproof.core.results import Examined, as_past, since
from stackproof.core.verdicts import Verdict
from stackproof.evidence import folders
from stackproof.reports.write import RunFolder, previous, write_results


def left(root: Path, id: str, *, is_latest: bool = True) -> Path:
    folder = RunFolder(root, id)
    write_results(run(control(), id=id), folder.unfinished)
    folder.finish(is_latest=is_latest)
    return folder.path


def test_names_of_runs_are_in_the_order_of_their_times() -> None:
    first = folders.new_id(datetime(2026, 11, 28, 15, 51, 6, 123000, UTC))
    assert first.startswith("20261128T155106123Z-")
    assert first < folders.new_id(datetime(2026, 11, 28, 15, 51, 6, 124000, UTC))


def test_the_folder_of_a_target_is_its_latest_run(tmp_path: Path) -> None:
    first, second = left(tmp_path, "1"), left(tmp_path, "2")
    assert folders.of_run(tmp_path) == second
    assert folders.of_run(first) == first
    part = left(tmp_path, "3", is_latest=False)
    assert folders.of_run(tmp_path) == second
    assert folders.all_of(tmp_path) == [first, second, part]


def test_without_links_the_newest_run_is_the_latest(tmp_path: Path) -> None:
    left(tmp_path, "1"), left(tmp_path, "2", is_latest=False)
    (tmp_path / folders.LATEST).unlink()
    assert folders.of_run(tmp_path).name == "2"
    assert folders.of_run(tmp_path / "nowhere") == tmp_path / "nowhere"


def test_an_unfinished_run_is_none(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path, "1")
    write_results(run(), folder.unfinished)
    assert folders.latest(tmp_path) is None
    assert previous(tmp_path) is None
    folder.remove()
    assert not list(tmp_path.iterdir())


def test_what_killed_runs_left_goes_with_the_next(tmp_path: Path) -> None:
    writing, killed, new = RunFolder(tmp_path, "1"), tmp_path / ".2", tmp_path / ".3"
    writing.begin()
    killed.mkdir()
    new.mkdir()
    (tmp_path / ".room.7").write_bytes(bytes(8))
    for path in (writing.unfinished, killed, tmp_path / ".room.7"):
        os.utime(path, (0, 0))
    left(tmp_path, "4")
    RunFolder(tmp_path, "5").begin()
    assert sorted(path.name for path in tmp_path.iterdir()) == [".1", ".3", ".5", "4", "latest"]


def test_results_that_cannot_be_read_are_no_earlier_run(tmp_path: Path) -> None:
    (left(tmp_path, "1") / folders.RESULTS).write_text("{")
    assert previous(tmp_path) is None


def test_a_run_remembers_the_one_before() -> None:
    past = as_past(run(control(verdict=Verdict.FAIL), id="1", not_selected=("A", "B")))
    assert (past.id, past.exit_status, past.selected, past.of, past.counts["FAIL"]) == ("1", 1, 1, 3, 1)


def test_what_changed_is_new_fixed_still_or_vanished() -> None:
    def judged(**verdicts: Verdict) -> tuple[Examined, ...]:
        return tuple(Examined(name, verdict) for name, verdict in verdicts.items())

    good, bad, unsure = Verdict.PASS, Verdict.FAIL, Verdict.ERROR
    before = control(resources=judged(a=good, b=bad, c=bad, d=bad, e=bad, f=bad))
    now = control(resources=judged(a=bad, b=good, c=unsure, e=Verdict.WAIVED, f=bad, g=unsure))
    found = since(run(before, control("X", bad), id="1"), (now, control("Y", bad)))
    assert found.run == "1"
    assert [one.resource for one in found.new] == ["a", "g"]
    assert [one.resource for one in found.fixed] == ["b"]
    assert [(one.resource, one.was, one.now) for one in found.still] == [("c", "FAIL", "ERROR"), ("f", "FAIL", "FAIL")]
    assert [one.resource for one in found.vanished] == ["d"]
