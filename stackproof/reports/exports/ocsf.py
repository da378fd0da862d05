"""OCSF 1.4.0 Compliance Findings (class 2003, profile cloud), for security lakes: every judgement, a finding a line of a JSON list.

https://schema.ocsf.io/1.4.0/classes/compliance_finding?profiles=cloud
"""

from collections.abc import Iterator, Mapping
from typing import Any

from stackproof.core.sentences import extent
from stackproof.core.verdicts import Verdict
from stackproof.reports.exports.rows import Row, as_lines, named_id, rows
from stackproof.reports.formats import Finished, Several

VERSION = "1.4.0"

_COMPLIANCE = {
    Verdict.PASS: (1, "Pass"),
    Verdict.FAIL: (3, "Fail"),
    Verdict.WAIVED: (3, "Fail"),
    Verdict.ERROR: (0, "Unknown"),
    Verdict.UNKNOWN: (0, "Unknown"),
    Verdict.NOT_APPLICABLE: (99, "Not Applicable"),
    Verdict.NOT_DECLARED: (99, "Not Declared"),
}
_STATUS = {Verdict.WAIVED: (3, "Suppressed"), Verdict.PASS: (4, "Resolved")}
_NEW = (1, "New")
_SEVERITIES = {"low": (2, "Low"), "medium": (3, "Medium"), "high": (4, "High"), "critical": (5, "Critical")}
_INFORMATIONAL = (1, "Informational")


def ocsf(finished: Finished) -> str:
    """The run as Compliance Findings. A waived finding stays a failure, and is suppressed."""
    return "".join(as_lines(_findings(finished)))


def of_all(several: Several) -> Iterator[str]:
    """Many runs as one list of Compliance Findings."""
    return as_lines(one for finished in several.each() for one in _findings(finished))


def _findings(finished: Finished) -> Iterator[dict[str, Any]]:
    said = extent(finished.run, finished.language)
    about = {"extent": said} if said else {}
    return (_finding(row, about) for row in rows(finished))


def _finding(row: Row, about: Mapping[str, str]) -> dict[str, Any]:
    run, control = row.run, row.control
    time = int(run.started.timestamp() * 1000)
    compliance_id, compliance = _COMPLIANCE[row.verdict]
    status_id, status = _STATUS.get(row.verdict, _NEW)
    severity_id, severity = _INFORMATIONAL if row.verdict is Verdict.PASS else _SEVERITIES[control.severity]
    return {
        "activity_id": 1,
        "activity_name": "Create",
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": 2003,
        "class_name": "Compliance Finding",
        "type_uid": 200301,
        "type_name": "Compliance Finding: Create",
        "time": time,
        "time_dt": run.started.isoformat(),
        "severity_id": severity_id,
        "severity": severity,
        "status_id": status_id,
        "status": status,
        "message": row.sentence,
        **({"status_detail": row.acceptance, "comment": row.acceptance} if row.acceptance else {}),
        "metadata": {
            "version": VERSION,
            "profiles": ["cloud", "datetime"],
            "uid": named_id("finding", run.id or run.started.isoformat(), row.id),
            "event_code": control.id,
            "product": {
                "name": "stackproof",
                "uid": "stackproof",
                "vendor_name": "stackproof",
                "version": run.versions.get("stackproof", "0"),
            },
        },
        "finding_info": {
            "uid": row.id,
            "title": row.title,
            "desc": row.why,
            "created_time": time,
            "created_time_dt": run.started.isoformat(),
            "types": [control.folder or "control"],
        },
        "compliance": {
            "control": control.id,
            "standards": sorted({framework for framework, _ in row.requirements}) or ["stackproof"],
            "requirements": [f"{framework} {id}" for framework, id in row.requirements],
            "status_id": compliance_id,
            "status": compliance,
            "status_code": row.verdict.value,
        },
        "remediation": {"desc": row.remedy or row.title},
        "resources": [_resource(row)],
        "cloud": {
            "provider": "AWS",
            "region": row.subject.region or run.region,
            "account": {"uid": row.subject.account or run.account, "type": "AWS Account", "type_id": 10},
        },
        "unmapped": {"environment": run.environment, "target": run.target, "verdict": row.verdict.value, "run": run.id, **about},
    }


def _resource(row: Row) -> dict[str, Any]:
    subject = row.subject
    resource: dict[str, Any] = {
        "uid": subject.arn or subject.address or subject.name,
        "name": row.examined.resource or subject.name,
        "type": subject.type or "Environment",
        "region": subject.region or row.run.region,
        "cloud_partition": partition(subject.arn),
    }
    if row.control.owner:
        resource["owner"] = {"name": row.control.owner}
    if subject.address or subject.file:
        resource["data"] = {"address": subject.address, "file": subject.file, "line": subject.line}
    return resource


def partition(arn: str) -> str:
    """The partition of an ARN; ``aws`` where there is none.

    >>> partition("arn:aws-cn:s3:::bucket"), partition("")
    ('aws-cn', 'aws')
    """
    return arn.split(":")[1] if arn.startswith("arn:") and arn.count(":") > 1 else "aws"
