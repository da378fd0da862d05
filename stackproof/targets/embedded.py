"""The target embedded: the stacks, deployed to a cloud on this machine, and what runs in it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from stackproof.evidence.store import Store
from stackproof.profile.terraform import APP
from stackproof.resources.sources import Output
from stackproof.sources.aws.calls import Answer, Call
from stackproof.sources.aws.session import Through
from stackproof.sources.plan.document import Plan
from stackproof.targets.api import ApiStage
from stackproof.targets.outputs import applied_outputs
from stackproof.targets.request import Request
from stackproof.targets.run import second_plan_name
from stackproof.util.kept import digest_of
from stackproof.util.once import Once
from stackproof.util.temporary import temporary

if TYPE_CHECKING:
    from stackproof.embedded.deployed import Deployed
    from stackproof.probes.postgres import Access
    from stackproof.sources.aws.session import Network, Transport


class EmbeddedStage(ApiStage):
    """The embedded cloud: brought up by this process or another one of the run, or found running."""

    target_codes = "SPE"  # a plan can be made on every laptop
    packages = ("boto3", "moto")

    def __init__(self, request: Request, say: Callable[[str], None], store: Store | None = None) -> None:
        super().__init__(request, say, store)
        self._cloud = Once(self._open_cloud)
        self._meanwhile: Callable[[], None] = lambda: None

    @property
    def endpoint(self) -> str:
        return self._cloud().endpoint

    @property
    def handle(self) -> Mapping[str, Any] | None:
        deployed = self._cloud.made
        if deployed:
            deployed.wait_until_used()  # other processes begin with what is there
        return deployed.handle if deployed else None

    def outputs(self) -> Mapping[str, Output]:
        deployed = self._cloud()
        kept = {
            stack: self.kept.get("outputs", deployed.inputs(stack), workspace.output)
            for stack, workspace in deployed.workspaces.items()
        }
        return applied_outputs({stack: answer.value for stack, answer in kept.items()}, "terraform output, embedded cloud")

    def get_ready(self, operations: Iterable[str]) -> None:
        from stackproof.sources.aws import models

        services = sorted({operation.partition(":")[0] for operation in operations})
        self._meanwhile = partial(models.read_ahead, services, self._models)

    def second_plan(self, stack: str = APP) -> Plan:
        return self._kept_plan(second_plan_name(stack), partial(self._plan_of_deployed, stack))

    def emulator(self) -> AbstractContextManager[str]:
        return fresh_cloud(self.profile.account_id)  # the deployed stack is judged at the same time

    @property
    def emulator_code(self) -> str | None:
        from stackproof.embedded.recipe import code

        return digest_of(code())

    def close(self) -> None:
        if self._cloud.made:
            self._cloud.made.close()

    def _open_cloud(self) -> "Deployed":
        from stackproof.embedded import provision
        from stackproof.embedded.recipe import Account, stacks_of
        from stackproof.embedded.workload import Source as Workload

        source = Workload.of(self.root, self.cache)
        stacks, account = stacks_of(self.profile, self.root), Account(self.profile.account_id, self.profile.region)
        if self._request.deployed:
            return provision.shared(stacks, cache=self.cache, account=account, source=source, handle=self._request.deployed)
        deployed = provision.ensure(
            stacks, cache=self.cache, account=account, source=source, say=self.say, meanwhile=self._meanwhile
        )
        self.notes += deployed.notes
        return deployed

    def _probes(self, network: "Network") -> "Transport":
        from stackproof.embedded import workload
        from stackproof.probes import Probes

        deployed = self._cloud()
        return Probes(
            AfterUse(network, deployed.wait_until_used),
            locate=partial(workload.locate, deployed.endpoint),  # all that runs in it is on this machine
            trusted=deployed.directory / "certificate.pem",
            access=self._access,
        )

    def _open_access(self) -> "Access":
        from stackproof.probes.postgres import Access

        deployed = self._cloud()
        return Access(deployed.recipe.password, deployed.directory / "authority.pem")

    def _plan_of_deployed(self, stack: str) -> Plan:
        deployed = self._cloud()
        answer = self.kept.get(
            "second-plan", deployed.inputs(stack), partial(deployed.second_plan, stack), holds=deployed.still_answers
        )
        return Plan(answer.value["document"], answer.told(f"terraform plan of {stack} after apply, embedded cloud"))


RECORDS = frozenset({"cloudwatch:GetMetricData", "logs:FilterLogEvents", "logs:StartQuery"})
"""The operations that read what a backend wrote while it was used."""


class AfterUse(Through):
    """A transport that asks for events and metrics once there are some, and for everything else at once."""

    def __init__(self, others: "Transport", wait: Callable[[], None]) -> None:
        super().__init__(others)
        self._wait_until_used = wait

    def send(self, call: Call, absent: tuple[str, ...] = ()) -> Answer:
        if call.operation in RECORDS:
            self._wait_until_used()
        return super().send(call, absent)


@contextmanager
def fresh_cloud(account: str) -> Iterator[str]:
    """The endpoint of an embedded cloud with nothing in it, which ends with its use."""
    from stackproof.embedded import cloud

    with temporary("emulator") as directory:
        fresh = cloud.start(directory, account)
        try:
            yield fresh.endpoint
        finally:
            cloud.stop(fresh)
