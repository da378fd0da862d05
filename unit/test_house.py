"""The documents draw the house as import-linter holds it, and name files that are there."""

import re
import tomllib
from pathlib import Path

import pytest

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
        r"`((?:stackproof|unit|proofs|tests|scripts|environments|docs)/[\w./-]+)`", path.read_text(encoding="utf-8")
    )
    assert [name for name in named if not (ROOT / name).exists()] == []
