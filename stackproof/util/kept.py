"""Results that are a function of their inputs alone, kept under the digest of all of them, so that no run makes them again.

``FOLDER/NAME-DIGEST.json`` (mode 0600) holds the inputs by name, what was made of them, and when, under a SHA-256 of all of it. It is
read where the inputs are those of now, byte for byte, and the SHA-256 is that of the content; in every other case it is made anew.
What was asked of something that runs belongs here only with a test that it would answer the same now (``holds``).
"""

import contextlib
import hashlib
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stackproof.util.temporary import remove_left_files

FRESH = "STACKPROOF_FRESH"
"""Environment variable: where it is set, everything is made anew, as by ``--fresh``. What is made is kept all the same."""


def is_fresh(environment: Mapping[str, str]) -> bool:
    """True if the environment says that everything is made anew.

    >>> is_fresh({}), is_fresh({FRESH: "1"})
    (False, True)
    """
    return bool(environment.get(FRESH))


FOLDER = "kept"
"""Of the cache."""
_UNUSED_DAYS = 30
"""What nobody has used for so long is removed."""


@dataclass(frozen=True)
class Answer:
    """A result, made now or in an earlier run."""

    value: Any
    """JSON data."""
    digest: str
    """Of the inputs, 16 hexadecimal digits."""
    made: datetime | None = None
    """When, if it was kept; None for what was made now."""

    def told(self, source: str) -> str:
        """The source of its facts, for a report: with the moment and the inputs, where it was not made now.

        >>> Answer((), "0123456789abcdef", datetime(2026, 11, 29, 2, 15, tzinfo=UTC)).told("terraform validate")
        'terraform validate, made 2026-11-29T02:15Z of the same inputs (0123456789abcdef)'
        >>> Answer((), "0123456789abcdef").told("terraform validate")
        'terraform validate'
        """
        return f"{source}, made {self.made:%Y-%m-%dT%H:%MZ} of the same inputs ({self.digest})" if self.made else source


@dataclass
class Kept:
    """The results that a cache keeps. One is used by all threads of a run."""

    cache: Path
    is_fresh: bool = False
    """True if everything is made anew."""
    taken: list[Answer] = field(default_factory=list)
    """What was not made anew in this run."""
    _locks: dict[str, threading.Lock] = field(default_factory=dict, repr=False)

    def get(
        self,
        name: str,
        inputs: Mapping[str, str] | None,
        make: Callable[[], Any],
        *,
        keeps: Callable[[Any], bool] = lambda _: True,
        holds: Callable[[Any], bool] = lambda _: True,
    ) -> Answer:
        """The result of ``make``, kept from an earlier run with these inputs or made now: JSON data.

        ``inputs`` are all that it depends on, by name; secrets and long ones as `digest_of` them. None: something that it depends on cannot
        be told, so that it is always made anew and never kept. What ``make`` raises is raised and not kept, and nor is a result that
        ``keeps`` does not take: a failure that may be of the moment. One that was kept is taken if ``holds`` says that it holds now.
        """
        if inputs is None:
            return Answer(make(), "")
        digest = digest_of(name, dict(inputs))[:16]
        with self._locks.setdefault(digest, threading.Lock()):
            file = self.cache / FOLDER / f"{name}-{digest}.json"
            if not self.is_fresh and (found := _read(file, name, inputs, digest)) and holds(found.value):
                self.taken.append(found)
                return found
            value = make()
            if keeps(value):
                _write(file, name, inputs, value)
            return Answer(value, digest)


def digest_of(*content: object) -> str:
    """The SHA-256 of plain data: texts, bytes, numbers, paths, and tuples, lists, sets and mappings of them. Order counts in lists alone.

    >>> digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1}), digest_of("a", "b") == digest_of("ab")
    (True, False)
    """
    return hashlib.sha256(repr([_plain(one) for one in content]).encode()).hexdigest()


def _plain(content: object) -> object:
    match content:
        case dict():
            return sorted((repr(key), _plain(value)) for key, value in content.items())
        case set() | frozenset():
            return sorted(map(repr, content))
        case list() | tuple():
            return [_plain(one) for one in content]
        case bytes():
            return hashlib.sha256(content).hexdigest()
    return str(content) if isinstance(content, Path) else content


def identity(file: Path) -> str:
    """The place, size and time of change of a file: tells one that is installed from another without reading all of it.

    Raises `OSError` where there is none.
    """
    found = file.resolve(strict=True)
    about = found.stat()
    return f"{found} {about.st_size} {about.st_mtime_ns}"


def programs() -> str:
    """The programs of this machine that a script may call, as one digest: Python, and all that lies in ``/bin`` and ``/usr/bin``."""
    found = [entry for folder in ("/bin", "/usr/bin") if Path(folder).is_dir() for entry in os.scandir(folder)]
    about = {entry.name: (entry.stat().st_size, entry.stat().st_mtime_ns) for entry in found if entry.is_file()}
    return digest_of(sys.version, identity(Path(sys.executable)), about)


def _read(file: Path, name: str, inputs: Mapping[str, str], digest: str) -> Answer | None:
    """None for a file that does not exist, is damaged, or is of other inputs."""
    try:
        written, _, text = file.read_text(encoding="utf-8").partition("\n")
        if written != hashlib.sha256(text.encode()).hexdigest():
            return None
        content = json.loads(text)
        if content["name"] != name or content["inputs"] != dict(inputs):
            return None
        answer = Answer(content["value"], digest, datetime.fromtimestamp(content["made"], UTC))
        os.utime(file)  # it is in use
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return answer


def _write(file: Path, name: str, inputs: Mapping[str, str], value: Any) -> None:
    """Write it so that it appears whole or not at all. Where there is no room it is not kept."""
    text = json.dumps({"name": name, "inputs": dict(inputs), "made": time.time(), "value": value})
    with contextlib.suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        remove_left_files(file.parent, ".*")
        _forget(file.parent)
        descriptor, unfinished = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}")
        Path(unfinished).rename(file)


def _forget(folder: Path) -> None:
    for file in folder.iterdir():
        if time.time() - file.stat().st_mtime > _UNUSED_DAYS * 86400:
            file.unlink(missing_ok=True)
