r"""The manifest: which files a run left, and their digests, each chained to the one before.

A line is ``<chain> <sha256>  <path>``. What follows the chain is what ``sha256sum`` reads and writes; the chain is the SHA-256 of the chain
of the line before (64 zeros for the first), a space, the rest of the line and a newline. So one digest, the last chain (the head), stands
for the whole run, and a line that was changed, taken out or put in shows where it is.
"""

import hashlib
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stackproof.util.text import visible

FOLDER = "evidence"
MANIFEST = f"{FOLDER}/manifest"
SIGNATURE = f"{FOLDER}/manifest.sig"
PUBLIC_KEY = f"{FOLDER}/public.pem"
"""Of the key that signed; whether it is the right one, only somebody who knows the key can tell."""
ESSENTIAL = (f"{FOLDER}/run.json", "results.json")
"""What every run leaves. Taken out together with its line, the last one would not be missed."""
START = "0" * 64

_PORTION = 1 << 20
"""Bytes of a file that are read at a time."""
MOST_BYTES = 1 << 27
"""Of a manifest: about half a million files."""

_LINE = re.compile(r"(?P<chain>[0-9a-f]{64}) (?P<rest>(?P<digest>[0-9a-f]{64})  (?P<path>[^\n]+))")


@dataclass(frozen=True)
class Problem:
    """A file of a run that is not as it was when the run ended."""

    path: str
    """From the directory of the run."""
    what: str

    def __str__(self) -> str:
        call = re.fullmatch(rf"{FOLDER}/calls/([\w-]+)\.(\w+)\.[0-9a-f]+\.json\.gz", self.path)
        said = f"{self.path}: {self.what}" + (f" (an answer to {call[1]}:{call[2]})" if call else "")
        return visible(said).replace("\n", "\N{REPLACEMENT CHARACTER}")


def covered(directory: Path) -> list[str]:
    """Every file of a run's directory but the manifest and its signature, from the directory, sorted."""
    found = (path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_symlink() or not path.is_dir())
    return sorted(path for path in found if path not in (MANIFEST, SIGNATURE))


def written(directory: Path, paths: Iterable[str]) -> str:
    """The text of the manifest of these files; what is no file of the run's own (a link, a pipe) has no place in it."""
    own = (path for path in paths if "\n" not in path and not irregularity(directory / path))
    return "".join(f"{chain} {rest}\n" for chain, rest in chained(f"{digest(directory / path)}  {path}" for path in own))


def content(directory: Path) -> bytes:
    """The bytes of a run's manifest, which are what is signed. Raises `ValueError` for one that is none."""
    path = directory / MANIFEST
    if not is_there(path):
        raise ValueError("removed: nothing says any more what the run left")
    if wrong := irregularity(path):
        raise ValueError(f"changed: {wrong}")
    content = beginning(path, MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(f"changed: it is longer than {MOST_BYTES:,} bytes")
    return content


def text(directory: Path) -> str:
    """The text of a run's manifest. Raises `ValueError` for one that is none."""
    return content(directory).decode("utf-8", "surrogateescape")


def beginning(path: Path, length: int) -> bytes:
    """The first bytes of a file, however long it is."""
    with path.open("rb") as file:
        return file.read(length)


def is_there(path: Path) -> bool:
    """True if there is anything at a path, also a link that leads nowhere."""
    try:
        path.lstat()
    except (OSError, ValueError):
        return False
    return True


def irregularity(path: Path) -> str:
    """The reason why a path is no file of the run's own (a link, a pipe, not readable); empty for one that is."""
    try:
        found = path.lstat()
    except (OSError, ValueError) as error:
        return f"it cannot be read: {getattr(error, 'strerror', None) or error}"
    if stat.S_ISLNK(found.st_mode):
        return "it is a link"
    if not stat.S_ISREG(found.st_mode):
        return "it is no file (a directory, a pipe or a device)"
    return "it is a file that has another name elsewhere (a hard link): copy it" if found.st_nlink > 1 else ""


def chained(rests: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each line's rest with its chain before it."""
    chain = START
    for rest in rests:
        chain = hashlib.sha256(f"{chain} {rest}\n".encode()).hexdigest()
        yield chain, rest


def head(text: str) -> str:
    """The chain of the last line, which stands for all; `START` for no line."""
    lines = text.splitlines()
    return lines[-1].partition(" ")[0] if lines else START


def problems(directory: Path) -> list[Problem]:
    """Everything that is not as the manifest says, in the manifest's order; what was added comes last."""
    try:
        lines = text(directory).split("\n")
    except (OSError, ValueError) as error:
        return [Problem(MANIFEST, str(error))]
    if lines.pop():
        return [Problem(MANIFEST, f"changed: line {len(lines) + 1} is cut off")]
    matches = [_LINE.fullmatch(line) for line in lines]
    if None in matches or not matches:
        return [Problem(MANIFEST, f"changed: line {matches.index(None) + 1 if matches else 1} is no entry")]
    entries = [match for match in matches if match]
    listed = {entry["path"] for entry in entries}
    known = listed.union(ESSENTIAL)
    return [
        *_broken(entries),
        *(Problem(entry["path"], what) for entry in entries if (what := _difference(directory, entry["path"], entry["digest"]))),
        *(Problem(path, "not in the manifest, and every run leaves it") for path in ESSENTIAL if path not in listed),
        *(Problem(path, "added: the run did not leave it") for path in covered(directory) if path not in known),
    ]


def _broken(entries: Sequence[re.Match[str]]) -> Iterator[Problem]:
    chain = START
    for number, entry in enumerate(entries, 1):
        expected = hashlib.sha256(f"{chain} {entry['rest']}\n".encode("utf-8", "surrogateescape")).hexdigest()
        chain = entry["chain"]
        if chain != expected:
            yield Problem(MANIFEST, f"changed: line {number} ({entry['path']}) does not follow from the one before")


def _difference(directory: Path, path: str, expected: str) -> str:
    """What became of a file; nothing if it is as it was."""
    file = directory / path
    if Path(path).is_absolute() or ".." in Path(path).parts:
        return "lies outside the directory of the run"
    if not is_there(file):
        return "removed"
    if wrong := irregularity(file):
        return f"changed: {wrong}"
    try:
        return "" if digest(file) == expected else "changed"
    except OSError as error:
        return f"changed: it cannot be read: {error.strerror}"


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    found = hashlib.sha256()
    with path.open("rb", buffering=0) as file:  # most are small, and a buffer takes longer than they do
        while portion := file.read(_PORTION):
            found.update(portion)
    return found.hexdigest()
