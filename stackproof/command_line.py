"""What ``python -m stackproof.embedded`` and ``python -m stackproof.localstack`` have in common: how they end."""

import signal
import sys
from collections.abc import Callable
from typing import NoReturn

from stackproof.verdicts import CouldNotVerify, UsageError


def exit_status(work: Callable[[], int]) -> int:
    """That of the work; 1 when it failed, 4 for bad input, 130 when it was interrupted, each with a message.

    SIGTERM ends the work as an exception does, so that what was started is ended.

    >>> exit_status(lambda: 3)
    3
    """
    signal.signal(signal.SIGTERM, _terminated)
    try:
        return work()
    except UsageError as error:
        print(error, file=sys.stderr)
        return 4
    except CouldNotVerify as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted: everything that was started is ended.", file=sys.stderr)
        return 130


def _terminated(_number: int, _frame: object) -> NoReturn:
    sys.exit(143)
