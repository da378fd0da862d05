"""The cost of a month of a plan, resource by resource."""

from stackproof.core.resource import Resource, field


class PlannedCost(Resource):
    """The cost of a month of one planned resource, or of what goes by use; its source says how it comes about, and what is not counted."""

    monthly_usd: float = field()
    """USD, for existing all the hours of a month; what goes by use is counted where the profile says how much is used."""


class PlannedMonth(Resource):
    """A month of everything that a plan makes and keeps; its source says what a month cost before the apply."""

    known_usd: float = field()
    """USD, of all whose cost is known."""
