"""A recording answers as AWS did, and never says more than it holds."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackproof.core.verdicts import AccessDenied, CallFailed, CouldNotVerify, NotReported, Throttled
from stackproof.redaction import redaction
from stackproof.sources.aws.calls import MANY_PAGES, Answer, Call
from stackproof.sources.aws.source import Reader
from stackproof.sources.replay import Recorded, Recording, canonical, digest, from_json, portions, recorded, to_json

REGION = "ap-northeast-2"
CALL = Call.of("rds:DescribeDBInstances", REGION)


def entry(**changes: object) -> str:
    return json.dumps([{"operation": CALL.operation, "region": REGION, "parameters": {}, **changes}])


def test_what_was_not_recorded_is_an_error_and_not_an_empty_answer() -> None:
    answer = Recording([]).send(CALL)
    with pytest.raises(CallFailed, match="rds:DescribeDBInstances ap-northeast-2 is not in the recording"):
        answer.items("DBInstances")


def test_what_was_asked_with_other_parameters_was_not_recorded() -> None:
    recording = Recording([Recorded(Call.of("rds:DescribeDBInstances", REGION, A=1), ({"DBInstances": []},))])
    with pytest.raises(CallFailed, match="not in the recording"):
        recording.send(CALL).items("DBInstances")


@pytest.mark.parametrize(
    "answer",
    [
        Answer(CALL, [{"DBInstances": [{"DBInstanceIdentifier": "a"}]}, {"DBInstances": []}]),
        Answer(CALL, [{"DBInstances": [{"DBInstanceIdentifier": str(page)}]} for page in range(3 * MANY_PAGES)]),
        Answer(CALL, absent=True),
        Answer(CALL, error=AccessDenied("no")),
        Answer(CALL, error=Throttled("slow")),
    ],
)
def test_a_recording_answers_as_aws_did_also_from_a_file(answer: Answer) -> None:
    for recording in (recorded([answer]), from_json(to_json(recorded([answer])))):
        again = recording.send(CALL)
        assert again.raw_pages == answer.raw_pages
        assert again.is_absent == answer.is_absent
        assert type(again.error) is type(answer.error)
        assert str(again.error) == str(answer.error)
    assert recorded([answer]).counts == {}


def test_the_answers_of_a_run_are_its_recording() -> None:
    reader = Reader(Recording([Recorded(CALL, ({"DBInstances": []},))]), account="1", region=REGION)
    reader.read("rds:DescribeDBInstances")
    assert [one.call for one in recorded(reader.answers.values()).calls] == [CALL]


def test_the_text_does_not_depend_on_the_order_of_asking() -> None:
    answers = [Answer(Call.of(name, REGION), [{"List": []}]) for name in ("b:B", "a:A")]
    assert to_json(recorded(answers)) == to_json(recorded(reversed(answers)))


class TestSecrets:
    def test_are_hidden_by_name_and_by_value(self) -> None:
        redaction.register("the-registered-secret")
        page = {
            "MasterUserPassword": "x",
            "Note": "it is the-registered-secret",
            "SecretBinary": b"hunter2",
            "Blob": b"hunter2",
            "ResponseMetadata": {"RequestId": "1"},
        }
        text = to_json(recorded([Answer(CALL, [page])]))
        assert json.loads(text)[0]["pages"] == [
            {
                "MasterUserPassword": "(redacted)",
                "Note": "it is (redacted)",
                "SecretBinary": "(redacted)",
                "Blob": {"$bytes": "aHVudGVyMg=="},
            }
        ]

    def test_are_hidden_in_errors(self) -> None:
        redaction.register("the-registered-secret")
        assert "the-registered-secret" not in to_json(recorded([Answer(CALL, error=CallFailed("no the-registered-secret"))]))


class TestFile:
    @pytest.mark.parametrize(
        "text",
        [
            "",
            "{",
            "1",
            '["a"]',
            "[{}]",
            entry(parameters=None),
            entry(pages=1),
            entry(error={"kind": "NoSuchError", "message": ""}),
            entry(error={"message": "no kind"}),
        ],
    )
    def test_that_is_no_recording_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"not a recording|this is empty|it is cut off"):
            from_json(text)

    @pytest.mark.parametrize("kind", ["NotApplicable", "NotYetKnown", "DeclaredButMissing", "UsageError", "Verdict", "worst"])
    def test_cannot_bring_about_another_verdict_than_error(self, kind: str) -> None:
        with pytest.raises(ValueError, match="not a recording"):
            from_json(entry(error={"kind": kind, "message": "PASS"}))

    def test_with_an_entry_that_ended_in_nothing_is_no_empty_answer(self) -> None:
        with pytest.raises(NotReported):
            from_json(entry()).send(CALL).items("DBInstances")

    def test_with_an_error_of_ours(self) -> None:
        error = from_json(entry(error={"kind": "AccessDenied", "message": "no"})).send(CALL).error
        assert isinstance(error, CouldNotVerify)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
    )
)
def test_portions_are_the_whole(data: object) -> None:
    assert b"".join(portions(data)) == canonical(data)
    assert digest(data) == hashlib.sha256(canonical(data)).hexdigest()
