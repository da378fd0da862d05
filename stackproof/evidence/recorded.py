"""A run as its evidence folder holds it: written when the run ends, read when it is judged again."""

import hashlib
import json
import shutil
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from pydantic import TypeAdapter, ValidationError

from stackproof.core.results import Run
from stackproof.core.verdicts import UsageError
from stackproof.evidence import manifest, signing, store
from stackproof.evidence.manifest import FOLDER, MANIFEST, PUBLIC_KEY, SIGNATURE
from stackproof.profile.schema import Profile
from stackproof.redaction.redaction import redact
from stackproof.sources.replay import Recording
from stackproof.util import json_document

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FORMAT = 1
"""Raised with every change of the folder's format."""


@dataclass(frozen=True)
class Facts:
    """``run.json``: what was judged, where, when, and by which code."""

    stackproof: str
    """The version."""
    code: str
    """`code_digest`: two runs with the same one were judged by the same code."""
    environment: str
    target: str
    """As the controls saw it: ``plan``, ``embedded``, ``aws``."""
    stages: str
    """The catalogue's target codes that were judged."""
    account: str
    """Empty where none was asked."""
    region: str
    endpoint: str
    """Of an emulator; empty for AWS itself and for a plan."""
    is_given_a_plan: bool
    """Whether the plan was made elsewhere, and only its document was there."""
    now: datetime
    """The moment that ages were counted from, UTC."""
    replay_of: str
    """The head of the manifest whose recording was judged; empty for a run of its own."""


@dataclass(frozen=True)
class RecordedRun:
    """Everything that judging a run again takes. Reading a part raises `UsageError` if the folder does not have it."""

    directory: Path
    facts: Facts
    head: str
    """Of the manifest."""

    @property
    def folder(self) -> Path:
        return self.directory / FOLDER

    @cached_property
    def profile(self) -> Profile:
        """The profile that the run was judged by."""
        try:
            return Profile.model_validate_json(self._text(f"{FOLDER}/environment.json"))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise UsageError(
                f"{self.folder / 'environment.json'}: {'.'.join(map(str, first['loc']))}: {first['msg']}. This version reads "
                "environments in another way; name the one to judge by: --env"
            ) from None

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
        from stackproof.core import results_file as results_json

        with self._open("results.json") as file:
            return results_json.read(file)

    def document(self, name: str) -> Any:
        """A document that was judged; None if the run had none of this name."""
        return store.document(self.folder, name)

    def observed(self, collection: str) -> Any:
        """A collection as it was then; raises what making it raised, and `CouldNotVerify` if it was not made."""
        return store.observed(self.folder, collection)

    def _text(self, path: str) -> str:
        with self._open(path) as file:
            return file.read()

    def _open(self, path: str) -> TextIO:
        try:
            return (self.directory / path).open(encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{self.directory / path}: {error.strerror}") from None


_FACTS = TypeAdapter(Facts)


def read(directory: Path) -> RecordedRun:
    """The run in a directory (``reports/local-embedded``, or its evidence folder).

    Raises `UsageError` if there is none, or if anything in it is not as the run left it: what was changed proves nothing.
    """
    if directory.name == FOLDER and (directory / "run.json").is_file():
        directory = directory.parent
    if not (directory / FOLDER).is_dir():
        raise UsageError(f"--evidence {directory}: there is no evidence of a run (no folder {FOLDER})")
    changed = manifest.problems(directory)
    if changed:
        told = "\n".join(f"  {problem}" for problem in changed[:5])
        raise UsageError(f"--evidence {directory}: not as the run left it, so it is not judged again\n{told}")
    try:
        document = json_document.loads((directory / FOLDER / "run.json").read_bytes())
        if document.pop("format", None) != FORMAT:
            raise UsageError(f"{directory / FOLDER}: another format than {FORMAT}; replay it with the version that wrote it")
        facts = _FACTS.validate_json(json.dumps(document), strict=True)
    except (OSError, ValueError, AttributeError) as error:
        raise UsageError(f"{directory / FOLDER / 'run.json'}: {error}") from None
    return RecordedRun(directory, facts, manifest.head((directory / MANIFEST).read_text(encoding="utf-8")))


def write(directory: Path, kept: store.Store, facts: Facts, profile: Profile, waivers: str) -> None:
    """Write the evidence folder of a run over that of the last one, all but the manifest."""
    folder = directory / FOLDER
    if folder.exists():
        shutil.rmtree(folder)
    kept.move_to(folder)
    document = {"format": FORMAT, **_FACTS.dump_python(facts, mode="json")}
    expected = json.dumps(profile.model_dump(mode="json", by_alias=True), indent=1, ensure_ascii=False)
    (folder / "run.json").write_text(redact(json.dumps(document, indent=1)) + "\n", encoding="utf-8")
    (folder / "environment.json").write_text(redact(expected) + "\n", encoding="utf-8")
    (folder / "waivers.toml").write_text(redact(waivers), encoding="utf-8")


def seal(directory: Path, key: "Ed25519PrivateKey | None") -> None:
    """Write the manifest of everything in a run's directory, and sign it; the last thing that a run does."""
    if key:
        (directory / PUBLIC_KEY).write_bytes(signing.as_pem(key.public_key()))
    text = manifest.written(directory, manifest.covered(directory)).encode()
    (directory / MANIFEST).write_bytes(text)
    if key:
        (directory / SIGNATURE).write_bytes(key.sign(text))


def code_digest(root: Path) -> str:
    """The SHA-256 of the code that judges: the engine, its tables, and the controls in ``tests/`` of the repository."""
    engine = Path(__file__).parents[1]
    found = {
        f"{base.name}/{path.relative_to(base).as_posix()}": path
        for base in (engine, root / "tests")
        for path in base.rglob("*")
        if path.suffix in (".py", ".toml", ".json")
    }
    listing = "".join(f"{manifest.digest(path)}  {name}\n" for name, path in sorted(found.items()))
    return hashlib.sha256(listing.encode()).hexdigest()
