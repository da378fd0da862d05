"""The stacks in the embedded cloud: out of a recording where one fits, else by ``terraform apply``.

Under ``.stackproof/cloud`` (mode 0700, files 0600):

================  =========================================================================================================
``db_password``   the database password of every stack deployed here: random, never printed
``DIGEST/``       a recording: the requests of one deployment with digests of the answers, and Terraform's states after it
``run-*/``        a cloud that runs: its log, Terraform's working copies and states; removed when it ends
``running.json``  the cloud that `up` started
================  =========================================================================================================

A recording is used when nothing that it depends on has changed, and every replayed answer equals the recorded one. Otherwise it is thrown
away, and the stacks are deployed again. So it is when a control asks for Terraform's plans over it, and they are not what they were.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from stackproof.embedded import account, cloud, process, workload
from stackproof.embedded.cloud import Cloud, CloudFailed, RecordingDiffers
from stackproof.embedded.deployed import STATE, Deployed, remove_directory, state_of
from stackproof.embedded.files import locked, write_private
from stackproof.embedded.progress import Progress, choose
from stackproof.embedded.recipe import LOCAL, Account, Recipe, Stack, home_of
from stackproof.embedded.recorded import UnfitRecording, copy_recording, save_recording
from stackproof.embedded.running import Running, advertise, advertised_in, as_found, deployed_at, end, own, prune, running_in
from stackproof.embedded.workload import Source, Workload
from stackproof.redaction.threads import aside
from stackproof.sources.aws import process_guard
from stackproof.terraform.cli import TerraformError

Say = Callable[[str], None]


def ensure(
    stacks: Sequence[Stack],
    *,
    cache: Path,
    account: Account = LOCAL,
    source: Source | None = None,
    say: Say | None = None,
    meanwhile: Callable[[], None] = lambda: None,
) -> Deployed:
    """The stacks, deployed: to the cloud of ``make up`` if one runs with the same sources, else to a private one, which ends with
    `Deployed.close` and in any case with this process.

    With a ``source`` the backend runs there too. The cloud of ``make up`` is not reset: what was changed there by hand is there to be
    judged. ``say`` gets a line for each thing that happens; without it they go to standard error. ``meanwhile`` is run beside it, where a
    cloud has to be started.

    Raises `CloudFailed` if the stacks cannot be brought up, `UsageError` for sources that cannot be used.
    """
    progress = Progress(say) if say else choose()
    recipe = Recipe.of(stacks, cache, account, source)
    running = running_in(recipe.home)
    if running and running.digest == recipe.cloud_digest:
        return as_found(recipe, running)
    if running:
        progress.say(
            f"The embedded cloud at {running.cloud.endpoint} was started with other sources; it is left alone, and this run "
            "starts its own. `make up` would replace it."
        )
    aside(meanwhile)
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
        running = running_in(recipe.home)
        if running:
            why = _why_replaced(running, recipe)
            if not why:
                return as_found(recipe, running)
            progress.say(f"The embedded cloud at {running.cloud.endpoint} {why}: replacing it.")
            end(recipe.home, running)
        deployed = undo.enter_context(_bring_up(recipe, progress))
        deployed.wait_until_used()
        own(deployed.directory, deployed.cloud.pid)
        advertise(recipe, deployed)
        cloud.detach(deployed.cloud)
        if deployed.workload:
            workload.detach(deployed.workload)
        undo.pop_all()
    return replace(deployed, is_private=False)


def _why_replaced(running: "Running", recipe: Recipe) -> str:
    """Why `up` does not leave a cloud as it is; empty if it does."""
    if running.digest != recipe.cloud_digest:
        return "was started with other sources"
    working = running.workload
    return "has lost what ran in it" if working and process.started_at(working.pid) != working.started else ""


def down(*, cache: Path, say: Say | None = None) -> str | None:
    """End what `up` started and nothing else; its endpoint, or None if it was not running."""
    home = home_of(cache)
    with locked(home / "up.lock", Progress(say) if say else choose(), "another `up` to finish"):
        advertised = advertised_in(home)
        return advertised.cloud.endpoint if advertised and end(home, advertised) else None


def shared(
    stacks: Sequence[Stack], *, cache: Path, account: Account = LOCAL, source: Source | None = None, handle: Mapping[str, Any]
) -> Deployed:
    """The deployment of another process of this run, by its `Deployed.handle`; closing it ends nothing."""
    return as_found(Recipe.of(stacks, cache, account, source), Running.of(handle))


def running(*, cache: Path) -> Cloud | None:
    """The cloud that `up` started, if it answers."""
    found = running_in(home_of(cache))
    return found.cloud if found else None


def _bring_up(recipe: Recipe, progress: Progress) -> Deployed:
    prune(recipe.home)
    started = time.monotonic()
    with ExitStack() as undo:
        directory = Path(tempfile.mkdtemp(prefix="run-", dir=recipe.home))
        undo.callback(remove_directory, directory)
        undo.callback(progress.end)
        own(directory, os.getpid())
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
            working = workload.go(working, deployed.cloud, progress.say)
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
            about = copy_recording(recipe.recording, directory)
            live = cloud.start(directory, recipe.account.id, replay=directory / "recording.jsonl")
            undo.callback(cloud.stop, live)
            deployed = deployed_at(recipe, live, directory, about["told"], "replayed")
            for name, workspace in deployed.workspaces.items():
                shutil.move(directory / state_of(name), workspace.directory / STATE)
            deployed = replace(deployed, was_settled=about["settled"])
        except (UnfitRecording, RecordingDiffers, TerraformError) as error:
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
        deployed = deployed_at(recipe, live, directory, {}, "applied")
        with process_guard.lifted():
            deployed = replace(deployed, reported=account.seed(deployed.api, recipe.named(), served))
        try:
            deployed.apply(progress)
        except TerraformError as error:
            raise CloudFailed(_explained(error, live)) from None
        deployed.finish()
        cloud.end_recording(live)
        settled = deployed.settle()
        if not settled:
            progress.say("Note: Terraform would change something right after the deployment; control TF-08 shows what.")
        save_recording(recipe.recording, deployed, settled=settled)
        (directory / "recording.jsonl").unlink()
        undo.pop_all()
    return deployed


def _explained(error: TerraformError, live: Cloud) -> str:
    try:
        refused = cloud.status(live.endpoint)["refused"]
    except CloudFailed as gone:
        return f"{error}\n{gone}"
    return f"{error}\nThe embedded cloud does not implement: {', '.join(refused)}." if refused else str(error)
