"""Count the steps that judging each control takes on plans of some sizes: ``python helpers/plan_steps.py SHAPE SIZE...``, as JSON.

A process of its own does so: what others have looked at and kept would be no work any more, and it traces every line.
"""

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from types import FrameType
from typing import Any

from benchmarks.plans import plan_of
from proofs import harness
from stackproof.core.controls import catalogue
from stackproof.sources.plan.document import Plan

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
    judge(document, lambda _: nullcontext())  # what is made once for all, and texts that are looked at once
    found: Counter[str] = Counter()
    judge(document, partial(counted, found))
    return found


def main(shape: str, *sizes: str) -> None:
    """Print the steps of each control by size, and how many resources each plan has."""
    documents = [plan_of(int(size), shape) for size in sizes]
    print(json.dumps({"resources": [len(one["resource_changes"]) for one in documents], "steps": [*map(steps, documents)]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
