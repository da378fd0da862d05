"""The content security policy of report.html: the page runs pytest-html's script and loads nothing, whatever text it shows."""

import base64
import hashlib
from html.parser import HTMLParser
from pathlib import Path

import pytest_html

_CHARSET = '<meta charset="utf-8"/>'
_RELOAD = ' onclick="location.reload()"'
"""Of a page that is written while tests run, which this one is not. A policy with hashes allows no handler inside the markup."""


def add(page: Path) -> None:
    """Put the policy into a page that pytest-html has written. Raises `ValueError` for a page of another making."""
    text = page.read_bytes().decode("utf-8")
    page.write_bytes(with_policy(text).encode("utf-8"))


def with_policy(page: str) -> str:
    """The page with a policy at its head: its style sheet and pytest-html's own script are allowed, by their hashes, and nothing else.

    Raises `ValueError` where the page does not hold them.
    """
    ours = _script()
    read = _Inline()
    read.feed(page)
    scripts = [text for tag, text in read.found if tag == "script" and text.strip() == ours]
    styles = [text for tag, text in read.found if tag == "style"]
    if not scripts or not styles or _CHARSET not in page:
        raise ValueError("this is no page of the pytest-html that is installed")
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_hash(scripts[0])}'",
            f"style-src '{_hash(styles[0])}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}"/>'
    return page.replace(_CHARSET, f"{_CHARSET}\n    {meta}", 1).replace(_RELOAD, "", 1)


class _Inline(HTMLParser):
    """Collects the text of each script and style sheet, in the order of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._inside = tag if tag in ("script", "style") else ""
        if self._inside:
            self.found.append((tag, ""))

    def handle_endtag(self, tag: str) -> None:
        del tag
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            tag, text = self.found[-1]
            self.found[-1] = (tag, text + data)


def _script() -> str:
    file = Path(pytest_html.__file__).with_name("resources") / "app.js"
    return file.read_text(encoding="utf-8").strip()


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
