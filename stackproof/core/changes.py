"""The changes that a plan makes to a stack that runs: plain data for the reports."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """The thing that happens to one resource; the order is that in which reports list it."""

    ADD = "add"
    CHANGE = "change"
    REPLACE = "replace"
    """The resource is destroyed and made anew, in this order or the other."""
    DESTROY = "destroy"
    MOVE = "move"
    """It gets another address, and nothing happens in AWS."""
    IMPORT = "import"
    """It exists, and Terraform manages it from now on."""
    FORGET = "forget"
    """It stays in AWS, and Terraform no longer manages it."""


class Kind(StrEnum):
    """The kind of a plan, by all that it does."""

    FROM_NOTHING = "from nothing"
    UPDATE = "an update of what runs"
    NOTHING_TO_DO = "nothing to do"
    DESTRUCTION = "the destruction of everything"


@dataclass(frozen=True)
class ChangedField:
    """One attribute that an update changes."""

    field: str
    """``tags.Name``."""
    before: str
    """Shortened and redacted, for people to read."""
    after: str


@dataclass(frozen=True)
class ChangedResource:
    """One resource that a plan changes, and how."""

    address: str
    action: Action
    previous_address: str = ""
    """Where it was moved from."""
    forced_by: tuple[str, ...] = ()
    """Of a replacement: the attributes that cannot be changed in place."""
    fields: tuple[ChangedField, ...] = ()
    """Of a change or a replacement: what changes, as far as it is known and not hidden."""


@dataclass(frozen=True)
class PlannedChanges:
    """The changes that the plan of one stack makes; resources that stay as they are do not occur."""

    stack: str
    kind: Kind
    changes: tuple[ChangedResource, ...] = ()

    @property
    def counts(self) -> Mapping[Action, int]:
        """Number of resources by action; every action is a key."""
        found = Counter(change.action for change in self.changes)
        return {action: found[action] for action in Action}
