"""The work of judging a plan grows with the plan, whatever way its resources refer to each other."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.plans import SHAPES, plan_of

ROOT = Path(__file__).parents[1]
SIZES = (190, 232, 274)
"""Resources, evenly apart: one, two and three copies of the app stack beside the stacks. Where work grows with the plan, the third plan
takes as much more than the second as that than the first."""

MORE = 1.05
"""What the second step may take of the first. Between such plans the square of anything takes 1.3 and more."""
FEW = 300
"""Steps that are no growth: a cache that is filled."""


@pytest.fixture(scope="module")
def counted_by_shape() -> dict[str, Any]:
    command = [sys.executable, str(ROOT / "helpers" / "plan_steps.py"), *map(str, SIZES)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600, check=True)
    counted: dict[str, Any] = json.loads(ended.stdout)
    return counted


@pytest.mark.parametrize("shape", SHAPES)
def test_no_control_takes_more_than_the_plan_grows(shape: str, counted_by_shape: dict[str, Any]) -> None:
    counted = counted_by_shape[shape]
    few, more, most = counted["steps"]
    first, second, third = counted["resources"]
    assert third - second == second - first > 0
    assert first > len(plan_of(0)["resource_changes"]), (
        "the first plan has no copy: its references are others; choose greater sizes"
    )
    grown = {name: (more[name] - few[name], most[name] - more[name]) for name in most}
    assert grown
    assert {name: steps for name, steps in grown.items() if steps[1] > MORE * steps[0] + FEW} == {}
