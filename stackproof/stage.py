"""Where a run judges: one profile, one target, and what stands behind it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackproof.controls import STAGES, Control
from stackproof.profile import Profile
from stackproof.resources.sources import Output
from stackproof.sources import R, Source
from stackproof.sources.plan import Plan
from stackproof.verdicts import DeclaredButMissing, NotApplicable

if TYPE_CHECKING:
    from stackproof.terraform.rehearsal import Rehearsal

CACHE = ".stackproof"
"""The folder, in the repository, of everything that can be made again."""


class Stage:
    """Everything that a collection may ask about the run.

    This one has nothing but the repository; what a target adds, its own class overrides. What a stage does not have raises
    `NotApplicable`, and `UsageError` what should be there and cannot be opened.
    """

    letters = "S"
    """The catalogue's letters that can be judged here."""

    def __init__(self, target: str, profile: Profile, root: Path) -> None:
        self.target = target
        """``plan``, ``embedded``, ``aws``."""
        self.profile = profile
        self._root = root
        self.notes: list[str] = []
        """What a reader must know to trust the verdicts; grows while things are opened."""

    @property
    def root(self) -> Path:
        """The repository."""
        return self._root

    @property
    def cache(self) -> Path:
        return self.root / CACHE

    @property
    def terraform_root(self) -> Path:
        """The directory of the app stack's sources."""
        return self.root / self.profile.terraform.directory

    @cached_property
    def password(self) -> str:
        """A database password for plans of this run."""
        from stackproof.terraform.rehearsal import random_password

        return random_password()

    @cached_property
    def now(self) -> datetime:
        """The moment that ages and remaining times are counted from, in UTC: now, or when a recording was made."""
        return datetime.now(UTC)

    def observe(self, collection: str, make: Callable[[], Any]) -> Any:
        """A collection, made here; a run that keeps evidence keeps what of it no call and no plan has."""
        del collection
        return make()

    def say(self, line: str) -> None:
        """Tell the user what is going on."""

    def source(self) -> Source:
        """Typed resources of the target."""
        raise NotApplicable(f"target {self.target} has no resources")

    def plan(self) -> Plan:
        """The plan that belongs to the run, whatever the target."""
        raise NotApplicable(f"there is no plan on target {self.target}; give one with --plan FILE")

    def rehearsal(self) -> "Rehearsal":
        """A plan from nothing, made from the sources here. Raises `TerraformError` if there is none."""
        raise NotApplicable(f"no plan is made on target {self.target}")

    @property
    def is_given_a_plan(self) -> bool:
        """Whether the plan was made elsewhere, and only its document is here."""
        return False

    def outputs(self) -> Mapping[str, Output]:
        """The outputs of the root module by name."""
        raise NotApplicable(f"there are no outputs on target {self.target}")

    def second_plan(self) -> Plan:
        """A plan of what is deployed, against the sources of now."""
        raise NotApplicable(f"nothing is deployed on target {self.target}")

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

    def can_judge(self, control: Control) -> bool:
        """Whether the catalogue names this stage for the control."""
        return bool(set(control.entry.stages) & set(self.letters))

    def require(self, control: Control) -> None:
        """Raises `NotApplicable` if the catalogue does not name this stage for the control."""
        if not self.can_judge(control):
            where = ", ".join(STAGES[letter] for letter in control.entry.stages)
            raise NotApplicable(f"judged on {where}; the target of this run is {self.target}")
