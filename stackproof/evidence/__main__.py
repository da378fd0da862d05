"""``python -m stackproof.evidence check DIR``: whether a run's evidence and reports are as the run left them.

Exit status: 0 if they are, 1 if something was changed, removed or added, 4 for bad input.
"""

import sys
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from stackproof.core.verdicts import UsageError
from stackproof.evidence import manifest, signing
from stackproof.evidence.manifest import FOLDER, MANIFEST, PUBLIC_KEY, SIGNATURE, Problem
from stackproof.processes.command_line import Parser, exit_status


def main(arguments: list[str] | None = None, prog: str = "python -m stackproof.evidence") -> int:
    """Run the command; its exit status."""
    return exit_status(partial(_main, arguments, prog))


def _main(arguments: list[str] | None, prog: str) -> int:
    parser = Parser(prog=prog, description=__doc__)
    parser.add_argument("command", choices=("check",))
    parser.add_argument("directory", metavar="DIR", type=Path, help="of a run: reports/local-embedded")
    parser.add_argument("--public-key", metavar="FILE", type=Path, help="the Ed25519 key (PEM) that must have signed it")
    options = parser.parse_args(arguments)
    found, said = check(options.directory, options.public_key)
    for problem in found:
        print(f"{options.directory}/{problem}")
    print(f"{options.directory}: {said}")
    return int(bool(found))


def check(directory: Path, public_key: Path | None = None) -> tuple[list[Problem], str]:
    """The parts of a run that are not as it left them, and a sentence about the whole. Raises `UsageError` if it is no run's directory."""
    if not (directory / FOLDER).is_dir():
        raise UsageError(f"{directory}: there is no evidence of a run (no folder {FOLDER})")
    key = signing.public_key(public_key) if public_key else None
    found = [*manifest.problems(directory), *_unsigned(directory, key)]
    if found:
        return found, f"{len(found)} of its parts {'is' if len(found) == 1 else 'are'} not as the run left them"
    text = (directory / MANIFEST).read_text(encoding="utf-8")
    return [], f"{len(text.splitlines())} files are as the run left them; head {manifest.head(text)}; {_worth(directory, key)}"


def _unsigned(directory: Path, key: Ed25519PublicKey | None) -> list[Problem]:
    """What is wrong with the signature."""
    signature, claimed = directory / SIGNATURE, directory / PUBLIC_KEY
    if not claimed.is_file():
        added = [Problem(SIGNATURE, "added: the run was not signed")] if signature.exists() else []
        return added or ([Problem(SIGNATURE, "not there: the run was not signed")] if key else [])
    if not signature.is_file():
        return [Problem(SIGNATURE, "removed")]
    if not (directory / MANIFEST).is_file():
        return []
    try:
        signer = signing.public_key(claimed)
    except UsageError as error:
        return [Problem(PUBLIC_KEY, f"changed: {error}")]
    if not signing.is_signed_by(signer, signature.read_bytes(), (directory / MANIFEST).read_bytes()):
        return [Problem(SIGNATURE, f"not the signature of this manifest by the key {signing.fingerprint(signer)}")]
    if key and key != signer:
        return [Problem(SIGNATURE, f"by the key {signing.fingerprint(signer)}, and not by {signing.fingerprint(key)}")]
    return []


def _worth(directory: Path, key: Ed25519PublicKey | None) -> str:
    """How far the signature shows who made the evidence, as a phrase: signed by the given key, by an unknown one, or not signed."""
    if key:
        return f"signed by the key {signing.fingerprint(key)}"
    if not (directory / PUBLIC_KEY).is_file():
        return "not signed: who can write here could have made all of it anew"
    by = signing.fingerprint(signing.public_key(directory / PUBLIC_KEY))
    return f"signed by the key {by}: compare it with the one you know, or give --public-key"


if __name__ == "__main__":
    sys.exit(main())
