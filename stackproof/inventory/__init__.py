"""The collections that controls ask for by name: what of the stack is looked at, by the environment's profile.

Each collection is a fixture of its own name. The plugin makes, before the first control runs, exactly those that the selected controls
ask for, concurrently, once.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from stackproof.stage import Stage

Collection = Callable[[Stage], Any]
Function = TypeVar("Function", bound=Collection)

collections: dict[str, Collection] = {}
"""Every collection by its name."""


def collection(function: Function) -> Function:
    """Make a function of the stage a collection that controls can ask for."""
    collections[function.__name__] = function
    return function


from stackproof.inventory import sources, stack  # noqa: E402, F401 - they fill the registry
