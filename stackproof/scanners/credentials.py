"""Search everything that git keeps of a repository for credentials."""

import functools
import hashlib
import json
import os
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from stackproof.redaction import credentials as judgement
from stackproof.redaction.credentials import Credential, credentials_in, in_line, syntax
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
    """The versions of files that were searched, by their ids: what was found, as places in the text, and nothing of what is in them."""

    def __init__(self, cache: Path) -> None:
        self._file = cache / f"searched-{_detectors_digest()}.json"
        self._known: dict[str, list[_At] | None] = json.loads(self._file.read_bytes()) if self._file.exists() else {}
        self._new: dict[str, list[_At] | None] = {}

    def knows(self, blob: Blob) -> bool:
        return self._key(blob) in self._known

    def places(self, blob: Blob) -> "list[_At] | None":
        """Where something was found in a version that is known; None for one that is no text."""
        return self._known[self._key(blob)]

    def add(self, blob: Blob, text: str | None, found: Iterable[Credential] = ()) -> None:
        """Remember what was found in a version, if all of it stands in the text as it is."""
        places = None if text is None else [(one.kind, one.line, text.find(one.value), len(one.value)) for one in found]
        if not places or all(start >= 0 for _, _, start, _ in places):
            self._new[self._key(blob)] = places

    def save(self) -> None:
        """Write the memory to its file at once, so that another process reads the old one or the new one, never a part."""
        if self._new:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            unfinished = self._file.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
            unfinished.write_text(json.dumps(self._known | self._new), encoding="ascii")
            unfinished.replace(self._file)

    @staticmethod
    def _key(blob: Blob) -> str:
        return f"{blob.id} {syntax(blob.path)}"


_At = tuple[str, int, int, int]
"""Of a credential: its kind, its line, and where in the text its value begins and how long it is."""


@functools.cache
def _detectors_digest() -> str:
    """Of what decides what is found."""
    detector = sorted(one for one in Path(judgement.__file__).parent.iterdir() if one.suffix in (".py", ".toml"))
    return hashlib.sha256(b"".join(one.read_bytes() for one in (*detector, Path(history.__file__)))).hexdigest()[:16]


def search(root: Path, cache: Path | None = None) -> Search:
    """Look at each version of each file, and at equal lines once. Raises `CouldNotVerify` as `history.blobs` does.

    A version never changes: where these detectors have found what is remembered in ``cache``, and of the versions in which they have found
    nothing no more than the id is looked at again.
    """
    memory = Memory(cache) if cache else None
    blobs = history.blobs(root)
    found: defaultdict[tuple[str, str, str], dict[str, int]] = defaultdict(dict)
    versions = 0
    for blob, credentials in _searched(root, blobs, memory):
        versions += 1
        for one in credentials:
            found[blob.path, one.kind, one.value].setdefault(blob.id, one.line)
    if memory:
        memory.save()
    commits = history.introductions(root) if found else {}
    age = {blob_id: number for number, blob_id in enumerate(commits)}
    places = []
    for (path, kind, value), lines in sorted(found.items()):
        oldest = min(lines, key=lambda blob_id: age.get(blob_id, len(age)))
        places.append(Place(kind, path, lines[oldest], commits.get(oldest, history.UNCOMMITTED), value))
    return Search(versions, tuple(places))


def _searched(root: Path, blobs: Iterable[Blob], memory: Memory | None) -> Iterator[tuple[Blob, list[Credential]]]:
    """The versions that are text, with what is found in them. Read is what is not known, and where something was found before."""
    in_known_line = functools.cache(in_line)
    known = {blob: memory.places(blob) for blob in blobs if memory and memory.knows(blob)}
    yield from ((blob, []) for blob, places in known.items() if places == [])
    asked = [*(blob for blob in blobs if blob not in known), *(blob for blob, places in known.items() if places)]
    for blob, content in history.contents(root, asked):
        text = None if content is None else history.text_of(content)
        if text is not None and (places := known.get(blob)):
            yield blob, [Credential(kind, line, text[start : start + length]) for kind, line, start, length in places]
            continue
        written = syntax(blob.path)
        here = [] if text is None else credentials_in(text, lambda line: in_known_line(line, written))  # noqa: B023 - called at once
        if memory:
            memory.add(blob, text, here)
        if text is not None:
            yield blob, here
