"""File systems of Amazon EFS."""

import json
from collections.abc import Mapping

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import Edit, absent, adds, fails, omits, planned, says, unknown, with_resource, without
from proofs.serverless.policies import closed_and_open
from stackproof.core.verdicts import AccessDenied

SYSTEMS, POLICY, BACKUPS, POINTS = (
    "efs:DescribeFileSystems",
    "efs:DescribeFileSystemPolicy",
    "efs:DescribeBackupPolicy",
    "efs:DescribeAccessPoints",
)
NAME = "triflow-ai-production-files"
STACK = "module.efs_file_system"
MAIN, BESIDE, POINT = (f"{STACK}.aws_efs_{kind}.main" for kind in ("file_system", "file_system_policy", "access_point"))
ALLOW = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "elasticfilesystem:ClientMount"}
DENY = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
VIA_MOUNT_TARGET = "elasticfilesystem:AccessedViaMountTarget"


def policy(*statements: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def said(text: str) -> Edit:
    return says(POLICY, "Policy", text)


def backups(status: str) -> Edit:
    return with_resource(
        f"{STACK}.aws_efs_backup_policy.main",
        refers={"file_system_id": "aws_efs_file_system.main.id"},
        backup_policy=[{"status": status}],
    )


CASES: list[Case] = [
    cloud("SEC-EFS-01", "not encrypted", FAIL, says(SYSTEMS, "FileSystems.0.Encrypted", False), names=NAME),
    cloud("SEC-EFS-01", "encryption not reported", ERROR, omits(SYSTEMS, "FileSystems.0.Encrypted"), names="not reported"),
    cloud("SEC-EFS-01", "another team's", PASS, adds(SYSTEMS, "FileSystems", {"FileSystemId": "fs-1", "Encrypted": False})),
    cloud("SEC-EFS-01", "the list is missing", ERROR, omits(SYSTEMS, "FileSystems")),
    plan("SEC-EFS-01", "not encrypted", FAIL, planned(MAIN, encrypted=False), names=NAME),
    plan("SEC-EFS-01", "known after apply", UNKNOWN, unknown(MAIN, "encrypted")),
    plan("SEC-EFS-01", "another that says nothing", FAIL, with_resource("aws_efs_file_system.more"), names="more"),
    cloud("SEC-EFS-02", "no policy", FAIL, absent(POLICY), names="no policy asks for TLS"),
    cloud("SEC-EFS-02", "a policy that asks for nothing", FAIL, said(policy(ALLOW)), names=NAME),
    cloud("SEC-EFS-02", "writing alone", FAIL, said(policy({**DENY, "Action": "elasticfilesystem:ClientWrite"})), names=NAME),
    cloud("SEC-EFS-02", "mounting alone", PASS, said(policy({**DENY, "Action": "elasticfilesystem:ClientMount"}))),
    cloud("SEC-EFS-02", "one role alone", FAIL, said(policy({**DENY, "Principal": {"AWS": "arn:aws:iam::123456789012:role/a"}}))),
    cloud("SEC-EFS-02", "the policy is denied", ERROR, fails(POLICY, AccessDenied("no")), names="no"),
    cloud("SEC-EFS-02", "the policy is not told", ERROR, omits(POLICY, "Policy"), names="Policy"),
    plan("SEC-EFS-02", "no policy", FAIL, without(BESIDE), names="no policy asks for TLS"),
    plan("SEC-EFS-02", "a policy that asks for nothing", FAIL, planned(BESIDE, policy=policy(ALLOW)), names=NAME),
    plan("SEC-EFS-02", "known after apply", UNKNOWN, unknown(BESIDE, "policy")),
    *closed_and_open(
        "SEC-EFS-03",
        NAME,
        on_cloud=said,
        on_plan=lambda text: planned(BESIDE, policy=text),
        unknown_on_plan=unknown(BESIDE, "policy"),
    ),
    cloud("SEC-EFS-03", "no policy", PASS, absent(POLICY)),
    *(
        cloud(
            "SEC-EFS-03",
            f"by a mount target: {value}",
            verdict,
            said(policy({**ALLOW, "Condition": {"Bool": {VIA_MOUNT_TARGET: value}}})),
        )
        for value, verdict in (("true", PASS), ("false", FAIL))
    ),
    cloud("SEC-EFS-04", "turned off", FAIL, says(BACKUPS, "BackupPolicy.Status", "DISABLED"), names=NAME),
    cloud("SEC-EFS-04", "being turned off", FAIL, says(BACKUPS, "BackupPolicy.Status", "DISABLING"), names=NAME),
    cloud("SEC-EFS-04", "being turned on", PASS, says(BACKUPS, "BackupPolicy.Status", "ENABLING")),
    cloud("SEC-EFS-04", "a state that nobody knows", ERROR, says(BACKUPS, "BackupPolicy.Status", "PAUSED"), names="PAUSED"),
    cloud("SEC-EFS-04", "no policy of backups", FAIL, absent(BACKUPS), names=NAME),
    cloud("SEC-EFS-04", "the state is not told", ERROR, omits(BACKUPS, "BackupPolicy"), names="None"),
    plan(
        "SEC-EFS-04", "in every zone, and nothing said of backups", FAIL, planned(MAIN, availability_zone_name=None), names=NAME
    ),
    plan("SEC-EFS-04", "turned on beside it", PASS, planned(MAIN, availability_zone_name=None), backups("ENABLED")),
    plan("SEC-EFS-04", "turned off beside it", FAIL, backups("DISABLED"), names=NAME),
    plan("SEC-EFS-04", "a state that nobody knows", ERROR, backups("PAUSED"), names="PAUSED"),
    plan(
        "SEC-EFS-04", "known after apply", UNKNOWN, backups(""), unknown(f"{STACK}.aws_efs_backup_policy.main", "backup_policy")
    ),
    cloud("SEC-EFS-05", "whoever a client says that it is", FAIL, omits(POINTS, "AccessPoints.0.PosixUser"), names="uploads"),
    cloud("SEC-EFS-05", "access points are denied", ERROR, fails(POINTS, AccessDenied("no")), names="no"),
    cloud("SEC-EFS-05", "the list is missing", ERROR, omits(POINTS, "AccessPoints")),
    cloud("SEC-EFS-05", "no access point", PASS, says(POINTS, "AccessPoints", [])),
    plan("SEC-EFS-05", "whoever a client says that it is", FAIL, planned(POINT, posix_user=[]), names="uploads"),
    plan("SEC-EFS-05", "no access point", PASS, without(POINT)),
    plan("SEC-EFS-05", "known after apply", UNKNOWN, unknown(POINT, "posix_user")),
]
