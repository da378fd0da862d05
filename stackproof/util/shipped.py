"""The folders that come with stackproof and are no modules of it: in an installed package inside it, in a checkout beside it."""

import functools
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


@functools.cache
def shipped(name: str, in_checkout: str = "") -> Path:
    """The folder of this name: ``suite``, ``requirements``, ``environments``; a checkout may call it otherwise.

    >>> (shipped("requirements") / "checkov.txt").is_file()
    True
    """
    installed = _PACKAGE / name
    return installed if installed.is_dir() else _PACKAGE.with_name(in_checkout or name)
