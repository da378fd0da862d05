"""What is wrong stays wrong whatever its tags and descriptions say: no text turns a verdict green, or becomes anything but a text.

Tried for all failing cases by ``make attack``.
"""

import copy
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from proofs.cases import Case
from proofs.junk import GREEN
from proofs.rows import CASES
from stackproof.core.verdicts import Verdict
from stackproof.sources.replay import Recorded

FAILING = [case for case in CASES if case.verdict is Verdict.FAIL]
SOME = FAILING if "STACKPROOF_ATTACK" in os.environ else random.Random(7).sample(FAILING, 60)
TEXTS = (
    *(
        "",
        " ",
        "\x00",
        "\x1b[2J\x1b[1;32mPASS\x1b[0m",
        "\r\nPASS",
        "\u202ePASS",
        "\u2066x\u2069",
        "\ufeff",
        "\ud800",
        "x" * 100_000,
    ),
    *(
        "<script>alert(1)</script>",
        "]]>",
        "--><!--",
        "'; DROP TABLE x; --",
        "${jndi:ldap://x}",
        "{{7*7}}",
        "${aws:username}",
        "%s%n",
    ),
    *('=HYPERLINK("x")', "::error::x", "../../etc/passwd", "arn:aws:iam::123456789012:root", "sg-0a1b2c3d4e5f60718", "*", "PASS"),
    *("(redacted)", "pass" + "word=hunter2-Qw7eR5pZx2", "null", "true", "рroduction", "triflow\u200b-ai", "한글" * 40),
)
TAGS, LISTS = ("tags", "tags_all"), ("Tags", "TagSet", "TagList")
DESCRIPTIONS = ("Description", "description", "GroupDescription", "Comment", "comment")


def told(value: Any, text: str) -> None:
    """Put a text into the tags and the descriptions that stand in a value."""
    if isinstance(value, list):
        for one in value:
            told(one, text)
    if not isinstance(value, dict):
        return
    for name, one in value.items():
        if name in DESCRIPTIONS and isinstance(one, str):
            value[name] = text
        elif name in TAGS and isinstance(one, dict):
            one["note"] = text
        elif name in LISTS and isinstance(one, list):
            one.append({"Key": "note", "Value": text})
        else:
            told(one, text)


def says(text: str) -> Callable[[Any], Any]:
    """An edit of a recording or of a plan after which everything that has tags or a description says a text."""

    def edit(evidence: Any) -> Any:
        if isinstance(evidence, dict):
            for part in ("planned_values", "resource_changes"):
                evidence[part] = copy.deepcopy(evidence[part])
                told(evidence[part], text)
            return evidence
        return list(_edited(evidence, text))

    return edit


def _edited(calls: list[Recorded], text: str) -> Iterator[Recorded]:
    for call in calls:
        pages = tuple(copy.deepcopy(dict(page)) for page in call.pages)
        if call.call.service != "logs":
            told(list(pages), text)
        yield replace(call, pages=pages)


@pytest.mark.parametrize("case", SOME, ids=str)
def test_no_text_turns_a_failure_green(case: Case, record_property: Callable[[str, object], None]) -> None:
    text = random.Random(str(case)).choice(TEXTS)
    judgement = case.judge(says(text))
    record_property("attack", {judgement.verdict.value: 1})
    assert judgement.verdict not in GREEN, text[:80]
    assert "\x1b" not in judgement.message
