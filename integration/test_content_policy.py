"""The report runs pytest-html's script alone, in a browser as by its words."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from evidence_runs import PLAN, copied, run

from stackproof.reports.content_policy import with_policy

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
FLAGS = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update"
INJECTED = '<img src="x" onerror="document.title=1"><script>document.title = "2"</script><p style="color: red">'


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The report of a run."""
    folder = copied(tmp_path_factory.mktemp("page"))
    ended = run(folder, "-k", "SEC-RDS", f"--plan={PLAN}", "--html=report.html")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return (folder / "report.html").read_text(encoding="utf-8")


def policy(page: str) -> str:
    return re.search(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)"/>', page)[1]  # type: ignore[index]


def test_the_report_allows_its_own_script_and_style_and_loads_nothing(page: str) -> None:
    hashed = r"'sha256-[A-Za-z0-9+/]{43}='"
    assert re.fullmatch(
        f"default-src 'none'; script-src {hashed}; style-src {hashed}; img-src data:; base-uri 'none'; form-action 'none'",
        policy(page),
    )
    assert "onclick=" not in page
    assert " style=" not in page


def test_a_script_in_the_page_that_is_not_pytest_htmls_is_not_allowed(page: str) -> None:
    plain = re.sub(r"\s*<meta http-equiv[^>]*>", "", page)
    for place in ("<body>", "<footer>", '<div class="run">'):
        assert policy(with_policy(plain.replace(place, place + INJECTED, 1))) == policy(page)


@pytest.mark.parametrize("text", ["", "<script>1</script>", '<meta charset="utf-8"/><style></style><script>1</script>'])
def test_a_page_of_another_making_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no page of the pytest-html"):
        with_policy(text)


@pytest.mark.skipif(not CHROMIUM, reason="neither Chromium nor Chrome is installed")
@pytest.mark.parametrize(("injected", "violations"), [("", False), (INJECTED, True)])
def test_a_browser_shows_the_table_and_refuses_what_was_put_in(
    page: str, injected: str, violations: bool, tmp_path: Path
) -> None:
    (tmp_path / "report.html").write_text(page.replace("<body>", f"<body>{injected}", 1), encoding="utf-8")
    command = [str(CHROMIUM), *FLAGS.split(), "--disable-sync", f"--user-data-dir={tmp_path / 'user'}", "--enable-logging=stderr"]
    ended = subprocess.run(
        [*command, "--virtual-time-budget=5000", "--dump-dom", f"file://{tmp_path}/report.html?visible=passed"],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert 'id="SEC-RDS-01"' in ended.stdout  # the row, which the script draws
    assert ("Content Security Policy" in ended.stderr) == violations
    assert '<title id="head-title">Conditions of' in ended.stdout
