"""Threads that hide what their run hides."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from stackproof.redaction import redaction

P = ParamSpec("P")
T = TypeVar("T")


class Pool(ThreadPoolExecutor):
    """A pool of threads in which each call is in the redaction scope of whoever submitted it."""

    def submit(self, function: Callable[P, T], /, *arguments: P.args, **named: P.kwargs) -> Future[T]:
        """Run a function in one of the threads."""
        scope = redaction.current_scope()

        def run() -> T:
            with redaction.scoped(scope):
                return function(*arguments, **named)

        return super().submit(run)


def aside(function: Callable[[], T]) -> Future[T]:
    """Run a function in a thread that nobody waits for when the process ends, in the redaction scope of the caller."""
    scope = redaction.current_scope()
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            with redaction.scoped(scope):
                outcome.set_result(function())
        except BaseException as error:  # noqa: BLE001 - whoever asks for the outcome raises it
            outcome.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return outcome
