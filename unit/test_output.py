"""What is printed shows no secret, however it is printed; progress shows all the same."""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from stackproof.evidence import output
from stackproof.redaction.redaction import register

SECRET = "hunter2-hunter2"
KEY = ("-----BEGIN PRIVATE KEY-----", "MC4CAQAwBQYDK2VwBCIEIO", "-----END PRIVATE KEY-----")


@contextmanager
def printing() -> Iterator[io.StringIO]:
    """What gets through of what the block prints. (A fixture could not: pytest takes its own stream back between the two.)"""
    register(SECRET)
    with pytest.MonkeyPatch.context() as patch:
        shown = io.StringIO()
        patch.setattr(sys, "stdout", shown)
        with output.redacted():
            yield shown
        assert sys.stdout is shown


def test_a_line_is_shown_when_it_is_complete() -> None:
    with printing() as shown:
        print("it is", end=" ")
        assert shown.getvalue() == ""
        print(SECRET)
        assert shown.getvalue() == "it is (redacted)\n"


def test_progress_is_shown_at_once() -> None:
    with printing() as shown:
        for seen in ("a.py .", "a.py ..", "a.py ..F"):
            print(seen[-1] if shown.getvalue() else seen, end="", flush=True)
            assert shown.getvalue() == seen
        print(" [100%]")
        assert shown.getvalue() == "a.py ..F [100%]\n"


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        (f"it is {SECRET}.", "it is hun(redacted)."),
        (f"DB_PASSWORD={SECRET[:6]} is set", "DB_PASSWORD=(redacted) is set"),
        (f"postgresql://user:{SECRET[:6]}@db", "postgresql://user:(redacted)@db"),
        ("the token ghp_0123456789abcdef", "the token gh(redacted)"),
    ],
)
def test_a_secret_that_is_printed_piece_by_piece_is_not_shown(text: str, safe: str) -> None:
    with printing() as shown:
        for character in text:
            print(character, end="", flush=True)
            assert safe.startswith(shown.getvalue())
        print()
        assert shown.getvalue() == f"{safe}\n"


def test_a_key_that_is_printed_line_by_line_is_not_shown() -> None:
    with printing() as shown:
        print("before")
        for line in (*KEY, "after"):
            print(line)
        assert shown.getvalue() == "before\n(redacted)\nafter\n"


@pytest.mark.parametrize(
    ("text", "safe"),
    [("\n".join(KEY), "(redacted)"), ("\n".join(KEY[:2]), "(redacted)"), (f"the end {SECRET}", "the end (redacted)")],
)
def test_what_ends_without_a_line_end_is_shown_at_the_end(text: str, safe: str) -> None:
    with printing() as shown:
        print(text, end="", flush=True)
    assert shown.getvalue() == safe


def test_bytes_pass_through_the_same_net() -> None:
    with printing() as shown:
        sys.stdout.buffer.write(f"it is 비밀 {SECRET}\n".encode())
        assert shown.getvalue() == "it is 비밀 (redacted)\n"


def test_standard_error_is_safe_too(capsys: pytest.CaptureFixture[str]) -> None:
    register(SECRET)
    with output.redacted():
        print(SECRET, file=sys.stderr)
    assert capsys.readouterr().err == "(redacted)\n"


def test_it_is_the_terminal_that_it_stands_for(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

        def fileno(self) -> int:
            return 7

    monkeypatch.setattr(sys, "stdout", Terminal())
    with output.redacted():
        assert (sys.stdout.isatty(), sys.stdout.fileno(), sys.stdout.encoding) == (True, 7, "utf-8")
