"""Tasks of the emulated ECS as processes of this machine: the environment of their task definition, their secrets, their log stream."""

import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from stackproof.embedded import process
from stackproof.embedded.cloud import CloudFailed

_MOST_EVENTS, _MOST_BYTES, _OVERHEAD = 10_000, 1_048_576, 26  # of one PutLogEvents


@dataclass(frozen=True)
class Stream:
    """Where a container's output goes, by its ``awslogs`` options."""

    group: str
    name: str


@dataclass
class Running:
    """A task whose process was started."""

    child: subprocess.Popen[bytes] = field(repr=False)
    port: int
    """Of 127.0.0.1."""
    stream: Stream | None
    at: float
    """Seconds since 1970."""
    started: str
    """See `process.started_at`."""
    cpu: float
    """Virtual processors that its definition reserves."""
    lines: list[tuple[int, str]] = field(default_factory=list, repr=False)
    """What it wrote and was not shipped: milliseconds since 1970, and the line."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _reading: threading.Thread = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._reading = threading.Thread(target=self._read, name=f"output-{self.child.pid}", daemon=True)
        self._reading.start()

    @property
    def reported(self) -> dict[str, Any]:
        """The facts of this process that `stackproof.embedded.live` answers from."""
        return {"pid": self.child.pid, "started": self.started, "port": self.port, "at": self.at}

    def _read(self) -> None:
        """Collect what it writes, until it ends."""
        assert self.child.stdout is not None
        for line in self.child.stdout:
            text = line.decode(errors="replace").rstrip("\n")
            if text:
                with self._lock:
                    self.lines.append((int(time.time() * 1000), text))

    def last_line(self) -> str:
        """The last thing that it said and that was not shipped yet."""
        self._reading.join(1)
        with self._lock:
            return self.lines[-1][1] if self.lines else "it said nothing"

    def ship(self, logs: Any) -> None:
        """Send the lines that the task wrote since the last time to CloudWatch Logs.

        Raises `ClientError` when the group or the stream is gone; the lines are gone then too.
        """
        with self._lock:
            lines, self.lines = self.lines, []
        if self.stream:
            for batch in batches(lines):
                events = [{"timestamp": at, "message": line} for at, line in batch]
                logs.put_log_events(logGroupName=self.stream.group, logStreamName=self.stream.name, logEvents=events)


def start(
    command: Sequence[str], *, directory: Path, environment: Mapping[str, str], stream: Stream | None, cpu: float
) -> Running:
    """Start a process that serves the socket it inherits; ``{fd}`` in its command becomes the number of it.

    It ends with the thread that calls this, which therefore has to be one that lives on.
    """
    with socket.create_server(("127.0.0.1", 0)) as listening:
        child = process.start_tied(
            [part.format(fd=listening.fileno()) for part in command],
            cwd=directory,
            env=dict(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[listening.fileno()],
            start_new_session=True,
        )
        port = listening.getsockname()[1]
    return Running(child, port, stream, time.time(), process.started_at(child.pid) or "", cpu)


def stream_of(container: Mapping[str, Any], task_arn: str) -> Stream | None:
    """The log stream of a container, ``PREFIX/CONTAINER/TASK``, as the driver ``awslogs`` names it; None with another driver.

    >>> options = {"awslogs-group": "/aws/ecs/app", "awslogs-stream-prefix": "web"}
    >>> stream_of({"name": "app", "logConfiguration": {"logDriver": "awslogs", "options": options}}, "arn:...:task/main/0a1b")
    Stream(group='/aws/ecs/app', name='web/app/0a1b')
    """
    match container.get("logConfiguration"):
        case {"logDriver": "awslogs", "options": {"awslogs-group": group, "awslogs-stream-prefix": prefix}}:
            return Stream(group, f"{prefix}/{container['name']}/{task_arn.rpartition('/')[2]}")
    return None


def open_stream(logs: Any, stream: Stream) -> None:
    """Create the stream in a group that has to exist, as the driver does. Raises `CloudFailed`."""
    try:
        logs.create_log_stream(logGroupName=stream.group, logStreamName=stream.name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
            raise CloudFailed(f"The log stream {stream.name} cannot be made in {stream.group}: {error}") from None


def environment_of(container: Mapping[str, Any], secrets: Any) -> dict[str, str]:
    """The environment of a container with its secrets read. Raises `CloudFailed`, naming what is missing and never a value."""
    found = {each["name"]: each["value"] for each in container.get("environment", ())}
    cache: dict[str, Any] = {}
    for each in container.get("secrets", ()):
        identity, key = secret_name(each["valueFrom"])
        try:
            content = cache.setdefault(identity, None) or secrets.get_secret_value(SecretId=identity)["SecretString"]
        except ClientError as error:
            raise CloudFailed(f"The secret for {each['name']} cannot be read: {error}") from None
        cache[identity] = content
        found[each["name"]] = content if key is None else _member(content, key, each["name"])
    return found


def _member(content: str, key: str, name: str) -> str:
    try:
        return str(json.loads(content)[key])
    except (ValueError, KeyError, TypeError):
        raise CloudFailed(f"The secret for {name} has no member {key}") from None


def secret_name(value_from: str) -> tuple[str, str | None]:
    """The secret's ARN and the key in it that a task definition names (Amazon ECS, "Pass Secrets Manager secrets").

    >>> secret_name("arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:app/database:password::")
    ('arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:app/database', 'password')
    >>> secret_name("arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:app/key-AbCdEf")[1] is None
    True
    """
    parts = value_from.split(":")
    return ":".join(parts[:7]), parts[7] if len(parts) > 7 and parts[7] else None


def batches(lines: Sequence[tuple[int, str]]) -> list[list[tuple[int, str]]]:
    """Lines in portions that PutLogEvents takes.

    >>> [len(batch) for batch in batches([(0, "x" * 400_000)] * 5)]
    [2, 2, 1]
    """
    portions: list[list[tuple[int, str]]] = []
    size = _MOST_BYTES
    for at, line in lines:
        more = len(line.encode()) + _OVERHEAD
        if size + more > _MOST_BYTES or len(portions[-1]) == _MOST_EVENTS:
            portions.append([])
            size = 0
        portions[-1].append((at, line))
        size += more
    return portions


def base_environment() -> dict[str, str]:
    """The environment variables that every process needs, without this process's credentials or settings."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"PYTHONUNBUFFERED": "1"}
