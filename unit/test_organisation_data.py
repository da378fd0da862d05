"""The data set answers what the documentation says that it answers, and knows what has changed."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

pytest.importorskip("duckdb", reason="of the extra organisation")
pytest.importorskip("pyarrow", reason="of the extra organisation")

import duckdb

from proofs import harness
from stackproof.core.results import ControlResult, Examined, Finding, Operator, Reading, Reason, Run, Subject
from stackproof.core.verdicts import Verdict
from stackproof.organisation.accounts import Account
from stackproof.organisation.dataset import Dataset
from stackproof.organisation.plan import Task
from stackproof.organisation.results import Result
from stackproof.organisation.summary import Change, compared

GUIDE = (harness.ROOT / "docs" / "organisation.md").read_text(encoding="utf-8")
QUERIES = dict(re.findall(r"^([A-Z][^\n]*\?)\n\n```sql\n(.*?)```", GUIDE, re.MULTILINE | re.DOTALL))
BEFORE, AFTER = "20261127T000000Z-aaaaaa", "20261128T000000Z-bbbbbb"
MOMENT = datetime(2026, 11, 28, tzinfo=UTC)


def account(number: int) -> Account:
    id = str(number) * 12
    return Account(
        id=id, name=f"account {number}", owner=f"team {number}", regions=("eu-west-1",), profile="p", role="r", external_id=None
    )


def result(number: int, *verdicts: tuple[str, str, Verdict]) -> Result:
    """An account whose controls have these severities and verdicts; none of any is one that was not judged."""
    of = account(number)
    task = Task(of.id, "eu-west-1")
    if not verdicts:
        return Result(task, of, None, "arn:aws:iam::333333333333:role/r cannot be assumed")
    finding = Finding(Reason.STATEMENT, "publicly_accessible", Operator.IS_FALSE, actual="true")
    subject = Subject("DatabaseInstance", "db", "arn:aws:rds:eu-west-1:111111111111:db:db")
    controls = tuple(
        ControlResult(
            id=id,
            title=f"title of {id}",
            title_ko="",
            severity=severity,
            verdict=verdict,
            message="it is public",
            seconds=0.1,
            test="",
            resources=(Examined("db \ud800", verdict, "it is public", subject, finding),),
            read=(Reading("DatabaseInstance db", "publicly_accessible", "true", "rds:DescribeDBInstances eu-west-1"),),
        )
        for id, severity, verdict in verdicts
    )
    run = Run(MOMENT, 1.5, "production", "aws", of.id, "eu-west-1", {}, {"rds:DescribeDBInstances": 2}, controls=controls)
    return Result(task, of, run)


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a report, with a store of two runs."""
    runs = {
        BEFORE: [result(1, ("SEC-RDS-01", "critical", Verdict.PASS)), result(2, ("SEC-RDS-01", "critical", Verdict.FAIL))],
        AFTER: [
            result(1, ("SEC-RDS-01", "critical", Verdict.FAIL), ("SEC-S3-01", "high", Verdict.WAIVED)),
            result(2, ("SEC-RDS-01", "critical", Verdict.PASS)),
            result(3),
        ],
    }
    for run, found in runs.items():
        for folder in (tmp_path / "store" / "runs" / run / "data", tmp_path / "data"):
            with Dataset(folder, run) as data:
                for one in found:
                    data.add(one)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_there_are_ten() -> None:
    assert len(QUERIES) == 10


@pytest.mark.parametrize("question", QUERIES)
def test_a_query_of_the_guide(question: str, report: Path) -> None:
    with duckdb.connect() as connection:
        assert connection.execute(QUERIES[question]).fetchall()


def test_what_has_changed(report: Path) -> None:
    before, after = (report / "store" / "runs" / run / "data" for run in (BEFORE, AFTER))
    found = compared(
        BEFORE,
        before / "findings.parquet",
        after / "findings.parquet",
        [account(number).id for number in (1, 2, 3)],
        before / "tasks.parquet",
    )
    assert found.worse == (Change("1" * 12, "eu-west-1", "SEC-RDS-01", "PASS", "FAIL"),)
    assert found.better == (Change("2" * 12, "eu-west-1", "SEC-RDS-01", "FAIL", "PASS"),)
    assert found.others == (Change("1" * 12, "eu-west-1", "SEC-S3-01", "none", "WAIVED"),)
    assert (found.new_accounts, found.gone_accounts) == (("3" * 12,), ())
