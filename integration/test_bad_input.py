"""Broken input ends in one message, and never in a pass: a fuzzer over profiles, waivers, plans, evidence and manifests.

The cases are the same in every run. ``STACKPROOF_ATTACK`` says how many each boundary gets; ``make attack`` tries many.
"""

import contextlib
import copy
import datetime
import gzip
import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attack_figures import PROPERTY
from evidence_runs import ROOT, seal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plan_documents import Planned, document

from proofs import harness
from proofs.junk import JUNK, places
from stackproof.core import controls, waivers
from stackproof.core.results import Examined
from stackproof.core.verdicts import CouldNotVerify, UsageError, Verdict
from stackproof.evidence import manifest, recorded, verification
from stackproof.organisation import accounts
from stackproof.profile.loading import load
from stackproof.resources.documents import policy_document
from stackproof.sources.aws.calls import Answer, Call
from stackproof.sources.plan.document import Plan
from stackproof.sources.replay import Recorded, to_entry
from stackproof.targets.request import read_plan, resolve
from stackproof.util import json_document

CASES = int(os.environ.get("STACKPROOF_ATTACK", "60"))
bounded = settings(
    max_examples=CASES, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck), print_blob=False
)
GREEN = (Verdict.PASS, Verdict.WAIVED)

HUGE, INFINITE, DEEP, TWICE = "@huge@", "@infinite@", "@deep@", "@twice@"
WRITTEN = {
    f'"{HUGE}"': "9" * 5000,
    f'"{INFINITE}"': "1e999",
    f'"{DEEP}"': "[" * 3000 + "]" * 3000,
    f'"{TWICE}"': '{"a": 1, "a": 2}',
}
"""What JSON has in the place of some junk, which Python's own writer cannot write."""
BROKEN: tuple[Any, ...] = (None, *JUNK, "\x00", "\ud800", *WRITTEN)
TOML_JUNK = (
    "1e999",
    "nan",
    "-inf",
    "9" * 5000,
    "-1",
    "0",
    "[" * 2000 + "]" * 2000,
    "[]",
    "{}",
    "[{}]",
    '""',
    '"\\u0000"',
    "true",
    "0001-01-01",
)
BYTES = (b"\xff", b"\x00", b"\xef\xbb\xbf", b"{", b"]", b'"', b"\n", b"\r", b"null", b"1e999", b"\xed\xa0\x80", b"\\", b"[" * 500)

BASE_PLAN = document(
    Planned("aws_db_instance.main", {"identifier": "triflow-ai-production-db", "publicly_accessible": True}),
    Planned("aws_s3_bucket.app", {"bucket": "triflow-ai-prod"}),
)
DATABASES = Call.of("rds:DescribeDBInstances", "ap-northeast-2")
BASE_ANSWER = to_entry(
    Recorded(DATABASES, [{"DBInstances": [{"DBInstanceIdentifier": "triflow-ai-production-db", "PubliclyAccessible": True}]}])
)
WAIVER = """[[waiver]]
control = "SEC-RDS-01"
resource = "another-db"
reason = "It is a database of another team, and judged there."
owner = "devops"
ticket = "T-1"
expires = 2027-05-31
environments = ["local"]
targets = ["plan"]
"""
ORGANISATION = """name = "example"
profile = "production"
regions = ["ap-northeast-2", "us-east-1"]
role = "audit/stackproof"
external_id = "stackproof:1"
[limits]
accounts = 20
tasks_per_account = 2
requests_per_second = 20
task_seconds = 900
lost_workers = 3
[discover]
ous = ["ou-ab12-11111111"]
tags = { stackproof = "yes" }
owner_tag = "Owner"
except = [{ id = "333333333333", reason = "It is closed at the end of the year." }]
[[account]]
id = "111111111111"
name = "payments"
owner = "payments"
profile = "environments/staging.toml"
regions = ["us-east-1"]
role = "audit"
external_id = "another"
[[account]]
id = "222222222222"
name = "search"
"""
PUBLIC = ("publicly_accessible", "PubliclyAccessible")
"""The field that makes the stack wrong. What says nothing about it may be judged by AWS's own default."""


class Tally:
    """Counts of how the cases of one boundary ended."""

    def __init__(self) -> None:
        self.ended: Counter[str] = Counter()

    def attempt(self, judge: Callable[[], Verdict | None]) -> None:
        """One case. A `UsageError` of one or a few lines is how bad input ends; anything else that is raised fails the test."""
        try:
            verdict = judge()
        except UsageError as error:
            verdict, said = None, str(error).strip()
        else:
            said = ""
        self.ended["refused" if said else str(verdict or "accepted")] += 1
        assert verdict not in GREEN
        assert len(said) < 100_000


@pytest.fixture
def tally(record_property: Callable[[str, object], None]) -> Iterator[Tally]:
    counts = Tally()
    yield counts
    record_property(PROPERTY, dict(counts.ended))


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as made:
        shutil.copytree(ROOT / "environments", Path(made) / "environments")
        yield Path(made)


@st.composite
def broken_json(draw: st.DrawFn, base: Any) -> bytes:
    """JSON with values replaced, removed and wrapped, or its bytes cut and changed."""
    data = copy.deepcopy(base)
    for _ in range(draw(st.integers(0, 3))):
        *way, last = draw(st.sampled_from([*places(data)]))
        holder = data
        for step in way:
            holder = holder[step]
        junk = draw(st.sampled_from([one for one in BROKEN if last not in PUBLIC or one is not None]))
        what = draw(st.sampled_from(("replace", "replace", "wrap", *(["remove"] if last not in PUBLIC else []))))
        if what == "remove":
            del holder[last]
        else:
            holder[last] = [holder[last]] if what == "wrap" else copy.deepcopy(junk)
        if not [*places(data)]:
            break
    text = json.dumps(data)
    for mark, written in WRITTEN.items():
        text = text.replace(mark, written)
    content = text.encode()
    return draw(broken_bytes(content)) if draw(st.integers(0, 4)) == 0 else content


@st.composite
def broken_bytes(draw: st.DrawFn, content: bytes) -> bytes:
    """Content that was cut, or into which bytes were put."""
    place = draw(st.integers(0, len(content)))
    if draw(st.booleans()):
        return content[:place]
    junk = draw(st.sampled_from(BYTES))
    return content[:place] + junk + content[place + draw(st.integers(0, 3)) :]


@st.composite
def broken_toml(draw: st.DrawFn, base: str) -> bytes:
    """TOML with values replaced, lines removed, repeated and moved, or its bytes changed."""
    lines = base.splitlines()
    for _ in range(draw(st.sampled_from((1, 1, 1, 2)))):
        number = draw(st.integers(0, len(lines) - 1))
        key, sign, _ = lines[number].partition("=")
        what = draw(st.sampled_from(("value", "value", "value", "remove", "repeat", "key")))
        if what == "value" and sign:
            lines[number] = f"{key}= {draw(st.sampled_from(TOML_JUNK))}"
        elif what == "remove" and len(lines) > 1:
            del lines[number]
        elif what == "key":
            lines[number] = draw(
                st.sampled_from(("x = 1", "[x]", "[[x]]", "a.b.c = 1", f"{'a.' * 300}b = 1", '"" = 1', "name = 1"))
            )
        else:
            lines.insert(draw(st.integers(0, len(lines))), lines[number])
    content = ("\n".join(lines) + "\n").encode()
    return draw(broken_bytes(content)) if draw(st.integers(0, 4)) == 0 else content


def wrong_plan() -> harness.PlanStage:
    return harness.PlanStage(Plan(copy.deepcopy(BASE_PLAN), "plan.json"), harness.profile())


def test_what_is_not_broken_fails() -> None:
    """Else nothing below would show a wrong green."""
    assert harness.judged("SEC-RDS-01", wrong_plan()).verdict is Verdict.FAIL


def test_of_a_profile(tally: Tally, folder: Path) -> None:
    path = folder / "environments" / "broken.toml"
    base = (ROOT / "environments" / "production.toml").read_text(encoding="utf-8")

    @bounded
    @given(broken_toml(base))
    def attack(content: bytes) -> None:
        path.write_bytes(content)

        def judge() -> Verdict | None:
            expected = load(str(path), folder / "environments")
            return harness.judged("SEC-RDS-01", harness.PlanStage(Plan(copy.deepcopy(BASE_PLAN), "plan.json"), expected)).verdict

        tally.attempt(judge)

    attack()


def test_of_waivers(tally: Tally, folder: Path) -> None:
    path = folder / "waivers.toml"
    found = [Examined("triflow-ai-production-db", Verdict.FAIL, "it is public")]

    @bounded
    @given(broken_toml(WAIVER))
    def attack(content: bytes) -> None:
        path.write_bytes(content)

        def judge() -> Verdict | None:
            accepted = waivers.of_run(folder, "local", "plan").apply_waivers(
                "SEC-RDS-01", datetime.date(2026, 11, 28), found, True
            )
            return next(iter(accepted)).verdict

        tally.attempt(judge)

    attack()


def test_of_an_organisation(tally: Tally, folder: Path) -> None:
    path = folder / "accounts.toml"

    @bounded
    @given(broken_toml(ORGANISATION))
    def attack(content: bytes) -> None:
        path.write_bytes(content)

        def judge() -> Verdict | None:
            organisation = accounts.read(path)
            for account in accounts.resolved(organisation, organisation.account):
                expected = accounts.profiles([account], path)[account.profile]
                for region in account.regions:
                    accounts.of_member(expected, account.id, region)
            return None

        tally.attempt(judge)

    attack()


def test_of_rows_of_controls(tally: Tally, folder: Path) -> None:
    path = folder / controls.ROWS
    base = (ROOT / "tests" / "security" / controls.ROWS).read_text(encoding="utf-8").partition("\n[")[0]

    @bounded
    @given(broken_toml(base))
    def attack(content: bytes) -> None:
        path.write_bytes(content)

        def judge() -> Verdict | None:
            controls.rows.__wrapped__(folder)
            return None

        tally.attempt(judge)

    attack()


def test_of_a_plan(tally: Tally, folder: Path) -> None:
    path = folder / "plan.json"

    @bounded
    @given(broken_json(BASE_PLAN))
    def attack(content: bytes) -> None:
        path.write_bytes(content)
        tally.attempt(lambda: harness.judged("SEC-RDS-01", harness.PlanStage(read_plan(path), harness.profile())).verdict)

    attack()


def sealed(folder: Path, name: str) -> Path:
    directory = folder / name
    seal(directory, [Answer(DATABASES, BASE_ANSWER["pages"])])
    return directory


@pytest.mark.parametrize("name", [DATABASES.evidence, "run.json", "environment.json", "../results.json"])
def test_of_evidence(name: str, tally: Tally, tmp_path: Path) -> None:
    directory = sealed(tmp_path, "run")
    path = directory / "evidence" / name
    is_packed = name.endswith(".gz")
    base = BASE_ANSWER if is_packed else json.loads(path.read_text())

    @settings(bounded, max_examples=CASES if is_packed else max(1, CASES // 3))
    @given(broken_json(base))
    def attack(content: bytes) -> None:
        path.write_bytes(gzip.compress(content, 1) if is_packed else content)
        recorded.seal(directory, None)

        def judge() -> Verdict | None:
            request = resolve(ROOT, evidence=str(directory))
            assert request.recorded
            if not is_packed:
                return None
            return harness.judged("SEC-RDS-01", harness.CloudStage(request.recorded.recording, harness.profile())).verdict

        tally.attempt(judge)

    attack()


def test_of_a_manifest(tally: Tally, tmp_path: Path) -> None:
    directory = sealed(tmp_path, "run")
    path = directory / manifest.MANIFEST
    base = path.read_bytes()

    @bounded
    @given(broken_bytes(base))
    def attack(content: bytes) -> None:
        path.write_bytes(content)

        def judge() -> Verdict | None:
            found = verification.problems(directory)
            assert found or content == base
            if found:
                raise UsageError("\n".join(map(str, found)))
            return None

        tally.attempt(judge)

    attack()


def test_of_any_bytes(tally: Tally) -> None:
    @bounded
    @given(st.binary())
    def attack(content: bytes) -> None:
        def judge() -> Verdict | None:
            for read in (json_document.loads, waivers.parse):
                with contextlib.suppress(ValueError, UsageError):
                    read(content)
            return None

        tally.attempt(judge)

    attack()


@pytest.mark.parametrize("text", ['{"Statement": [1], "Statement": []}', "[" * 5000, '{"a": 1e999}', "null", "[]", ""])
def test_of_a_policy_is_an_error(text: str) -> None:
    """A key that is there twice may hide a statement."""
    with pytest.raises(CouldNotVerify, match=r"the policy is not (a )?JSON"):
        policy_document(text, "iam:GetRolePolicy")
