"""The lines that a person sees while the embedded cloud comes up."""

import sys
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TextIO

from stackproof.core.translation import for_user
from stackproof.processes.command_line import show

if TYPE_CHECKING:
    from rich.status import Status

_STILL_EVERY = 10  # seconds between two plain lines about what is being waited for


class Progress:
    """Lines of text, and Terraform's events while it applies. This one says a plain line for each thing that is done."""

    def __init__(self, say: Callable[[str], None] | None = None) -> None:
        self._say = say or partial(show, file=sys.stderr)
        self._pending: list[str] = []
        self._running: dict[str, float] = {}
        self._done = 0
        self._total = 0
        self._last = time.monotonic()
        self._one_at_a_time = threading.Lock()  # two stacks may be deployed beside each other

    def say(self, text: str) -> None:
        """Tell something once."""
        self._say(text)
        self._last = time.monotonic()

    def begin(self, text: str) -> None:
        """Something starts that may take long."""
        self.say(text)

    def end(self) -> None:
        """Say that the last thing begun has ended, well or not."""

    def planned(self, event: Mapping[str, Any]) -> None:
        """Learn from an event of ``terraform plan -json`` what will be made."""
        if event.get("type") == "planned_change" and event["change"]["action"] == "create":
            with self._one_at_a_time:
                self._pending.append(event["change"]["resource"]["addr"])
                self._total += 1

    def applied(self, event: Mapping[str, Any]) -> None:
        """Follow an event of ``terraform apply -json``."""
        hook = event.get("hook", {})
        address = hook.get("resource", {}).get("addr", "")
        match event.get("type"):
            case "apply_start":
                with self._one_at_a_time:
                    self._running[address] = time.monotonic()
                    self._pending = [each for each in self._pending if each != address]
                self.changed()
            case "apply_progress":
                self.changed()
            case "apply_complete" | "apply_errored" as how:
                self._running.pop(address, None)
                self._done += how == "apply_complete"
                verb = "made" if how == "apply_complete" else "FAILED"
                self.say(f"  {self._done:>3}/{self._total}  {address} {verb}, {hook.get('elapsed_seconds', 0):.0f} s")
                self.changed()

    def changed(self) -> None:
        """Something started or goes on."""
        if time.monotonic() - self._last >= _STILL_EVERY:
            self.say(f"           {self.waiting()}")

    def waiting(self) -> str:
        """A line that says which resources are being made, for how long, and which comes next."""
        now = time.monotonic()
        running = ", ".join(f"{address} ({now - since:.0f} s)" for address, since in self._running.copy().items())
        following = f"; next: {self._pending[0]}" if self._pending else ""
        return f"now making {running or 'nothing'}{following}"


class LiveProgress(Progress):
    """The progress on a terminal: the last line moves."""

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        from rich.console import Console

        super().__init__()
        self._console = Console(file=stream, highlight=False)
        self._status: Status | None = None

    def say(self, text: str) -> None:
        """Tell something once, above the moving line."""
        self._console.print(for_user(text), markup=False)

    def begin(self, text: str) -> None:
        """Something starts that may take long: it is the moving line until `end`."""
        self.end()
        self._status = self._console.status(for_user(text))
        self._status.start()

    def end(self) -> None:
        """Take the moving line away."""
        if self._status:
            self._status.stop()
            self._status = None

    def changed(self) -> None:
        """Move the line."""
        if self._status and self._running:
            self._status.update(f"{self._done}/{self._total} {for_user(self.waiting())}")


def choose(stream: TextIO = sys.stderr) -> Progress:
    """The one that fits the stream."""
    return LiveProgress(stream) if stream.isatty() else Progress(partial(show, file=stream))
