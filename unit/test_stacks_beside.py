"""Stacks are deployed beside each other where none reads what another makes."""

import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from stackproof.embedded.deployed import Deployed
from stackproof.embedded.progress import Progress
from stackproof.embedded.recipe import Stack
from stackproof.terraform.cli import TerraformError

ALONE = 'resource "aws_s3_bucket" "main" {}\n'
LOCAL = ALONE + 'data "aws_caller_identity" "current" {}\n'
LOOKS = ALONE + 'data "aws_vpc" "main" {}\n'
STATE = ALONE + 'data "terraform_remote_state" "network" {}\n'
ELSEWHERE = ALONE + 'module "vpc" {\n  source = "terraform-aws-modules/vpc/aws"\n}\n'
LONG = 30.0


def a_stack(folder: Path, name: str, text: str) -> Stack:
    directory = folder / name
    directory.mkdir()
    (directory / "main.tf").write_text(text)
    return Stack(name, directory)


@pytest.mark.parametrize(("text", "looks"), [(ALONE, False), (LOCAL, False), (LOOKS, True), (STATE, True), (ELSEWHERE, True)])
def test_a_stack_looks_around_by_data_sources_of_aws_and_of_states_and_in_modules_of_elsewhere(
    tmp_path: Path, text: str, looks: bool
) -> None:
    assert a_stack(tmp_path, "app", text).looks_around == looks


def test_a_data_source_in_a_module_counts(tmp_path: Path) -> None:
    stack = a_stack(tmp_path, "app", 'module "inner" {\n  source = "./inner"\n}\n')
    (stack.directory / "inner").mkdir()
    (stack.directory / "inner" / "main.tf").write_text(LOOKS)
    assert stack.looks_around


@dataclass
class Copies:
    """Working copies of stacks that do nothing but tell what happens to them."""

    folder: Path
    failures: dict[str, int] = field(default_factory=dict)
    """How often the apply of a stack fails."""
    together: threading.Barrier | None = None
    happened: list[str] = field(default_factory=list)

    def of(self, name: str) -> Any:
        def plan(*_: Any, **__: Any) -> Any:
            self.happened.append(f"{name} planned")

        def apply(*_: Any, **__: Any) -> None:
            if self.together and name not in self.failures:
                self.together.wait(LONG)
            if self.failures.get(name, 0) > 0:
                self.failures[name] -= 1
                raise TerraformError(f"{name} failed")
            self.happened.append(f"{name} applied")

        return SimpleNamespace(directory=self.folder, plan=plan, apply=apply)


def deploy(stacks: list[Stack], copies: Copies) -> list[str]:
    said: list[str] = []
    deployed = Deployed(
        cloud=cast("Any", None),
        recipe=cast("Any", SimpleNamespace(stacks=stacks)),
        workspaces={one.name: copies.of(one.name) for one in stacks},
        reported={},
        directory=copies.folder,
        how="applied",
        seconds=0,
        is_private=True,
    )
    deployed.apply(Progress(said.append))
    return said


def test_stacks_that_do_not_look_around_are_applied_at_once(tmp_path: Path) -> None:
    """Each waits for the other one, so neither could end alone."""
    stacks = [a_stack(tmp_path, "account", LOOKS), a_stack(tmp_path, "app", ALONE)]
    copies = Copies(tmp_path, together=threading.Barrier(2))
    assert deploy(stacks, copies) == []
    assert {"account applied", "app applied"} <= {*copies.happened}


def test_one_that_looks_around_comes_after_all_before_it(tmp_path: Path) -> None:
    stacks = [a_stack(tmp_path, "account", ALONE), a_stack(tmp_path, "app", LOOKS)]
    copies = Copies(tmp_path)
    deploy(stacks, copies)
    assert copies.happened == ["account planned", "account applied", "app planned", "app applied"]


def test_one_that_fails_beside_another_is_deployed_once_more_after_it(tmp_path: Path) -> None:
    stacks = [a_stack(tmp_path, "account", ALONE), a_stack(tmp_path, "app", ALONE)]
    copies = Copies(tmp_path, failures={"app": 1})
    assert deploy(stacks, copies) == ["app failed beside the stacks before it, and is deployed once more after them: app failed"]
    assert copies.happened[-2:] == ["app planned", "app applied"]


@pytest.mark.parametrize("failures", [{"account": 1}, {"app": 2}])
def test_what_fails_alone_fails(tmp_path: Path, failures: dict[str, int]) -> None:
    stacks = [a_stack(tmp_path, "account", ALONE), a_stack(tmp_path, "app", ALONE)]
    with pytest.raises(TerraformError, match="failed"):
        deploy(stacks, Copies(tmp_path, failures=failures))
