"""The table that every proof is a row of."""

from dataclasses import dataclass

from stackproof.core.verdicts import Verdict
from stackproof.testing.recordings import Edit

PASS, FAIL, ERROR, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.ERROR, Verdict.UNKNOWN
NOT_DECLARED = Verdict.NOT_DECLARED

CLOUD, PLAN = "cloud", "plan"
"""The stages that a case can be about."""


@dataclass(frozen=True)
class Case:
    """One edit of what complies, and the verdict that must follow."""

    control: str
    name: str
    verdict: Verdict
    stage: str
    """``cloud`` or ``plan``."""
    edits: tuple[Edit, ...]
    names: str = ""
    """What the message must name, so that a reader finds the resource."""

    def __str__(self) -> str:
        return f"{self.control}, {self.stage}: {self.name}"


def cloud(control: str, name: str, verdict: Verdict, *edits: Edit, names: str = "") -> Case:
    """A case on what AWS answers."""
    return Case(control, name, verdict, CLOUD, edits, names)


def plan(control: str, name: str, verdict: Verdict, *edits: Edit, names: str = "") -> Case:
    """A case on a plan."""
    return Case(control, name, verdict, PLAN, edits, names)
