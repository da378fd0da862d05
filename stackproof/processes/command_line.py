"""The common end of this package's commands: signals, messages, exit status."""

import argparse
import contextvars
import os
import signal
import sys
import textwrap
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TextIO

from stackproof.core import room
from stackproof.core.messages import LANGUAGES, chosen
from stackproof.core.translation import for_user
from stackproof.core.verdicts import CouldNotVerify, UsageError
from stackproof.util import extras
from stackproof.util.text import visible


class Parser(argparse.ArgumentParser):
    """A parser with ``--lang``, whose help is in the user's language, and that raises `UsageError` for bad arguments.

    ``description`` is the docstring of the command's module, ``table`` the meaning of names that the help ends with.
    """

    def __init__(self, description: str | None = None, table: Mapping[str, str] | None = None, **about: Any) -> None:
        formatter = argparse.RawDescriptionHelpFormatter
        self._table = table or {}
        super().__init__(description=description, formatter_class=formatter, add_help=False, **about)
        self.add_argument("-h", "--help", action="help", help="show this help, and end")
        self.add_argument(
            "--lang", choices=LANGUAGES, action=_Lang, help="language of what is said (default: that of the locale)"
        )

    def format_help(self) -> str:
        """The help, in the language of ``--lang`` where it stands before ``--help``, else in that of the locale."""
        for action in self._actions:
            action.help = for_user(action.help) if action.help and action.help != argparse.SUPPRESS else action.help
            for choice in getattr(action, "_choices_actions", ()):
                choice.help = for_user(choice.help)
        for group in self._action_groups:
            group.title = for_user(group.title or "")
        wrapped = (textwrap.fill(for_user(one), 100) for one in paragraphs(self.description or ""))
        self.description = "\n\n".join(wrapped)
        self.epilog = "\n".join(f"  {name:<18}{for_user(meaning)}" for name, meaning in self._table.items())
        return super().format_help()

    def error(self, message: str) -> NoReturn:
        """Raise `UsageError` with the message and the usage."""
        raise UsageError(f"{message}\n{self.format_usage().strip()}")


class _Lang(argparse.Action):
    """The language of everything that the command says from here on."""

    def __init__(self, **about: Any) -> None:
        super().__init__(**{**about, "default": argparse.SUPPRESS})

    def __call__(self, _parser: object, namespace: argparse.Namespace, values: Any, _option: object = None) -> None:
        namespace.lang = values
        chosen.set(values)


def paragraphs(docstring: str) -> list[str]:
    """The paragraphs of a docstring, each on one line, without markup.

    >>> paragraphs("Judge\\n``a plan``.\\n\\nAnd more.\\n")
    ['Judge a plan.', 'And more.']
    """
    return [line for one in docstring.split("\n\n") if (line := " ".join(one.replace("``", "").split()))]


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
