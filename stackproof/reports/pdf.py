"""A run as PDF: its page, printed by the Chromium of this machine."""

import shutil
import subprocess

from stackproof.core.verdicts import CouldNotVerify, UsageError
from stackproof.reports import page
from stackproof.reports.formats import Finished
from stackproof.util.temporary import temporary

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_TIMEOUT = 120.0  # seconds; a page takes 2


def render(finished: Finished) -> bytes:
    """The page on paper. Raises `UsageError` where no browser is installed, `CouldNotVerify` where it prints nothing."""
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        raise UsageError(
            "--format pdf is printed by Chromium, and none is installed: install it, or print the page of --format html"
        )
    with temporary("pdf") as folder:
        source, made = folder / "report.html", folder / "report.pdf"
        source.write_bytes(page.render(finished).encode("utf-8", "backslashreplace"))
        quiet = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
        command = [browser, *quiet, f"--user-data-dir={folder / 'user'}", "--no-pdf-header-footer", f"--print-to-pdf={made}"]
        try:
            subprocess.run([*command, source.as_uri()], capture_output=True, timeout=_TIMEOUT, check=False)
        except subprocess.TimeoutExpired:
            raise CouldNotVerify(f"{browser} did not print the page within {_TIMEOUT:g} s") from None
        if not made.is_file():
            raise CouldNotVerify(f"{browser} printed nothing")
        return made.read_bytes()
