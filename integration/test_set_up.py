"""``scripts/init-localstack.sh``, with a fake for the AWS command line."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from stackproof.localstack.set_up import SCRIPT
from stackproof.scanners import fakes

ROOT = Path(__file__).parents[1]


class Emulator:
    """An empty one, and what it is asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.calls: list[Sequence[str]] = []

    def answer(self, words: Sequence[str]) -> tuple[int, str]:
        self.calls.append(words)
        return 0, ""

    def set_up(self, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the script against it."""
        path = {"PATH": f"{self.folder}:{os.environ['PATH']}"}
        return subprocess.run(["bash", SCRIPT], cwd=ROOT, env=path | environment, capture_output=True, text=True, timeout=300)

    @property
    def connection(self) -> object:
        """What the secret of the database says."""
        created = [words for words in self.calls if "create-secret" in words]
        return json.loads(fakes.option(created[0], "--secret-string"))


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    made = Emulator(tmp_path)
    bash = shutil.which("bash")
    assert bash
    with fakes.answering(made.answer) as port:
        fakes.install(tmp_path / "aws", bash, port)
        yield made


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://localhost:4566",
        "http://127.0.0.1:4566/",
        "http://localstack:4566",
        "http://localhost.localstack.cloud:4566",
        "https://s3.localhost.localstack.cloud:4566",
    ],
)
def test_an_emulator_on_this_machine_is_set_up(emulator: Emulator, endpoint: str) -> None:
    assert emulator.set_up(AWS_ENDPOINT_URL=endpoint).returncode == 0
    assert {fakes.option(words, "--endpoint-url") for words in emulator.calls} == {endpoint}


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://s3.ap-northeast-2.amazonaws.com",
        "http://localhost:hunter2@evil.example",
        f"http://localhost:{4566}@evil.example:80",
        "http://localhost.evil.example:4566",
        "http://notlocalhost.localstack.cloud:4566",
        "http://evil.example/.localhost.localstack.cloud:4566",
        "http://evil.example?localhost:4566",
        "ftp://localhost:4566",
    ],
)
def test_nothing_else_is_asked(emulator: Emulator, endpoint: str) -> None:
    ended = emulator.set_up(AWS_ENDPOINT_URL=endpoint)
    assert (ended.returncode, ended.stderr) == (1, f"init-localstack: {endpoint} is no emulator on this machine\n")
    assert emulator.calls == []


def test_the_connection_is_json_whatever_the_password_is(emulator: Emulator) -> None:
    password = 'a"b\\c\\"d&e/f $(g) `h` \\n é'
    assert emulator.set_up(RDS_PASSWORD=password, RDS_PORT="5433").returncode == 0
    assert emulator.connection == {
        "engine": "postgres",
        "host": "localhost",
        "port": 5433,
        "dbname": "triflow",
        "username": "triflow_admin",
        "password": password,
    }


@pytest.mark.parametrize(("name", "value"), [("RDS_PORT", "5432, x"), ("RDS_PORT", "0"), ("RDS_PASSWORD", "two\nlines")])
def test_what_cannot_be_a_connection_is_refused_and_not_told(emulator: Emulator, name: str, value: str) -> None:
    ended = emulator.set_up(**{name: value})
    assert ended.returncode == 1
    assert "two" not in ended.stdout + ended.stderr
    assert emulator.calls == []
