"""``stackproof new finish ID``: what a control that is written needs to be run, one after the other, and what is left to do."""

import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stackproof.core.controls import catalogue
from stackproof.core.verdicts import UsageError
from stackproof.processes import command

_LONGEST = 900.0
"""Seconds that a step may take: a recording deploys to an embedded cloud first."""
_SHOWN = 25
"""Lines of the output of a step that failed."""
_PLACES = ("tests", "proofs", "stackproof")


@dataclass(frozen=True)
class Step:
    """A module that is run, and what for."""

    module: str
    arguments: tuple[str, ...]
    what: str

    def __str__(self) -> str:
        return " ".join(("python -m", self.module, *self.arguments))


def after_writing(id: str) -> tuple[Step, ...]:
    """The steps that are run as soon as the files of a control are written."""
    return (Step("pytest", ("--collect-only", "-q", "-k", id), "the control is found"),)


def to_finish(id: str) -> tuple[Step, ...]:
    """The steps that are run when every file of a control is filled in."""
    return (
        *after_writing(id),
        Step("pytest", ("unit/test_frameworks.py", "unit/test_remedies.py", "-q", "-k", f"mapped or {id}"), "its row is whole"),
        Step("proofs.record", ("--control", id), "what it asks is recorded"),
        Step("proofs.needs", (id,), "its permissions are written down"),
        Step("proofs.enums", (id,), "so are the values of the enumerations that it compares"),
        Step("pytest", ("proofs", "-q", "-k", id), "it can fail, and notices every change of a fact"),
        Step("scripts.documents", (), "the documents that are made from the catalogue have it"),
    )


def placeholders(root: Path) -> Iterator[str]:
    """The lines that the skeletons leave to their author, as ``file:line: text``."""
    for file in sorted(file for place in _PLACES for file in (root / place).rglob("*.*") if file.suffix in (".py", ".toml")):
        if file.parent.name == "cli":
            continue
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if re.search(r"\bTODO\b", line):
                yield f"{file.relative_to(root)}:{number}: {line.strip()}"


def run(steps: Sequence[Step], root: Path) -> list[Step]:
    """Run steps until one fails, and say how each ended; those that are left, the one that failed first."""
    for number, step in enumerate(steps):
        print(f"{step} ...", flush=True)
        since = time.monotonic()
        ended = command.run(
            sys.executable, "-m", step.module, *step.arguments, directory=root, environment=os.environ, timeout=_LONGEST
        )
        if ended.exit_status:
            lines = (ended.stdout + ended.stderr).splitlines()[-_SHOWN:]
            print("\n".join([*(f"  | {line}" for line in lines), f"  failed: {ended.problem}"]))
            return list(steps[number:])
        print(f"  {step.what} ({time.monotonic() - since:.0f} s)")
    return []


def finish(id: str, root: Path) -> int:
    """Run what a control needs; 0 if it is whole, 1 if something is left. Raises `UsageError` for an id that has no row."""
    if id not in catalogue():
        raise UsageError(f"{id} has no row in tests/*/controls.toml: stackproof new control {id} --resource NAME writes one")
    if todo := [*placeholders(root)]:
        print("\n".join(["Left to do, then run this again:", *(f"  {line}" for line in todo)]))
        return 1
    if left := run(to_finish(id), root):
        print("\n".join(["", "Left to do, then run this again:", *(f"  {step}    # {step.what}" for step in left)]))
        return 1
    print(f"{id} is whole. Look at it: pytest -k {id}, and with --target plan; then a line in changes/.")
    return 0
