"""Credentials in the text of a source: found by their shape, or by the name that they are assigned to.

The detector (`stackproof.redaction.detector`) is that of logs and task definitions. A source differs in this: a program names a value
without quotation marks, so that only some files (`syntax`) can hold one without them; and identifiers and paths stand for values.
Nothing is verified with anybody, so nothing leaves the machine.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from stackproof.redaction.assignments import PAIR, PROSE, Assignment, assignments
from stackproof.redaction.detector import NAMED, without_arns
from stackproof.redaction.shapes import PRIVATE_KEY, URL, has_key_material, shaped
from stackproof.redaction.values import is_jumbled, is_mixed, says_nothing

UNQUOTED, QUOTED = "CONFIG", "PROGRAM"

_UNQUOTED = re.compile(
    r"(^|/)(\.env[^/]*|[^/]*\.(env|sh|bash|zsh|ya?ml|ini|cfg|cnf|conf|properties|service)|Dockerfile[^/]*|[^/]*Dockerfile|Makefile|"
    r"\.netrc|\.npmrc|\.pypirc|\.pgpass|credentials|config)$"
)
"""Files in which a value needs no quotation marks."""
_BLOCK = re.compile(r":\s*[|>][+-]?\d?\s*\Z")
_IS_A_NAME = re.compile(r"[A-Za-z_.:+/-]+")
"""An identifier or a path: letters alone, but for what joins words."""
_JOINED = re.compile(r"[a-z]+(?:-[a-z]+)+")
_STANDS_FOR_ONE = re.compile(r"\A(?:\{[^{}]*\}|\$\w+|<[^<>]*>)\Z|\(\?|\[\^|\\[swdSWD]|\][*+?{]")
"""Or a regular expression."""
_FIELD = re.compile(r"\{(?P<name>[A-Za-z_][\w.]*+)(?:[\[(!:][^{}]*+)?(?:\}|\Z)")
"""What a program fills in, in a text that is one of its formats; its quotation marks may end the value before it ends."""
_CODE = re.compile(r"[)\]]|.*\(\?|arn:aws")
"""What stands after a quotation mark that ends a text, a regular expression, or the name of a resource."""
_CALLS = re.compile(r"\$\(|`|\$\{?[A-Za-z_]|\*|&[a-z]|![A-Za-z]")


@dataclass(frozen=True)
class Credential:
    """Something in a text that looks like a credential."""

    kind: str
    """A kind of ``secret_kinds.toml``, ``private key``, ``password in a URL``, or ``password, token or key`` for what is named so."""
    line: int
    """Where it begins, from 1."""
    value: str = field(repr=False)


def credentials_in(text: str, lines: Callable[[str], Iterable[tuple[str, str]]]) -> list[Credential]:
    """The credentials in a text. ``lines`` finds those in a line (`in_line`), and may remember the lines of other texts.

    >>> credentials_in('region = "a"\\npassword = "correct-horse-7"', lambda line: in_line(line, syntax("main.tf")))
    [Credential(kind='password, token or key', line=2)]
    """
    return [*_keys(text), *(Credential(kind, number, value) for number, line in _lines(text) for kind, value in lines(line))]


def _keys(text: str) -> Iterator[Credential]:
    """Private keys, which have several lines; one is a key with key material: tests have its first line, too."""
    if "PRIVATE KEY" in text:
        for secret in shaped(text):
            value = text[secret.start : secret.end]
            if secret.kind == PRIVATE_KEY and has_key_material(value):
                yield Credential(PRIVATE_KEY, text.count("\n", 0, secret.start) + 1, value)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines with their numbers; a value that YAML begins on the next line comes with its name."""
    written = text.splitlines()
    for number, line in enumerate(written, 1):
        goes_on = _BLOCK.search(line[-20:]) and number < len(written)
        yield number, f"{line}\n{written[number]}" if goes_on else line


def in_line(line: str, syntax: str) -> tuple[tuple[str, str], ...]:
    """Kind and value of the credentials in a line.

    >>> in_line("url = postgresql://app:tr0ub4dor@db", syntax("a.ini")), in_line('password = "${var.db_password}"', syntax("a.tf"))
    ((('password in a URL', 'tr0ub4dor'),), ())
    >>> in_line("PASSWORD=tr0ub4dor", syntax(".env")), in_line("password = database_password", syntax("a.py"))
    ((('password, token or key', 'tr0ub4dor'),), ())
    >>> in_line('db_password = "Qw7{eR5' + 'pZx2}Lm9k"', syntax("main.tf"))
    (('password, token or key', 'Qw7{eR5pZx2}Lm9k'),)
    """
    found = [(one.kind, line[one.start : one.end]) for one in shaped(line) if _is_written(one.kind, line[one.start : one.end])]
    known = {value for _, value in found}
    for one in assignments(without_arns(line)):
        is_in_text = any(line.count(mark, 0, one.start) % 2 for mark in "\"'`")
        if one.is_secret and one.value not in known and _is_value(one, syntax, is_in_text):
            found.append((NAMED, one.value))
    return tuple(dict.fromkeys(found))


def syntax(file: str) -> str:
    """How a file assigns a value to a name, by its own name: equal answers for what is written alike.

    >>> syntax("a/main.py"), syntax(".env.production"), syntax("Dockerfile"), syntax("notes.txt")
    ('PROGRAM', 'CONFIG', 'CONFIG', 'PROGRAM')
    """
    return UNQUOTED if _UNQUOTED.search(file) else QUOTED


def _is_written(kind: str, value: str) -> bool:
    """Whether what has a shape is written there, and put together nowhere: a program fills in the parts of a URL."""
    if kind == PRIVATE_KEY:
        return False
    return kind != URL or (len(value) > 1 and not says_nothing(value) and not _STANDS_FOR_ONE.search(value))


def _is_value(one: Assignment, syntax: str, is_in_text: bool) -> bool:
    """Whether what is assigned is a value and no identifier: six characters at least, not letters alone.

    `is_in_text` where quotation marks are around name and value, as in a connection string.
    """
    value = one.value
    if one.by == PAIR or one.by in PROSE:  # of a text that is logged
        return False
    if len(value) < 6 or re.search(r"\s", value) or (_IS_A_NAME.fullmatch(value) and not _JOINED.fullmatch(value)):
        return False
    if _CODE.match(value):
        return False
    written = _FIELD.sub(lambda field: field[0] if is_jumbled(field["name"]) else "", value)
    if written != value and (len(written) < 6 or not is_mixed(written.rstrip("=:"))):
        return False
    if one.is_quoted:
        return True
    is_assigned = one.by in (":", "=", ":=", "?=", "pair", "|")
    return (syntax == UNQUOTED or is_in_text or not is_assigned) and not _CALLS.match(value)
