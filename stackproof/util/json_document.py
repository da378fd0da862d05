"""JSON from outside: what is no JSON document is told by what it is; what nests too deeply or can be read in two ways is refused."""

import json
import math
import re
from typing import Any, NoReturn

MOST_LEVELS = 100
"""How deeply a document may nest. Terraform's plans need about 3 for each module inside a module; the limit of Python's stack is 1,000."""

_MOST_DIGITS = 400
"""Of a whole number; Python itself takes 4,300."""

_SHOWN = 60
"""Characters of a stray line that a message quotes."""
_BINARY = (
    (b"PK\x03\x04", "a zip archive, which is what terraform plan -out saves"),
    (b"\x1f\x8b", "packed by gzip"),
    (b"\xff\xfe", "UTF-16, which is what PowerShell's > writes, and JSON is UTF-8"),
    (b"\xfe\xff", "UTF-16, and JSON is UTF-8"),
)
"""How files begin that are given in the place of JSON, and what they are."""


def loads(content: bytes | str) -> Any:
    """The data of a JSON document, in UTF-8 with or without a byte order mark.

    Raises `ValueError`, which says what it is instead: empty, a binary file, UTF-16, cut off, with lines before or after, nested too
    deeply, with a key that is there twice, or with a number that has no end.
    """
    text = content if isinstance(content, str) else _decoded(content)
    if not text.strip():
        raise ValueError("this is empty: the command that was to write it failed, or wrote elsewhere")
    try:
        return shallow(DECODER.decode(text))
    except json.JSONDecodeError as error:
        raise ValueError(_instead(text, error)) from None
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None


def shallow(data: Any) -> Any:
    """Data that nests no more than `MOST_LEVELS` deep. Raises `ValueError` for other."""
    if is_deeper(data, MOST_LEVELS):
        raise ValueError(_TOO_DEEP)
    return data


def _decoded(content: bytes) -> str:
    for beginning, kind in _BINARY:
        if content.startswith(beginning):
            raise ValueError(f"this is {kind}")
    if b"\0" in content:
        raise ValueError("this is no text: it holds a zero byte (a binary file, or UTF-16 without its mark)")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"this is not UTF-8: byte {error.start} is 0x{content[error.start]:02x}") from None


_TOO_DEEP = f"it nests more than {MOST_LEVELS} levels deep"


def is_deeper(data: object, levels: int) -> bool:
    """True if lists and mappings nest more deeply than this number of levels; in linear time, without recursion.

    >>> is_deeper({"a": [1]}, 2), is_deeper({"a": [[]]}, 2)
    (False, True)
    """
    row = [data] if isinstance(data, _NESTING) else []
    for _ in range(levels):
        below: list[Any] = []
        for node in row:
            below += [part for part in (node.values() if isinstance(node, dict) else node) if isinstance(part, _NESTING)]
        if not below:
            return False
        row = below
    return bool(row)


_NESTING = (dict, list)


def unique(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """The members of an object. Raises `ValueError` for a key that is there twice: two readers would not read the same.

    >>> unique([("a", 1), ("a", 2)])
    Traceback (most recent call last):
    ValueError: the key 'a' is there twice in one object
    """
    found = dict(members)
    if len(found) < len(members):
        keys = [key for key, _ in members]
        raise ValueError(f"the key {_quoted(next(key for key in found if keys.count(key) > 1))} is there twice in one object")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"a number of {len(digits):,} digits")
    return int(digits)


def _fraction(digits: str) -> float:
    if math.isinf(number := float(digits)):
        raise ValueError(f"the number {_quoted(digits)} is larger than any that can be counted with")
    return number


DECODER = json.JSONDecoder(object_pairs_hook=unique, parse_constant=_no_constant, parse_int=_integer, parse_float=_fraction)
"""Reads a JSON value. Raises `ValueError`, and `RecursionError` for what nests too deeply."""


def _instead(text: str, error: json.JSONDecodeError) -> str:
    """What a text is that is no JSON document."""
    begun, lines = text.lstrip(), text.splitlines()
    if error.msg == "Extra data":
        return f"more follows the JSON: line {error.lineno} is {_quoted(lines[error.lineno - 1])}"
    if not _begins(begun):
        later = next((number for number, line in enumerate(lines, 1) if _begins(line)), 0)
        if later:
            return (
                f"the JSON begins in line {later}, behind lines that a wrapper or a log wrote ({_quoted(begun)}): "
                "write what Terraform itself prints (for hashicorp/setup-terraform: terraform_wrapper: false)"
            )
        return f"it begins with {_quoted(begun)}"
    if begun.rstrip()[-1] not in "}]" or error.pos >= len(text.rstrip()):
        return f"it is cut off in line {len(lines)}: the disk was full, or the command that wrote it was stopped"
    return f"line {error.lineno}, column {error.colno}: {error.msg}"


def _begins(line: str) -> bool:
    """Whether a JSON document may begin so.

    >>> [_begins(line) for line in ('{"a": 1', "[", "[command]/usr/bin/terraform", "[INFO] done")]
    [True, True, False, False]
    """
    return bool(re.match(r"\s*[{[]\s*([\"{}\]\d-]|$)", line))


def _quoted(text: str) -> str:
    """The first line of a text, for a message."""
    line = text.strip().partition("\n")[0].strip()
    return repr(line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…")
