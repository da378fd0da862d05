"""A call to AWS and its answer, as plain data."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache, partial
from typing import Any, TypeVar

from stackproof.core.provenance import Provenance
from stackproof.core.verdicts import CouldNotVerify, NotReported
from stackproof.redaction.logged import redacted_events
from stackproof.redaction.redaction import redact, redact_data
from stackproof.sources.aws.enums import marked, marked_pages
from stackproof.sources.aws.shapes import whole
from stackproof.util.once import Once
from stackproof.util.spool import Index, Spool

T = TypeVar("T")


@dataclass(frozen=True)
class Call:
    """One question to AWS. Two equal calls are asked once in a run."""

    operation: str
    """As ``rds:DescribeDBInstances``: the boto3 service name and the API's operation name."""
    region: str
    parameters: str = "{}"
    """Canonical JSON."""
    sample: int = 0
    """Which time it is that this is asked, from 0 on, where something is looked at again and again (`stackproof.util.sampling`)."""

    @classmethod
    def of(cls, operation: str, region: str, **parameters: object) -> "Call":
        return cls(operation, region, json.dumps(parameters, sort_keys=True, separators=(",", ":")))

    @property
    def service(self) -> str:
        return self.operation.partition(":")[0]

    @property
    def action(self) -> str:
        return self.operation.partition(":")[2]

    @cached_property
    def arguments(self) -> dict[str, Any]:
        arguments: dict[str, Any] = json.loads(self.parameters)
        return arguments

    @cached_property
    def evidence(self) -> str:
        """The evidence file of this call: service, operation, and the beginning of the SHA-256 of its text.

        >>> Call.of("rds:DescribeDBInstances", "ap-northeast-2").evidence
        'calls/rds.DescribeDBInstances.18e398b4a97c.json.gz'
        """
        return f"calls/{self.service}.{self.action}.{hashlib.sha256(str(self).encode()).hexdigest()[:12]}.json.gz"

    def __str__(self) -> str:
        asked = "" if self.parameters == "{}" else f" {self.parameters}"
        again = f" sample {self.sample}" if self.sample else ""
        return f"{self.operation} {self.region}{asked}{again}"


@dataclass(frozen=True)
class Exchange:
    """How a call went over the wire."""

    at: datetime
    """When it was sent first, UTC."""
    seconds: float
    """Until its last answer."""
    attempts: int
    """Requests sent: a retry counts, a page counts."""
    requests: tuple[tuple[str, int], ...]
    """Of each request that was answered for good, a page each: AWS's request id, and the HTTP status."""


class Answer:
    """The answer of AWS to a call: all pages, or the error. Reading anything out of a failed answer raises its error.

    Of many pages none stays in memory (`Pages`).
    """

    def __init__(
        self,
        call: Call,
        pages: Sequence[Mapping[str, Any]] = (),
        error: CouldNotVerify | None = None,
        absent: bool = False,
        exchange: Exchange | None = None,
        is_redacted: bool = False,
    ) -> None:
        self.call = call
        self.raw_pages = pages if isinstance(pages, Spool) else tuple(pages)
        self.error = error
        self.is_absent = absent
        """AWS answered, with its documented error code for "there is none" (``NoSuchBucketPolicy``)."""
        self.exchange = exchange
        self.is_redacted = is_redacted
        """Whether its secrets are hidden already."""
        self._made: dict[object, Once[Any]] = {}

    @cached_property
    def source(self) -> str:
        return Provenance(str(self.call), self.call.evidence)

    def redacted(self) -> "Answer":
        """The answer as it may be judged and kept: secrets hidden, and without what is about the transport alone."""
        if self.is_redacted:
            return self
        pages = kept_pages(redacted_page(self.call, page) for page in self.raw_pages)
        error = type(self.error)(redact(str(self.error))) if self.error else None
        return Answer(self.call, pages, error, self.is_absent, self.exchange, is_redacted=True)

    @property
    def pages(self) -> Sequence[Mapping[str, Any]]:
        """One page at least. Raises `NotReported` where there is none: no page is not a page with nothing on it."""
        if self.error:
            raise self.error.with_traceback(None)  # else one that is raised for many resources holds the frames of all
        if not self.raw_pages:
            raise NotReported(f"{self.call}: there is no answer to read from{' (AWS says: none)' if self.is_absent else ''}")
        return self._marked

    @cached_property
    def _marked(self) -> Sequence[Mapping[str, Any]]:
        return marked_pages(self.call.operation, self.raw_pages)

    @property
    def page(self) -> Mapping[str, Any] | None:
        """The only page of an operation that has no pagination; None when AWS says that there is none."""
        return None if self.is_absent and not self.error else self.pages[0]

    def items(self, member: str) -> list[dict[str, Any]]:
        """The list ``member`` over all pages, in order.

        Raises `NotReported` if a page lacks it: an answer without the list is not an empty list.
        """
        return list(self.each(member))

    def each(self, member: str) -> Iterator[dict[str, Any]]:
        """The items of a list as `items` has them, one page after the other: for an answer that may be long."""
        for number, page in enumerate(self.pages, start=1):
            if not isinstance(page.get(member), list):
                raise NotReported(f"{self.call}: page {number} of the answer has no list {member}")
            for item in page[member]:
                yield whole(item)

    def kept(self, member: str) -> Sequence[Mapping[str, Any]]:
        """The items of a list as `items` has them, for whoever keeps them all: those of a long answer are looked up when asked."""
        return self.items(member) if not self.is_long else self._made.setdefault(member, Once(partial(self._kept, member)))()

    def _kept(self, member: str) -> Sequence[Mapping[str, Any]]:
        rows = Spool[dict[str, Any]](_packed, partial(self._unpacked_item, member), few=0)
        rows.extend(self.each(member))
        look_up = lru_cache(maxsize=RECENT_ITEMS)(rows.__getitem__)
        return [KeptItem(look_up, place) for place in range(len(rows))]

    @property
    def is_long(self) -> bool:
        """True if the pages are too many to stay in memory."""
        return isinstance(self.raw_pages, Spool)

    def by(self, member: str, key: str) -> Mapping[str, dict[str, Any]]:
        """The items of a list, as `items` has them, by a member that no two share; made once, for whoever looks up many of them.

        An item without the member is not among them.
        """

        def index() -> Mapping[str, dict[str, Any]]:
            items = ((item[key], item) for item in self.each(member) if item.get(key) is not None)
            return Index(items, _packed, partial(self._unpacked_item, member)) if self.is_long else dict(items)

        found: Mapping[str, dict[str, Any]] = self._made.setdefault((member, key), Once(index))()
        return found

    def once(self, make: Callable[["Answer"], T]) -> T:
        """The result of a function of this answer; made once, for whoever asks for each of many resources."""
        made: T = self._made.setdefault(make, Once(partial(make, self)))()
        return made

    def _unpacked_item(self, member: str, text: str) -> dict[str, Any]:
        """An item of a list as `each` has it."""
        item: dict[str, Any] = marked(self.call.operation, {member: [_unpacked(text)]})[member][0]
        return item


class KeptItem(Mapping[str, Any]):
    """An item of a long answer, which is not in memory."""

    __slots__ = ("_look_up", "_place")

    def __init__(self, look_up: Callable[[int], dict[str, Any]], place: int) -> None:
        self._look_up = look_up
        self._place = place

    def __getitem__(self, member: str) -> Any:
        return self._look_up(self._place)[member]

    def __iter__(self) -> Iterator[str]:
        return iter(self._look_up(self._place))

    def __len__(self) -> int:
        return len(self._look_up(self._place))


RECENT_ITEMS = 64
"""Items of a long answer that are at hand, since several facts of one are asked after another."""

MANY_PAGES = 20
"""Pages of an answer that stay in memory."""
A_PAGE = 500_000
"""Characters of JSON for which a page counts as one; a longer one counts for several."""


class Pages(Spool[Mapping[str, Any]]):
    """The pages of an answer while they come; redacted ones, since they may be written to a file."""

    def __init__(self) -> None:
        super().__init__(_packed, _unpacked, few=MANY_PAGES, weigh=lambda page: 1 + len(_packed(page)) // A_PAGE)


def kept_pages(pages: Iterable[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Pages as an answer keeps them."""
    found = Pages()
    found.extend(pages)
    return found.finished()


def _packed(data: Mapping[str, Any]) -> str:
    return json.dumps(data, default=plain)


def _unpacked(text: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(text, object_hook=_restored)
    return data


def redacted_page(call: Call, page: Mapping[str, Any]) -> dict[str, Any]:
    """A page of an answer as it may be judged and kept."""
    kept = {name: value for name, value in page.items() if name != _TRANSPORT}
    if call.operation in _LOGGED:
        return redacted_events(kept)
    return {name: redact_data(value, name) for name, value in kept.items()}


_TRANSPORT = "ResponseMetadata"
_LOGGED = ("logs:FilterLogEvents", "logs:GetQueryResults")
"""Operations whose answers hold what was logged."""


def plain(value: object) -> object:
    """A value that JSON has no form for, as JSON: a date as ``{"$date": "2026-01-20T10:00:00+00:00"}``, bytes as ``{"$bytes": "aGk="}``.

    For `json.dumps` (``default``), so that a long answer need not be copied to be written. Raises `TypeError` for anything else.
    """
    match value:
        case datetime():
            return {"$date": value.isoformat()}
        case Mapping():
            return dict(value)
        case Spool():
            return list(value)
        case bytes():
            return {"$bytes": base64.b64encode(value).decode()}
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def to_jsonable(data: object) -> Any:
    """An answer as JSON can hold it; see `plain`."""
    return json.loads(json.dumps(data, default=plain))


def from_jsonable(data: object) -> Any:
    """The inverse of `to_jsonable`.

    >>> from_jsonable({"CreateDate": {"$date": "2026-01-20T10:00:00+00:00"}, "Content": {"$bytes": "aGk="}})["CreateDate"].year
    2026
    """
    match data:
        case dict():
            return _restored({key: from_jsonable(value) for key, value in data.items()})
        case list():
            return [from_jsonable(value) for value in data]
        case _:
            return data


def _restored(data: dict[str, Any]) -> Any:
    """A date or bytes, where `plain` put a dictionary in their place; other data as it is."""
    if len(data) == 1:
        match data:
            case {"$date": str(moment)}:
                return datetime.fromisoformat(moment)
            case {"$bytes": str(content)}:
                return base64.b64decode(content)
    return data
