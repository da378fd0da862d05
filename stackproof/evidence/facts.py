"""``run.json``: the environment, target, time and code of a run."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter

from stackproof.core.verdicts import UsageError
from stackproof.evidence.manifest import FOLDER
from stackproof.redaction.redaction import redact
from stackproof.util import json_document

FORMAT = 2
"""Raised with every change of the evidence folder's format."""

FILE = f"{FOLDER}/run.json"


@dataclass(frozen=True)
class Facts:
    """The content of ``run.json``."""

    stackproof: str
    """The version."""
    code: str
    """`stackproof.evidence.code.digest`: two runs with the same one were judged by the same engine and controls."""
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
    commit: str = ""
    """That is checked out, with ``+`` behind it where files differ from it; empty where there is no git."""
    connection: tuple[str, ...] = ()
    """What stood between the run and AWS and could have answered in its place: proxies, certificates, endpoints."""
    modules: str = ""
    """The SHA-256 of ``evidence/modules``: every module, plugin and conftest that took part; see `stackproof.evidence.code`."""
    signed_by: str = ""
    """The fingerprint of the key that signs the manifest; empty for a run that is not signed."""


_FACTS = TypeAdapter(Facts)


def read(directory: Path) -> Facts:
    """The facts in a run's directory. Raises `UsageError` for one that cannot be read, and for another format."""
    path = directory / FILE
    try:
        document = json_document.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from None
    if not isinstance(document, dict) or document.pop("format", None) != FORMAT:
        raise UsageError(f"{path}: another format than {FORMAT}; replay it with the version that wrote it")
    try:
        return _FACTS.validate_json(json.dumps(document), strict=True)
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from None


def write(directory: Path, facts: Facts) -> None:
    """Write ``run.json``, secrets hidden."""
    document = {"format": FORMAT, **_FACTS.dump_python(facts, mode="json")}
    (directory / FILE).write_text(redact(json.dumps(document, indent=1)) + "\n", encoding="utf-8")
