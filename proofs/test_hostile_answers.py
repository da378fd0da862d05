"""What is wrong stays wrong, or is an ERROR, when an answer has values that no answer of AWS has: no such change turns a verdict green.

Values are put into the answers of failing cases that are of another type than AWS's model says: nulls in lists, texts and maps in the
place of lists, numbers in the place of texts. Tried for all cases by ``make attack``.
"""

import copy
import os
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from proofs import harness
from proofs.cases import Case
from proofs.junk import GREEN, JUNK, places
from proofs.rows import CASES
from stackproof.core.verdicts import Verdict
from stackproof.sources.aws.shapes import check_of, typed
from stackproof.sources.replay import Recorded

FAILING = [case for case in CASES if case.stage == "cloud" and case.verdict is Verdict.FAIL]
IS_ATTACK = "STACKPROOF_ATTACK" in os.environ
SOME = FAILING if IS_ATTACK else random.Random(5).sample(FAILING, 40)
CHANGES = 8 if IS_ATTACK else 3
"""Of each."""


def changed(one: Recorded, draw: random.Random) -> Recorded:
    """An answer with a value that is of another type than the model's; itself where none was found."""
    for _ in range(20):
        page = copy.deepcopy(dict(one.pages[0]))
        *way, last = draw.choice([*places(page)] or [("x",)])
        holder: Any = page
        for step in way:
            holder = holder[step]
        holder[last] = copy.deepcopy(draw.choice(JUNK))
        if typed(one.call.operation, page) is not page:
            return replace(one, pages=(page, *one.pages[1:]))
    return one


@pytest.mark.parametrize("case", SOME, ids=str)
def test_a_value_that_aws_never_gives_turns_nothing_green(case: Case, record_property: Callable[[str, object], None]) -> None:
    stage = harness.edited_cloud(*case.edits, expected=case.profile, control=case.control)
    harness.judged(case.control, stage)
    asked = {call for call in stage.reader.answers if check_of(call.operation)}
    draw, ended, green = random.Random(str(case)), Counter[str](), []
    for _ in range(CHANGES if asked else 0):
        done: list[str] = []

        def edit(calls: list[Recorded], done: list[str] = done) -> list[Recorded]:
            one = draw.choice([call for call in calls if call.call in asked and call.pages] or calls)
            new = changed(one, draw) if one.call in asked and one.pages else one
            done.append(f"{new.call}: {new.pages}" if new is not one else "")
            return [new if call is one else call for call in calls]

        verdict = case.judge(edit).verdict
        if done[0]:
            ended[verdict.value] += 1
            green += [f"{verdict}: {done[0]}"] if verdict in GREEN else []
    record_property("attack", dict(ended))
    assert green == []
