"""The report in a browser: no violation of accessibility rules, no refused script, quick to open, and few pages of paper.

Needs Chromium, and axe-core for its rules: ``npm ci --prefix requirements/npm`` (or its file in STACKPROOF_AXE).
"""

import html
import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from test_page import GROUP, failed, shown, whole
from test_reports import control, run

from stackproof.core.messages import LANGUAGES, Language
from stackproof.core.results import Examined
from stackproof.core.verdicts import Verdict
from stackproof.organisation import pages
from stackproof.organisation.accounts import Account, Limits
from stackproof.organisation.plan import LeftOut, Plan, Task
from stackproof.organisation.results import Result
from stackproof.organisation.summary import Summary

ROOT = Path(__file__).parents[1]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
AXE = Path(os.environ.get("STACKPROOF_AXE", ROOT / "requirements/npm/node_modules/axe-core/axe.min.js"))
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--enable-logging=stderr",
)
WAIT = "--virtual-time-budget=20000"

browser = pytest.mark.skipif(not CHROMIUM, reason="neither Chromium nor Chrome is installed (apt-get install chromium)")
rules = pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed (npm ci --prefix requirements/npm)")


def opened(text: str, tmp_path: Path, *flags: str) -> "subprocess.CompletedProcess[str]":
    """What Chromium makes of a page."""
    (tmp_path / "report.html").write_text(text, encoding="utf-8")
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={tmp_path / 'user'}", *flags, f"file://{tmp_path}/report.html"]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)


def with_script(text: str, script: str) -> str:
    """The page with a script of ours, which its own policy would refuse."""
    return re.sub(r"<meta http-equiv[^>]*>", "", text).replace("</body>", f"<script>{script}</script></body>")


def said(ended: "subprocess.CompletedProcess[str]") -> Any:
    found = re.search(r'<pre id="said">(.*?)</pre>', ended.stdout, re.DOTALL)
    assert found, ended.stderr
    return json.loads(html.unescape(found[1]))


TELL = "const p=document.createElement('pre');p.id='said';p.textContent=JSON.stringify(said);document.body.append(p)"
OPEN_ALL = "document.querySelector('button.open')?.click();for(const one of document.querySelectorAll('details'))one.open=true;"


def violations(page: str, tmp_path: Path, *flags: str) -> Any:
    """What axe-core finds in a page with all of it open."""
    judge = "const r=await axe.run(document);const said=r.violations.map(v=>[v.id,v.nodes[0].html]);"
    script = f"addEventListener('load',async()=>{{{OPEN_ALL}{judge}{TELL}}})"
    axe = AXE.read_text(encoding="utf-8").replace("</script", "<\\/script")
    return said(opened(with_script(page, f"{axe};{script}"), tmp_path, WAIT, "--dump-dom", *flags))


@browser
@rules
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "flags", [(), ("--blink-settings=preferredColorScheme=0",), ("--window-size=420,900",)], ids=["", "dark", "phone"]
)
def test_axe_finds_no_violation(language: Language, flags: tuple[str, ...], tmp_path: Path) -> None:
    assert violations(shown(whole(), language), tmp_path, *flags) == []


def organisation_pages(language: Language) -> tuple[str, str]:
    """The overview of an organisation with an account and region of which nothing is known, and the page of one that was judged."""
    account = Account(
        id="123456789012", name="orders", owner="platform", regions=("ap-northeast-2",), profile="", role="r", external_id=None
    )
    when = datetime(2026, 11, 28, tzinfo=UTC)
    left = (LeftOut("210987654321", "sandbox", "it is suspended"),)
    plan = Plan("2", "Example", "", (account,), left, {}, "", "", "", ("LOG-01",), (), Limits(), when, "0.1.0", "")
    judged = Result(Task(account.id, "ap-northeast-2"), account, whole())
    found = Summary(plan)
    for one in (judged, Result(Task(account.id, "global"), account, None, "access denied")):
        found.add(one)
    return pages.overview(found, language), pages.of_task(judged, language)


@browser
@rules
@pytest.mark.parametrize(("language", "flags"), [("en", ()), ("ko", ("--blink-settings=preferredColorScheme=0",))])
def test_axe_finds_no_violation_in_the_pages_of_an_organisation(
    language: Language, flags: tuple[str, ...], tmp_path: Path
) -> None:
    for page in organisation_pages(language):
        assert violations(page, tmp_path, *flags) == []


@browser
def test_the_policy_refuses_nothing_of_ours_and_everything_else(tmp_path: Path) -> None:
    ended = opened(shown(whole()), tmp_path, WAIT, "--dump-dom")
    assert "Content Security Policy" not in ended.stderr
    injected = shown(whole()).replace(
        '<main id="main">', '<main id="main"><img src="x" onerror="document.title=1"><script>document.title=2</script>', 1
    )
    refused = opened(injected, tmp_path, WAIT, "--dump-dom")
    assert "Content Security Policy" in refused.stderr
    assert "<title>Conditions of" in refused.stdout


@browser
def test_details_are_drawn_when_somebody_asks(tmp_path: Path) -> None:
    look = "const b=document.querySelector('button.open');const said=[b.getAttribute('aria-expanded')];b.click();"
    look += "said.push(b.getAttribute('aria-expanded'),document.getElementById(b.getAttribute('aria-controls')).textContent);"
    before, after, text = said(
        opened(with_script(shown(whole()), f"addEventListener('load',()=>{{{look}{TELL}}})"), tmp_path, WAIT, "--dump-dom")
    )
    assert (before, after) == ("false", "true")
    assert "retention days is none; it must be at least 7" in text


@browser
def test_a_column_sorts_and_says_so(tmp_path: Path) -> None:
    look = "const h=document.querySelectorAll('#all thead th')[3];const said=[];for(const _ of [1,2]){h.firstChild.click();"
    look += "said.push([h.getAttribute('aria-sort'),document.querySelector('tr.control').dataset.v])}"
    page = with_script(shown(whole()), f"addEventListener('load',()=>{{{look}{TELL}}})")
    assert said(opened(page, tmp_path, WAIT, "--dump-dom")) == [["ascending", "FAIL"], ["descending", "PASS"]]


@browser
def test_of_ten_thousand_resources_few_are_drawn_before_somebody_asks(tmp_path: Path) -> None:
    names = [f"/aws/ecs/service-{number:05}/errors" for number in range(10_000)]
    wrong = tuple(failed(name, replace(GROUP, name=name)) for name in names)
    right = tuple(Examined(name, Verdict.PASS) for name in names)
    text = shown(
        run(control("LOG-01", Verdict.FAIL, resources=wrong), *(control(f"LOG-1{n}", resources=right) for n in range(6)))
    )
    assert len(text.encode()) < 5_000_000
    count = "document.querySelector('button.open').click();const said=document.querySelectorAll('*').length;"
    drawn = said(opened(with_script(text, f"addEventListener('load',()=>{{{count}{TELL}}})"), tmp_path, WAIT, "--dump-dom"))
    assert drawn < 10_000


@browser
def test_paper_is_few_pages(tmp_path: Path) -> None:
    many = [control(f"SEC-X{number // 10}-{number:02}") for number in range(100)]
    opened(
        shown(replace(whole(), controls=(*whole().controls, *many))),
        tmp_path,
        "--no-pdf-header-footer",
        f"--print-to-pdf={tmp_path / 'report.pdf'}",
    )
    assert len(re.findall(rb"/Type\s*/Page\b", (tmp_path / "report.pdf").read_bytes())) <= 10
