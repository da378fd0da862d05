"""The base of every target but a replay: it has plans of the stacks, given or made."""

import importlib.metadata
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from stackproof.evidence.store import Store
from stackproof.profile.terraform import APP
from stackproof.redaction.threads import Pool
from stackproof.resources.unknown_types import unknown_types
from stackproof.sources.plan.document import Plan
from stackproof.sources.plan.stacks import joined
from stackproof.targets.request import Request, read_plans
from stackproof.targets.run import RunStage
from stackproof.util.once import Once

if TYPE_CHECKING:
    from stackproof.terraform.speculative_plan import SpeculativePlan


class PlanningStage(RunStage):
    """A stage with the plans of ``--plan``, or with those that Terraform makes of the sources here, from nothing.

    Like all that a stage has behind it, a plan is made when it is first needed.
    """

    packages: tuple[str, ...] = ("boto3",)
    """The Python packages that decide what the target says."""
    makes_plans = True
    """That Terraform makes plans of the sources here, where none is given."""

    def __init__(self, request: Request, say: Callable[[str], None], store: Store | None = None) -> None:
        super().__init__(request, say, store)
        self._speculative_plans = {stack: Once(partial(self._speculate, stack)) for stack in request.profile.terraform.stacks}
        self._plan = Once(self._open_plan)
        self._given_plans = read_plans(request.plan_files, request.profile)

    @property
    def is_given_a_plan(self) -> bool:
        return bool(self._given_plans)

    def plan(self) -> Plan:
        return self._plan()

    def speculative_plan(self, stack: str = APP) -> "SpeculativePlan":
        return self._speculative_plans[stack]() if self.makes_plans else super().speculative_plan(stack)

    @property
    def versions(self) -> Mapping[str, str]:
        found = {**super().versions, **{package: importlib.metadata.version(package) for package in self.packages}}
        speculative_plan = self._speculative_plans[APP].made
        if speculative_plan:
            copy = speculative_plan.workspace
            found |= {
                "terraform": f"{copy.terraform.version} ({copy.terraform.origin})",
                "hashicorp/aws": f"{copy.provider_version()} ({copy.provider.origin})",
            }
        return found

    def _open_plan(self) -> Plan:
        plan = self._kept_plan("plan", lambda: joined(self._given_plans or self._plans_made_here()))
        if plan.forgotten:
            left = ", ".join(plan.forgotten)
            self.notes.append(f"Terraform lets go of these and leaves them alone in AWS, so they are not judged: {left}.")
        unknown, total = unknown_types(plan.document)
        if unknown:
            number, types = sum(unknown.values()), ", ".join(f"{name} ({count})" for name, count in unknown.items())
            self.notes.append(f"{number} of {total} resources of the plan are judged by nothing: {types}.")
            if number == total:
                self.unjudged = "No control looks at any resource of the plan, so nothing is proven and the gate is closed."
        return plan

    def _plans_made_here(self) -> dict[str, Plan]:
        stacks = list(self.profile.terraform.stacks)
        with Pool() as pool:
            return dict(zip(stacks, pool.map(lambda stack: self.speculative_plan(stack).plan, stacks), strict=True))

    def _speculate(self, stack: str) -> "SpeculativePlan":
        from stackproof.terraform import provider, speculative_plan

        directory, expected = self.directory_of(stack), self.profile.terraform.stacks[stack]
        about = {"region": self.profile.region, "account": self.profile.account_id}
        secrets = self.secrets_of(stack)

        def speculate(chosen: provider.Provider) -> "SpeculativePlan":
            copy = speculative_plan.workspace(directory, self.cache, chosen, **about, secrets=secrets)
            return speculative_plan.speculate(
                copy, directory, expected.variables, expected.example, kept=self.kept, has_own_secrets=self.has_own(secrets)
            )

        made = provider.with_fallback(self.cache, speculate)
        self.notes += speculative_plan.notes(made, stack, len(expected.reviewed) if expected.says("reviewed") else None)
        return made
