"""Two runs at once, no room, and runs that are killed: each leaves a whole result or none, a message, and nothing that runs on."""

import contextlib
import errno
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attack_figures import ATTACK
from evidence_runs import environment
from test_evidence import results
from test_plugin import CONTROLS, Ended, repository, run

from stackproof.core import room
from stackproof.core.runner import Subtests, judge
from stackproof.core.verdicts import CouldNotVerify, NoRoom, UsageError
from stackproof.evidence import folders
from stackproof.evidence.store import Store
from stackproof.plugin.judged import bad_input
from stackproof.processes.command_line import exit_status

COMMAND = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--plan=plan.json"]


def check(reports: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "stackproof.evidence", "check", str(reports)]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False, env=environment())


def left(reports: Path) -> list[str]:
    return sorted(path.name for path in reports.glob("*"))


class TestNoRoom:
    @pytest.mark.parametrize(
        ("error", "advice"), [(errno.ENOSPC, "make room"), (errno.EROFS, "a copy of the repository"), (errno.EACCES, "a copy")]
    )
    def test_is_told_before_anything_is_judged(
        self, error: int, advice: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object) -> int:
            raise OSError(error, os.strerror(error))

        monkeypatch.setattr(Path, "write_bytes", full)
        told = f"cannot be written .*{os.strerror(error)}.*{advice}.*nothing was judged"
        with pytest.raises(pytest.UsageError, match=told), bad_input():
            room.require(tmp_path / "reports" / "local-plan")

    def test_ends_a_run_with_a_message(self, tmp_path: Path) -> None:
        root = repository(tmp_path)
        ended = subprocess.run(
            COMMAND,
            cwd=root,
            env=environment(PYTHONDONTWRITEBYTECODE="1"),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
        )
        assert ended.returncode == pytest.ExitCode.USAGE_ERROR
        assert (
            "reports/local-plan cannot be written (File too large): make room, and run again; nothing was judged" in ended.stderr
        )
        assert "Traceback" not in ended.stdout + ended.stderr
        assert left(root / "reports" / "local-plan") == []

    @pytest.mark.skipif(os.geteuid() != 0, reason="another user is needed, who may not write here")
    def test_nor_may_another_user_write_to_a_checkout(self) -> None:
        root = Path(tempfile.mkdtemp(prefix="checkout"))
        root.chmod(0o755)
        reading, writing = os.pipe()
        if not (child := os.fork()):
            os.setuid(65534)
            try:
                room.require(root / "reports" / "local-plan")
            except UsageError as error:
                os.write(writing, str(error).encode())
            os._exit(0)
        os.waitpid(child, 0)
        os.close(writing)
        with os.fdopen(reading) as said:
            assert "cannot be written (Permission denied): run in a copy of the repository" in said.read()
        shutil.rmtree(root)

    @pytest.mark.parametrize("step", ["stackproof.plugin.session.write_results", "stackproof.evidence.recorded.seal"])
    def test_in_the_middle_leaves_no_half_report(self, step: str, tmp_path: Path) -> None:
        root = repository(tmp_path)
        (root / "conftest.py").write_text(
            "import importlib\n"
            "def full(*_):\n    raise OSError(28, 'No space left on device')\n"
            f"module, _, name = {step!r}.rpartition('.')\n"
            "setattr(importlib.import_module(module), name, full)\n"
        )
        ended = run(root)
        assert ended.status == pytest.ExitCode.USAGE_ERROR
        assert "reports/local-plan cannot be written (No space left on device): make room, and run again" in ended.output
        assert "Traceback" not in ended.output
        assert left(ended.reports) == []


class TestTemporaryFiles:
    @pytest.mark.parametrize("place", ["/nowhere/at/all", "/dev/full"])
    def test_go_elsewhere_where_tmpdir_is_none(self, place: str, tmp_path: Path) -> None:
        ended = run(repository(tmp_path), TMPDIR=place)
        assert ended.status == 1
        assert check(ended.reports).returncode == 0

    @pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
    def test_without_room_are_told_before_anything_is_judged(self, error: int, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object, **__: object) -> None:
            raise OSError(error, os.strerror(error))

        monkeypatch.setattr(tempfile, "TemporaryFile", full)
        with pytest.raises(
            UsageError, match=f"cannot be written .{os.strerror(error)}.: make room, or name another .* in TMPDIR"
        ):
            room.require_temporary()

    @pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "xdist"])
    def test_in_a_directory_that_is_nearly_full_end_a_run_with_a_message(self, workers: tuple[str, ...], tmp_path: Path) -> None:
        root = repository(tmp_path / "repository")
        with small(tmp_path / "small", "64k") as place:
            ended = run(root, *workers, TMPDIR=str(place))
            assert list(place.iterdir()) == []
        assert ended.status == pytest.ExitCode.USAGE_ERROR
        assert f"{place} cannot be written (No space left on device): make room, or name another" in ended.output
        assert "Traceback" not in ended.output
        assert left(root / "reports" / "local-plan") == []

    @pytest.mark.parametrize(
        ("hook", "workers"),
        [("pytest_collection_modifyitems", ()), ("pytest_runtest_setup", ("-n", "2"))],
        ids=["first", "in the middle, xdist"],
    )
    def test_in_a_directory_that_fills_up_end_a_run_with_a_message(
        self, hook: str, workers: tuple[str, ...], tmp_path: Path
    ) -> None:
        """The evidence is kept there until the run ends: what cannot be kept is no evidence."""
        root = repository(tmp_path / "repository")
        (root / "conftest.py").write_text(FILLING.format(hook=hook))
        with small(tmp_path / "small", "4m") as place:
            ended = run(root, *workers, TMPDIR=str(place))
            assert {path.name for path in place.iterdir()} <= {"filler", "pytest-of-root"}
        if workers and ended.status == 1:  # what was left to keep had its place already: then it is whole
            assert check(ended.reports).returncode == 0
            return
        assert ended.status == pytest.ExitCode.USAGE_ERROR
        assert f"{place} cannot be written (No space left on device): make room" in ended.output
        assert "Traceback" not in ended.output
        assert left(root / "reports" / "local-plan") == []


def full() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/nowhere/plan.json")


def full_list() -> None:
    with contextlib.closing(sqlite3.connect("")) as file:
        file.execute("PRAGMA max_page_count = 2")
        file.execute("CREATE TABLE rows (row TEXT)")
        file.execute("INSERT INTO rows VALUES (?)", ("x" * 100_000,))


def wrapped() -> None:
    try:
        full()
    except OSError as error:
        raise CouldNotVerify(f"the copy could not be made: {error}") from None


class TestInTheMiddleOfAControl:
    """Wherever the error comes up, and whoever made another of it, the run ends: it is no verdict."""

    @pytest.mark.parametrize("without_room", [full, full_list, wrapped])
    @pytest.mark.parametrize("place", ["precondition", "fixture", "control", "subtest"])
    def test_is_no_verdict(self, place: str, without_room: Callable[[], None]) -> None:
        def at(here: str) -> None:
            if here == place:
                without_room()

        def control(given: object, subtests: Subtests) -> None:
            at("control")
            with subtests.test("one"):
                at("subtest")

        with pytest.raises(NoRoom, match=r"cannot be written .*(full|No space left on device)"):
            judge(control, lambda _: at("fixture"), precondition=lambda: at("precondition"))

    @pytest.mark.parametrize("without_room", [full, full_list, wrapped])
    def test_is_no_evidence(self, without_room: Callable[[], None], tmp_path: Path) -> None:
        kept = Store(tmp_path, "123456789012")
        with pytest.raises(NoRoom):
            kept.observation("plan_scan", without_room)
        assert left(tmp_path / "observations") == []

    @pytest.mark.parametrize("without_room", [full, full_list, wrapped])
    def test_ends_a_command(self, without_room: Callable[[], None], capsys: pytest.CaptureFixture[str]) -> None:
        assert exit_status(lambda: without_room() or 0) == 4
        assert "cannot be written" in capsys.readouterr().err


FILLING = """
import contextlib, os, tempfile

def {hook}():
    with contextlib.suppress(OSError), open(os.path.join(tempfile.gettempdir(), "filler"), "wb", buffering=0) as filler:
        while filler.write(bytes(4096)):
            pass
"""


@contextlib.contextmanager
def small(place: Path, size: str) -> Iterator[Path]:
    """A file system of this size; only root may mount one."""
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("nobody may mount a small file system here")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


class TestTwoAtOnce:
    def test_each_ends_with_a_whole_result(self, tmp_path: Path) -> None:
        root = repository(tmp_path)
        both = [
            subprocess.Popen([*COMMAND, *options], cwd=root, env=environment(), stdout=subprocess.PIPE, text=True)
            for options in ([], ["-n", "2"])
        ]
        for one in both:
            output = one.communicate(timeout=300)[0]
            assert one.returncode == 1
            assert "local on plan: 1 FAIL, 3 ERROR" in output
            assert "Traceback" not in output
        runs = folders.all_of(root / "reports" / "local-plan")
        assert len(runs) == 2
        assert [check(each).returncode for each in runs] == [0, 0]


SLEEP = "import os, pathlib, time; pathlib.Path('reached').touch(); time.sleep(600)"
STEPS = {
    "collecting": ("tests/security/test_small.py", f"{SLEEP}\n"),
    "judging": (
        "tests/security/test_small.py",
        "from stackproof.core.controls import control\n"
        '@control("SEC-RDS-01", severity="critical")\n'
        f"def test_that_takes_long(database):\n    {SLEEP}\n",
    ),
    "writing": (
        "conftest.py",
        f"from stackproof.evidence import recorded\ndef slow(*_):\n    {SLEEP}\nrecorded.seal = slow\n",
    ),
}
"""What a run of pytest does when it is killed; a stand-in makes each step long."""
KILLS = [
    pytest.param(step, sent, workers, id=f"{step}-{sent.name}{'-n2' if workers else ''}", marks=() if usual else rare)
    for rare in [pytest.mark.skipif(not ATTACK, reason="make attack")]
    for step in STEPS
    for sent in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
    for workers in ([], ["-n", "2"])
    for usual in [step == "judging" and sent is signal.SIGKILL]
]


@pytest.fixture
def mark() -> Iterator[str]:
    """A word in the environment of a run and of all that it starts."""
    word = f"KILLED_{uuid.uuid4().hex}"
    yield word
    for pid in alive(word):
        os.kill(pid, signal.SIGKILL)


def alive(word: str) -> list[int]:
    """The processes with this word in their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            is_one = word.encode() in (process / "environ").read_bytes() and (process / "stat").read_text().split()[2] != "Z"
        except OSError:
            continue
        if is_one:
            found.append(int(process.name))
    return found


def interruptible() -> None:
    """Take an interrupt, which a shell lets those ignore that it starts in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def deliver(child: "subprocess.Popen[Any]", sent: signal.Signals) -> None:
    """Send a process a signal; an interrupt goes to its whole group, as from a terminal."""
    if sent is signal.SIGINT:
        os.killpg(child.pid, sent)
    else:
        child.send_signal(sent)


def until(condition: object, seconds: float = 600) -> bool:
    assert callable(condition)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are looked up in /proc")
@pytest.mark.parametrize(("step", "sent", "workers"), KILLS)
def test_a_killed_run_leaves_nothing_running_and_the_next_one_works(
    step: str, sent: signal.Signals, workers: list[str], mark: str, tmp_path: Path
) -> None:
    root = repository(tmp_path)
    file, text = STEPS[step]
    (root / file).write_text(text)
    with (tmp_path / "output").open("wb") as output:
        child = subprocess.Popen(
            [*COMMAND, *workers],
            cwd=root,
            env=environment(**{mark: "1"}),
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=interruptible,
        )
        assert until((root / "reached").exists), (tmp_path / "output").read_text()
        deliver(child, sent)
        child.wait(30)
    assert until(lambda: not alive(mark)), "something runs on"
    reports = root / "reports" / "local-plan"
    for one in folders.all_of(reports):
        whole = check(one).returncode == 0 and results(one).controls and not results(one).aborted
        assert not whole, "half a report passes for a whole one"
    (root / "conftest.py").unlink(missing_ok=True)
    (root / "tests" / "security" / "test_small.py").write_text(CONTROLS)
    again: Ended = run(root)
    assert again.status == 1
    assert check(again.reports).returncode == 0
