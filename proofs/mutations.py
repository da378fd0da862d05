"""Plausible other values of a fact: what a field could have said instead.

A value is changed by its type. ``None`` is tried only where a field's type admits it: everywhere else the base class makes absence an
ERROR, and no control has to notice.
"""

import dataclasses
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from stackproof.core.resource import Reference, Resource, StaticOrigin

Legal = Callable[[str], Sequence[str]]
"""The other legal values of a text that is one of an enumeration."""

STRANGER = "stranger"
CENTURY = timedelta(days=36525)
MOST_ITEMS = 12
"""How many items of a long collection are changed, if they are no resources."""


@dataclass(frozen=True)
class Mutant:
    """Another value, and how it differs."""

    change: str
    """``emptied``, ``without one``, ``= Disabled``, ..."""
    value: object
    where: str = ""
    """In the value, without indices: ``Statement[].Action[]``."""

    def __str__(self) -> str:
        return f"{self.where} {self.change}".strip()


def mutants(value: object, hint: object, legal: Legal = lambda _: ()) -> list[Mutant]:
    """What a field of this type (``hint``, its annotation) could have said instead of the value.

    >>> def shown(*given):
    ...     return [(str(mutant), mutant.value) for mutant in mutants(*given)]
    >>> shown(7, int), shown(True, bool | None)
    ([('+1', 8), ('-1', 6), ('= 0', 0)], [('inverted', False), ('= None', None)])
    >>> shown("HTTP", str, lambda _: ["HTTPS"]), shown(None, str | None)
    ([('= HTTPS', 'HTTPS'), ('+ x', 'HTTPx'), ('emptied', '')], [('= x', 'x'), ('emptied', '')])
    >>> shown(("a",), tuple[str, ...])
    [('emptied', ()), ('without one', ()), ('[] + x', ('ax',)), ('[] emptied', ('',)), ('with one more', ('a', 'x'))]
    >>> [str(mutant) for mutant in mutants({"Statement": [{"Action": "s3:*"}]}, dict[str, Any])][4:-1]
    ['Statement[] emptied', 'Statement[] without Action', 'Statement[].Action = *', 'Statement[].Action + x', 'Statement[].Action emptied']
    """
    if value is None:
        return [*_examples(hint)]
    absent = [Mutant("= None", None)] if type(None) in _parts(hint) else []
    return [mutant for mutant in _others(value, hint, legal) if not _same(mutant.value, value)] + absent


def _others(value: object, hint: object, legal: Legal) -> Iterator[Mutant]:
    match value:
        case Reference():
            yield Mutant("of another", Reference(f"{value.address}_{STRANGER}", value.attribute))
            yield Mutant("emptied", "")
        case Resource():
            yield Mutant(f"= {STRANGER}", _stranger(type(value)))
        case bool():
            yield Mutant("inverted", not value)
        case int() | float():
            yield Mutant("+1", value + 1)
            yield Mutant("-1", value - 1)
            yield Mutant("= 0", 0)
            if isinstance(value, float):  # measured, or counted in money
                yield Mutant("a billionfold", value * 1e9)
        case str():
            yield from (Mutant(f"= {other}", other) for other in legal(value))
            yield Mutant("+ x", f"{value}x")
            yield Mutant("emptied", "")
        case datetime():
            yield Mutant("a century earlier", value - CENTURY)
            yield Mutant("a century later", value + CENTURY)
        case Mapping():
            yield from _other_documents(value, legal)
        case tuple() | list() | set() | frozenset():
            yield from _other_collections(value, hint, legal)
        case _ if dataclasses.is_dataclass(value):
            yield from _other_records(value, legal)
        case _:
            raise TypeError(f"say here what else a {type(value).__name__} could be")


def _other_collections(value: Any, hint: object, legal: Legal) -> Iterator[Mutant]:
    """Without all, without each, with one more, and with each item changed; of a long one, items all over it."""
    kind, items, inside = type(value), list(value), _inside(hint)
    yield Mutant("emptied", kind())
    step = 1 if any(isinstance(item, Resource) for item in items) else -(-len(items) // MOST_ITEMS) or 1
    for index in range(0, len(items), step):
        item, before, after = items[index], items[:index], items[index + 1 :]
        yield Mutant("without one", kind([*before, *after]))
        if not isinstance(item, Resource):  # its own fields are changed where they are read
            yield from (_within("[]", other, kind([*before, other.value, *after])) for other in mutants(item, inside, legal))
    if more := _one_more(items, inside, legal):
        yield Mutant("with one more", kind([*items, more.value]))


def _one_more(items: Sequence[object], inside: object, legal: Legal) -> Mutant | None:
    """An item that fits beside these, and is unlike them."""
    if not items or isinstance(items[0], str | Resource):
        return next(_examples(inside), None)
    return next((other for other in mutants(items[0], inside, legal) if other.value not in items), None)


def _other_documents(value: Mapping[str, Any], legal: Legal) -> Iterator[Mutant]:
    """Without each member, and with each member changed. A text of which nothing else is known may be a pattern: ``*``."""
    yield Mutant("emptied", {})
    for key, inner in value.items():
        yield Mutant(f"without {key}", {other: kept for other, kept in value.items() if other != key})
        yield from (
            _within(key, other, {**value, key: other.value})
            for other in mutants(inner, object, lambda text: legal(text) or ["*"])
        )


def _other_records(value: Any, legal: Legal) -> Iterator[Mutant]:
    hints = typing.get_type_hints(type(value))
    for one in dataclasses.fields(value):
        for other in mutants(getattr(value, one.name), hints[one.name], legal):
            yield _within(one.name, other, replace(value, **{one.name: other.value}))


def _within(member: str, mutant: Mutant, value: object) -> Mutant:
    """The mutant of what holds a member, by a mutant of the member."""
    dot = "." if mutant.where and not mutant.where.startswith("[") else ""
    return Mutant(mutant.change, value, f"{member}{dot}{mutant.where}")


def _examples(hint: object) -> Iterator[Mutant]:
    """Values of a type for which there is none at hand."""
    for kind in _parts(hint):
        origin = typing.get_origin(kind) or kind
        if origin is bool:
            yield from (Mutant("= true", True), Mutant("= false", False))
        elif origin in (int, float):
            yield from (Mutant("= 1", 1), Mutant("= 0", 0))
        elif origin is str or kind in (object, Any):
            yield from (Mutant("= x", "x"), Mutant("emptied", ""))
        elif origin in (tuple, list, set, frozenset):
            yield from (_within("[]", example, origin([example.value])) for example in _examples(_inside(kind)))
        elif isinstance(origin, type) and issubclass(origin, Resource):
            yield Mutant(f"= {STRANGER}", _stranger(origin))


def _stranger(kind: type[Resource]) -> Resource:
    """A resource of which nothing is reported."""
    return kind(STRANGER, StaticOrigin({}, "nowhere"), "nowhere")


def _parts(hint: object) -> tuple[object, ...]:
    """
    >>> _parts(str | None)
    (<class 'str'>, <class 'NoneType'>)
    """
    is_union = isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union
    return typing.get_args(hint) if is_union else (hint,)


def _inside(hint: object) -> object:
    """What a collection of this type holds.

    >>> _inside(tuple[str, ...]), _inside(frozenset[int] | None), _inside(list)
    (<class 'str'>, <class 'int'>, <class 'object'>)
    """
    return next((arguments[0] for part in _parts(hint) if (arguments := typing.get_args(part))), object)


def _same(one: object, other: object) -> bool:
    """Equal, and of one type: 1 is not True."""
    return type(one) is type(other) and not isinstance(one, Reference) and one == other
