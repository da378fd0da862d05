"""What in a text is a credential: by its shape, or by the name that it is assigned to.

The shapes are those of detect-secrets, and some that it does not have. Its detectors of high entropy are left out: they take every digest
and id for a secret. Nothing is verified with anybody, so nothing leaves the machine.
"""

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, NamedTuple

from stackproof.util.once import Once

_SHAPES = {
    "Private Key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----(?s:.{0,200}?)[A-Za-z0-9+/]{40}"),
    "AWS Secret Access Key": re.compile(r"(?i:secret_?access_?key)\W{1,5}([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])"),
    "GitHub Fine-grained Token": re.compile(r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"),
    "Anthropic API Key": re.compile(r"sk-ant-[A-Za-z0-9_-]{32,}"),
    "Langfuse Secret Key": re.compile(r"sk-lf-[0-9a-f]{8}-[0-9a-f-]{27}"),
    "Google API Key": re.compile(r"AIza[A-Za-z0-9_-]{35}"),
    "npm Access Token": re.compile(r"npm_[A-Za-z0-9]{36}"),
}
"""What detect-secrets lacks. A private key is one with key material: tests have its first line too."""

_LEFT_OUT = ("Base64 High Entropy String", "Hex High Entropy String", "Public IP (ipv4)", "Private Key")

_URL, _KEYWORD = "Basic Auth Credentials", "Secret Keyword"

_UNQUOTED = re.compile(r"(^|/)(\.env[^/]*|[^/]*\.(env|sh)|Dockerfile[^/]*|Makefile|\.netrc|\.npmrc|\.pypirc)$")
"""Files in which a value needs no quotation marks, beside those that detect-secrets knows."""

_STANDS_FOR_ONE = re.compile(r"[${}<>\s]|^arn:|^\(redacted\)$")
"""A template, a placeholder, prose, or a name of what holds the secret."""

_IS_A_NAME = re.compile(r"[A-Za-z_.:+]+|[A-Za-z_./-]*/[A-Za-z_./-]*")
"""An identifier or a path: letters alone, but for what joins words."""


@dataclass(frozen=True)
class Credential:
    """Something in a text that looks like a credential."""

    kind: str
    """``AWS Access Key``, ``Private Key``, ..."""
    line: int
    """Where it begins, from 1."""
    value: str = field(repr=False)


def credentials_in(text: str, lines: Callable[[str], Iterable[tuple[str, str]]]) -> list[Credential]:
    """The credentials in a text. ``lines`` finds those in a line (`in_line`), and may remember the lines of other texts.

    >>> credentials_in('region = "a"\\npassword = "correct-horse-7"', lambda line: in_line(line, syntax("main.tf")))
    [Credential(kind='Secret Keyword', line=2)]
    """
    shaped = [
        Credential(kind, text.count("\n", 0, match.start()) + 1, match[match.lastindex or 0])
        for kind, shape in _SHAPES.items()
        for match in shape.finditer(text)
    ]
    return shaped + [
        Credential(kind, number, value) for number, line in enumerate(text.splitlines(), 1) for kind, value in lines(line)
    ]


def in_line(line: str, syntax: str) -> tuple[tuple[str, str], ...]:
    """Kind and value of the credentials in a line.

    >>> in_line("url = postgresql://app:tr0ub4dor@db", syntax("a.ini")), in_line('password = "${var.db_password}"', syntax("a.tf"))
    ((('Basic Auth Credentials', 'tr0ub4dor'),), ())
    >>> in_line("PASSWORD=tr0ub4dor", syntax(".env")), in_line("password = database_password", syntax("a.py"))
    ((('Secret Keyword', 'tr0ub4dor'),), ())
    """
    found = [*shaped_in_line(line)]
    if _keywords().search(line):
        keyword, filetype = _library().keyword, _library().filetype
        assignments = keyword.REGEX_BY_FILETYPE.get(filetype.FileType[syntax], keyword.QUOTES_REQUIRED_DENYLIST_REGEX_TO_GROUP)
        # Not KeywordDetector: it looks no further than the first one in a line.
        found += [(_KEYWORD, match[group]) for shape, group in assignments.items() for match in shape.finditer(line)]
    return tuple((kind, value) for kind, value in dict.fromkeys(found) if _may_be_one(kind, value))


def shaped_in_line(line: str) -> tuple[tuple[str, str], ...]:
    """Kind and value of the credentials in a line that go by their shape, whatever they are assigned to.

    >>> shaped_in_line("PASSWORD=tr0ub4dor postgresql://app:tr0ub4dor@db")
    (('Basic Auth Credentials', 'tr0ub4dor'),)
    """
    found = ((kind, value) for kind, detector in _detectors().items() for value in detector.analyze_string(line))
    return tuple((kind, value) for kind, value in found if _may_be_one(kind, value))


def syntax(file: str) -> str:
    """How a file assigns a value to a name, by its own name: equal answers for what is written alike.

    >>> syntax("a/main.py"), syntax(".env.production"), syntax("Dockerfile"), syntax("notes.txt")
    ('PYTHON', 'CONFIG', 'CONFIG', 'OTHER')
    """
    return "CONFIG" if _UNQUOTED.search(file) else str(_library().filetype.determine_file_type(file).name)


def _may_be_one(kind: str, value: str) -> bool:
    """
    >>> [_may_be_one(_KEYWORD, value) for value in ("tr0ub4dor", "tr0u", "db_password", "/run/secrets/db", "correct-horse")]
    [True, False, False, False, True]
    """
    if kind == _URL:
        return len(value) > 1 and not _STANDS_FOR_ONE.search(value)
    if kind == _KEYWORD:
        return len(value) > 5 and not _STANDS_FOR_ONE.search(value) and not _IS_A_NAME.fullmatch(value)
    return True


class _Library(NamedTuple):
    """The modules of detect-secrets."""

    util: ModuleType
    keyword: ModuleType
    filetype: ModuleType


def _imported() -> _Library:
    from detect_secrets.core.plugins import util
    from detect_secrets.plugins import keyword
    from detect_secrets.util import filetype

    return _Library(util, keyword, filetype)


_library = Once(_imported)
"""Its modules import each other: two threads that began with different ones would find them half made."""


@functools.cache
def _detectors() -> Mapping[str, Any]:
    """The detectors that go by shape."""
    known: Mapping[str, Any] = _library().util.get_mapping_from_secret_type_to_class()
    return {kind: known[kind]() for kind in sorted(known) if kind not in (*_LEFT_OUT, _KEYWORD)}


@functools.cache
def _keywords() -> re.Pattern[str]:
    """What the detector of assigned values looks for: a line without it need not be shown to it."""
    return re.compile("|".join(_library().keyword.DENYLIST), re.IGNORECASE)
