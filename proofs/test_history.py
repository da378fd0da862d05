"""The search of the repository's history."""

import time
from pathlib import Path

import pytest

from proofs import repository
from proofs.harness import ROOT
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
    assert len(read) < first.versions / 2
    (memory,) = cache.iterdir()
    assert not any(credential in memory.read_text() for credential in CREDENTIALS)


def test_this_repository_is_searched_in_seconds() -> None:
    started = time.thread_time()
    assert search(ROOT).versions > 100
    assert time.thread_time() - started < 5
