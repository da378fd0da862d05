"""The target localstack: which LocalStack a run judges, what is deployed to it and when; and which emulator a run may write to."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aws_server import identity, serving

from stackproof.core.verdicts import CouldNotVerify, NotApplicable
from stackproof.embedded import cloud
from stackproof.embedded.recipe import Account
from stackproof.localstack import backend_tests, backend_use, server, stack
from stackproof.localstack.server import LocalStack
from stackproof.localstack.stack import Deployed
from stackproof.profile.loading import load
from stackproof.targets import open_stage
from stackproof.targets.request import resolve
from stackproof.targets.run import RunStage

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)


def opened(target: str, **known: Any) -> RunStage:
    return open_stage(resolve(ROOT, "local", target, **known), lambda _: None)


class World:
    """What a run does to a LocalStack of its own, in order."""

    def __init__(self, patch: pytest.MonkeyPatch, endpoint: str) -> None:
        self.done: list[str] = []
        self.is_found = False
        self.note = "The backend worked with it."
        self.endpoint = endpoint
        patch.setattr(server, "for_a_run", self._for_a_run)
        patch.setattr(server, "at", self._at)
        patch.setattr(stack, "ensure", self._ensure)
        patch.setattr(stack, "access_key", self._access_key)
        patch.setattr(backend_use, "run", self._use)

    @contextmanager
    def _for_a_run(self, *_: object) -> Iterator[LocalStack]:
        self.done.append("start")
        yield LocalStack(self.endpoint, "4.9.2", "package")
        self.done.append("end")

    def _at(self, endpoint: str) -> LocalStack:
        self.done.append(f"look at {endpoint}")
        return LocalStack(endpoint, "4.9.2", "found")

    def _ensure(self, *_: object, **__: object) -> Deployed:
        self.done.append("deploy")
        return Deployed(43, self.is_found)

    def _access_key(self, *_: object) -> str:
        self.done.append("make a user")
        return "LKIAEXAMPLE"

    def _use(self, *_: object) -> str:
        self.done.append("use")
        return self.note


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with serving() as running:
        running.on("GetCallerIdentity", identity("123456789012"))
        yield World(monkeypatch, running.endpoint)


class TestALocalStackOfTheRun:
    def test_is_deployed_to_when_resources_are_asked_for(self, world: World) -> None:
        stage = opened("localstack")
        assert (stage.target_codes, world.done) == ("SL", [])
        with stage.emulator() as endpoint:
            assert endpoint == world.endpoint
        assert world.done == ["start"]
        stage.source()
        stage.source()
        assert world.done == ["start", "deploy", "use", "make a user"]
        assert stage.handle == {"endpoint": world.endpoint}
        assert stage.versions["localstack"] == "4.9.2"
        assert "moto" not in stage.versions
        assert stage.notes == [
            f"LocalStack 4.9.2 was started without Docker, at {world.endpoint}.",
            "Terraform deployed to it the 43 of the stacks' resources that it implements.",
            "The backend worked with it.",
        ]
        stage.close()
        assert world.done[-1] == "end"

    def test_is_shared_by_the_processes_of_the_run(self, world: World) -> None:
        worker = opened("localstack", deployed={"endpoint": world.endpoint})
        worker.source()
        worker.close()
        assert world.done == [f"look at {world.endpoint}", "make a user"]

    def test_that_an_earlier_run_used_is_not_used_again(self, world: World) -> None:
        world.is_found = True
        opened("localstack").source()
        assert "use" not in world.done


class TestALocalStackThatRunsAlready:
    def test_is_used_as_it_is(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", world.endpoint)
        stage = opened("localstack")
        stage.source()
        assert (stage.endpoint, stage.asked, stage.account) == (world.endpoint, world.endpoint, "123456789012")
        assert world.done == [f"look at {world.endpoint}"]

    def test_that_does_not_answer_proves_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        with pytest.raises(CouldNotVerify, match=r"no LocalStack answers at http://127\.0\.0\.1:9"):
            opened("localstack").source()


class TestEmulator:
    @pytest.mark.parametrize("target", ["plan", "aws"])
    def test_is_not_on_every_target(self, target: str) -> None:
        with pytest.raises(NotApplicable, match=f"there is no emulator on target {target}"):
            opened(target).emulator()

    def test_on_the_embedded_target_is_apart_from_the_deployed_stack(self) -> None:
        with opened("embedded").emulator() as endpoint:
            assert cloud.status(endpoint)["requests"] == 0
        with pytest.raises(cloud.CloudFailed):
            cloud.status(endpoint)

    def test_that_runs_already_is_used(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:4566")
        with opened("embedded").emulator() as endpoint:
            assert endpoint == "http://localhost:4566"


class TestUse:
    def test_is_told_the_declared_groups(self) -> None:
        logs = load("production", ROOT / "environments").logs
        assert backend_use.written_groups(logs) == {
            "LLM_LOG_GROUP": "/aws/ecs/api/llm",
            "ERROR_LOG_GROUP": "/aws/ecs/api/errors",
        }

    def test_that_fails_says_why(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        logs = load("production", ROOT / "environments").logs
        monkeypatch.setattr(backend_tests, "installed", lambda *_: Path("/bin/false"))
        (tmp_path / "backend").mkdir()
        said = backend_use.run(tmp_path, tmp_path, "http://127.0.0.1:9", Account(), logs, lambda _: None)
        assert said == "The backend did not work with it, so nothing was logged: exit status 1: no message"


def test_a_stack_of_which_localstack_implements_nothing_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('resource "aws_guardduty_detector" "main" {\n  enable = true\n}\n', encoding="utf-8")

    class Nothing:
        directory = tmp_path  # to plan or apply it would raise AttributeError

    recipe: Any = SimpleNamespace(workspace=lambda *_, **__: Nothing(), account=SimpleNamespace(id="123456789012"))
    assert stack._apply(recipe, cast("Any", None), tmp_path, "http://127.0.0.1:4566") == 0
