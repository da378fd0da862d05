"""The register of collections: what controls ask for by fixture name.

Each collection is a fixture of its own name. The plugin makes, before the first control runs, exactly those that the selected controls
ask for, concurrently, once.
"""

import functools
import importlib.metadata
import typing
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, overload

from stackproof.core.resource import Resource
from stackproof.core.verdicts import UsageError
from stackproof.targets.base import Stage

Collection = Callable[[Stage], Any]
Function = TypeVar("Function", bound=Collection)

collections: dict[str, Collection] = {}
"""Every collection by its name."""

_kinds: dict[str, tuple[type[Resource], ...]] = {}

ENTRY_POINTS = "stackproof.collections"
"""The group of entry points by which a package brings modules with collections and resources of its own."""


@overload
def collection(function: Function, /) -> Function: ...
@overload
def collection(*, reads: tuple[type[Resource], ...]) -> Callable[[Function], Function]: ...
def collection(function: Function | None = None, /, *, reads: tuple[type[Resource], ...] = ()) -> Any:
    """Make a function of the stage a collection that controls can ask for.

    Its annotation says what kinds of resources it returns; ``reads`` are other kinds that it looks at.
    """

    def register(function: Function) -> Function:
        name = function.__name__
        if (hint := typing.get_type_hints(function).get("return")) is None:
            raise TypeError(f"the collection {name} does not say what it returns: def {name}(stage: Stage) -> tuple[..., ...]")
        collections[name] = function
        _kinds[name] = (*_resources_in(hint), *reads)
        return function

    return register(function) if function else register


@functools.cache
def load_entry_points() -> None:
    """Import the modules of other packages that register collections, once. Raises `UsageError` for one that cannot be imported."""
    for one in importlib.metadata.entry_points(group=ENTRY_POINTS):
        try:
            one.load()
        except Exception as error:  # noqa: BLE001 - whatever a module of somebody else's raises
            raise UsageError(f"the entry point {one.name} = {one.value} of {ENTRY_POINTS} cannot be loaded: {error}") from None


def resolved(name: str) -> Collection:
    """The collection of a name. Raises `LookupError`, with those that there are."""
    if name not in collections:
        raise LookupError(not_found(name))
    return collections[name]


def not_found(name: str) -> str:
    """The message for a fixture that does not exist: the names of all that do, and how a collection is made."""
    return (
        f"fixture '{name}' not found; available: {', '.join(sorted([*collections, 'subtests']))}. "
        "A collection is a function in stackproof/collections/ (stackproof new resource NAME writes one), or in conftest.py"
    )


def returning(kind: type[Resource]) -> list[str]:
    """The collections that are tuples of a kind of resources, by name."""
    hints = {name: typing.get_type_hints(function).get("return") for name, function in collections.items()}
    return sorted(name for name, hint in hints.items() if typing.get_args(hint) == (kind, ...))


def kinds_of(names: Iterable[str]) -> tuple[type[Resource], ...]:
    """The kinds of resources that these collections return or look at, each once; nothing for a name that is no collection."""
    return tuple(dict.fromkeys(kind for name in names for kind in _kinds.get(name, ())))


def operations(names: Iterable[str]) -> frozenset[str]:
    """The AWS operations that making and reading these collections may take."""
    return frozenset(operation for kind in kinds_of(names) for operation in kind.operations)


def _resources_in(hint: object) -> tuple[type[Resource], ...]:
    """The resource classes that an annotation names.

    >>> class Bucket(Resource): ...
    >>> _resources_in(tuple[Bucket, ...] | None) == (Bucket,)
    True
    """
    if isinstance(hint, type) and issubclass(hint, Resource):
        return (hint,)
    return tuple(kind for part in typing.get_args(hint) for kind in _resources_in(part))
