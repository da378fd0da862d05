"""The search of the repository's history."""

from pathlib import Path

import pytest

from proofs import repository
from proofs.history import CREDENTIALS, KEY
from stackproof.scanners import history
from stackproof.scanners.credentials import search


def test_what_is_remembered_is_not_read_again_and_holds_nothing_of_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = repository.copied(tmp_path / "copy", monkeypatch)
    repository.appends("deploy/keys.env", KEY)(copy)
    repository.git("add", "deploy")(copy)
    cache = tmp_path / "cache"
    first, read = search(copy.root, cache), []
    contents = history.contents
    monkeypatch.setattr(history, "contents", lambda root, blobs: contents(root, read.extend(blobs) or read))
    again = search(copy.root, cache)
    assert again == first
    assert [place.kind for place in again.places if place.path == "deploy/keys.env"] == ["AWS access key id"]
    repository.appends("deploy/more.env", f"# more\n{KEY}")(copy)
    repository.git("add", "deploy")(copy)
    assert len(search(copy.root, cache).places) == len(first.places) + 1  # in what is new since
    assert len(read) < first.versions / 2
    assert not [blob for blob in read if "." not in blob.path and (copy.root / blob.path).is_dir()]  # nor a directory
    (memory,) = cache.iterdir()
    assert not any(credential in memory.read_text() for credential in CREDENTIALS)


def test_a_version_of_a_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """How long it takes for this repository is in the benchmarks."""
    copy = repository.copied(tmp_path / "copy", monkeypatch)
    for text in (KEY, f"{KEY}\n", KEY):  # a version that comes back is one
        repository.appends("deploy/keys.env", text)(copy)
        repository.git("add", "deploy")(copy)
        repository.git("commit", "-m", "keys")(copy)
    read: list[str] = []
    contents = history.contents
    monkeypatch.setattr(history, "contents", lambda root, blobs: contents(root, read.extend(one.id for one in blobs) or blobs))
    found = search(copy.root)
    assert len(read) == len({*read})
    assert 2 < found.versions <= len(read)
