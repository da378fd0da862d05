"""LocalStack's life, with a small server in its place: the real one is started by ``pytest -m phase0 --target localstack``."""

import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aws_server import serving
from test_no_room import until

from stackproof.core.verdicts import CouldNotVerify, UsageError
from stackproof.embedded import process
from stackproof.localstack import __main__ as command_line
from stackproof.localstack import server
from stackproof.processes.command_line import exit_status
from stackproof.processes.venvs import environment
from stackproof.util.ports import held_port

ANSWERING = """
import json, os, signal, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"version": "4.9.2"}).encode() if self.path == "/_localstack/health" else b"{}"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

host, port = os.environ["GATEWAY_LISTEN"].split(":")
HTTPServer((host, int(port)), Handler).serve_forever()
"""
FAILING = "import sys; sys.exit('ImportError: cannot import name x')"
DOCKER = """#!/bin/sh
echo "$@" >> "{log}"
case "$*" in
  *ps*) cat "{running}";;
  *up*) exit {status};;
esac
"""


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(server.VARIABLE, "package")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An environment whose LocalStack is a script; ended at the end, whatever a test left."""
    monkeypatch.setattr(server, "environment", lambda *_: python_that_runs(tmp_path, ANSWERING))
    with held_port() as port:
        monkeypatch.setattr(server, "PORT", port)
        yield tmp_path
        server.down(tmp_path, tmp_path)


def python_that_runs(folder: Path, script: str) -> Path:
    """What takes ``-m localstack.runtime.main`` and runs a script."""
    program = folder / "python"
    (folder / "localstack.py").write_text(script)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{folder / "localstack.py"}"\n')
    program.chmod(0o755)
    return program


def silent(_: str) -> None:
    """Say nothing."""


def left_over(folder: Path) -> list[Path]:
    return [*folder.glob("stackproof?localstack-*")]


class TestForARun:
    def test_starts_one_that_ends_with_it(self, package: Path) -> None:
        said: list[str] = []
        with server.for_a_run(package, package, said.append) as found:
            assert server.health(found.endpoint) == "4.9.2"
            assert found.how == "package"
            assert left_over(package)
        assert said == ["Starting LocalStack without Docker ..."]
        assert found.notes == [f"LocalStack 4.9.2 was started without Docker, at {found.endpoint}."]
        assert left_over(package) == []
        with pytest.raises(CouldNotVerify, match=f"no LocalStack answers at {found.endpoint}"):
            server.health(found.endpoint)

    def test_ends_it_when_the_run_fails(self, package: Path) -> None:
        with pytest.raises(KeyboardInterrupt), server.for_a_run(package, package, silent) as found:
            raise KeyboardInterrupt
        with pytest.raises(CouldNotVerify):
            server.health(found.endpoint)

    def test_it_ends_with_a_process_that_is_killed(self, package: Path) -> None:
        child = server._start(python_that_runs(package, ANSWERING), package, server.PORT)
        server._answering(child)
        assert child.process.stdin
        child.process.stdin.close()  # as the kernel does for a process that is gone
        child.process.wait(60)
        with pytest.raises(CouldNotVerify):
            server.health(child.endpoint)

    def test_takes_the_one_that_stays(self, package: Path) -> None:
        up = server.up(package, package, silent)
        with server.for_a_run(package, package, silent) as found:
            assert (found.endpoint, found.how) == (up.endpoint, "found")
        assert server.running(package)

    def test_says_why_it_did_not_start(self, package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(server, "environment", lambda *_: python_that_runs(package, FAILING))
        with (
            pytest.raises(CouldNotVerify, match="LocalStack ended at once: ImportError: cannot import name x"),
            server.for_a_run(package, package, silent),
        ):
            pass
        assert left_over(package) == []

    def test_says_that_it_does_not_answer(self, package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(server, "environment", lambda *_: python_that_runs(package, "import time; time.sleep(60)"))
        monkeypatch.setattr(server, "START_SECONDS", 0.5)
        with pytest.raises(CouldNotVerify, match="did not answer at"), server.for_a_run(package, package, silent):
            pass

    def test_says_which_python_its_packages_are_for(self, package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        requirements = package / "requirements.txt"
        requirements.write_text("no-such-package-at-all==1 --hash=sha256:" + "0" * 64)
        monkeypatch.setattr(server, "REQUIREMENTS", requirements)
        monkeypatch.setattr(server, "environment", environment)
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        with (
            pytest.raises(CouldNotVerify, match=r"localstack could not be installed: .* pinned for Python 3\.11 to 3\.13"),
            server.for_a_run(package, package, silent),
        ):
            pass


class TestUp:
    def test_starts_one_that_stays_and_down_ends_it(self, package: Path) -> None:
        started = server.up(package, package, silent)
        assert started.endpoint == f"http://127.0.0.1:{server.PORT}"
        assert server.up(package, package, silent).how == "found"
        assert server.down(package, package) == started.endpoint
        assert server.down(package, package) is None
        assert server.running(package) is None
        assert left_over(package) == []

    @pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGKILL], ids=lambda sent: sent.name)
    def test_that_is_killed_while_it_starts_leaves_nothing_running(
        self, sent: signal.Signals, package: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        python_that_runs(package, "import os, pathlib, time; pathlib.Path('pid').write_text(str(os.getpid())); time.sleep(600)")
        monkeypatch.setattr(server, "environment", lambda *_: package / "python")
        if not (killed := os.fork()):
            try:
                exit_status(lambda: len(server.up(package, package, silent).endpoint))
            finally:
                os._exit(0)
        assert until(lambda: any(path.read_text() for path in package.glob("*/pid")))
        (written,) = (int(path.read_text()) for path in package.glob("*/pid"))
        os.kill(killed, sent)
        os.waitpid(killed, 0)
        assert until(lambda: process.started_at(written) is None), "LocalStack runs on"
        monkeypatch.setattr(server, "environment", lambda *_: python_that_runs(package, ANSWERING))
        assert server.up(package, package, silent).how == "package"

    def test_leaves_a_port_that_is_taken_before_it_installs_anything(
        self, package: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server.up(package, package, silent)
        other = package / "other"
        monkeypatch.setattr(server, "environment", lambda *_: pytest.fail("it installs"))
        with pytest.raises(UsageError, match=f"Port {server.PORT} of 127.0.0.1 is taken by something"):
            server.up(package, other, silent)

    def test_replaces_one_that_died(self, package: Path) -> None:
        server.up(package, package, silent)
        about = server._advertised(package)
        assert about
        process.end(about["pid"], about["started"])
        assert server.running(package) is None
        assert server.up(package, package, silent).how == "package"

    def test_a_damaged_note_says_what_to_do(self, package: Path) -> None:
        (package / "localstack.json").write_text("{}")
        with pytest.raises(CouldNotVerify, match="is damaged"):
            server.up(package, package, silent)
        (package / "localstack.json").unlink()

    def test_from_the_command_line(
        self, package: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(package)
        monkeypatch.setattr(signal, "signal", lambda *_: None)
        (package / ".stackproof").mkdir()
        assert command_line.main(["status"]) == 3
        assert command_line.main(["up"]) == 0
        assert command_line.main(["status"]) == 0
        assert command_line.main(["down"]) == 0
        assert command_line.main(["down"]) == 0
        said = capsys.readouterr().out
        endpoint = f"http://127.0.0.1:{server.PORT}"
        assert "No LocalStack is running." in said
        assert f"aws --endpoint-url {endpoint} s3 ls" in said
        assert f"LocalStack 4.9.2 runs at {endpoint}." in said
        assert f"Ended LocalStack at {endpoint}.\nNo LocalStack of `make localstack` was running." in said
        monkeypatch.setenv(server.VARIABLE, "podman")
        assert command_line.main(["up"]) == 4
        monkeypatch.setenv(server.VARIABLE, "docker")
        monkeypatch.setenv("PATH", "")
        assert command_line.main(["up"]) == 1
        assert "STACKPROOF_LOCALSTACK=package" in capsys.readouterr().err


class TestHealth:
    def test_of_something_else(self) -> None:
        with serving() as running, pytest.raises(CouldNotVerify, match="is not LocalStack"):
            server.health(running.endpoint)


class TestDocker:
    @pytest.fixture
    def docker(self, package: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A folder on PATH with a docker that writes down what it is asked; a LocalStack answers where its container would."""
        monkeypatch.setenv(server.VARIABLE, "")
        monkeypatch.setenv("PATH", f"{package}{os.pathsep}{os.environ['PATH']}")
        self.write(package, status=0)
        return package

    @staticmethod
    def write(folder: Path, status: int, running: str = "") -> None:
        (folder / "running").write_text(running)
        program = folder / "docker"
        program.write_text(DOCKER.format(log=folder / "log", running=folder / "running", status=status))
        program.chmod(0o755)

    def asked(self, folder: Path) -> list[str]:
        compose = f"compose --file {folder / server.COMPOSE} "
        return [line.removeprefix(compose) for line in (folder / "log").read_text().splitlines() if line.startswith(compose)]

    @pytest.fixture
    def container(self, docker: Path) -> Iterator[None]:
        child = server._start(python_that_runs(docker, ANSWERING), docker, server.PORT)
        server._answering(child)
        yield
        server._end_child(child.process)

    @pytest.mark.usefixtures("container")
    def test_that_runs_is_used_by_a_run_and_left_as_it_was(self, docker: Path) -> None:
        with server.for_a_run(docker, docker, silent) as found:
            assert (found.how, found.endpoint) == ("docker", f"http://127.0.0.1:{server.PORT}")
        up = ["ps --services --status running", "up --detach --wait localstack"]
        assert self.asked(docker) == [*up, "rm --stop --force localstack"]
        (docker / "log").unlink()
        self.write(docker, status=0, running="localstack\n")
        with server.for_a_run(docker, docker, silent) as found:
            assert found.how == "found"
        assert self.asked(docker) == up[:1]

    @pytest.mark.usefixtures("container")
    def test_stays_after_up_until_down(self, docker: Path) -> None:
        server.up(docker, docker, silent)
        self.write(docker, status=0, running="localstack\n")
        assert server.running(docker)
        assert server.down(docker, docker) == f"http://127.0.0.1:{server.PORT}"
        assert self.asked(docker)[-1] == "rm --stop --force localstack"

    def test_that_fails_says_how_to_do_without(self, docker: Path) -> None:
        self.write(docker, status=1)
        with pytest.raises(CouldNotVerify, match=r"docker compose up failed: .* Without Docker: STACKPROOF_LOCALSTACK=package"):
            server.up(docker, docker, silent)

    def test_without_a_daemon_is_not_used(self, docker: Path) -> None:
        (docker / "docker").write_text("#!/bin/sh\nexit 1\n")
        assert not server._docker_is_used()


def test_waiting_ends_soon(package: Path) -> None:
    started = time.monotonic()
    with server.for_a_run(package, package, silent) as found:
        assert 0 < found.seconds < time.monotonic() - started
