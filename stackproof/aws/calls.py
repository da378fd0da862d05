"""A call to AWS and its answer, as plain data."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

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

    def __str__(self) -> str:
        asked = "" if self.parameters == "{}" else f" {self.parameters}"
        return f"{self.operation} {self.region}{asked}"


class Answer:
    """What AWS answered: all pages, or the error. Reading anything out of a failed answer raises its error."""

    def __init__(
        self,
        call: Call,
        pages: Sequence[Mapping[str, Any]] = (),
        error: CouldNotVerify | None = None,
        absent: bool = False,
    ) -> None:
        self.call = call
        self.raw_pages = tuple(pages)
        self.error = error
        self.is_absent = absent
        """AWS answered, with its documented error code for "there is none" (``NoSuchBucketPolicy``)."""

    @property
    def source(self) -> str:
        return str(self.call)

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


def to_jsonable(data: object) -> object:
    """An answer as JSON can hold it; dates become ``{"$date": "2026-01-20T10:00:00+00:00"}``."""
    match data:
        case datetime():
            return {"$date": data.isoformat()}
        case Mapping():
            return {str(key): to_jsonable(value) for key, value in data.items()}
        case list() | tuple():
            return [to_jsonable(value) for value in data]
        case bytes():
            return {"$bytes": len(data)}
        case _:
            return data


def from_jsonable(data: object) -> Any:
    """The inverse of `to_jsonable`, but for the content of bytes, which is not kept.

    >>> from_jsonable({"CreateDate": {"$date": "2026-01-20T10:00:00+00:00"}})["CreateDate"].year
    2026
    """
    match data:
        case {"$date": str(moment), **others} if not others:
            return datetime.fromisoformat(moment)
        case dict():
            return {key: from_jsonable(value) for key, value in data.items()}
        case list():
            return [from_jsonable(value) for value in data]
        case _:
            return data
