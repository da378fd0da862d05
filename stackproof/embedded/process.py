"""A process told apart from every later one with the same id; and those that Terraform leaves when it is killed."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

PROC = Path("/proc")
"""Where Linux tells of processes; where it is not (macOS), ``ps`` does."""


def started_at(pid: int) -> str | None:
    """When the process started, as text that no other process with this id can have; None if there is none.

    A process that has ended but was not waited for counts as gone.
    """
    if _has_proc():
        try:
            state, *fields = Path(PROC, str(pid), "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        boot = (PROC / "sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
        return None if state in "ZX" else f"{boot} {fields[18]}"  # field 22 of proc(5): clock ticks since boot
    state, _, started = _ps("state=,lstart=", pid).partition(" ")
    return None if not started or state.startswith("Z") else started.strip()


def end(pid: int, started: str, *, patience: float = 5) -> bool:
    """End the process that started then: SIGTERM, after `patience` seconds SIGKILL. Whether there was one to end."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if started_at(pid) != started:
            return number == signal.SIGKILL
        with contextlib.suppress(ProcessLookupError):  # it ended just now
            os.kill(pid, number)
        deadline = time.monotonic() + patience
        while started_at(pid) == started and time.monotonic() < deadline:
            time.sleep(0.02)
    return True


def end_terraform_in(directory: Path) -> None:
    """Kill Terraform and the providers that it left, as far as they work under the directory (Linux tells; elsewhere none).

    A Terraform whose caller crashed loses its output and dies, but its providers wait for it forever.
    """
    while left := [pid for pid in map(_pid, PROC.glob("[0-9]*/cwd")) if _is_terraform_in(directory.resolve(), pid)]:
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def _pid(cwd: Path) -> int:
    return int(cwd.parent.name)


def _is_terraform_in(directory: Path, pid: int) -> bool:
    here = PROC / str(pid)
    try:
        is_terraform = b"terraform" in (here / "cmdline").read_bytes()
        return is_terraform and (here / "cwd").readlink().is_relative_to(directory)
    except OSError:  # it ended just now, or is not ours to see
        return False


def start_tied(command: Sequence[str], number: int = signal.SIGKILL, **options: Any) -> "subprocess.Popen[bytes]":
    """Start a child without input that gets this signal when its parent ends, however it ends.

    The parent is the *thread* that starts it on Linux, where the kernel does it (prctl(2), PR_SET_PDEATHSIG). Elsewhere a process that
    does nothing else watches a pipe that the parent holds (`stackproof.embedded.watched`): keep the result while the child is to run.
    """
    if sys.platform == "linux":
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=_dies_with_its_parent(number), **options)
    ids = [str(options.pop(name, "")) for name in ("user", "group")]  # who may not be allowed to run this Python
    options.pop("extra_groups", None)
    watched = [sys.executable, "-I", "-S", str(Path(__file__).with_name("watched.py")), str(int(number)), *ids, *command]
    return subprocess.Popen(watched, stdin=subprocess.PIPE, **options)


def _dies_with_its_parent(number: int) -> Callable[[], None]:
    prctl, parent = ctypes.CDLL(None).prctl, os.getpid()

    def tie() -> None:
        prctl(1, number)
        if os.getppid() != parent:  # it ended before the line above
            os._exit(1)

    return tie


def cpu_seconds(pid: int) -> float | None:
    """The processor time of a process and all below it, ended ones too: user and system. None if there is no such process."""
    if not _has_proc():
        return _cpu_seconds_by_ps(pid)
    try:
        fields = Path(PROC, str(pid), "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        children = Path(PROC, str(pid), "task", str(pid), "children").read_text(encoding="utf-8").split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    own = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")  # fields 14 to 17 of proc(5)
    return own + sum(cpu_seconds(int(child)) or 0.0 for child in children)


def _cpu_seconds_by_ps(pid: int) -> float | None:
    """Of the process alone."""
    said = _ps("time=", pid)
    return clock_seconds(said) if said else None


def _has_proc() -> bool:
    return (PROC / "self/stat").exists()


def _ps(columns: str, pid: int) -> str:
    """What ``ps`` says of a process, in the same words whatever the caller's language and time zone are; empty if there is none."""
    fixed = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
    command = ["ps", "-o", columns, "-p", str(pid)]
    return subprocess.run(command, env=fixed, capture_output=True, text=True, check=False, timeout=10).stdout.strip()


def clock_seconds(text: str) -> float:
    """Seconds of a time as ``ps`` writes it.

    >>> clock_seconds("0:01.50"), clock_seconds("01:00:02"), clock_seconds("2-00:00:01")
    (1.5, 3602.0, 172801.0)
    """
    days, _, clock = text.rpartition("-")
    seconds = 0.0
    for part in clock.split(":"):
        seconds = seconds * 60 + float(part)
    return seconds + 86400 * int(days or 0)
