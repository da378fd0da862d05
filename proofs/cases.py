"""The table that every proof is a row of."""

from collections.abc import Callable
from dataclasses import dataclass

from proofs.harness import Edit, on_cloud, on_plan
from proofs.plans import FROM_NOTHING
from stackproof.core.runner import Judgement
from stackproof.core.verdicts import Verdict
from stackproof.profile.schema import Profile
from stackproof.testing import cases
from stackproof.testing.cases import CLOUD, ERROR, FAIL, NOT_DECLARED, PASS, PLAN, UNKNOWN
from stackproof.util.once import Once

__all__ = ["ERROR", "FAIL", "NOT_DECLARED", "PASS", "UNKNOWN", "WAIVED", "Case", "Proven", "cloud", "plan"]

Proven = Callable[[str, Verdict], None]
"""The fixture ``proven``: to be called with a control and the verdict that it was shown to reach."""

WAIVED = Verdict.WAIVED


@dataclass(frozen=True)
class Case(cases.Case):
    """One edit of the compliant stacks, and the verdict that must follow."""

    expected: Profile | Once[Profile] | None = None
    """Another profile than the compliant stack's."""

    @property
    def profile(self) -> Profile | None:
        """The other profile, made."""
        return self.expected() if isinstance(self.expected, Once) else self.expected

    def judge(self, *more: Edit, base: str = FROM_NOTHING) -> Judgement:
        """Judge it, after some edits more; a case on a plan on one of the compliant plans."""
        if self.stage == CLOUD:
            return on_cloud(self.control, *self.edits, *more, expected=self.profile)
        return on_plan(self.control, *self.edits, *more, expected=self.profile, base=base)


def cloud(control: str, name: str, verdict: Verdict, *edits: Edit, names: str = "") -> Case:
    """A case on the recording of a cloud."""
    return Case(control, name, verdict, CLOUD, edits, names)


def plan(control: str, name: str, verdict: Verdict, *edits: Edit, names: str = "") -> Case:
    """A case on a plan."""
    return Case(control, name, verdict, PLAN, edits, names)
