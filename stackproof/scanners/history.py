"""Everything that git keeps of a repository: each version of each file that a branch, a tag or the index leads to."""

import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from stackproof.core.verdicts import CouldNotVerify
from stackproof.processes.children import without_credentials
from stackproof.scanners.git import git

UNCOMMITTED = "the index"


@dataclass(frozen=True)
class Blob:
    """A version of a file. What it was renamed to, and an equal file elsewhere, is the same one."""

    id: str
    path: str
    """One of the paths that it has."""


def blobs(root: Path) -> list[Blob]:
    """Each version of a file, once.

    Raises `CouldNotVerify` for a clone that does not have them all: a shallow one, a partial one.
    """
    if git(root, "rev-parse", "--is-shallow-repository") == ["true"]:
        raise CouldNotVerify("the clone is shallow: history is missing. Fetch it: git fetch --unshallow (fetch-depth: 0 in CI)")
    listed = git(root, "rev-list", "--objects", "--missing=print", "--all", "--indexed-objects")
    if any(line.startswith("?") for line in listed):
        raise CouldNotVerify("the clone is partial: versions of files are missing. Make one without a filter")
    named = [line.partition(" ") for line in listed]
    return [Blob(id, path) for id, _, path in named if path]


def contents(root: Path, wanted: Iterable[Blob]) -> Iterator[tuple[Blob, bytes | None]]:
    """The blobs with what is in them; None for a directory, which looks like one so far. Raises `CouldNotVerify`."""
    asked = list(wanted)
    with tempfile.TemporaryFile() as ids:
        ids.writelines(f"{blob.id}\n".encode() for blob in asked)
        ids.seek(0)
        command = ["git", "-C", str(root), "cat-file", "--batch"]
        environment = without_credentials(os.environ)
        with subprocess.Popen(command, env=environment, stdin=ids, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as reading:
            assert reading.stdout
            for blob in asked:
                _, kind, size = _header(reading.stdout.readline(), blob)
                content = reading.stdout.read(size + 1)[:-1]
                yield blob, content if kind == "blob" else None


def _header(line: bytes, blob: Blob) -> tuple[str, str, int]:
    """
    >>> _header(b"0a1b blob 12\\n", Blob("0a1b", "a.txt"))
    ('0a1b', 'blob', 12)
    """
    parts = line.decode().split()
    if len(parts) != 3 or parts[0] != blob.id:
        raise CouldNotVerify(f"git cannot read {blob.path} ({blob.id}): {line.decode().strip() or 'it ended'}")
    return parts[0], parts[1], int(parts[2])


def introductions(root: Path) -> dict[str, str]:
    """The commit (abbreviated) that each blob appeared in first, by the blob's id, in the order of appearance."""
    found: dict[str, str] = {}
    commit = ""
    how = ("--no-show-signature", "--root", "-m", "--raw", "--no-abbrev", "--no-renames", "--format=%H")
    for line in git(root, "log", "--all", "--reverse", *how):
        if line.startswith(":"):
            found.setdefault(line.split()[3], commit[:10])  # ":100644 100644 OLD NEW M<TAB>path"
        else:
            commit = line or commit
    return found


def text_of(content: bytes) -> str | None:
    """A file's content as text; None for one that is none.

    >>> text_of("열쇠".encode()), text_of("key".encode("utf-16")), text_of(b"GIF89a\\x00")
    ('열쇠', 'key', None)
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    return None if b"\0" in content[:8000] else content.decode("utf-8", errors="replace")
