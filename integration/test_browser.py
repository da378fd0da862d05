"""The report in a browser: no violation of accessibility rules, no refused script, all by keyboard, quick to open, and few pages of paper.

Needs Chromium, and axe-core for its rules: ``npm ci --prefix requirements/npm`` (or its file in STACKPROOF_AXE).
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from chromium import CHROMIUM, Browser, Page
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
AXE = Path(os.environ.get("STACKPROOF_AXE", ROOT / "requirements/npm/node_modules/axe-core/axe.min.js"))

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="neither Chromium nor Chrome is installed (apt-get install chromium)")
rules = pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed (npm ci --prefix requirements/npm)")

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("user")) as started:
        yield started


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens a page with a text."""
    there: list[Page] = []

    def made(text: str, **screen: Any) -> Page:
        file = tmp_path / f"{len(there)}.html"
        file.write_text(text, encoding="utf-8")
        there.append(browser.open(file.as_uri(), **screen))
        return there[-1]

    yield made
    for page in there:
        page.close()


OPEN_ALL = (
    "document.querySelector('button.open')?.click(); for (const one of document.querySelectorAll('details')) one.open = true;"
)
SCREENS: Mapping[str, Mapping[str, Any]] = {"": {}, "dark": {"dark": True}, "phone": {"width": 420}}


def violations(page: Page) -> Any:
    """What axe-core finds in a page with all of it open."""
    page.value(AXE.read_text(encoding="utf-8"))
    page.value(OPEN_ALL)
    return page.value("axe.run(document).then((found) => found.violations.map((one) => [one.id, one.nodes[0].html]))")


@rules
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("screen", SCREENS)
def test_axe_finds_no_violation(language: Language, screen: str, opened: Open) -> None:
    assert violations(opened(shown(whole(), language), **SCREENS[screen])) == []


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


@rules
@pytest.mark.parametrize(("language", "screen"), [("en", ""), ("ko", "dark")])
def test_axe_finds_no_violation_in_the_pages_of_an_organisation(language: Language, screen: str, opened: Open) -> None:
    for page in organisation_pages(language):
        assert violations(opened(page, **SCREENS[screen])) == []


def test_the_policy_refuses_nothing_of_ours_and_everything_else(opened: Open) -> None:
    assert opened(shown(whole())).value("refused") == []
    injected = '<main id="main"><img src="x" onerror="document.title=1"><script>document.title=2</script>'
    page = opened(shown(whole()).replace('<main id="main">', injected, 1))
    page.wait_for("refused.length > 2")
    assert {*page.value("refused")} == {"img-src", "script-src-attr", "script-src-elem"}
    assert page.value("document.title").startswith("Conditions of")


def test_of_ten_thousand_resources_few_are_drawn_before_somebody_asks(opened: Open) -> None:
    names = [f"/aws/ecs/service-{number:05}/errors" for number in range(10_000)]
    wrong = tuple(failed(name, replace(GROUP, name=name)) for name in names)
    right = tuple(Examined(name, Verdict.PASS) for name in names)
    text = shown(
        run(control("LOG-01", Verdict.FAIL, resources=wrong), *(control(f"LOG-1{n}", resources=right) for n in range(6)))
    )
    assert len(text.encode()) < 5_000_000
    page = opened(text)
    page.value("document.querySelector('button.open').click()")
    assert page.value("document.querySelectorAll('*').length") < 10_000


def test_paper_is_few_pages(opened: Open) -> None:
    many = [control(f"SEC-X{number // 10}-{number:02}") for number in range(100)]
    paper = opened(shown(replace(whole(), controls=(*whole().controls, *many)))).paper()
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) <= 10


# By keyboard alone

CONTROLS = """[...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]')]
    .filter((one) => one.checkVisibility() || one.className === 'skip')"""
"""Everything that somebody can do something with."""
FOCUS = "document.activeElement"
LOOK = f"""(() => {{ const one = {FOCUS}, style = getComputedStyle(one), box = one.getBoundingClientRect();
    return [{CONTROLS}.indexOf(one), style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
            box.width > 1 && box.bottom > 0 && box.top < innerHeight]; }})()"""
"""Which of them has the focus, whether that is seen, and whether the place is."""


def on(page: Page, selector: str) -> Page:
    """The page, with the focus on the first that is meant."""
    page.value(f"document.querySelector({selector!r}).focus()")
    return page


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_is_reached_by_tab_in_its_order_and_seen_and_nothing_holds_the_focus(language: Language, opened: Open) -> None:
    page = opened(shown(whole(), language))
    page.value(OPEN_ALL)
    number = page.value(f"{CONTROLS}.length")
    assert number > 40
    for shift, order in ((False, range(number)), (True, range(number - 2, -1, -1))):
        for place in order:
            page.press("Tab", shift=shift)
            assert page.value(LOOK) == [place, True, True], page.value(f"{FOCUS}.outerHTML.slice(0, 300)")
        if not shift:
            page.press("Tab")
            assert page.value(f"{CONTROLS}.indexOf({FOCUS})") <= 0, "behind the last one is the browser, or the first"
            on(page, "body")
            page.value(f"{CONTROLS}.at(-1).focus()")


def test_the_skip_link_leads_to_the_contents(opened: Open) -> None:
    page = opened(shown(whole()))
    page.press("Tab")
    page.press("Enter")
    page.press("Tab")
    assert page.value(f"document.getElementById('main').contains({FOCUS})")


def test_details_open_and_close_by_enter_and_space_and_say_so(opened: Open) -> None:
    page = on(opened(shown(whole())), "button.open")
    states = []
    for key in ("", "Enter", "Space", "Space", "Enter"):
        if key:
            page.press(key)
        states.append(page.value(f"[{FOCUS}.getAttribute('aria-expanded'), !!document.querySelector('tr.detail')]"))
    assert states == [["false", False], ["true", True], ["false", False], ["true", True], ["false", False]]
    page.press("Enter")
    text = page.value(f"document.getElementById({FOCUS}.getAttribute('aria-controls')).textContent")
    assert "retention days is none; it must be at least 7" in text
    on(page, "summary").press("Enter")
    assert page.value(f"{FOCUS}.parentNode.open")
    page.press("Space")
    assert not page.value(f"{FOCUS}.parentNode.open")


def test_a_column_sorts_by_enter_and_space_and_says_so(opened: Open) -> None:
    page = on(opened(shown(whole())), "#all thead th:nth-child(4) button")
    found = []
    for key in ("Enter", "Space"):
        page.press(key)
        found.append(page.value(f"[{FOCUS}.closest('th').ariaSort, document.querySelector('tr.control').dataset.v]"))
    assert found == [["ascending", "FAIL"], ["descending", "PASS"]]
    assert page.value("document.querySelectorAll('#all [aria-sort]:not([aria-sort=none])').length") == 1


def test_rows_are_filtered_grouped_and_searched_and_it_is_told_how_many_are_left(opened: Open) -> None:
    page = on(opened(shown(whole())), "input[value=FAIL]")
    every = page.value("shown.textContent")
    page.press("Space")
    page.wait_for(f"shown.textContent !== {every!r}")
    assert page.value("document.querySelector('tr.control[data-v=FAIL]')") is None
    page.press("Space")
    page.wait_for(f"shown.textContent === {every!r}")
    on(page, "select").press("ArrowDown")
    page.wait_for("document.querySelector('tr.group')")
    assert page.value(f"{FOCUS}.value") == "severity"
    on(page, "input[type=search]").write("no such control")
    page.wait_for("shown.textContent === '0'")
    page.press("Escape")
    page.wait_for(f"shown.textContent === {every!r}")
    assert page.value("shown.parentNode.getAttribute('aria-live')") == "polite"


def test_the_link_of_a_cause_leads_to_its_control_and_opens_it(opened: Open) -> None:
    page = on(opened(shown(whole())), "#wrong a[href^='#c-']")
    page.press("Enter")
    page.wait_for("document.querySelector('tr.detail')")
    assert page.value(f"[{FOCUS}.className, {FOCUS}.ariaExpanded]") == ["open", "true"]


def test_what_is_wider_than_a_phone_moves_by_an_arrow(opened: Open) -> None:
    page = on(opened(shown(whole()), width=320), "#everything .scroll")
    assert page.value(f"{FOCUS}.scrollWidth > {FOCUS}.clientWidth && document.documentElement.scrollWidth <= innerWidth")
    page.press("ArrowRight")
    page.wait_for(f"{FOCUS}.scrollLeft > 0")


NAMED = {
    "button", "checkbox", "combobox", "columnheader", "DisclosureTriangle", "figure", "form", "heading", "image", "link", "navigation",
    "option", "region", "search", "searchbox", "textbox",
}  # fmt: skip
"""Roles that a screen reader tells by their name."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_screen_reader_is_told_the_name_of_everything_and_the_language(language: Language, opened: Open) -> None:
    page = opened(shown(whole(), language))
    page.value(OPEN_ALL)
    told = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in page.tree()]
    assert {role for role, _ in told} >= {
        "button",
        "checkbox",
        "combobox",
        "heading",
        "link",
        "main",
        "navigation",
        "search",
        "table",
    }
    assert [role for role, name in told if role in NAMED and not name.strip()] == []
    assert page.value("document.documentElement.lang") == language
