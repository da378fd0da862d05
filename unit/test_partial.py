"""What is known of a collection is judged first, and what stands for its rest after it."""

from typing import Any

import pytest
from plan_documents import Planned, constant, plan, refers

from stackproof.core import ledger
from stackproof.core.partial import Partial, collected, known_of, the_one, values_of
from stackproof.core.runner import Judgement, judge
from stackproof.core.verdicts import CouldNotVerify, DeclaredButMissing, NotApplicable, NotYetKnown, Verdict

LATER = NotYetKnown("another is known only after apply")


def read(value: object) -> object:
    ledger.record("Thing", "field", value, "a test")
    return value


def judged(control: Any, **given: object) -> Judgement:
    def resolve(name: str) -> object:
        value = given[name]
        if isinstance(value, Exception):
            raise value
        return value

    return judge(control, resolve)


def closed(rules: Any, others: Any, subtests: Any) -> None:
    for rule in rules:
        with subtests.test(f"rule {rule}"):
            assert read(rule) != "open"
    for other in others:
        with subtests.test(f"other {other}"):
            assert read(other) != "open"


class TestControl:
    @pytest.mark.parametrize("rules", [["open"], Partial(["open"], LATER), Partial(["shut", "open"], LATER)])
    def test_a_known_wrong_is_a_failure_whatever_the_rest_is(self, rules: Any) -> None:
        judgement = judged(closed, rules=rules, others=["shut"])
        assert judgement.verdict is Verdict.FAIL
        assert "rule open" in judgement.message
        assert isinstance(rules, list) or str(LATER) in judgement.message

    def test_the_rest_of_one_collection_does_not_hide_another(self) -> None:
        judgement = judged(closed, rules=Partial([], LATER), others=["open"])
        assert (judgement.verdict, str(LATER) in judgement.message) == (Verdict.FAIL, True)

    def test_what_would_pass_is_unknown(self) -> None:
        assert judged(closed, rules=Partial(["shut"], LATER), others=["shut"]).verdict is Verdict.UNKNOWN

    @pytest.mark.parametrize(
        ("error", "verdict"),
        [(LATER, Verdict.UNKNOWN), (CouldNotVerify("denied"), Verdict.ERROR), (DeclaredButMissing("gone"), Verdict.FAIL)],
    )
    def test_a_collection_that_cannot_be_had_hides_no_other(self, error: Exception, verdict: Verdict) -> None:
        assert judged(closed, rules=error, others=["shut"]).verdict is verdict
        assert judged(closed, rules=error, others=["open"]).verdict is Verdict.FAIL

    def test_one_that_the_target_cannot_show_sets_the_control_aside(self) -> None:
        assert judged(closed, rules=NotApplicable("not here"), others=["open"]).verdict is Verdict.NOT_APPLICABLE

    @pytest.mark.parametrize(("value", "verdict"), [("open", Verdict.FAIL), ("shut", Verdict.UNKNOWN)])
    def test_a_doubt_counts_where_nothing_fails(self, value: str, verdict: Verdict) -> None:
        def control(subtests: Any) -> None:
            with subtests.test("one"):
                assert read(the_one(Partial([value], LATER))) != "open"

        assert judged(control).verdict is verdict


class TestPartial:
    def test_answers_what_its_known_part_answers(self) -> None:
        found = Partial([1, 2], LATER)
        assert found
        assert 1 in found
        assert found != [1]
        assert not found <= {1}

    @pytest.mark.parametrize(
        "question",
        [bool, len, list, lambda found: 1 in found, lambda found: found == [], lambda found: found <= {1}],
    )
    def test_raises_what_stands_for_its_rest_for_everything_else(self, question: Any) -> None:
        with pytest.raises(NotYetKnown):
            question(Partial([], LATER))

    def test_is_made_only_where_something_is_not_known(self) -> None:
        assert collected([1], []) == (1,)
        assert known_of([1, 2], lambda number: [number]) == ([1, 2], [])
        assert "x" not in values_of([], "name")


BUCKET = Planned("aws_s3_bucket.app", {"id": "app", "bucket": "app"}, actions=("no-op",))


def deleted(address: str, **before: object) -> dict[str, Any]:
    change = {"actions": ["delete"], "before": before, "after": None, "after_unknown": {}}
    return {"address": address, "mode": "managed", "type": address.split(".")[0], "change": change}


class TestWhatIsLeft:
    def test_what_is_deleted_is_told_with_what_it_was(self) -> None:
        found = plan(BUCKET)
        found.document["resource_changes"].append(deleted("aws_s3_bucket_policy.app", bucket="app", policy="{}"))
        bucket = found.resource("aws_s3_bucket.app")
        assert bucket
        assert [one.at("policy") for one in found.removed("aws_s3_bucket_policy", "bucket", bucket)] == ["{}"]
        assert found.removed("aws_s3_bucket_acl", "bucket", bucket) == []

    def test_what_terraform_lets_go_of_is_not_planned(self) -> None:
        found = plan(Planned("aws_s3_bucket.old", {}, actions=("forget",)), BUCKET)
        assert [one.address for one in found.resources("aws_s3_bucket")] == ["aws_s3_bucket.app"]
        assert found.forgotten == ("aws_s3_bucket.old",)

    def test_an_unwritten_value_of_what_exists_says_nothing_where_a_resource_beside_decides(self) -> None:
        kept = plan(Planned("aws_s3_bucket.app", {"policy": "{}"}, actions=("no-op",))).resource("aws_s3_bucket.app")
        written = {"policy": constant("{}")}
        own = plan(Planned("aws_s3_bucket.app", {"policy": "{}"}, {}, written, ("no-op",))).resource("aws_s3_bucket.app")
        assert kept
        assert own
        assert kept.says("policy")
        assert not kept.says("policy", is_decided_beside=True)
        assert own.says("policy", is_decided_beside=True)

    def test_a_write_only_argument_is_not_set(self) -> None:
        found = plan(Planned("aws_db_instance.x", {"password_wo": None, "password_wo_version": 1})).resource("aws_db_instance.x")
        assert found
        assert found.at("password_wo") is None

    def test_an_ephemeral_value_is_not_followed(self) -> None:
        secret = Planned("aws_x.y", {}, {"a": True}, {"a": refers("ephemeral.random_password.x.result")})
        found = plan(secret).resource("aws_x.y")
        assert found
        with pytest.raises(NotYetKnown):
            found.at("a")
