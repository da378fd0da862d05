"""File systems of Amazon EFS."""

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import adds, omits, planned, says, unknown, with_resource

SYSTEMS, NAME = "efs:DescribeFileSystems", "triflow-ai-production-files"
MAIN = "module.efs_file_system.aws_efs_file_system.main"

CASES: list[Case] = [
    cloud("SEC-EFS-01", "not encrypted", FAIL, says(SYSTEMS, "FileSystems.0.Encrypted", False), names=NAME),
    cloud("SEC-EFS-01", "encryption not reported", ERROR, omits(SYSTEMS, "FileSystems.0.Encrypted"), names="not reported"),
    cloud("SEC-EFS-01", "another team's", PASS, adds(SYSTEMS, "FileSystems", {"FileSystemId": "fs-1", "Encrypted": False})),
    cloud("SEC-EFS-01", "the list is missing", ERROR, omits(SYSTEMS, "FileSystems")),
    plan("SEC-EFS-01", "not encrypted", FAIL, planned(MAIN, encrypted=False), names=NAME),
    plan("SEC-EFS-01", "known after apply", UNKNOWN, unknown(MAIN, "encrypted")),
    plan("SEC-EFS-01", "another that says nothing", FAIL, with_resource("aws_efs_file_system.more"), names="more"),
]
