"""Looking at something several times, because a condition must hold over time.

This is no retrying until it is right: the number of looks and the time between them are fixed beforehand, every look is evidence, and one
look that is wrong fails the control. A recorded run is looked at again without waiting.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Schedule:
    """When to look: ``count`` times, the first at once, the last after ``seconds``."""

    count: int
    seconds: float

    @property
    def moments(self) -> tuple[float, ...]:
        """Seconds from the first look to each.

        >>> Schedule(3, 2).moments, Schedule(1, 60).moments
        ((0.0, 1.0, 2.0), (0.0,))
        """
        return tuple(number * self.seconds / max(self.count - 1, 1) for number in range(self.count))


def samples(
    look: Callable[[int], T],
    schedule: Schedule,
    wait: Callable[[float], None],
    clock: Callable[[], float] = time.monotonic,
) -> tuple[T, ...]:
    """The results of ``look``, called at each moment of the schedule with its number from 0 on; one that takes too long delays the next.

    >>> waited = []
    >>> samples(str, Schedule(3, 60), waited.append, clock=lambda: 0.0), waited
    (('0', '1', '2'), [30.0, 60.0])
    """
    started = clock()
    seen = []
    for number, moment in enumerate(schedule.moments):
        if (left := started + moment - clock()) > 0:
            wait(left)
        seen.append(look(number))
    return tuple(seen)
