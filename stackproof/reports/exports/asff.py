"""AWS Security Finding Format: batches of 100, as BatchImportFindings of Security Hub takes them. They are printed, and not sent.

``stackproof report RUN --format asff | jq -c '.[]'`` gives a batch a line, for ``aws securityhub batch-import-findings --cli-input-json``.
Security Hub holds what is true of an account, so a pass that is none on live AWS is told as not available.
https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format-syntax.html
"""

from collections.abc import Iterator, Mapping
from typing import Any

from stackproof.core.sentences import extent
from stackproof.core.verdicts import UsageError, Verdict
from stackproof.frameworks.coverage import is_live
from stackproof.reports.exports.ocsf import partition
from stackproof.reports.exports.rows import Row, as_lines, rows, shortened
from stackproof.reports.formats import Finished, Several

BATCH = 100
"""Findings that Security Hub takes at once."""

_COMPLIANCE = {
    Verdict.PASS: "PASSED",
    Verdict.FAIL: "FAILED",
    Verdict.WAIVED: "FAILED",
    Verdict.ERROR: "NOT_AVAILABLE",
    Verdict.UNKNOWN: "NOT_AVAILABLE",
    Verdict.NOT_APPLICABLE: "NOT_AVAILABLE",
    Verdict.NOT_DECLARED: "NOT_AVAILABLE",
}


def asff(finished: Finished) -> str:
    """The run as a list of requests, one a line. Raises `UsageError` for a run without an account."""
    return "".join(as_lines(_batches(finished)))


def of_all(several: Several) -> Iterator[str]:
    """Many runs as one list of requests, each about one account and region: it is imported there, or by its administrator."""
    return as_lines(batch for finished in several.each() for batch in _batches(finished))


def _batches(finished: Finished) -> Iterator[dict[str, Any]]:
    run = finished.run
    if not run.account:
        raise UsageError(f"asff: a run on {run.target} has no account, and findings of Security Hub belong to one")
    said = shortened(extent(run, finished.language), 1024)
    about = {"stackproof/extent": said} if said else {}
    findings = [_finding(row, about) for row in rows(finished)]
    return ({"Findings": findings[start : start + BATCH]} for start in range(0, len(findings), BATCH))


def _finding(row: Row, about: Mapping[str, str]) -> dict[str, Any]:
    run, control = row.run, row.control
    region = row.subject.region or run.region
    time = run.started.strftime("%Y-%m-%dT%H:%M:%S.%fZ")[:23] + "Z"
    product = f"arn:{partition(row.subject.arn)}:securityhub:{region}:{run.account}:product/{run.account}/default"
    requirements = [f"{framework}/{id}" for framework, id in row.requirements]
    is_passed = row.verdict is Verdict.PASS and is_live(run)
    finding: dict[str, Any] = {
        "SchemaVersion": "2018-10-08",
        "Id": f"{run.environment}/{run.target}/{control.id}/{row.id}",
        "ProductArn": product,
        "ProductName": "stackproof",
        "CompanyName": "stackproof",
        "Region": region,
        "GeneratorId": f"stackproof/{control.id}",
        "AwsAccountId": run.account,
        "Types": ["Software and Configuration Checks/AWS Security Best Practices"],
        "CreatedAt": time,
        "UpdatedAt": time,
        "Severity": {"Label": "INFORMATIONAL" if is_passed else control.severity.upper(), "Original": control.severity},
        "Title": shortened(f"{control.id} {row.title}", 256),
        "Description": shortened(row.sentence, 1024),
        "Remediation": {"Recommendation": {"Text": shortened(row.remedy or row.title, 512)}},
        "ProductFields": {
            "stackproof/verdict": row.verdict.value,
            "stackproof/environment": run.environment,
            "stackproof/target": run.target,
            "stackproof/run": run.id or time,
            **about,
        },
        "Resources": [_resource(row, region)],
        "Compliance": {
            "Status": "NOT_AVAILABLE" if row.verdict is Verdict.PASS and not is_passed else _COMPLIANCE[row.verdict],
            "SecurityControlId": control.id,
            **({"RelatedRequirements": requirements[:32]} if requirements else {}),
        },
        "Workflow": {"Status": "SUPPRESSED" if row.verdict is Verdict.WAIVED else "RESOLVED" if is_passed else "NEW"},
        "RecordState": "ACTIVE",
    }
    if row.acceptance:
        finding["Note"] = {"Text": shortened(row.acceptance, 512), "UpdatedBy": "stackproof", "UpdatedAt": time}
    return finding


def _resource(row: Row, region: str) -> dict[str, Any]:
    subject = row.subject
    name = subject.arn or subject.address or row.examined.resource or f"AWS::::Account:{row.run.account}"
    details = {"name": subject.name, "address": subject.address, "file": subject.file}
    told = {key: shortened(value, 1024) for key, value in details.items() if value}
    return {
        "Type": "Other",
        "Id": shortened(name, 512),
        "Partition": partition(subject.arn),
        "Region": region,
        "Details": {"Other": {**told, "type": subject.type or "Environment"}},
    }
