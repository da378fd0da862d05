import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from stackproof.embedded import cloud, process, recording
from stackproof.embedded.cloud import Cloud, CloudFailed, RecordingDiffers

ACCOUNT = "123456789012"


def client(endpoint: str, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="ap-northeast-2",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(proxies={}, retries={"total_max_attempts": 1}),
    )


def wait_until(condition: Callable[[], bool], seconds: float = 600) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.01)


def is_gone(pid: int, started: str) -> Callable[[], bool]:
    return lambda: process.started_at(pid) != started


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Cloud]]:
    started: list[Cloud] = []

    def start(**options: Path) -> Cloud:
        started.append(cloud.start(tmp_path, ACCOUNT, **options))
        return started[-1]

    yield start
    for each in started:
        cloud.stop(each)


@pytest.fixture
def stranger() -> Iterator["subprocess.Popen[bytes]"]:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield child
    child.kill()
    child.wait()


class TestServer:
    def test_it_answers_on_loopback_until_it_is_stopped(self, start: Callable[..., Cloud]) -> None:
        running = start()
        assert running.endpoint.startswith("http://127.0.0.1:")
        assert cloud.is_running(running)
        assert client(running.endpoint, "sts").get_caller_identity()["Account"] == ACCOUNT
        assert cloud.status(running.endpoint)["requests"] == 1

        assert cloud.stop(running)
        assert process.started_at(running.pid) is None
        assert not cloud.is_running(running)
        assert not cloud.stop(running)

    def test_the_owners_settings_do_not_reach_it(self, start: Callable[..., Cloud], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MOTO_ACCOUNT_ID", "999999999999")
        monkeypatch.setenv("INITIAL_NO_AUTH_ACTION_COUNT", "0")
        assert client(start().endpoint, "sts").get_caller_identity()["Account"] == ACCOUNT

    def test_two_have_different_ports_and_nothing_in_common(self, start: Callable[..., Cloud]) -> None:
        one, other = start(), start()
        client(one.endpoint, "sns").create_topic(Name="alerts")
        assert client(other.endpoint, "sns").list_topics()["Topics"] == []

    def test_a_server_that_cannot_start_tells_why(self, start: Callable[..., Cloud], tmp_path: Path) -> None:
        with pytest.raises(CloudFailed, match=r"it ended.*No such file.*server.log"):
            start(replay=tmp_path / "nothing.jsonl")

    def test_another_server_on_the_port_is_not_taken_for_it(self, start: Callable[..., Cloud]) -> None:
        running = start()
        assert not cloud.is_running(Cloud(running.endpoint, "another-instance", running.pid, running.started))

    def test_a_server_that_is_no_cloud_is_not_taken_for_one(self) -> None:
        class Other(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_error(404)

            def log_message(self, *_: object) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Other) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            endpoint = f"http://127.0.0.1:{server.server_port}"
            with pytest.raises(CloudFailed, match="not the embedded cloud"):
                cloud.status(endpoint)
            assert not cloud.is_running(Cloud(endpoint, "instance", os.getpid(), ""))
            server.shutdown()


OWNER = """
import sys, time
from pathlib import Path
from stackproof.embedded import cloud
running = cloud.start(Path(sys.argv[1]), "123456789012")
if sys.argv[2] == "detach":
    cloud.detach(running)
print(running.endpoint, running.instance, running.pid, running.started, flush=True)
time.sleep(600)
"""


class TestOwner:
    def own(self, directory: Path, how: str) -> tuple["subprocess.Popen[str]", Cloud]:
        owner = subprocess.Popen([sys.executable, "-c", OWNER, str(directory), how], stdout=subprocess.PIPE, text=True)
        assert owner.stdout
        endpoint, instance, pid, *started = owner.stdout.readline().split()
        return owner, Cloud(endpoint, instance, int(pid), " ".join(started))

    @pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
    def test_the_server_ends_when_its_owner_dies(self, tmp_path: Path, how: signal.Signals) -> None:
        owner, running = self.own(tmp_path, "own")
        assert cloud.is_running(running)
        owner.send_signal(how)
        owner.communicate()
        wait_until(is_gone(running.pid, running.started))

    def test_a_provider_that_terraform_left_ends_too_and_nothing_else(self, tmp_path: Path) -> None:
        inside, outside = tmp_path / "run" / "workspace", tmp_path / "elsewhere"
        inside.mkdir(parents=True)
        outside.mkdir()
        waiting = [sys.executable, "-c", "import time; time.sleep(600)"]
        provider = subprocess.Popen([*waiting, "terraform-provider-aws"], cwd=inside)
        others = [subprocess.Popen([*waiting, "terraform-provider-aws"], cwd=outside), subprocess.Popen(waiting, cwd=inside)]
        try:
            owner, running = self.own(tmp_path / "run", "own")
            owner.kill()
            owner.communicate()
            wait_until(is_gone(running.pid, running.started))
            assert provider.wait(60) == -signal.SIGKILL
            assert [other.poll() for other in others] == [None, None]
        finally:
            for child in (provider, *others):
                child.kill()
                child.wait()

    def test_a_detached_server_lives_on(self, tmp_path: Path) -> None:
        owner, running = self.own(tmp_path, "detach")
        owner.kill()
        owner.communicate()
        try:
            assert cloud.is_running(running)
        finally:
            assert cloud.stop(running)
        assert is_gone(running.pid, running.started)()


class TestProcess:
    def test_a_stranger_with_the_same_id_is_not_ended(self, stranger: "subprocess.Popen[bytes]") -> None:
        assert not cloud.stop(Cloud("http://127.0.0.1:1", "instance", stranger.pid, "another start"))
        assert stranger.poll() is None

    def test_one_that_was_not_waited_for_counts_as_gone(self, stranger: "subprocess.Popen[bytes]") -> None:
        assert process.started_at(stranger.pid)
        stranger.kill()
        wait_until(lambda: process.started_at(stranger.pid) is None)
        assert stranger.poll() is not None

    def test_one_that_ignores_sigterm_is_killed(self) -> None:
        code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(600)"
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as child:
            assert child.stdout
            child.stdout.readline()
            started = process.started_at(child.pid)
            assert started
            assert process.end(child.pid, started, patience=0.1)
        assert child.returncode == -signal.SIGKILL

    def test_one_that_is_gone_is_nothing_to_end(self) -> None:
        assert not process.end(2**22 + 1, "never")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], set[str]]:
    """Requests of many threads at once, as Terraform sends them: the lines of their recording, and the ids answered."""
    directory = tmp_path_factory.mktemp("recorded")
    running = cloud.start(directory, ACCOUNT, record=directory / "recording.jsonl")
    try:
        topics, network = client(running.endpoint, "sns"), client(running.endpoint, "ec2")

        def make(number: int) -> str:
            topics.create_topic(Name=f"topic-{number}")
            return str(network.create_vpc(CidrBlock=f"10.{number}.0.0/16")["Vpc"]["VpcId"])

        with ThreadPoolExecutor(8) as pool:
            made = set(pool.map(make, range(8)))
        cloud.end_recording(running)
        topics.create_topic(Name="after")
    finally:
        cloud.stop(running)
    assert (directory / "recording.jsonl").stat().st_mode & 0o777 == 0o600  # request bodies hold secrets
    return (directory / "recording.jsonl").read_text().splitlines(keepends=True), made


class TestRecording:
    def test_a_replay_makes_the_same_ids_in_a_fresh_server(
        self, start: Callable[..., Cloud], recorded: tuple[list[str], set[str]], tmp_path: Path
    ) -> None:
        lines, made = recorded
        assert len(lines) == 16
        (tmp_path / "recording").write_text("".join(lines))
        replayed = start(replay=tmp_path / "recording")
        vpcs = client(replayed.endpoint, "ec2").describe_vpcs()["Vpcs"]
        assert {vpc["VpcId"] for vpc in vpcs if not vpc["IsDefault"]} == made
        assert len(client(replayed.endpoint, "sns").list_topics()["Topics"]) == 8

    def test_ids_do_not_depend_on_who_reads_meanwhile(
        self, start: Callable[..., Cloud], recorded: tuple[list[str], set[str]], tmp_path: Path
    ) -> None:
        (tmp_path / "recording").write_text("".join(recorded[0]))
        read, unread = start(replay=tmp_path / "recording"), start(replay=tmp_path / "recording")
        for _ in range(3):
            client(read.endpoint, "iam").get_user()
            client(read.endpoint, "sns").list_topics()
            client(read.endpoint, "ec2").describe_vpcs()
        client(unread.endpoint, "iam").get_user()
        made = [client(each.endpoint, "ec2").create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"] for each in (read, unread)]
        assert made[0] == made[1]

    def test_marked_requests_are_asked_again(self, start: Callable[..., Cloud]) -> None:
        running = start()
        topics = client(running.endpoint, "sns")
        topics.meta.events.register(
            "before-sign.sns", lambda request, **_: request.headers.__setitem__("User-Agent", f"x {cloud.MARK}app y")
        )
        client(running.endpoint, "sns").create_topic(Name="a")
        topics.list_topics()
        client(running.endpoint, "sns").list_topics()
        asked = cloud.asked(running.endpoint, "app")
        assert [recording.from_line(line)[0].name for line in asked] == ["POST / ListTopics"]
        assert cloud.asked(running.endpoint, "app") == []
        assert cloud.answers_again(running.endpoint, asked)
        client(running.endpoint, "sns").create_topic(Name="b")
        assert not cloud.answers_again(running.endpoint, asked)

    def test_what_may_change_something_is_not_asked_again(self, start: Callable[..., Cloud]) -> None:
        running = start()
        topics = client(running.endpoint, "sns")
        topics.meta.events.register(
            "before-sign.sns", lambda request, **_: request.headers.__setitem__("User-Agent", f"{cloud.MARK}app")
        )
        topics.create_topic(Name="a")
        topics.delete_topic(TopicArn=topics.list_topics()["Topics"][0]["TopicArn"])
        asked = cloud.asked(running.endpoint, "app")
        assert not cloud.answers_again(running.endpoint, asked[:1])
        assert topics.list_topics()["Topics"] == []

    def test_a_request_left_out_is_noticed(
        self, start: Callable[..., Cloud], recorded: tuple[list[str], set[str]], tmp_path: Path
    ) -> None:
        lines, _ = recorded
        without = next(number for number, line in enumerate(lines) if "CreateVpc" in recording.from_line(line)[0].name)
        (tmp_path / "changed").write_text("".join(lines[:without] + lines[without + 1 :]))
        with pytest.raises(RecordingDiffers, match="was answered with other content"):
            start(replay=tmp_path / "changed")

    def test_an_answer_differs_by_its_content_and_not_by_its_dates(self) -> None:
        def answer(body: bytes, **headers: str) -> str:
            return recording.Answer("200 OK", tuple(headers.items()), body).digest

        early = answer(b'{"at": 1790000000.5, "on": "2026-11-21T20:38:00Z"}', Date="Sat, 21 Nov 2026 20:38:00 GMT")
        late = answer(b'{"at": 1790000100.123, "on": "2026-11-21T20:39:40.25Z"}', Date="Sat, 21 Nov 2026 20:39:40 GMT")
        assert early == late
        assert answer(b'{"account": "123456789012"}') != answer(b'{"account": "123456789013"}')
        assert answer(b'{"Version": "2012-10-17"}') != answer(b'{"Version": "2008-10-17"}')
        assert answer(b"", ETag="a") != answer(b"", ETag="b")


def counting(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """A server that answers with what it was sent."""
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


class TestReplay:
    def line(self, **changes: str) -> str:
        request = recording.Request({"REQUEST_METHOD": "POST", "PATH_INFO": "/"}, b"Action=CreateUser&Password=hunter2hunter2")
        line = recording.to_line(request, recording.send(counting, request))
        return json.dumps({**json.loads(line), **changes})

    def test_the_same_answers_pass(self) -> None:
        recording.replay([self.line(), self.line()], counting)

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({"status": "201 CREATED"}, r"request 2 \(POST / CreateUser\) was answered 200 OK, not 201 CREATED"),
            ({"digest": "0"}, r"request 2 \(POST / CreateUser\) was answered with other content"),
            ({"environ": ""}, "line 2 of the recording is damaged"),
            ({"body": "not base64"}, "line 2 of the recording is damaged"),
        ],
    )
    def test_another_answer_and_a_damaged_line_are_named_without_their_content(self, changes: dict[str, str], why: str) -> None:
        with pytest.raises(recording.Differs, match=why) as raised:
            recording.replay([self.line(), self.line(**changes)], counting)
        assert "hunter2" not in str(raised.value)

    def test_half_a_line_is_damaged(self) -> None:
        with pytest.raises(recording.Differs, match="line 1 of the recording is damaged"):
            recording.replay([self.line()[:40]], counting)
