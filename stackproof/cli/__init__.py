"""The command ``stackproof``: a table of commands, each the ``main`` of a module that is imported when it is asked for."""

import importlib
import sys
from collections.abc import Mapping, Sequence
from functools import partial

import stackproof
from stackproof.core.verdicts import UsageError
from stackproof.processes.command_line import exit_status, show

COMMANDS: Mapping[str, tuple[str, str]] = {
    "check": ("stackproof.cli.check", "the first verdict on a plan, or an account: no profile, no repository"),
    "init": ("stackproof.cli.init", "write a profile of what a plan makes, or an account has, for a person to review"),
    "new": ("stackproof.cli.new", "write the files of a new control or a new kind of resource"),
    "cloud": ("stackproof.embedded.__main__", "the embedded cloud that stays between runs: up, status, down"),
    "localstack": ("stackproof.localstack.__main__", "the LocalStack that stays between runs: up, status, down"),
    "organisation": ("stackproof.organisation.command", "judge every account and region of an organisation, on Dask: verify"),
    "report": ("stackproof.cli.report", "a run as a document: for people, and for other tools"),
    "diff": ("stackproof.cli.diff", "what came out otherwise in one of two runs"),
    "evidence": ("stackproof.evidence.__main__", "check whether a run's evidence is as the run left it"),
}
"""Each command: the module whose ``main(arguments, prog)`` runs it, and what it is for."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit status: 0, 1 when it failed, 4 for bad input, and what the command itself says of others."""
    name, *others = (sys.argv[1:] if arguments is None else arguments) or [""]
    if name in ("", "-h", "--help"):
        return exit_status(partial(_shown, usage(), 0 if name else 4))
    if name == "--version":
        return exit_status(partial(_shown, f"stackproof {stackproof.__version__}", 0))
    if name not in COMMANDS:
        return exit_status(partial(_refuse, name))
    return exit_status(partial(_run, name, others))


def _run(name: str, arguments: Sequence[str]) -> int:
    status: int = importlib.import_module(COMMANDS[name][0]).main(arguments, f"stackproof {name}")
    return status


def _shown(text: str, status: int) -> int:
    show(text)
    return status


def usage() -> str:
    """The text that ``stackproof --help`` prints."""
    lines = [f"  {name:<14}{meaning}" for name, (_, meaning) in COMMANDS.items()]
    return "\n".join(
        [
            "stackproof COMMAND ...: prove that an AWS stack meets its documented conditions. Controls are run by pytest.",
            "",
            *lines,
            "",
            "stackproof COMMAND --help tells more of one; pytest -m security judges a stack.",
        ]
    )


def _refuse(name: str) -> int:
    raise UsageError(f"stackproof has no command {name!r}; it has: {', '.join(COMMANDS)}")
