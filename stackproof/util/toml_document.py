"""TOML from outside: a file that is none, that is no UTF-8, that nests too deeply or holds what cannot be counted with is refused."""

import math
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import tomli

from stackproof.util.json_document import MOST_LEVELS, is_deeper

_LARGEST = 2**63 - 1
"""TOML's own limit of whole numbers."""


def packaged(package: str, name: str) -> dict[str, Any]:
    """The data of a TOML file that comes with a package of this project.

    >>> sorted(packaged("stackproof.judgement", "state.toml"))[:2]
    ['a backup', 'a bucket']
    """
    return tomli.loads(files(package).joinpath(name).read_text(encoding="utf-8"))


def read(path: Path) -> dict[str, Any]:
    """The data of a TOML file. Raises `ValueError` as `loads` does, and `OSError`."""
    return loads(path.read_bytes())


def loads(content: bytes | str) -> dict[str, Any]:
    """The data of a TOML document.

    Raises `ValueError`, which says why it is none: not UTF-8, not TOML, nested too deeply, a number that is infinite or too large.
    """
    try:
        data = tomli.loads(content if isinstance(content, str) else content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError(f"this is not UTF-8: byte {error.start} is 0x{error.object[error.start]:02x}") from None
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    except tomli.TOMLDecodeError:
        raise
    except ValueError as error:  # of a number or a date that Python has no form for
        raise ValueError(f"a number or a date that cannot be read: {str(error).partition(';')[0]}") from None
    if is_deeper(data, MOST_LEVELS):
        raise ValueError(_TOO_DEEP)
    for number in _numbers(data):
        if isinstance(number, float) and not math.isfinite(number):
            raise ValueError(f"{number} is no number that can be counted with")
        if isinstance(number, int) and abs(number) > _LARGEST:
            raise ValueError("a whole number of more than 64 bits")
    return data


_TOO_DEEP = f"it nests more than {MOST_LEVELS} levels deep"


def _numbers(node: Any) -> Iterator[int | float]:
    match node:
        case dict():
            for part in node.values():
                yield from _numbers(part)
        case list():
            for part in node:
                yield from _numbers(part)
        case int() | float():
            yield node
