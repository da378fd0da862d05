"""``make up`` that is killed at each of its steps: nothing is left running, and the next one works. Tried by ``make attack``."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from attack_figures import ATTACK, PROPERTY
from test_no_room import alive, deliver, interruptible, mark, until
from test_provision import REPOSITORY, STACK, site

from stackproof.terraform.provider import PACKAGED_VERSION

__all__ = ["mark"]

STEPS = {
    "the recipe is made": "stackproof.embedded.recipe Recipe.of",
    "the password is written": "stackproof.embedded.recipe write_private",
    "the provider is unpacked": "stackproof.terraform.provider zipfile.ZipFile.extractall",
    "the workload is begun": "stackproof.embedded.provision workload.begin",
    "the cloud is started": "stackproof.embedded.provision cloud.start",
    "terraform applies": "stackproof.embedded.deployed Deployed.apply",
    "the recording is written": "stackproof.embedded.provision save_recording",
    "the workload is started": "stackproof.embedded.provision workload.go",
    "the handle is written": "stackproof.embedded.provision advertise",
    "the cloud is let go": "stackproof.embedded.provision cloud.detach",
}
"""What `up` does when it is killed: what a stand-in takes the place of, which never ends."""

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
ENDLESS = """
import functools, importlib, pathlib, sys, time

def stand_in(module, path):
    def endless(*_, **__):
        pathlib.Path("reached").touch()
        time.sleep(600)

    *way, name = path.split(".")
    setattr(functools.reduce(getattr, way, importlib.import_module(module)), name, staticmethod(endless) if way else endless)
"""
UP = f"""{ENDLESS}
from stackproof.embedded import __main__ as command
from test_workload import make_source

if not pathlib.Path("source").exists():
    make_source(pathlib.Path("source").absolute())
command.Source.of = staticmethod(lambda root, cache: command.Source(
    root / "source" / "backend", root / "source" / "extensions.sql", root / "source" / "cache"))
if len(sys.argv) > 2:
    stand_in(*sys.argv[1:3])
sys.exit(command.main(["up"]))
"""


def up(root: Path, mark: str, *step: str) -> "subprocess.Popen[str]":
    told = {
        "PYTHONPATH": os.pathsep.join((str(REPOSITORY), str(REPOSITORY / "integration"), str(REPOSITORY / "helpers"))),
        "STACKPROOF_PROVIDER": "packaged",
        mark: "1",
    }
    return subprocess.Popen(
        [sys.executable, "-c", UP, *step],
        cwd=root,
        env=os.environ | told,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=interruptible,
    )


@pytest.mark.skipif(not ATTACK, reason="make attack")
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are looked up in /proc")
@pytest.mark.parametrize("step", STEPS)
def test_leaves_nothing_running_and_the_next_one_works(
    step: str, mark: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Killed in three ways, one after the other: each time it comes as far as this step again, and then to its end."""
    where = site(tmp_path / "site", STACK)
    for sent in SIGNALS:
        if "provider" in step:
            package = where.cache / "provider" / "registry.terraform.io" / "hashicorp" / "aws" / PACKAGED_VERSION
            (package / "linux_amd64").unlink(missing_ok=True)
        (where.root / "reached").unlink(missing_ok=True)
        child = up(where.root, mark, *STEPS[step].split())
        assert until(lambda child=child: (where.root / "reached").exists() or child.poll() is not None)
        assert child.poll() is None, child.communicate()[0]
        deliver(child, sent)
        said = child.communicate(timeout=600)[0]
        assert "Traceback" not in said
        assert until(lambda: not alive(mark)), "something runs on"
    again = up(where.root, mark)
    said = again.communicate(timeout=600)[0]
    assert again.returncode == 0, said
    down = where.command("down")
    assert "Ended the embedded cloud" in down.communicate(timeout=600)[0]
    assert until(lambda: not alive(mark)), "something runs on"
    record_property(PROPERTY, {"passed": len(SIGNALS)})
