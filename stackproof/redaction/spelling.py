r"""Names of which letters are encoded: ``p%61ssword``, ``&#112;assword``, ``\u0070assword`` are the same name.

Letters, digits, ``_``, ``-`` and ``.`` alone are decoded, each by itself; what parts a name from its value stays as it was written.
"""

import re
from bisect import bisect_right
from typing import NamedTuple

_ENCODED = re.compile(
    r"%(?:25){0,4}(?P<byte>[2-7][0-9a-f])"
    r"|(?P<bytes>%(?:25){0,4}(?:[cd][0-9a-f]|e[0-9a-f]%(?:25){0,4}[89ab][0-9a-f])%(?:25){0,4}[89ab][0-9a-f])"
    r"|&(?:amp;){0,4}#(?:0{0,6}(?P<decimal>[1-9]\d{1,4})(?!\d);?|x0{0,6}(?P<hexadecimal>[1-9a-f][0-9a-f]{1,4});)"
    r"|\\{1,15}(?:u(?P<unicode>[0-9a-f]{4})|u\{0{0,6}(?P<braced>[1-9a-f][0-9a-f]{1,4})\}|x(?P<code>[2-7][0-9a-f]))",
    re.IGNORECASE,
)


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
    """
    if not ("%" in text or "&" in text or "\\" in text):
        return None
    pieces, parts, length, begin = [""], [(0, 0)], 0, 0
    for match in _ENCODED.finditer(text):
        letter = _letter(match)
        if not (letter.isalnum() or letter in ("_", "-", ".")):
            continue
        pieces += [text[begin : match.start()], letter]
        length += match.start() - begin + 1
        begin = match.end()
        parts += [(length - 1, match.start()), (length, begin)]
    return Spelled("".join([*pieces, text[begin:]]), parts) if len(parts) > 1 else None


def _letter(match: re.Match[str]) -> str:
    if match["bytes"]:
        return bytes.fromhex("".join(code[-2:] for code in match["bytes"].split("%")[1:])).decode(errors="replace")
    if match["decimal"]:
        return chr(int(match["decimal"]))
    digits: str = match["byte"] or match["hexadecimal"] or match["unicode"] or match["braced"] or match["code"]
    return chr(int(digits, 16))
