"""The page about stacks of other teams: its steps run in a folder outside of the repository, and every mistake of its table is found."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "another-stack.md").read_text(encoding="utf-8")
STEPS = [block for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) if not block.startswith("pip")]
MISTAKES = re.findall(r"^\| (small|far|near) \| [^|]+ \| ([A-Z0-9-]+) \|$", PAGE, re.MULTILINE)
STACKS = ("small", "far", "near")


def step(command: str, folder: Path) -> tuple[int, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ended = subprocess.run(["bash", "-ec", command], cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True)
    return ended.returncode, ended.stdout + ended.stderr


@pytest.mark.parametrize("stack", STACKS)
def test_the_steps_of_the_page(stack: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples" / stack, tmp_path, dirs_exist_ok=True)
    check, init, sign, gate = STEPS
    found = {control for of, control in MISTAKES if of == stack}
    status, said = step(check, tmp_path)
    assert (status, found - set(re.findall(r"^FAIL ([A-Z0-9-]+)", said, re.MULTILINE))) == (1, set()), said
    assert step(init, tmp_path)[0] == 0
    status, said = step(gate, tmp_path)
    assert "nobody has reviewed it" in said
    assert step(sign, tmp_path)[0] == 0
    status, said = step(gate, tmp_path)
    assert "nobody has reviewed it" not in said
    assert (status, found - set(re.findall(r"FAIL ([A-Z0-9-]+)", said))) == (1, set()), said


def test_every_marked_line_is_in_the_table() -> None:
    marked = {stack: (ROOT / "examples" / stack / "main.tf").read_text(encoding="utf-8").count("# mistake") for stack in STACKS}
    assert marked == {stack: sum(1 for of, _ in MISTAKES if of == stack) for stack in STACKS}
