"""Verification of a recorded run: its files, its signature and its signer, for ``check`` and for a run that is judged again alike."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from stackproof.core import results_file
from stackproof.core.results import Run
from stackproof.core.verdicts import UsageError, Verdict
from stackproof.evidence import facts as run_facts
from stackproof.evidence import manifest, signing
from stackproof.evidence.facts import Facts
from stackproof.evidence.manifest import PUBLIC_KEY, SIGNATURE, Problem
from stackproof.util.text import counted, visible

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_RESULTS = "results.json"


def problems(directory: Path, key: "Ed25519PublicKey | None" = None) -> list[Problem]:
    """The parts of a run's directory that are not as the run left them, and the faults of its signature.

    With a key, the run must be signed by it. A run that says that it was signed must be, with and without a key.
    """
    found = [*manifest.problems(directory), *_signature(directory, key)]
    return found or [*_contradictions(directory)]


def signer(directory: Path) -> str:
    """By which key a run without `problems` was signed, as a phrase."""
    if not (directory / PUBLIC_KEY).is_file():
        return "not signed: who can write here could have made all of it anew"
    return f"signed by the key {signing.fingerprint(signing.public_key(directory / PUBLIC_KEY))}"


def sealed(directory: Path) -> list[str]:
    """Environment, target, account, time, commit and verdicts of a run without `problems`, in lines. Raises `UsageError`.

    They show another run that was put in its place.
    """
    facts, results = run_facts.read(directory), results_of(directory)
    commit = facts.commit.removesuffix("+") or "none"
    lines = [
        f"environment {facts.environment}, target {facts.target}, account {facts.account or 'none'}, {facts.region}",
        f"judged at {facts.now:%Y-%m-%d %H:%M:%S} UTC, by stackproof {facts.stackproof}, code {facts.code[:12]}, "
        f"commit {commit}{' with changes' if facts.commit.endswith('+') else ''}",
        f"{counted(len(results.controls), 'control')}, the gate {'closed' if results.exit_status else 'open'}",
        *(f"  {results.counts[verdict]} {verdict}: {_ids(results, verdict)}" for verdict in Verdict if results.counts[verdict]),
        *(f"note: {note}" for note in results.notes),
    ]
    if facts.replay_of:
        lines.insert(1, f"judged again from the evidence of another run, manifest {facts.replay_of}")
    return [visible(line).replace("\n", " ") for line in lines]


def results_of(directory: Path) -> Run:
    """The ``results.json`` of a run's directory. Raises `UsageError`."""
    try:
        with (directory / _RESULTS).open(encoding="utf-8") as file:
            return results_file.read(file)
    except OSError as error:
        raise UsageError(f"{directory / _RESULTS}: {error.strerror}") from None


def _ids(results: Run, verdict: Verdict) -> str:
    return ", ".join(control.id for control in results.controls if control.verdict is verdict)


def _signature(directory: Path, key: "Ed25519PublicKey | None") -> list[Problem]:
    """The faults of the signature."""
    signature, claimed = directory / SIGNATURE, directory / PUBLIC_KEY
    if not manifest.is_there(claimed):
        if manifest.is_there(signature):
            return [Problem(SIGNATURE, f"there is a signature, and no {PUBLIC_KEY} of the key that made it")]
        said = _signed_by(directory)
        if said:
            return [Problem(SIGNATURE, f"removed: the run was signed by the key {said}")]
        return [Problem(SIGNATURE, "not there: the run was not signed")] if key else []
    if not manifest.is_there(signature):
        return [Problem(SIGNATURE, "removed")]
    if wrong := manifest.irregularity(claimed):
        return [Problem(PUBLIC_KEY, f"changed: {wrong}")]
    if wrong := manifest.irregularity(signature):
        return [Problem(SIGNATURE, f"changed: {wrong}")]
    try:
        by, text = signing.public_key(claimed), manifest.content(directory)
    except UsageError as error:
        return [Problem(PUBLIC_KEY, f"changed: {error}")]
    except ValueError:  # the manifest's own problem says so
        return []
    if not signing.is_signed_by(by, manifest.beginning(signature, signing.LENGTH + 1), text):
        return [Problem(SIGNATURE, f"not the signature of this manifest by the key {signing.fingerprint(by)}")]
    if key and key != by:
        return [Problem(SIGNATURE, f"by the key {signing.fingerprint(by)}, and not by {signing.fingerprint(key)}")]
    said = _signed_by(directory)
    if said != signing.fingerprint(by):
        return [
            Problem(
                SIGNATURE, f"by the key {signing.fingerprint(by)}; the run was {f'signed by {said}' if said else 'not signed'}"
            )
        ]
    return []


def _signed_by(directory: Path) -> str:
    """The key that the run says it was signed by; nothing where that cannot be read, which is a problem of its own."""
    try:
        return "" if manifest.irregularity(directory / run_facts.FILE) else run_facts.read(directory).signed_by
    except UsageError:
        return ""


def _contradictions(directory: Path) -> Iterator[Problem]:
    """The facts in which ``run.json`` and ``results.json`` are not of one run."""
    try:
        facts, results = run_facts.read(directory), results_of(directory)
    except UsageError as error:
        yield Problem(run_facts.FILE if run_facts.FILE in str(error) else _RESULTS, str(error))
        return
    for what, one, other in _told_twice(facts, results):
        if one != other:
            yield Problem(
                _RESULTS, f"of another run: its {what} is {other or 'none'}, and that of {run_facts.FILE} {one or 'none'}"
            )


def _told_twice(facts: Facts, results: Run) -> Iterator[tuple[str, str, str]]:
    yield "environment", facts.environment, results.environment
    yield "target", "replay" if facts.replay_of else facts.target, results.target
    yield "account", facts.account, results.account
    yield "region", facts.region, results.region
