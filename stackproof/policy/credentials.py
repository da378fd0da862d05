"""Search everything that git keeps of a repository for credentials."""

import functools
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from stackproof.judgement.credentials import credentials_in, in_line, syntax
from stackproof.policy import history


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
    """What a search looked at, and what it found."""

    versions: int
    """Of files; those that are no text are not among them."""
    places: tuple[Place, ...]
    """By path."""


def search(root: Path) -> Search:
    """Look at each version of each file, and at equal lines once. Raises `CouldNotVerify` as `history.blobs` does."""
    in_known_line = functools.cache(in_line)
    found: defaultdict[tuple[str, str, str], dict[str, int]] = defaultdict(dict)
    versions = 0
    for blob, content in history.contents(root, history.blobs(root)):
        text = history.text_of(content)
        if text is None:
            continue
        versions += 1
        written = syntax(blob.path)
        for one in credentials_in(text, lambda line: in_known_line(line, written)):  # noqa: B023 - called at once
            found[blob.path, one.kind, one.value].setdefault(blob.id, one.line)
    commits = history.introductions(root) if found else {}
    age = {blob_id: number for number, blob_id in enumerate(commits)}
    places = []
    for (path, kind, value), lines in sorted(found.items()):
        oldest = min(lines, key=lambda blob_id: age.get(blob_id, len(age)))
        places.append(Place(kind, path, lines[oldest], commits.get(oldest, history.UNCOMMITTED), value))
    return Search(versions, tuple(places))
