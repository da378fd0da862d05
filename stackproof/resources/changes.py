"""The changes that a plan makes to what runs, resource by resource, and which of them are signed."""

from stackproof.core.resource import Resource, field


class PlannedChange(Resource):
    """The change that a plan makes to one resource."""

    state_lost: str = field()
    """What of it nobody can make again and the plan destroys: ``a database is replaced, forced by identifier``; empty if nothing."""
    is_signed: bool = field()
    """Whether the profile's ``[change] may_destroy`` names it."""


class SignedDestruction(Resource):
    """An entry of ``[change] may_destroy`` in the profile."""

    is_needed: bool = field()
    """Whether the plan destroys or replaces something that holds state at its address."""
    is_over: bool = field()
    """Whether its last day is over."""
