"""Version numbers: dotted numbers, compared part by part."""

import re

from stackproof.core.verdicts import CouldNotVerify


def version_in(said: str) -> str | None:
    """The version number in what a tool says of itself: the first number that stands alone. None if there is none.

    >>> [version_in(text) for text in ("Terraform v1.11.4\\non linux_amd64", "aws-cli/2.15.0 Python/3.11.6", "GNU Make 4.3", "?")]
    ['1.11.4', '2.15.0', '4.3', None]
    >>> version_in("psql (PostgreSQL) 16.3 (Debian 16.3-1.pgdg120+1)"), version_in("Docker version 24.0.7, build afdd53b")
    ('16.3', '24.0.7')
    """
    found = re.search(r"(?<![\w.])v?(\d+(?:\.\d+)*)", said)
    return found[1] if found else None


def is_at_least(found: str, least: str) -> bool:
    """True if a version is this one or a later one; a part that is missing is 0.

    >>> is_at_least("0.10.0", "0.9"), is_at_least("0.5", "0.5.0"), is_at_least("1.9.9", "1.10")
    (True, True, False)

    Raises `CouldNotVerify` for text that is no version number.

    >>> is_at_least("unpackaged", "1.0")
    Traceback (most recent call last):
    stackproof.core.verdicts.CouldNotVerify: 'unpackaged' is no version number: whether it is 1.0 or later cannot be told
    """
    for text in (found, least):
        if not re.fullmatch(r"\d+(\.\d+)*", text):
            raise CouldNotVerify(f"{text!r} is no version number: whether it is {least} or later cannot be told")
    return _numbers(found) >= _numbers(least)


def is_version(found: str, declared: str) -> bool:
    """True if a version is the declared one, which may be only its beginning.

    >>> is_version("17.6", "17"), is_version("17.6", "17.6"), is_version("170.1", "17"), is_version("17", "17.6")
    (True, True, False, False)
    """
    parts = declared.split(".")
    return found.split(".")[: len(parts)] == parts


def _numbers(version: str) -> list[int]:
    """Without the zeros at its end.

    >>> _numbers("1.10.0") == _numbers("1.10"), _numbers("0.0")
    (True, [])
    """
    numbers = [int(part) for part in version.split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return numbers
