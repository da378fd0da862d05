"""What is otherwise on macOS, each with the difference simulated here: processes, signals, forks, locks, PostgreSQL, Terraform.

Which provider runs there is in `test_terraform_provider`.
"""

import errno
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackproof.core.verdicts import UsageError
from stackproof.embedded import postgres, process
from stackproof.scanners import checkov
from stackproof.terraform import cli
from stackproof.terraform.cli import Terraform, TerraformError
from stackproof.util import temporary


@pytest.fixture
def without_proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "PROC", tmp_path / "no-such-directory")


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as child:
        yield child
        child.kill()


@pytest.mark.usefixtures("without_proc")
class TestProcessesWithoutProc:
    def test_one_is_known_by_its_start_in_any_language(
        self, sleeper: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        started = process.started_at(sleeper.pid)
        assert started
        for name, value in (("LC_ALL", "ko_KR.UTF-8"), ("LC_TIME", "de_DE.UTF-8"), ("TZ", "Asia/Seoul")):
            monkeypatch.setenv(name, value)
        assert process.started_at(sleeper.pid) == started

    def test_one_that_ended_is_gone_before_anybody_waited_for_it(self) -> None:
        with subprocess.Popen([sys.executable, "-c", ""]) as child:
            os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
            assert process.started_at(child.pid) is None

    def test_one_is_ended_and_another_is_not(self, sleeper: subprocess.Popen[bytes]) -> None:
        started = process.started_at(sleeper.pid)
        assert started
        assert not process.end(sleeper.pid, "Thu Jan  1 00:00:00 1970")
        assert sleeper.poll() is None
        assert process.end(sleeper.pid, started)
        assert sleeper.wait() == -signal.SIGTERM

    def test_its_processor_time_is_told(self, sleeper: subprocess.Popen[bytes]) -> None:
        assert process.cpu_seconds(os.getpid()) is not None
        sleeper.kill()
        sleeper.wait()
        assert process.cpu_seconds(sleeper.pid) is None

    def test_nobody_elses_terraform_is_touched(self, tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
        process.end_terraform_in(tmp_path)
        assert sleeper.poll() is None


OWNER = """
import sys, time
sys.platform = "darwin"
from stackproof.embedded import process
child = process.start_tied([sys.executable, "-c", {program!r}])
print(child.pid, flush=True)
time.sleep(600)
"""
"""A process whose child is not tied to it by the kernel."""
SLEEPS = "import time; time.sleep(600)"


def watchers(pid: int) -> list[int]:
    """The children of a process."""
    said = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    return [int(child) for child, parent in map(str.split, said.splitlines()) if int(parent) == pid]


def is_gone(pid: int) -> bool:
    deadline = time.monotonic() + 600
    while process.started_at(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return process.started_at(pid) is None


class TestAChildThatTheKernelDoesNotTie:
    def test_ends_with_its_parent_even_killed(self) -> None:
        with subprocess.Popen([sys.executable, "-c", OWNER.format(program=SLEEPS)], stdout=subprocess.PIPE, text=True) as owner:
            assert owner.stdout
            pid = int(owner.stdout.readline())
            others = watchers(pid)
            assert process.started_at(pid)
            owner.kill()
        assert all(is_gone(one) for one in (pid, *others))

    def test_is_the_process_that_was_started_and_nobody_else_holds_its_output(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "platform", "darwin")
        program = (
            "import os, sys; print(os.getpid(), repr(sys.stdin.read()), flush=True); os.close(1); os.read(int(sys.argv[1]), 1)"
        )
        waiting, going = os.pipe()
        command = [sys.executable, "-c", program, str(waiting)]
        with process.start_tied(command, stdout=subprocess.PIPE, pass_fds=[waiting]) as child:
            assert child.stdout
            assert child.stdout.read().decode().split() == [str(child.pid), "''"]
            os.write(going, b"x")
            assert child.wait() == 0
        os.close(waiting)
        os.close(going)


def test_postgres_starts_so_in_a_directory_with_a_longer_name_than_a_socket_may_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path of a Unix socket has at most 103 characters there, and temporary directories have long names; it opens none."""
    monkeypatch.setattr(sys, "platform", "darwin")
    directory = tmp_path / ("d" * 120)
    directory.mkdir()
    made = postgres.start(directory, name="app", owner="app_admin", password="any")
    made.close()
    assert made.child.poll() is not None
    monkeypatch.setattr(os, "geteuid", lambda: 501)
    assert "user" not in postgres._as_whom(tmp_path)


def test_no_unix_socket_is_opened() -> None:
    package = Path(process.__file__).parents[1]
    assert [file for file in package.rglob("*.py") if "AF_UNIX" in file.read_text(encoding="utf-8")] == []


def test_terraform_is_stopped_where_its_group_cannot_be_signalled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """macOS refuses a signal to a group whose leader ended just now; the supervisor ends the rest when its input closes."""

    def refused(_group: int, _number: int) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "killpg", refused)
    monkeypatch.setattr(cli, "_GRACE", 0.1)
    note = tmp_path / "pid"
    program = f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); print('up', flush=True); time.sleep(600)"
    slow = Terraform((sys.executable, "-c", program), "1.11.4", "PATH")
    with pytest.raises(TerraformError, match="did not end within 5 s"):
        slow.run("plan", directory=tmp_path, timeout=5)
    pid, deadline = int(note.read_text()), time.monotonic() + 600
    while process.started_at(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert process.started_at(pid) is None


def test_a_bundled_terraform_that_does_not_load_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Terraform, "on_path", classmethod(lambda _: None))
    monkeypatch.setattr(cli, "_version", lambda _command: None)
    assert Terraform.bundled() is None
    with pytest.raises(UsageError, match=r"put terraform 1\.10 or newer on PATH"):
        Terraform.find()


def test_a_scan_may_fork() -> None:
    """Without this variable macOS kills a forked child that meets one of its own frameworks."""
    assert checkov._only_what_is_needed(Path("/tmp"))["OBJC_DISABLE_INITIALIZE_FORK_SAFETY"] == "YES"


def test_a_temporary_directory_is_made_where_there_are_no_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(_descriptor: int, _operation: int) -> None:
        raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    with temporary.temporary("macos") as made, temporary.temporary("macos") as other:
        assert made.is_dir()
        assert other.is_dir()
        assert made != other
