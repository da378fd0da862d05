"""Fetch what the selected controls ask for, before the first of them runs: concurrently, each collection once."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, wait
from functools import partial

from stackproof.collections.registry import collections, operations
from stackproof.core.verdicts import UsageError
from stackproof.redaction.threads import Pool
from stackproof.sources.aws.ahead import go_together
from stackproof.sources.aws.progress import Work
from stackproof.targets.base import Stage

CONCURRENT_COLLECTIONS = 8
"""Of those that ask AWS, and of the others: who waits until a cloud is there holds up nobody that reads files."""


class Prefetch:
    """The outcomes of the collections, good and bad, by name."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._outcomes: dict[str, Future[object]] = {}

    def fetch(self, names: Iterable[str]) -> None:
        """Make these collections now. What one raises is kept for the controls that need it.

        Raises `UsageError` if the target itself cannot be opened: then nothing can be judged.
        """
        wanted = [name for name in dict.fromkeys(names) if name not in self._outcomes]
        work = self._stage.progress.begin("collections", len(wanted), wanted)
        asking, others = (Pool(CONCURRENT_COLLECTIONS, thread_name_prefix=name) for name in ("ask", "collect"))
        self._stage.get_ready(operations(wanted))
        try:
            for name in wanted:
                self._outcomes[name] = (asking if operations([name]) else others).submit(self._fetched, name, work)
            wait(self._outcomes.values())
        finally:  # whoever interrupts does not wait for a deployment
            for pool in (asking, others):
                pool.shutdown(wait=False, cancel_futures=True)
            work.end()
        for outcome in self._outcomes.values():
            if isinstance(outcome.exception(), UsageError):
                outcome.result()

    @property
    def is_at_work(self) -> bool:
        """True if something is being made still: somebody interrupted it."""
        return not all(outcome.done() for outcome in self._outcomes.values())

    def _fetched(self, name: str, work: Work) -> object:
        work.waiting.remove(name)
        try:
            return go_together(self._stage.observe(name, partial(collections[name], self._stage)))
        finally:
            work.done += 1

    def outcome(self, name: str) -> Callable[[], object]:
        """A function that returns the collection, or raises what making it raised."""
        return lambda: self._outcomes[name].result()
