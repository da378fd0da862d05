"""The target replay: a recorded run is judged again, by its calls, its plans and its observations.

Neither AWS nor Terraform nor a network is needed. What calls and plans say is judged by the code of now; what was observed by other
means is taken as it was observed.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import stackproof
from stackproof.core.changes import PlannedChanges
from stackproof.core.results import ControlResult
from stackproof.core.verdicts import CouldNotVerify
from stackproof.evidence import code
from stackproof.evidence.store import Store
from stackproof.profile.terraform import APP
from stackproof.resources.sources import Output
from stackproof.sources import Source
from stackproof.sources.aws.source import AwsSource
from stackproof.sources.plan.document import Plan
from stackproof.targets.plan import OnAPlan
from stackproof.targets.request import Request
from stackproof.targets.run import RunStage, second_plan_name
from stackproof.util.once import Once

if TYPE_CHECKING:
    from stackproof.terraform.speculative_plan import SpeculativePlan


class NotRecorded(CouldNotVerify):
    """A call or an observation that a control needs is not a part of the recording."""


class ReplayStage(RunStage):
    """A stage on a recorded run."""

    def __init__(self, request: Request, say: Callable[[str], None], store: Store | None = None) -> None:
        assert request.recorded is not None
        self.run = request.recorded
        facts = self.run.facts
        super().__init__(request, say, store)
        self.target_codes = facts.stages
        self.now = facts.now
        self.notes.append(
            f"The run of {facts.now:%Y-%m-%d %H:%M} UTC on {facts.environment}, {facts.target}, judged again from its evidence "
            f"(manifest {self.run.head[:12]}, {self.run.signed}). Nothing was asked anew."
        )
        self._reader = self._reading(self.run.recording, facts.account, facts.region)
        self._plan = Once(partial(self._planned, "plan"))  # what is planned is told apart by being the same

    def observe(self, collection: str, make: Callable[[], Any]) -> Any:
        def again() -> Any:
            try:
                return make()
            except NotRecorded:
                return self.run.observed(collection)

        return super().observe(collection, again)

    def source(self) -> Source:
        return AwsSource(self._reader)

    def plan(self) -> Plan:
        return self._plan()

    def second_plan(self, stack: str = APP) -> Plan:
        return self._planned(second_plan_name(stack))

    @property
    def is_given_a_plan(self) -> bool:
        return self.run.facts.is_given_a_plan

    @property
    def root(self) -> Path:
        raise NotRecorded("the repository is not in the recording")

    def emulator(self) -> AbstractContextManager[str]:
        raise NotRecorded("the emulator is not in the recording")

    def speculative_plan(self, stack: str = APP) -> "SpeculativePlan":
        raise NotRecorded(f"what Terraform said of {stack} is not in the recording")

    def outputs(self) -> Mapping[str, Output]:
        raise NotRecorded("the outputs are not in the recording")

    @property
    def account(self) -> str:
        return self.run.facts.account

    @property
    def caller(self) -> str:
        return self.run.results.caller

    @cached_property
    def commit(self) -> str:
        return self.run.facts.commit

    def locate(self, address: str) -> tuple[str, int]:
        return self._located.get(address, ("", 0))

    @cached_property
    def _located(self) -> Mapping[str, tuple[str, int]]:
        """The places that the recorded run found."""
        subjects = (one.subject for control in self.run.results.controls for one in control.resources if one.subject)
        return {subject.address: (subject.file, subject.line) for subject in subjects if subject.file}

    @property
    def asked(self) -> str | None:
        return self.run.facts.endpoint or None

    def differences(self, controls: Sequence[ControlResult]) -> list[str]:
        """The controls that came out otherwise than in the recorded run, each in a line, and what may be the reason."""
        then = {control.id: control for control in self.run.results.controls}
        changed = [line for control in controls if control.id in then and (line := _difference(then[control.id], control))]
        counted = "1 control differs" if len(changed) == 1 else f"{len(changed)} controls differ"
        return [f"{counted} from the recorded run: {self._reason()}", *changed] if changed else []

    def _reason(self) -> str:
        then, now = self.run.facts, code.digest(self._request.root)
        if then.code != now:
            return (
                f"the code has changed since (stackproof {then.stackproof}, {then.code[:12]}, then; "
                f"{stackproof.__version__}, {now[:12]}, now)"
            )
        if self.profile != self.run.profile:
            return f"environment {self.profile.name} expects something else now"
        return "neither the code nor the environment has changed"

    def _planned(self, name: str) -> Plan:
        return self._kept_plan(name, partial(self._recorded_plan, name))

    def _recorded_plan(self, name: str) -> Plan:
        document = self.run.document(name)
        if document is None:
            raise NotRecorded(f"the {name.replace('-', ' ')} is not in the recording")
        return Plan(document["plan"], document["where"])


class PlanReplayStage(OnAPlan, ReplayStage):
    """A stage on a recorded run that judged a plan."""

    def planned_changes(self) -> tuple[PlannedChanges, ...]:
        return self.run.results.plans


def _difference(then: ControlResult, now: ControlResult) -> str:
    """What of a control came out otherwise; nothing if it is the same.

    >>> from stackproof.core.verdicts import Verdict
    >>> def control(verdict, message=""):
    ...     return ControlResult("SEC-RDS-01", "", "", "high", verdict, message, 0.1, "")
    >>> _difference(control(Verdict.PASS), control(Verdict.FAIL, "it is public"))
    'SEC-RDS-01 was PASS and is FAIL: it is public'
    >>> _difference(control(Verdict.FAIL, "it is public"), control(Verdict.FAIL, "it is open"))
    'SEC-RDS-01 is FAIL as it was, but says: it is open'
    """
    if then.verdict is not now.verdict:
        return f"{now.id} was {then.verdict} and is {now.verdict}" + (f": {now.message}" if now.message else "")
    if then.message != now.message:
        return f"{now.id} is {now.verdict} as it was, but says: {now.message or 'nothing'}"
    if then.resources != now.resources:
        return f"{now.id} is {now.verdict} as it was, but judged its resources otherwise"
    return ""
