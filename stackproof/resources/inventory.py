"""The inventory: resources that the profile declares, and resources that are found."""

from stackproof.core.resource import Resource, field


class Listed(Resource):
    """A resource that is declared, or is found, or both."""

    is_there: bool = field()
    """True if it exists; on a plan, if it will."""
    is_declared: bool = field()
    """True if the profile declares it; false where the profile says that there is none of its kind. Where it says nothing about it, nobody
    can tell whether it should be there: that is an error with the lines that declare it."""
