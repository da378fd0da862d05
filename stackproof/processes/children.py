"""The AWS credentials that child processes get of the caller's: none, unless whoever starts one hands them over.

A program that a control, a scanner or a probe starts would else find the caller's own keys in its environment, or in the caller's files,
and the guard of this process (`stackproof.sources.aws.process_guard`) does not reach into another.
"""

import functools
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NO_CREDENTIALS = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""What keeps the SDKs from the caller's files and from the role of the machine."""

_KEPT = ("AWS_CA_BUNDLE", "AWS_DEFAULT_REGION", "AWS_REGION")
_SIGNING_KEY = "STACKPROOF_SIGNING_KEY"


def without_credentials(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without AWS credentials and without ways to them; nor has it the key that signs evidence.

    >>> sorted(without_credentials({"PATH": "/bin", "AWS_PROFILE": "production", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "y"}))
    ['AWS_CONFIG_FILE', 'AWS_EC2_METADATA_DISABLED', 'AWS_REGION', 'AWS_SHARED_CREDENTIALS_FILE', 'PATH']
    """
    kept = {
        name: value
        for name, value in environment.items()
        if name != _SIGNING_KEY and (name in _KEPT or not name.startswith("AWS_"))
    }
    return kept | NO_CREDENTIALS


def with_credentials(environment: Mapping[str, str]) -> dict[str, str]:
    """The caller's own environment for a program that needs the credentials, with the defaults that `NO_CREDENTIALS` replaces named."""
    home = Path.home() / ".aws"
    defaults = {
        "AWS_CONFIG_FILE": str(home / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(home / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "false",
    }
    return {**defaults, **{name: value for name, value in environment.items() if name != _SIGNING_KEY}}


@contextmanager
def held(is_excepted: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Start every child process that is given no environment of its own without the caller's credentials, until the block ends.

    ``is_excepted`` says whether the one that is being started right now needs them.
    """
    original = subprocess.Popen.__init__

    @functools.wraps(original)
    def start(process: Any, *arguments: Any, **named: Any) -> None:
        if len(arguments) <= _ENVIRONMENT and named.get("env") is None and not is_excepted():
            named["env"] = without_credentials(os.environ)
        original(process, *arguments, **named)

    subprocess.Popen.__init__ = start  # type: ignore[assignment]
    try:
        yield
    finally:
        subprocess.Popen.__init__ = original  # type: ignore[method-assign]


_ENVIRONMENT = 10
"""The place of ``env`` among the arguments of `subprocess.Popen`."""
