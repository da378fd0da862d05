import os
import subprocess
import threading
import venv
from pathlib import Path

import pytest

from stackproof.core.verdicts import CouldNotVerify
from stackproof.processes import venvs
from stackproof.processes.venvs import environment


def test_where_there_is_no_pip_one_is_made_and_what_that_needs_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def without_ensurepip(home: Path, *, with_pip: bool, **_: object) -> None:
        assert with_pip
        raise subprocess.CalledProcessError(1, "ensurepip")

    (tmp_path / "requirements.txt").touch()
    monkeypatch.setattr(venvs, "find_spec", lambda _: None)
    monkeypatch.setattr(venv, "create", without_ensurepip)
    with pytest.raises(CouldNotVerify, match="install the package that brings ensurepip"):
        environment(tmp_path, "checkov", tmp_path / "requirements.txt", lambda _: None)


def test_packages_that_cannot_be_installed_leave_no_environment_behind_that_looks_complete(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(f"./absent.whl --hash=sha256:{'0' * 64}\n")
    with pytest.raises(CouldNotVerify, match=r"checkov could not be installed: .*absent\.whl"):
        environment(tmp_path, "checkov", requirements, lambda _: None)
    assert not (tmp_path / "checkov" / "installed").exists()


def test_the_environment_is_made_once_for_all_who_ask_at_once(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("")
    said: list[str] = []
    found: list[Path] = []
    callers = [
        threading.Thread(target=lambda: found.append(environment(tmp_path, "checkov", requirements, said.append)))
        for _ in range(2)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(600)
    assert len(said) == 1
    assert found[0] == found[1]
    assert os.access(found[0], os.X_OK)
