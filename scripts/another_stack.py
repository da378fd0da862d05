"""Walk docs/another-stack.md: the steps of each of its stacks, in a folder of its own, with the stackproof that is installed.

    python scripts/another_stack.py FOLDER_OF_THE_COMMANDS [--checkov COMMAND] [--stack small]

Each step is run as the page has it, and ends as the page says; what is written by hand is the page's diff, and every mistake of its table
is found, by the control that the table names, in the first command and in the gate. Lines and mistakes must be the page's. The table is
printed with the seconds of this machine.
Nothing but the standard library is needed: it runs beside a wheel that is installed alone.
"""

import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE_FILE = ROOT / "docs" / "another-stack.md"
PAGE = PAGE_FILE.read_text(encoding="utf-8")
STACKS = ("small", "far", "near")
GIT = ("git", "-c", "user.name=ci", "-c", "user.email=ci@example.com")
CHECKOV = ("--file", "plan.json", "--framework", "terraform_plan", "--compact", "--quiet")
FIXED = (0, 1, 6)
"""The cells of a row that are the same on every machine: commands, lines, mistakes."""
UNSIGNED = "nobody has reviewed it"


def block(name: str) -> str:
    """The code of the page that has a name: `````sh check``."""
    [code] = re.findall(rf"^```\w+ {name}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    return str(code)


def mistakes(stack: str) -> list[tuple[str, str]]:
    """The control that finds each mistake of a stack, and its verdict on the plan."""
    return re.findall(rf"^\| {stack} \| [^|]+ \| ([A-Z0-9-]+) \| (FAIL|UNKNOWN)\b[^|]*\|$", PAGE, re.MULTILINE)


def figures(stack: str) -> list[str]:
    """The row of the last table of the page."""
    [row] = re.findall(rf"^\| {stack} \|((?: [^|]+ \|){{9}})$", PAGE, re.MULTILINE)
    return [cell.strip() for cell in row.strip("|").split("|")]


def by_hand(profile: Path, diff: str) -> int:
    """Write into a profile what a diff without places says, and return how many lines that are.

    Raises `ValueError` for a line that is not there.
    """
    text = profile.read_text(encoding="utf-8")
    for old, new in re.findall(r"^-(.*)\n((?:\+.*\n)+)", diff, re.MULTILINE):
        if text.count(f"\n{old}\n") != 1:
            raise ValueError(f"{profile}: it has not once the line {old}")
        text = text.replace(f"\n{old}\n", "\n" + new.replace("\n+", "\n").removeprefix("+"))
    profile.write_text(text, encoding="utf-8")
    return len(re.findall(r"^\+", diff, re.MULTILINE))


class Walk:
    """The steps in one folder; each ends as it is meant to, or the walk does."""

    def __init__(self, folder: Path, bin: Path) -> None:
        self.folder = folder
        self.environment = {**os.environ, "PATH": f"{bin}{os.pathsep}{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}

    def step(self, command: str, wanted: int, *, says: str = "", not_says: str = "Traceback") -> tuple[str, float]:
        """What a command printed, and the seconds of a processor that it took."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        ended = subprocess.run(["bash", "-ec", command], cwd=self.folder, env=self.environment, capture_output=True, text=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        said = ended.stdout + ended.stderr
        if ended.returncode != wanted or says not in said or not_says in said:
            sys.exit(
                f"{said}\n{self.folder}: {command.strip()}\nended with {ended.returncode}, and not with {wanted}, {says!r}, no {not_says!r}"
            )
        return said, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def found(said: str) -> set[tuple[str, str]]:
    return {
        (control, verdict) for verdict, control in re.findall(r"\b(FAIL|UNKNOWN|ERROR) ([A-Z0-9]+(?:-[A-Z0-9]+)*-\d\d)\b", said)
    }


def walked(stack: str, folder: Path, bin: Path, checkov: str) -> list[str]:
    """The cells of a stack's row."""
    for name in ("main.tf", "plan.json"):
        shutil.copy(ROOT / "examples" / stack / name, folder)
    walk = Walk(folder, bin)
    walk.step(f"git init --quiet . && git add . && {' '.join(GIT)} commit --quiet -m 'The stack'", 0)
    said, check = walk.step(block("check"), 1)
    findings = len({control for control, verdict in found(said) if verdict == "FAIL"})
    missed = {*mistakes(stack)} - found(said)
    _, init = walk.step(block("init"), 0)
    walk.step(block("gate"), 1, says=UNSIGNED)
    profile = folder / "environments" / "live.toml"
    lines = by_hand(profile, block(stack))
    said, gate = walk.step(block("gate"), 1, not_says=UNSIGNED)
    missed |= {*mistakes(stack)} - found(said)
    errors = {one for one in found(said) if one[1] == "ERROR"}
    if missed or errors:
        sys.exit(f"{said}\n{stack}: not found: {sorted(missed)}; not verified: {sorted(errors)}")
    kept = profile.read_text(encoding="utf-8")
    walk.step(block("init"), 0, says="says what is there; nothing was written.")
    if profile.read_text(encoding="utf-8") != kept:
        sys.exit(f"{profile}: init changed what was there")
    theirs, seconds = "", 0.0
    if checkov:
        said, seconds = walk.step(
            " ".join([checkov, *CHECKOV]), 1, not_says=UNSIGNED
        )  # offline it prints a traceback, and goes on
        theirs = str(len({*re.findall(r"^Check: (\S+):", said, re.MULTILINE)}))
    verdicts = [verdict for _, verdict in mistakes(stack)]
    cells = ["4", str(lines), f"{check:.1f}", f"{init:.1f}", f"{gate:.1f}", str(findings)]
    return [*cells, f"{verdicts.count('FAIL')} of {len(verdicts)}", f"{seconds:.1f}", theirs]


def main() -> None:
    """Walk the stacks that are named, or all. Ends with a message where one does not go as the page says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("bin", type=Path, help="the folder of the commands stackproof and pytest")
    parser.add_argument("--checkov", default="", help="the command checkov, to measure it beside")
    parser.add_argument("--stack", action="append", choices=STACKS, help="all unless named")
    arguments = parser.parse_args()
    for stack in arguments.stack or STACKS:
        with tempfile.TemporaryDirectory(prefix=f"stackproof-{stack}-") as folder:
            cells = walked(stack, Path(folder), arguments.bin.absolute(), arguments.checkov)
        print(f"| {stack} | {' | '.join(cells)} |", flush=True)
        if wrong := [(said, cells[place]) for place in FIXED if (said := figures(stack)[place]) != cells[place]]:
            sys.exit(f"{stack}: docs/another-stack.md says {', '.join(f'{said} for {now}' for said, now in wrong)}")


if __name__ == "__main__":
    main()
