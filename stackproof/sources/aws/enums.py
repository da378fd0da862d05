"""Values of AWS's enumerations: one that nobody here knows is an error of whoever compares it, and never a verdict.

``enums.toml`` has, for each member of an answer that some control compares, the values that the code was written for: all that the SDK's
model had then. AWS adds values without a new version of an API. ``python -m proofs.enums`` writes the table anew; what a new value means
for the controls is to be thought of first.
"""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NoReturn, overload

from stackproof.core.verdicts import CouldNotVerify
from stackproof.sources.aws.shapes import check_of, typed
from stackproof.util import toml_document

Known = Mapping[str, frozenset[str]]
"""The known values of an answer's members, by their paths: ``Listeners[].Protocol``; ``{}`` stands for the values of a map."""

Page = Mapping[str, Any]


class UnknownValue(str):
    """A value of an enumeration that is not known here. It can be shown; whoever compares it gets `CouldNotVerify`, which names it."""

    __slots__ = ("place",)
    place: str

    def __new__(cls, value: str, place: str) -> "UnknownValue":
        made = super().__new__(cls, value)
        made.place = place
        return made

    def _compared(self, *_: object) -> NoReturn:
        raise CouldNotVerify(f"{self.place} is {str.__str__(self)}, which is not known here: judge it by hand, and report it")

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _compared
    __hash__ = _compared  # unequal hashes would pass for unequal values


@functools.cache
def known() -> Mapping[str, Known]:
    """The known values by operation."""
    document = toml_document.packaged("stackproof.sources.aws", "enums.toml")
    return {operation: {path: frozenset(values) for path, values in members.items()} for operation, members in document.items()}


def marked(operation: str, page: Page) -> Page:
    """A page in which values that are not known are `UnknownValue`, and those of another type `stackproof.sources.aws.shapes.Malformed`.

    >>> page = marked("kms:DescribeKey", {"KeyMetadata": {"KeyState": "Frozen", "KeyManager": "CUSTOMER"}})
    >>> page["KeyMetadata"]["KeyManager"] == "CUSTOMER", str(page["KeyMetadata"]["KeyState"])
    (True, 'Frozen')
    >>> page["KeyMetadata"]["KeyState"] == "Enabled"  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    stackproof.core.verdicts.CouldNotVerify: kms:DescribeKey KeyMetadata.KeyState is Frozen, which is not known here: judge it by hand, ...
    """
    page = typed(operation, page)
    for path, values in known().get(operation, {}).items():

        def mark(value: Any, path: str = path, values: frozenset[str] = values) -> Any:
            is_unknown = isinstance(value, str) and str.__str__(value) not in values
            return UnknownValue(value, f"{operation} {path}") if is_unknown else value

        page = at(page, path, mark)
    return page


def at(value: Any, path: str, change: Callable[[Any], Any]) -> Any:
    """A value with what is at a path changed; itself where nothing is.

    >>> at({"a": [{"b": "x"}, {}], "c": {"d": "y"}}, "a[].b", str.upper), at({"c": {"d": "y"}}, "c{}", str.upper)
    ({'a': [{'b': 'X'}, {}], 'c': {'d': 'y'}}, {'c': {'d': 'Y'}})
    """
    if not path:
        return change(value)
    if path.startswith("[]"):
        return _of_list(value, path[2:].removeprefix("."), change) if isinstance(value, list) else value
    if not isinstance(value, Mapping):
        return value
    if path.startswith("{}"):
        return {key: at(one, path[2:].removeprefix("."), change) for key, one in value.items()}
    ends = [place for place in (path.find(sign) for sign in ("[]", "{}", ".")) if place > 0]
    member, rest = path[: min(ends)] if ends else path, path[min(ends) :].removeprefix(".") if ends else ""
    if member not in value:
        return value
    changed = at(value[member], rest, change)
    return value if changed is value[member] else {**value, member: changed}


def _of_list(items: list[Any], path: str, change: Callable[[Any], Any]) -> list[Any]:
    changed = [at(one, path, change) for one in items]
    return items if all(new is old for new, old in zip(changed, items, strict=True)) else changed


class MarkedPages(Sequence[Page]):
    """The pages of an answer, each `marked` when it is looked at."""

    def __init__(self, operation: str, pages: Sequence[Page]) -> None:
        self._operation = operation
        self._pages = pages

    def __len__(self) -> int:
        return len(self._pages)

    def __iter__(self) -> Iterator[Page]:
        return (marked(self._operation, page) for page in self._pages)

    @overload
    def __getitem__(self, index: int) -> Page: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Page]: ...
    def __getitem__(self, index: int | slice) -> Page | Sequence[Page]:
        if isinstance(index, slice):
            return [marked(self._operation, page) for page in self._pages[index]]
        return marked(self._operation, self._pages[index])


def marked_pages(operation: str, pages: Sequence[Page]) -> Sequence[Page]:
    """All pages of an answer as `marked` has them; of an operation that no table has, the pages themselves."""
    if operation not in known() and not check_of(operation):
        return pages
    return tuple(marked(operation, page) for page in pages) if isinstance(pages, tuple) else MarkedPages(operation, pages)
