"""Threads that hide what their run hides."""

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
