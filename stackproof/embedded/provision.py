"""Bring the app stack up in the embedded cloud: by replaying a recording where one fits, else by applying it.

Under ``CACHE/cloud`` (mode 0700):

====================  ==================================================================================================
``db_password``       the database password of every stack applied here: random, mode 0600, never printed
``DIGEST/``           a recording: the requests of one apply with the answers' digests, and Terraform's state after it
``run-*/``            a cloud that runs: its log, Terraform's working copy and state; removed when it ends
``running.json``      the cloud that ``make up`` started
====================  ==================================================================================================

A recording is used when nothing it depends on has changed, every replayed answer equals the recorded one, and
Terraform's plan over the result is what it was after the apply. Otherwise it is thrown away, and the stack is applied.
"""

import hashlib
import json
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any

from filelock import FileLock

import stackproof
from stackproof.embedded import account, cloud, process
from stackproof.embedded.cloud import ACCOUNT, REGION, Cloud, CloudFailed, RecordingDiffers
from stackproof.embedded.progress import Progress, choose
from stackproof.terraform import provider, sources, workspace
from stackproof.terraform.cli import Completed, Terraform, TerraformError
from stackproof.terraform.provider import Provider
from stackproof.terraform.workspace import Workspace

STACK = Path("infrastructure/terraform")
CACHE = Path(".stackproof")

_RECORDING_DAYS = 30
"""A recording is made anew after that, so that its certificate is always fresh."""
_UNUSED_DAYS = 14
_WAIT_SECONDS = 1800
_RECORDED = ("recording.jsonl", "terraform.tfstate", "certificate.pem", "private_key.pem")
_PACKAGES = ("moto", "botocore", "flask", "werkzeug", "cryptography")


@dataclass(frozen=True)
class Deployed:
    """The stack, deployed to a cloud that runs. As a context manager it is closed at the end."""

    cloud: Cloud
    workspace: Workspace
    """Terraform's working copy with the state of the deployed stack."""
    var_files: tuple[Path, ...]
    variables: Mapping[str, str]
    """What the embedded account gave to the stack, on top of ``var_files``."""
    directory: Path
    """Holds ``server.log``, and the certificate that the load balancer serves: `certificate` and `private_key`."""
    how: str
    """``reused`` (started by ``make up``), ``replayed`` or ``applied``."""
    seconds: float
    """What that took."""
    is_private: bool

    @property
    def endpoint(self) -> str:
        """Of every service."""
        return self.cloud.endpoint

    @property
    def certificate(self) -> Path:
        """The certificate that was imported into ACM, PEM."""
        return self.directory / "certificate.pem"

    @property
    def private_key(self) -> Path:
        """Its key, PEM, mode 0600."""
        return self.directory / "private_key.pem"

    def plan(self, out: Path | None = None) -> Completed:
        """Plan once more with the values that were applied; exit status 2 when something differs (control TF-08)."""
        return self.workspace.plan(out, var_files=self.var_files, variables=self.variables, detailed_exitcode=True)

    def close(self) -> None:
        """End a private cloud and remove what it left; one that ``make up`` started lives on."""
        if self.is_private:
            cloud.stop(self.cloud)
            shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> "Deployed":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def ensure(stack: Path = STACK, *, cache: Path = CACHE, progress: Progress | None = None) -> Deployed:
    """The stack, deployed: to the cloud of ``make up`` where one runs with the same sources, else to a private one.

    The cloud of ``make up`` is used as it is: changes made by hand since are there to be judged. A private one ends
    with `Deployed.close`, and with this process in any case.

    Raises `CloudFailed` or `TerraformError` when the stack cannot be brought up, `UsageError` for bad sources.
    """
    progress = progress or choose()
    plan = _Plan.of(stack, cache)
    if running := _running(cache):
        if running.digest == plan.digest:
            return _reuse(plan, running)
        progress.say(
            f"The embedded cloud at {running.cloud.endpoint} was started with other sources and is left alone; "
            "this run starts its own. `make up` would replace it."
        )
    return _bring_up(plan, progress)


def up(stack: Path = STACK, *, cache: Path = CACHE, progress: Progress | None = None) -> Deployed:
    """Start a cloud that lives on, or find the one that runs. One that was started with other sources is replaced.

    Two at once start one: the second waits. Raises as `ensure`.
    """
    progress = progress or choose()
    plan = _Plan.of(stack, cache)
    with _locked(plan.home / "up.lock", progress, "another `up` to finish"):
        if running := _running(cache):
            if running.digest == plan.digest:
                return _reuse(plan, running)
            progress.say(f"The embedded cloud at {running.cloud.endpoint} was started with other sources: replacing it.")
            _end(cache, running)
        with ExitStack() as undo:
            deployed = undo.enter_context(_bring_up(plan, progress))
            live = deployed.cloud
            _own(deployed.directory, live.pid, live.started)
            _write(_advertisement(cache), json.dumps(_Running(live, plan.digest, deployed).to_json()))
            cloud.detach(live)
            undo.pop_all()
    return Deployed(**{**vars(deployed), "is_private": False})


def down(*, cache: Path = CACHE) -> str | None:
    """End what `up` started, and nothing else; its endpoint, or None when there was none."""
    with FileLock(_home(cache) / "up.lock", timeout=_WAIT_SECONDS):
        running = _advertised(cache)
        if not running:
            return None
        was_running = _end(cache, running)
    return running.cloud.endpoint if was_running else None


def running(*, cache: Path = CACHE) -> Cloud | None:
    """The healthy cloud that `up` started."""
    found = _running(cache)
    return found.cloud if found else None


@dataclass(frozen=True)
class _Plan:
    """Everything that decides what a deployed stack is."""

    stack: Path
    cache: Path
    terraform: Terraform
    provider: Provider
    password: str = field(repr=False)
    digest: str

    @classmethod
    def of(cls, stack: Path, cache: Path) -> "_Plan":
        terraform, chosen = Terraform.find(), provider.choose(cache)
        password = _password(_home(cache))
        packages = [f"{package} {version(package)}" for package in _PACKAGES]
        content: list[object] = [terraform, chosen, packages, platform.python_version(), password]
        package = Path(stackproof.__file__).parent
        for directory in (*sources.modules(stack), package / "embedded", package / "terraform"):
            content += [(path.name, path.read_bytes()) for path in sorted(directory.iterdir()) if _counts(path)]
        digest = hashlib.sha256(repr(content).encode()).hexdigest()[:16]
        return cls(stack, cache, terraform, chosen, password, digest)

    @property
    def home(self) -> Path:
        return _home(self.cache)

    @property
    def recording(self) -> Path:
        return self.home / self.digest

    @property
    def var_files(self) -> tuple[Path, ...]:
        example = self.stack / "terraform.tfvars.example"
        return (example,) if example.exists() else ()

    def workspace(self, directory: Path, endpoint: str) -> Workspace:
        return workspace.prepare(
            self.stack,
            directory / "workspace",
            self.provider,
            endpoint=endpoint,
            region=REGION,
            account=ACCOUNT,
            secrets={"db_password": self.password} if "db_password" in self.declared() else {},
            terraform=self.terraform,
        )

    def declared(self) -> frozenset[str]:
        return frozenset(sources.read(self.stack).variables)

    def deployed(self, live: Cloud, directory: Path, variables: Mapping[str, str], how: str, seconds: float) -> Deployed:
        return Deployed(
            cloud=live,
            workspace=self.workspace(directory, live.endpoint),
            var_files=self.var_files,
            variables=variables,
            directory=directory,
            how=how,
            seconds=seconds,
            is_private=True,
        )


def _counts(path: Path) -> bool:
    """Whether a file beside the sources decides what is deployed: no state, no values of the user's, nothing hidden."""
    ignored = path.name.startswith(".") or ".tfstate" in path.name or path.name.endswith((".tfvars", ".md", "tfplan"))
    return path.is_file() and not ignored


# Bringing up


def _bring_up(plan: _Plan, progress: Progress) -> Deployed:
    _prune(plan.home)
    started = time.monotonic()
    with ExitStack() as undo:
        directory = Path(tempfile.mkdtemp(prefix="run-", dir=plan.home))
        undo.callback(shutil.rmtree, directory, ignore_errors=True)
        _own(directory, os.getpid(), process.started_at(os.getpid()) or "")
        undo.callback(progress.end)
        deployed = _replay(plan, directory, progress)
        if not deployed:
            with _locked(plan.recording.with_suffix(".lock"), progress, "another run that deploys the same sources"):
                deployed = _replay(plan, directory, progress) or _apply(plan, directory, progress)
        progress.end()
        undo.pop_all()
    return Deployed(**{**vars(deployed), "seconds": time.monotonic() - started})


def _replay(plan: _Plan, directory: Path, progress: Progress) -> Deployed | None:
    """The stack out of its recording; None when there is none, or none that fits (then it is gone)."""
    if not plan.recording.is_dir():
        return None
    progress.begin("Replaying the recorded deployment ...")
    with ExitStack() as undo:
        try:
            about = _copy_recording(plan.recording, directory)
            live = cloud.start(directory / "server.log", replay=directory / "recording.jsonl")
            undo.callback(cloud.stop, live)
            deployed = plan.deployed(live, directory, about["variables"], "replayed", 0)
            shutil.move(directory / "terraform.tfstate", deployed.workspace.directory)
            if _settle(deployed) != about["settled"]:
                raise _Unfit("Terraform's plan over it is not what it was")
        except (_Unfit, RecordingDiffers) as error:
            progress.say(f"The recorded deployment is not used: {error}. Deploying again.")
            shutil.rmtree(plan.recording, ignore_errors=True)
            return None
        undo.pop_all()
    return deployed


def _apply(plan: _Plan, directory: Path, progress: Progress) -> Deployed:
    """The stack by ``terraform apply``, and a recording of it."""
    progress.begin(f"Deploying {plan.stack} to an embedded cloud (once; later runs replay it) ...")
    with ExitStack() as undo:
        for name in _RECORDED:
            (directory / name).unlink(missing_ok=True)
        served = account.certificate()
        _write(directory / "certificate.pem", served.certificate)
        _write(directory / "private_key.pem", served.private_key)
        live = cloud.start(directory / "server.log", record=directory / "recording.jsonl")
        undo.callback(cloud.stop, live)
        values = sources.assignments(plan.var_files[0]) if plan.var_files else {}
        variables = account.seed(live.endpoint, plan.declared(), values, served)
        deployed = plan.deployed(live, directory, variables, "applied", 0)
        target = deployed.workspace
        planned = target.directory / "tfplan"
        try:
            target.plan(planned, var_files=plan.var_files, variables=variables, on_event=progress.planned)
            target.apply(planned, on_event=progress.applied)
        except TerraformError as error:
            raise CloudFailed(_explained(error, live)) from None
        finally:
            planned.unlink(missing_ok=True)
        cloud.end_recording(live)
        settled = _settle(deployed)
        if not settled:
            progress.say("Note: Terraform would change something right after the deployment; see control TF-08.")
        _save_recording(plan.recording, directory, deployed, settled=settled)
        undo.pop_all()
    return deployed


def _explained(error: TerraformError, live: Cloud) -> str:
    try:
        refused = cloud.status(live.endpoint)["refused"]
    except CloudFailed as gone:
        return f"{error}\n  {gone}."
    return f"{error}\n  The embedded cloud could not do: {', '.join(refused)}." if refused else str(error)


def _settle(deployed: Deployed) -> bool:
    """Whether a plan right after a deployment is empty; if so, the state learns what the refresh found.

    What the cloud does by itself during a deployment (a rotation, an address taken) then is no drift later.
    """
    settling = deployed.workspace.directory / "settling.tfplan"
    try:
        if deployed.plan(settling).exit_status != 0:
            return False
        deployed.workspace.apply(settling)
        return True
    finally:
        settling.unlink(missing_ok=True)


# Recordings


class _Unfit(Exception):
    """A recording cannot be used; the message says why."""


def _save_recording(target: Path, directory: Path, deployed: Deployed, *, settled: bool) -> None:
    """Store a recording so that it appears complete or not at all."""
    shutil.copy(deployed.workspace.directory / "terraform.tfstate", directory)
    about = {
        "made": time.time(),
        "settled": settled,
        "variables": dict(deployed.variables),
        "files": {name: _sha256(directory / name) for name in _RECORDED},
    }
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="new-") as temporary:
        complete = Path(temporary) / target.name
        complete.mkdir()
        for name in _RECORDED:
            shutil.copy(directory / name, complete)
        _write(complete / "about.json", json.dumps(about))
        shutil.rmtree(target, ignore_errors=True)
        complete.rename(target)


def _copy_recording(source: Path, directory: Path) -> dict[str, Any]:
    """Copy a recording into a run's directory and check that it is whole and fresh; what is known about it."""
    try:
        about: dict[str, Any] = json.loads((source / "about.json").read_text(encoding="utf-8"))
        for name in _RECORDED:
            shutil.copy(source / name, directory)
            if _sha256(directory / name) != about["files"][name]:
                raise _Unfit(f"{source / name} is damaged")
        if time.time() - about["made"] > _RECORDING_DAYS * 86400:
            raise _Unfit(f"it is older than {_RECORDING_DAYS} days")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _Unfit(f"{source} is damaged ({type(error).__name__})") from None
    (source / "about.json").touch()  # in use
    return about


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


# The cloud that `up` started


@dataclass(frozen=True)
class _Running:
    cloud: Cloud
    digest: str
    deployed: Deployed | None = None
    directory: Path | None = None
    variables: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        raise NotImplementedError
