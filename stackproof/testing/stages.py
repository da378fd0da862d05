"""Stages on edited evidence: what a control sees in a proof."""

from datetime import datetime
from pathlib import Path

from stackproof.profile.schema import Profile
from stackproof.sources import Source
from stackproof.sources.aws.source import AwsSource, Reader
from stackproof.sources.plan.document import Plan, PlanSource
from stackproof.sources.replay import Recording
from stackproof.targets.base import Stage
from stackproof.testing.models import Modelled


class CloudStage(Stage):
    """A stage on a recording. Each answer is held against AWS's own model of the operation."""

    target_codes = "SPEA"
    is_at_once = True

    def __init__(self, recording: Recording, expected: Profile, root: Path, now: datetime) -> None:
        super().__init__("aws", expected, root)  # where nothing is out of reach
        self.now = now
        self.reader = Reader(
            Modelled(recording),
            account=expected.account_id,
            region=expected.region,
            shared=expected.audit.shared,
            is_at_once=True,
        )

    def source(self) -> Source:
        return AwsSource(self.reader)


class PlanStage(Stage):
    """A stage on a plan document."""

    target_codes = "SP"

    def __init__(self, plan: Plan, expected: Profile, root: Path, now: datetime) -> None:
        super().__init__("plan", expected, root)
        self.now = now
        self._plan = plan

    def source(self) -> Source:
        return PlanSource(self._plan)

    def plan(self) -> Plan:
        return self._plan

    @property
    def is_given_a_plan(self) -> bool:
        return True
