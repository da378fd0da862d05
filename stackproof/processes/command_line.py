"""The common end of this package's commands: signals, messages, exit status."""

import argparse
import contextvars
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, TextIO

from stackproof.core import room
from stackproof.core.messages import LANGUAGES, chosen
from stackproof.core.translation import for_user
from stackproof.core.verdicts import CouldNotVerify, UsageError
from stackproof.util import extras
from stackproof.util.text import visible


class Parser(argparse.ArgumentParser):
    """A parser with ``--lang`` that raises `UsageError` for bad arguments, so that they end as all bad input does."""

    def __init__(self, **about: Any) -> None:
        super().__init__(**about)
        self.add_argument(
            "--lang", choices=LANGUAGES, default=argparse.SUPPRESS, help="language of what is said (default: that of the locale)"
        )

    def parse_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override] # of any kind
        """The options; the language among them is that of everything which the command says."""
        options = super().parse_args(args, namespace)
        if language := getattr(options, "lang", None):
            chosen.set(language)
        return options

    def error(self, message: str) -> NoReturn:
        """Raise `UsageError` with the message and the usage."""
        raise UsageError(f"{message}\n{self.format_usage().strip()}")


def show(text: str, file: TextIO | None = None) -> None:
    """Print a text of the suite's own in the user's language, at once."""
    print(for_user(text), file=file, flush=True)


def exit_status(work: Callable[[], int]) -> int:
    """The exit status of some work: its own, 1 when it failed, 4 for bad input, 130 when it was interrupted, each with a message.

    SIGTERM ends the work as an exception does, so that what was started is ended. So does, without a word and with the status of a
    program that SIGPIPE ends, whoever reads the output and has seen enough (``| head -1``).

    >>> exit_status(lambda: 3)
    3
    """
    return contextvars.copy_context().run(_exit_status, work)  # a language that was chosen is this command's alone


def _exit_status(work: Callable[[], int]) -> int:
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
        show(visible(str(error)), sys.stderr)
        return 4
    except CouldNotVerify as error:
        show(visible(str(error)), sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        if absent := extras.missing(error):
            show(absent, sys.stderr)
            return 4
        raise
    except KeyboardInterrupt:
        show("Interrupted: everything that was started is ended.", sys.stderr)
        return 130


def _terminated(_number: int, _frame: object) -> NoReturn:
    sys.exit(143)
