"""Where a run keeps what it was told: a file for each AWS call, and for what it judged beside them.

All processes of a run (those of pytest-xdist) share one store: what one has asked, the others find there. So a run asks each question
once, and has one answer to it.
"""

import gzip
import shutil
import threading
import weakref
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

from stackproof.core import room
from stackproof.core.verdicts import CouldNotVerify, UsageError
from stackproof.evidence import observations
from stackproof.sources.aws.calls import Answer, Call, kept_pages
from stackproof.sources.replay import Recorded, Recording, from_entry, portions, recorded_call, to_entry
from stackproof.util import json_document
from stackproof.util.json_stream import Items, members, whole
from stackproof.util.temporary import temporary

CALLS = "calls"
DOCUMENTS = "documents"
OBSERVATIONS = observations.FOLDER
_LOCKS = "locks"

MOST_BYTES = 1 << 30
"""Of an evidence file that is read as a whole, unpacked."""


def document_path(name: str) -> str:
    """The evidence file of a document.

    >>> document_path("plan")
    'documents/plan.json.gz'
    """
    return f"{DOCUMENTS}/{name}.json.gz"


class Store:
    """The evidence of a run while it goes on. Other processes of the run may use its folder, unless it is not ``is_shared``."""

    def __init__(self, folder: Path, account: str, *, is_shared: bool = True) -> None:
        self.folder = folder
        self._account = account
        self._is_shared = is_shared
        self._busy: dict[str, tuple[threading.Lock, int]] = {}
        """What is being asked, and by how many threads."""
        self._changing = threading.Lock()
        for name in (CALLS, DOCUMENTS, OBSERVATIONS, _LOCKS):
            (folder / name).mkdir(exist_ok=True)

    @classmethod
    def temporary(cls, account: str, *, is_shared: bool = False) -> "Store":
        """A store in a new folder that its owner alone can read, and that goes with it."""
        kept = ExitStack()
        store = cls(kept.enter_context(temporary("evidence")), account, is_shared=is_shared)
        weakref.finalize(store, kept.close)
        return store

    def answer(self, call: Call, ask: Callable[[], Answer]) -> Answer:
        """The answer that the run has to this call; asks if it has none."""
        path = self.folder / call.evidence
        with self._only_one(call.evidence):
            if path.exists():
                return recorded_call_in(path).answer
            answer = ask()
            write(path, to_entry(recorded_call(answer), self._account))
            return answer

    def document(self, name: str, make: Callable[[], Any]) -> Any:
        """The JSON data that the run has under this name; makes it if there is none. Its secrets are the maker's to hide."""
        path = self.folder / document_path(name)
        with self._only_one(name):
            if not path.exists():
                write(path, make())
            return read(path)

    def observation(self, collection: str, make: Callable[[], Any]) -> Any:
        """A collection; what of it no call and no plan has is kept, secrets hidden, and handed out as it is kept."""
        with self._only_one(collection):
            if self._has_observed(collection):
                return observed(self.folder, collection)
            try:
                made = make()
                data = observations.to_data(made)
            except UsageError:
                raise
            except Exception as error:
                room.end_for(error)
                write(self.folder / _observation_path(collection), {"error": observations.error_to_data(error)})
                raise
            if data is None:
                return made
            write(self.folder / _observation_path(collection), {"made": data})
            return observed(self.folder, collection)

    def _has_observed(self, collection: str) -> bool:
        return (self.folder / _observation_path(collection)).exists()

    def move_to(self, folder: Path) -> None:
        """Hand everything over; the folder must not hold evidence yet. Its owner alone can read it: mode 0700."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        for name in (CALLS, DOCUMENTS, OBSERVATIONS):
            (folder / name).mkdir(parents=True)
            for path in (self.folder / name).iterdir():
                shutil.move(path, folder / name)

    @contextmanager
    def _only_one(self, name: str) -> Iterator[None]:
        if self._is_shared:
            with FileLock(self.folder / _LOCKS / Path(name).name).acquire(poll_interval=0.01):
                yield
            return
        with self._changing:
            lock, users = self._busy.get(name, (threading.Lock(), 0))
            self._busy[name] = lock, users + 1
        try:
            with lock:
                yield
        finally:
            with self._changing:
                users = self._busy.pop(name)[1] - 1
                if users:
                    self._busy[name] = lock, users


def recording(folder: Path) -> Recording:
    """The calls of an evidence folder. Raises `ValueError` for a file that holds none."""
    return Recording(recorded_call_in(path) for path in sorted((folder / CALLS).glob("*.json.gz")))


def document(folder: Path, name: str) -> Any:
    """A document of an evidence folder; None if it has none of this name."""
    path = folder / document_path(name)
    return read(path) if path.exists() else None


def observed(folder: Path, collection: str) -> Any:
    """A collection of an evidence folder; raises what making it raised.

    Raises `CouldNotVerify` if the folder does not have it.
    """
    path = _observation_path(collection)
    if not (folder / path).exists():
        raise CouldNotVerify(f"{collection} is not in the recording")
    data = read(folder / path)
    if "error" in data:
        raise observations.error_from_data(data["error"])
    return observations.from_data(data["made"], path)


def recorded_call_in(path: Path) -> Recorded:
    """The call of an evidence file, of which a long answer is never whole in memory. Raises `ValueError` if it holds none."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            entry = {key: _pages(value) if key == "pages" else whole(value) for key, value in members(file)}
            return from_entry(entry)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise ValueError(f"{path}: {error}") from None


def _pages(value: Any) -> Any:
    """The pages of an answer, a long one kept in a file; anything but a list as it is, for `from_entry` to refuse."""
    return kept_pages(value) if isinstance(value, Items) else whole(value)


def read(path: Path) -> Any:
    """The JSON data of an evidence file. Raises `ValueError` if it holds none."""
    try:
        with gzip.open(path) as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise ValueError(f"it holds more than {MOST_BYTES:,} bytes")
        return json_document.loads(content)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise ValueError(f"{path}: {error}") from None


def write(path: Path, data: object) -> None:
    """Write an evidence file: the same data gives the same bytes, and whoever looks sees all of it or none.

    Raises `NoRoom` where it cannot be written: what is not kept is no evidence.
    """
    unfinished = path.with_suffix(".unfinished")
    try:
        with unfinished.open("wb") as file, gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0) as packed:
            for portion in portions(data):
                packed.write(portion)
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise room.no_temporary_room(error) from None


def _observation_path(collection: str) -> str:
    return f"{OBSERVATIONS}/{collection}.json.gz"
