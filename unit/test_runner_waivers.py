"""What a waiver does to a control's verdict, and what may not be said of a waiver for long."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import pytest

from stackproof.core.resource import FailedOrigin, Origin, Resource, StaticOrigin, field
from stackproof.core.runner import Judgement, Subtests, judge
from stackproof.core.verdicts import AccessDenied, DeclaredButMissing, NotApplicable, NotYetKnown, Verdict
from stackproof.core.waivers import Waivers, parse
from stackproof.resources.sources import Scan, ScannerFinding

CONTROL = "SEC-S3-01"
TODAY = date(2026, 11, 21)


class Bucket(Resource):
    is_private: bool = field()


def bucket(name: str, origin: Origin | bool) -> Bucket:
    return Bucket(name, StaticOrigin({"is_private": origin}, "a file") if isinstance(origin, bool) else origin, "a file")


def test_buckets(buckets: list[Bucket], subtests: Subtests) -> None:
    for one in buckets:
        with subtests.test(one.name):
            assert one.is_private


def test_bucket(bucket: Bucket) -> None:
    assert bucket.is_private


test_buckets.__test__ = test_bucket.__test__ = False  # type: ignore[attr-defined]  # controls, not tests of this file


def waiver(resource: str | None = "one", control: str = CONTROL, expires: str = "2026-11-21", **more: str) -> str:
    named = f'resource = "{resource}"' if resource is not None else ""
    others = "\n".join(f"{key} = {value}" for key, value in more.items())
    return f"""
[[waiver]]
control = "{control}"
{named}
reason = "Nothing private is in it."
owner = "devops"
ticket = "T-1"
expires = {expires}
{others}
"""


def judged(control: Callable[..., None], supplied: Any, *entries: str, environment: str = "local") -> Judgement:
    waivers = Waivers(parse("".join(entries)), environment, "embedded")

    def resolve_fixture(name: str) -> object:
        if isinstance(supplied, Exception):
            raise supplied
        return supplied

    return judge(control, resolve_fixture, apply_waivers=partial(waivers.apply_waivers, CONTROL, TODAY))


def buckets(**private: Origin | bool) -> list[Bucket]:
    return [bucket(name, origin) for name, origin in private.items()]


DENIED = FailedOrigin(AccessDenied("denied"))


class Unknown:
    def look_up(self, field: object) -> Any:
        raise NotYetKnown("known only after apply")


class TestAcceptance:
    def test_a_failure_is_waived_and_the_report_says_why(self) -> None:
        judgement = judged(test_buckets, buckets(one=False, two=True), waiver())
        assert judgement.verdict is Verdict.WAIVED
        one, two = judgement.resources
        assert (one.verdict, two.verdict) == (Verdict.WAIVED, Verdict.PASS)
        assert "waived until 2026-11-21 by devops (T-1): Nothing private is in it." in one.message
        assert "assert" in one.message
        assert "one: " in judgement.message
        assert not judgement.verdict.closes_the_gate("critical", ("critical",))

    def test_another_failure_stays(self) -> None:
        judgement = judged(test_buckets, buckets(one=False, two=False), waiver())
        assert judgement.verdict is Verdict.FAIL
        assert [one.verdict for one in judgement.resources] == [Verdict.WAIVED, Verdict.FAIL]

    def test_each_failure_needs_a_waiver_of_its_own(self) -> None:
        assert judged(test_buckets, buckets(one=False, two=False), waiver(), waiver("two")).verdict is Verdict.WAIVED

    @pytest.mark.parametrize("name", ["on", "one two", "One", "one."])
    def test_a_waiver_is_for_exactly_its_resource(self, name: str) -> None:
        judgement = judged(test_buckets, buckets(one=False), waiver(name))
        assert [one.verdict for one in judgement.resources] == [Verdict.FAIL, Verdict.FAIL]

    def test_an_error_is_never_waived(self) -> None:
        judgement = judged(test_buckets, buckets(one=DENIED), waiver())
        assert judgement.verdict is Verdict.ERROR
        assert [one.verdict for one in judgement.resources] == [Verdict.ERROR]

    def test_an_error_beside_it_is_not_hidden(self) -> None:
        assert judged(test_buckets, buckets(one=False, two=DENIED), waiver()).verdict is Verdict.ERROR

    def test_what_is_not_known_yet_stays_unknown(self) -> None:
        assert judged(test_buckets, buckets(one=Unknown()), waiver()).verdict is Verdict.UNKNOWN

    def test_a_control_without_subtests_is_about_the_resource_that_it_asks_for(self) -> None:
        judgement = judged(test_bucket, bucket("one", False), waiver())
        assert judgement.verdict is Verdict.WAIVED
        assert [(one.resource, one.verdict) for one in judgement.resources] == [("one", Verdict.WAIVED)]
        assert "waived until" in judgement.message

    def test_a_control_that_asks_for_two_is_about_neither(self) -> None:
        def control(bucket: Bucket, other: Bucket) -> None:
            assert bucket.is_private

        judgement = judged(control, bucket("one", False), waiver())
        assert judgement.verdict is Verdict.FAIL

    def test_a_collection_that_could_not_be_read_is_not_waived(self) -> None:
        assert judged(test_bucket, AccessDenied("denied"), waiver()).verdict is Verdict.ERROR

    def test_a_resource_that_does_not_exist_is_not_waived(self) -> None:
        judgement = judged(test_bucket, DeclaredButMissing("Bucket one does not exist"), waiver())
        assert judgement.verdict is Verdict.FAIL
        assert judgement.message == "Bucket one does not exist"

    def test_what_fails_outside_every_resource_is_not_waived(self) -> None:
        def control(buckets: list[Bucket], subtests: Subtests) -> None:
            test_buckets(buckets, subtests)
            assert len(buckets) == 2

        judgement = judged(control, buckets(one=False), waiver())
        assert judgement.verdict is Verdict.FAIL
        assert [one.verdict for one in judgement.resources] == [Verdict.WAIVED]

    def test_a_control_that_is_set_aside_says_nothing_about_waivers(self) -> None:
        judgement = judged(test_bucket, NotApplicable("not here"), waiver(expires="2020-01-01"))
        assert judgement.verdict is Verdict.NOT_APPLICABLE

    def test_a_pass_without_evidence_stays_an_error(self) -> None:
        def control(bucket: Bucket) -> None:
            """It reads nothing."""

        judgement = judged(control, bucket("one", True))
        assert (judgement.verdict, judgement.resources) == (Verdict.ERROR, ())

    def test_without_waivers_nothing_changes(self) -> None:
        assert judged(test_buckets, buckets(one=False)).resources == judge(test_buckets, lambda _: buckets(one=False)).resources


class TestRefusal:
    def refused(self, judgement: Judgement, entry: int = 1) -> str:
        """The message of the one refused entry."""
        assert judgement.verdict is Verdict.FAIL
        (message,) = [one.message for one in judgement.resources if one.resource.startswith("waivers.toml")]
        assert f"waivers.toml, waiver {entry}: {message}" in judgement.message
        return message

    def test_an_expired_one_waives_nothing(self) -> None:
        judgement = judged(test_buckets, buckets(one=False), waiver(expires="2026-11-20"))
        assert self.refused(judgement) == "it expired on 2026-11-20: devops repairs one, or renews the entry (T-1)"
        assert judgement.resources[0].verdict is Verdict.FAIL

    def test_an_expired_one_fails_what_passes(self) -> None:
        assert "expired" in self.refused(judged(test_bucket, bucket("one", True), waiver(expires="2020-01-01")))

    def test_one_whose_resource_passes(self) -> None:
        judgement = judged(test_buckets, buckets(one=True, two=True), waiver())
        assert self.refused(judgement) == "one passes, and nothing is left to accept: take the entry out"

    def test_one_whose_resource_passes_without_subtests(self) -> None:
        assert "one passes" in self.refused(judged(test_bucket, bucket("one", True), waiver()))

    def test_one_whose_resource_does_not_exist(self) -> None:
        judgement = judged(test_buckets, buckets(one=False, two=True), waiver(), waiver("three"))
        assert "did not examine three (but one, two)" in self.refused(judgement, entry=2)
        assert judgement.resources[0].verdict is Verdict.WAIVED

    def test_one_for_a_control_that_examines_nothing_by_name(self) -> None:
        def control(bucket: Bucket, other: Bucket) -> None:
            assert bucket.is_private

        assert "nothing that has a name of its own" in self.refused(judged(control, bucket("one", True), waiver()))

    @pytest.mark.parametrize(
        ("resource", "message"),
        [
            (None, "it names no resource"),
            ("", "it names no resource"),
            ("*", "* stands for many"),
            ("on?", "on? stands for many"),
        ],
    )
    def test_one_that_is_wider_than_what_it_waives(self, resource: str | None, message: str) -> None:
        judgement = judged(test_buckets, buckets(one=False), waiver(resource))
        assert message in self.refused(judgement)
        assert judgement.resources[0].verdict is Verdict.FAIL

    def test_one_that_names_a_check(self) -> None:
        assert "leave the check out" in self.refused(judged(test_buckets, buckets(one=False), waiver(check='"CKV_AWS_1"')))

    def test_one_cannot_be_called_unneeded_before_everything_was_examined(self) -> None:
        def control(buckets: list[Bucket], subtests: Subtests) -> None:
            raise AccessDenied("denied")

        assert judged(control, buckets(one=False), waiver()).message == "denied"

    def test_one_for_another_control_or_elsewhere_is_left_alone(self) -> None:
        elsewhere = waiver("three", environments='["production"]'), waiver("one", targets='["aws"]')
        judgement = judged(test_buckets, buckets(one=True), waiver("x", control="SEC-RDS-01"), *elsewhere)
        assert judgement.verdict is Verdict.PASS

    def test_one_elsewhere_accepts_nothing(self) -> None:
        assert judged(test_buckets, buckets(one=False), waiver(environments='["production"]')).verdict is Verdict.FAIL
        accepted = judged(test_buckets, buckets(one=False), waiver(environments='["production"]'), environment="production")
        assert accepted.verdict is Verdict.WAIVED


@pytest.mark.parametrize(("line", "place"), [(0, ("storage.tf", 7)), (3, ("other.tf", 3))])
def test_an_accepted_finding_about_a_plan_is_told_at_the_source_that_declares_the_resource(
    line: int, place: tuple[str, int]
) -> None:
    told = {"check": "CKV_AWS_1", "address": "aws_s3_bucket.app", "file": "other.tf", "line": line, "title": "t", "waiver": 1}
    accepted = ScannerFinding(
        "CKV_AWS_1 aws_s3_bucket.app", StaticOrigin({**told, "accepted_by": "somebody"}, "checkov"), "checkov"
    )
    scan = Scan("checkov POL-02", StaticOrigin({"examined": 1, "accepted": (accepted,)}, "checkov"), "checkov")

    def test_scan(plan_scan: Scan) -> None:
        assert plan_scan.examined > 0

    found = judge(test_scan, {"plan_scan": scan}.__getitem__, locate={"aws_s3_bucket.app": ("storage.tf", 7)}.__getitem__)
    (one,) = [each for each in found.resources if each.verdict is Verdict.WAIVED]
    assert one.subject
    assert (one.subject.file, one.subject.line) == place
