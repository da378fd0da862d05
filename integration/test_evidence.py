"""What a run keeps: complete, shared by its processes, checked to the byte, and enough to judge the run again."""

import gc
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aws_server import AwsServer, identity, json_error, query_reply, serving
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from evidence_runs import ACCOUNT, PLAN, REGION, ROOT, copied, files, newest, run, seal
from hypothesis import given
from hypothesis import strategies as st
from plan_documents import agreeing

from proofs import harness
from stackproof.core import results_file as results_json
from stackproof.core.partial import Partial
from stackproof.core.provenance import Provenance, evidence_behind
from stackproof.core.resource import FailedOrigin, StaticOrigin
from stackproof.core.results import ControlResult, Run
from stackproof.core.verdicts import (
    AccessDenied,
    CouldNotVerify,
    DeclaredButMissing,
    NotApplicable,
    NotDeclared,
    NotReported,
    NotYetKnown,
    UsageError,
    Verdict,
)
from stackproof.evidence import manifest, observations, recorded, signing, store, verification
from stackproof.evidence.__main__ import main
from stackproof.evidence.store import Store
from stackproof.resources.sources import Formatting, SecondPlan
from stackproof.sources.aws.calls import MANY_PAGES, Answer, Call, Exchange, to_jsonable
from stackproof.sources.replay import digest
from stackproof.targets.request import resolve

CALL = Call.of("rds:DescribeDBInstances", REGION)
EXCHANGE = Exchange(datetime(2026, 11, 21, 11, 35, tzinfo=UTC), 0.25, 2, (("request-1", 200),))


# A run on a plan, on an endpoint, and on a recording


@pytest.fixture(scope="module")
def plan_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a signed run on a plan that has something to find."""
    folder = copied(tmp_path_factory.mktemp("plan"))
    document = json.loads(PLAN.read_text(encoding="utf-8"))
    group = next(
        one for one in document["planned_values"]["root_module"]["resources"] if one["address"] == "aws_security_group.rds"
    )
    change = next(one["change"] for one in document["resource_changes"] if one["address"] == group["address"])
    group["values"]["ingress"] = change["after"]["ingress"] = [
        {**rule, "from_port": port, "to_port": port} for rule in group["values"]["ingress"] for port in (22, 5432, 5433)
    ]
    (folder / "plan.json").write_text(json.dumps(agreeing(document)))
    (folder / "key.pem").write_bytes(pem(Ed25519PrivateKey.generate()))
    ended = run(folder, "-m", "security", "--plan=plan.json", "--signing-key=key.pem")
    assert ended.returncode == 1, ended.stdout + ended.stderr
    return newest(folder, "local-plan")


@pytest.fixture(scope="module")
def live_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a run on an endpoint that answers some questions and refuses others."""
    folder = copied(tmp_path_factory.mktemp("live"))
    with serving() as server:
        answering(server)
        ended = run(folder, "-m", "security", "-n", "2", AWS_ENDPOINT_URL=server.endpoint)
        assert ended.returncode == 1, ended.stdout + ended.stderr
        asked = [(request.action, json.dumps(request.parameters, sort_keys=True)) for request in server.requests]
        assert len(asked) == len(set(asked)), "a question was asked twice"
    return newest(folder, "local-embedded")


def answering(server: AwsServer) -> None:
    server.on("GetCallerIdentity", identity(ACCOUNT))
    database = "<DBInstance><DBInstanceIdentifier>triflow-ai-production-db</DBInstanceIdentifier>"
    instances = f"<DBInstances>{database}<PubliclyAccessible>true</PubliclyAccessible></DBInstance></DBInstances>"
    server.on("DescribeDBInstances", query_reply("DescribeDBInstances", instances))
    server.on("DescribeLogGroups", json_error("AccessDeniedException", "not authorized with an explicit deny"))


@pytest.fixture(scope="module")
def cloud_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a run on what an embedded cloud said, with something to find."""
    folder = copied(tmp_path_factory.mktemp("cloud"))
    calls = list(harness.compliant_calls())
    for edit in (
        harness.says("rds:DescribeDBInstances", "DBInstances.0.PubliclyAccessible", True),
        harness.fails("s3:GetPublicAccessBlock", AccessDenied("s3:GetPublicAccessBlock was denied")),
        harness.omits("kms:DescribeKey", "KeyMetadata.KeyState"),
    ):
        calls = edit(calls)
    seal(folder / "seed", [replace(call, exchange=EXCHANGE).answer for call in calls])
    ended = run(folder, "-m", "security", "--evidence=seed")
    assert ended.returncode == 1, ended.stdout + ended.stderr
    return newest(folder, "local-replay")


def results(directory: Path) -> Run:
    return results_json.from_json((directory / "results.json").read_text(encoding="utf-8"))


def judged(directory: Path) -> dict[str, tuple[object, ...]]:
    """What a run said of each control, and on what evidence."""

    def comparable(control: ControlResult) -> tuple[object, ...]:
        return control.verdict, control.message, control.resources, control.read

    return {control.id: comparable(control) for control in results(directory).controls}


@pytest.fixture(params=["plan_run", "live_run", "cloud_run"])
def recorded_run(request: pytest.FixtureRequest) -> Path:
    directory: Path = request.getfixturevalue(request.param)
    return directory


class TestRun:
    def test_is_as_it_was_left(self, recorded_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["check", str(recorded_run)]) == 0
        assert "files are as the run left them" in capsys.readouterr().out

    def test_covers_its_reports(self, recorded_run: Path) -> None:
        assert {"results.json", "report.html", "junit.xml", "evidence/run.json"} <= set(manifest.covered(recorded_run))

    def test_names_a_file_for_every_field_that_a_control_read(self, recorded_run: Path) -> None:
        readings = [reading for control in results(recorded_run).controls for reading in control.read]
        assert readings
        for reading in readings:
            assert reading.evidence, reading
            for path in reading.evidence:
                kept = store.read(recorded_run / "evidence" / path)
                if path.startswith("calls/"):
                    assert f"{kept['operation']} {kept['region']}" in reading.source
        assert readings[0].evidence[0] in (recorded_run / "report.html").read_text(encoding="utf-8")

    def test_comes_out_the_same_when_it_is_judged_again(self, recorded_run: Path) -> None:
        folder = recorded_run.parents[2]
        before = judged(recorded_run)
        copy = shutil.copytree(recorded_run, folder / f"copy-{recorded_run.name}", dirs_exist_ok=True)
        ended = run(folder, f"--evidence={copy}", AWS_ENDPOINT_URL="http://127.0.0.1:9")
        assert ended.returncode == 1
        assert judged(newest(folder, "local-replay")) == before
        assert "differ" not in ended.stdout
        assert results(newest(folder, "local-replay")).calls == {}
        assert main(["check", str(newest(folder, "local-replay"))]) == 0
        assert {verdict for verdict, *_ in before.values()} >= {Verdict.FAIL}

    def test_comes_out_the_same_under_xdist(self, plan_run: Path) -> None:
        folder = plan_run.parents[2]
        run(folder, f"--evidence={plan_run}", "-n", "2")
        assert judged(newest(folder, "local-replay")) == judged(plan_run)

    def test_on_an_endpoint_keeps_how_each_call_went(self, live_run: Path) -> None:
        entry = store.read(live_run / "evidence" / CALL.evidence)
        assert entry["account"] == ACCOUNT
        assert entry["exchange"]["attempts"] == 1
        assert [request["status"] for request in entry["exchange"]["requests"]] == [200]
        assert datetime.fromisoformat(entry["exchange"]["at"]).tzinfo == UTC
        assert re.fullmatch("[0-9a-f]{64}", entry["sha256"])
        denied = store.read(live_run / "evidence" / Call.of("logs:DescribeLogGroups", REGION).evidence)
        assert denied["error"]["kind"] == "AccessDenied"
        assert denied["exchange"]["requests"][0]["status"] == 400

    def test_keeps_the_call_that_pinned_the_account(self, live_run: Path) -> None:
        assert (live_run / "evidence" / Call.of("sts:GetCallerIdentity", REGION).evidence).exists()

    def test_keeps_the_plan(self, plan_run: Path) -> None:
        kept = store.read(plan_run / "evidence" / "documents" / "plan.json.gz")
        assert kept["where"] == "plan.json"
        assert kept["plan"]["planned_values"]

    def test_of_a_part_does_not_take_the_place_of_the_whole(self, plan_run: Path) -> None:
        folder, before = plan_run.parents[2], files(plan_run)
        ended = run(folder, "-k", "SEC-RDS-01", "--plan=plan.json", "--html=elsewhere.html")
        assert ended.returncode == 0
        again = newest(folder, "local-plan")
        assert again != plan_run
        assert files(plan_run) == before
        assert results(again).follows == plan_run.name
        assert main(["check", str(again)]) == 0


class TestReplay:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return copied(tmp_path)

    def test_of_a_call_that_was_not_recorded_is_an_error(self, folder: Path) -> None:
        calls = [call.answer for call in harness.compliant_calls() if call.call != CALL]
        seal(folder / "run", calls)
        assert run(folder, "-k", "SEC-RDS-01", "--evidence=run").returncode == 1
        (control,) = results(newest(folder, "local-replay")).controls
        assert control.verdict is Verdict.ERROR
        assert f"{CALL} is not in the recording" in control.message

    def test_of_what_was_not_observed_is_an_error(self, folder: Path) -> None:
        seal(folder / "run", [])
        assert run(folder, "-k", "TF-01 or TF-05 or TF-08 or POL-02", "--evidence=run").returncode == 1
        for control in results(newest(folder, "local-replay")).controls:
            assert control.verdict is Verdict.ERROR
            assert "is not in the recording" in control.message

    def test_says_what_differs_and_that_the_code_has_changed(self, folder: Path, plan_run: Path) -> None:
        copy = shutil.copytree(plan_run, folder / "run")
        test = folder / "tests" / "security" / "test_database.py"
        test.write_text(test.read_text(encoding="utf-8").replace("assert not database", "assert database", 1), encoding="utf-8")
        ended = run(folder, "-k", "SEC-RDS-01", f"--evidence={copy}")
        assert ended.returncode == 1
        assert "1 control differs from the recorded run: the code has changed since" in ended.stdout
        assert "SEC-RDS-01 was PASS and is FAIL" in ended.stdout
        assert any("SEC-RDS-01 was PASS" in note for note in results(newest(folder, "local-replay")).notes)

    def test_by_another_environment_says_so(self, folder: Path, plan_run: Path) -> None:
        ended = run(folder, "-k", "SEC-INV-01", f"--evidence={plan_run}", "--env=staging")
        assert "environment staging expects something else now" in ended.stdout
        assert "SEC-INV-01 was PASS and is FAIL" in ended.stdout

    def test_of_what_was_changed_is_refused(self, folder: Path, plan_run: Path) -> None:
        copy = shutil.copytree(plan_run, folder / "run")
        (copy / "evidence" / "environment.json").write_text("{}")
        ended = run(folder, f"--evidence={copy}")
        assert ended.returncode == 4
        assert "not as the run left it" in ended.stderr
        assert "evidence/environment.json: changed" in ended.stderr

    @pytest.mark.parametrize(
        ("options", "reported"),
        [
            (["--target=replay"], "say which: --evidence"),
            (["--evidence=nowhere"], "nowhere: there is no evidence of a run"),
            (["--evidence=nowhere", "--target=plan"], "leave out --plan and any other --target"),
            (["--evidence=nowhere", "--plan=plan.json"], "leave out --plan and any other --target"),
            (["--evidence", "/tmp"], "write --plan=FILE, --env=FILE, --evidence=DIR"),
        ],
    )
    def test_of_nothing_is_bad_input(self, options: list[str], reported: str) -> None:
        ended = run(ROOT, *options)
        assert ended.returncode == 4
        assert reported in ended.stderr

    def test_of_a_folder_of_another_format_is_refused(self, tmp_path: Path) -> None:
        seal(tmp_path / "run", [])
        facts = tmp_path / "run" / "evidence" / "run.json"
        facts.write_text(facts.read_text().replace('"format": 2', '"format": 0'))
        recorded.seal(tmp_path / "run", None)
        with pytest.raises(UsageError, match="another format than 2"):
            recorded.read(tmp_path / "run")

    @pytest.mark.parametrize("path", ["evidence/run.json", "evidence/environment.json", "evidence/calls/x.y.0.json.gz"])
    def test_of_a_file_that_cannot_be_read_is_refused(self, path: str, tmp_path: Path) -> None:
        seal(tmp_path / "run", [Answer(CALL, [{"DBInstances": []}])])
        (tmp_path / "run" / path).write_text("[]")
        recorded.seal(tmp_path / "run", None)
        with pytest.raises(UsageError, match=path):
            resolve(ROOT, evidence=str(tmp_path / "run"))


# The store


class TestStore:
    @pytest.fixture
    def kept(self, tmp_path: Path) -> Store:
        return Store(tmp_path, ACCOUNT)

    def test_of_a_long_answer_hands_out_every_page_as_it_was(self, tmp_path: Path, kept: Store) -> None:
        pages = [{"DBInstances": [{"At": EXCHANGE.at, "Raw": b"x", "Number": number}]} for number in range(3 * MANY_PAGES)]
        asked = kept.answer(CALL, lambda: Answer(CALL, pages, exchange=EXCHANGE).redacted())
        again = Store(tmp_path, ACCOUNT).answer(CALL, lambda: pytest.fail("it was asked already"))
        assert asked.is_long
        assert again.is_long
        assert list(asked.pages) == list(again.pages) == pages
        assert again.exchange == EXCHANGE
        assert store.read(tmp_path / CALL.evidence)["sha256"] == digest({"pages": to_jsonable(pages)})

    @pytest.mark.parametrize("is_shared", [True, False])
    def test_asks_once_for_all_threads(self, tmp_path: Path, is_shared: bool) -> None:
        kept, asked = Store(tmp_path, ACCOUNT, is_shared=is_shared), []

        def ask() -> Answer:
            asked.append(1)
            return Answer(CALL, [{"DBInstances": []}], exchange=EXCHANGE)

        def twice(_: int) -> object:
            return kept.document("outer", lambda: [kept.answer(CALL, ask).pages[0]])

        with ThreadPoolExecutor(8) as pool:
            assert [*pool.map(twice, range(32))] == [[{"DBInstances": []}]] * 32
        with pytest.raises(ZeroDivisionError):
            kept.document("another", lambda: 1 / 0)
        assert (len(asked), kept._busy) == (1, {})
        assert any((tmp_path / "locks").iterdir()) == is_shared

    def test_asks_once_for_all_processes(self, tmp_path: Path, kept: Store) -> None:
        asked = []

        def ask() -> Answer:
            asked.append(1)
            return Answer(CALL, [{"DBInstances": [{"At": EXCHANGE.at}]}], exchange=EXCHANGE)

        stores = [Store(tmp_path, ACCOUNT) for _ in range(4)]
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda number: stores[number % 4].answer(CALL, ask), range(32)))
        assert len(asked) == 1
        assert {repr(answer.raw_pages) for answer in answers} == {repr(answers[0].raw_pages)}
        assert answers[-1].exchange == EXCHANGE

    def test_takes_its_folder_with_it(self) -> None:
        kept = Store.temporary(ACCOUNT)
        folder = kept.folder
        assert folder.stat().st_mode & 0o077 == 0
        del kept
        gc.collect()
        assert not folder.exists()

    @pytest.mark.parametrize(
        "answer",
        [
            Answer(CALL, absent=True),
            Answer(CALL, error=AccessDenied("no")),
            Answer(CALL, [{"Content": b"\xff\x00"}, {"At": datetime(2026, 1, 20, tzinfo=UTC)}]),
        ],
    )
    def test_answers_as_aws_did(self, answer: Answer, kept: Store) -> None:
        kept.answer(CALL, answer.redacted)
        again = kept.answer(CALL, lambda: pytest.fail("asked again"))
        assert (again.raw_pages, again.is_absent, str(again.error)) == (
            answer.redacted().raw_pages,
            answer.is_absent,
            str(answer.error),
        )

    def test_the_same_answer_has_the_same_digest(self, tmp_path: Path) -> None:
        digests = set()
        for number, exchange in enumerate((EXCHANGE, replace(EXCHANGE, attempts=7))):
            (tmp_path / str(number)).mkdir()
            kept = Store(tmp_path / str(number), ACCOUNT)
            kept.answer(CALL, partial(Answer, CALL, [{"B": 1, "A": "é"}], exchange=exchange))
            digests.add(store.read(kept.folder / CALL.evidence)["sha256"])
        assert len(digests) == 1

    def test_hands_out_an_observation_as_it_is_kept(self, kept: Store) -> None:
        made = (
            Formatting("app", StaticOrigin({"files": 2, "unformatted": ("password=hunter2",)}, "terraform fmt"), "terraform fmt"),
        )
        for make in (lambda: made, lambda: pytest.fail("made again")):
            (one,) = kept.observation("formatting", make)
            assert one.origin.facts == {"files": 2, "unformatted": ("password=(redacted)",)}
            assert one.source.evidence == ("observations/formatting.json.gz",)

    def test_does_not_keep_what_calls_and_plans_say(self, kept: Store) -> None:
        planned = SecondPlan("local", StaticOrigin({"drift": ()}, Provenance("a plan", "documents/plan.json.gz")), "a plan")
        for made in (harness.profile(), None, planned, (planned,)):
            assert kept.observation("anything", [made].pop) is made
        assert list((kept.folder / "observations").iterdir()) == []

    @pytest.mark.parametrize(
        ("raised", "kind", "message"),
        [
            (AccessDenied("no"), AccessDenied, "no"),
            (NotApplicable("not here"), NotApplicable, "not here"),
            (NotYetKnown("later"), NotYetKnown, "later"),
            (DeclaredButMissing("gone"), DeclaredButMissing, "gone"),
            (KeyError("x"), CouldNotVerify, r"KeyError: 'x' \(at .*\)"),
        ],
    )
    def test_keeps_how_an_observation_ended_instead(
        self, raised: Exception, kind: type[Exception], message: str, kept: Store
    ) -> None:
        def make() -> object:
            raise raised

        with pytest.raises(type(raised)):
            kept.observation("outputs", make)
        with pytest.raises(kind, match=f"^{message}$") as again:
            kept.observation("outputs", lambda: pytest.fail("made again"))
        assert type(again.value) is kind

    def test_does_not_keep_bad_input(self, kept: Store) -> None:
        def make() -> object:
            raise UsageError("the wrong account")

        with pytest.raises(UsageError):
            kept.observation("outputs", make)
        assert list((kept.folder / "observations").iterdir()) == []

    @pytest.mark.parametrize(
        "content", [b"{}", b"\x1f\x8b", b"\x1f\x8b\x08\x00", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x03"]
    )
    def test_a_broken_file_says_so(self, content: bytes, tmp_path: Path) -> None:
        (tmp_path / "file.json.gz").write_bytes(content)
        with pytest.raises(ValueError, match=r"file\.json\.gz"):
            store.read(tmp_path / "file.json.gz")


def about(error: NotYetKnown, *candidates: str) -> NotYetKnown:
    error.candidates = candidates
    return error


class TestObservations:
    @pytest.mark.parametrize(
        "made",
        [
            Formatting("app", StaticOrigin({"files": 1, "unformatted": ()}, "terraform fmt"), "terraform fmt"),
            (),
            (
                Formatting("a", FailedOrigin(NotReported("no")), "x"),
                Formatting("b", StaticOrigin({"set": frozenset({"a", 1})}, "x"), "x"),
            ),
            Formatting(
                "app", StaticOrigin({"at": datetime(2026, 1, 1, tzinfo=UTC), "list": [1, {"a": (None, True, 1.5)}]}, "x"), "x"
            ),
        ],
    )
    def test_come_back_as_they_were(self, made: Any) -> None:
        again = observations.from_data(json.loads(json.dumps(observations.to_data(made))), "observations/x.json.gz")
        assert repr(again) == repr(made)
        for one, other in zip(*([each] if not isinstance(each, tuple) else each for each in (again, made)), strict=True):
            assert getattr(one.origin, "facts", None) == getattr(other.origin, "facts", None)
            assert repr(getattr(one.origin, "error", None)) == repr(getattr(other.origin, "error", None))

    def test_of_resources_inside_others_come_back(self) -> None:
        inner = Formatting("inner", StaticOrigin({"files": 1}, "x"), "x")
        again = observations.from_data(observations.to_data(Formatting("app", StaticOrigin({"parts": (inner,)}, "x"), "x")), "o")
        assert again.origin.facts["parts"][0].origin.facts == {"files": 1}

    @pytest.mark.parametrize(
        "made",
        [
            Formatting("app", StaticOrigin({"files": 1, "unformatted": ("a.tf",)}, "terraform fmt"), "terraform fmt"),
            (Formatting("app", StaticOrigin({"set": frozenset({"a"}), "at": EXCHANGE.at, "list": [1]}, "x"), "x"),),
            (Formatting("app", FailedOrigin(NotReported("no")), "x"),),
            Formatting(
                "app", StaticOrigin({"tags": {"$set": 1, "b": 2}, "ports": {1: "a"}, "date": {"$date": "never"}}, "x"), "x"
            ),
            Formatting("app", StaticOrigin({"parts": (Formatting("in", StaticOrigin({"files": 1}, "x"), "x"),)}, "x"), "x"),
            Partial([Formatting("app", StaticOrigin({"files": 1}, "x"), "x")], NotYetKnown("the rest is known after apply")),
            (),
        ],
    )
    def test_of_a_run_that_was_judged_again_are_kept_again(self, made: Any, tmp_path: Path) -> None:
        def facts(one: Any) -> Any:
            match one:
                case Partial():
                    return facts(one.known), repr(one.rest)
                case tuple():
                    return [facts(each) for each in one]
            reported = getattr(one.origin, "facts", repr(getattr(one.origin, "error", None)))
            return one.name, {name: facts(value) if name == "parts" else value for name, value in reported.items()} if isinstance(
                reported, dict
            ) else reported

        found = made
        for number in range(3):
            (tmp_path / str(number)).mkdir()
            kept = Store(tmp_path / str(number), ACCOUNT)
            found = kept.observation("formatting", lambda found=found: found)  # type: ignore[misc]
            assert facts(found) == facts(made)
            assert facts(store.observed(kept.folder, "formatting")) == facts(made)

    def test_that_json_cannot_hold_are_not_kept(self) -> None:
        assert observations.to_data(Formatting("app", StaticOrigin({"files": object()}, "x"), "x")) is None

    @pytest.mark.parametrize(
        "data",
        [1, [1], {}, {"kind": "sources.Formatting"}],
    )
    def test_that_are_none_are_refused(self, data: Any) -> None:
        with pytest.raises(ValueError, match="not a collection"):
            observations.from_data(data, "x")

    @pytest.mark.parametrize("wrap", [lambda one: one, lambda one: [one], lambda one: {"known": [one], "rest": {}}])
    def test_of_a_kind_that_nobody_registered_say_so(self, wrap: Callable[[Any], Any]) -> None:
        data = wrap({"kind": "own.Table", "name": "a", "source": "x", "facts": {}})
        with pytest.raises(
            CouldNotVerify, match=r"observations/own.json.gz: no registered resource is of the kind own.Table: register"
        ):
            observations.from_data(data, "observations/own.json.gz")

    @pytest.mark.parametrize(
        "error",
        [
            NotDeclared(
                "none", needs=("database",), read=("Database", "all", "none", Provenance("plan", "documents/plan.json.gz"))
            ),
            about(NotYetKnown("later"), "aws_vpc.main"),
            about(NotYetKnown("later")),
            NotYetKnown("later"),
            CouldNotVerify("denied"),
        ],
        ids=repr,
    )
    def test_that_ended_in_an_error_end_in_the_same(self, error: Exception, tmp_path: Path) -> None:
        kept = Store(tmp_path, ACCOUNT)

        def fail() -> None:
            raise error

        for _ in range(2):  # made, and as it was kept
            with pytest.raises(type(error)) as ended:
                kept.observation("databases", fail)
            assert (str(ended.value), vars(ended.value)) == (str(error), vars(error))
        assert evidence_behind(getattr(ended.value, "read", ("",))[-1]) == evidence_behind(getattr(error, "read", ("",))[-1])

    @pytest.mark.parametrize("kind", ["UsageError", "Verdict", "NoSuch"])
    def test_cannot_end_in_anything_else(self, kind: str) -> None:
        with pytest.raises(ValueError, match="no collection ends in"):
            observations.error_from_data({"kind": kind, "message": ""})


# The manifest


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("small") / "run"
    key = Ed25519PrivateKey.generate()
    seal(directory, [Answer(CALL, [{"DBInstances": []}])], key)
    (directory / "report.html").write_text("a report")
    (directory / "evidence" / "waivers.toml").write_text("# none")
    recorded.seal(directory, key)
    return directory


@pytest.fixture
def copy(small: Path, tmp_path: Path) -> Path:
    return shutil.copytree(small, tmp_path / "run")


def checked(directory: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str]:
    status = main(["check", str(directory), *options])
    said = capsys.readouterr()
    return status, (said.out + said.err).replace(f"{directory}/", "")


class TestCheck:
    @given(data=st.data())
    def test_sees_any_byte_that_was_changed_and_names_the_file(self, small: Path, data: st.DataObject) -> None:
        path = small / data.draw(st.sampled_from(sorted(files(small))))
        content = path.read_bytes()
        place = data.draw(st.integers(0, len(content) - 1))
        changed = bytes([content[place] ^ data.draw(st.integers(1, 255))])
        path.write_bytes(content[:place] + changed + content[place + 1 :])
        try:
            found = [*manifest.problems(small), *unsigned(small)]
        finally:
            path.write_bytes(content)
        assert found
        assert path.relative_to(small).as_posix() in [problem.path for problem in found]

    def test_names_the_call_of_an_answer_that_was_changed(self, copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (copy / "evidence" / CALL.evidence).write_bytes(b"")
        assert checked(copy, capsys) == (
            1,
            f"evidence/{CALL.evidence}: changed (an answer to rds:DescribeDBInstances)\n"
            f"{copy}: 1 of its parts is not as the run left them\n",
        )

    @pytest.mark.parametrize("path", ["results.json", "evidence/run.json", "evidence/manifest", "evidence/manifest.sig"])
    def test_sees_what_was_removed(self, path: str, copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (copy / path).unlink()
        status, said = checked(copy, capsys)
        assert status == 1
        assert f"{path}: removed" in said

    @pytest.mark.parametrize("path", ["results.json", "evidence/run.json"])
    def test_sees_what_was_removed_with_its_line(self, path: str, copy: Path) -> None:
        (copy / path).unlink()
        (copy / manifest.MANIFEST).write_text(manifest.written(copy, manifest.covered(copy)))
        assert [problem.path for problem in manifest.problems(copy)] == [path]

    @pytest.mark.parametrize("path", ["notes.txt", "evidence/calls/s3.ListBuckets.0.json.gz", "more/deep/down"])
    def test_sees_what_was_added(self, path: str, copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        (copy / path).write_text("")
        status, said = checked(copy, capsys)
        assert status == 1
        assert f"{path}: added" in said

    def test_sees_a_link_in_the_place_of_a_file(self, copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (copy / "results.json").rename(copy.parent / "results.json")
        (copy / "results.json").symlink_to(copy.parent / "results.json")
        assert "results.json: changed: it is a link" in checked(copy, capsys)[1]

    @pytest.mark.parametrize(
        "edit",
        [
            lambda lines: [lines[1], lines[0], *lines[2:]],
            lambda lines: lines[1:],
            lambda lines: [*lines[:2], *lines[3:]],
            lambda lines: [lines[0], *lines],
        ],
    )
    def test_sees_lines_that_were_moved(self, edit: Callable[[list[str]], list[str]], copy: Path) -> None:
        path = copy / manifest.MANIFEST
        path.write_text("".join(edit(path.read_text().splitlines(keepends=True))))
        assert any("does not follow from the one before" in str(problem) for problem in manifest.problems(copy))

    @pytest.mark.parametrize("text", ["", "\n", "hello\n", f"{'0' * 64} {'0' * 64}  a"])
    def test_sees_a_manifest_that_is_none(self, text: str, copy: Path) -> None:
        (copy / manifest.MANIFEST).write_text(text)
        (problem,) = manifest.problems(copy)
        assert (problem.path, problem.what.split(":")[0]) == (manifest.MANIFEST, "changed")

    @pytest.mark.parametrize("path", ["/etc/hostname", "../outside"])
    def test_looks_at_nothing_outside(self, path: str, copy: Path) -> None:
        (copy.parent / "outside").write_text("x")
        ((chain, rest),) = manifest.chained([f"{'0' * 64}  {path}"])
        (copy / manifest.MANIFEST).write_text(f"{chain} {rest}\n")
        assert manifest.problems(copy)[0].what == "lies outside the directory of the run"

    @pytest.mark.parametrize(
        "arguments", [["check"], ["nosuch", "."], ["check", "/nowhere"], ["check", ".", "--public-key=/nowhere"]]
    )
    def test_of_bad_input_ends_with_4(self, arguments: list[str]) -> None:
        assert main(arguments) == 4


def unsigned(directory: Path) -> list[manifest.Problem]:
    return verification._signature(directory, None)


# Signing


def pem(key: Any, encryption: Any = None) -> bytes:
    text: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())
    return text


class TestSigning:
    @pytest.fixture
    def key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.generate()

    @pytest.fixture
    def public(self, key: Ed25519PrivateKey, tmp_path: Path) -> str:
        (tmp_path / "public.pem").write_bytes(signing.as_pem(key.public_key()))
        return str(tmp_path / "public.pem")

    def test_with_the_right_key_is_accepted(
        self, key: Ed25519PrivateKey, public: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        seal(tmp_path / "run", [], key)
        status, said = checked(tmp_path / "run", capsys, "--public-key", public)
        assert (status, f"signed by the key {signing.fingerprint(key.public_key())}" in said) == (0, True)
        assert "compare it with the one you know" in checked(tmp_path / "run", capsys)[1]

    def test_with_another_key_is_not(self, public: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        seal(tmp_path / "run", [], Ed25519PrivateKey.generate())
        status, said = checked(tmp_path / "run", capsys, "--public-key", public)
        assert (status, "and not by" in said) == (1, True)

    def test_that_was_left_out_is_seen(self, public: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        seal(tmp_path / "run", [])
        assert "not signed" in checked(tmp_path / "run", capsys)[1]
        status, said = checked(tmp_path / "run", capsys, "--public-key", public)
        assert (status, "the run was not signed" in said) == (1, True)

    def test_of_something_else_is_seen(
        self, key: Ed25519PrivateKey, public: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Whoever makes the manifest anew cannot sign it."""
        seal(tmp_path / "run", [], key)
        (tmp_path / "run" / "evidence" / "waivers.toml").write_text("# all is accepted")
        text = manifest.written(tmp_path / "run", manifest.covered(tmp_path / "run"))
        (tmp_path / "run" / manifest.MANIFEST).write_text(text)
        status, said = checked(tmp_path / "run", capsys, "--public-key", public)
        assert (status, "not the signature of this manifest" in said) == (1, True)

    def test_takes_a_file_or_the_key_itself(self, key: Ed25519PrivateKey, tmp_path: Path) -> None:
        (tmp_path / "key.pem").write_bytes(pem(key))
        for given_key in (str(tmp_path / "key.pem"), pem(key).decode()):
            assert signing.private_key(given_key).public_key() == key.public_key()

    @pytest.mark.parametrize(
        ("content", "reported"),
        [
            (b"", "no private key in PEM"),
            (b"-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n", "no private key in PEM"),
            (pem(generate_private_key(65537, 2048)), "no Ed25519 key"),
            (pem(Ed25519PrivateKey.generate(), BestAvailableEncryption(b"hunter2")), "encrypted"),
        ],
    )
    def test_with_what_is_no_such_key_is_refused(self, content: bytes, reported: str, tmp_path: Path) -> None:
        (tmp_path / "key.pem").write_bytes(content)
        for given_key in (str(tmp_path / "key.pem"), content.decode()):
            if given_key:
                with pytest.raises(UsageError, match=reported) as refused:
                    signing.private_key(given_key)
                assert "hunter2" not in str(refused.value)

    def test_with_no_key_at_all_ends_the_run_before_it_begins(self, tmp_path: Path) -> None:
        ended = run(copied(tmp_path), f"--plan={PLAN}", STACKPROOF_SIGNING_KEY="/nowhere.pem")
        assert ended.returncode == 4
        assert "/nowhere.pem: No such file" in ended.stderr
        assert not (tmp_path / "reports").exists()


class TestDocumentation:
    """What docs/evidence.md has an auditor type."""

    COMMANDS = re.findall(r"```bash\n(.*?)```", (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8"), re.DOTALL)

    @staticmethod
    def typed(command: str, directory: Path) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["bash", "-c", command],
            cwd=directory,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "PUBLIC_KEY": "evidence/public.pem"},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def test_commands_accept_a_run_as_it_was_left(self, small: Path) -> None:
        assert len(self.COMMANDS) == 3
        for command in self.COMMANDS:
            ended = self.typed(command, small)
            assert ended.returncode == 0, ended.stdout + ended.stderr
        head = manifest.head((small / manifest.MANIFEST).read_text())
        assert self.typed(self.COMMANDS[1], small).stdout == f"head {head}\n"

    def test_commands_see_what_was_changed(self, copy: Path) -> None:
        path = copy / manifest.MANIFEST
        path.write_text(path.read_text().replace("results.json", "result5.json"))
        for command in self.COMMANDS:
            assert self.typed(command, copy).returncode != 0
