"""The work of judging a plan grows with the plan, whatever way its resources refer to each other."""

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from types import FrameType
from typing import Any

import pytest

from benchmarks.plans import SHAPES, plan_of
from proofs import harness
from stackproof.core.controls import catalogue
from stackproof.sources.plan.document import Plan

SIZES = (146, 188, 230)
"""Resources, evenly apart: where work grows with the plan, the third plan takes as much more than the second as that than the first."""

MORE = 1.05
"""What the second step may take of the first. Between such plans the square of anything takes 1.3 and more."""
FEW = 300
"""Steps that are no growth: a cache that is filled."""


ROUNDS_COUNT_IN = tuple(
    str(harness.ROOT / place) + os.sep
    for place in ("tests", *(f"stackproof/{room}" for room in ("collections", "resources", "sources", "judgement", "targets")))
)
"""Where loops over what a plan has are; elsewhere the calls count."""


@contextmanager
def counted(steps: Counter[str], name: str) -> Iterator[None]:
    """Count the calls, and the lines that run, each round of a loop again."""

    def line(_frame: FrameType, _event: str, _argument: Any) -> Any:
        steps[name] += 1
        return line

    def call(frame: FrameType, _event: str, _argument: Any) -> Any:
        steps[name] += 1
        return line if frame.f_code.co_filename.startswith(ROUNDS_COUNT_IN) else None

    before = sys.gettrace()
    sys.settrace(call)
    try:
        yield
    finally:
        sys.settrace(before)


def judge(document: Mapping[str, Any], counting: Callable[[str], AbstractContextManager[None]]) -> None:
    """Judge every control on a plan."""
    plan = Plan(document, "a plan")
    profile = harness.profile("production")
    for control in harness.controls(*harness.ON_AWS):
        if "P" in catalogue()[control].stages:
            with counting(control):
                harness.judged(control, harness.PlanStage(plan, profile))


def steps(document: Mapping[str, Any]) -> Counter[str]:
    """The steps that judging each control on a plan takes."""
    found: Counter[str] = Counter()
    judge(document, partial(counted, found))
    return found


@pytest.mark.parametrize("shape", SHAPES)
def test_no_control_takes_more_than_the_plan_grows(shape: str) -> None:
    documents = [plan_of(size, shape) for size in SIZES]
    assert len({len(one["resource_changes"]) for one in documents}) == len(SIZES)
    judge(documents[-1], lambda _: nullcontext())  # what is made once for all, and texts that are looked at once
    few, more, most = map(steps, documents)
    grown = {name: (more[name] - few[name], most[name] - more[name]) for name in most}
    assert {name: steps for name, steps in grown.items() if steps[1] > MORE * steps[0] + FEW} == {}
