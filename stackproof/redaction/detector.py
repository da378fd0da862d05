"""The one detector of secrets: what in a text, or under a name, is one. Controls, logs, sources and redaction ask it alike.

A secret is told by itself (`stackproof.redaction.shapes`), or by the name that it stands behind (`names`, `values`, `assignments`).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from stackproof.redaction.assignments import assignments
from stackproof.redaction.shapes import Secret, shaped
from stackproof.redaction.values import is_mixed, is_secret, says_nothing

NAMED, ARGUMENT = "password, token or key", "password in a command"

_ARN = re.compile(r"\barn:aws[a-z-]{0,20}:[\w:/.+=@*?-]++")
"""It may be that of a secret, and only names it: ``...:secretsmanager:...:secret:NAME`` is no assignment."""
_COMMANDS = (
    re.compile(r"\b(?:mysql|mysqldump|mysqladmin|mariadb)\b[^\n|;&]{0,200}?\s-p(?P<secret>[^\s\"'=|;-][^\s|;\"']{2,200})"),
    re.compile(r"\bredis-cli\b[^\n|;&]{0,200}?\s(?:-a|--pass)\s+(?P<secret>[^\s\"']{3,200})"),
    re.compile(r"\bsshpass\s+-p\s*(?P<secret>[^\s\"']{3,200})"),
    re.compile(r"\b(?:mongo\w{0,9}|(?:docker|podman|registry|az)\s+login)\b[^\n|;&]{0,200}?\s-p[ =]?(?P<secret>[^\s\"']{3,200})"),
    re.compile(r"\bldap\w{1,9}\b[^\n|;&]{0,200}?\s-w[ ]?(?P<secret>[^\s\"']{3,200})"),
    re.compile(r"\bopenssl\b[^\n|;&]{0,200}?\s-[kK][ ](?P<secret>[^\s\"']{3,200})"),
    re.compile(r"(?<!\S)(?:-u[ =]{0,9}|--user[ =]{1,9})[\"']?[^\s:\"'<{$]{1,64}:[\"']?(?P<secret>[^\s\"'<{$][^\s\"']{5,200})"),
)
_OF_ORACLE = re.compile(r"\bjdbc:oracle:\w{1,9}:[^\s/@]{1,64}/(?P<secret>[^\s@\"']{3,200})@")
_PASSWORD_FILE = re.compile(
    r"(?<![\w.*:-])[\w.*-]{1,100}:(?:543\d|6432|\*):[\w.*-]{1,64}:[\w.*-]{1,64}:(?P<secret>[^\s:\"']{3,200})(?=[\s\"':;,]|\Z)"
)
"""``.pgpass``: host, port, database, user, password."""
_VALUE_FIRST = re.compile(
    r"[Vv]alue(?P<mark>\\?[\"'])\s{0,9}:\s{0,9}(?P=mark)(?P<secret>(?>(?:[^\"'\\\n]|\\[^\"'\n]){1,2000}))(?P=mark),\s{0,40}(?P=mark)"
    r"\w{0,30}(?:[Nn]ame|[Kk]ey)(?P=mark)\s{0,9}:\s{0,9}(?P=mark)(?P<name>[\w.-]{1,200})(?P=mark)"
)
"""A value before the name that it is called by."""


def secrets_in(text: str) -> list[Secret]:
    """Where a text holds secrets, in its order, none inside another.

    >>> [secret.kind for secret in secrets_in("DB_PASSWORD=Tr0ub4dor$3xKq9v redis://:hunter2@cache")]
    ['password, token or key', 'password in a URL']
    """
    return merged([*shaped(text), *named(text)])


def named(text: str) -> Iterator[Secret]:
    """The values in a text that stand behind the name of a secret, or in a command where a password stands."""
    yield from (Secret(NAMED, one.start, one.end) for one in assignments(without_arns(text)) if one.is_secret)
    if "-" in text:
        for command in _COMMANDS:
            for match in command.finditer(text):
                if is_mixed(match["secret"]) and not says_nothing(match["secret"]):
                    yield Secret(ARGUMENT, *match.span("secret"))
    if "jdbc:oracle" in text:
        for match in _OF_ORACLE.finditer(text):
            yield Secret(NAMED, *match.span("secret"))
    if any(port in text for port in (":543", ":6432:", ":*:")):
        for match in _PASSWORD_FILE.finditer(text):
            if is_mixed(match["secret"]):
                yield Secret(NAMED, *match.span("secret"))
    if "alue" in text:
        for match in _VALUE_FIRST.finditer(text):
            if is_secret(match["name"], match["secret"]):
                yield Secret(NAMED, *match.span("secret"))


def without_arns(text: str) -> str:
    """The text with hyphens in the place of ARNs, as long as they are."""
    return _ARN.sub(lambda arn: "-" * len(arn[0]), text) if "arn:aws" in text else text


def merged(found: Iterable[Secret]) -> list[Secret]:
    """Secrets in their order; those that overlap become one, called as the longest of them."""
    result: list[Secret] = []
    for one in sorted(found, key=lambda secret: (secret.start, -secret.end)):
        if not result or one.start >= result[-1].end:
            result.append(one)
            continue
        last = result[-1]
        kind = last.kind if last.end - last.start >= one.end - one.start else one.kind
        result[-1] = Secret(kind, last.start, max(last.end, one.end), last.only_names and one.only_names)
    return result


def option_values(words: Sequence[str]) -> set[int]:
    """Which words of a command are the secret that the word before asks for: ``["--password", "hunter2"]``.

    >>> option_values(["psql", "--password", "hunter2", "--token", "--verbose"])
    {2}
    """
    return {
        place
        for place, (option, word) in enumerate(pairwise(words), 1)
        if option.startswith("-") and "=" not in option and not word.startswith("-") and is_secret(option, word)
    }
