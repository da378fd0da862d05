"""A call to AWS and its answer, as plain data."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from stackproof.evidence.provenance import Provenance
from stackproof.evidence.redaction import redact, redact_data
from stackproof.verdicts import CouldNotVerify, NotReported


@dataclass(frozen=True)
class Call:
    """One question to AWS. Two equal calls are asked once in a run."""

    operation: str
    """As ``rds:DescribeDBInstances``: the boto3 service name and the API's operation name."""
    region: str
    parameters: str = "{}"
    """Canonical JSON."""

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
        return f"{self.operation} {self.region}{asked}"


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
    """What AWS answered: all pages, or the error. Reading anything out of a failed answer raises its error."""

    def __init__(
        self,
        call: Call,
        pages: Sequence[Mapping[str, Any]] = (),
        error: CouldNotVerify | None = None,
        absent: bool = False,
        exchange: Exchange | None = None,
    ) -> None:
        self.call = call
        self.raw_pages = tuple(pages)
        self.error = error
        self.is_absent = absent
        """AWS answered, with its documented error code for "there is none" (``NoSuchBucketPolicy``)."""
        self.exchange = exchange

    @property
    def source(self) -> str:
        return Provenance(str(self.call), self.call.evidence)

    def redacted(self) -> "Answer":
        """The answer as it may be judged and kept: secrets hidden, and without what is about the transport alone."""
        pages = [
            {name: redact_data(value, name) for name, value in page.items() if name != _TRANSPORT} for page in self.raw_pages
        ]
        error = type(self.error)(redact(str(self.error))) if self.error else None
        return Answer(self.call, pages, error, self.is_absent, self.exchange)

    @property
    def pages(self) -> tuple[Mapping[str, Any], ...]:
        """One page at least. Raises `NotReported` where there is none: no page is not a page with nothing on it."""
        if self.error:
            raise self.error
        if not self.raw_pages:
            raise NotReported(f"{self.call}: there is no answer to read from{' (AWS says: none)' if self.is_absent else ''}")
        return self.raw_pages

    @property
    def page(self) -> Mapping[str, Any] | None:
        """The only page of an operation that has no pagination; None when AWS says that there is none."""
        return None if self.is_absent and not self.error else self.pages[0]

    def items(self, member: str) -> list[dict[str, Any]]:
        """The list ``member`` over all pages, in order.

        Raises `NotReported` if a page lacks it: an answer without the list is not an empty list.
        """
        found: list[dict[str, Any]] = []
        for number, page in enumerate(self.pages, start=1):
            if not isinstance(page.get(member), list):
                raise NotReported(f"{self.call}: page {number} of the answer has no list {member}")
            found += page[member]
        return found


_TRANSPORT = "ResponseMetadata"


def to_jsonable(data: object) -> object:
    """An answer as JSON can hold it; dates become ``{"$date": "2026-01-20T10:00:00+00:00"}``, bytes ``{"$bytes": "aGk="}``."""
    match data:
        case datetime():
            return {"$date": data.isoformat()}
        case Mapping():
            return {str(key): to_jsonable(value) for key, value in data.items()}
        case list() | tuple():
            return [to_jsonable(value) for value in data]
        case bytes():
            return {"$bytes": base64.b64encode(data).decode()}
        case _:
            return data


def from_jsonable(data: object) -> Any:
    """The inverse of `to_jsonable`.

    >>> from_jsonable({"CreateDate": {"$date": "2026-01-20T10:00:00+00:00"}, "Content": {"$bytes": "aGk="}})["CreateDate"].year
    2026
    """
    match data:
        case {"$date": str(moment), **others} if not others:
            return datetime.fromisoformat(moment)
        case {"$bytes": str(content), **others} if not others:
            return base64.b64decode(content)
        case dict():
            return {key: from_jsonable(value) for key, value in data.items()}
        case list():
            return [from_jsonable(value) for value in data]
        case _:
            return data
