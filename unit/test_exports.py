"""Documents that other tools read: nothing that is no pass becomes one, and text from outside stays text."""

import base64
import csv
import html
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.session import Session
from botocore.validate import ParamValidator
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from finished_runs import (
    NASTY,
    NOT_JUDGED,
    SAMPLES,
    WAIVER,
    as_pem,
    control,
    every_verdict,
    finished,
    scanned,
    several,
    signed_run,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from stackproof.core.messages import LANGUAGES
from stackproof.core.results import Examined
from stackproof.core.sentences import extent
from stackproof.core.translation import told
from stackproof.core.verdicts import UsageError, Verdict
from stackproof.evidence import manifest, signing
from stackproof.reports import junit
from stackproof.reports.exports import dsse, sarif
from stackproof.reports.exports.csv_table import FORMULA, harmless
from stackproof.reports.exports.rows import rows
from stackproof.reports.formats import FORMATS, Finished, render, render_all
from stackproof.reports.summary import listing

NOT_PASSED = [verdict for verdict in Verdict if verdict is not Verdict.PASS]

FOR_PEOPLE = {"json", "html", "md", "pdf"}
"""Formats that say the verdicts in their own words."""


def of_csv(text: str) -> set[str]:
    table = csv.DictReader(io.StringIO(text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")))
    return {row["control"] for row in table if row["verdict"] == "PASS" and "bad" in row["resource"]}


def of_sarif(text: str) -> set[str]:
    """GitHub makes an alert of every result, so there must be none of a pass; what is set aside is none, too."""
    results = json.loads(text)["runs"][0]["results"]
    return {one["ruleId"] for one in results if one.get("kind", "fail") not in ("fail", "open")}


def of_ocsf(text: str) -> set[str]:
    told = (one for one in json.loads(text) if "bad" in one["resources"][0]["name"])
    return {one["compliance"]["control"] for one in told if one["compliance"]["status_id"] == 1 or one["status_id"] == 4}


def of_asff(text: str) -> set[str]:
    told = (one for batch in json.loads(text) for one in batch["Findings"])
    bad = (one for one in told if "bad" in one["Description"])
    return {
        one["GeneratorId"].partition("/")[2]
        for one in bad
        if one["Compliance"]["Status"] == "PASSED" or one["Workflow"]["Status"] == "RESOLVED"
    }


def of_hdf(text: str) -> set[str]:
    """As Heimdall computes the status of a control."""
    passed = set()
    for one in json.loads(text)["profiles"][0]["controls"]:
        statuses = [result["status"] for result in one["results"]]
        is_set_aside = one["impact"] == 0 or one.get("waiver_data", {}).get("skipped_due_to_waiver")
        if "passed" in statuses and not {"error", "failed"} & {*statuses} and not is_set_aside:
            passed.add(one["id"])
    return passed


def of_oscal(text: str) -> set[str]:
    found = json.loads(text)["assessment-results"]["results"][0].get("findings", ())
    return {one["target"]["target-id"] for one in found if one["target"]["status"]["state"] == "satisfied"}


def none(text: str) -> set[str]:
    """Of a format that has no passes."""
    assert "PASS" not in text.replace("PASSED", "")
    return set()


READERS: Mapping[str, Callable[[str], set[str]]] = {
    "csv": of_csv,
    "sarif": of_sarif,
    "ocsf": of_ocsf,
    "asff": of_asff,
    "hdf": of_hdf,
    "oscal": of_oscal,
    "oscal-component": none,
    "oscal-poam": none,
    "gitlab": none,
    "annotations": none,
}
"""How each format's own readers see which controls passed; of the formats with a line a resource, on the resources that are bad."""


def document(name: str, one: Finished) -> str:
    text = render(name, one)
    assert isinstance(text, str)
    return text


def bad(verdict: Verdict) -> Examined:
    return Examined(f"bad {verdict}", verdict, "assert not True", waiver=1 if verdict is Verdict.WAIVED else 0)


def test_every_format_is_read_here() -> None:
    assert FORMATS.keys() - FOR_PEOPLE == READERS.keys() | {"dsse"}, "add how its readers see a pass"


@pytest.mark.parametrize("name", READERS)
def test_nothing_else_becomes_a_pass(name: str) -> None:
    for verdict in NOT_PASSED:
        seen = (Examined("good", Verdict.PASS), bad(verdict))
        one = finished(
            control("SEC-RDS-01", [verdict], resources=seen), control("SEC-RDS-02", [verdict], resources=(bad(verdict),))
        )
        assert READERS[name](document(name, one)) == set(), verdict


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(Verdict), min_size=1, max_size=4), min_size=1, max_size=4), st.sampled_from(["aws", "plan"])
)
def test_nothing_else_becomes_a_pass_in_any_mixture(controls: list[list[Verdict]], target: str) -> None:
    made = [control(f"SEC-{number:02}", verdicts) for number, verdicts in enumerate(controls)]
    one = finished(*made, target=target)
    passed = {each.id for each in made if each.verdict is Verdict.PASS}
    for name in ("hdf", "oscal"):
        assert READERS[name](document(name, one)) <= passed, name
    assert {*dsse.statement(one.run, b"")["predicate"]["passedTests"]} == passed


def test_a_pass_is_a_pass_on_live_aws_and_no_pass_of_an_account_elsewhere() -> None:
    live, planned = (finished(control("SEC-RDS-01", [Verdict.PASS]), target=target) for target in ("aws", "embedded"))
    statuses = [json.loads(document("asff", one))[0]["Findings"][0]["Compliance"]["Status"] for one in (live, planned)]
    assert statuses == ["PASSED", "NOT_AVAILABLE"]
    assert of_oscal(document("oscal", live)) == {"SEC-RDS-01"}


@pytest.mark.parametrize("name", [*READERS])
def test_requirements_of_frameworks_are_told_of_live_aws_alone(name: str) -> None:
    controls = [control("SEC-RDS-01", [Verdict.FAIL])]
    replayed = document(name, finished(*controls, judged="aws"))
    for text in (document(name, finished(*controls, target="plan")), replayed):
        assert "3.2.3" not in text
    if name not in ("gitlab", "annotations", "oscal", "oscal-poam"):
        assert "3.2.3" in document(name, finished(*controls))


def as_said(name: str, one: Finished) -> str:
    """A document as text; of an attestation what is signed, and of what is no format of `FORMATS` the words themselves."""
    if name == "dsse":
        return json.dumps(dsse.statement(one.run, b""), ensure_ascii=False)
    if name == "terminal":
        return "\n".join(listing(one.run, one.language))
    if name == "junit":
        return "\n".join(value for control in one.run.controls for _, value in junit.properties(control))
    return document(name, one)


@pytest.mark.parametrize("name", sorted({*FORMATS, "terminal", "junit"} - {"pdf"}))
def test_accepted_findings_of_scanners_are_in_every_document(name: str) -> None:
    for language in LANGUAGES:
        text = as_said(name, replace(scanned(), language=language))
        assert "CKV_AWS_144" in text
        assert "SEC-7" in text or name == "junit", "the ticket"


@pytest.mark.parametrize("name", sorted(READERS.keys() - {"oscal-component"}))
def test_what_was_selected_and_not_judged_is_told(name: str) -> None:
    assert "SEC-S3-01" in document(name, every_verdict())


@pytest.mark.parametrize("name", sorted({*FORMATS} - {"pdf"}))
def test_a_run_of_a_part_says_so_before_it_says_anything_else(name: str) -> None:
    for language in LANGUAGES:
        part, whole = (
            as_said(name, every_verdict(not_selected=ids, not_judged=(), language=language)) for ids in (("SEC-S3-02",), ())
        )
        said = extent(every_verdict(not_judged=()).run, "en" if name == "dsse" else language)
        assert said.partition("(")[0] in part.partition("SEC-RDS-01")[0], language
        assert said.partition("(")[0] not in whole


def test_an_attestation_of_a_run_of_a_part_is_a_warning() -> None:
    result = {
        ids: dsse.statement(finished(control("A-01", [Verdict.PASS]), not_selected=ids).run, b"") for ids in (("A-02",), ())
    }
    assert [one["predicate"]["result"] for one in result.values()] == ["WARNED", "PASSED"]


@pytest.mark.parametrize("name", READERS)
def test_the_same_run_gives_the_same_document(name: str) -> None:
    assert document(name, every_verdict()) == document(name, every_verdict())


@pytest.mark.parametrize("name", READERS)
def test_every_document_can_be_made_of_every_run(name: str) -> None:
    for what, one in SAMPLES.items():
        text = document(name, one)
        if name not in ("csv", "annotations"):
            json.loads(text)
        assert text.encode() or name == "annotations", what


def test_a_control_that_came_to_worse_than_its_resources_has_a_row() -> None:
    one = finished(control("SEC-RDS-01", [Verdict.ERROR], resources=(Examined("db", Verdict.PASS),)))
    assert [row.verdict for row in rows(one)] == [Verdict.PASS, Verdict.ERROR]


# Many runs in one document

OF_ALL = [name for name, one in FORMATS.items() if one.of_all]
OF_EACH_ROW: Mapping[str, Callable[[str], list[tuple[str, str, str]]]] = {
    "csv": lambda text: [(one["account"], one["region"], one["finding"]) for one in table(text)],
    "ocsf": lambda text: [
        (one["cloud"]["account"]["uid"], one["cloud"]["region"], one["metadata"]["uid"]) for one in json.loads(text)
    ],
    "asff": lambda text: [
        (one["AwsAccountId"], one["ProductArn"].split(":")[3], one["Id"])
        for batch in json.loads(text)
        for one in batch["Findings"]
    ],
}
"""Account, region and id of each judgement in a document."""


def table(text: str) -> list[dict[str, str]]:
    return [*csv.DictReader(io.StringIO(text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}"), newline=""))]


def of_all(name: str, *each: Finished) -> str:
    return "".join(render_all(name, several(*each)))


def test_all_formats_with_findings_can_tell_of_many_runs() -> None:
    assert {*OF_ALL} == READERS.keys() - {"oscal-component"}
    with pytest.raises(UsageError, match=r"no pdf is made of many runs: --format with one of csv, sarif, .*ocsf"):
        render_all("pdf", several())


@pytest.mark.parametrize("name", OF_ALL)
def test_nothing_else_becomes_a_pass_among_many_runs(name: str) -> None:
    """Nor does an account of which nothing was judged, whose reason is told."""
    bad_ones = [finished(control("SEC-RDS-01", [verdict], resources=(bad(verdict),))) for verdict in NOT_PASSED]
    text = of_all(name, *bad_ones, NOT_JUDGED)
    assert READERS[name](text) == set()
    assert "role/audit cannot be assumed" in text.replace("%3A", ":")


@pytest.mark.parametrize("name", OF_EACH_ROW)
def test_each_row_has_its_account_and_region_and_an_id_of_its_own(name: str) -> None:
    one = finished(control("SEC-RDS-01", [Verdict.FAIL], resources=(bad(Verdict.FAIL), bad(Verdict.ERROR))))
    found = OF_EACH_ROW[name](of_all(name, one, one, NOT_JUDGED))
    places = [(account, region) for account, region, _ in found]
    first, second, third = (("0" * 11 + str(number), f"eu-west-{number + 1}") for number in range(3))
    assert places == [first, first, second, second, third]
    assert len({id for *_, id in found}) == len(found)


@pytest.mark.parametrize("name", OF_ALL)
def test_ids_of_many_runs_are_unique(name: str) -> None:
    names = re.findall(r'"(?:uuid|fingerprint|stackproof/v1)": "([^"]+)"', of_all(name, *[every_verdict()] * 3))
    assert len({*names}) == len(names)


@pytest.mark.parametrize("name", OF_ALL)
def test_runs_are_read_one_by_one_while_the_document_is_written(name: str) -> None:
    taken: list[Finished] = []

    def each() -> Iterator[Finished]:
        for one in several(*[every_verdict()] * 20).each():
            taken.append(one)
            yield one

    parts = render_all(name, replace(several(), each=each))
    before = 0
    while not before and (part := next(parts)):
        before = len(taken) if "SEC-RDS-0" in part else 0
    assert before <= 2


# SARIF


def results(one: Finished) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(document("sarif", one))["runs"][0]["results"]
    return found


def test_every_result_has_a_location() -> None:
    for what, one in SAMPLES.items():
        for result in results(one):
            place = result["locations"][0]["physicalLocation"]  # type: ignore[index]
            assert place["region"]["startLine"] >= 1, what
            assert re.fullmatch(r"[\w./%-]+", place["artifactLocation"]["uri"]), what


def test_a_plan_address_is_at_its_file_and_line() -> None:
    (result,) = results(finished(control("SEC-RDS-01", [Verdict.FAIL])))
    place = result["locations"][0]  # type: ignore[index]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "infrastructure/terraform/database.tf"
    assert place["physicalLocation"]["region"] == {"startLine": 48}
    assert place["logicalLocations"][0]["fullyQualifiedName"] == "aws_db_instance.main"


def test_an_accepted_finding_is_suppressed_and_nothing_else_is() -> None:
    found = {result["properties"]["verdict"]: result for result in results(every_verdict())}  # type: ignore[index]
    assert found.keys() == {"FAIL", "ERROR", "UNKNOWN", "WAIVED"}
    suppressed = {verdict for verdict, result in found.items() if "suppressions" in result}
    assert suppressed == {"WAIVED"}
    assert "SEC-7" in found["WAIVED"]["suppressions"][0]["justification"]  # type: ignore[index]
    assert {result["level"] for result in found.values() if result["kind"] == "open"} == {"none"}


WITHOUT_ACCEPTANCE = {"dsse", "oscal-component", "pdf"}
"""Formats that tell of controls, and not of findings; and one that is made of another."""

ANYBODY = st.text("abcdefghijk", min_size=3)


@pytest.mark.parametrize("name", sorted({*FORMATS} - WITHOUT_ACCEPTANCE))
@settings(max_examples=5)
@given(field=st.sampled_from(("", "web_acl")), confirmed_by=st.one_of(st.just(""), ANYBODY), owner=ANYBODY)
def test_every_format_says_who_accepts_a_finding_until_when_and_whether_a_person_has_confirmed_it(
    name: str, field: str, confirmed_by: str, owner: str
) -> None:
    accepted = replace(WAIVER, field=field, confirmed_by=confirmed_by, owner=owner)
    text = document(name, finished(control("SEC-RDS-01", [Verdict.WAIVED, Verdict.PASS]), waivers=(accepted,)))
    for said in (
        owner,
        "2027-05-31",
        "SEC-7",
        confirmed_by or ("confirmed_by" if name == "json" else "not confirmed by a person"),
    ):
        assert said in text, name
    passed = READERS[name](text) if name in READERS else set()
    assert "SEC-RDS-01" not in passed


def test_the_reason_of_a_waiver_is_in_the_language_of_the_document_and_as_it_was_written_where_it_has_no_korean() -> None:
    korean = replace(WAIVER, reason_ko="리전 하나면 충분합니다.")
    accepted = control("SEC-RDS-01", [Verdict.WAIVED], resources=(bad(Verdict.WAIVED),))
    accepted = replace(
        accepted, message=f"bad\nwaived until 2027-05-31 by devops (SEC-7), not confirmed by a person: {WAIVER.reason}"
    )
    for name in sorted({*FORMATS} - {"json", "dsse", "pdf"}):
        said, english, written = (
            document(name, finished(accepted, language=language, waivers=(one,)))
            for language, one in (("ko", korean), ("en", korean), ("ko", WAIVER))
        )
        assert korean.reason_ko in said, name
        assert WAIVER.reason not in said, name
        assert korean.reason_ko not in english, name
        assert WAIVER.reason in english, name
        assert WAIVER.reason in written, name


def test_what_could_not_be_verified_is_a_notification_too() -> None:
    (invocation,) = json.loads(document("sarif", every_verdict(aborted="the credentials have expired")))["runs"][0]["invocations"]
    said = [one["message"]["text"] for one in invocation["toolExecutionNotifications"]]
    assert not invocation["executionSuccessful"]
    assert "the credentials have expired" in said
    assert any("SEC-S3-02" in text for text in said), "what was not selected"


def test_runs_of_other_environments_and_targets_do_not_close_its_alerts() -> None:
    names = {
        json.loads(document("sarif", one))["runs"][0]["automationDetails"]["id"]
        for one in (every_verdict(), every_verdict(target="plan"), every_verdict(environment="staging"))
    }
    assert len(names) == 3


def test_a_finding_has_the_same_fingerprint_in_the_next_run() -> None:
    first, second = (results(every_verdict(id=id, seconds=seconds)) for id, seconds in (("a", 1.0), ("b", 2.0)))
    prints = [[one["partialFingerprints"]["stackproof/v1"] for one in found] for found in (first, second)]  # type: ignore[index]
    assert prints[0] == prints[1]
    assert len(set(prints[0])) == len(prints[0])


def test_no_more_results_than_github_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "MOST_RESULTS", 3)
    run = json.loads(document("sarif", every_verdict()))["runs"][0]
    assert [one["properties"]["verdict"] for one in run["results"]] == ["FAIL", "ERROR", "ERROR"]
    assert any("2 more results" in one["message"]["text"] for one in run["invocations"][0]["toolExecutionNotifications"])


# ASFF


def test_batches_are_what_security_hub_takes() -> None:
    shape = Session().get_service_model("securityhub").operation_model("BatchImportFindings").input_shape
    many = control("SEC-RDS-01", [Verdict.FAIL], resources=[Examined(f"db-{number}", Verdict.FAIL) for number in range(250)])
    for one in (*SAMPLES.values(), finished(many)):
        for batch in json.loads(document("asff", one)):
            assert 0 < len(batch["Findings"]) <= 100
            assert not ParamValidator().validate(batch, shape).has_errors(), (
                ParamValidator().validate(batch, shape).generate_report()
            )
            for each in batch["Findings"]:
                assert len(each["Title"]) <= 256
                assert len(each["Description"]) <= 1024
                assert each["Resources"][0]["Id"]
    assert [len(batch["Findings"]) for batch in json.loads(document("asff", finished(many)))] == [100, 100, 50]


def test_a_run_without_an_account_has_no_findings_of_security_hub() -> None:
    with pytest.raises(UsageError, match="asff: a run on plan has no account"):
        render("asff", every_verdict(target="plan", account=""))


# CSV


@settings(max_examples=50)
@given(st.text(max_size=10))
def test_no_cell_begins_a_formula(text: str) -> None:
    cell = harmless(text)
    assert not cell.strip(" \N{NO-BREAK SPACE}").startswith(FORMULA)
    assert cell.endswith(text)


def test_cells_are_harmless_and_rows_whole() -> None:
    text = document("csv", SAMPLES["nasty"]).removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    table = list(csv.reader(io.StringIO(text, newline="")))
    assert len({len(row) for row in table}) == 1
    assert all(not cell.startswith(FORMULA) for row in table for cell in row)
    assert any(cell == f"'{NASTY}" for row in table for cell in row)


# GitLab


def test_every_issue_has_what_gitlab_asks_for() -> None:
    for what, one in SAMPLES.items():
        issues = json.loads(document("gitlab", one))
        for issue in issues:
            assert issue.keys() == {"description", "check_name", "fingerprint", "severity", "location"}, what
            assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
            assert issue["location"]["lines"]["begin"] >= 1
            assert not issue["location"]["path"].startswith("./")
        assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    severities = {
        issue["description"].partition(":")[0]: issue["severity"]
        for issue in json.loads(document("gitlab", every_verdict(not_selected=())))
    }
    assert severities == {"FAIL": "blocker", "UNKNOWN": "blocker", "WAIVED": "info", "ERROR": "critical"}


# Annotations


def test_an_annotation_is_one_line_whatever_is_in_it() -> None:
    for line in document("annotations", SAMPLES["nasty"]).splitlines():
        assert re.match(r"::(error|warning|notice) (file=[^,:]+,line=\d+,)?title=[^,:]+::", line), line


# The attestation


@pytest.fixture
def signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Finished, Ed25519PrivateKey]:
    """A run in its folder with a signed manifest, and the key, which the environment names."""
    one, key = signed_run(tmp_path)
    monkeypatch.setenv(signing.VARIABLE, as_pem(key))
    return one, key


def test_the_attestation_is_by_the_key_that_signed_the_manifest(signed: tuple[Finished, Ed25519PrivateKey]) -> None:
    one, key = signed
    envelope = json.loads(document("dsse", one))
    payload = base64.b64decode(envelope["payload"])
    (signature,) = envelope["signatures"]
    key.public_key().verify(base64.b64decode(signature["sig"]), dsse.pre_authentication(envelope["payloadType"], payload))
    assert signature["keyid"] == signing.fingerprint(key.public_key())
    statement = json.loads(payload)
    assert one.directory
    digests = {subject["name"]: subject["digest"]["sha256"] for subject in statement["subject"]}
    assert digests[manifest.MANIFEST] == manifest.digest(one.directory / manifest.MANIFEST)
    assert digests["results.json"] == manifest.digest(one.directory / "results.json")
    assert statement["predicate"]["result"] == "FAILED"
    assert statement["predicate"]["passedTests"] == ["SEC-RDS-00"]
    assert "SEC-S3-01" in statement["predicate"]["failedTests"]


def test_no_attestation_by_another_key(signed: tuple[Finished, Ed25519PrivateKey], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(signing.VARIABLE, as_pem(Ed25519PrivateKey.generate()))
    with pytest.raises(UsageError, match="is not the one that signed the run"):
        render("dsse", signed[0])
    monkeypatch.delenv(signing.VARIABLE)
    with pytest.raises(UsageError, match=f"set {signing.VARIABLE}"):
        render("dsse", signed[0])


def test_no_attestation_of_a_run_that_was_changed_or_not_signed(signed: tuple[Finished, Ed25519PrivateKey]) -> None:
    one, _ = signed
    assert one.directory
    (one.directory / manifest.SIGNATURE).unlink()
    with pytest.raises(UsageError, match="the run is not signed"):
        render("dsse", one)
    (one.directory / "results.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match=r"dsse: the run is not as it was: results\.json: changed"):
        render("dsse", one)
    with pytest.raises(UsageError, match="give the folder of a run"):
        render("dsse", every_verdict())


# Markdown


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_summary_says_first_whether_the_gate_is_open_and_what_was_left_out(language: str) -> None:
    lines = document("md", every_verdict(language=language)).splitlines()
    assert lines[0].startswith("## stackproof: production, aws: ")
    assert lines[0].endswith("the gate is closed (8/9)" if language == "en" else "게이트 닫힘 (8/9)")
    assert "8" in lines[3]
    assert "9" in lines[3]
    assert "open" in document("md", finished(control("SEC-RDS-01", [Verdict.PASS]))).splitlines()[0]


def test_text_from_outside_means_nothing_in_markdown() -> None:
    text = document("md", SAMPLES["nasty"])
    assert "<script" not in text
    assert "@" not in text
    assert {line.count("|") for line in text.splitlines() if line.startswith("| FAIL | **")} == {5}


def test_a_summary_fits_into_a_comment() -> None:
    many = [Examined(f"db-{number}" * 20, Verdict.FAIL, NASTY) for number in range(5000)]
    waived = [Examined(f"db-{number}" * 20, Verdict.WAIVED, NASTY) for number in range(5000)]
    text = document("md", finished(control("SEC-RDS-01", [Verdict.FAIL], resources=[*many, *waived])))
    assert len(text) < 65_536
    assert "more; the report has all" in text


def leaves(name: str, text: str) -> set[str]:
    """The texts of a document, without markup."""
    if name == "html":
        data = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', text, re.DOTALL)
        bare = re.sub(r"<(script|style)[^>]*>.*?</\1>", "", text, flags=re.DOTALL)
        return {one.strip() for one in re.split(r"<[^>]*>", bare)} | {*strings(json.loads(data[0]))}
    if name == "csv":
        return {cell for row in csv.reader(io.StringIO(text)) for cell in row}
    if name in ("md", "annotations"):
        return {*re.split(r"::|\n|[|]|<br>", text)}
    return {*strings(json.loads(text))}


def strings(document: object) -> Iterator[str]:
    match document:
        case str():
            yield document
        case dict():
            for value in document.values():
                yield from strings(value)
        case list():
            for value in document:
                yield from strings(value)


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in ("pdf", "json", "dsse")])
def test_what_has_a_korean_sentence_is_said_in_korean_in_every_format(name: str) -> None:
    for what, one in SAMPLES.items():
        text = render(name, replace(one, language="ko"))
        assert isinstance(text, str)
        left = {leaf for leaf in leaves(name, text) if " " in leaf and told(leaf, "ko") != leaf}
        assert left == set(), what


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in ("pdf", "dsse")])
def test_a_run_of_some_controls_says_so_where_it_begins(name: str) -> None:
    """Before the first judgement: in the first line, or the first event, that says anything about the run."""
    one = every_verdict(not_judged=(), selection="-m security")
    said = "7 of 8 controls were selected (-m security); this run says nothing about the others."
    text = render(name, one)
    assert isinstance(text, str)
    if name == "json":
        assert json.loads(text)["not_selected"] == ["SEC-S3-02"]
    elif name == "hdf":
        assert "7 of 8 controls" in text[: text.index('"controls"')]
    else:
        at = html.unescape(text).index(said)
        before = {*re.findall(r"SEC-RDS-\d+", html.unescape(text)[:at])}
        assert before <= {"SEC-RDS-00"}, "an event that says so is about the first judgement itself"
    whole = render(name, finished(control("SEC-RDS-01", [Verdict.PASS])))
    assert isinstance(whole, str)
    assert "controls were selected" not in whole
