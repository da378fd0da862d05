"""Documents that are made from the sources are what their commands make."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_cost_calculator_is_made_from_the_price_table(language: str) -> None:
    made = runpy.run_path(str(ROOT / "scripts" / "cost_calculator.py"))["page"](language)
    name = "cost-calculator.md" if language == "en" else "cost-calculator.ko.md"
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == made, "make it anew: python scripts/cost_calculator.py"
