"""How a control ends is its verdict; and a control that read nothing has proven nothing."""

import json
from collections.abc import Callable, Iterator
from typing import cast

import pytest

from stackproof.core import ledger
from stackproof.core.results import Examined
from stackproof.core.runner import LONGEST_MESSAGE, MOST_REPORTED, Judgement, Subtests, judge
from stackproof.core.verdicts import (
    AccessDenied,
    CallFailed,
    CouldNotVerify,
    DeclaredButMissing,
    NotApplicable,
    NotImplementedByEndpoint,
    NotReported,
    NotYetKnown,
    Throttled,
    Unreachable,
    UsageError,
    Verdict,
    verdict_of,
    worst,
)
from stackproof.redaction import redaction
from stackproof.util.spool import FEW

FAIL, ERROR, UNKNOWN, PASS, NOT_APPLICABLE = (
    Verdict.FAIL,
    Verdict.ERROR,
    Verdict.UNKNOWN,
    Verdict.PASS,
    Verdict.NOT_APPLICABLE,
)
ENDINGS = [
    (AssertionError("not so"), FAIL),
    (DeclaredButMissing("missing"), FAIL),
    (CouldNotVerify("could not"), ERROR),
    (AccessDenied("denied"), ERROR),
    (Throttled("slow"), ERROR),
    (Unreachable("gone"), ERROR),
    (NotImplementedByEndpoint("501"), ERROR),
    (CallFailed("500"), ERROR),
    (NotReported("silent"), ERROR),
    (NotYetKnown("after apply"), UNKNOWN),
    (NotApplicable("not here"), NOT_APPLICABLE),
    (UsageError("bad input"), ERROR),
    (KeyError("broken"), ERROR),
    (RecursionError("broken"), ERROR),
    (ExceptionGroup("several", [AssertionError("a")]), ERROR),
]


def read(resource: str = "Thing x") -> None:
    ledger.record(resource, "field", True, "source")


def judged(control: Callable[..., object], **given: object) -> Judgement:
    return judge(cast(Callable[..., None], control), given.__getitem__)


class TestVerdict:
    def test_only_a_failure_and_what_could_not_be_verified_close_the_gate(self) -> None:
        assert {verdict for verdict in Verdict if verdict.closes_the_gate("critical", ())} == {FAIL, ERROR}

    def test_the_worst_decides(self) -> None:
        order = [PASS, Verdict.WAIVED, Verdict.NOT_DECLARED, NOT_APPLICABLE, UNKNOWN, ERROR, FAIL]
        assert order == list(Verdict)
        for number, verdict in enumerate(order):
            assert worst(order[: number + 1]) is worst(reversed(order[: number + 1])) is verdict
        assert worst([]) is PASS

    @pytest.mark.parametrize(("error", "verdict"), ENDINGS, ids=repr)
    def test_follows_from_the_exception(self, error: Exception, verdict: Verdict) -> None:
        assert verdict_of(error) is verdict

    def test_no_exception_is_a_pass(self) -> None:
        assert {verdict_of(error) for error, _ in ENDINGS}.isdisjoint({PASS, Verdict.WAIVED})


class TestControl:
    def test_that_returns_passes_on_what_it_read(self) -> None:
        judgement = judged(lambda: read())
        assert (judgement.verdict, judgement.message) == (PASS, "")
        assert [reading.resource for reading in judgement.read] == ["Thing x"]
        assert judgement.resources == (Examined("Thing x", PASS),)
        assert judgement.seconds >= 0

    def test_that_read_nothing_has_proven_nothing(self) -> None:
        judgement = judged(lambda: None)
        assert judgement.verdict is ERROR
        assert judgement.message == "the control passed without reading anything: no evidence, no pass"

    def test_that_only_its_collections_read_has_proven_nothing(self) -> None:
        judgement = judge(lambda thing: None, lambda _: read())
        assert judgement.verdict is ERROR

    def test_that_was_never_run_is_not_a_pass(self) -> None:
        """A generator or a coroutine function returns without running a line."""

        def generator() -> Iterator[None]:
            read()
            yield

        async def coroutine() -> None:
            read()

        assert judged(generator).verdict is ERROR
        pending = []
        judgement = judged(lambda: pending.append(coroutine()))
        pending.pop().close()
        assert judgement.verdict is ERROR

    @pytest.mark.parametrize(("error", "verdict"), ENDINGS, ids=repr)
    def test_that_raises_after_reading(self, error: Exception, verdict: Verdict) -> None:
        def control() -> None:
            read()
            raise error

        judgement = judged(control)
        assert judgement.verdict is verdict
        assert str(error) in judgement.message
        assert judgement.resources == (Examined("Thing x", verdict),)

    @pytest.mark.parametrize(("error", "verdict"), ENDINGS, ids=repr)
    def test_whose_collection_could_not_be_made(self, error: Exception, verdict: Verdict) -> None:
        def resolve_fixture(name: str) -> object:
            raise error

        ran = []
        judgement = judge(lambda thing: ran.append(thing), resolve_fixture)
        assert judgement.verdict is verdict
        assert str(error) in judgement.message
        assert ran == []

    def test_that_is_set_aside_is_not_run_and_asks_for_nothing(self) -> None:
        def aside() -> None:
            raise NotApplicable("judged elsewhere")

        asked: list[str] = []
        judgement = judge(lambda thing: read(), asked.append, precondition=aside)
        assert (judgement.verdict, judgement.message) == (NOT_APPLICABLE, "judged elsewhere")
        assert asked == []

    @pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
    def test_that_is_interrupted_is_not_judged(self, stop: type[BaseException]) -> None:
        def control() -> None:
            raise stop

        with pytest.raises(stop):
            judged(control)

    def test_gets_each_argument_by_its_name(self) -> None:
        def control(one: str, two: str) -> None:
            read()
            assert (one, two) == ("first", "second")

        assert judged(control, one="first", two="second").verdict is PASS


class TestSubtests:
    def test_one_that_fails_does_not_hide_the_next(self) -> None:
        def control(subtests: Subtests) -> None:
            for name in ("a", "b", "c", "d", "e"):
                with subtests.test(name):
                    read(name)
                    match name:
                        case "b":
                            raise AssertionError("not so")
                        case "c":
                            raise AccessDenied("denied")
                        case "d":
                            raise NotYetKnown("after apply")

        judgement = judged(control)
        assert judgement.verdict is FAIL
        assert [(one.resource, one.verdict) for one in judgement.resources] == [
            ("a", PASS),
            ("b", FAIL),
            ("c", ERROR),
            ("d", UNKNOWN),
            ("e", PASS),
        ]
        assert judgement.message == "b: not so\nc: denied\nd: after apply"
        assert len(judgement.read) == 5

    @pytest.mark.parametrize(
        ("errors", "verdict"),
        [
            ([AccessDenied("no"), NotYetKnown("later")], ERROR),
            ([NotYetKnown("later"), None], UNKNOWN),
            ([NotApplicable("not here"), None], NOT_APPLICABLE),
            ([NotApplicable("not here"), NotApplicable("nor there")], NOT_APPLICABLE),
            ([None, None], PASS),
        ],
    )
    def test_the_worst_one_decides(self, errors: list[Exception | None], verdict: Verdict) -> None:
        def control(subtests: Subtests) -> None:
            for number, error in enumerate(errors):
                with subtests.test(str(number)):
                    read()
                    if error:
                        raise error

        assert judged(control).verdict is verdict

    def test_one_that_reads_nothing_is_an_error_beside_one_that_reads(self) -> None:
        def control(subtests: Subtests) -> None:
            for name in ("a", "b"):
                with subtests.test(name):
                    assert name == "b" or read(name) is None

        judgement = judged(control)
        assert judgement.verdict is ERROR
        assert [one.verdict for one in judgement.resources] == [PASS, ERROR]

    def test_of_nothing_are_not_a_pass(self) -> None:
        def control(subtests: Subtests) -> None:
            read()
            for name in tuple[str, ...]():
                with subtests.test(name):
                    pass

        judgement = judged(control)
        assert judgement.verdict is ERROR
        assert judgement.message == "the control had nothing to examine: an empty list is not a pass"

    def test_that_read_nothing_are_not_a_pass(self) -> None:
        def control(subtests: Subtests) -> None:
            with subtests.test("a"):
                pass

        assert judged(control).verdict is ERROR

    def test_of_very_many_resources_are_all_kept_and_the_message_tells_of_some(self) -> None:
        def control(subtests: Subtests) -> None:
            for number in range(2 * FEW):
                with subtests.test(f"group {number}"):
                    read(f"group {number}")
                    if number % 2 == 0:
                        raise AssertionError("too short")

        judgement = judged(control)
        wrong = [one for one in judgement.resources if one.verdict is FAIL]
        assert wrong == [Examined(f"group {number}", FAIL, "too short") for number in range(0, 2 * FEW, 2)]
        assert [one.resource for one in judgement.read] == [f"group {number}" for number in range(2 * FEW)]
        lines = judgement.message.splitlines()
        assert (lines[0], len(lines)) == ("group 0: too short", MOST_REPORTED + 1)
        assert lines[-1] == f"and {FEW - MOST_REPORTED} more: results.json has each of them"

    def test_what_goes_wrong_between_them_counts_too(self) -> None:
        def control(subtests: Subtests) -> None:
            with subtests.test("a"):
                read()
            raise AccessDenied("the next page was denied")

        judgement = judged(control)
        assert (judgement.verdict, judgement.message) == (ERROR, "the next page was denied")
        assert judgement.resources == (Examined("a", PASS),)

    def test_are_named_by_message_and_parameters(self) -> None:
        def control(subtests: Subtests) -> None:
            read()
            with subtests.test("group", port=80):
                pass
            with subtests.test(port=443):
                pass

        assert [one.resource for one in judged(control).resources] == ["group port=80", "port=443"]

    def test_stop_for_an_interrupt(self) -> None:
        def control(subtests: Subtests) -> None:
            with subtests.test("a"):
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            judged(control)


class TestMessage:
    def test_of_a_control_that_broke_says_what_and_where(self) -> None:
        def control() -> None:
            dict[str, str]()["nosuch"]

        message = judged(control).message
        assert message.startswith("KeyError: 'nosuch' (at test_runner.py:")

    def test_holds_no_secret(self) -> None:
        redaction.register("the-secret-of-the-judge")

        def control(subtests: Subtests) -> None:
            read()
            with subtests.test("a"):
                raise AssertionError("it is the-secret-of-the-judge")
            raise CallFailed("postgresql://user:hunter2@db and the-secret-of-the-judge")

        judgement = judged(control)
        assert judgement.message == "a: it is (redacted)\npostgresql://user:(redacted)@db and (redacted)"
        assert "secret-of" not in repr(judgement)

    def test_is_of_bounded_length_and_cut_after_hiding(self) -> None:
        redaction.register("the-secret-of-the-judge")

        def control() -> None:
            raise AssertionError("x" * (LONGEST_MESSAGE - 5) + "the-secret-of-the-judge" + "x" * 100)

        message = judged(control).message
        assert "the-s" not in message
        assert message.endswith(f"… ({LONGEST_MESSAGE + 105} characters)")

    def test_of_an_error_has_the_beginning_of_the_calls_arguments_and_all_of_the_reason(self) -> None:
        arguments = json.dumps({"Queries": [{"Id": f"q{number}"} for number in range(500)]}, separators=(",", ":"))

        def control() -> None:
            raise AccessDenied(f"cloudwatch:GetMetricData ap-northeast-2 {arguments}: AccessDenied: not allowed")

        message = judged(control).message
        assert message.startswith('cloudwatch:GetMetricData ap-northeast-2 {"Queries":[{"Id":"q0"}')
        assert message.endswith(f"… ({len(arguments) / 1000:.1f} kB)}}: AccessDenied: not allowed")
        assert len(message) < 300
