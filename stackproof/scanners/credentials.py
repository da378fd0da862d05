"""Search everything that git keeps of a repository for credentials."""

import functools
import hashlib
import os
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from stackproof.redaction import credentials as judgement
from stackproof.redaction.credentials import credentials_in, in_line, syntax
from stackproof.scanners import history
from stackproof.scanners.history import Blob


@dataclass(frozen=True)
class Place:
    """Where something stands that looks like a credential: in the oldest version of the file that has it."""

    kind: str
    path: str
    line: int
    commit: str
    """Abbreviated id; `history.UNCOMMITTED` for what is only staged."""
    value: str = field(repr=False)

    def __str__(self) -> str:
        return f"{self.path} line {self.line} of {self.commit}: {self.kind}"


@dataclass(frozen=True)
class Search:
    """A search for credentials: the versions of files that were read, and what was found."""

    versions: int
    """Of files; those that are no text are not among them."""
    places: tuple[Place, ...]
    """By path."""


class Memory:
    """The versions of files in which nothing was found, and what is no text, by their ids: nothing of what is in them."""

    def __init__(self, cache: Path) -> None:
        self._file = cache / f"without-credentials-{_detectors_digest()}"
        self._known = frozenset(self._file.read_text(encoding="ascii").split("\n")) if self._file.exists() else frozenset()
        self._new: set[str] = set()

    def knows(self, blob: Blob) -> bool:
        return self._key(blob) in self._known

    def add(self, blob: Blob) -> None:
        self._new.add(self._key(blob))

    def is_no_text(self, blob: Blob) -> bool:
        return f"{blob.id} /" in self._known

    def add_no_text(self, blob: Blob) -> None:
        self._new.add(f"{blob.id} /")

    def save(self) -> None:
        """Write the memory to its file at once, so that another process reads the old one or the new one, never a part."""
        if self._new:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            unfinished = self._file.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
            unfinished.write_text("\n".join(sorted(self._known | self._new)), encoding="ascii")
            unfinished.replace(self._file)

    @staticmethod
    def _key(blob: Blob) -> str:
        return f"{blob.id} {syntax(blob.path)}"


@functools.cache
def _detectors_digest() -> str:
    """Of what decides what is found."""
    detector = sorted(one for one in Path(judgement.__file__).parent.iterdir() if one.suffix in (".py", ".toml"))
    return hashlib.sha256(b"".join(one.read_bytes() for one in (*detector, Path(history.__file__)))).hexdigest()[:16]


def search(root: Path, cache: Path | None = None) -> Search:
    """Look at each version of each file, and at equal lines once. Raises `CouldNotVerify` as `history.blobs` does.

    A version never changes: those in which these detectors found nothing are remembered in ``cache``, and not looked at again.
    """
    in_known_line = functools.cache(in_line)
    found: defaultdict[tuple[str, str, str], dict[str, int]] = defaultdict(dict)
    memory = Memory(cache) if cache else None
    blobs = [blob for blob in history.blobs(root) if not (memory and memory.is_no_text(blob))]
    unknown = [blob for blob in blobs if not (memory and memory.knows(blob))]
    versions = len(blobs) - len(unknown)
    for blob, content in history.contents(root, unknown):
        text = None if content is None else history.text_of(content)
        if text is None:
            if memory:
                memory.add_no_text(blob)
            continue
        versions += 1
        written = syntax(blob.path)
        here = credentials_in(text, lambda line: in_known_line(line, written))  # noqa: B023 - called at once
        for one in here:
            found[blob.path, one.kind, one.value].setdefault(blob.id, one.line)
        if memory and not here:
            memory.add(blob)
    if memory:
        memory.save()
    commits = history.introductions(root) if found else {}
    age = {blob_id: number for number, blob_id in enumerate(commits)}
    places = []
    for (path, kind, value), lines in sorted(found.items()):
        oldest = min(lines, key=lambda blob_id: age.get(blob_id, len(age)))
        places.append(Place(kind, path, lines[oldest], commits.get(oldest, history.UNCOMMITTED), value))
    return Search(versions, tuple(places))
