"""The script that sets up an emulator for development, and what the emulator has before and after it."""

import shlex
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from stackproof.core.verdicts import CouldNotVerify, DeclaredButMissing
from stackproof.embedded.account import Endpoint
from stackproof.processes import command
from stackproof.processes.command import Ended
from stackproof.processes.venvs import environment
from stackproof.sources.aws import process_guard
from stackproof.util.shipped import shipped
from stackproof.util.temporary import temporary

SCRIPT = "scripts/init-localstack.sh"
REQUIREMENTS = shipped("requirements") / "awscli.txt"
"""The AWS command line, which the script calls."""
_TIMEOUT = 120
"""Seconds; it takes two."""

State = Mapping[str, Any]
"""Everything about each bucket and each secret, by ``bucket NAME`` and ``secret NAME``."""


def run(root: Path, cache: Path, endpoint: str, region: str, say: Callable[[str], None]) -> Ended:
    """Run the script of the repository once against an emulator.

    Raises `DeclaredButMissing` without a script, `CouldNotVerify` if it does not end or its AWS command line cannot be installed.
    """
    script = root / SCRIPT
    if not script.is_file():
        raise DeclaredButMissing(f"{SCRIPT} does not exist")
    python = environment(cache, "awscli", REQUIREMENTS, say)
    with temporary("set-up") as folder:
        _runs_aws(folder / "aws", python)  # the directory that it lies in has a python too, which is for it alone
        bash = shutil.which("bash") or "bash"
        return command.run(
            *(bash, SCRIPT),
            name=SCRIPT,
            directory=root,
            environment=command.environment(endpoint, region, path=str(folder)),
            timeout=_TIMEOUT,
        )


def _runs_aws(program: Path, python: Path) -> None:
    """Make a program of the AWS command line. Its own first line names its Python, and must not if a space is in the path."""
    started = shlex.join([str(python), str(python.with_name("aws"))])
    program.write_text(f'#!/bin/sh\nexec {started} "$@"\n', encoding="utf-8")
    program.chmod(0o755)


@process_guard.lifted()
def state(endpoint: str, region: str) -> State:
    """The buckets and secrets of the emulator, read by its clients without changing anything. Raises `CouldNotVerify`."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return {**_buckets(endpoint, region), **_secrets(endpoint, region)}
    except (BotoCoreError, ClientError) as error:
        raise CouldNotVerify(f"the emulator at {endpoint} does not tell what it has: {error}") from None


def differences(before: State, after: State) -> tuple[str, ...]:
    """The names of all that was made, changed or removed between two states.

    >>> differences({"bucket a": 1, "secret b": 1}, {"bucket a": 1, "secret b": 2, "secret c": 1})
    ('secret b', 'secret c')
    """
    return tuple(sorted(name for name in {*before, *after} if before.get(name) != after.get(name)))


def _buckets(endpoint: str, region: str) -> dict[str, Any]:
    s3 = Endpoint(endpoint, "", region).client("s3")
    return {
        f"bucket {bucket['Name']}": {
            "created": bucket["CreationDate"],
            "objects": s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", []),
            "versioning": s3.get_bucket_versioning(Bucket=bucket["Name"]).get("Status"),
        }
        for bucket in s3.list_buckets()["Buckets"]
    }


def _secrets(endpoint: str, region: str) -> dict[str, Any]:
    manager = Endpoint(endpoint, "", region).client("secretsmanager")
    listed = [secret for page in manager.get_paginator("list_secrets").paginate() for secret in page["SecretList"]]
    return {
        f"secret {secret['Name']}": {key: value for key, value in secret.items() if key != "LastAccessedDate"}
        for secret in listed
    }
