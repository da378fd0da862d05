"""Record plans for a stack that runs: ``python -m proofs.record_plans`` (two minutes, nothing but this machine).

The stacks are deployed to the embedded cloud. ``compliant/running.json`` is the plan that has nothing to do there, and
``compliant/update.json`` what a plan does after a change of the sources that touches nearly everything: one more default tag, and
another image. Each is written so that a person can review it: what follows from the rest is left out, and `proofs.plans` puts it back.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from proofs.harness import COMPLIANT, ROOT
from stackproof.profile.terraform import APP
from stackproof.sources.plan.document import Plan
from stackproof.sources.plan.stacks import joined
from stackproof.targets import open_stage
from stackproof.targets.embedded import EmbeddedStage
from stackproof.targets.request import resolve

ANOTHER_TAG, ANOTHER_IMAGE = 'Owner = "platform"', {"image_tag": "1f2e3d4"}
LEFT_OUT = frozenset({"provider_name", "schema_version"})


def main() -> None:
    stage = open_stage(resolve(ROOT, "local"), print)
    assert isinstance(stage, EmbeddedStage)
    try:
        stacks = list(stage.profile.terraform.stacks)
        running = joined({stack: stage.second_plan(stack) for stack in stacks}).document
        update = joined({stack: Plan(_updated(stage, stack), f"an update of {stack}") for stack in stacks}).document
    finally:
        stage.close()
    _write("running.json", _packed(running))
    _write("update.json", _difference(running, update))


def _updated(stage: EmbeddedStage, stack: str) -> dict[str, Any]:
    """A plan of a stack that is deployed, after a change of its sources."""
    deployed = stage._cloud()
    copy = deployed.workspaces[stack]
    found = deployed._stack(stack)
    variables = ANOTHER_IMAGE if stack == APP else {}
    with (
        _edited(copy.directory / "versions.tf"),
        deployed._planned(replace(found, variables={**found.variables, **variables})) as (
            _,
            planfile,
        ),
    ):
        return copy.show(planfile)


@contextmanager
def _edited(file: Path) -> Iterator[None]:
    """The sources with one default tag more."""
    text = file.read_text(encoding="utf-8")
    edited = re.sub(r'(ManagedBy *= "terraform")', rf"\1\n{ANOTHER_TAG}", text)
    assert edited != text, f"{file} has no default tag ManagedBy"
    file.write_text(edited, encoding="utf-8")
    try:
        yield
    finally:
        file.write_text(text, encoding="utf-8")


def _packed(document: Mapping[str, Any]) -> dict[str, Any]:
    """A plan that has nothing to do, without what follows from its planned values."""
    others = [one["address"] for one in document["resource_changes"] if one["change"]["actions"] != ["no-op"]]
    assert not others, f"the plan has something to do: {others}"
    return {
        "terraform_version": document["terraform_version"],
        "planned_values": _without(document["planned_values"]),
        "configuration": _without(document["configuration"]),
        "variables": document.get("variables", {}),
    }


def _difference(running: Mapping[str, Any], update: Mapping[str, Any]) -> dict[str, Any]:
    """What an update does, by address: the actions, the attributes that it sets, and those that are known only after apply."""
    before = {one["address"]: one["change"]["after"] for one in running["resource_changes"]}
    return {
        one["address"]: {
            "actions": one["change"]["actions"],
            "after": {name: value for name, value in one["change"]["after"].items() if value != before[one["address"]].get(name)},
            "after_unknown": {name: mask for name, mask in one["change"]["after_unknown"].items() if _any(mask)},
            **({"replace_paths": one["change"]["replace_paths"]} if "replace_paths" in one["change"] else {}),
        }
        for one in update["resource_changes"]
        if one["change"]["actions"] != ["no-op"]
    }


def _any(mask: Any) -> bool:
    if isinstance(mask, dict | list):
        return any(map(_any, mask.values() if isinstance(mask, dict) else mask))
    return bool(mask)


def _without(node: Any) -> Any:
    """Data without the members that no plan control looks at."""
    if isinstance(node, Mapping):
        return {name: _without(part) for name, part in node.items() if name not in LEFT_OUT}
    return [_without(part) for part in node] if isinstance(node, list) else node


def _write(name: str, data: object) -> None:
    text = json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    (COMPLIANT / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
