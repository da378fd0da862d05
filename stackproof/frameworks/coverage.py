"""How far the requirements of a framework are covered by what passed on live AWS."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from stackproof.core import results
from stackproof.core.results import Run
from stackproof.core.verdicts import Verdict
from stackproof.frameworks.catalogue import Framework, Requirement, mapped


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

    def number(self, extent: str) -> int:
        """Requirements that are covered so far: ``fully``, ``partly`` or ``not``.

        >>> from stackproof.frameworks.catalogue import framework
        >>> nothing = coverage(framework("cis"), ())
        >>> nothing.number("not") == nothing.number(Extent.NOT) == len(nothing.requirements) > 0
        True
        """
        return sum(one.extent == extent for one in self.requirements)


def proven(run: Run) -> frozenset[str]:
    """The controls that passed on live AWS: none where a plan, an emulator or a recording was judged.

    A waived control did not pass, and neither did one that could not be verified or that nothing was judged by.
    """
    return frozenset(control.id for control in run.controls if is_live(run) and control.verdict is Verdict.PASS)


def is_live(run: Run) -> bool:
    """True for a run on live AWS itself, and not on a recording of it: nothing else says anything about an account."""
    return run.target == "aws" and not run.judged


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


def requirements_of(control: str) -> tuple[results.Requirement, ...]:
    """The requirements that a control says something about, as its results name them: how far, and apart from that what contradicts.

    >>> [(one.framework, one.id, one.covers) for one in requirements_of("LOG-03") if one.framework in ("isms_p", "pci_dss")]
    [('isms_p', '2.9.4', 'partly'), ('isms_p', '2.9.4', 'contradicts'), ('pci_dss', '10.5.1', 'contradicts')]
    """
    return tuple(told for framework, one in mapped(control) for told in _told(control, framework, one))


def _told(control: str, framework: Framework, one: Requirement) -> Iterator[results.Requirement]:
    if control in one.controls:
        extent = Extent.FULLY if control in one.fully else Extent.PARTLY
        yield results.Requirement(framework.key, one.id, extent.value, one.reason, one.reason_ko)
    if control in one.contradicts:
        yield results.Requirement(framework.key, one.id, "contradicts", one.conflict, one.conflict_ko)
