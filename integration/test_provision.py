"""A small stack through its life: applied, replayed, damaged, interrupted, shared."""

import contextlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from test_workload import make_source

from stackproof.embedded import cloud, process, progress, provision
from stackproof.embedded import recorded as recording_files
from stackproof.embedded.cloud import CloudFailed
from stackproof.embedded.deployed import Deployed
from stackproof.embedded.recipe import LOCAL, Recipe, Stack
from stackproof.terraform.provider import PACKAGED_VERSION, packaged

REPOSITORY = Path(__file__).parents[1]
EXAMPLE = """\
certificate_arn     = "arn:aws:acm:ap-northeast-2:123456789012:certificate/00000000-0000-4000-8000-000000000000"
rotation_lambda_arn = "arn:aws:lambda:ap-northeast-2:123456789012:function:rotate"
access_logs_bucket  = "audit-logs-of-a-test"
"""
PROVIDER = """\
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

provider "aws" {
  region = "ap-northeast-2"
}
"""
STACK = """
variable "db_password" {
  type      = string
  sensitive = true
}

variable "certificate_arn" {}
variable "rotation_lambda_arn" {}
variable "access_logs_bucket" {}

resource "aws_sns_topic" "alerts" {
  name = "alerts"
}

resource "aws_eip" "nat" {
  domain = "vpc"
}

resource "aws_cloudwatch_log_group" "api" {
  count             = 5
  name              = "/aws/ecs/api/application-${count.index}"
  retention_in_days = 14
}

resource "aws_secretsmanager_secret" "database" {
  name = "database"
}

resource "aws_secretsmanager_secret_version" "database" {
  secret_id     = aws_secretsmanager_secret.database.id
  secret_string = var.db_password
}

resource "aws_secretsmanager_secret_rotation" "database" {
  secret_id           = aws_secretsmanager_secret.database.id
  rotation_lambda_arn = var.rotation_lambda_arn

  rotation_rules {
    automatically_after_days = 30
  }

  depends_on = [aws_secretsmanager_secret_version.database]
}

output "made" {
  value = [aws_eip.nat.id, aws_secretsmanager_secret.database.arn, aws_sns_topic.alerts.arn, var.certificate_arn]
}
"""
LACKING = """
resource "aws_imagebuilder_component" "main" {
  name     = "main"
  platform = "Linux"
  version  = "1.0.0"
  data     = "schemaVersion: 1.0"
}
"""


@dataclass(frozen=True)
class Site:
    """A repository with a stack of its own."""

    root: Path
    said: list[str] = field(default_factory=list)

    @property
    def cache(self) -> Path:
        return self.root / ".stackproof"

    @property
    def home(self) -> Path:
        return self.cache / "cloud"

    @property
    def password(self) -> str:
        return (self.home / "db_password").read_text()

    def stack(self, **variables: str) -> Stack:
        return Stack("app", self.root / "stack", variables, secrets=("db_password",))

    def recipe(self) -> Recipe:
        return Recipe.of([self.stack()], self.cache, LOCAL)

    def ensure(self) -> Deployed:
        self.said.clear()
        return provision.ensure([self.stack()], cache=self.cache, say=self.said.append)

    def command(self, command: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "stackproof.embedded", command],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # who is started in the background ignores it
        )

    def runs(self) -> list[Path]:
        return list(self.home.glob("run-*"))


def site(root: Path, stack: str) -> Site:
    (root / "stack").mkdir(parents=True)
    (root / "stack" / "main.tf").write_text(PROVIDER + stack)
    (root / "stack" / "terraform.tfvars.example").write_text(EXAMPLE)
    shutil.copytree(REPOSITORY / "environments", root / "environments")
    production = root / "environments" / "production.toml"
    others = r"(?ms)^\[terraform\.before\..*?(?=^\[(?!terraform\.before)|\Z)"  # this site has one stack
    production.write_text(re.sub(others, "", production.read_text()))
    local = (root / "environments" / "local.toml").read_text()
    (root / "environments" / "local.toml").write_text(f'{local}\n[terraform]\ndirectory = "stack"\n')
    unpacked = packaged(REPOSITORY / ".stackproof").cli_config
    assert unpacked
    package = Path("registry.terraform.io", "hashicorp", "aws", PACKAGED_VERSION, "linux_amd64")
    (root / ".stackproof" / "provider" / package).parent.mkdir(parents=True)
    (root / ".stackproof" / "provider" / package).symlink_to(unpacked.parent / package)
    return Site(root)


@pytest.fixture(scope="module", autouse=True)
def _packaged_provider() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STACKPROOF_PROVIDER", "packaged")
        yield


@dataclass(frozen=True)
class Applied:
    """What was seen while the stack was applied."""

    site: Site
    how: str
    made: Any
    pid: int
    shown: str
    certificate: str
    recording: Path
    copy: Path
    """Of the recording."""


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Applied:
    where = site(tmp_path_factory.mktemp("site"), STACK)
    with where.ensure() as deployed:
        log = (deployed.directory / "server.log").read_text()
        shown = "\n".join([*where.said, *deployed.notes, repr(deployed), log])
        made = deployed.workspaces["app"].output()["made"]["value"]
        recording = deployed.recipe.recording
        copy = shutil.copytree(recording, tmp_path_factory.mktemp("copy") / "recording")
        return Applied(where, deployed.how, made, deployed.cloud.pid, shown, deployed.certificate.read_text(), recording, copy)


@pytest.fixture
def recorded(applied: Applied) -> Site:
    """The site with its recording, which an earlier test may have spoiled."""
    shutil.rmtree(applied.recording, ignore_errors=True)
    shutil.copytree(applied.copy, applied.recording)
    return applied.site


class TestApplied:
    def test_every_resource_is_told_and_what_was_private_is_gone(self, applied: Applied) -> None:
        assert applied.how == "applied"
        reported = re.findall(r"(\d+)/10  (aws_[\w.\[\]]+) made", applied.shown)
        assert [int(number) for number, _ in reported] == list(range(1, 11))
        assert len({address for _, address in reported}) == 10
        assert process.started_at(applied.pid) is None
        assert applied.site.runs() == []

    def test_the_account_has_what_the_variables_name(self, applied: Applied) -> None:
        assert "certificate/00000000" not in applied.made[3]
        assert applied.certificate.startswith("-----BEGIN CERTIFICATE-----")

    def test_the_password_is_in_files_of_its_owner_alone(self, recorded: Site, applied: Applied) -> None:
        password = recorded.password
        assert len(password) >= 16
        assert password not in applied.shown
        holding = [file for file in recorded.home.rglob("*") if file.is_file() and password in file.read_text()]
        assert {file.name for file in holding} == {"db_password", "app.tfstate"}  # a recording's bodies are encoded
        private = [*holding, *recorded.home.rglob("recording.jsonl"), *recorded.home.rglob("private_key.pem")]
        assert {file.stat().st_mode & 0o777 for file in private} == {0o600}
        assert recorded.home.stat().st_mode & 0o777 == 0o700


class TestReplayed:
    def test_the_ids_are_the_same_and_nothing_differs(self, recorded: Site, applied: Applied) -> None:
        with recorded.ensure() as deployed:
            assert deployed.how == "replayed"
            assert deployed.workspaces["app"].output()["made"]["value"] == applied.made
            network = deployed.api.client("ec2")
            assert [each["AllocationId"] for each in network.describe_addresses()["Addresses"]] == applied.made[:1]
            planfile = deployed.directory / "second.tfplan"
            assert deployed.plan(recorded.stack(), planfile).exit_status == 0
            assert deployed.workspaces["app"].show(planfile).get("resource_drift", []) == []
            assert not (deployed.directory / "recording.jsonl").exists()
        assert recorded.runs() == []

    def test_other_values_have_another_recording(self, recorded: Site) -> None:
        other = Recipe.of([recorded.stack(access_logs_bucket="another")], recorded.cache, LOCAL)
        assert other.recording != recorded.recipe().recording

    def test_what_terraform_does_not_get_changes_nothing(self, recorded: Site) -> None:
        before = recorded.recipe().digest
        (recorded.root / "stack" / "terraform.tfstate").write_text("{}")
        (recorded.root / "stack" / "terraform.tfvars").write_text("")
        assert recorded.recipe().digest == before
        (recorded.root / "stack" / "more.tf").write_text('output "more" {\n  value = 1\n}\n')
        try:
            assert recorded.recipe().digest != before
        finally:
            (recorded.root / "stack" / "more.tf").unlink()

    def test_a_recipe_is_worked_out_again_when_its_sources_change(self, recorded: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        before = recorded.recipe().digest
        monkeypatch.setattr(Recipe, "_digest", lambda _: "worked out")
        assert recorded.recipe().digest == before
        (recorded.root / "stack" / "more.tf").write_text('output "more" {\n  value = 1\n}\n')
        try:
            assert recorded.recipe().digest == "worked out"
        finally:
            (recorded.root / "stack" / "more.tf").unlink()

    def test_a_recording_that_does_not_repeat_is_not_used(self, recorded: Site, tmp_path: Path) -> None:
        recording = recorded.recipe().recording
        lines = (recording / "recording.jsonl").read_text().splitlines(keepends=True)
        (recording / "recording.jsonl").write_text("".join(lines[1:]))
        about = json.loads((recording / "about.json").read_text())
        about["files"]["recording.jsonl"] = recording_files._sha256(recording / "recording.jsonl")
        (recording / "about.json").write_text(json.dumps(about))
        said: list[str] = []
        assert provision._replay(recorded.recipe(), tmp_path, progress.Progress(said.append)) is None
        assert re.search(r"not used: request \d+ \(.*\) was answered .*\. Deploying again", said[-1])
        assert not recording.exists()

    def test_a_recording_whose_plan_changed_is_thrown_away_by_whoever_sees_it(self, recorded: Site) -> None:
        copy = shutil.copytree(recorded.recipe().recording, recorded.home / "copy")
        with recorded.ensure() as deployed:
            assert deployed.second_plan("app").get("resource_drift", []) == []
            deployed.api.client("logs").put_retention_policy(logGroupName="/aws/ecs/api/application-0", retentionInDays=30)
            with pytest.raises(CloudFailed, match="would change app in the replayed deployment"):
                deployed.second_plan("app")
        assert not recorded.recipe().recording.exists()
        copy.rename(recorded.recipe().recording)

    def test_a_second_plan_holds_while_all_that_it_asked_is_answered_the_same(self, recorded: Site) -> None:
        with recorded.ensure() as first:
            plan, inputs = first.second_plan("app"), first.inputs("app")
            assert plan["document"].get("resource_changes")
            assert first.still_answers(plan)
        with recorded.ensure() as second:
            assert second.inputs("app") == inputs
            second.api.client("sns").publish(
                TopicArn=f"arn:aws:sns:{LOCAL.region}:{LOCAL.id}:alerts", Message="no plan reads this"
            )
            assert second.still_answers(plan)
            second.api.client("sns").set_topic_attributes(
                TopicArn=f"arn:aws:sns:{LOCAL.region}:{LOCAL.id}:alerts", AttributeName="DisplayName", AttributeValue="by hand"
            )
            assert not second.still_answers(plan)
            assert not second.still_answers({**plan, "asked": []})

    @pytest.mark.parametrize(
        ("damage", "why"),
        [
            (lambda recording: (recording / "recording.jsonl").write_text("{}\n"), "recording.jsonl is damaged"),
            (lambda recording: (recording / "app.tfstate").unlink(), "FileNotFoundError"),
            (lambda recording: (recording / "about.json").write_text("{"), "JSONDecodeError"),
            (lambda recording: (recording / "about.json").write_text("[]"), "TypeError"),
        ],
    )
    def test_a_damaged_recording_is_not_used(
        self, recorded: Site, tmp_path: Path, damage: Callable[[Path], Any], why: str
    ) -> None:
        copy = shutil.copytree(recorded.recipe().recording, tmp_path / "recording")
        (tmp_path / "run").mkdir()
        recording_files.copy_recording(copy, tmp_path / "run")
        damage(copy)
        with pytest.raises(recording_files.UnfitRecording, match=why):
            recording_files.copy_recording(copy, tmp_path / "run")

    def test_an_old_recording_is_not_used(self, recorded: Site, tmp_path: Path) -> None:
        copy = shutil.copytree(recorded.recipe().recording, tmp_path / "recording")
        about = json.loads((copy / "about.json").read_text())
        (copy / "about.json").write_text(json.dumps(about | {"made": time.time() - 31 * 86400}))
        with pytest.raises(recording_files.UnfitRecording, match="older than 30 days"):
            recording_files.copy_recording(copy, tmp_path)


class TestInterrupted:
    def interrupt(self, where: Site, how: signal.Signals) -> tuple[int, str, int, str]:
        """Signal `up` in the middle of an apply: its exit status, what it said, and the server that it had."""
        shutil.rmtree(where.recipe().recording, ignore_errors=True)
        command = where.command("up")
        assert command.stderr
        said = ""
        while " made, " not in said:
            line = command.stderr.readline()
            assert line, said
            said += line
        [run] = where.runs()
        [server] = self.processes(f"{run.name}/recording.jsonl")
        started = process.started_at(server)
        assert started
        command.send_signal(how)
        said += command.communicate(timeout=600)[1]
        return command.returncode, said, server, started

    def processes(self, text: str) -> list[int]:
        """The processes with this text in their command line."""
        found = []
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):  # ended meanwhile
                found += [int(file.parent.name)] if text.encode() in file.read_bytes() else []
        return found

    def terraforms(self, where: Site) -> list[str]:
        found = []
        for link in Path("/proc").glob("[0-9]*/cwd"):
            with contextlib.suppress(OSError):  # ended meanwhile
                found += [str(link)] if link.readlink().is_relative_to(where.home) else []
        return found

    def gone(self, server: int, started: str) -> bool:
        deadline = time.monotonic() + 600
        while process.started_at(server) == started and time.monotonic() < deadline:
            time.sleep(0.01)
        return process.started_at(server) != started

    def without_terraform(self, where: Site) -> bool:
        deadline = time.monotonic() + 600
        while self.terraforms(where) and time.monotonic() < deadline:
            time.sleep(0.01)
        return self.terraforms(where) == []

    def test_a_crash_leaves_nothing_running_and_can_be_repeated(self, recorded: Site) -> None:
        _, _, server, started = self.interrupt(recorded, signal.SIGKILL)
        assert self.gone(server, started)
        assert self.without_terraform(recorded)
        [left] = recorded.runs()
        assert not recorded.recipe().recording.exists()
        with recorded.ensure() as deployed:
            assert deployed.how == "applied"
            assert recorded.runs() == [deployed.directory] != [left]

    def test_control_c_cleans_up(self, recorded: Site) -> None:
        exit_status, said, server, started = self.interrupt(recorded, signal.SIGINT)
        assert (exit_status, said.splitlines()[-1]) == (130, "Interrupted: everything that was started is ended.")
        assert process.started_at(server) != started
        assert recorded.runs() == []
        assert not (recorded.home / "running.json").exists()

    def test_sigterm_is_handled_alike(self, recorded: Site) -> None:
        with FileLock(recorded.home / "up.lock"):
            command = recorded.command("up")
            assert command.stderr
            assert command.stderr.readline() == "Waiting for another `up` to finish ...\n"
            command.send_signal(signal.SIGTERM)
            assert command.communicate(timeout=600)[1] == ""
        assert command.returncode == 143


def test_a_deployment_that_fails_leaves_nothing_and_names_what_is_missing(tmp_path: Path) -> None:
    where = site(tmp_path / "site", LACKING)
    with pytest.raises(CloudFailed, match="does not implement: unknown service: PUT /CreateComponent") as raised:
        where.ensure()
    assert "aws_imagebuilder_component.main" in str(raised.value)
    assert where.runs() == []
    assert not where.recipe().recording.exists()


class TestWorkload:
    """What runs in the cloud belongs to it. (The stack has no service: a database without tasks.)"""

    def test_it_is_shared_and_ends_with_the_run(self, recorded: Site, tmp_path: Path) -> None:
        source = make_source(tmp_path)
        deployed = provision.ensure([recorded.stack()], cache=recorded.cache, source=source, say=recorded.said.append)
        with deployed:
            assert deployed.workload
            assert any("processes of this machine" in note for note in deployed.notes)
            handle = json.loads(json.dumps(deployed.handle))
            assert recorded.password not in json.dumps(handle)
            other = provision.shared([recorded.stack()], cache=recorded.cache, source=source, handle=handle)
            other.close()
            assert other.workload
            assert other.workload.pid == deployed.workload.pid
            assert process.started_at(deployed.workload.pid) == deployed.workload.started
            home = (deployed.directory / "postgres").resolve()
            assert home.is_dir()
        assert process.started_at(deployed.workload.pid) is None
        assert not home.exists()
        assert recorded.runs() == []

    def test_what_cannot_start_leaves_no_cloud(self, recorded: Site, tmp_path: Path) -> None:
        source = make_source(tmp_path, "broken migrations")
        with pytest.raises(CloudFailed, match="alembic upgrade head failed"):
            provision.ensure([recorded.stack()], cache=recorded.cache, source=source, say=recorded.said.append)
        assert recorded.runs() == []

    def test_up_replaces_a_cloud_that_has_lost_it(self, recorded: Site, tmp_path: Path) -> None:
        source = make_source(tmp_path)

        def up() -> Deployed:
            return provision.up([recorded.stack()], cache=recorded.cache, source=source, say=recorded.said.append)

        try:
            first = up()
            assert first.workload
            assert up().endpoint == first.endpoint
            os.kill(first.workload.pid, signal.SIGKILL)
            assert first.workload.child
            first.workload.child.wait(60)
            second = up()
            assert second.endpoint != first.endpoint
            assert any("has lost what ran in it: replacing it" in line for line in recorded.said)
            (source.backend / "requirements.txt").write_text("# changed")
            assert second.recipe.cloud_digest != Recipe.of([recorded.stack()], recorded.cache, LOCAL, source).cloud_digest
        finally:
            provision.down(cache=recorded.cache)
        assert recorded.runs() == []


class TestUp:
    def test_two_at_once_start_one_which_is_used_as_it_is(self, recorded: Site) -> None:
        with FileLock(recorded.home / "up.lock"):
            commands = [recorded.command("up") for _ in range(2)]
            for command in commands:
                assert command.stderr
                assert command.stderr.readline() == "Waiting for another `up` to finish ...\n"
        try:
            answers = [command.communicate(timeout=600)[0] for command in commands]
            assert [command.returncode for command in commands] == [0, 0]
            endpoints = {found for answer in answers for found in re.findall(r"--endpoint-url (\S+)", answer)}
            assert sorted("was running already" in answer for answer in answers) == [False, True]
            live = provision.running(cache=recorded.cache)
            assert live is not None
            assert endpoints == {live.endpoint}

            with recorded.ensure() as found:
                assert (found.how, found.endpoint) == ("found", live.endpoint)
                assert found.inputs("app") is None  # nothing is kept of what anybody may change
                assert found.plan(recorded.stack(), found.directory / "second.tfplan").exit_status == 0
                logs = found.api.client("logs")
                logs.put_retention_policy(logGroupName="/aws/ecs/api/application-0", retentionInDays=30)
            with recorded.ensure() as found:  # nothing was reset
                assert (found.how, found.endpoint) == ("found", live.endpoint)
                assert found.plan(recorded.stack(), found.directory / "second.tfplan").exit_status == 2
            assert cloud.is_running(live)
            status = recorded.command("status")
            assert f"runs at {live.endpoint}" in status.communicate(timeout=600)[0]
        finally:
            ended = recorded.command("down")
            said = ended.communicate(timeout=600)[0]
        assert f"Ended the embedded cloud at {live.endpoint}." in said
        assert process.started_at(live.pid) is None
        assert recorded.runs() == []

    def test_there_may_be_none(self, recorded: Site) -> None:
        down, status = recorded.command("down"), recorded.command("status")
        assert (down.communicate(timeout=600)[0], down.returncode) == ("No embedded cloud was running.\n", 0)
        assert (status.communicate(timeout=600)[0], status.returncode) == ("No embedded cloud is running.\n", 3)

    def advertise(self, where: Site, tmp_path: Path, **about: Any) -> None:
        known = {"digest": "another", "directory": str(tmp_path / "elsewhere"), "told": {}}
        (where.home / "running.json").write_text(json.dumps(known | about))

    def test_down_never_ends_a_stranger(self, recorded: Site, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir()
        with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as stranger:
            advertised = {"endpoint": "http://127.0.0.1:1", "instance": "x", "pid": stranger.pid, "started": "long ago"}
            self.advertise(recorded, tmp_path, cloud=advertised)
            assert provision.running(cache=recorded.cache) is None
            assert provision.down(cache=recorded.cache) is None
            assert stranger.poll() is None
            stranger.kill()
        assert (tmp_path / "elsewhere").is_dir()
        assert not (recorded.home / "running.json").exists()

    def test_one_with_other_sources_is_told_and_left_alone(
        self, recorded: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = cloud.start(tmp_path, LOCAL.id)
        try:
            about = {"endpoint": other.endpoint, "instance": other.instance, "pid": other.pid, "started": other.started}
            self.advertise(recorded, tmp_path, cloud=about)
            monkeypatch.setattr(provision, "_bring_up", lambda recipe, _: recipe)
            brought_up: object = recorded.ensure()
            assert brought_up == recorded.recipe()
            assert f"The embedded cloud at {other.endpoint} was started with other sources; it is left alone" in recorded.said[0]
            assert cloud.is_running(other)
        finally:
            (recorded.home / "running.json").unlink()
            cloud.stop(other)

    def test_a_damaged_advertisement_says_what_to_do(self, recorded: Site) -> None:
        file = recorded.home / "running.json"
        file.write_text("{}")
        try:
            with pytest.raises(CloudFailed, match=r"running.json is damaged \(KeyError\).*delete the file"):
                provision.down(cache=recorded.cache)
        finally:
            file.unlink()


class TestProgress:
    EVENTS = (
        {"type": "apply_start", "hook": {"resource": {"addr": "aws_lb.main"}}},
        {"type": "apply_progress", "hook": {"resource": {"addr": "aws_lb.main"}, "elapsed_seconds": 30}},
        {"type": "apply_complete", "hook": {"resource": {"addr": "aws_lb.main"}, "elapsed_seconds": 60}},
        {"type": "apply_start", "hook": {"resource": {"addr": "aws_lb_listener.http"}}},
        {"type": "apply_errored", "hook": {"resource": {"addr": "aws_lb_listener.http"}, "elapsed_seconds": 1}},
        {"type": "outputs"},
    )

    def follow(self, shown: progress.Progress) -> None:
        for address in ("aws_lb.main", "aws_lb_listener.http"):
            shown.planned({"type": "planned_change", "change": {"action": "create", "resource": {"addr": address}}})
        shown.begin("Deploying ...")
        for event in self.EVENTS:
            shown.applied(event)
        shown.end()

    def test_plain_lines_say_what_is_done_awaited_and_next(self, monkeypatch: pytest.MonkeyPatch) -> None:
        clock = iter(range(0, 1000, 11))
        monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
        said: list[str] = []
        self.follow(progress.Progress(said.append))
        lines = [re.sub(r"\d+ s\)", "N s)", line.strip()) for line in said]
        assert lines[0] == "Deploying ..."
        assert "now making aws_lb.main (N s); next: aws_lb_listener.http" in lines
        assert "1/2  aws_lb.main made, 60 s" in lines
        assert "1/2  aws_lb_listener.http FAILED, 1 s" in lines

    def test_a_terminal_gets_the_same_lines_over_a_moving_one(self) -> None:
        class Terminal(io.StringIO):
            def isatty(self) -> bool:
                return True

        stream = Terminal()
        shown = progress.choose(stream)
        assert isinstance(shown, progress.LiveProgress)
        self.follow(shown)
        assert "1/2  aws_lb.main made, 60 s" in stream.getvalue()
        assert "FAILED" in stream.getvalue()
        assert isinstance(progress.choose(io.StringIO()), progress.Progress)
