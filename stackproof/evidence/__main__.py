"""``python -m stackproof.evidence check DIR``: shows whether a run's evidence and reports are as the run left them.

Prints what was sealed: environment, target, account, time, commit, controls and verdicts. Exit status: 0 if all is as the run left it,
1 if something was changed, removed or added, 4 for bad input.
"""

import sys
from functools import partial
from pathlib import Path

from stackproof.core.verdicts import UsageError
from stackproof.evidence import folders, manifest, signing, verification
from stackproof.evidence.manifest import FOLDER, Problem
from stackproof.processes.command_line import Parser, exit_status, show
from stackproof.util.text import visible


def main(arguments: list[str] | None = None, prog: str = "python -m stackproof.evidence") -> int:
    """Run the command; its exit status."""
    return exit_status(partial(_main, arguments, prog))


def _main(arguments: list[str] | None, prog: str) -> int:
    parser = Parser(prog=prog, description=__doc__)
    parser.add_argument("command", choices=("check",))
    parser.add_argument("directory", metavar="DIR", type=Path, help="of a run, or reports/local-embedded: its latest")
    parser.add_argument("--public-key", metavar="FILE", type=Path, help="the Ed25519 key (PEM) that must have signed it")
    options = parser.parse_args(arguments)
    directory = folders.of_run(options.directory)
    found, said = check(directory, options.public_key)
    for problem in found:
        show(visible(f"{directory}/{problem}"))
    show(visible(f"{directory}: {said}"))
    return int(bool(found))


def check(directory: Path, public_key: Path | None = None) -> tuple[list[Problem], str]:
    """The parts of a run that are not as it left them, and lines about the whole. Raises `UsageError` if it is no run's directory."""
    directory = folders.of_run(directory)
    if not (directory / FOLDER).is_dir():
        raise UsageError(f"{directory}: there is no evidence of a run (no folder {FOLDER})")
    found = verification.problems(directory, signing.public_key(public_key) if public_key else None)
    if found:
        return found, f"{len(found)} of its parts {'is' if len(found) == 1 else 'are'} not as the run left them"
    text = manifest.text(directory)
    worth = verification.signer(directory)
    if worth.startswith("signed") and not public_key:
        worth += ": compare it with the one you know, or give --public-key"
    lines = verification.sealed(directory)
    counted = f"{len(text.splitlines())} files are as the run left them; head {manifest.head(text)}; {worth}"
    return [], "\n  ".join((counted, *lines))


if __name__ == "__main__":
    sys.exit(main())
