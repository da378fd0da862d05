"""A run as its evidence folder holds it: written when the run ends, read when it is judged again."""

import json
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from stackproof.core.results import Run
from stackproof.core.verdicts import UsageError
from stackproof.evidence import code, folders, manifest, signing, store, verification
from stackproof.evidence import facts as run_facts
from stackproof.evidence.facts import Facts
from stackproof.evidence.manifest import FOLDER, MANIFEST, PUBLIC_KEY, SIGNATURE
from stackproof.profile.schema import Profile
from stackproof.redaction.redaction import redact, redact_data
from stackproof.sources.replay import Recording
from stackproof.util import json_document

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


@dataclass(frozen=True)
class RecordedRun:
    """Everything that judging a run again takes. Reading a part raises `UsageError` if the folder does not have it."""

    directory: Path
    facts: Facts
    head: str
    """Of the manifest."""
    signed: str
    """By which key it was signed, as a phrase."""

    @property
    def folder(self) -> Path:
        return self.directory / FOLDER

    @cached_property
    def profile(self) -> Profile:
        """The profile that the run was judged by."""
        try:
            document = json_document.loads(self._text(f"{FOLDER}/environment.json"))
            return Profile.model_validate_json(json.dumps(document))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise UsageError(
                f"{self.folder / 'environment.json'}: {'.'.join(map(str, first['loc']))}: {first['msg']}. This version reads "
                "environments in another way; name the one to judge by: --env"
            ) from None
        except ValueError as error:
            raise UsageError(f"{self.folder / 'environment.json'}: {error}") from None

    @cached_property
    def waivers(self) -> str:
        """The text of ``waivers.toml`` as the run had it."""
        return self._text(f"{FOLDER}/waivers.toml")

    @cached_property
    def recording(self) -> Recording:
        """The answers of AWS that the run recorded."""
        try:
            return store.recording(self.folder)
        except ValueError as error:
            raise UsageError(f"{self.folder}: {error}") from None

    @cached_property
    def results(self) -> Run:
        """The results that the run wrote."""
        return verification.results_of(self.directory)

    def document(self, name: str) -> Any:
        """A document that was judged; None if the run had none of this name."""
        return store.document(self.folder, name)

    def observed(self, collection: str) -> Any:
        """A collection as it was then; raises what making it raised, and `CouldNotVerify` if it was not made."""
        return store.observed(self.folder, collection)

    def _text(self, path: str) -> str:
        try:
            return (self.directory / path).read_text(encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{self.directory / path}: {error.strerror}") from None
        except ValueError as error:
            raise UsageError(f"{self.directory / path}: {error}") from None


def read(directory: Path, key: "Ed25519PublicKey | None" = None) -> RecordedRun:
    """The run in a directory; the latest, in the folder of an environment and target (``reports/local-embedded``).

    Raises `UsageError` if there is none, or if anything in it is not as the run left it: what was changed proves nothing. With a key,
    the run must be signed by it.
    """
    directory = folders.of_run(directory)
    if not (directory / FOLDER).is_dir():
        raise UsageError(f"--evidence {directory}: there is no evidence of a run (no folder {FOLDER})")
    changed = verification.problems(directory, key)
    if changed:
        reported = "\n".join(f"  {problem}" for problem in changed[:5])
        raise UsageError(f"--evidence {directory}: not as the run left it, so it is not judged again\n{reported}")
    return RecordedRun(
        directory, run_facts.read(directory), manifest.head(manifest.text(directory)), verification.signer(directory)
    )


def write(directory: Path, kept: store.Store, facts: Facts, profile: Profile, waivers: str, modules: str = "") -> None:
    """Write the evidence folder of a run over that of the last one, all but the manifest; ``modules`` is `code.listing`."""
    folder = directory / FOLDER
    if folder.exists():
        shutil.rmtree(folder)
    kept.move_to(folder)
    expected = json.dumps(redact_data(profile.model_dump(mode="json", by_alias=True)), indent=1, ensure_ascii=False)
    run_facts.write(directory, facts)
    (folder / "environment.json").write_text(expected + "\n", encoding="utf-8")
    (folder / "waivers.toml").write_text(redact(waivers), encoding="utf-8")
    (directory / code.MODULES).write_text(modules, encoding="utf-8", errors="backslashreplace")


def seal(directory: Path, key: "Ed25519PrivateKey | None") -> None:
    """Write the manifest of everything in a run's directory, and sign it; the last thing that a run does."""
    if key:
        (directory / PUBLIC_KEY).write_bytes(signing.as_pem(key.public_key()))
    text = manifest.written(directory, manifest.covered(directory)).encode()
    (directory / MANIFEST).write_bytes(text)
    if key:
        (directory / SIGNATURE).write_bytes(key.sign(text))
