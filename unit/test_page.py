"""report.html: what it says, that it loads nothing, that text stays text, and that it stays small."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from test_reports import HOSTILE, control, hostile, run

from stackproof.core.messages import LANGUAGES, Language
from stackproof.core.results import (
    Change,
    Examined,
    Finding,
    Operator,
    PastRun,
    Reason,
    Run,
    Since,
    Subject,
    WaiverState,
    WaiverUse,
)
from stackproof.core.verdicts import UsageError, Verdict
from stackproof.frameworks.catalogue import frameworks
from stackproof.frameworks.coverage import coverage
from stackproof.profile.vanished import note
from stackproof.reports import page, view
from stackproof.reports.formats import Finished, render

GROUP = Subject("LogGroup", "/aws/ecs/stray", file="logs.tf", line=3)
WAIVER = WaiverUse(
    1,
    ("POL-01",),
    "CKV_AWS_144",
    "aws_s3_bucket.app",
    "Data stays in Seoul.",
    "backend",
    "T-1",
    date(2027, 5, 31),
    184,
    WaiverState.USED,
    2,
)


def failed(name: str, subject: Subject | None, field: str = "retention_days", actual: str = "none") -> Examined:
    found = Finding(Reason.STATEMENT, field, Operator.AT_LEAST, "7", actual)
    return Examined(name, Verdict.FAIL, "assert None >= 7", subject, found)


def errs(id: str, message: str) -> Any:
    finding = Finding(Reason.UNREACHABLE)
    return control(id, Verdict.ERROR, message, resources=(), read=(), finding=finding)


def shown(run: Run, language: Language = "en", **beside: Any) -> str:
    text = render("html", Finished(run, language, **beside))
    assert isinstance(text, str)
    return text


def test_the_frameworks_are_counted_in_the_table() -> None:
    """As many as there are, not covered: nothing was judged on live AWS."""
    for one in frameworks():
        row = shown(run(control(), target="plan")).partition(f'<th scope="row">{one.title}</th>')[2].partition("</tr>")[0]
        assert re.findall(r"\d+", row) == ["0", "0", str(len(coverage(one, ()).requirements))]


class TestCauses:
    def test_a_resource_that_several_controls_fail_is_one_with_the_gravest_first(self) -> None:
        controls = [
            control(f"LOG-0{number}", Verdict.FAIL, severity=severity, resources=(failed("/aws/ecs/stray", GROUP, field),))
            for number, (severity, field) in enumerate([("low", "tags"), ("high", "retention_days"), ("medium", "kms_key")])
        ]
        (cause,) = view.causes(run(*controls), "en", view.WRONG)
        assert cause.severity == "high"
        assert cause.sentence == "/aws/ecs/stray: retention days is none; it must be at least 7."
        assert [one.id for one in cause.controls] == ["LOG-01", "LOG-02", "LOG-00"]
        assert len(cause.others) == 2
        assert cause.places == ["logs.tf:3"]

    def test_resources_with_the_same_finding_are_one(self) -> None:
        many = tuple(failed(f"group-{number}", replace(GROUP, name=f"group-{number}")) for number in range(1000))
        (cause,) = view.causes(run(control("LOG-03", Verdict.FAIL, resources=many)), "en", view.WRONG)
        assert len(cause.names) == 1000

    def test_an_error_that_several_controls_end_in_is_one(self) -> None:
        dead = "no answer from db:5432"
        found = view.causes(run(errs("PG-01", dead), errs("PG-02", dead), errs("PG-03", "another")), "en", view.UNVERIFIED)
        assert [[one.id for one in cause.controls] for cause in found] == [["PG-01", "PG-02"], ["PG-03"]]

    def test_two_resources_with_different_findings_are_two(self) -> None:
        two = control("A-01", Verdict.FAIL, resources=(failed("a", GROUP), failed("b", replace(GROUP, name="b"), "tags")))
        assert len(view.causes(run(two), "en", view.WRONG)) == 2

    def test_a_control_without_resources_is_a_cause(self) -> None:
        (cause,) = view.causes(run(control("A-01", Verdict.FAIL, "it is gone", resources=())), "en", view.WRONG)
        assert cause.sentence == "it is gone"


def whole() -> Run:
    """A run with something in every part of the page."""
    past = PastRun("1", datetime(2026, 11, 20, tzinfo=UTC), "", 0, 3, 3, {"FAIL": 0, "PASS": 3})
    return run(
        control("LOG-01", Verdict.FAIL, owner="devops", due=date(2026, 12, 5), resources=(failed("/aws/ecs/stray", GROUP),)),
        errs("PG-01", "no answer from db:5432"),
        control("N-01", Verdict.NOT_APPLICABLE, "judged on live AWS"),
        control(),
        id="2",
        selected=("LOG-01", "PG-01", "N-01", "SEC-RDS-01"),
        not_selected=("A", "B"),
        selection="-m security",
        waivers=(WAIVER,),
        history=(past,),
        since=Since("1", new=(Change("0" * 16, "LOG-01", "/aws/ecs/stray", "PASS", "FAIL"),)),
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_says_in_its_first_lines_what_matters(language: Language) -> None:
    text = shown(whole(), language)
    assert f'<html lang="{language}">' in text
    top = text[: text.index("<nav")]
    assert {"en": "The gate is closed.", "ko": "게이트가 닫혀 있습니다."}[language] in top
    assert {"en": "4 of 6 controls were selected (-m security)", "ko": "컨트롤 6개 가운데 4개만"}[language] in top
    for said in ("2026-12-05", "devops", "logs.tf:3", "CKV_AWS_144", "T-1", "no answer from db:5432"):
        assert said in text
    parts = ("wrong", "unverified", "accepted", "since", "everything", "frameworks", "audit", "notes")
    places = [text.index(f'<section id="{part}"') for part in parts]
    assert places == sorted(places)


def test_an_aborted_run_is_a_page_that_says_why() -> None:
    text = shown(run(aborted="plan.json: not JSON"))
    assert "The run was aborted, and the gate is closed: plan.json: not JSON" in text
    assert "is open" not in text
    assert "Nothing that was judged is wrong" not in text


def test_who_has_not_signed_and_what_is_declared_no_more_stand_above_everything() -> None:
    unsigned, gone = "The environment x was generated, and nobody has reviewed it", note(["database", "logs.cost"])
    text = shown(run(control("LOG-01"), unreviewed=unsigned, notes=("Another note.", gone)))
    above = text.partition("<nav")[0]
    assert unsigned in above
    assert gone in above
    assert "Another note." not in above


def test_the_page_loads_nothing_and_runs_its_own_script_alone() -> None:
    text = shown(whole())
    hashed = r"&#39;sha256-[A-Za-z0-9+/]{43}=&#39;"
    nothing = "&#39;none&#39;"
    assert re.search(f"default-src {nothing}; script-src {hashed}; style-src {hashed}; img-src data:; base-uri {nothing};", text)
    assert not re.search(r'\b(src|href)="(?!#)', text)
    assert not re.search(r"<[^>]* (style|on\w+)=", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_becomes_markup(language: Language) -> None:
    waiver = replace(WAIVER, reason=HOSTILE, resource=HOSTILE, owner=HOSTILE)
    strange = run(
        replace(hostile(), resources=(failed(HOSTILE, Subject(HOSTILE, HOSTILE, file=HOSTILE, line=1), HOSTILE, HOSTILE),)),
        environment=HOSTILE,
        notes=(HOSTILE,),
        caller=HOSTILE,
        waivers=(waiver,),
        aborted=HOSTILE,
        not_selected=(HOSTILE,),
        selection=HOSTILE,
        since=Since(HOSTILE, new=(Change("", HOSTILE, HOSTILE, "", HOSTILE),)),
    )
    text = shown(strange, language, head=HOSTILE, signer=HOSTILE)
    assert "<script>alert" not in text
    assert "<img" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert data
    assert json.loads(data[1])["c"]


def test_ten_thousand_resources_are_a_small_page() -> None:
    names = [f"/aws/ecs/service-{number:05}/errors" for number in range(10_000)]
    resources = tuple(Examined(name, Verdict.PASS, subject=replace(GROUP, name=name)) for name in names)
    text = shown(run(*(control(f"LOG-{number:02}", resources=resources) for number in range(5))))
    assert len(text.encode()) < 2_000_000


def test_the_seal_is_on_the_cover_sheet() -> None:
    text = shown(whole(), head="a" * 64, signer="signed by the key b7")
    assert "a" * 64 in text
    assert "signed by the key b7" in text
    assert page.MOST_READINGS > 0


def test_without_a_browser_a_pdf_is_refused_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(UsageError, match="printed by Chromium, and none is installed"):
        render("pdf", Finished(whole()))


def test_what_could_not_be_verified_names_its_resource() -> None:
    late = Examined("orders", Verdict.UNKNOWN, "main.arn is known only after apply", finding=Finding(Reason.NOT_YET_KNOWN))
    text = shown(run(control("A-01", Verdict.UNKNOWN, resources=(late,))))
    assert '<p class="names">orders</p>' in text
    assert "Write the value into the sources, or judge again after apply" in text


def test_everything_that_does_something_is_reached_by_the_keyboard() -> None:
    text = shown(whole())
    assert not re.search(r'tabindex="[1-9]', text), "the order of the page is that of the keyboard"
    assert not re.search(r"<(?:tr|td|th|div|span|p)\b[^>]*data-sort", text), "what is clicked is a button"
    assert 'class="skip" href="#main"' in text
