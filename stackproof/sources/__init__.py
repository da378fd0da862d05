"""Where resources come from: a Terraform plan, AWS (or an endpoint that speaks its API), or a recorded run."""

from collections.abc import Collection, Sequence
from typing import Protocol, TypeVar

from stackproof.core.resource import Resource

R = TypeVar("R", bound=Resource)


class Source(Protocol):
    """One place to read typed resources from."""

    def collect(self, kind: type[R], names: Sequence[str]) -> Collection[R]:
        """The resources of a kind.

        ``names`` are those that the profile declares. A source that can list the kind answers with all there are; one that has to
        ask by name answers with those of the names that exist. Very many are made anew whenever they are gone through.

        Raises `CouldNotVerify` when it cannot tell.
        """
        ...

    def listing(self, kind: type[Resource]) -> str:
        """Where it was read which resources of a kind there are, with the evidence of it."""
        ...
