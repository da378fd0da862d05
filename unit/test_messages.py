"""The message catalogue: nothing lacks a language, and nothing is asked for that is not there."""

import re
from enum import StrEnum
from pathlib import Path
from string import Formatter

import pytest

from stackproof.core.messages import LANGUAGES, catalogue
from stackproof.core.results import Operator, Reason, WaiverState
from stackproof.core.sentences import _key
from stackproof.core.verdicts import Verdict

PACKAGE = Path(__file__).parents[1] / "stackproof"
SOURCES = [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.template")]


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_message_is_there_in_every_language_with_the_same_names() -> None:
    for key, message in catalogue().items():
        assert set(message) == set(LANGUAGES), key
        assert names(message["en"]) == names(message["ko"]), key
        assert message["ko"].strip(), key


def test_korean_is_korean() -> None:
    words = {key: re.sub(r"\{\w+\}", "", message["ko"]) for key, message in catalogue().items()}
    assert [
        key
        for key, text in words.items()
        if re.search("[A-Za-z]{3}", text) and not re.search("[가-힣]", text) and key != "told.stage-plan"
    ] == []


def test_every_message_that_is_asked_for_exists() -> None:
    asked = {
        key
        for source in SOURCES
        for key in re.findall(
            r'"((?:sentence|reason|report|terminal|verdict|severity|state|diff)\.[a-zA-Z-]+)"', source.read_text(encoding="utf-8")
        )
    }
    assert asked
    assert {
        key for key in asked - catalogue().keys() if key.rpartition(".")[2] not in ("css", "html", "pdf", "toml", "by-")
    } == set()


@pytest.mark.parametrize(
    ("section", "kinds"), [("reason", Reason), ("sentence", Operator), ("state", WaiverState), ("verdict", Verdict)]
)
def test_every_kind_has_its_message(section: str, kinds: type[StrEnum]) -> None:
    assert [kind for kind in kinds if f"{section}.{kind if section == 'verdict' else _key(kind)}" not in catalogue()] == []
