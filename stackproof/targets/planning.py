"""What every run of its own has: a plan of the stacks, given or made."""

import importlib.metadata
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from stackproof.evidence.store import Store
from stackproof.profile.schema import APP
from stackproof.sources.plan.document import Plan
from stackproof.sources.plan.stacks import joined
from stackproof.targets.request import Request, read_plans
from stackproof.targets.run import RunStage
from stackproof.util.once import Once

if TYPE_CHECKING:
    from stackproof.terraform.rehearsal import Rehearsal


class PlanningStage(RunStage):
    """A stage with the plans of ``--plan``, or with those that Terraform makes of the sources here, from nothing.

    Like all that a stage has behind it, a plan is made when it is first needed.
    """

    packages: tuple[str, ...] = ("boto3",)
    """The Python packages that decide what the target says."""

    def __init__(self, request: Request, say: Callable[[str], None], store: Store | None = None) -> None:
        super().__init__(request, say, store)
        self._rehearsals = {stack: Once(partial(self._rehearse, stack)) for stack in request.profile.terraform.stacks}
        self._plan = Once(self._open_plan)
        self._given_plans = read_plans(request.plan_files, request.profile)

    @property
    def is_given_a_plan(self) -> bool:
        return bool(self._given_plans)

    def plan(self) -> Plan:
        return self._plan()

    def rehearsal(self, stack: str = APP) -> "Rehearsal":
        return self._rehearsals[stack]()

    @property
    def versions(self) -> Mapping[str, str]:
        found = {**super().versions, **{package: importlib.metadata.version(package) for package in self.packages}}
        rehearsal = self._rehearsals[APP].made
        if rehearsal:
            copy = rehearsal.workspace
            found |= {
                "terraform": f"{copy.terraform.version} ({copy.terraform.origin})",
                "hashicorp/aws": f"{copy.provider_version()} ({copy.provider.origin})",
            }
        return found

    def _open_plan(self) -> Plan:
        return self._kept_plan("plan", lambda: joined(self._given_plans or self._rehearsed_plans()))

    def _rehearsed_plans(self) -> dict[str, Plan]:
        stacks = list(self.profile.terraform.stacks)
        with ThreadPoolExecutor() as pool:
            return dict(zip(stacks, pool.map(lambda stack: self.rehearsal(stack).plan, stacks), strict=True))

    def _rehearse(self, stack: str) -> "Rehearsal":
        from stackproof.terraform import rehearsal

        directory, expected = self.directory_of(stack), self.profile.terraform.stacks[stack]
        copy = rehearsal.workspace(
            directory, self.cache, region=self.profile.region, account=self.profile.account, password=self.password
        )
        made = rehearsal.rehearse(copy, directory, expected.variables)
        self.notes += rehearsal.notes(made, stack, len(expected.reviewed))
        return made
