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
    """A stage whose resources are those of a plan: a run on a plan, and its replay."""

    def source(self) -> Source:
        return PlanSource(self.plan())

    def _not_given(self) -> str:
        return f"; no --plan was given for {', '.join(missing)}" if (missing := self._missing()) else ""

    def to_know(self) -> str:
        """The advice that tells how to make known what is UNKNOWN on a plan."""
        give = f"give the plan of {' and of '.join(missing)}, too, with --plan; " if (missing := self._missing()) else ""
        return (
            f"{give}write the attribute in the sources instead of leaving it to AWS; or apply first, and judge what is deployed"
        )

    def _missing(self) -> list[str]:
        """The stacks of which no plan was given."""
        return sorted({*self.profile.terraform.stacks} - {*stacks_of(self.plan())})


class PlanStage(OnAPlan, PlanningStage):
    """Plans alone; nothing is asked."""

    target_codes = "SP"

    def outputs(self) -> Mapping[str, Output]:
        return planned_outputs(self.plan())

    def planned_changes(self) -> tuple[PlannedChanges, ...]:
        return planned_changes(plan) if (plan := self._plan.made) else ()
