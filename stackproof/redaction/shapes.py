"""Secrets that tell themselves, whatever they are called: by what they begin with, by their frame, by their place in a URL.

Every search is linear: a form of ``secret_kinds.toml`` is bounded and has edges, and a text without what it begins with is not
searched for it; frames and URLs are searched once, from left to right.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

from stackproof.redaction.values import is_jumbled, says_nothing
from stackproof.util import toml_document

URL, PRIVATE_KEY, AWS_SECRET = "password in a URL", "private key", "AWS secret access key"


class Secret(NamedTuple):
    """Where a secret stands in a text; never the text."""

    kind: str
    start: int
    end: int
    only_names: bool = False
    """Whether it is no secret by itself, and shows that one is near: the id of an access key."""


@dataclass(frozen=True)
class Shape:
    """A row of ``secret_kinds.toml``."""

    kind: str
    starts: tuple[str, ...]
    expression: str
    needs: str
    rest_alone: bool
    only_names: bool

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Its group ``rest`` is what follows one of `starts`. Few shapes have their start in the texts of a run."""
        return re.compile(self.expression)


_BEGINS = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt])|(?<=%[0-9A-Fa-f][0-9A-Fa-f]))"
"""Not in the middle of a word; a line break that JSON wrote as a letter, and what a URL wrote as digits, are no part of one."""
_BEGINS_ALONE = r"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrt])|(?<=%[0-9A-Fa-f][0-9A-Fa-f]))"
"""For what may be long: a row of beginnings, each of which might go on, is one."""
_LONG = re.compile(r"[^\s\"',;<>()\[\]]{18}")
"""Nothing that tells itself is shorter."""
_BODY = re.compile(r"(?>(?:\s++|\\[nr])*)(?=[^\s\\\-])")
_FRAME = re.compile(r"-----BEGIN [A-Z0-9 ]{0,60}PRIVATE KEY(?: BLOCK)?-----")
_MATERIAL = re.compile(r"[A-Za-z0-9+/]{40}")
_END = "-----END "
_PUTTY = re.compile(r"Private-Lines: \d{1,3}(?:\r?\n|\\n)((?:[A-Za-z0-9+/=]{1,64}(?:\r?\n|\\n|$)){1,100})")
_URL_PASSWORD = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{0,30})?://(?P<user>[^\s/:@\"'<>\\]{0,256}):(?!//)")
_WEB = frozenset(("http", "https", "ws", "wss", "ftp", "ftps", "git", "ssh", "svn", "s3", "gs"))
_WORD = re.compile(
    r"(?>(?:[^\s\"'`\\<,;:)\]}]++|:(?!//)|[\"'`](?![\s,;:)\]}>\\\"'`]|\Z)|\\(?![nrt\"'])|<(?!/)|[,;)\]}](?![,;)\]}]{0,8}+(?:[\s\"'`]|\Z|\\[nrt\"'])))+)"
)
"""To the end of what is written in one: the quotation mark of a password is not followed by a comma."""
_PORT = re.compile(r"\d{1,5}[/?#,]")
_EXAMPLE = re.compile(r"[xX]{6}|[*#.]{4}")
_FORTY = re.compile(r"(?<![A-Za-z0-9/+._-])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=_-])")
_STEP = re.compile(r"(?<=[a-z])(?=[^a-z])|(?<=[A-Z])(?=[^A-Z])|(?<=\d)(?=\D)|(?<=[/+])(?=[^/+])")


def shaped(text: str) -> Iterator[Secret]:
    """The secrets in a text that tell themselves, by kind, not by place; several may overlap.

    >>> [secret.kind for secret in shaped("at AKIA" + "Q3EGTMB6" * 2 + ", redis://:hunter2abc9@cache:6379/0")]
    ['password in a URL', 'AWS access key id']
    >>> [*shaped("https://sk-telecom-enterprise-portal.example.com/ session:12345678:550e8400-e29b-41d4-a716-446655440000")]
    []
    """
    if "://" in text:
        yield from _in_urls(text)
    if "PRIVATE KEY" in text:
        yield from _private_keys(text)
    if not _LONG.search(text):
        return
    if "Private-Lines" in text:
        yield from (Secret(PRIVATE_KEY, *match.span(1)) for match in _PUTTY.finditer(text))
    by_start = _by_start()
    for shape in dict.fromkeys([shape for start, those in by_start if start in text for shape in those]):
        for match in shape.pattern.finditer(text):
            if _has_needed(shape.needs, match["rest"]):
                yield Secret(shape.kind, *match.span("rest" if shape.rest_alone else 0), shape.only_names)
    for match in _FORTY.finditer(text):
        if _is_random(match[0]):
            yield Secret(AWS_SECRET, *match.span())


@cache
def shapes() -> tuple[Shape, ...]:
    """The forms of ``secret_kinds.toml``, in its order."""
    table = toml_document.packaged("stackproof.redaction", "secret_kinds.toml")
    return tuple(_shape(row) for row in table["kind"])


@cache
def _by_start() -> tuple[tuple[str, tuple[Shape, ...]], ...]:
    """What a text must hold for a shape to be looked for, which is much faster than looking for each."""
    starts = dict.fromkeys(start for shape in shapes() for start in shape.starts)
    return tuple((start, tuple(shape for shape in shapes() if start in shape.starts)) for start in starts)


def _shape(row: dict[str, str]) -> Shape:
    starts = tuple(row["starts"])
    first = "|".join(map(re.escape, starts))
    before = row.get("before", "")
    is_long = any(int(number) > 300 for number in re.findall(r",(\d{1,6})\}", row["then"]))
    expression = rf"{_BEGINS_ALONE if is_long else _BEGINS}{before}(?:{first})(?P<rest>{row['then']})(?![A-Za-z0-9])"
    return Shape(row["name"], starts, expression, row.get("needs", ""), bool(row.get("rest_alone")), bool(row.get("names")))


def _has_needed(needs: str, rest: str) -> bool:
    """Whether what follows the beginning is no row of the same letters, as examples have it, and has the letters that it must have."""
    if _EXAMPLE.search(rest) or (len(rest) > 15 and len(set(rest)) < 4):
        return False
    match needs:
        case "cased":
            return rest.lower() != rest != rest.upper()
        case "mixed":
            return is_jumbled(rest)
        case "digit":
            return any(letter.isdigit() for letter in rest)
    return True


def _private_keys(text: str) -> Iterator[Secret]:
    """From the first line of a key to its last, or to the end of the text; a first line alone is none."""
    begin = 0
    while frame := _FRAME.search(text, begin):
        body = _BODY.match(text, frame.end())
        if body is None:
            begin = frame.end()
            continue
        end = text.find(_END, frame.end())
        close = text.find("-----", end + len(_END)) if end >= 0 else -1
        begin = len(text) if end < 0 else (end if close < 0 or close - end > 100 else close + 5)
        yield Secret(PRIVATE_KEY, frame.start(), begin)


def has_key_material(text: str) -> bool:
    """True if a private key has more than its first line, as in the examples of tests."""
    frame = _FRAME.search(text)
    return frame is not None and bool(_MATERIAL.search(text, frame.end(), frame.end() + 300))


def _in_urls(text: str) -> Iterator[Secret]:
    """Passwords inside URLs. A database's driver takes them as they are: all to the last ``@`` of the word is the password."""
    begin = 0
    while match := _URL_PASSWORD.search(text, begin):
        begin = match.end()
        word = _WORD.match(text, begin)
        if word is None:
            continue
        written = word[0]
        if (match["scheme"] or "").lower().rpartition("+")[2] in _WEB:
            written = written.partition("/")[0]
        password = written[: max(written.rfind("@"), 0)]
        begin += len(password) if password else len(written)
        if password and not says_nothing(password) and not _PORT.match(password):
            yield Secret(URL, match.end(), match.end() + len(password))


def _is_random(forty: str) -> bool:
    """Whether 40 characters go from small letters to capitals to digits as often as random ones, and are no words and no digest.

    >>> _is_random("wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY"), _is_random("theHandlerOfTheSecondRequestReturns404Ok")
    (True, False)
    """
    return is_jumbled(forty) and len(_STEP.findall(forty)) >= 16 and len(set(forty)) > 17
