"""Words and numbers for people."""

import re
import unicodedata
from collections.abc import Sequence, Set

LONGEST_JSON = 160
"""Characters of a JSON value in a sentence that are shown whole."""

_OPENS = re.compile(r'[{\[](?=["{\[\]}])')
_STEP = re.compile(r'"(?>(?:[^"\\]++|\\.)*)(?:"|\\?\Z)|[{}\[\]]', re.DOTALL)


def visible(text: str) -> str:
    r"""`text` with each invisible character replaced, so that a value read from a cloud can neither steer a terminal nor
    reorder a line; newlines stay and tabs become spaces.

    >>> visible("ok\x1b[2J\u202e\n\tend")
    'ok�[2J�\n    end'
    """
    text = text.replace("\r\n", "\n").replace("\t", "    ")
    if text.isprintable() or text.replace("\n", "").isprintable():
        return text
    return "".join(
        "\ufffd" if character != "\n" and unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") else character
        for character in text
    )


def duration(seconds: float) -> str:
    """Seconds for people.

    >>> duration(0.0042), duration(3.14), duration(83.4)
    ('4 ms', '3.1 s', '1 min 23 s')
    """
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60} s"


def counted(number: int, noun: str) -> str:
    """
    >>> counted(1, "AWS call"), counted(1200, "AWS call")
    ('1 AWS call', '1,200 AWS calls')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def shortened(items: Sequence[str], limit: int) -> str:
    """
    >>> shortened(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    rest = len(items) - limit
    return ", ".join(items[:limit]) + (f" and {rest:,} more" if rest > 0 else "")


def abridged(text: str, most: int = LONGEST_JSON) -> str:
    """A text whose long JSON values (the arguments of a call) are cut to their beginning; what stands around them stays whole.

    >>> abridged('GetMetricData {"Queries":[{"Id":"a"},{"Id":"b"}]}: AccessDenied', most=16)
    'GetMetricData {"Queries":[{"Id… (0.0 kB)}: AccessDenied'
    >>> abridged('GetMetricData {"Queries":[]}: AccessDenied'), abridged('{"never ends: AccessDenied', most=4)
    ('GetMetricData {"Queries":[]}: AccessDenied', '{"never ends: AccessDenied')
    """
    pieces, at = [], 0
    while (found := _OPENS.search(text, at)) and (end := _end_of_json(text, found.start())):
        begin = found.start()
        is_long = end - begin > most
        shown = f"{text[begin : begin + most]}… ({(end - begin) / 1000:.1f} kB){text[end - 1]}" if is_long else text[begin:end]
        pieces += [text[at:begin], shown]
        at = end
    return "".join([*pieces, text[at:]])


def _end_of_json(text: str, begin: int) -> int:
    """Where the bracket at ``begin`` is closed; 0 where it is not."""
    depth = 0
    for step in _STEP.finditer(text, begin):
        if step[0][0] != '"':
            depth += 1 if step[0] in "{[" else -1
            if depth == 0:
                return step.end()
    return 0


def difference(left: Set[object], right: Set[object]) -> list[str]:
    """The lines that say how two sets differ that should be equal, in pytest's words, but in the same order in every run.

    >>> difference({"b", "a"}, frozenset())
    ["{'a', 'b'} == {}", '', 'Extra items in the left set:', "'a'", "'b'"]
    """

    def shown(items: Set[object]) -> list[str]:
        return sorted(map(repr, items))

    lines = [f"{{{', '.join(shown(left))}}} == {{{', '.join(shown(right))}}}", ""]
    for side, extra in (("left", left - right), ("right", right - left)):
        lines += [f"Extra items in the {side} set:", *shown(extra)] if extra else []
    return lines
