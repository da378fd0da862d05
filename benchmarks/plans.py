"""Judge plans of many resources: seconds and memory by the size of the plan, each control's growth, and checkov on the same file.

    python -m benchmarks.plans 1000 5000 20000 [--checkov]

A plan is made of copies of the compliant app stack of the proofs, each with names and references of its own. Each size is judged in a
process of its own, so that its memory is its own: the document is read, and every control that can be judged on a plan is judged, its
collections included. The exponent of a control is that of its seconds between the two largest sizes: 1 is linear, 2 quadratic.
"""

import argparse
import json
import math
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proofs.plans import FROM_NOTHING, compliant_plan
from stackproof.testing.plans import RUNNING

if TYPE_CHECKING:
    from stackproof.sources.plan.document import Plan

ROOT = Path(__file__).parents[1]
STACK = "triflow-ai-prod"
"""How the names of the stack begin; those of a copy go on otherwise."""
MEASURABLE = 0.05
"""Seconds of a control below which its growth is not told: noise would be."""


@dataclass(frozen=True)
class Measured:
    """What one size took."""

    resources: int
    seconds: float
    """Of a processor, reading the plan and judging it."""
    reading: float
    """Of them, until the plan is read."""
    megabytes: float
    """Peak of the resident memory."""
    controls: Mapping[str, float]
    """Seconds of each control, what it asks for included."""
    verdicts: Mapping[str, str]
    checkov: float | None = None
    """Seconds of a processor that checkov takes for the same file."""


SHAPES = ("copies", "running", "instances", "modules", "locals")
"""How the copies are written: resource by resource, from nothing or with nothing to do; with ``for_each``, which refer to each other by
key; in a module with ``for_each``; or with references through locals, which a plan does not show."""


def plan_of(resources: int, shape: str = "copies") -> dict[str, Any]:
    """A plan of about so many resources: the compliant stacks, and copies of the app stack beside them; see `SHAPES`."""
    document = compliant_plan(RUNNING if shape == "running" else FROM_NOTHING)
    planned, configured = document["planned_values"]["root_module"], document["configuration"]["root_module"]
    own = {one["address"]: one for one in planned["resources"] if one["mode"] == "managed"}
    changes = [one for one in document["resource_changes"] if one["address"] in own]
    written = [one for one in configured["resources"] if one["mode"] == "managed"]
    copies = max(0, resources - len(document["resource_changes"])) // len(own)
    parts = json.dumps([*own.values()]), json.dumps(changes), json.dumps(written)
    addresses = re.compile("|".join(sorted(map(re.escape, own), key=len, reverse=True)) + r"(?![\w-])")

    def copied(text: str, number: int, address: str) -> Any:
        """A copy with addresses, names and ids of its own; ``{}`` in the new address stands for the old one."""
        moved = addresses.sub(lambda match: address.replace("{}", match[0]).replace('"', '\\"'), text)
        return json.loads(_ID.sub(lambda match: match[0][:-5] + f"{number:05x}", moved.replace(STACK, f"{STACK}-{number}-of")))

    def keyed(number: int) -> str:
        own_keys = {"instances": f'{{}}_each["{number}"]', "modules": f'module.copy["{number}"].{{}}'}
        return own_keys.get(shape, f"{{}}_{number}")

    def instances(text: str, number: int) -> list[dict[str, Any]]:
        found = copied(text, number, keyed(number))
        if shape == "instances":
            return [{**one, "name": f"{one['name']}_each", "index": str(number)} for one in found]
        return found if shape == "modules" else [{**one, "name": one["address"].rpartition(".")[2]} for one in found]

    of_modules = []
    for number in range(copies):
        document["resource_changes"] += instances(parts[1], number)
        if shape == "modules":
            of_modules.append({"address": f'module.copy["{number}"]', "resources": instances(parts[0], number)})
        else:
            planned["resources"] += instances(parts[0], number)
        if shape not in ("instances", "modules"):
            again = copied(parts[2], number, keyed(number))
            again = [{**one, "name": one["address"].rpartition(".")[2]} for one in again]
            configured["resources"] += map(_through_locals, again) if shape == "locals" else again
    if shape == "instances" and copies:
        each = {"for_each_expression": {"references": ["local.copies"]}}
        configured["resources"] += [{**_by_key(one, own), "name": f"{one['name']}_each", **each} for one in written]
    if shape == "modules" and copies:
        planned["child_modules"] = [*planned.get("child_modules", ()), *of_modules]
        call = {"source": "./copy", "for_each_expression": {"references": ["local.copies"]}, "module": {"resources": written}}
        configured["module_calls"] = {**configured.get("module_calls", {}), "copy": call}
    return document


_ID = re.compile(r"\b(?:[a-z]+-[0-9a-f]{17}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})\b")
"""An id of EC2 or of KMS."""


def _expressions(written: Any, change: Callable[[list[str]], list[str]]) -> Any:
    """Configured expressions with other references."""
    if isinstance(written, Mapping):
        return {name: change(one) if name == "references" else _expressions(one, change) for name, one in written.items()}
    return [_expressions(one, change) for one in written] if isinstance(written, list) else written


def _by_key(resource: dict[str, Any], own: Collection[str]) -> dict[str, Any]:
    """A configured resource whose references are to the instances with its own key: ``x[each.key].id`` is told as ``x``."""

    def keyed(references: list[str]) -> list[str]:
        found = [one for one in references if one in own]
        return [*(f"{one}_each" for one in found), "each.key"] if found else references

    return {**resource, "address": f"{resource['address']}_each", "expressions": _expressions(resource["expressions"], keyed)}


def _through_locals(resource: dict[str, Any]) -> dict[str, Any]:
    references = _expressions(resource["expressions"], lambda found: ["local.copies"] if found[0].startswith("aws_") else found)
    return {**resource, "expressions": references}


def run(file: Path) -> Measured:
    """Judge the plan in a file, in this process."""
    from stackproof.targets.request import read_plan

    return _judged(lambda: read_plan(file))


def run_document(document: Mapping[str, Any]) -> Measured:
    """Judge a plan document, in this process."""
    from stackproof.sources.plan.document import Plan

    return _judged(lambda: Plan(document, "a plan"))


def _judged(read: Callable[[], "Plan"]) -> Measured:
    from proofs import harness
    from stackproof.core.controls import catalogue

    started = time.process_time()
    plan = read()
    reading = time.process_time() - started
    controls: dict[str, float] = {}
    verdicts: dict[str, str] = {}
    profile = harness.profile("production")
    for control in harness.controls(*harness.ON_AWS):
        if "P" in catalogue()[control].stages:
            before = time.process_time()
            verdicts[control] = harness.judged(control, harness.PlanStage(plan, profile)).verdict.value
            controls[control] = round(time.process_time() - before, 3)
    return Measured(
        resources=len(plan.changes),
        seconds=round(time.process_time() - started, 2),
        reading=round(reading, 2),
        megabytes=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024), 1),
        controls=controls,
        verdicts=verdicts,
    )


def measure(resources: int, *, checkov: bool = False, shape: str = SHAPES[0]) -> Measured:
    """Judge a plan of so many resources in a process of its own. Raises `subprocess.CalledProcessError` if it fails."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "plan.json")
        file.write_text(json.dumps(plan_of(resources, shape)), encoding="utf-8")
        command = [sys.executable, "-m", "benchmarks.plans", "--file", str(file)]
        ended = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
        found = json.loads(ended.stdout)
        return Measured(**{**found, "checkov": checkov_seconds(file) if checkov else None})


def checkov_seconds(file: Path) -> float:
    """Seconds of a processor that checkov takes for a plan, in the environment that the suite runs it in."""
    from stackproof.processes.venvs import environment
    from stackproof.scanners.checkov import REQUIREMENTS

    python = environment(ROOT / ".stackproof", "checkov", REQUIREMENTS, lambda line: print(line, file=sys.stderr))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [str(python.with_name("checkov")), "--file", str(file), "--framework", "terraform_plan", "--compact", "--quiet"]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # its exit status is its verdict
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1)


def exponent(few: float, many: float, growth: float) -> float:
    """How seconds grow: 1 with the size, 2 with its square.

    >>> round(exponent(1.0, 4.0, 4.0), 2), round(exponent(1.0, 16.0, 4.0), 2)
    (1.0, 2.0)
    """
    return math.log(many / few) / math.log(growth)


def exponents(runs: Sequence[Measured]) -> dict[str, float]:
    """The growth of the controls between the two largest sizes, steepest first, where it can be measured."""
    few, many = runs[-2:]
    growth = many.resources / few.resources
    found = {
        control: exponent(max(few.controls[control], MEASURABLE / growth), seconds, growth)
        for control, seconds in many.controls.items()
        if seconds >= MEASURABLE
    }
    return dict(sorted(found.items(), key=lambda one: -one[1]))


def table(runs: Sequence[Measured]) -> str:
    """The figures, a size a line; then each control's growth."""
    rows = [["resources", "seconds", "reading", "MB peak", "checkov s", "ratio"]]
    for one in runs:
        ratio = f"{one.seconds / one.checkov:.2f}" if one.checkov else ""
        rows.append([str(cell) for cell in (one.resources, one.seconds, one.reading, one.megabytes, one.checkov or "", ratio)])
    lines = ["".join(f"{cell:>11}" for cell in row) for row in rows]
    if len(runs) > 1:
        lines += ["", "control          seconds  exponent"]
        lines += [f"{control:<14}{runs[-1].controls[control]:>10.2f}{power:>10.2f}" for control, power in exponents(runs).items()]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("resources", nargs="*", type=int, default=[1000, 5000, 20000], help="numbers of resources")
    parser.add_argument("--shape", choices=SHAPES, default=SHAPES[0], help="how the resources are written")
    parser.add_argument("--checkov", action="store_true", help="run checkov on the same files, too")
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--write", type=Path, help="write the plan of the first size into this file, and judge nothing")
    arguments = parser.parse_args()
    if arguments.file:
        print(json.dumps(asdict(run(arguments.file))))
    elif arguments.write:
        arguments.write.write_text(json.dumps(plan_of(arguments.resources[0], arguments.shape)), encoding="utf-8")
    else:
        print(table([measure(resources, checkov=arguments.checkov, shape=arguments.shape) for resources in arguments.resources]))


if __name__ == "__main__":
    main()
