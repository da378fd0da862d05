import html as stdlib_html
import io
import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from textwrap import dedent
from typing import Any

import jsonschema
import pytest

from proofs import harness
from stackproof.core import results_file as results_json
from stackproof.core.controls import catalogue
from stackproof.core.results import ControlResult, Examined, Reading, Readings, Resources, Run
from stackproof.core.verdicts import UsageError, Verdict
from stackproof.reports import html, junit, summary, write
from stackproof.reports.text import WORST_FIRST
from stackproof.util.spool import spooled

HOSTILE = "<script>alert(1)</script>\"onmouseover=alert(2) '><img src=x onerror=alert(3)>\n</td></tr>E &amp;\x1b[31m\u202e"
"""What a name or a value read from a cloud may hold."""

DATABASE = "DatabaseInstance triflow-ai-production-db"


def control(id: str = "SEC-RDS-01", verdict: Verdict = Verdict.PASS, message: str = "", **fields: Any) -> ControlResult:
    plain = ControlResult(
        id=id,
        title="The database has no address that the internet can reach",
        title_ko="데이터베이스에는 인터넷에서 접근할 수 있는 주소가 없다",
        severity="critical",
        verdict=verdict,
        message=message,
        seconds=0.25,
        test=f"tests/security/test_database.py::test_{id}",
        resources=(Examined(DATABASE, verdict, message),),
        read=(Reading(DATABASE, "publicly_accessible", "false", "rds:DescribeDBInstances ap-northeast-2"),),
    )
    return replace(plain, **fields)


def hostile() -> ControlResult:
    return ControlResult(
        id=HOSTILE,
        title=HOSTILE,
        title_ko=HOSTILE,
        severity=HOSTILE,
        verdict=Verdict.FAIL,
        message=HOSTILE,
        seconds=1.0,
        test=HOSTILE,
        resources=(Examined(HOSTILE, Verdict.ERROR, HOSTILE),),
        read=(Reading(HOSTILE, HOSTILE, HOSTILE, HOSTILE),),
    )


def run(*controls: ControlResult, **fields: Any) -> Run:
    plain = Run(
        started=datetime(2026, 11, 21, 11, 35, 2, 125000, tzinfo=UTC),
        seconds=4.25,
        environment="production",
        target="aws",
        account="123456789012",
        region="ap-northeast-2",
        versions={"stackproof": "0.1.0", "python": "3.11.7"},
        calls={"rds:DescribeDBInstances": 1, "ec2:DescribeSubnets": 2},
        notes=("The plan was made with the packaged provider hashicorp/aws 3.39.0.",),
        controls=controls,
    )
    return replace(plain, **fields)


def one_of_each() -> Run:
    return run(*(control(f"C-{verdict}", verdict, f"{verdict} because") for verdict in Verdict))


# results.json


def test_results_follow_the_schema() -> None:
    schema = json.loads(results_json.SCHEMA.read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)

    validator.validate(json.loads(results_json.to_json(one_of_each())))
    validator.validate(json.loads(results_json.to_json(run(account="", calls={}, notes=()))))

    wrong = json.loads(results_json.to_json(one_of_each()))
    wrong["controls"][0]["verdict"] = "SKIPPED"
    wrong["account"] = "12345"
    wrong["counts"]["SKIPPED"] = 1
    del wrong["controls"][1]["read"]
    assert len(list(validator.iter_errors(wrong))) == 4


def test_the_documented_example_is_what_a_run_prints_and_is_read() -> None:
    """Of a public database, judged on recorded answers: what it prints otherwise is pasted there."""
    text = (Path(__file__).parent.parent / "docs" / "results.md").read_text(encoding="utf-8")
    example = re.search(r"```json\n(.*?)```", text, re.DOTALL)
    assert example
    jsonschema.validate(json.loads(example[1]), json.loads(results_json.SCHEMA.read_text(encoding="utf-8")))
    assert example[1] == results_json.to_json(documented_run())
    assert results_json.from_json(example[1]) == documented_run()


def documented_run() -> Run:
    """The run of the example: one control, on answers in which the database is public."""
    public = harness.says("rds:DescribeDBInstances", "DBInstances.0.PubliclyAccessible", True)
    judgement = harness.on_cloud("SEC-RDS-01", public)
    entry = catalogue()["SEC-RDS-01"]
    judged = control(
        verdict=judgement.verdict,
        message=judgement.message,
        title=entry.title,
        title_ko=entry.title_ko,
        documented=entry.documented,
        resources=judgement.resources,
        read=judgement.read,
        seconds=0.021,
        test="tests/security/test_database.py::test_databases_are_not_publicly_accessible",
        folder="security",
        owner="data",
    )
    return run(
        judged,
        id="20261121T113502125Z-1f0c2a",
        commit="6f1f57b1f7c7a0c79e9a8a4cb4d5dd0f2e9b3a10",
        is_clean=True,
        caller="arn:aws:sts::123456789012:assumed-role/stackproof-reader/ci",
        selected=("SEC-RDS-01",),
        selection="-k SEC-RDS-01",
        unknown_closes=("critical", "high"),
        calls={"rds:DescribeDBInstances": 1},
        notes=(),
    )


def test_results_are_read_back_as_they_were() -> None:
    for each in (one_of_each(), run(hostile()), run()):
        text = results_json.to_json(each)
        assert results_json.from_json(text) == each
        assert results_json._at_once(text) == results_json._gradually_read(io.StringIO(text)) == each


def test_the_same_run_gives_the_same_text_and_keeps_the_order_of_controls() -> None:
    turned = run(control("B"), control("A"), calls={"s3:GetBucketAcl": 1, "ec2:DescribeSubnets": 2})
    straight = run(control("B"), control("A"), calls={"ec2:DescribeSubnets": 2, "s3:GetBucketAcl": 1})
    assert results_json.to_json(turned) == results_json.to_json(straight)
    assert [each["id"] for each in json.loads(results_json.to_json(turned))["controls"]] == ["B", "A"]


@pytest.mark.parametrize(
    ("change", "reported"),
    [
        ({"format": 1}, "format 1 cannot be read"),
        ({"seconds": "4"}, "seconds"),
        ({"started": "yesterday"}, "started"),
        ({"controls": [{"id": "A"}]}, "controls.0.title"),
    ],
)
def test_results_that_do_not_hold_a_run_are_refused_with_the_place(change: dict[str, object], reported: str) -> None:
    document = json.loads(results_json.to_json(one_of_each()))
    with pytest.raises(UsageError, match=reported):
        results_json.from_json(json.dumps({**document, **change}))


@pytest.mark.parametrize("text", ["", "{", "[]", "null"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"^results: "):
        results_json.from_json(text)


def test_a_control_crosses_to_another_process() -> None:
    assert results_json.unpacked(results_json.packed(hostile())) == hostile()


@pytest.mark.parametrize("older", [2, 3])
def test_results_of_older_versions_are_read(older: int) -> None:
    document = json.loads(results_json.to_json(one_of_each()))
    added = ("id", "commit", "is_clean", "caller", "parts", "waivers", "history", "since", "selected", "not_selected", "gate")
    document = {key: value for key, value in document.items() if key not in (*added, *(["plans"] if older == 2 else []))}
    assert results_json.from_json(json.dumps({**document, "format": older})) == one_of_each()


def test_results_hold_what_cannot_be_utf_8(tmp_path: Path) -> None:
    lone_surrogate = run(control(message="\udc80", verdict=Verdict.FAIL))
    path = write.write_results(lone_surrogate, tmp_path)
    assert json.loads(path.read_text(encoding="utf-8"))["controls"][0]["message"] == "\udc80"


def of_many(count: int = 3 * html.MOST_ROWS) -> ControlResult:
    """A control that examined more than the reports show."""
    names = [f"/aws/ecs/service-{number:06}/errors" for number in range(count)]
    return control(
        "LOG-03",
        Verdict.FAIL,
        "why",
        resources=spooled((Examined(name, Verdict.FAIL if name == names[-1] else Verdict.PASS) for name in names), Resources()),
        read=spooled((Reading(name, "retention_days", "14", "logs:DescribeLogGroups") for name in names), Readings()),
    )


def test_results_of_very_many_resources_are_complete_and_are_read_back() -> None:
    many = of_many()
    text = results_json.to_json(run(control(), many))
    _, reported = json.loads(text)["controls"]
    assert reported["read"][-1] == {**vars(many.read[-1]), "evidence": []}
    assert (len(reported["resources"]), reported["resources"][-1]["verdict"]) == (len(many.resources), "FAIL")
    assert results_json.from_json(text) == run(control(), many)
    assert results_json.unpacked(results_json.packed(many)) == many


def test_reports_of_very_many_resources_show_the_worst_and_say_where_the_rest_is() -> None:
    many = of_many()
    shown = html.detail_html(many)
    assert shown.count("<tr>") == 2 * (html.MOST_ROWS + 1)
    assert many.resources[-1].resource in shown
    assert "2,000 resources more, of 3,000: results.json has them all." in shown
    assert "2,000 readings more, of 3,000: results.json has them all." in shown
    assert "and 2,997 more" in "".join(html.row_cells(many))
    assert len(junit.properties(many)) == 3 + junit.MOST_RESOURCES


# report.html


class Markup(HTMLParser):
    """What a browser would make of markup: the elements, their attributes and the text."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def test_no_text_becomes_markup() -> None:
    reported = run(
        *(replace(hostile(), verdict=verdict) for verdict in Verdict),
        environment=HOSTILE,
        target=HOSTILE,
        account=HOSTILE,
        region=HOSTILE,
        versions={HOSTILE: HOSTILE},
        calls={HOSTILE: 1},
        notes=(HOSTILE,),
    )
    plain = run(*(control(verdict=verdict, message="one\ntwo") for verdict in Verdict))
    for shown, expected in [
        (html.summary_html(reported), html.summary_html(plain)),
        ("".join(html.row_cells(hostile())), "".join(html.row_cells(control()))),
        (html.detail_html(hostile()), html.detail_html(control(message="one\ntwo"))),
        ("".join(html.other_row_cells(HOSTILE, HOSTILE, 1.0)), "".join(html.other_row_cells("a", "failed", 1.0))),
    ]:
        assert "<script>alert(1)</script>" in Markup(shown).text
        assert Markup(shown).tags == Markup(expected).tags
        assert Markup(shown).attributes == Markup(expected).attributes
        assert not set("\x1b\u202e") & set(shown)


def test_cells_and_details_are_each_one_line() -> None:
    assert not [cell for cell in html.row_cells(hostile()) if "\n" in cell]
    assert "\n" not in html.detail_html(hostile())


def test_the_message_keeps_its_lines_below_the_first() -> None:
    shown = html.detail_html(control(verdict=Verdict.FAIL, message="It is open.\nassert a == b\n  + where"))
    assert '<p class="message">It is open.</p><pre class="more">assert a == b<br>  + where</pre>' in shown


def test_evidence_names_a_resource_once_and_every_reading() -> None:
    fields = ("engine", "storage_encrypted", "multi_az")
    shown = html.detail_html(control(read=tuple(Reading(DATABASE, field, "x", "plan aws_db_instance.main") for field in fields)))
    evidence = shown.partition("<h3>Evidence</h3>")[2]
    assert evidence.count(f'<td rowspan="3">{DATABASE}</td>') == 1
    assert [field for field in fields if f"<code>{field}</code>" in evidence] == list(fields)
    assert evidence.count("plan aws_db_instance.main") == 3


def test_resources_that_did_not_pass_come_first() -> None:
    resources = tuple(Examined(f"r-{verdict}", verdict) for verdict in Verdict)
    shown = html.detail_html(control(resources=resources))
    assert re.findall(r"<td>r-(\w+)</td>", shown) == list(WORST_FIRST)


def test_every_count_in_the_summary_filters_rows() -> None:
    shown = html.summary_html(one_of_each())
    style = html.STYLESHEET.read_text(encoding="utf-8")
    row = "".join(
        "".join(html.row_cells(control(verdict=verdict, severity=severity)))
        for verdict in Verdict
        for severity in html.SEVERITIES
    )
    filters = re.findall(r'id="show-([\w-]+)"', shown)
    assert len(filters) == len(Verdict) + len(html.SEVERITIES)
    for name in filters:
        assert f"body:has(#show-{name}:not(:checked)) #results-table > tbody:has(> .collapsible .{name})" in style
        assert re.search(rf'class="\w+ {name}"', row)


def test_the_summary_gives_the_reason_of_every_control_that_did_not_pass() -> None:
    shown = Markup(html.summary_html(one_of_each())).text
    assert [verdict for verdict in Verdict if f"{verdict} because" in shown] == [v for v in Verdict if v != Verdict.PASS]
    assert (
        "The gate is closed. Of 7 controls: 1 FAIL, 1 ERROR, 1 UNKNOWN, 1 NOT_APPLICABLE, 1 NOT_DECLARED, 1 WAIVED, 1 PASS."
        in shown
    )
    assert "2026-11-21 11:35:02 UTC" in shown
    assert "3: ec2:DescribeSubnets 2, rds:DescribeDBInstances 1" in shown


def test_an_open_gate_and_a_run_without_controls_are_told_apart() -> None:
    assert "The gate is open. Of 1 controls: 1 PASS." in html.summary_html(run(control()))
    assert "No control ran." in html.summary_html(run())


def test_pytest_html_shows_one_row_a_control_that_sorts(tmp_path: Path) -> None:
    """With pytest-html itself: its rows come from what it finds in the cells."""
    results = {
        "test_fails": replace(hostile(), id="SEC-A-01"),
        "test_unknown": control("SEC-B-01", Verdict.UNKNOWN, "known after apply"),
        "test_denied": control("SEC-C-01", Verdict.ERROR, "denied", seconds=12.0),
    }
    for name, result in results.items():
        (tmp_path / name).write_bytes(results_json.packed(result))
    (tmp_path / "conftest.py").write_text(
        dedent("""
            import pathlib
            from stackproof.reports import html
            from stackproof.core.results_file import unpacked

            def result(report):
                return unpacked(pathlib.Path(__file__).with_name(report.nodeid.partition("::")[2].partition("[")[0]).read_bytes())

            def pytest_html_results_table_header(cells):
                cells[:] = html.header_cells()

            def pytest_html_results_table_row(report, cells):
                shown = report.when == "call" and not hasattr(report, "context") or report.when == "setup" and report.failed
                cells[:] = html.row_cells(result(report)) if shown else []

            def pytest_html_results_table_html(report, data):
                data[:] = [html.detail_html(result(report))]
        """)
    )
    (tmp_path / "test_it.py").write_text(
        dedent("""
            import pytest

            @pytest.fixture
            def denied():
                raise RuntimeError

            def test_denied(denied):
                pass

            def test_unknown():
                pytest.skip("known after apply")

            @pytest.mark.parametrize("name", ["<script>alert(4)</script>"])
            def test_fails(name, subtests):
                for number in range(3):
                    with subtests.test(number=number):
                        assert number == 1
        """)
    )
    options = ["-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir=."]
    report = ["--html=report.html", "--self-contained-html", f"--css={html.STYLESHEET}"]
    subprocess.run(
        [sys.executable, "-m", "pytest", *options, *report, "test_it.py"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(html.__file__).parents[2])},
        stdout=subprocess.DEVNULL,
        timeout=300,
        check=False,
    )
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    blob = re.search(r'data-jsonblob="(.*?)"', page, re.DOTALL)
    assert blob
    rows = {test: row for test, [row] in json.loads(stdlib_html.unescape(blob[1]))["tests"].items()}
    assert [row["testId"] for row in rows.values()] == ["SEC-C-01", "SEC-B-01", "SEC-A-01"]
    assert [row["result"] for row in rows.values()] == ["Error", "Skipped", "Failed"]
    for column in ("verdict", "resources", "seconds"):
        assert all(row[column].startswith('<span data-order="') for row in rows.values())
    assert sorted(rows.values(), key=lambda row: row["verdict"])[0]["testId"] == "SEC-A-01"
    assert all(row["log"].startswith('<div class="detail">') for row in rows.values())
    assert "<script>alert(" not in page
    assert "<script>" not in "".join("".join(row["resultsTableRow"]) + row["log"] for row in rows.values())


# junit.xml


def test_junit_properties_name_the_control_its_verdict_and_its_resources() -> None:
    judged = control(verdict=Verdict.FAIL, resources=(Examined("a", Verdict.PASS), Examined("b", Verdict.FAIL)))
    assert junit.properties(judged) == [
        ("control", "SEC-RDS-01"),
        ("severity", "critical"),
        ("verdict", "FAIL"),
        ("resource", "a"),
        ("resource", "b"),
    ]


def test_junit_properties_fall_back_to_what_was_read() -> None:
    assert junit.properties(control(resources=()))[-1] == ("resource", DATABASE)


# the terminal


def test_the_last_line_counts_from_worst_to_best_and_ends_with_the_report() -> None:
    judged = run(control(), control(), control(verdict=Verdict.FAIL), control(verdict=Verdict.WAIVED))
    assert summary.summary_line(judged, Path("reports/production-aws/report.html")) == (
        "production on aws: 1 FAIL, 1 WAIVED, 2 PASS; 3 AWS calls, 4.2 s; reports/production-aws/report.html"
    )


def test_the_listing_gives_what_is_open_by_severity_what_is_set_aside_and_notes_last() -> None:
    judged = run(
        control("N-1", Verdict.NOT_APPLICABLE, "the embedded cloud has no Insights"),
        control("U-1", Verdict.UNKNOWN, "known after apply", title="TLS is forced"),
        control("P-1"),
        control("N-2", Verdict.NOT_APPLICABLE, "the embedded cloud has no Insights"),
        control("F-1", Verdict.FAIL, "it is public", title="It is private", severity="high", remedy="Close it.", owner="data"),
    )
    assert summary.listing(judged) == [
        "critical UNKNOWN U-1: TLS is forced",
        f"    {DATABASE}: known after apply",
        "high FAIL F-1 [data]: It is private",
        f"    {DATABASE}: it is public",
        "    -> Close it.",
        "NOT_APPLICABLE N-1, N-2: the embedded cloud has no Insights",
        "Note: The plan was made with the packaged provider hashicorp/aws 3.39.0.",
    ]
    assert summary.listing(judged, is_short=True) == [
        "critical UNKNOWN U-1: TLS is forced",
        "high FAIL F-1 [data]: It is private",
    ]
    assert summary.listing(judged, "ko")[0] == "매우 높음 UNKNOWN U-1: 데이터베이스에는 인터넷에서 접근할 수 있는 주소가 없다"


def test_an_aborted_run_says_why_and_nothing_else() -> None:
    aborted = run(aborted="the plan cannot be read")
    assert aborted.exit_status == 4
    assert summary.listing(aborted) == ["The run was aborted, and the gate is closed: the plan cannot be read"]


def test_the_listing_shows_some_of_many_resources_and_counts_the_rest() -> None:
    groups = tuple(Examined(f"LogGroup {number}", Verdict.FAIL, "never expires") for number in range(8))
    groups += (Examined("LogGroup 8", Verdict.WAIVED, "never expires"), Examined("LogGroup 9", Verdict.PASS))
    lines = summary.listing(run(control("LOG-03", Verdict.FAIL, "8 groups keep events too long", resources=groups), notes=()))
    assert lines[1:] == [
        *(f"    LogGroup {number}: never expires" for number in range(5)),
        "    and 3 more, see the report",
    ]


def test_the_listing_is_short_and_cannot_steer_the_terminal() -> None:
    lines = summary.listing(run(replace(hostile(), message=HOSTILE * 50, resources=())))
    assert max(map(len, lines)) <= 120
    assert "\x1b" not in "".join(lines)
