"""Write down what each control asks AWS, here and in every proof on a cloud: ``python -m proofs.needs``, or of some: ``... ID ID``."""

import sys
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import stackproof.sources.aws
from proofs import harness
from proofs.harness import asked
from stackproof.core.controls import catalogue
from stackproof.core.verdicts import UsageError
from stackproof.processes.command_line import exit_status
from stackproof.sources.aws import permissions
from stackproof.sources.aws.calls import Call

if TYPE_CHECKING:
    from proofs.cases import Case

NEEDS = Path(stackproof.sources.aws.__path__[0]) / "needs.toml"
HEAD = "# What each control asks AWS, the network and the database, in some proof of it. Written by python -m proofs.needs.\n"


def main() -> None:
    """Write down what every control asks."""
    update(_on_cloud())


def update(controls: Collection[str]) -> None:
    """Write down what these controls ask; the rows of others stay. Raises `UsageError` for one that asks nothing."""
    every = _on_cloud()
    if unknown := set(controls) - {*every}:
        raise UsageError(f"no control on a cloud: {', '.join(sorted(unknown))}; those are: {', '.join(every)}")
    found = {control: {*operations} for control, operations in permissions.needs().items()}
    found |= {control: _asked(control) for control in controls}
    lines = (f"{id} = [\n" + "".join(f'    "{one}",\n' for one in sorted(found[id])) + "]\n" for id in every if id in found)
    NEEDS.write_text(HEAD + "".join(lines), encoding="utf-8")
    permissions.needs.cache_clear()


def _asked(control: str) -> set[str]:
    return {call.operation for call in calls(control)}


def calls(control: str) -> set[Call]:
    """What a control asks of the recordings, in every proof of it on a cloud."""
    cases = (asked(control, *case.edits, expected=case.profile) for case in _cases(control))
    return {call for calls in (asked(control), *cases) for call in calls}


def _cases(control: str) -> "Iterable[Case]":
    from proofs.rows import CASES

    return (case for case in CASES if case.control == control and case.stage == "cloud")


def _on_cloud() -> list[str]:
    return [control for control in harness.controls(*harness.ON_AWS) if set("EA") & set(catalogue()[control].stages)]


def _command(controls: list[str]) -> int:
    update(controls) if controls else main()
    return 0


if __name__ == "__main__":
    sys.exit(exit_status(lambda: _command(sys.argv[1:])))
