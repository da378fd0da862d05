"""Documents that are made from the sources are what `python -m scripts.documents` makes."""

from pathlib import Path

from scripts.documents import texts

ROOT = Path(__file__).parents[1]


def test_all_are_as_they_would_be_made() -> None:
    other = [name for name, text in texts() if (ROOT / name).read_text(encoding="utf-8") != text]
    assert not other, "make them anew: python -m scripts.documents"
