"""AWS as a source: every call is asked once, to the last page, concurrently with the others."""

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import cached_property
from threading import Lock
from types import MappingProxyType
from typing import Any, TypeVar

from stackproof.core.provenance import joined
from stackproof.core.resource import Resource
from stackproof.core.verdicts import CouldNotVerify, NotApplicable
from stackproof.redaction.threads import Pool
from stackproof.sources import R
from stackproof.sources.aws.calls import Answer, Call
from stackproof.sources.aws.progress import Progress
from stackproof.sources.aws.session import MAX_CONCURRENT_CALLS, Transport
from stackproof.util.spool import Reiterable

T = TypeVar("T")

Keep = Callable[[Call, Callable[[], Answer]], Answer]
"""Asks and keeps the answer, or hands out one that was kept before: `stackproof.evidence.store.Store.answer`."""


WAITING = 64
"""Questions that are handed to the threads ahead of their answers."""
ANSWERS_AT_HAND = 500
"""Answers of an operation that stay in memory, where they are kept elsewhere, too."""


class Reader:
    """Asks AWS on behalf of the resource classes. Single-flight: whoever asks second waits for the first one's answer.

    Secrets are hidden in every answer before anybody sees it: what is judged is what the evidence holds.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        account: str,
        region: str,
        keep: Keep | None = None,
        unseen: Mapping[str, str] = MappingProxyType({}),
        shared: Collection[str] = (),
        progress: Progress | None = None,
        is_at_once: bool = False,
    ) -> None:
        self.account = account
        self.region = region
        self.transport = transport
        self.unseen = unseen
        """The facts that this endpoint does not have (``Image.scans``), whatever it answers, and why; see `Stage.unseen`."""
        self.shared = shared
        """Other accounts, and buckets in them, that the profile declares: they are judged by themselves."""
        self.progress = progress or Progress()
        self.is_at_once = is_at_once
        """Whether every answer is at hand, so that nothing is won by asking for several at the same time."""
        self._keep = keep
        self.listed: dict[type[Resource], dict[Call, None]] = {}
        """The calls that it took to list the resources of a kind."""
        self._asked: dict[Call, Future[Answer]] = {}
        self._recent: dict[str, deque[Call]] = {}
        self._has_stopped = False
        self._lock = Lock()

    @cached_property
    def _ahead(self) -> Pool:
        return Pool(MAX_CONCURRENT_CALLS, thread_name_prefix="ahead")

    def ask_ahead(self, ask: Callable[[], object]) -> None:
        """Let a function ask in a thread of its own what somebody is going to ask; nothing once `stop_asking_ahead` was called."""
        with self._lock:
            if not (self._has_stopped or self.is_at_once):
                self._ahead.submit(ask)

    def stop_asking_ahead(self) -> None:
        """Ask nothing ahead any more, and wait for the answers that are under way: evidence is complete afterwards."""
        with self._lock:
            self._has_stopped = True
        self._ahead.shutdown(cancel_futures=True)

    def read(
        self,
        operation: str,
        *,
        absent: tuple[str, ...] = (),
        region: str | None = None,
        sample: int = 0,
        **parameters: object,
    ) -> Answer:
        """The answer to one question; never raises for what AWS answers, see `Answer`.

        ``absent``: the service's error codes that say "there is none", which is an answer too. ``region``: another than the
        profile's, for what AWS has there alone. ``sample``: the number of the time that this is asked, where that is several times.
        """
        call = Call.of(operation, region or self.region, **parameters)
        if sample:
            call = replace(call, sample=sample)
        with self._lock:
            waiting = self._asked.get(call)
            if waiting is None:
                mine = self._asked[call] = Future()
        if waiting is not None:
            return waiting.result()
        try:
            answer = self._answer(call, absent)
        except BaseException as error:
            mine.set_exception(error)
            raise
        mine.set_result(answer)
        if self._keep:
            self._let_go(call)
        return answer

    def _let_go(self, call: Call) -> None:
        """Hold no more than the last answers of an operation: whoever asks for another again gets it from where it is kept."""
        with self._lock:
            recent = self._recent.setdefault(call.operation, deque())
            recent.append(call)
            if len(recent) > ANSWERS_AT_HAND:
                self._asked.pop(recent.popleft(), None)

    def _answer(self, call: Call, absent: tuple[str, ...]) -> Answer:
        def ask() -> Answer:
            return self.transport.send(call, absent).redacted()

        return self._keep(call, ask) if self._keep else ask()

    def together(self, *questions: Callable[[], T]) -> list[T]:
        """The results of several questions, asked at the same time, in their order."""
        if len(questions) < 2 or self.is_at_once:
            return [question() for question in questions]
        results: list[T] = []
        with Pool(max_workers=MAX_CONCURRENT_CALLS) as pool:
            waiting: deque[Future[T]] = deque()
            for question in questions:
                if len(waiting) == WAITING:
                    results.append(waiting.popleft().result())
                waiting.append(pool.submit(question))
            return results + [future.result() for future in waiting]

    def elsewhere(self, what: str, *places: str) -> CouldNotVerify | NotApplicable:
        """The error in the place of a fact that is not shown to this account; ``places`` are the account and the name of its resource."""
        if any(place in self.shared for place in places):
            return NotApplicable(f"{what}, which the profile declares as shared: it is judged there")
        return CouldNotVerify(
            f"{what}: judge it there, with a profile for that account. If somebody does, name it in audit.shared_accounts "
            "(a bucket: in audit.shared_buckets) of this profile"
        )

    @property
    def answers(self) -> Mapping[Call, Answer]:
        """The calls so far with their answers, in order; where those are kept elsewhere, of each operation the last `ANSWERS_AT_HAND`."""
        with self._lock:
            asked = [*self._asked.items()]
        return {call: future.result() for call, future in asked if future.done() and not future.exception()}


class _Noting:
    """A reader that notes what is asked through it."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.noted: dict[Call, None] = {}

    def read(self, operation: str, **named: Any) -> Answer:
        answer = self._reader.read(operation, **named)
        if len(self.noted) < ANSWERS_AT_HAND:
            self.noted[answer.call] = None
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)


class AwsSource:
    """Typed resources from AWS, or from an endpoint that speaks its API."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def collect(self, kind: type[R], names: Sequence[str]) -> Collection[R]:
        noting = _Noting(self.reader)
        found = kind.from_aws(noting, names)
        self.reader.listed.setdefault(kind, {}).update(noting.noted)
        return found if isinstance(found, Reiterable) else tuple(found)

    def listing(self, kind: type[Resource]) -> str:
        """The sources of the list, whoever else has asked what meanwhile."""
        noted = [call for call in [*self.reader.listed.get(kind, ())] if call.operation in kind.operations]
        asked = noted or [call for call in self.reader.answers if call.operation in kind.operations]
        return joined(Answer(call).source for call in sorted(asked, key=str)) or kind.operations[0]
