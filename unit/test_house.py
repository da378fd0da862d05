"""The documents draw the house as import-linter holds it, and name files that are there; the row of every control is whole."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from stackproof.core.controls import FOLDERS, Entry, rows, suite

ROOT = Path(__file__).parent.parent
LAYERS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"][0]["layers"]
DOCUMENTS = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").glob("*.md"),
    *(ROOT / "changes").glob("*.md"),
    *(ROOT / ".github").glob("*.md"),
]


@pytest.mark.parametrize("name", ["README.md", "README.ko.md"])
def test_the_readme_draws_the_floors(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    [drawing] = re.findall(r"^```\n(\w+ {20}.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert [room for line in drawing.splitlines() for room in re.split(r"\s{3,}", line)[0].split()] == LAYERS


def test_the_architecture_tells_of_each_floor() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)/`", text, re.MULTILINE) == LAYERS


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_link_to_what_is_there(path: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []
    named = re.findall(
        r"`((?:stackproof|unit|integration|helpers|proofs|tests|scripts|environments|docs)/[\w./-]+)`",
        path.read_text(encoding="utf-8"),
    )
    assert [name for name in named if not (ROOT / name).exists()] == []


CONTROLS: dict[str, Entry] = {id: entry for folder in FOLDERS for id, entry in rows(suite() / folder).items()}
HANGUL = re.compile("[가-힣]")
HOW = (
    "write why, why_ko, remedy and remedy_ko into its row in controls.toml, a sentence or two each; then terraform, cli, console"
)


@pytest.mark.parametrize("id", CONTROLS)
def test_every_control_says_why_it_matters_and_how_to_mend_it(id: str) -> None:
    entry = CONTROLS[id]
    for english, korean in ((entry.why, entry.why_ko), (entry.remedy, entry.remedy_ko)):
        assert english.strip().endswith("."), f"{id}: {HOW}"
        assert not HANGUL.search(english), f"{id}: {english}"
        assert korean.strip().endswith("다."), f"{id}: {HOW}"
        assert HANGUL.search(korean), f"{id}: {korean}"
    assert any((entry.terraform, entry.cli, entry.console)), f"{id}: {HOW}"
    assert "TODO" not in str(entry), f"{id}: {HOW}"


def test_scripts_of_ci_are_what_shellcheck_accepts() -> None:
    scripts = sorted((ROOT / ".ci").iterdir())
    assert scripts
    checker = Path(sys.executable).with_name("shellcheck")
    ended = subprocess.run([checker, *scripts], capture_output=True, text=True, timeout=600, check=False)
    assert (ended.returncode, ended.stdout) == (0, "")
