"""The embedded cloud that stays between runs: where it is told, found, owned and ended."""

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stackproof.embedded import cloud, process, workload
from stackproof.embedded.cloud import Cloud, CloudFailed
from stackproof.embedded.deployed import Deployed, remove_directory
from stackproof.embedded.files import read_json, write_private
from stackproof.embedded.recipe import Recipe, Stack
from stackproof.embedded.recorded import age_of
from stackproof.embedded.workload import Workload
from stackproof.terraform.workspace import Workspace
from stackproof.util.once import Once

_UNUSED_DAYS = 14


class Workspaces(Mapping[str, Workspace]):
    """Terraform's working copies of a deployment by the names of the stacks, each made when it is asked for."""

    def __init__(self, recipe: Recipe, live: Cloud, directory: Path) -> None:
        def of(stack: Stack) -> Once[Workspace]:
            return Once(lambda: recipe.workspace(stack, directory / "workspace", live.endpoint))

        self._made = {stack.name: of(stack) for stack in recipe.stacks}

    def __getitem__(self, name: str) -> Workspace:
        return self._made[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


def deployed_at(recipe: Recipe, live: Cloud, directory: Path, reported: Mapping[str, str], how: str) -> Deployed:
    return Deployed(
        cloud=live,
        recipe=recipe,
        workspaces=Workspaces(recipe, live, directory),
        reported=reported,
        directory=directory,
        how=how,
        seconds=0,
        is_private=how != "found",
    )


@dataclass(frozen=True)
class Running:
    """The content of ``running.json``: a cloud that runs, and what is deployed in it."""

    cloud: Cloud
    digest: str
    directory: Path
    reported: Mapping[str, str]
    workload: Workload | None

    @classmethod
    def of(cls, handle: Mapping[str, Any]) -> "Running":
        working = handle.get("workload") and Workload(**handle["workload"])
        return cls(Cloud(**handle["cloud"]), handle["digest"], Path(handle["directory"]), handle["told"], working or None)


def advertise(recipe: Recipe, deployed: Deployed) -> None:
    write_private(recipe.home / "running.json", json.dumps(deployed.handle, indent=2))


def advertised_in(home: Path) -> Running | None:
    """The cloud that was advertised last, running or not."""
    file = home / "running.json"
    try:
        return Running.of(read_json(file))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise CloudFailed(
            f"{file} is damaged ({type(error).__name__}). End the server by hand if one runs (its command line has "
            "stackproof.embedded.server), then delete the file."
        ) from None


def running_in(home: Path) -> Running | None:
    found = advertised_in(home)
    return found if found and cloud.is_running(found.cloud) else None


def as_found(recipe: Recipe, running: Running) -> Deployed:
    found = deployed_at(recipe, running.cloud, running.directory, running.reported, "found")
    return replace(found, workload=running.workload)


def end(home: Path, running: Running) -> bool:
    if running.workload:
        workload.stop(running.workload)
    was_running = cloud.stop(running.cloud)
    (home / "running.json").unlink(missing_ok=True)
    prune(home)  # its directory has no owner any more
    return was_running


def own(directory: Path, pid: int) -> None:
    """Note whose directory this is: it goes when that process is gone."""
    write_private(directory / "owner.json", json.dumps({"pid": pid, "started": process.started_at(pid)}))


def prune(home: Path) -> None:
    """Remove what ended runs left, and recordings that nobody used for a while."""
    for directory in home.glob("run-*"):
        try:
            owner = read_json(directory / "owner.json")
            is_left = process.started_at(owner["pid"]) != owner["started"]
        except FileNotFoundError:
            is_left = age_of(directory) > 60  # else its owner is about to write the file
        if is_left:
            process.end_terraform_in(directory)
            remove_directory(directory)
    for about in home.glob("*/about.json"):
        if age_of(about) > _UNUSED_DAYS * 86400:
            shutil.rmtree(about.parent, ignore_errors=True)
