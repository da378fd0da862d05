"""Finished runs made of judgements, for the documents that are made of runs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from stackproof.core import results_file
from stackproof.core.results import (
    ControlResult,
    Examined,
    Finding,
    Operator,
    Reason,
    Requirement,
    Run,
    Subject,
    WaiverState,
    WaiverUse,
)
from stackproof.core.verdicts import Verdict, worst
from stackproof.evidence import manifest
from stackproof.reports.formats import Finished, Several

ACCOUNT, REGION = "123456789012", "ap-northeast-2"

NASTY = '=HYPERLINK("x")\n::error::\r\t<script>&\u202e 한글 \U0001f600 100% , ; \' " \\ \x07'
"""A text from outside with what some format gives a meaning."""

WAIVER = WaiverUse(
    1, ("POL-01",), "CKV_AWS_144", "aws_s3_bucket.app", "one region is enough for it", "devops", "SEC-7", date(2027, 5, 31), 184,
    WaiverState.USED, 1,
)  # fmt: skip


def subject(name: str, line: int = 48) -> Subject:
    """A database that Terraform sources declare."""
    arn = f"arn:aws:rds:{REGION}:{ACCOUNT}:db:{name}"
    file = "infrastructure/terraform/database.tf"
    return Subject("DatabaseInstance", name, arn, ACCOUNT, REGION, "aws_db_instance.main", file, line)


def examined(name: str, verdict: Verdict) -> Examined:
    """A judgement of a database."""
    if verdict is Verdict.PASS:
        return Examined(name, verdict, subject=subject(name))
    found = Finding(Reason.STATEMENT, "publicly_accessible", Operator.IS_FALSE, "", "true", evidence=("calls/rds.json.gz",))
    waiver = 1 if verdict is Verdict.WAIVED else 0
    return Examined(name, verdict, "assert not True", subject=subject(name), finding=found, waiver=waiver)


def control(
    id: str, verdicts: Iterable[Verdict], *, severity: str = "critical", resources: Sequence[Examined] = ()
) -> ControlResult:
    """A control that has judged a resource for each verdict, or these."""
    verdicts = [*verdicts]
    seen = tuple(resources or (examined(f"db-{number}", verdict) for number, verdict in enumerate(verdicts)))
    verdict = worst(verdicts)
    return ControlResult(
        id, "The database is not publicly accessible", "데이터베이스가 외부에 공개되지 않는다", severity, verdict,
        "" if verdict is Verdict.PASS else "assert not True", 0.1, "tests/security/test_database.py::test_it", seen, (), "security",
        "Security checklist 1", "Anybody may try.", "누구나 시도할 수 있다.", "Turn it off.", "끈다.",
        "aws_db_instance: publicly_accessible = false", "aws rds modify-db-instance --no-publicly-accessible", "RDS > Databases", "data",
        (Requirement("cis", "3.2.3", "partly", "the stack", "스택"), Requirement("nist_800_53", "AC-2(3)", "partly", "a part", "일부")),
    )  # fmt: skip


def finished(*controls: ControlResult, target: str = "aws", language: str = "en", **changes: object) -> Finished:
    """A run that has judged these controls."""
    run = Run(
        datetime(2026, 11, 28, 12, tzinfo=UTC), 1.5, "production", target, ACCOUNT, REGION, {"stackproof": "0.1.0"},
        {"rds:DescribeDBInstances": 1}, id="20261128T120000Z-1f0c2a", commit="6f1f57b" * 5, caller=f"arn:aws:iam::{ACCOUNT}:role/ci",
        selected=tuple(one.id for one in controls), unknown_closes=("critical", "high"), waivers=(WAIVER,), controls=controls,
    )  # fmt: skip
    return Finished(replace(run, **changes), "ko" if language == "ko" else "en", head="a" * 64)  # type: ignore[arg-type]


def every_verdict(**changes: object) -> Finished:
    """A run with a control for each verdict, and one that was selected and not judged."""
    controls = [control(f"SEC-RDS-{number:02}", [verdict, Verdict.PASS]) for number, verdict in enumerate(Verdict)]
    return finished(*controls, **{"not_judged": ("SEC-S3-01",), "not_selected": ("SEC-S3-02",), **changes})  # type: ignore[arg-type]


def nasty() -> Finished:
    """A run whose names and messages come from somebody who wishes harm."""
    found = Finding(Reason.STATEMENT, NASTY, Operator.EQUALS, NASTY, NASTY)
    who = Subject("Bucket", NASTY, NASTY, "", "", NASTY, "a folder/ü&#.tf", 0)
    whole = Examined("", Verdict.ERROR, NASTY, finding=replace(found, reason=Reason.ACCESS_DENIED))
    seen = (Examined(NASTY, Verdict.FAIL, NASTY, subject=who, finding=found), Examined("x" * 5000, Verdict.WAIVED, NASTY), whole)
    one = replace(control("SEC-S3-01", [Verdict.FAIL], resources=seen), message=NASTY, owner=NASTY)
    bare = replace(
        control("SEC-S3-02", [Verdict.ERROR], resources=(whole,)), title="", title_ko="", why="", remedy="", cli="", terraform=""
    )
    return finished(one, bare, notes=(NASTY,), aborted=NASTY, environment="production")


def scanned() -> Finished:
    """A run with a finding of a scanner that is accepted."""
    accepted = Examined("CKV_AWS_144 aws_s3_bucket.app", Verdict.WAIVED, "waived", subject=subject("app", 12), waiver=1)
    return finished(control("POL-01", [Verdict.WAIVED], resources=(accepted,)))


def signed_run(folder: Path) -> tuple[Finished, Ed25519PrivateKey]:
    """A run in its folder with a manifest, and the key that signed that."""
    key = Ed25519PrivateKey.generate()
    one = every_verdict()
    (folder / manifest.FOLDER).mkdir()
    (folder / "results.json").write_text(results_file.to_json(one.run), encoding="utf-8")
    (folder / manifest.FOLDER / "run.json").write_text("{}", encoding="utf-8")
    text = manifest.written(folder, manifest.covered(folder))
    (folder / manifest.MANIFEST).write_text(text, encoding="utf-8")
    (folder / manifest.SIGNATURE).write_bytes(key.sign(text.encode()))
    return Finished(one.run, directory=folder), key


def as_pem(key: Ed25519PrivateKey) -> str:
    """A key as `STACKPROOF_SIGNING_KEY` may hold it."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


SAMPLES: Mapping[str, Finished] = {
    "every verdict": every_verdict(),
    "in Korean": every_verdict(language="ko"),
    "a plan": every_verdict(target="plan"),
    "nasty": nasty(),
    "scanned": scanned(),
    "green": finished(control("SEC-RDS-01", [Verdict.PASS])),
    "nothing judged": finished(aborted="the credentials have expired", not_judged=("SEC-RDS-01",)),
}


def several(*each: Finished) -> Several:
    """Runs as those of an organisation, each of an account of its own."""

    def scoped() -> Iterator[Finished]:
        for number, one in enumerate(each):
            account, region = f"{number:012}", f"eu-west-{number % 3 + 1}"
            run = replace(one.run, id="20261128T120000000Z-1f0c2a", account=account, region=region)
            yield replace(one, run=run, scope=(account, region))

    return Several(
        "Example: 7 accounts and regions", "20261128T120000000Z-1f0c2a", datetime(2026, 11, 28, tzinfo=UTC), "0.1.0", scoped
    )


NOT_JUDGED = finished(aborted="arn:aws:iam::333333333333:role/audit cannot be assumed", not_judged=("SEC-RDS-01",))
"""An account of an organisation that denies."""
