"""A value of an enumeration that nobody knows can be shown, and not compared: in a short answer and in a long one."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from stackproof.core.verdicts import CouldNotVerify
from stackproof.sources.aws.calls import MANY_PAGES, Answer, Call, kept_pages
from stackproof.sources.aws.enums import UnknownValue, at

CALL = Call.of("elbv2:DescribeListeners", "ap-northeast-2")


def answer(pages: int) -> Answer:
    """So many pages with a listener each, the last one with a protocol that nobody knows."""
    listeners = [{"ListenerArn": str(number), "Protocol": "HTTPS"} for number in range(pages - 1)]
    every = [*listeners, {"ListenerArn": "last", "Protocol": "SPDY"}]
    return Answer(CALL, kept_pages({"Listeners": [one]} for one in every), is_redacted=True)


LOOKS: dict[str, Callable[[Answer], Any]] = {
    "one after the other": lambda reported: reported.items("Listeners")[-1],
    "page by page": lambda reported: reported.pages[-1]["Listeners"][0],
    "by a member": lambda reported: reported.by("Listeners", "ListenerArn")["last"],
}


@pytest.mark.parametrize("pages", [1, MANY_PAGES * 2])
@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_it_is_not_compared(pages: int, look: Callable[[Answer], Any]) -> None:
    protocol = look(answer(pages))["Protocol"]
    for compare in (lambda: protocol == "HTTPS", lambda: protocol in ("HTTP", "SPDY"), lambda: protocol in {"SPDY"}):
        with pytest.raises(CouldNotVerify, match=r"elbv2:DescribeListeners Listeners\[\].Protocol is SPDY, which is not known"):
            compare()


def test_it_is_shown_and_kept() -> None:
    reported = answer(1)
    protocol = reported.items("Listeners")[0]["Protocol"]
    assert isinstance(protocol, UnknownValue)
    assert (f"{protocol}", json.dumps(protocol)) == ("SPDY", '"SPDY"')
    assert type(reported.raw_pages[0]["Listeners"][0]["Protocol"]) is str


def test_a_known_one_is_what_it_was() -> None:
    first = answer(2).items("Listeners")[0]
    assert type(first["Protocol"]) is str
    assert first == {"ListenerArn": "0", "Protocol": "HTTPS"}


def test_what_is_not_there_or_of_another_kind_stays_as_it_is() -> None:
    for data in ({}, {"a": None}, {"a": "x"}, {"a": [{"b": "x"}, "y", None]}):
        assert at(data, "a[].c", lambda _: "changed") is data
