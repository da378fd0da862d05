"""The one detector of secrets, measured on a corpus of lines with a secret and without one."""

from collections import Counter
from collections.abc import Callable
from functools import cache
from itertools import pairwise

import pytest
import secret_corpus
from secret_corpus import Line

from stackproof.redaction import redaction
from stackproof.redaction.credentials import credentials_in, in_line, syntax
from stackproof.redaction.detector import secrets_in
from stackproof.redaction.logged import hidden_in, redacted_message
from stackproof.redaction.plain_secrets import Variable, plain_secrets
from stackproof.redaction.redaction import redact, redact_data
from stackproof.redaction.shapes import shaped, shapes

LINES = list(secret_corpus.lines())
OF_OTHER_SEEDS = [line for seed in (1, 2, 3) for line in secret_corpus.lines(seed)]
KINDS = sorted({line.kind for line in LINES})
WITH_ONE = [line for line in LINES if line.secret]
ONLY_NAMES = ("AKIA", "ASIA", "LTAI", "AKID", "DO00")
"""Ids of access keys: they are found, and stay in the answers of AWS."""


@cache
def finds(line: Line) -> bool:
    """Whether the control that is asked about such a line finds something in it."""
    if line.where == "variable":
        return bool(plain_secrets([Variable(line.name, line.text)]))
    if line.where == "text":
        return bool(hidden_in(redacted_message(line.text)))
    return bool(credentials_in(line.text, lambda one: in_line(one, syntax(line.where))))


def test_the_corpus_is_large_in_both_directions() -> None:
    assert len(WITH_ONE) > 900
    assert len(LINES) - len(WITH_ONE) > 200


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_line_is_judged_rightly(kind: str) -> None:
    wrong = [line for line in LINES if line.kind == kind and finds(line) != bool(line.secret)]
    assert wrong == []


def test_precision_and_recall(record_property: Callable[[str, object], None]) -> None:
    """Of lines that are drawn anew, so that no rule can be made for one of them."""
    counted = Counter((bool(line.secret), finds(line)) for line in OF_OTHER_SEEDS)
    precision = counted[True, True] / (counted[True, True] + counted[False, True])
    recall = counted[True, True] / (counted[True, True] + counted[True, False])
    for name, value in {"lines": len(OF_OTHER_SEEDS), "precision": precision, "recall": recall}.items():
        record_property(name, value)
    assert precision > 0.995
    assert recall > 0.995


def test_each_kind_that_tells_itself_is_met() -> None:
    found = {secret.kind for line in LINES if line.kind == "shape, in a text" for secret in shaped(line.text)}
    assert {shape.kind for shape in shapes()} - found == set()


def is_hidden(line: Line) -> bool:
    return not line.secret.startswith(ONLY_NAMES)


@pytest.mark.parametrize("kind", sorted({line.kind for line in WITH_ONE}))
def test_no_form_is_kept(kind: str) -> None:
    """In a text, in JSON data, in a member under its name, as a key, beside its name, in what was logged."""
    kept = []
    for line in (one for one in WITH_ONE if one.kind == kind and is_hidden(one)):
        text = f"{line.name}={line.text}" if line.name else line.text
        shown = [redact(text), redacted_message(text), str(redact_data({"text": text, "list": [text], text: 1}))]
        if line.name:
            pair = {"name": line.name, "value": line.text}
            shown += [str(redact_data({line.name: line.text, "environment": [pair]})), str(redact_data(pair))]
        kept += [line for one in shown if line.secret in one]
    assert kept == []


def test_the_verdict_on_what_is_kept_is_the_verdict_on_what_was_answered() -> None:
    for line in (one for one in LINES if one.where == "variable"):
        kept = redact_data({"environment": [{"name": line.name, "value": line.text}]})
        assert isinstance(kept, dict)
        (variable,) = kept["environment"]
        before = plain_secrets([Variable(line.name, line.text)])
        assert plain_secrets([Variable(line.name, variable["value"])]) == before, line


@pytest.mark.parametrize("find", [redact, redacted_message])
def test_what_is_hidden_once_stays_as_it_is(find: object) -> None:
    assert callable(find)
    for line in LINES:
        once = find(line.text)
        assert find(once) == once


def test_where_secrets_stand_is_told_in_order_and_apart() -> None:
    text = "\n".join(line.text for line in WITH_ONE if line.where == "text" and "BEGIN" not in line.text)
    found = secrets_in(text)
    assert len(found) > 500
    assert all(one.end <= other.start for one, other in pairwise(found))


@pytest.fixture(autouse=True)
def _no_secrets_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_registered", set())
    redaction.forget()
