"""The common end of this package's commands: signals, messages, exit status."""

import argparse
import os
import signal
import sys
from collections.abc import Callable
from typing import NoReturn

from stackproof.core import room
from stackproof.core.verdicts import CouldNotVerify, UsageError
from stackproof.util import extras
from stackproof.util.text import visible


class Parser(argparse.ArgumentParser):
    """A parser that raises `UsageError` for bad arguments, so that they end as all bad input does."""

    def error(self, message: str) -> NoReturn:
        """Raise `UsageError` with the message and the usage."""
        raise UsageError(f"{message}\n{self.format_usage().strip()}")


def exit_status(work: Callable[[], int]) -> int:
    """The exit status of some work: its own, 1 when it failed, 4 for bad input, 130 when it was interrupted, each with a message.

    SIGTERM ends the work as an exception does, so that what was started is ended. So does, without a word and with the status of a
    program that SIGPIPE ends, whoever reads the output and has seen enough (``| head -1``).

    >>> exit_status(lambda: 3)
    3
    """
    signal.signal(signal.SIGTERM, _terminated)
    try:
        with room.ending():
            status = work()
        sys.stdout.flush()  # here, and not when Python ends, where nobody catches what it raises
        return status
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left in its buffer goes nowhere
        return 128 + signal.SIGPIPE
    except UsageError as error:
        print(visible(str(error)), file=sys.stderr)
        return 4
    except CouldNotVerify as error:
        print(visible(str(error)), file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        if absent := extras.missing(error):
            print(absent, file=sys.stderr)
            return 4
        raise
    except KeyboardInterrupt:
        print("Interrupted: everything that was started is ended.", file=sys.stderr)
        return 130


def _terminated(_number: int, _frame: object) -> NoReturn:
    sys.exit(143)
