"""Temporary directories: they go with their use, and what a killed process left goes with the next."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from stackproof.util.temporary import remove_left_files, temporary

HOLDS_ONE = """
import sys, time
from stackproof.util.temporary import temporary
with temporary("test") as directory:
    (directory / "secret").write_text("any")
    print(directory, flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def _directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)


def make_old(directory: Path) -> None:
    os.utime(directory, (0, 0))


def test_it_is_its_owners_alone_and_goes_with_its_use() -> None:
    with temporary("test") as directory:
        assert directory.stat().st_mode & 0o777 == 0o700
        make_old(directory)
        with temporary("test"):
            assert directory.exists()
    assert not directory.exists()


def test_what_another_process_uses_stays_until_that_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDS_ONE], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        directory = Path(other.stdout.readline().strip())
        make_old(directory)
        with temporary("test"):
            assert directory.exists()
        other.send_signal(signal.SIGKILL)
    assert directory.exists()
    with temporary("of another kind"):
        assert directory.exists()
    with temporary("test"):
        assert not directory.exists()


def test_what_is_new_or_a_link_stays(tmp_path: Path) -> None:
    new, elsewhere, link = tmp_path / "stackproof.test-new", tmp_path / "elsewhere", tmp_path / "stackproof.test-link"
    new.mkdir()
    elsewhere.mkdir()
    link.symlink_to(elsewhere)
    make_old(elsewhere)
    with temporary("test"):
        assert new.exists()
        assert elsewhere.exists()


def test_one_beside_what_it_becomes_goes_too(tmp_path: Path) -> None:
    left = tmp_path / "work" / "stackproof.copy-left"
    left.mkdir(parents=True)
    make_old(left)
    with temporary("copy", tmp_path / "work") as directory:
        assert [directory] == list((tmp_path / "work").iterdir())
    assert list((tmp_path / "work").iterdir()) == []


def test_files_that_were_being_written_go_when_they_are_old(tmp_path: Path) -> None:
    for name in (".handle.json-old", ".handle.json-new", "handle.json"):
        (tmp_path / name).write_text("secret")
    make_old(tmp_path / ".handle.json-old")
    make_old(tmp_path / "handle.json")
    remove_left_files(tmp_path, ".handle.json-*")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".handle.json-new", "handle.json"]
