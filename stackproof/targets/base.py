"""Where a run judges: one profile, one target, and what stands behind it."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from stackproof.core.controls import STAGES, Control
from stackproof.core.resource import Resource
from stackproof.core.verdicts import DeclaredButMissing, NotApplicable
from stackproof.profile.place import in_repository
from stackproof.profile.schema import Profile
from stackproof.profile.terraform import APP
from stackproof.resources.sources import Output
from stackproof.sources import R, Source
from stackproof.sources.aws.progress import Progress
from stackproof.sources.plan.blocks import PlannedBlock
from stackproof.sources.plan.document import Plan
from stackproof.targets.limitations import field_limits, limit
from stackproof.util.cache import CACHE
from stackproof.util.kept import Kept
from stackproof.util.once import Once

if TYPE_CHECKING:
    from stackproof.terraform.speculative_plan import SpeculativePlan

T = TypeVar("T")


class Stage:
    """Everything that a collection may ask about the run.

    This one has nothing but the repository; what a target adds, its own class overrides. What a stage does not have raises
    `NotApplicable`, and `UsageError` what should be there and cannot be opened.
    """

    target_codes = "S"
    """The catalogue's target_codes that can be judged here."""

    def __init__(self, target: str, profile: Profile, root: Path) -> None:
        self.target = target
        """``plan``, ``embedded``, ``aws``."""
        self.profile = profile
        self._root = root
        self._made: dict[Callable[..., Any], Once[Any]] = {}
        self.notes: list[str] = []
        """What a reader must know to trust the verdicts; grows while things are opened."""

    @property
    def is_planned(self) -> bool:
        """True if what is judged is a plan: whatever that makes or keeps is the stack's."""
        return self.target == "plan"

    @property
    def is_at_once(self) -> bool:
        """True if every fact is at hand, so that nothing is won by looking several up at the same time: those of a plan are."""
        return self.is_planned

    @property
    def root(self) -> Path:
        """The folder of the profile, which its paths start from; see `stackproof.profile.place`."""
        return self._root

    @property
    def repository(self) -> Path:
        """The same, where git keeps it. Raises `NotApplicable` for a profile in no work tree of git."""
        if not in_repository(self.root):
            raise NotApplicable(
                f"the profile of {self.profile.name} lies in no git repository ({self.root}): keep it beside the stack's sources, "
                "and they are judged"
            )
        return self.root

    @property
    def cache(self) -> Path:
        return self.root / CACHE

    @cached_property
    def kept(self) -> Kept:
        """The results of earlier runs that are a function of their inputs alone."""
        return Kept(self.cache)

    @property
    def terraform_root(self) -> Path:
        """The directory of the app stack's sources."""
        return self.root / self.profile.terraform.directory

    def secrets_of(self, stack: str) -> dict[str, str]:
        """The values of a stack's secret variables for plans of this run. Raises `UsageError` where the profile's file has no text."""
        from stackproof.terraform.secret_variables import secret_values

        return secret_values(self.profile.terraform.stacks[stack], self.root, lambda: self._made_up_secret)

    def has_own(self, secrets: Mapping[str, str]) -> bool:
        """True if one of `secrets_of` a stack is the user's, and not made up here."""
        return any(value != self._made_up_secret for value in secrets.values())

    @cached_property
    def _made_up_secret(self) -> str:
        from stackproof.terraform.speculative_plan import random_password

        return random_password()

    @cached_property
    def now(self) -> datetime:
        """The moment that ages and remaining times are counted from, in UTC: now, or when a recording was made."""
        return datetime.now(UTC)

    def observe(self, collection: str, make: Callable[[], Any]) -> Any:
        """A collection, made here; a run that keeps evidence keeps what of it no call and no plan has."""
        del collection
        return make()

    def once(self, make: "Callable[[Stage], T]") -> T:
        """The result of a function of this stage; made once, whichever collection asks first."""
        made: T = self._made.setdefault(make, Once(partial(make, self)))()
        return made

    def say(self, line: str) -> None:
        """Tell the user what is going on."""

    @cached_property
    def progress(self) -> Progress:
        """The progress of reading, told every ten seconds while it takes long."""
        return Progress()

    def emulator(self) -> AbstractContextManager[str]:
        """The endpoint of an emulator that may be written to, for as long as it is needed."""
        raise NotApplicable(f"there is no emulator on target {self.target}")

    @property
    def emulator_code(self) -> str | None:
        """The digest of the emulator that `emulator` starts empty; None for one that is found, of which nobody knows what it has."""
        return None

    def source(self) -> Source:
        """Typed resources of the target."""
        raise NotApplicable(f"target {self.target} has no resources")

    def plan(self) -> Plan:
        """The plan of all stacks that belongs to the run, whatever the target; see `stackproof.sources.plan.stacks`."""
        raise NotApplicable(f"there is no plan on target {self.target}; give one with --plan FILE")

    def directory_of(self, stack: str) -> Path:
        """The directory of a stack's sources."""
        return self.root / self.profile.terraform.stacks[stack].directory

    def speculative_plan(self, stack: str = APP) -> "SpeculativePlan":
        """A plan of a stack from nothing, made from the sources here. Raises `TerraformError` if there is none."""
        raise NotApplicable(f"no plan of {stack} is made on target {self.target}")

    @property
    def is_given_a_plan(self) -> bool:
        """True if the plan was made elsewhere, and only its document is here."""
        return False

    def get_ready(self, operations: Iterable[str]) -> None:
        """Begin what asking by these operations takes beforehand, where something else has to be waited for."""

    def outputs(self) -> Mapping[str, Output]:
        """The outputs of the stacks; see `stackproof.sources.plan.stacks.output_name`."""
        raise NotApplicable(f"there are no outputs on target {self.target}")

    def second_plan(self, stack: str = APP) -> Plan:
        """A plan of a stack that is deployed, against the sources of now."""
        raise NotApplicable(f"{stack} is not deployed on target {self.target}")

    def named(self, kind: type[R], names: Sequence[str]) -> tuple[R, ...]:
        """The declared resources of a kind, in the order of declaration.

        Raises `DeclaredButMissing` for the first that does not exist.
        """
        found = self.source().collect(kind, names)
        declared: dict[str, list[R]] = {name: [] for name in names}
        for resource in found:
            if resource.name in declared:
                declared[resource.name].append(resource)
        return tuple(self._one(kind, name, declared[name], found) for name in names)

    def existing(self, kind: type[R], names: Sequence[str]) -> tuple[R, ...]:
        """The declared resources of a kind that exist, in the order of declaration; of a name that is there several times, each."""
        found: dict[str, list[R]] = {name: [] for name in names}
        for resource in self.source().collect(kind, names):
            if self.is_declared(resource, found):
                found[resource.name].append(resource)
        return tuple(resource for several in found.values() for resource in several)

    def missing(self, kind: type[Resource], names: Sequence[str]) -> DeclaredButMissing:
        """The error for declared resources of a kind of which none exists."""
        there = ", ".join(sorted(resource.name for resource in self.source().collect(kind, names))) or "none"
        return DeclaredButMissing(
            f"{kind.__name__} {', '.join(names)} is declared for {self.profile.name}, but does not exist "
            f"(found: {there}{self._not_given()})"
        )

    def one(self, kind: type[R], name: str) -> R:
        """The declared resource of a kind. Raises `DeclaredButMissing`."""
        return self.named(kind, [name])[0]

    def _one(self, kind: type[R], name: str, matching: Sequence[R], found: Iterable[R]) -> R:
        here = [one for one in matching if not self.is_elsewhere(one)]
        if len(matching) == 1 or len(here) == 1:
            return (here or matching)[0]
        there = ", ".join(sorted(resource.name for resource in found)) or "none"
        count = "does not exist" if not matching else f"exists {len(matching)} times"
        raise DeclaredButMissing(
            f"{kind.__name__} {name} is declared for {self.profile.name}, but {count} (found: {there}{self._not_given()})"
        )

    def is_declared(self, resource: Resource, names: Collection[str]) -> bool:
        """True if a resource is one of the declared names; a namesake in another region is another resource."""
        return resource.name in names and not self.is_elsewhere(resource)

    def is_elsewhere(self, resource: Resource) -> bool:
        """True if a plan puts a resource into another region than the stack's."""
        origin = resource.origin
        if not isinstance(origin, PlannedBlock) or not self.profile.says("region"):
            return False
        return origin.region not in (None, self.profile.region)

    def _not_given(self) -> str:
        """What a reader must know who misses a resource: which stacks were not looked at."""
        return ""

    def can_judge(self, control: Control) -> bool:
        """That the catalogue names this stage for the control, and the target can show it."""
        return self._is_named(control) and limit(self.target, control.id) is None

    def _is_named(self, control: Control) -> bool:
        return bool(set(control.entry.stages) & set(self.target_codes))

    def require(self, control: Control) -> None:
        """Raises `NotApplicable` if the catalogue does not name this stage for the control, or the target cannot show it."""
        if not self._is_named(control):
            where = ", ".join(STAGES[letter] for letter in control.entry.stages)
            raise NotApplicable(f"judged on {where}; the target of this run is {self.target}")
        if reason := limit(self.target, control.id):
            raise NotApplicable(self._cannot_show(reason))

    @property
    def unseen(self) -> Mapping[str, str]:
        """The facts that the target does not have, by the kind of resource and the field (``Image.scans``), and what is said of each."""
        return {fact: self._cannot_show(reason) for fact, reason in field_limits().get(self.target, {}).items()}

    def _cannot_show(self, reason: str) -> str:
        return f"{STAGES[self.target_codes[-1]]} cannot show it: {reason}"
