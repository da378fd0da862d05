"""How far the requirements of a framework are covered by what passed on live AWS."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from stackproof.core.results import Run
from stackproof.core.verdicts import Verdict
from stackproof.frameworks.catalogue import Framework, Requirement


class Extent(StrEnum):
    """How much of a requirement is covered."""

    FULLY = "fully"
    PARTLY = "partly"
    NOT = "not"


@dataclass(frozen=True)
class Covered:
    """One requirement of a framework, and how far a run covers it."""

    id: str
    extent: Extent
    by: tuple[str, ...]
    """The controls that passed on live AWS."""
    open: tuple[str, ...]
    """The controls that say something about it, too, and did not pass there, or were not judged there."""
    reason: str
    """What the controls show of it, and what they do not; empty where no control says anything about it."""
    reason_ko: str
    conflict: str
    """What our controls expect otherwise than the framework; empty where nothing is."""
    conflict_ko: str


@dataclass(frozen=True)
class Coverage:
    """Every requirement of a framework, covered or not."""

    framework: Framework
    requirements: tuple[Covered, ...]

    def number(self, extent: Extent) -> int:
        """Requirements that are covered so far."""
        return sum(one.extent is extent for one in self.requirements)


def proven(run: Run) -> frozenset[str]:
    """The controls that passed on live AWS: none where a plan, an emulator or a recording was judged.

    A waived control did not pass, and neither did one that could not be verified or that nothing was judged by.
    """
    on_aws = run.target == "aws"
    return frozenset(control.id for control in run.controls if on_aws and control.verdict is Verdict.PASS)


def coverage(framework: Framework, passed: Collection[str]) -> Coverage:
    """How far each requirement of a framework is covered, if these controls passed on live AWS.

    >>> from stackproof.frameworks.catalogue import framework
    >>> found = {one.id: one for one in coverage(framework("fsbp"), {"ECR-01", "RDS-01"}).requirements}
    >>> [(id, found[id].extent.value, found[id].by, found[id].open) for id in ("RDS.5", "ECR.1", "RDS.6")]
    [('RDS.5', 'fully', ('RDS-01',), ()), ('ECR.1', 'partly', ('ECR-01',), ('ECR-02',)), ('RDS.6', 'not', (), ())]
    """
    return Coverage(framework, tuple(_covered(id, framework.requirements.get(id), passed) for id in framework.ids))


def _covered(id: str, requirement: Requirement | None, passed: Collection[str]) -> Covered:
    if requirement is None:
        return Covered(id, Extent.NOT, (), (), "", "", "", "")
    by = tuple(control for control in requirement.controls if control in passed)
    left = tuple(control for control in requirement.controls if control not in passed)
    is_full = bool(requirement.fully) and not set(requirement.fully) - set(passed) and not requirement.contradicts
    extent = Extent.FULLY if is_full else Extent.PARTLY if by else Extent.NOT
    said = (requirement.reason, requirement.reason_ko, requirement.conflict, requirement.conflict_ko)
    return Covered(id, extent, by, left, *said)
