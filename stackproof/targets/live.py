"""The target aws: AWS itself, as it is deployed. Nothing is started, and nothing is changed."""

import os
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING

from stackproof.evidence.store import Store
from stackproof.processes.children import with_credentials
from stackproof.profile.terraform import APP
from stackproof.resources.sources import Output
from stackproof.sources.aws import connection
from stackproof.sources.plan.document import Plan
from stackproof.targets.api import ApiStage
from stackproof.targets.outputs import applied_outputs
from stackproof.targets.request import Request
from stackproof.targets.run import second_plan_name
from stackproof.util import json_document
from stackproof.util.temporary import temporary

if TYPE_CHECKING:
    from stackproof.sources.aws.session import Network, Transport


class LiveStage(ApiStage):
    """Live AWS, with the caller's own credentials and the caller's own Terraform."""

    target_codes = "SA"
    makes_plans = False  # a plan from nothing is none of what is deployed; one may be given

    def __init__(self, request: Request, say: Callable[[str], None], store: Store | None = None) -> None:
        super().__init__(request, say, store)
        self.notes += self.connection
        if request.plan_files:
            self.target_codes += "P"

    @cached_property
    def connection(self) -> tuple[str, ...]:
        return connection.reported(os.environ)

    def outputs(self) -> Mapping[str, Output]:
        reported = {
            stack: json_document.loads(self._by_user(stack, "output", "-json")) for stack in self.profile.terraform.stacks
        }
        return applied_outputs(reported, "terraform output")

    def second_plan(self, stack: str = APP) -> Plan:
        return self._kept_plan(second_plan_name(stack), partial(self._plan_by_user, stack))

    def close(self) -> None:
        if self._request.bastion:
            self._request.bastion.close()

    def _probes(self, network: "Network") -> "Transport":
        from stackproof.probes import Probes

        return Probes(network, access=self._access, bastion=self._request.bastion)

    def _plan_by_user(self, stack: str) -> Plan:
        """A plan by the user's own, initialised Terraform, against the real state. It reads, and takes no lock."""
        with temporary("plan") as folder:  # the plan file holds secrets
            planfile = str(folder / "tfplan")
            self._by_user(stack, "plan", "-input=false", "-lock=false", "-detailed-exitcode", f"-out={planfile}", accepted=(0, 2))
            document = json_document.loads(self._by_user(stack, "show", "-json", planfile))
        self.notes.append(
            f"The second plan of {stack} was made by the Terraform on this machine, with the caller's own credentials and state."
        )
        return Plan(document, f"terraform plan of {stack}, as it is deployed")

    def _by_user(self, stack: str, *arguments: str, accepted: tuple[int, ...] = (0,)) -> str:
        """What Terraform answers in the user's own root module. Raises `TerraformError` if it is not initialised, say."""
        from stackproof.terraform.cli import Terraform, TerraformError

        completed = Terraform.find().run(*arguments, directory=self.directory_of(stack), environment=with_credentials(os.environ))
        if completed.exit_status not in accepted:
            where = self.profile.terraform.stacks[stack].directory
            raise TerraformError(f"{completed.command} failed in {where}; is it initialised there? {completed.stderr.strip()}")
        return completed.stdout
