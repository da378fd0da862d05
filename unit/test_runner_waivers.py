"""What a waiver does to a control's verdict, and what may not be said of a waiver for long."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackproof.core.resource import FailedOrigin, Origin, Resource, StaticOrigin, field
from stackproof.core.results import ControlResult, WaiverState
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
        assert "waived until 2026-11-21 by devops (T-1), not confirmed by a person: Nothing private is in it." in one.message
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


class Database(Resource):
    zones: int = field()
    is_private: bool = field()
    backup: Bucket | None = field()


def database(name: str, **facts: Any) -> Database:
    """A database of which each fact is as wanted but these: a value, or the error that stands for it."""
    found = {"zones": 2, "is_private": True, "backup": bucket("copy", True), **facts}
    return Database(name, Facts(found), "a file")


class Facts:
    """Values, some of which are errors."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def look_up(self, field: Any) -> Any:
        value = self._values[field.name]
        if isinstance(value, Exception):
            raise value
        return StaticOrigin({field.name: value}, "a file").look_up(field)


def test_databases(databases: list[Database], subtests: Subtests) -> None:
    for one in databases:
        with subtests.test(one.name):
            assert one.zones >= 2
        with subtests.test(one.name):
            assert one.is_private
        with subtests.test(one.name):
            assert one.backup is not None
            assert one.backup.is_private


def test_database(database: Database) -> None:
    assert database.zones >= 2
    assert database.is_private


test_databases.__test__ = test_database.__test__ = False  # type: ignore[attr-defined]  # controls, not tests of this file


class TestFields:
    """A waiver of a field: what else is wrong with the resource stays wrong."""

    def test_what_is_found_about_the_field_is_waived(self) -> None:
        judgement = judged(test_databases, [database("one", zones=1)], waiver(field='"zones"'))
        assert [one.verdict for one in judgement.resources] == [Verdict.WAIVED, Verdict.PASS, Verdict.PASS]
        assert judgement.verdict is Verdict.WAIVED

    def test_what_is_found_about_another_field_fails_beside_it(self) -> None:
        judgement = judged(test_databases, [database("one", zones=1, is_private=False)], waiver(field='"zones"'))
        assert [one.verdict for one in judgement.resources] == [Verdict.WAIVED, Verdict.FAIL, Verdict.PASS]
        assert judgement.verdict is Verdict.FAIL

    def test_what_is_found_about_another_resource_fails_beside_it(self) -> None:
        found = judged(test_databases, [database("one", zones=1), database("two", zones=1)], waiver(field='"zones"'))
        assert [one.resource for one in found.resources if one.verdict is Verdict.FAIL] == ["two"]

    def test_what_a_statement_says_of_a_field_of_the_field_is_about_that_one(self) -> None:
        judgement = judged(test_databases, [database("one", backup=bucket("copy", False))], waiver(field='"backup"'))
        assert "finds nothing about backup of one (but is_private)" in judgement.message
        assert judged(test_databases, [database("one", backup=None)], waiver(field='"backup"')).verdict is Verdict.WAIVED

    def test_one_that_ends_a_block_which_says_more_is_refused(self) -> None:
        judgement = judged(test_database, database("one", zones=1), waiver(field='"zones"'))
        assert "ends at zones of one, and what it says after that (is_private) would be accepted unseen" in judgement.message
        assert judgement.verdict is Verdict.FAIL
        assert judged(test_database, database("one", zones=1), waiver()).verdict is Verdict.WAIVED

    def test_the_last_statement_of_a_block_hides_nothing(self) -> None:
        judgement = judged(test_database, database("one", is_private=False), waiver(field='"is_private"'))
        assert judgement.verdict is Verdict.WAIVED

    @pytest.mark.parametrize("name", ["is_private", "zone", "zones.more"])
    def test_one_that_accepts_nothing_is_refused(self, name: str) -> None:
        judgement = judged(test_databases, [database("one", zones=1)], waiver(field=f'"{name}"'))
        assert f"finds nothing about {name} of one (but zones)" in judgement.message
        assert judgement.resources[0].verdict is Verdict.FAIL

    def test_one_whose_resource_passes(self) -> None:
        assert "one passes" in judged(test_databases, [database("one")], waiver(field='"zones"')).message

    def test_one_that_has_expired_waives_nothing(self) -> None:
        judgement = judged(test_databases, [database("one", zones=1)], waiver(field='"zones"', expires="2026-11-20"))
        assert [one.verdict for one in judgement.resources] == [Verdict.FAIL, Verdict.PASS, Verdict.PASS, Verdict.FAIL]

    @pytest.mark.parametrize("doubt", [AccessDenied("denied"), NotYetKnown("known only after apply")])
    def test_what_could_not_be_judged_may_be_what_it_is_for(self, doubt: Exception) -> None:
        judgement = judged(test_databases, [database("one", zones=doubt)], waiver(field='"zones"'))
        assert judgement.verdict in (Verdict.ERROR, Verdict.UNKNOWN)
        judgement = judged(test_databases, [database("one", zones=doubt, is_private=False)], waiver(field='"zones"'))
        assert judgement.verdict is Verdict.FAIL
        assert "waivers.toml" not in judgement.message

    def test_a_person_who_confirms_it_is_named(self) -> None:
        judgement = judged(test_databases, [database("one", zones=1)], waiver(field='"zones"', confirmed_by='"A. Person"'))
        assert "by devops (T-1), confirmed by A. Person: " in judgement.message


FIELDS = ("zones", "is_private")
WRONG: dict[str, Any] = {"zones": 1, "is_private": False}


@given(
    wrong=st.dictionaries(st.sampled_from(("one", "two")), st.sets(st.sampled_from(FIELDS)), min_size=2),
    waived=st.sets(st.tuples(st.sampled_from(("one", "two", "three")), st.sampled_from((*FIELDS, "backup")))),
)
def test_a_failure_is_waived_exactly_where_a_waiver_names_it_and_every_waiver_is_needed(
    wrong: dict[str, set[str]], waived: set[tuple[str, str]]
) -> None:
    entries = [waiver(name, field=f'"{about}"') for name, about in sorted(waived)]
    waivers = Waivers(parse("".join(entries)), "local", "embedded")
    databases = [database(name, **{about: WRONG[about] for about in fields}) for name, fields in sorted(wrong.items())]
    found = judge(test_databases, lambda _: databases, apply_waivers=partial(waivers.apply_waivers, CONTROL, TODAY))
    about = {(one.resource, one.finding.field): one for one in found.resources if one.finding and one.finding.field}
    expected = {(name, field) for name, fields in wrong.items() for field in fields}
    assert {where for where, one in about.items() if one.verdict is Verdict.WAIVED} == expected & waived
    assert {where for where, one in about.items() if one.verdict is Verdict.FAIL} == expected - waived
    refused = [one for one in found.resources if one.resource.startswith("waivers.toml")]
    assert len(refused) == len(waived - expected)
    assert (found.verdict is Verdict.FAIL) is (expected != waived)
    result = ControlResult(CONTROL, "", "", "high", found.verdict, "", 0.0, "", found.resources)
    uses = waivers.register(TODAY, [result])
    assert {(one.resource, one.field) for one in uses if one.accepts == 1} == expected & waived
    assert {(one.resource, one.field) for one in uses if one.state is WaiverState.UNUSED} == waived - expected
