"""Collections of which a part is not known: what is known of them is judged first, so that a known wrong is never hidden."""

import functools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, Generic, NoReturn, TypeVar, overload

from stackproof.core import ledger
from stackproof.core.verdicts import NotYetKnown, candidates_of

T = TypeVar("T")
U = TypeVar("U")


class Partial(Sequence[T]):
    """A collection of which some elements are known, and an error stands for the rest.

    A question that the known elements answer has that answer; every other raises the error. An iteration gives the known elements and
    then raises it, but for the outermost loop of a control: there the rest is judged as an item of its own when the control has ended,
    so that the loops after it are run.

    >>> rules = Partial(["22 from the world"], NotYetKnown("another rule is known only after apply"))
    >>> rules == [], "22 from the world" in rules, rules <= {"443 from the world"}
    (False, True, False)
    >>> "443 from the world" in rules
    Traceback (most recent call last):
    stackproof.core.verdicts.NotYetKnown: another rule is known only after apply
    """

    __hash__ = None  # type: ignore[assignment]  # two of them may be equal, whatever is known of them

    def __init__(self, known: Iterable[T], rest: Exception) -> None:
        self.known = tuple(known)
        self.rest = rest

    def __iter__(self) -> Iterator[T]:
        yield from self.known
        if not ledger.judge_later(self.rest):
            self._unknown()

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        self._unknown()

    def __len__(self) -> NoReturn:
        self._unknown()

    def __bool__(self) -> bool:
        if not self.known:
            self._unknown()
        return True

    def __contains__(self, value: object) -> bool:
        if is_among(value, self.known):
            return True
        self._unknown()

    def __eq__(self, other: object) -> bool:
        return self <= other if isinstance(other, Collection) and not isinstance(other, str | Partial) else self._unknown()

    def __le__(self, other: object) -> bool:
        """Whether all of it is in another collection."""
        if not isinstance(other, Collection) or isinstance(other, Partial):
            self._unknown()
        others: Collection[Any] = other
        if holds_for_any(lambda one: not is_among(one, others), self.known):
            return False
        self._unknown()

    def __repr__(self) -> str:
        return f"[{', '.join([*map(str, self.known), '...'])}]"

    def _unknown(self) -> NoReturn:
        raise self.rest.with_traceback(None)


class Missing(Partial[Any]):
    """The stand-in for an argument of a control that could not be had: no element is known, and every field of it raises the error.

    >>> missing = Missing("default_security_group", NotYetKnown("the VPC is known only after apply"))
    >>> missing.name
    'default_security_group'
    >>> missing.ingress
    Traceback (most recent call last):
    stackproof.core.verdicts.NotYetKnown: the VPC is known only after apply
    """

    def __init__(self, name: str, error: Exception) -> None:
        super().__init__((), error)
        self.name = name

    def __getattr__(self, attribute: str) -> NoReturn:
        if attribute.startswith("__"):  # protocol probes (copy, inspect) must see "no such method"
            raise AttributeError(attribute)
        self._unknown()


class PartialMapping(Mapping[str, Any]):
    """A map of which some values are known only after apply: reading one of those raises `NotYetKnown`.

    >>> tags = PartialMapping({"Name": "app"}, {"Owner": NotYetKnown("tags.Owner is known only after apply")})
    >>> tags["Name"], "Owner" in tags, len(tags)
    ('app', True, 2)
    """

    def __init__(self, known: Mapping[str, Any], unknown: Mapping[str, NotYetKnown]) -> None:
        self._known = {name: value for name, value in known.items() if name not in unknown}
        self._unknown = unknown

    def __getitem__(self, name: str) -> Any:
        if name in self._unknown:
            raise self._unknown[name].with_traceback(None)
        return self._known[name]

    def __contains__(self, name: object) -> bool:
        return name in self._known or name in self._unknown

    def __iter__(self) -> Iterator[str]:
        yield from self._known
        yield from self._unknown

    def __len__(self) -> int:
        return len(self._known) + len(self._unknown)


def collected(known: Iterable[T], rest: Iterable[Exception]) -> Sequence[T]:
    """A tuple, or a `Partial` with the first of the errors in the place of what is not known.

    >>> collected([1], []), collected([1], [NotYetKnown("x")])
    ((1,), [1, ...])
    """
    error = next(iter(rest), None)
    return tuple(known) if error is None else Partial(known, error)


def parts(values: Iterable[T]) -> tuple[list[T], list[Exception]]:
    """The known elements of a collection, and the error that stands for its rest, if there is one."""
    return ([*values.known], [values.rest]) if isinstance(values, Partial) else ([*values], [])


def the_one(values: Iterable[T]) -> T | None:
    """The one element that a collection has at most. Of one that is known beside what may be another, only a failure counts.

    Raises `NotYetKnown` where it is not known whether there is one, and where there are several.
    """
    elements, rest = parts(values)
    if len(elements) > 1:
        raise NotYetKnown(
            f"there are {len(elements)} of them, and the last one applied will hold: {', '.join(map(str, elements))}"
        )
    if rest and not elements:
        raise rest[0].with_traceback(None)
    if rest:
        ledger.doubt(rest[0])
    return elements[0] if elements else None


def known_of(values: Iterable[T], make: Callable[[T], Iterable[U]]) -> "tuple[list[U], list[Exception]]":
    """The results of a function for the elements that are known, and the errors in the place of the others.

    >>> def even(number):
    ...     if number > 2:
    ...         raise NotYetKnown(str(number))
    ...     return [number * 2]
    >>> known_of([3, 1], even)
    ([2], [NotYetKnown('3')])
    """
    elements, errors = parts(values)
    found: list[U] = []
    for one in elements:
        try:
            made, more = parts(make(one))
        except NotYetKnown as error:
            errors.append(error)
        else:
            found += made
            errors += more
    return found, errors


class Index(Generic[T]):
    """Items by the keys of what they belong to, gone through once; what a plan does not know of the keys is beside them.

    >>> def keys(item):
    ...     error = NotYetKnown(item)
    ...     error.candidates = ("a", "b")
    ...     return Partial([item], error) if item == "c" else [item]
    >>> index = Index(["b", "c", "a"], keys)
    >>> index.of("b"), index.possible("b"), index.possible("c")
    ([b, ...], ['b', 'c'], ['c'])
    """

    def __init__(self, items: Iterable[T], keys: Callable[[T], Iterable[str]]) -> None:
        self._known: dict[str, list[tuple[int, T]]] = {}
        self._unknown: dict[str | None, list[list[tuple[int, T, Exception]]]] = {}
        self._alike: dict[int, list[tuple[int, T, Exception]]] = {}  # those of one list of candidates, however long it is
        for position, item in enumerate(items):
            found, rest = known_of([item], keys)
            for key in dict.fromkeys(found):
                self._known.setdefault(key, []).append((position, item))
            for error in rest:
                candidates = candidates_of(error)
                if id(candidates) not in self._alike:
                    alike = self._alike[id(candidates)] = []
                    for candidate in (None,) if candidates is None else candidates:
                        self._unknown.setdefault(candidate, []).append(alike)
                self._alike[id(candidates)].append((position, item, error))

    def of(self, key: str) -> Sequence[T]:
        """The items that belong to a key; a `Partial` where another one may, and may not."""
        error = next((error for each in (key, None) for alike in self._unknown.get(each, ()) for *_, error in alike), None)
        found = [item for _, item in self._known.get(key, ())]
        return Partial(found, error) if error else found

    def possible(self, *keys: str) -> list[T]:
        """The items that belong to some keys or may belong to them, each once, in their order."""
        found = {position: item for key in keys for position, item in self._known.get(key, ())}
        for alike in {id(alike): alike for key in (*keys, None) for alike in self._unknown.get(key, ())}.values():
            found |= {position: item for position, item, _ in alike}
        return [item for _, item in sorted(found.items(), key=itemgetter(0))]


def values_of(resources: Iterable[object], field: str) -> Collection[Any]:
    """The values of a field of some resources: whether one is among them, the known ones say first.

    >>> "a" in values_of([Missing("x", NotYetKnown("x")), type("Group", (), {"group_name": "a"})], "group_name")
    True
    """
    found, rest = known_of(resources, lambda one: [getattr(one, field)])
    return Partial(found, rest[0]) if rest else _Values(found)


class _Values(tuple[Any, ...]):
    """Values of which one may have no answer yet."""

    def __contains__(self, value: object) -> bool:
        return is_among(value, self)


def holds_for_any(question: Callable[[T], bool], values: Iterable[T]) -> bool:
    """True if a question holds for one of the values. Raises `NotYetKnown` if it holds for no known one and one is unknown."""
    unknown: NotYetKnown | None = None
    for value in values:
        try:
            if question(value):
                return True
        except NotYetKnown as error:
            unknown = unknown or error
    if unknown:
        raise unknown
    return False


def is_among(value: object, values: Iterable[object]) -> bool:
    """True if a value equals one of the values. Raises `NotYetKnown` if it equals no known one and one is unknown."""
    return holds_for_any(lambda one: bool(one == value), values)


def judges_what_is_known(problems: Callable[..., list[U]]) -> Callable[..., Any]:
    """Let a judgement that lists problems look at the known part of a collection first: a problem in it is one, whatever the rest is.

    >>> @judges_what_is_known
    ... def negative(numbers):
    ...     return [number for number in numbers if number < 0]
    >>> negative(Partial([1, -1], NotYetKnown("x"))) == []
    False
    """

    @functools.wraps(problems)
    def judge(*arguments: Any, **named: Any) -> Any:
        rest = [rest for one in (*arguments, *named.values()) if isinstance(rest := getattr(one, "rest", None), Exception)]
        if not rest:
            return problems(*arguments, **named)
        found = problems(*map(_known, arguments), **{name: _known(one) for name, one in named.items()})
        return collected(found, rest)

    return judge


def holds_if_known(question: Callable[..., bool]) -> Callable[..., bool]:
    """Let a question that one known part can settle be asked of what is known first: what holds of it holds, whatever the rest is.

    >>> @holds_if_known
    ... def has_negative(numbers):
    ...     return any(number < 0 for number in numbers)
    >>> has_negative(Partial([1, -1], NotYetKnown("x")))
    True
    """

    @functools.wraps(question)
    def ask(*arguments: Any, **named: Any) -> bool:
        rest = [rest for one in (*arguments, *named.values()) if isinstance(rest := getattr(one, "rest", None), Exception)]
        if question(*map(_known, arguments), **{name: _known(one) for name, one in named.items()}):
            return True
        if rest:
            raise rest[0].with_traceback(None)
        return False

    return ask


def _known(value: object) -> object:
    return value.known if isinstance(value, Partial) else value
