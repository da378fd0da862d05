"""The page about stacks of other teams says what its example stacks have. CI walks it from the wheel: `.ci/installed`."""

import re
from pathlib import Path

import pytest

from scripts import another_stack as page

MOST_BY_HAND = 30


@pytest.mark.parametrize("stack", page.STACKS)
def test_every_marked_line_of_a_stack_is_in_the_table(stack: str) -> None:
    marked = (page.ROOT / "examples" / stack / "main.tf").read_text(encoding="utf-8").count("# mistake")
    assert marked == len(page.mistakes(stack)) > 2


@pytest.mark.parametrize("stack", page.STACKS)
def test_what_is_written_by_hand_is_little_and_signed(stack: str, tmp_path: Path) -> None:
    diff = page.block(stack)
    profile = tmp_path / "live.toml"
    profile.write_text("\n".join(["", *(line[1:] for line in diff.splitlines() if line.startswith("-")), ""]), encoding="utf-8")
    lines = page.by_hand(profile, diff)
    assert lines == int(page.figures(stack)[1]) <= MOST_BY_HAND
    assert [*profile.read_text(encoding="utf-8").strip().splitlines()] == [
        line[1:] for line in diff.splitlines() if line.startswith("+")
    ]
    assert "reviewed = " in diff


def test_a_diff_of_a_line_that_is_not_there_is_refused(tmp_path: Path) -> None:
    profile = tmp_path / "live.toml"
    profile.write_text("\na = 1\n", encoding="utf-8")
    with pytest.raises(ValueError, match="not once the line b = 2"):
        page.by_hand(profile, "-b = 2\n+b = 3\n")


def test_the_korean_page_has_the_same_steps_and_figures() -> None:
    korean = page.PAGE_FILE.with_suffix(".ko.md").read_text(encoding="utf-8")
    code = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
    assert code.findall(korean) == code.findall(page.PAGE)
    rows = re.compile(r"^\| (?:small|far|near) \|.* \d+ \|$", re.MULTILINE)
    assert rows.findall(korean) == rows.findall(page.PAGE)
    found = re.compile(r"^\| (small|far|near) \| [^|]+ \| ([A-Z0-9-]+) \| (FAIL|UNKNOWN)", re.MULTILINE)
    assert found.findall(korean) == found.findall(page.PAGE)
