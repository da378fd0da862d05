"""Documents that are made from the sources are what `python -m scripts.documents` makes."""

import re
from pathlib import Path

import pytest

from scripts.documents import texts
from scripts.logs_guide import Event, followed
from stackproof.core.controls import catalogue

ROOT = Path(__file__).parents[1]


def test_all_are_as_they_would_be_made() -> None:
    other = [name for name, text in texts() if (ROOT / name).read_text(encoding="utf-8") != text]
    assert not other, "make them anew: python -m scripts.documents"


EVENTS = [
    Event(0, '{"request_id":"a","duration":2}', {"request_id": "a", "duration": 2}),
    Event(299_000, "an ERROR", {}),
    Event(300_000, '{"duration":4}', {"duration": 4, "@timestamp": "not this one"}),
]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("fields @message | filter @message like /ERROR/ | limit 5", [{"@message": "an ERROR"}]),
        ("fields duration | filter ispresent(duration) | sort @timestamp desc | limit 1", [{"duration": 4}]),
        (
            "filter ispresent(duration) | stats avg(duration), sum(duration + duration) as twice by bin(5m)",
            [
                {"bin": "1970-01-01T00:00:00.000+00:00", "avg(duration)": 2, "twice": 4},
                {"bin": "1970-01-01T00:05:00.000+00:00", "avg(duration)": 4, "twice": 8},
            ],
        ),
    ],
)
def test_the_guide_to_the_logs_follows_the_queries(query: str, found: list[dict[str, object]]) -> None:
    assert followed(query, EVENTS) == found


def test_a_command_that_the_guide_does_not_know_is_no_result() -> None:
    with pytest.raises(ValueError, match="parse"):
        followed("fields @message | parse @message '*' as all", EVENTS)


@pytest.mark.parametrize("name", ["docs/architecture-decisions.md", "docs/architecture-decisions.ko.md"])
def test_decisions_are_held_by_controls_that_there_are(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    named = re.findall(r"\b[A-Z]+(?:-[A-Z0-9]+)*-\d\d\b", text)
    assert len(re.findall(r"^## \d+\. ", text, re.MULTILINE)) == 9
    assert [one for one in named if one not in catalogue()] == []
