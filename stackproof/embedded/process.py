"""A process told apart from every later one with the same id; and those that Terraform leaves when it is killed."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path


def started_at(pid: int) -> str | None:
    """When the process started, as text that no other process with this id can have; None if there is none.

    A process that has ended but was not waited for counts as gone.
    """
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            state, *fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
        return None if state in "ZX" else f"{boot} {fields[18]}"  # field 22 of proc(5): clock ticks since boot
    lines = subprocess.run(
        ["ps", "-o", "state=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False, timeout=10
    ).stdout.strip()
    state, _, started = lines.partition(" ")
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
    while left := [pid for pid in map(_pid, Path("/proc").glob("[0-9]*/cwd")) if _is_terraform_in(directory.resolve(), pid)]:
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def _pid(cwd: Path) -> int:
    return int(cwd.parent.name)


def _is_terraform_in(directory: Path, pid: int) -> bool:
    here = Path(f"/proc/{pid}")
    try:
        is_terraform = b"terraform" in (here / "cmdline").read_bytes()
        return is_terraform and (here / "cwd").readlink().is_relative_to(directory)
    except OSError:  # it ended just now, or is not ours to see
        return False
