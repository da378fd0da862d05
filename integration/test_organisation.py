"""Judging many accounts: each by its own session, in one process beside the others, each result in the store once."""

import io
import json
import tarfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from finished_runs import every_verdict
from organisation_cloud import NOT_ENABLED, Accounts, account_ids, serving

from proofs import harness
from stackproof.core.messages import LANGUAGES
from stackproof.core.results import Run
from stackproof.core.verdicts import CouldNotVerify, UsageError, Verdict
from stackproof.evidence import code, folders, recorded
from stackproof.organisation import accounts, discovery, judging, member, pages, results, tasks
from stackproof.organisation import plan as plans
from stackproof.organisation.accounts import GLOBAL, Discover, Limits, Member, Organisation
from stackproof.organisation.member import LONGEST_POLICY, Bounded, session_policies
from stackproof.organisation.plan import LeftOut, Plan, Task
from stackproof.organisation.store import CannotStore, Folder, opened
from stackproof.organisation.summary import Summary
from stackproof.plugin.suite import Selected, collected
from stackproof.redaction import redaction
from stackproof.sources.aws import permissions
from stackproof.sources.aws.calls import Answer, Call

IDS = account_ids(4)
FIRST, DENIED, THROTTLED, SECOND = IDS
REGION = "ap-northeast-2"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.fixture(scope="module")
def cloud() -> Iterator[tuple[str, Accounts]]:
    with serving(IDS, denies=DENIED, throttles=THROTTLED) as served:
        yield served


@pytest.fixture(autouse=True)
def _caller(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def controls() -> list[Selected]:
    return judging.on_aws(collected(harness.ROOT, "security", "SEC-SG or SEC-IAM-01 or SEC-EC2-01"))


def planned(
    endpoint: str,
    controls: Sequence[Selected],
    markers: str = "",
    keywords: str = "",
    ids: Sequence[str] = IDS,
    regions: tuple[str, ...] = (REGION, "us-east-1"),
) -> Plan:
    organisation = Organisation(
        name="Example",
        profile="production",
        regions=regions,
        external_id="example-1",
        limits=Limits(requests_per_second=1000),
        account=tuple(Member(id=id, name=f"account {id}", owner="a team") for id in ids),
    )
    every = accounts.resolved(organisation, organisation.account)
    by_task = judging.of_tasks(controls)
    return Plan(
        run=folders.new_id(datetime.now(UTC)),
        organisation=organisation.name,
        file="",
        accounts=every,
        left_out=(LeftOut("999999999999", "closed", "it is closed"),),
        profiles={"production": harness.profile("production").model_dump(mode="json", by_alias=True)},
        waivers="",
        markers=markers,
        keywords=keywords,
        controls=tuple(one.control.id for one in by_task[False]),
        once=tuple(one.control.id for one in by_task[True]),
        limits=organisation.limits,
        started=datetime.now(UTC),
        version="1",
        code=code.digest(harness.ROOT),
        endpoint=endpoint,
    )


def judge(plan: Plan, task: Task, controls: list[Selected], directory: Path) -> Run:
    of_this = judging.of_tasks(controls)[task.region == GLOBAL]
    directory.mkdir(parents=True)
    return judging.judged(plan, task, of_this, harness.profile("production"), harness.ROOT, directory)


def verdicts(run: Run) -> dict[str, Verdict]:
    return {control.id: control.verdict for control in run.controls}


def text_of(directory: Path) -> str:
    import gzip

    files = [path for path in directory.rglob("*") if path.is_file()]
    return "\n".join(
        (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode("utf-8", "replace")
        for path in files
    )


def test_two_accounts_in_one_process_at_once(cloud: tuple[str, Accounts], controls: list[Selected], tmp_path: Path) -> None:
    """Nothing of one is in what the other leaves, and each comes to what it comes to alone."""
    plan = planned(cloud[0], controls)
    of_both = [Task(id, region) for id, region in ((FIRST, REGION), (SECOND, REGION), (SECOND, GLOBAL))]
    together: dict[Task, Run] = {}
    begun = threading.Barrier(len(of_both))

    def run(task: Task) -> None:
        begun.wait()
        together[task] = judge(plan, task, controls, tmp_path / "together" / task.key)

    threads = [threading.Thread(target=run, args=[task]) for task in of_both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for task in of_both:
        alone = judge(plan, task, controls, tmp_path / "alone" / task.key)
        assert verdicts(together[task]) == verdicts(alone)
        assert [control.message for control in together[task].controls] == [control.message for control in alone.controls]
        assert together[task].calls == alone.calls
        left = text_of(tmp_path / "together" / task.key)
        other = SECOND if task.account == FIRST else FIRST
        assert task.account in left
        assert other not in left
        assert recorded.read(tmp_path / "together" / task.key).facts.account == task.account
    assert "0.0.0.0/0" in text_of(tmp_path / "together" / Task(FIRST, REGION).key)
    assert redaction.current_scope() is None


def test_the_role_is_assumed_with_the_generated_policy(
    cloud: tuple[str, Accounts], controls: list[Selected], tmp_path: Path
) -> None:
    plan = planned(cloud[0], controls)
    before = len(cloud[1].assumed)
    judge(plan, Task(SECOND, GLOBAL), controls, tmp_path / "run")
    asked = cloud[1].assumed[before:]
    assert {one["RoleArn"] for one in asked} == {f"arn:aws:iam::{SECOND}:role/stackproof-audit"}
    assert {one["ExternalId"] for one in asked} == {"example-1"}
    allowed = {action for one in asked for statement in json.loads(one["Policy"])["Statement"] for action in statement["Action"]}
    expected = {permissions.action_of(name) for one in judging.of_tasks(controls)[True] for name in judging.asked_by(one)}
    assert allowed == expected - {None}


def test_every_request_of_an_account_takes_its_turn(
    cloud: tuple[str, Accounts], controls: list[Selected], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit of an account is shared by its regions that are judged at once."""
    rates: list[float] = []
    taken: list[None] = []

    class Bucket:
        def __init__(self, rate: float) -> None:
            rates.append(rate)

        def take(self) -> None:
            taken.append(None)

    monkeypatch.setattr(member, "TokenBucket", Bucket)
    plan = replace(planned(cloud[0], controls), limits=Limits(requests_per_second=30, tasks_per_account=3))
    run = judge(plan, Task(FIRST, REGION), controls, tmp_path / "run")
    assert rates == [10]
    assert len(taken) >= sum(run.calls.values()) > 0


def test_session_policies_are_the_generated_one_in_parts() -> None:
    profile = accounts.of_member(harness.profile("production"), FIRST, REGION)
    every = permissions.needed(permissions.needs())
    policies = session_policies(every, profile)
    parts = [json.loads(policy) for policy in set(policies.values())]
    assert all(len(policy) <= LONGEST_POLICY for policy in policies.values())

    def pairs(documents: list[dict[str, Any]]) -> set[tuple[str, str]]:
        return {
            (action, resource)
            for document in documents
            for statement in document["Statement"]
            for action in statement["Action"]
            for resource in statement["Resource"]
        }

    assert pairs(parts) == pairs([permissions.policy(every, profile)])
    assert policies.keys() == {operation.partition(":")[0] for operation in every if permissions.action_of(operation)}


def test_a_task_is_done_once_and_says_why_it_was_not(
    cloud: tuple[str, Accounts], controls: list[Selected], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = planned(cloud[0], controls)
    by_task = judging.of_tasks(controls)
    warm = tasks.Warm(harness.ROOT, tuple(by_task[False]), tuple(by_task[True]), plan.code)
    monkeypatch.setattr(tasks, "_warm", lambda *_: warm)
    store = opened(str(tmp_path / "store"))
    plans.write(plan, store)

    def do(account: str, region: str) -> tasks.Done:
        return tasks.perform(store.url, None, plan.run, account, region)

    assert do(FIRST, REGION).state == "judged"
    kept = store.get(tasks.judged_key(plan.run, Task(FIRST, REGION)))
    assert do(FIRST, REGION).state == "judged"
    assert store.get(tasks.judged_key(plan.run, Task(FIRST, REGION))) == kept
    denied = do(DENIED, REGION)
    assert (denied.state, "role/stackproof-audit cannot be assumed (AccessDenied)" in denied.reason) == ("not judged", True)
    assert do(THROTTLED, REGION).state == "judged"
    monkeypatch.setattr(tasks, "_warm", lambda *_: tasks.Warm(harness.ROOT, (), (), "another"))
    assert "other code" in do(SECOND, REGION).reason

    found = Summary(plan)
    for task in plan.tasks:
        with results.of_task(plan, task, store) as (result, folder):
            assert bool(folder) == bool(result.run)
            found.add(result)
    assert (found.tasks, found.judged, found.exit_status) == (len(plan.tasks), 2, 1)
    assert found.accounts[DENIED].reasons[Task(DENIED, REGION)] == denied.reason
    assert found.accounts[SECOND].reasons[Task(SECOND, "us-east-1")] == results.NEVER_DONE


def test_a_region_that_is_not_enabled_is_said(cloud: tuple[str, Accounts], controls: list[Selected], tmp_path: Path) -> None:
    plan = planned(cloud[0], controls)
    with pytest.raises(UsageError, match=f"cannot tell which account this is.*{NOT_ENABLED}.*enable"):
        judge(plan, Task(FIRST, NOT_ENABLED), controls, tmp_path / "run")


@pytest.mark.parametrize("what", ["results.json", "evidence/run.json"])
def test_a_result_that_was_changed_is_not_judged(
    what: str, cloud: tuple[str, Accounts], controls: list[Selected], tmp_path: Path
) -> None:
    plan = planned(cloud[0], controls)
    task = Task(FIRST, GLOBAL)
    of_this = judging.of_tasks(controls)[True]
    _, archive = judging.packed(
        lambda directory: judging.judged(plan, task, of_this, harness.profile("production"), harness.ROOT, directory)
    )
    changed = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(archive)) as old, tarfile.open(fileobj=changed, mode="w:gz") as new:
        for member in old.getmembers():
            content = old.extractfile(member) if member.isfile() else None
            data = content.read() if content else b""
            data = data.replace(b"FAIL", b"PASS").replace(FIRST.encode(), SECOND.encode()) if member.name == what else data
            member.size = len(data)
            new.addfile(member, io.BytesIO(data))
    store = opened(str(tmp_path))
    store.put(tasks.judged_key(plan.run, task), changed.getvalue())
    store.put(tasks.judged_key(plan.run, Task(SECOND, GLOBAL)), archive)
    for one, said in ((task, "not as the worker left it"), (Task(SECOND, GLOBAL), f"it is about {FIRST}")):
        with results.of_task(plan, one, store) as (result, _):
            assert result.run is None
            assert said in result.reason


@pytest.mark.parametrize("kind", ["folder", "bucket"])
def test_a_store(kind: str, cloud: tuple[str, Accounts], tmp_path: Path) -> None:
    if kind == "bucket":
        import boto3

        boto3.client("s3", endpoint_url=cloud[0]).create_bucket(Bucket="results")
    store = opened("s3://results/of/all" if kind == "bucket" else str(tmp_path / "results"), cloud[0])
    assert store.get("runs/a/run.json") is None
    assert [*store.keys("runs/")] == []
    assert store.add("runs/a/run.json", b"first")
    assert not store.add("runs/a/run.json", b"second")
    assert store.get("runs/a/run.json") == b"first"
    store.put("runs/a/run.json", b"third")
    store.put("runs/b/run.json", b"b")
    assert store.get("runs/a/run.json") == b"third"
    assert [*store.keys("runs/")] == ["runs/a/run.json", "runs/b/run.json"]
    assert plans.runs(store) == ["a", "b"]


def test_a_store_that_cannot_be_written(cloud: tuple[str, Accounts], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotStore, match="go on with --resume"):
        Folder(str(tmp_path / "file")).add("a", b"")
    with pytest.raises(CannotStore, match="NoSuchBucket"):
        opened("s3://there-is-none/x", cloud[0]).put("a", b"")
    for url in ("http://x", "s3://"):
        with pytest.raises(UsageError, match="--store"):
            opened(url)


def test_accounts_are_discovered_and_what_is_left_out_is_told(cloud: tuple[str, Accounts]) -> None:
    import boto3

    client = boto3.client("organizations", endpoint_url=cloud[0], region_name="us-east-1")
    client.create_organization(FeatureSet="ALL")
    root = client.list_roots()["Roots"][0]["Id"]
    unit = client.create_organizational_unit(ParentId=root, Name="workloads")["OrganizationalUnit"]["Id"]
    below = client.create_organizational_unit(ParentId=unit, Name="payments")["OrganizationalUnit"]["Id"]
    ids = {}
    for name in ("in", "untagged", "elsewhere", "excepted", "listed"):
        made = client.create_account(AccountName=name, Email=f"{name}@example.com")["CreateAccountStatus"]
        ids[name] = made["AccountId"]
        if name != "elsewhere":
            client.move_account(AccountId=ids[name], SourceParentId=root, DestinationParentId=below)
    client.tag_resource(ResourceId=ids["in"], Tags=[{"Key": "audit", "Value": "yes"}, {"Key": "Owner", "Value": "payments"}])
    asked = Discover.model_validate(
        {
            "ous": (unit,),
            "tags": {"audit": "yes"},
            "except": ({"id": ids["excepted"], "reason": "It is closed at the end of the year."},),
        }
    )
    found, left = discovery.discovered(asked, (Member(id=ids["listed"], name="listed"),), cloud[0])
    assert found == (Member(id=ids["in"], name="in", owner="payments"),)
    reasons = {one.id: one.reason for one in left}
    assert reasons[ids["untagged"]] == "its tag audit is missing, not yes"
    assert reasons[ids["elsewhere"]] == f"it is in none of the organisational units {unit}"
    assert reasons[ids["excepted"]] == "It is closed at the end of the year."
    assert ids["listed"] not in reasons


def test_who_may_not_ask_for_accounts_is_told(closed_port: int) -> None:
    with pytest.raises(CouldNotVerify, match=r"\[discover\]: .*; run with credentials of the management account"):
        discovery.discovered(Discover(), (), f"http://127.0.0.1:{closed_port}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "missing key profile"),
        ('profile = "production"\nregions = ["eu-west-1"]', "there is no [[account]] and no [discover]"),
        ('profile = "production"\nregions = ["eu-west-1"]\n[[account]]\nid = "1"\nname = "a"', "account.0.id: "),
        (
            'profile = "production"\nregions = ["eu-west-1"]\n[[account]]\nid = "111111111111"\nname = "a"\nnmae = 1',
            "unknown key account.0.nmae",
        ),
        ('profile = "production"\nregions = ["eu-west-1", "eu-west-1"]\n[discover]', "a region stands twice"),
        ("[", "not TOML"),
    ],
)
def test_a_bad_file_is_one_message(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "accounts.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as raised:
        accounts.read(path)
    assert str(raised.value).startswith(f"{path}: ")
    assert said in str(raised.value)


def test_a_transport_whose_time_is_over_asks_nothing() -> None:
    class Never:
        def send(self, call: Call, absent: tuple[str, ...]) -> Answer:
            raise AssertionError

    answer = Bounded(Never(), -1).send(Call.of("ec2:DescribeVpcs", REGION))  # type: ignore[arg-type]
    with pytest.raises(CouldNotVerify, match="was not asked: the task has taken more than"):
        _ = answer.pages


def test_pages_run_nothing_and_escape_everything(cloud: tuple[str, Accounts], controls: list[Selected]) -> None:
    plan = planned(cloud[0], controls)
    bad = "<script>alert(1)</script>\u202e"
    found = Summary(plan)
    task = Task(FIRST, REGION)
    account = plan.account(FIRST).model_copy(update={"name": bad, "owner": bad})
    result = results.Result(task, account, None, bad)
    found.add(result)
    for language in LANGUAGES:
        for page in (pages.overview(found, language), pages.of_task(result, language)):
            assert "default-src 'none'" in page
            assert f'<html lang="{language}">' in page
            assert "<script" not in page
            assert "\u202e" not in page
            assert "&lt;script&gt;" in page


def test_the_page_of_what_was_judged_is_the_report_that_every_run_has(
    cloud: tuple[str, Accounts], controls: list[Selected]
) -> None:
    plan = planned(cloud[0], controls)
    found = results.Result(Task(FIRST, REGION), plan.account(FIRST), every_verdict().run)
    for language in LANGUAGES:
        text = pages.of_task(found, language)
        assert '<section id="wrong"' in text
        assert f'href="../../../{pages.file_name("index", language)}"' in text
        assert {"en": 'href="report.ko.html"', "ko": 'href="report.html"'}[language] in text
        assert "calls/rds.json.gz" not in text, "evidence lies in the store"


def test_every_text_of_the_pages_is_in_both_languages() -> None:
    assert all({*words} == {*LANGUAGES} for words in pages._words().values())
