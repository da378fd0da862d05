"""The events in the log groups, as a bounded sample."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from dataclasses import field as member
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from stackproof.core.resource import Resource, field
from stackproof.core.verdicts import NotReported
from stackproof.sources.aws.facts import AwsFacts

if TYPE_CHECKING:
    from stackproof.sources.aws.calls import Answer
    from stackproof.sources.aws.source import Reader

EVENTS = "logs:FilterLogEvents"
MOST_ON_A_PAGE = 10_000
"""Events (FilterLogEvents)."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class EventsOf(str):
    """The name of a log group, and which of its events are looked at: the newest ones since a moment, so many at most."""

    since: datetime
    most: int

    def __new__(cls, group: str, since: datetime, most: int) -> "EventsOf":
        made = super().__new__(cls, group)
        made.since, made.most = since, most
        return made

    def read(self, aws: "Reader | AwsFacts") -> "Answer":
        """The events, newest first, page by page until there are enough."""
        return aws.read(
            EVENTS,
            absent=("ResourceNotFoundException",),
            logGroupName=str(self),
            startTime=(self.since - _EPOCH) // timedelta(milliseconds=1),
            startFromHead=False,
            PaginationConfig={"MaxItems": self.most, "PageSize": min(self.most, MOST_ON_A_PAGE)},
        )


@dataclass(frozen=True)
class Event:
    """A log event. Its message is there to be judged, and never to be shown."""

    stream: str
    at: datetime
    message: str = member(repr=False)
    """Without credentials and personal data; their marks tell that there were some (`stackproof.redaction.logged`)."""

    def __str__(self) -> str:
        return f"{self.stream} at {self.at:%Y-%m-%dT%H:%M:%SZ}"


@dataclass(frozen=True, repr=False)
class Sample:
    """Events of one group, the newest first. As text it is their number and their time."""

    events: tuple[Event, ...]

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def __len__(self) -> int:
        return len(self.events)

    def since(self, moment: datetime) -> "Sample":
        """The events of the sample that are not older than a moment."""
        return Sample(tuple(event for event in self.events if event.at >= moment))

    def __str__(self) -> str:
        if not self.events:
            return "no event"
        first, last = (find(event.at for event in self.events) for find in (min, max))
        return f"{len(self)} events, {first:%Y-%m-%dT%H:%M:%SZ} to {last:%Y-%m-%dT%H:%M:%SZ}"

    __repr__ = __str__


def _sample(facts: AwsFacts) -> Sample:
    answer = facts.at("group").read(facts)
    return Sample(tuple(_event(item, answer) for item in answer.items("events")))


def _event(item: dict[str, Any], answer: "Answer") -> Event:
    """Raises `NotReported` for what is no event."""
    if not (isinstance(item.get("timestamp"), int) and isinstance(item.get("message"), str) and "logStreamName" in item):
        raise NotReported(f"{answer.call}: an event of the answer lacks its time, its stream or its message")
    return Event(item["logStreamName"], _EPOCH + timedelta(milliseconds=item["timestamp"]), item["message"])


def _some(facts: AwsFacts) -> Sample:
    found = _sample(facts)
    if not found:
        group: EventsOf = facts.at("group")
        raise NotReported(f"{group} has no event since {group.since:%Y-%m-%dT%H:%M:%SZ}: nothing is examined")
    return found


class LogEvents(Resource):
    """The newest events of a log group."""

    operations = (EVENTS,)

    sample: Sample = field(aws=_sample)
    """Empty where nobody wrote any."""
    events: Sample = field(aws=_some)
    """The sampled events; not reported where there is none."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[LogEvents]":
        """The samples of the groups that exist; ``names`` are `EventsOf`."""
        groups = [name for name in names if isinstance(name, EventsOf)]
        answers = aws.together(*[partial(group.read, aws) for group in groups])
        return [
            cls(str(group), AwsFacts(aws, {"group": group}, answer.source), answer.source)
            for group, answer in zip(groups, answers, strict=True)
            if not answer.is_absent
        ]
