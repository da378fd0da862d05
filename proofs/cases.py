"""The table that every proof is a row of."""

from collections.abc import Callable
from dataclasses import dataclass

from proofs.harness import Edit, on_cloud, on_plan
from proofs.plans import FROM_NOTHING
from stackproof.core.runner import Judgement
from stackproof.core.verdicts import Verdict
from stackproof.profile.schema import Profile

Proven = Callable[[str, Verdict], None]
"""The fixture ``proven``: to be called with a control and the verdict that it was shown to reach."""

PASS, WAIVED, FAIL, ERROR, UNKNOWN = Verdict.PASS, Verdict.WAIVED, Verdict.FAIL, Verdict.ERROR, Verdict.UNKNOWN


@dataclass(frozen=True)
class Case:
    """One edit of what is compliant, and the verdict that must follow."""

    control: str
    name: str
    verdict: Verdict
    stage: str
    """``cloud`` or ``plan``."""
    edits: tuple[Edit, ...]
    names: str = ""
    """What the message must name, so that a reader finds the resource."""
    expected: Profile | None = None
    """Another profile than the compliant stack's."""

    def __str__(self) -> str:
        return f"{self.control}, {self.stage}: {self.name}"

    def judge(self, base: str = FROM_NOTHING) -> Judgement:
        """Judge it; a case on a plan on one of the compliant plans."""
        if self.stage == "cloud":
            return on_cloud(self.control, *self.edits, expected=self.expected)
        return on_plan(self.control, *self.edits, expected=self.expected, base=base)


def cloud(control: str, name: str, verdict: Verdict, *edits: Edit, names: str = "") -> Case:
    """A case on the recording of a cloud."""
    return Case(control, name, verdict, "cloud", edits, names)


def plan(control: str, name: str, verdict: Verdict, *edits: Edit, names: str = "") -> Case:
    """A case on a plan."""
    return Case(control, name, verdict, "plan", edits, names)
