"""The credentials and secrets that child processes get of the caller's: none, unless whoever starts one hands them over.

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

from stackproof.redaction import redaction

NO_CREDENTIALS = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""What keeps the SDKs from the caller's files and from the role of the machine."""

_KEPT = ("AWS_CA_BUNDLE", "AWS_DEFAULT_REGION", "AWS_REGION")
_SIGNING_KEY = "STACKPROOF_SIGNING_KEY"
_PROXIES = frozenset(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"))
"""Variables that may hold a password, without which a program behind a proxy reaches nothing."""


def without_secrets(environment: Mapping[str, str], kept: tuple[str, ...] = ()) -> dict[str, str]:
    """An environment without the variables that are secrets by name or content, of which proxies and names that begin as ``kept`` stay.

    >>> sorted(without_secrets({"PATH": "/bin", "RDS_PASSWORD": "x", "TF_VAR_a": "x", "URL": "redis://:hunter2@cache"}))
    ['PATH']
    >>> sorted(without_secrets({"HTTPS_PROXY": "http://kim:hunter2@proxy", "TF_TOKEN_example_com": "x"}, kept=("TF_TOKEN_",)))
    ['HTTPS_PROXY', 'TF_TOKEN_example_com']
    """

    def is_secret(name: str, value: str) -> bool:
        if name == _SIGNING_KEY or name.startswith("TF_VAR_"):
            return True
        return redaction.is_secret_under(name, value) or redaction.redact(value) != value

    return {
        name: value
        for name, value in environment.items()
        if name.upper() in _PROXIES or (kept and name.startswith(kept)) or not is_secret(name, value)
    }


def without_credentials(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without secrets, without AWS credentials and without ways to them.

    >>> sorted(without_credentials({"PATH": "/bin", "AWS_PROFILE": "production", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "y"}))
    ['AWS_CONFIG_FILE', 'AWS_EC2_METADATA_DISABLED', 'AWS_REGION', 'AWS_SHARED_CREDENTIALS_FILE', 'PATH']
    """
    safe = without_secrets(environment)
    return {name: value for name, value in safe.items() if name in _KEPT or not name.startswith("AWS_")} | NO_CREDENTIALS


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
    """Start every child process that is given no environment of its own without the caller's credentials and secrets, until the block ends.

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


def last_line(text: str) -> str:
    """The last line that says something, without secrets."""
    return redaction.redact(next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "no message"))
