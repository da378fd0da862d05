"""Count the steps that judging each control takes on plans of each shape and some sizes: ``python helpers/plan_steps.py SIZE...``, as JSON.

A process of its own does so: what others have looked at and kept would be no work any more, and it traces every line.
"""

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from multiprocessing import get_context
from types import FrameType
from typing import Any

from benchmarks.plans import SHAPES, plan_of
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
    found: Counter[str] = Counter()
    judge(document, partial(counted, found))
    return found


def of_shape(sizes: Sequence[int], shape: str) -> dict[str, Any]:
    """The steps of each control by size, and how many resources each plan has."""
    documents = [plan_of(size, shape) for size in sizes]
    judge(documents[-1], lambda _: nullcontext())  # texts that are looked at once: the last plan has those of all
    return {"resources": [len(one["resource_changes"]) for one in documents], "steps": [*map(steps, documents)]}


def main(*sizes: str) -> None:
    """Print what is counted for each shape, in a process of its own that knows the stacks and no copy of them."""
    judge(plan_of(0), lambda _: nullcontext())  # what is made once for all
    with get_context("fork").Pool(1, maxtasksperchild=1) as pool:
        counted = pool.map(partial(of_shape, [*map(int, sizes)]), SHAPES, chunksize=1)
    print(json.dumps(dict(zip(SHAPES, counted, strict=True))))


if __name__ == "__main__":
    main(*sys.argv[1:])
