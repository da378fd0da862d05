r"""Text of which letters are encoded: ``p%61ssword``, ``&#112;assword``, ``\u0070assword``, ``\160assword`` are the same name.

In names, letters, digits, ``_``, ``-`` and ``.`` alone are decoded, each by itself; what parts a name from its value stays as it was
written. Where a known value is looked for, everything is decoded.
"""

import re
import unicodedata
from bisect import bisect_right
from html.entities import html5
from typing import NamedTuple

_ENCODED = re.compile(
    r"%(?:25){0,4}u(?P<percent_u>[0-9a-f]{4})"
    r"|%(?:25){0,4}(?P<byte>[2-7][0-9a-f])"
    r"|(?P<bytes>%(?:25){0,4}(?:[cd][0-9a-f]|e[0-9a-f]%(?:25){0,4}[89ab][0-9a-f])%(?:25){0,4}[89ab][0-9a-f])"
    r"|&(?:amp;){0,4}(?:#(?:0{0,6}(?P<decimal>[1-9]\d{1,4})(?!\d)|x0{0,6}(?P<hexadecimal>[1-9a-f][0-9a-f]{1,4})(?![0-9a-f]));?"
    r"|(?P<named>[a-z]{2,20};))"
    r"|\\{1,15}+(?:(?-i:U)0{3}(?P<long>[0-9a-f]{5})|u(?P<unicode>[0-9a-f]{4})|[ux]\{0{0,6}(?P<braced>[1-9a-f][0-9a-f]{1,4})\}"
    r"|x(?P<code>[2-7][0-9a-f])|o\{0{0,6}(?P<octal_braced>[1-7][0-7]{1,2})\}|(?-i:N)\{(?P<spoken>[a-z -]{1,60}+)\}"
    r"|(?P<octal>1[0-7]{2}|0[4-7][0-7])|(?:0{4}|0{2})?(?P<css>[2-7][0-9a-f])(?![0-9a-f])[ \t]?)",
    re.IGNORECASE,
)
_ESCAPED = re.compile(_ENCODED.pattern + r"|\\{1,15}+(?P<itself>[^\w\s\\])", re.IGNORECASE)
"""What is encoded, and what has a backslash before it for no need, as slashes in the JSON of PHP."""


class Spelled(NamedTuple):
    """A text in which every letter stands for itself, and where its parts were."""

    text: str
    parts: list[tuple[int, int]]
    """Where each part that was written like this begins in the text, and where it began."""

    def place(self, at: int) -> int:
        """Where a place of the text was in what was written."""
        begins, began = self.parts[bisect_right(self.parts, at, key=lambda part: part[0]) - 1]
        return began + at - begins


def spelled(text: str) -> Spelled | None:
    r"""The text with its encoded letters decoded; None for one that has none.

    >>> [one.text if (one := spelled(text)) else None for text in ("p%61ss=x", "&#112;ass", r"\u0070ass", "p%253Dx", "pass=1%")]
    ['pass=x', 'pass', 'pass', None, None]
    >>> [one.text for text in (r"\U00000070ass", r"\160ass", r"\70 ass", "%u0070ass", "&#x70ss") if (one := spelled(text))]
    ['pass', 'pass', 'pass', 'pass', 'pss']
    """
    return _decoded(text, _ENCODED)


def with_everything_decoded(text: str) -> Spelled | None:
    r"""The text with all that is encoded in it decoded, and without backslashes that need not be; None for one that has none.

    >>> [one.text for text in (r"a\/b", "a&sol;b%3d", r"\x24x&#47") if (one := with_everything_decoded(text))]
    ['a/b', 'a/b=', '$x/']
    """
    return _decoded(text, _ESCAPED)


def _decoded(text: str, encoded: re.Pattern[str]) -> Spelled | None:
    if not ("%" in text or "&" in text or "\\" in text):
        return None
    pieces, parts, length, begin = [""], [(0, 0)], 0, 0
    for match in encoded.finditer(text):
        letter = _letter(match)
        if len(letter) != 1 or (encoded is _ENCODED and not (letter.isalnum() or letter in ("_", "-", "."))):
            continue
        pieces += [text[begin : match.start()], letter]
        length += match.start() - begin + 1
        begin = match.end()
        parts += [(length - 1, match.start()), (length, begin)]
    return Spelled("".join([*pieces, text[begin:]]), parts) if len(parts) > 1 else None


_OCTAL = frozenset({"octal", "octal_braced"})


def _letter(match: re.Match[str]) -> str:
    """The letter that something stands for; empty for what nothing is known of."""
    kind = match.lastgroup or ""
    written = match[kind]
    if kind == "bytes":
        return bytes.fromhex("".join(code[-2:] for code in written.split("%")[1:])).decode(errors="replace")
    if kind == "named":
        return html5.get(written, "")
    if kind == "spoken":
        try:
            return unicodedata.lookup(written)
        except KeyError:
            return ""
    if kind == "itself":
        return written
    return chr(int(written, 10 if kind == "decimal" else 8 if kind in _OCTAL else 16))
