"""The message catalogues: nothing lacks a language, and nothing is asked for that is not there."""

import json
import re
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from string import Formatter

import pytest
from written_messages import Written, written

from stackproof import cli
from stackproof.core.changes import Action
from stackproof.core.messages import LANGUAGES, catalogue
from stackproof.core.results import Operator, Reason, WaiverState
from stackproof.core.sentences import _key, _shown
from stackproof.core.translation import KOREAN, fitted, sentences, told
from stackproof.core.verdicts import Verdict
from stackproof.judgement.escalation import paths
from stackproof.profile import reference

PACKAGE = Path(__file__).parents[1] / "stackproof"
SOURCES = [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.template")]
UNTRANSLATED = Path(__file__).with_name("untranslated.toml")
WORDS = "words"
"""The table of words that stand for a value: no literal of the source has them alone."""


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def filled_in(template: str, values: Mapping[str, str]) -> str:
    return Formatter().vformat(template, [values.get(str(number), "") for number in range(len(values))], values)


@pytest.fixture(scope="module")
def said() -> Mapping[str, list[Written]]:
    found: dict[str, list[Written]] = {}
    for one in written():
        found.setdefault(one.template, []).append(one)
    return found


@pytest.fixture(scope="module")
def untranslated() -> set[str]:
    document = tomllib.loads(UNTRANSLATED.read_text(encoding="utf-8"))
    return {text for reason in document.values() for text in reason["texts"]}


def test_every_message_is_there_in_every_language_with_the_same_names() -> None:
    for key, message in catalogue().items():
        assert set(message) == set(LANGUAGES), key
        assert names(message["en"]) == names(message["ko"]), key
        assert message["ko"].strip(), key


def test_every_sentence_of_the_source_has_its_korean(said: Mapping[str, list[Written]], untranslated: set[str]) -> None:
    lacking = said.keys() - sentences().keys() - untranslated
    lines = [f'{json.dumps(one, ensure_ascii=False)} = ""  # {said[one][0].place}' for one in said if one in lacking]
    assert not lines, f"add to the table of its room in {KOREAN.name}:\n" + "\n".join(lines)


def test_everything_that_the_reference_of_profiles_says_has_its_korean() -> None:
    """The docstrings of the models and the phrases around them, by what the page in Korean asks for."""
    korean, said = tomllib.loads(reference.KOREAN.read_text(encoding="utf-8")), set(filter(None, reference.texts()))
    lines = [f'{json.dumps(one, ensure_ascii=False)} = ""' for one in reference.texts() if one and one not in korean["meanings"]]
    assert not lines, f"add to the meanings of {reference.KOREAN.name}:\n" + "\n".join(lines)
    assert korean["meanings"].keys() - said == set(), "nothing says it any more"
    assert [one for part in korean.values() for one, text in part.items() if not re.search("[가-힣]|^\\W*$", text)] == []


def test_no_korean_is_left_of_what_nothing_says(said: Mapping[str, list[Written]], untranslated: set[str]) -> None:
    words = tomllib.loads(KOREAN.read_text(encoding="utf-8"))[WORDS]
    assert [one for one in (sentences().keys() | untranslated) - words.keys() if one not in said] == []
    assert sentences().keys() & untranslated == set()


def test_korean_has_the_values_of_the_english(said: Mapping[str, list[Written]]) -> None:
    """All of them, but for a choice between English words (``{'is' if one else 'are'}``), which Korean may do without."""
    for english, korean in sentences().items():
        choices = {name for one in said.get(english, ()) for name in one.choices}
        assert names(korean) <= names(english), english
        assert names(english) - names(korean) <= choices, english


def test_korean_is_korean() -> None:
    words = {**{key: message["ko"] for key, message in catalogue().items()}, **sentences()}
    bare = {key: re.sub(r"\{\w+\}", "", text) for key, text in words.items()}
    foreign = (key for key, text in bare.items() if re.search("[A-Za-z]{3}", text) and not re.search("[가-힣]", text))
    assert [key for key in foreign if len(re.findall("[A-Za-z]{2,}", bare[key])) > 2] == []


def test_every_sentence_is_recognised_with_its_values() -> None:
    """Filled in, each is found again: no other sentence is taken for it."""
    lost = []
    for english, korean in sentences().items():
        values = {name: f"value-{name}-x" for name in names(english)}
        filled = re.sub(r"(?<=\w):[^{}]*(?=\})", "", english)  # how a number is written
        expected = fitted(filled_in(korean, values))
        if told(filled_in(filled, values), "ko") != expected:
            lost.append((english, told(filled_in(filled, values), "ko")))
    assert lost == []


def test_every_message_that_is_asked_for_exists() -> None:
    asked = {
        key
        for source in SOURCES
        for key in re.findall(
            r'"((?:sentence|reason|report|summary|terminal|verdict|severity|state|action)\.[a-zA-Z-]+)"',
            source.read_text(encoding="utf-8"),
        )
    }
    assert asked
    assert {
        key for key in asked - catalogue().keys() if key.rpartition(".")[2] not in ("css", "html", "pdf", "toml", "by-")
    } == set()


@pytest.mark.parametrize(
    ("section", "kinds"),
    [("reason", Reason), ("sentence", Operator), ("state", WaiverState), ("verdict", Verdict), ("action", Action)],
)
def test_every_kind_has_its_message(section: str, kinds: type[StrEnum]) -> None:
    assert [kind for kind in kinds if f"{section}.{kind if section == 'verdict' else _key(kind)}" not in catalogue()] == []


@pytest.mark.parametrize(
    "foreign",
    [
        "An error occurred (AccessDenied): User is not authorized to perform: s3:GetObject on resource: x",
        "Ensure that S3 buckets are encrypted with KMS by default",
        "no answer from db:5432",
        "The disk has no room for what is to be written",
    ],
)
def test_the_words_of_others_stay_as_they_are(foreign: str) -> None:
    assert told(foreign, "ko") == foreign


def test_a_sentence_in_a_sentence_is_said_too() -> None:
    said = told(
        "function_inventory: the stack has no Table: local declares none ([dynamodb_table]), and the plan makes none", "ko"
    )
    assert (
        said
        == "function_inventory: 스택에 Table이(가) 없습니다: local 프로파일이 선언하지 않았고 ([dynamodb_table]), plan도 만들지 않습니다"
    )
    none = "the stack has no EventBus: local declares none ([bus]), and X shows none of its own"
    says = f"SEC-EVT-01 is NOT_DECLARED as it was, but says: buses: {none}"
    assert (
        "buses: 스택에 EventBus이(가) 없습니다: local 프로파일이 선언하지 않았고 ([bus]), X 응답에 스택의 것이 없습니다"
        in told(says, "ko")
    )
    assert told("The plan of app (from nothing): 1 to add, 0 to change", "ko") == "app의 plan (처음부터 생성): 추가 1, 변경 0"


def test_what_opens_privileges_and_kinds_of_secrets_are_said_inside_of_a_list() -> None:
    """As a finding has them: the items of a list, some with commas, behind them what the suite does not say."""
    for path in paths():
        found = _shown(f"[{path}, s3:Get* on every resource]", "ko")
        assert re.search(r"[가-힣]", found.partition(":")[0]), path
        assert found.endswith(", 모든 리소스에 대한 s3:Get*]")
    assert told("src/a.py line 3 of 6bb995d43b: JSON web token", "ko") == "6bb995d43b의 src/a.py 3번째 줄: JSON 웹 토큰(JWT)"


def test_help_is_in_the_language_that_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["report", "--lang", "ko", "--help"])
    assert "끝난 실행을 결과만으로" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        cli.main(["report", "--help"])
    assert "a finished run as a document" in capsys.readouterr().out
