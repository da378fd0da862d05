"""Failed statements as data, whatever their form, and the sentences that are made of them."""

from collections.abc import Callable

import pytest

from stackproof.core import runner
from stackproof.core.resource import Resource, StaticOrigin, field
from stackproof.core.results import Finding, Operator, Reason
from stackproof.core.runner import Judgement, judge
from stackproof.core.sentences import sentence
from stackproof.core.verdicts import AccessDenied, DeclaredButMissing, Verdict


class Thing(Resource):
    public: bool = field()
    days: int = field()
    status: str = field()
    rules: tuple[str, ...] = field()
    owner: str | None = field()


class Expected:
    days = 7


EXPECTED = Expected()
FACTS = {"public": True, "days": 3, "status": "Off", "rules": ("all", "b"), "owner": None}


def wide(rules: tuple[str, ...]) -> list[str]:
    return [rule for rule in rules if rule == "all"]


def truth(thing: Thing) -> None:
    assert not thing.public


def equal(thing: Thing) -> None:
    assert thing.status == "On"


def at_least(thing: Thing) -> None:
    assert thing.days >= EXPECTED.days


def turned(thing: Thing) -> None:
    assert EXPECTED.days <= thing.days


def excluded(thing: Thing) -> None:
    assert "all" not in thing.rules


def judged(thing: Thing) -> None:
    assert wide(thing.rules) == []


def local(thing: Thing) -> None:
    open_rules = wide(thing.rules)
    assert not open_rules


def either(thing: Thing) -> None:
    assert not thing.public or thing.days > 5


def both(thing: Thing) -> None:
    assert thing.public and thing.status == "On"  # noqa: PT018 - it is what is tested


def among(thing: Thing) -> None:
    assert thing.status in ("On", "Standby")


def length(thing: Thing) -> None:
    assert len(thing.rules) < 2


def unset(thing: Thing) -> None:
    assert thing.owner is not None, "nobody owns it"


def literal(thing: Thing) -> None:
    _ = thing.days
    assert 3 >= EXPECTED.days  # noqa: SIM300 - it is what is tested


CASES = [
    (truth, Finding(Reason.STATEMENT, "public", Operator.IS_FALSE, "", "true"), "x: public is true; it must be false."),
    (equal, Finding(Reason.STATEMENT, "status", Operator.EQUALS, "On", "Off"), "x: status is Off; it must be On."),
    (at_least, Finding(Reason.STATEMENT, "days", Operator.AT_LEAST, "7", "3"), "x: days is 3; it must be at least 7."),
    (turned, Finding(Reason.STATEMENT, "days", Operator.AT_LEAST, "7", "3"), "x: days is 3; it must be at least 7."),
    (
        excluded,
        Finding(Reason.STATEMENT, "rules", Operator.EXCLUDES, "all", "[all, b]"),
        "x: rules is [all, b]; it must not contain all.",
    ),
    (
        judged,
        Finding(Reason.STATEMENT, "rules", Operator.EMPTY, "", "[all]", "wide"),
        "x: wide of rules: [all]; there must be none.",
    ),
    (local, Finding(Reason.STATEMENT, "open_rules", Operator.EMPTY, "", "[all]"), "x: open rules: [all]; there must be none."),
    (either, Finding(Reason.STATEMENT, "days", Operator.GREATER, "5", "3"), "x: days is 3; it must be greater than 5."),
    (both, Finding(Reason.STATEMENT, "status", Operator.EQUALS, "On", "Off"), "x: status is Off; it must be On."),
    (
        among,
        Finding(Reason.STATEMENT, "status", Operator.IN, "[On, Standby]", "Off"),
        "x: status is Off; it must be among [On, Standby].",
    ),
    (length, Finding(Reason.STATEMENT, "rules", Operator.LESS, "2", "2"), "x: rules is 2; it must be less than 2."),
    (unset, Finding(Reason.STATEMENT, "owner", Operator.NOT_NONE, "", "none"), "x: owner is not set; it must be."),
    (literal, Finding(Reason.STATEMENT, "days", Operator.AT_LEAST, "7", "3"), "x: days is 3; it must be at least 7."),
]


def judgement(control: Callable[..., None], **facts: object) -> Judgement:
    thing = Thing("x", StaticOrigin(FACTS | facts, "a file"), "a file")
    return judge(control, lambda _: thing)


@pytest.mark.parametrize(("control", "found", "said"), CASES, ids=lambda one: getattr(one, "__name__", ""))
def test_a_failed_statement_is_data_and_a_sentence(control: Callable[..., None], found: Finding, said: str) -> None:
    (one,) = judgement(control).resources
    assert one.verdict is Verdict.FAIL
    assert one.finding
    assert (one.finding.field, one.finding.operator, one.finding.expected, one.finding.actual, one.finding.rule) == (
        found.field,
        found.operator,
        found.expected,
        found.actual,
        found.rule,
    )
    assert sentence(one) == said
    assert sentence(one, "ko").startswith("x: ")
    assert one.finding.source == "a file"
    assert one.subject
    assert (one.subject.type, one.subject.name) == ("Thing", "x")


def test_nothing_is_evaluated_again() -> None:
    asked = []

    def costly(rules: tuple[str, ...]) -> list[str]:
        asked.append(rules)
        return ["a"]

    def control(thing: Thing) -> None:
        assert costly(thing.rules) == []

    (one,) = judgement(control).resources
    assert one.finding
    assert one.finding.actual == "[a]"
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (AccessDenied("s3:GetBucketAcl was denied"), Reason.ACCESS_DENIED),
        (DeclaredButMissing("it is gone"), Reason.MISSING),
        (KeyError("x"), Reason.BROKEN),
    ],
)
def test_an_error_is_data_too(error: Exception, reason: Reason) -> None:
    (one,) = judgement(truth, public=error).resources
    assert one.finding
    assert one.finding.reason is reason
    assert str(error.args[0]) in sentence(one)


def test_a_statement_that_was_not_rewritten_is_told_by_what_was_read() -> None:
    made: dict[str, Callable[..., None]] = {}
    exec(compile("def control(thing):\n    assert not thing.public\n", "nowhere.py", "exec"), made)
    (one,) = judgement(made["control"]).resources
    assert one.finding
    assert (one.finding.field, one.finding.actual) == ("public", "true")


def test_what_is_told_of_a_judgement_never_decides_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: object) -> None:
        raise LookupError("the sources are elsewhere")

    monkeypatch.setattr(runner, "finding_of", lost)
    assert judgement(truth).verdict is Verdict.FAIL
    assert judgement(truth).resources[0].finding is None
