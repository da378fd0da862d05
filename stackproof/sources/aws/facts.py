"""The facts of a resource inside AWS's answers."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from stackproof.core.provenance import joined
from stackproof.core.resource import Field, Found, Resource
from stackproof.core.verdicts import CouldNotVerify, NotApplicable, NotReported
from stackproof.sources.aws.calls import Answer
from stackproof.sources.aws.shapes import Malformed, whole
from stackproof.util.spool import Reiterable

if TYPE_CHECKING:
    from stackproof.sources.aws.source import Reader

R = TypeVar("R", bound=Resource)


class Together(Protocol):
    """The collection that a resource is of, whose resources are asked about ahead: `stackproof.sources.aws.ahead.Siblings`."""

    def reading(self, field: Field, place: int, asked: Collection[str]) -> AbstractContextManager[None]:
        """While a field of the resource at a place is read; ``asked`` are the sources of the answers that it takes, when it ends."""
        ...

    def let_go_together(self, values: Sequence[object]) -> None:
        """The resources that a field of one of these has are asked about ahead, too."""
        ...


class AwsFacts:
    """The facts of one resource: an item of an answer, and the reader for what takes another call (an `Origin`).

    A further call is made only when a field that needs it is read, so that a denied one spoils the controls that need it and no
    other. Every call that a field's value rests on is part of its source.
    """

    __slots__ = ("_asked", "_aws", "_item", "_source", "place", "siblings")  # there are many of them

    def __init__(self, aws: "Reader", item: Mapping[str, Any], source: str) -> None:
        self._aws = aws
        self._item = item
        self._source = source
        self._asked: dict[str, None] = {}
        self.siblings: Together | None = None
        """The collection that the resource is of, whose resources are asked about ahead."""
        self.place = 0
        """Its place among them."""

    @property
    def aws(self) -> "Reader":
        """The reader that asks on behalf of the resource."""
        return self._aws

    def at(self, path: str) -> Any:
        """The value at a path of dotted member names; None when the answer is silent about it."""
        value: Any = self._item
        for member in path.split("."):
            value = value.get(member) if isinstance(value, Mapping | Malformed) else None
        return value

    def read(self, operation: str, *, absent: tuple[str, ...] = (), region: str | None = None, **parameters: Any) -> Answer:
        """The answer to a further question about this resource; see `Reader.read`."""
        answer = self._aws.read(operation, absent=absent, region=region, **parameters)
        self._asked[answer.source] = None
        return answer

    def is_elsewhere(self, account: str | None) -> bool:
        """True if an account is another than the one that is judged."""
        return account not in (None, "", self._aws.account)

    def elsewhere(self, what: str, *places: str) -> CouldNotVerify | NotApplicable:
        """The error that stands in the place of a fact which another account has; see `Reader.elsewhere`."""
        return self._aws.elsewhere(what, *places)

    def wait(self, seconds: float) -> None:
        """Let time pass before something is asked again; a recording does not wait."""
        self._aws.transport.wait(seconds)

    def nested(self, kind: type[R], name: str, item: Mapping[str, Any], answer: Answer) -> R:
        """A resource inside this one, with its facts from an answer."""
        return kind(name, AwsFacts(self._aws, item, answer.source), answer.source)

    def inside(self, kind: type[R], name: str, item: Mapping[str, Any]) -> R:
        """A resource that a part of this answer describes, with this answer as its source."""
        return kind(name, AwsFacts(self._aws, item, self._source), self._source)

    def changed(self, kind: type[R], name: str, changes: Mapping[str, Any]) -> R:
        """This resource with some members changed, as an answer says that they will be."""
        return kind(name, AwsFacts(self._aws, {**self._item, **changes}, self._source), self._source)

    def identity(self, name: str) -> dict[str, str]:
        """The ARN that the answer gives the resource (one that ends with its name, or is called ARN alone), account and region."""
        arns = {key: value for key, value in self._item.items() if key.lower().endswith("arn") and isinstance(value, str)}
        own = [arn for key, arn in arns.items() if key.lower() == "arn" or re.split("[:/]", arn)[-1] == name]
        arn = own[0] if own else name if name.startswith("arn:") else ""
        parts = arn.split(":") if arn.count(":") >= 5 else [""] * 6
        return {"arn": arn, "account": parts[4] or self._aws.account, "region": parts[3] or self._aws.region}

    def look_up(self, field: Field) -> Found:
        if reason := self._aws.unseen.get(field.place):
            raise NotApplicable(reason)
        if not callable(field.aws):
            return Found(whole(self.at(field.aws or field.name)), self._source)
        tracing = AwsFacts(self._aws, self._item, self._source)
        if self.siblings is None:
            value = field.aws(tracing)
        else:
            with self.siblings.reading(field, self.place, tracing._asked):
                value = field.aws(tracing)
            if isinstance(value, tuple):
                self.siblings.let_go_together(value)
        return Found(whole(value), joined([self._source, *tracing._asked]))

    def read_ahead(self, field: Field) -> None:
        """Make the calls that a field takes, so that who reads it finds the answers."""
        if callable(field.aws) and field.place not in self._aws.unseen:
            field.aws(AwsFacts(self._aws, self._item, self._source))


def listed(kind: type[R], aws: "Reader", answer: Answer, member: str, *, named: str) -> list[R]:
    """One resource for each item of an answer's list; ``named`` is the member that names an item.

    Raises `NotReported` for an item without a name.
    """
    return list(_made(kind, aws, answer, answer.kept(member), member, named))


def reported(item: Mapping[str, Any], member: str, answer: Answer) -> Any:
    """A member that every item of an answer has, as its name. Raises `NotReported` for an item without it."""
    if item.get(member) is None:
        raise NotReported(f"{answer.source}: an item has no {member}")
    return item[member]


def described(answer: Answer, member: str) -> list[Any]:
    """The items of an answer that describes what was asked for by name. Raises `NotReported` where it names failures (as ECS does)."""
    if failures := [failure for page in answer.pages for failure in page.get("failures", ())]:
        what = ", ".join(f"{failure.get('arn')} ({failure.get('reason')})" for failure in failures)
        raise NotReported(f"{answer.source}: not described: {what}")
    return answer.items(member)


def listed_anew(kind: type[R], aws: "Reader", answer: Answer, member: str, *, named: str) -> Collection[R]:
    """The resources of `listed`; those of an answer that is too long for memory are made anew each time that they are iterated."""

    if not answer.is_long:
        return tuple(listed(kind, aws, answer, member, named=named))
    return Reiterable(lambda: _made(kind, aws, answer, answer.each(member), member, named))


def _made(
    kind: type[R], aws: "Reader", answer: Answer, items: Iterable[Mapping[str, Any]], member: str, named: str
) -> Iterator[R]:
    for item in items:
        if named not in item:
            raise NotReported(f"{answer.source}: an item of {member} has no {named}")
        yield kind(item[named], AwsFacts(aws, item, answer.source), answer.source)
