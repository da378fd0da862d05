"""The app stack in the embedded cloud: out of a recording where one fits, else by ``terraform apply``.

Under ``.stackproof/cloud`` (mode 0700, files 0600):

================  =========================================================================================================
``db_password``   the database password of every stack deployed here: random, never printed
``DIGEST/``       a recording: the requests of one deployment with digests of the answers, and Terraform's state after it
``run-*/``        a cloud that runs: its log, Terraform's working copy and state; removed when it ends
``running.json``  the cloud that `up` started
================  =========================================================================================================

A recording is used when nothing that it depends on has changed, every replayed answer equals the recorded one, and Terraform's
plan over the result is what it was. Otherwise it is thrown away, and the stack is deployed again.
"""

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from stackproof.embedded import account, cloud, process
from stackproof.embedded.cloud import Cloud, CloudFailed, RecordingDiffers
from stackproof.embedded.files import locked, read_json, write_private
from stackproof.embedded.progress import Progress, choose
from stackproof.embedded.recipe import LOCAL, Recipe, Values, home_of
from stackproof.terraform.cli import Completed, TerraformError
from stackproof.terraform.workspace import Workspace

Say = Callable[[str], None]

_RECORDING_DAYS = 30
"""A recording is made anew after that, so that its certificate is always fresh."""
_UNUSED_DAYS = 14
_RECORDED = ("recording.jsonl", "terraform.tfstate", "certificate.pem", "private_key.pem")


@dataclass(frozen=True)
class Deployed:
    """The stack, deployed to a cloud that runs. As a context manager it is closed at the end."""

    cloud: Cloud
    recipe: Recipe
    workspace: Workspace
    """Terraform's working copy, with the state of the deployed stack."""
    told: Mapping[str, str]
    """Terraform variables that only the account could tell, such as the certificate's ARN."""
    directory: Path
    """Holds ``server.log``, and the certificate that was imported into ACM."""
    how: str
    """``applied``, ``replayed``, or ``found`` (the cloud of ``make up``)."""
    seconds: float
    is_private: bool
    """Whether it ends with this run."""

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
            "digest": self.recipe.digest,
            "directory": str(self.directory),
            "told": dict(self.told),
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
        return [f"{self.recipe.summary} {_HOW[self.how].format(seconds=self.seconds, endpoint=self.endpoint)}"]

    def plan(self, out: Path, on_event: Callable[[dict[str, Any]], None] | None = None) -> Completed:
        """Plan once more, with the sources and the values that were deployed: exit status 2 if something differs.

        The plan file holds secrets: it is the caller's to remove.
        """
        variables = {**self.recipe.values.variables, **self.told}
        var_files = [self.recipe.example] if self.recipe.example else []
        return self.workspace.plan(out, var_files=var_files, variables=variables, detailed_exitcode=True, on_event=on_event)

    def settle(self) -> bool:
        """Whether a plan right after the deployment is empty; if so, the state learns what the refresh found.

        What the cloud did by itself meanwhile (a rotation, an address taken) is then no drift.
        """
        planfile = self.workspace.directory / "settling.tfplan"
        try:
            if self.plan(planfile).exit_status != 0:
                return False
            self.workspace.apply(planfile)
            return True
        finally:
            planfile.unlink(missing_ok=True)

    def apply(self, progress: Progress) -> None:
        """Deploy. Raises `TerraformError`."""
        planfile = self.workspace.directory / "first.tfplan"
        try:
            self.plan(planfile, progress.planned)
            self.workspace.apply(planfile, progress.applied)
        finally:
            planfile.unlink(missing_ok=True)

    def finish(self) -> None:
        """Set through the API what this provider has no word for, as the sources say."""
        if not self.workspace.later:
            return
        values = self.recipe.values
        made = {one["address"]: one["values"] for one in _resources(self.workspace.show()["values"]["root_module"])}
        client = account.Endpoint(self.endpoint, values.account, values.region).client("elbv2")
        for address, attributes in self.workspace.later.items():
            said = [{"Key": key, "Value": value} for key, value in attributes.items()]
            client.modify_listener_attributes(ListenerArn=made[address]["arn"], Attributes=said)

    def close(self) -> None:
        """End a private cloud and remove what it left; the one of ``make up`` lives on."""
        if self.is_private:
            cloud.stop(self.cloud)
            shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> "Deployed":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


_HOW = {
    "applied": "It was deployed for this run in {seconds:.0f} s.",
    "replayed": "A recorded deployment was replayed in {seconds:.0f} s; every answer was the recorded one.",
    "found": "It was running already at {endpoint} (make up), and was judged as it was found.",
}


def ensure(stack: Path, *, cache: Path, values: Values = LOCAL, say: Say | None = None) -> Deployed:
    """The stack, deployed: to the cloud of ``make up`` if one runs with the same sources, else to a private one, which ends with
    `Deployed.close` and in any case with this process.

    The cloud of ``make up`` is not reset: what was changed there by hand is there to be judged. ``say`` gets a line for
    each thing that happens; without it they go to standard error.

    Raises `CloudFailed` if the stack cannot be brought up, `UsageError` for sources that cannot be used.
    """
    progress = Progress(say) if say else choose()
    recipe = Recipe.of(stack, cache, values)
    running = _running(recipe.home)
    if running and running.digest == recipe.digest:
        return _found(recipe, running)
    if running:
        progress.say(
            f"The embedded cloud at {running.cloud.endpoint} was started with other sources; it is left alone, and this run "
            "starts its own. `make up` would replace it."
        )
    return _bring_up(recipe, progress)


def up(stack: Path, *, cache: Path, values: Values = LOCAL, say: Say | None = None) -> Deployed:
    """Start a cloud that lives on, or find the one that runs; one that was started with other sources is replaced.

    Two at once start one: the second waits for the first and finds its. Raises as `ensure`.
    """
    progress = Progress(say) if say else choose()
    recipe = Recipe.of(stack, cache, values)
    with locked(recipe.home / "up.lock", progress, "another `up` to finish"), ExitStack() as undo:
        running = _running(recipe.home)
        if running and running.digest == recipe.digest:
            return _found(recipe, running)
        if running:
            progress.say(f"The embedded cloud at {running.cloud.endpoint} was started with other sources: replacing it.")
            _end(recipe.home, running)
        deployed = undo.enter_context(_bring_up(recipe, progress))
        _own(deployed.directory, deployed.cloud.pid)
        _advertise(recipe, deployed)
        cloud.detach(deployed.cloud)
        undo.pop_all()
    return replace(deployed, is_private=False)


def down(*, cache: Path, say: Say | None = None) -> str | None:
    """End what `up` started and nothing else; its endpoint, or None if it was not running."""
    home = home_of(cache)
    with locked(home / "up.lock", Progress(say) if say else choose(), "another `up` to finish"):
        advertised = _advertised(home)
        return advertised.cloud.endpoint if advertised and _end(home, advertised) else None


def shared(stack: Path, *, cache: Path, values: Values = LOCAL, handle: Mapping[str, Any]) -> Deployed:
    """What another process of this run deployed, by its `Deployed.handle`; closing it ends nothing."""
    return _found(Recipe.of(stack, cache, values), _Running.of(handle))


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
        undo.callback(shutil.rmtree, directory, ignore_errors=True)
        undo.callback(progress.end)
        _own(directory, os.getpid())
        deployed = _replay(recipe, directory, progress)
        if not deployed:
            with locked(recipe.recording.with_suffix(".lock"), progress, "another run that deploys the same sources"):
                deployed = _replay(recipe, directory, progress) or _apply(recipe, directory, progress)
        undo.pop_all()
    progress.end()
    return replace(deployed, seconds=time.monotonic() - started)


def _replay(recipe: Recipe, directory: Path, progress: Progress) -> Deployed | None:
    """The stack out of its recording; None if there is none, or none that fits (then it is gone)."""
    if not recipe.recording.is_dir():
        return None
    progress.begin("Replaying the recorded deployment ...")
    with ExitStack() as undo:
        try:
            about = _copy_recording(recipe.recording, directory)
            live = cloud.start(directory, recipe.values.account, replay=directory / "recording.jsonl")
            undo.callback(cloud.stop, live)
            deployed = _deployed(recipe, live, directory, about["told"], "replayed")
            shutil.move(directory / "terraform.tfstate", deployed.workspace.directory)
            if deployed.settle() != about["settled"]:
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
    """The stack by ``terraform apply``, and a recording of it."""
    progress.begin(f"Deploying {os.path.relpath(recipe.stack)} to an embedded cloud; later runs replay this deployment ...")
    with ExitStack() as undo:
        served = account.certificate(recipe.values.region)
        write_private(directory / "certificate.pem", served.certificate)
        write_private(directory / "private_key.pem", served.private_key)
        live = cloud.start(directory, recipe.values.account, record=directory / "recording.jsonl")
        undo.callback(cloud.stop, live)
        told = account.seed(account.Endpoint(live.endpoint, recipe.values.account, recipe.values.region), recipe.named(), served)
        deployed = _deployed(recipe, live, directory, told, "applied")
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
        workspace=recipe.workspace(directory / "workspace", live.endpoint),
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
            is_state = name == "terraform.tfstate"
            shutil.copy((deployed.workspace.directory if is_state else deployed.directory) / name, complete)
        about = {
            "made": time.time(),
            "settled": settled,
            "told": dict(deployed.told),
            "files": {name: _sha256(complete / name) for name in _RECORDED},
        }
        write_private(complete / "about.json", json.dumps(about))
        shutil.rmtree(target, ignore_errors=True)
        complete.rename(target)


def _copy_recording(source: Path, directory: Path) -> dict[str, Any]:
    """Copy a recording into a run's directory; what is known about it. `_Unfit` unless it is whole and fresh."""
    try:
        about: dict[str, Any] = read_json(source / "about.json")
        for name in _RECORDED:
            shutil.copy(source / name, directory)
            if _sha256(directory / name) != about["files"][name]:
                raise _Unfit(f"{name} is damaged")
        if time.time() - about["made"] > _RECORDING_DAYS * 86400:
            raise _Unfit(f"it is older than {_RECORDING_DAYS} days")
        (source / "about.json").touch()  # it is in use
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _Unfit(f"it is damaged ({type(error).__name__})") from None
    return about


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

    @classmethod
    def of(cls, handle: Mapping[str, Any]) -> "_Running":
        return cls(Cloud(**handle["cloud"]), handle["digest"], Path(handle["directory"]), handle["told"])


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
    return _deployed(recipe, running.cloud, running.directory, running.told, "found")


def _end(home: Path, running: _Running) -> bool:
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
            shutil.rmtree(directory, ignore_errors=True)
    for about in home.glob("*/about.json"):
        if _age(about) > _UNUSED_DAYS * 86400:
            shutil.rmtree(about.parent, ignore_errors=True)


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:  # another run removed it
        return 0
