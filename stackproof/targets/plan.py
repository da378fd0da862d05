"""The target plan: what the stacks will be, before anything is deployed."""

from collections.abc import Mapping

from stackproof.core.changes import PlannedChanges
from stackproof.resources.sources import Output
from stackproof.sources import Source
from stackproof.sources.plan.changes import planned_changes
from stackproof.sources.plan.document import PlanSource
from stackproof.sources.plan.stacks import stacks_of
from stackproof.targets.base import Stage
from stackproof.targets.outputs import planned_outputs
from stackproof.targets.planning import PlanningStage


class OnAPlan(Stage):
    """What a run on a plan and its replay have: the resources are those of the plan."""

    def source(self) -> Source:
        return PlanSource(self.plan())

    def _not_given(self) -> str:
        missing = {*self.profile.terraform.stacks} - {*stacks_of(self.plan())}
        return f"; no --plan was given for {', '.join(sorted(missing))}" if missing else ""


class PlanStage(OnAPlan, PlanningStage):
    """Plans alone; nothing is asked."""

    target_codes = "SP"

    def outputs(self) -> Mapping[str, Output]:
        return planned_outputs(self.plan())

    def planned_changes(self) -> tuple[PlannedChanges, ...]:
        return planned_changes(plan) if (plan := self._plan.made) else ()
