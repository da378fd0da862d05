"""Where a run judges: one profile, one target, and what stands behind it, opened when first needed."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from stackproof.controls import STAGES, Control
from stackproof.profile import Profile
from stackproof.sources import R, Source
from stackproof.sources.plan import Plan
from stackproof.verdicts import DeclaredButMissing, NotApplicable

if TYPE_CHECKING:
    from stackproof.terraform.deployment import Deployment

T = TypeVar("T")


class Once(Generic[T]):
    """A value that is made when it is first asked for, by whichever thread is first; what making it raised is raised again."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._outcome: Callable[[], T] | None = None

    def __call__(self) -> T:
        with self._lock:
            if self._outcome is None:
                self._outcome = _outcome(self._make)
        return self._outcome()

    @property
    def is_made(self) -> bool:
        return self._outcome is not None


def _outcome(make: Callable[[], T]) -> Callable[[], T]:
    try:
        value = make()
    except Exception as error:  # noqa: BLE001 - kept for everybody who asks
        failure = error

        def fail() -> T:
            raise failure

        return fail
    return lambda: value


def nothing(what: str) -> Callable[[], T]:
    """For a stage that has no such thing. Raises `NotApplicable` when it is asked for."""

    def absent() -> T:
        raise NotApplicable(what)

    return absent


@dataclass(frozen=True)
class Stage:
    """Everything that a collection may ask about the run."""

    target: str
    """``plan``, ``embedded``, ``aws``."""
    letters: str
    """The catalogue's letters that can be judged here, as ``SPE``."""
    profile: Profile
    root: Path
    """The repository."""
    source: Callable[[], Source]
    """Typed resources of the target. Raises `UsageError` if the target cannot be opened."""
    plan: Callable[[], Plan]
    """The plan that belongs to the run, whatever the target. Raises `NotApplicable` if there is none."""
    deployment: "Callable[[], Deployment]"
    """Terraform in a working copy of the sources, with the state of what is deployed, if anything is."""
    notes: list[str] = field(default_factory=list)
    """What a reader must know to trust the verdicts; grows while things are opened."""

    def named(self, kind: type[R], names: Sequence[str]) -> tuple[R, ...]:
        """The declared resources of a kind, in the order of declaration.

        Raises `DeclaredButMissing` for the first that does not exist.
        """
        found = self.source().collect(kind, names)
        return tuple(self._one(kind, name, found) for name in names)

    def one(self, kind: type[R], name: str) -> R:
        """The declared resource of a kind. Raises `DeclaredButMissing`."""
        return self.named(kind, [name])[0]

    def _one(self, kind: type[R], name: str, found: Sequence[R]) -> R:
        matching = [resource for resource in found if resource.name == name]
        if len(matching) == 1:
            return matching[0]
        there = ", ".join(sorted(resource.name for resource in found)) or "none"
        count = "does not exist" if not matching else f"exists {len(matching)} times"
        raise DeclaredButMissing(f"{kind.__name__} {name} is declared for {self.profile.name}, but {count} (found: {there})")

    def require(self, control: Control) -> None:
        """Raises `NotApplicable` if the catalogue does not name this stage for the control."""
        if not set(control.entry.stages) & set(self.letters):
            where = ", ".join(STAGES[letter] for letter in control.entry.stages)
            raise NotApplicable(f"judged on {where}; the target of this run is {self.target}")
