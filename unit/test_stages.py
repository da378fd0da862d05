"""From the command line to a stage: bad input stops here, and what was not asked for is not opened."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from aws_server import AwsServer, identity, query_error, query_reply, serving
from plan_documents import Planned, document

from stackproof.core.controls import Control, Entry
from stackproof.core.ledger import Ledger
from stackproof.core.verdicts import (
    AccessDenied,
    CouldNotVerify,
    DeclaredButMissing,
    NotApplicable,
    NotReported,
    NotYetKnown,
    UsageError,
)
from stackproof.probes import HANDSHAKE
from stackproof.probes.postgres import AUTHORITIES, PASSWORD, Access
from stackproof.profile.loading import load
from stackproof.resources.database import DatabaseInstance
from stackproof.sources.aws import session
from stackproof.sources.aws.calls import Answer, Call
from stackproof.sources.aws.source import AwsSource
from stackproof.sources.plan.document import Plan
from stackproof.targets import open_stage
from stackproof.targets.api import ApiStage
from stackproof.targets.base import Stage
from stackproof.targets.embedded import RECORDS, AfterUse
from stackproof.targets.live import LiveStage
from stackproof.targets.outputs import applied_outputs, planned_outputs
from stackproof.targets.plan import PlanStage
from stackproof.targets.request import Request, read_plan, resolve
from stackproof.targets.run import RunStage

ROOT = Path(__file__).parents[1]
DATABASE = "triflow-ai-production-db"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setattr(session, "ATTEMPTS_EMULATED", 1)


@pytest.fixture
def server() -> Iterator[AwsServer]:
    with serving() as running:
        yield running


@pytest.fixture
def plan_file(tmp_path: Path) -> str:
    file = tmp_path / "plan.json"
    resource = Planned("aws_db_instance.main", {"identifier": DATABASE, "publicly_accessible": False})
    file.write_text(json.dumps(document(resource)))
    return str(file)


def opened(request: Request) -> RunStage:
    return open_stage(request, lambda _: None)


class TestResolve:
    def test_judges_where_the_environment_says(self) -> None:
        assert resolve(ROOT, "local").target == "embedded"
        assert resolve(ROOT, "production").target == "aws"

    def test_judges_where_it_is_told(self, plan_file: str) -> None:
        assert resolve(ROOT, "production", "plan").target == "plan"
        assert resolve(ROOT, "production", None, [plan_file]).target == "plan"
        given = resolve(ROOT, "production", "aws", [plan_file])
        assert (given.target, given.plan_files) == ("aws", (Path(plan_file),))

    def test_refuses_a_plan_that_is_not_there(self, tmp_path: Path) -> None:
        for path in (tmp_path / "nosuch.json", tmp_path):
            with pytest.raises(UsageError, match="there is no such file; make one with terraform show -json"):
                resolve(ROOT, "local", None, [str(path)])

    @pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_RDS", "AWS_ENDPOINT_URL_S3"])
    def test_refuses_to_take_an_emulator_for_aws(self, name: str, monkeypatch: pytest.MonkeyPatch, plan_file: str) -> None:
        monkeypatch.setenv(name, "http://localhost:4566")
        for plans in ([], [plan_file]):
            with pytest.raises(UsageError, match=f"environment production is judged on AWS itself, but {name} points elsewhere"):
                resolve(ROOT, "production", "aws", plans)
        monkeypatch.setenv(name, "")
        assert resolve(ROOT, "production").target == "aws"

    def test_uses_an_emulator_that_runs_already(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert resolve(ROOT, "local").endpoint is None
        monkeypatch.setenv("AWS_ENDPOINT_URL", "")
        assert resolve(ROOT, "local").endpoint is None
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:4566")
        assert resolve(ROOT, "local").endpoint == "http://localhost:4566"
        assert resolve(ROOT, "local", "plan").endpoint is None

    def test_refuses_an_unknown_environment(self) -> None:
        with pytest.raises(UsageError, match="unknown environment 'nosuch'"):
            resolve(ROOT, "nosuch")


class TestPlanFile:
    @pytest.mark.parametrize("content", [b"", b"{", b"PK\x03\x04\xff\xfe", b"not json"])
    def test_that_is_a_saved_plan_or_no_json_says_how_to_convert_it(self, content: bytes, tmp_path: Path) -> None:
        file = tmp_path / "tfplan"
        file.write_bytes(content)
        with pytest.raises(UsageError, match=rf"{file}: not JSON.* terraform show -json {file} > plan\.json"):
            read_plan(file)

    def test_that_is_no_plan_stops_before_anything_is_opened(self, tmp_path: Path) -> None:
        file = tmp_path / "state.json"
        file.write_text('{"values": {}}')
        with pytest.raises(UsageError, match="not a Terraform plan"):
            opened(resolve(ROOT, "local", None, [str(file)]))


class TestPlanStage:
    def test_reads_resources_from_the_plan_and_asks_nothing(self, plan_file: str) -> None:
        stage = opened(resolve(ROOT, "production", None, [plan_file]))
        assert stage.is_given_a_plan
        assert stage.one(DatabaseInstance, DATABASE).publicly_accessible is False
        assert (stage.account, stage.calls, stage.endpoint) == ("", {}, None)
        stage.close()

    def test_has_nothing_that_is_deployed(self, plan_file: str) -> None:
        stage = opened(resolve(ROOT, "local", None, [plan_file]))
        with pytest.raises(NotApplicable, match="app is not deployed on target plan"):
            stage.second_plan()

    def test_says_what_the_verdicts_were_made_with(self, plan_file: str) -> None:
        assert {"stackproof", "python", "pytest", "boto3"} == {*opened(resolve(ROOT, "local", None, [plan_file])).versions}


class TestEmulatorStage:
    @pytest.fixture
    def stage(self, server: AwsServer, monkeypatch: pytest.MonkeyPatch) -> RunStage:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)
        return opened(resolve(ROOT, "local"))

    def test_pins_the_account_before_anything_else_is_asked(self, stage: RunStage, server: AwsServer) -> None:
        server.on("GetCallerIdentity", identity("123456789012"))
        instance = f"<DBInstance><DBInstanceIdentifier>{DATABASE}</DBInstanceIdentifier></DBInstance>"
        server.on("DescribeDBInstances", query_reply("DescribeDBInstances", f"<DBInstances>{instance}</DBInstances>"))
        for _ in range(2):
            with pytest.raises(NotReported):
                _ = stage.one(DatabaseInstance, DATABASE).publicly_accessible
        assert [request.action for request in server.requests] == ["GetCallerIdentity", "DescribeDBInstances"]
        assert stage.account == "123456789012"
        assert stage.calls == {"sts:GetCallerIdentity": 1, "rds:DescribeDBInstances": 1}

    def test_stops_for_another_account_and_asks_nothing(self, stage: RunStage, server: AwsServer) -> None:
        server.on("GetCallerIdentity", identity("999999999999"))
        for _ in range(2):
            with pytest.raises(UsageError, match="belong to account 999999999999"):
                stage.one(DatabaseInstance, DATABASE)
        assert [request.action for request in server.requests] == ["GetCallerIdentity"]
        assert stage.account == ""

    def test_starts_nothing(self, stage: RunStage, server: AwsServer) -> None:
        assert stage.endpoint == server.endpoint
        for needs_a_cloud in (stage.outputs, stage.second_plan):
            with pytest.raises(NotApplicable, match="used as it is"):
                needs_a_cloud()
        stage.close()

    @pytest.mark.parametrize("target", ["embedded", "localstack"])
    def test_does_not_tell_what_terraform_knows(self, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        stage = opened(resolve(ROOT, "local", target))
        for part in (stage.outputs, stage.second_plan):
            with pytest.raises(
                NotApplicable, match=r"^http://127\.0\.0\.1:9 is used as it is; what Terraform knows of it is not known"
            ):
                part()
        assert (stage.target_codes, stage.handle) == ({"embedded": "SPE", "localstack": "SL"}[target], None)

    def test_does_not_tell_what_runs_in_it(self, stage: RunStage, server: AwsServer) -> None:
        server.on("GetCallerIdentity", identity("123456789012"))
        source = stage.source()
        assert isinstance(source, AwsSource)
        with pytest.raises(NotApplicable, match="is used as it is; what runs in it is not known here"):
            source.reader.read(HANDSHAKE, Host="example.com", Port=443, ServerName="example.com", Version="TLSv1.2")

    def test_a_denied_call_is_no_missing_database(self, stage: RunStage, server: AwsServer) -> None:
        server.on("GetCallerIdentity", identity("123456789012"))
        server.on("DescribeDBInstances", query_error("AccessDenied", "no", 403))
        with pytest.raises(AccessDenied):
            stage.one(DatabaseInstance, DATABASE)


class TestAfterUse:
    """Events and metrics are asked for once what runs was used; everything else at once."""

    def sent(self, operation: str, wait: Callable[[], None]) -> list[str]:
        sent: list[str] = []

        class Others:
            counts: ClassVar[Counter[str]] = Counter({"logs:FilterLogEvents": 1})

            def wait(self, seconds: float) -> None:
                sent.append(f"waits {seconds:g}")

            def send(self, call: Call, absent: tuple[str, ...]) -> Answer:
                sent.append(call.operation)
                return Answer(call)

        transport = AfterUse(Others(), wait)
        transport.wait(1)
        assert transport.counts == Others.counts
        transport.send(Call(operation, "eu-central-1"))
        return sent

    @pytest.mark.parametrize("operation", sorted(RECORDS))
    def test_an_event_that_cannot_be_there_is_not_asked_for(self, operation: str) -> None:
        def fails() -> None:
            raise CouldNotVerify("a task ended")

        with pytest.raises(CouldNotVerify, match="a task ended"):
            self.sent(operation, fails)
        assert self.sent(operation, lambda: None) == ["waits 1", operation]

    def test_a_setting_is_asked_for_at_once(self) -> None:
        def never() -> None:
            raise AssertionError("it was waited for")

        assert self.sent("logs:DescribeLogGroups", never) == ["waits 1", "logs:DescribeLogGroups"]


class TestLiveStage:
    def test_without_credentials_stops(self) -> None:
        stage = opened(resolve(ROOT, "production"))
        with pytest.raises(UsageError, match=r"environment production: .*no AWS credentials were found"):
            stage.source()

    def test_makes_no_plan_from_nothing(self) -> None:
        stage = opened(resolve(ROOT, "production"))
        for needs_a_plan in (stage.plan, stage.speculative_plan):
            with pytest.raises(NotApplicable):
                needs_a_plan()

    def test_can_judge_a_plan_that_is_given(self, plan_file: str) -> None:
        planned = Control("X", "low", Entry("", "", "P", ""))
        assert not opened(resolve(ROOT, "production")).can_judge(planned)
        assert opened(resolve(ROOT, "production", "aws", [plan_file])).can_judge(planned)


class TestStage:
    @pytest.fixture
    def stage(self) -> Stage:
        return Stage("plan", load("production", ROOT / "environments"), ROOT)

    @pytest.mark.parametrize("part", ["source", "plan", "speculative_plan", "outputs", "second_plan"])
    def test_has_nothing_of_its_own(self, part: str, stage: Stage) -> None:
        with pytest.raises(NotApplicable, match="plan"):
            getattr(stage, part)()

    @pytest.mark.parametrize(("target", "target_codes"), [("plan", "SP"), ("embedded", "SPE"), ("aws", "SA")])
    def test_sets_aside_what_it_cannot_judge(self, target: str, target_codes: str) -> None:
        stage = opened(resolve(ROOT, "production", target))
        for letter in "SPELA":
            control = Control("X", "low", Entry("", "", letter, ""))
            if letter in target_codes:
                stage.require(control)
            else:
                with pytest.raises(NotApplicable, match=f"judged on .*; the target of this run is {target}"):
                    stage.require(control)

    def test_gives_the_declared_resources_in_their_order(self) -> None:
        stage = self.planned("a", "b", "c")
        assert [one.name for one in stage.named(DatabaseInstance, ["c", "a"])] == ["c", "a"]
        assert stage.named(DatabaseInstance, []) == ()

    @pytest.mark.parametrize(
        ("there", "says"),
        [
            (
                [],
                r"DatabaseInstance b is declared for production, but does not exist \(found: none; no --plan was given for account",
            ),
            (["c", "a"], r"b is declared for production, but does not exist \(found: a, c; no --plan"),
            (["b", "b"], r"b is declared for production, but exists 2 times"),
        ],
    )
    def test_misses_what_is_declared(self, there: list[str], says: str) -> None:
        with pytest.raises(DeclaredButMissing, match=says):
            self.planned(*there).one(DatabaseInstance, "b")

    def test_has_one_password_that_is_never_shown(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        from stackproof.redaction.redaction import redact

        monkeypatch.delenv("TF_VAR_db_password", raising=False)
        made = stage.secrets_of("app")["db_password"]
        assert stage.secrets_of("app") == {"db_password": made}
        assert redact(f"it is {made}") == "it is (redacted)"

    @staticmethod
    def planned(*names: str) -> Stage:
        found = [Planned(f"aws_db_instance.x{number}", {"identifier": name}) for number, name in enumerate(names)]
        stage = PlanStage(resolve(ROOT, "production", "plan"), lambda _: None)
        stage._given_plans = {"app": Plan(document(*found), "plan.json")}
        return stage


class TestOutputs:
    def test_of_a_plan_are_known_or_say_that_they_are_not(self) -> None:
        content: dict[str, Any] = document()
        content["planned_values"]["outputs"] = {
            "known": {"sensitive": False, "value": "x"},
            "unknown": {"sensitive": False},
            "secret": {"sensitive": True, "value": "hunter2-hunter2"},
        }
        found = planned_outputs(Plan(content, "plan.json"))
        assert found["known"].value == "x"
        with pytest.raises(NotYetKnown, match="output unknown is known only after apply"):
            _ = found["unknown"].value
        with pytest.raises(NotReported, match="output secret is sensitive"):
            _ = found["secret"].value

    def test_of_a_state_are_read_but_for_the_sensitive_ones(self) -> None:
        found = applied_outputs(
            {
                "app": {"plain": {"value": "x"}, "secret": {"value": "hunter2-hunter2", "sensitive": True}, "none": {}},
                "logs": {"plain": {"value": "y"}},
            },
            "terraform output",
        )
        ledger = Ledger()
        with ledger.open():
            assert (found["plain"].value, found["logs.plain"].value) == ("x", "y")
            for name in ("secret", "none"):
                with pytest.raises(NotReported):
                    _ = found[name].value
        assert "hunter2" not in repr(ledger.readings)
        assert [read.source for read in ledger.readings] == ["terraform output"] * 2


class TestBastion:
    def test_is_taken_on_aws(self) -> None:
        bastion = resolve(ROOT, "production", bastion="ssh://me@bastion.example.com").bastion
        assert bastion is not None
        assert bastion.url == "ssh://me@bastion.example.com"

    def test_is_refused_elsewhere(self) -> None:
        with pytest.raises(UsageError, match="the target of this run is embedded"):
            resolve(ROOT, "local", bastion="ssh://bastion.example.com")

    def test_of_another_form_is_refused(self) -> None:
        with pytest.raises(UsageError, match="--bastion is ssh://user@host"):
            resolve(ROOT, "production", bastion="bastion.example.com")


class TestDatabaseAccess:
    def access(self, monkeypatch: pytest.MonkeyPatch, **variables: str) -> Access:
        for name in (PASSWORD, AUTHORITIES):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return LiveStage(resolve(ROOT, "production"), lambda _: None)._access()

    def test_on_aws_comes_from_the_environment(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "bundle.pem").touch()
        given = {PASSWORD: "-".join(("correct", "horse")), AUTHORITIES: str(tmp_path / "bundle.pem")}
        assert self.access(monkeypatch, **given) == Access(given[PASSWORD], tmp_path / "bundle.pem")

    def test_without_authorities_says_what_to_set(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(CouldNotVerify, match=r"set PGSSLROOTCERT to .*global-bundle\.pem"):
            self.access(monkeypatch, **{PASSWORD: "-".join(("correct", "horse"))})

    def test_without_a_password_says_what_to_set(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(AccessDenied, match="set RDS_PASSWORD"):
            self.access(monkeypatch)


class TestModels:
    """What clients are made of: kept for an emulator alone."""

    def test_of_what_asks_aws_no_kept_model_is_read(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(RunStage, "cache", tmp_path)
        live = opened(resolve(ROOT, "production"))
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        emulated = opened(resolve(ROOT, "local"))
        assert isinstance(live, ApiStage)
        assert isinstance(emulated, ApiStage)
        assert live._models._kept is None
        assert emulated._models._kept is not None

    def test_where_there_is_no_cache_none_is_made(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(RunStage, "cache", tmp_path / "none")
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        emulated = opened(resolve(ROOT, "local"))
        assert isinstance(emulated, ApiStage)
        assert emulated._models._kept is None
