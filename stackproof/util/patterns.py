"""Regular expressions that others write, in profiles and in metric filters: none of them hangs a run.

Each search has a second of time. One that would need longer for a text of a few thousand letters is refused where it is read.
"""

import functools
import re
from itertools import pairwise
from typing import Any

SECONDS = 1.0
"""The longest that a search takes."""
_TRIED = 2_000
"""Letters of the texts that a new expression is tried on."""


class TookTooLong(Exception):
    """A regular expression did not come to an end in its time; the message names it, and what to write instead."""


class Expression:
    """A regular expression whose searches end. Raises `ValueError` for what is none, and for one that is known not to end.

    >>> Expression("[a-z]+-alb").fits("production-alb"), Expression("b+").is_in("abba"), Expression("b+").fits("abba")
    (True, True, False)
    """

    def __init__(self, written: str, *, ascii_only: bool = False) -> None:
        self.written = written
        self._compiled = _compiled(written, ascii_only)

    def is_in(self, text: str) -> bool:
        """True if the expression matches a part of the text. Raises `TookTooLong`."""
        return self._asked("search", text)

    def fits(self, text: str) -> bool:
        """True if the expression matches the whole text. Raises `TookTooLong`."""
        return self._asked("fullmatch", text)

    def _asked(self, how: str, text: str) -> bool:
        try:
            return bool(getattr(self._compiled, how)(text, timeout=SECONDS))
        except TimeoutError:
            raise TookTooLong(
                f"the regular expression {self.written!r} did not end within {SECONDS:g} s on a text of {len(text)} letters; "
                "write repetitions that cannot match the same letters twice"
            ) from None


def fits(written: str, text: str) -> bool:
    """True if a regular expression matches a whole text. Raises `TookTooLong` where it does not come to an end.

    >>> fits(r"[a-z0-9.-]+:5432", "db.example.com:5432")
    True
    """
    return Expression(written).fits(text)


@functools.lru_cache(maxsize=1024)
def _compiled(written: str, ascii_only: bool) -> Any:
    import regex

    try:
        re.compile(written)  # the language is that of `re`; `regex` has more
        compiled = regex.compile(written, regex.ASCII if ascii_only else 0)
    except (re.error, regex.error, RecursionError, OverflowError) as error:
        raise ValueError(f"is not a regular expression: {error}") from None
    for letters in _attacks(written):
        text = (letters * (_TRIED // len(letters) + 1))[:_TRIED] + "\x00"
        try:
            compiled.fullmatch(text, timeout=SECONDS)
        except TimeoutError:
            raise ValueError(
                "takes too long on some texts: write repetitions that cannot match the same letters twice, `(a|aa)+` as `a+`"
            ) from None
    return compiled


def _attacks(written: str) -> list[str]:
    """Letters whose repetition an expression may go over again and again: its own, one of each class, and two at a time."""
    own = [letter for letter in dict.fromkeys(written) if letter.isalnum() or letter in " .-_/:@,;=#"][:12]
    single = dict.fromkeys([*own, "a", "1", " ", "-", "A"])
    return [*single, *(f"{first}{second}" for first, second in pairwise(own)), "a1", "a.", "a-"]
