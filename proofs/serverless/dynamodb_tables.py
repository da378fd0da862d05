"""Tables of Amazon DynamoDB."""

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import absent, adds, omits, planned, says, unknown, unset, with_resource

TABLES, TABLE, BACKUPS = "dynamodb:ListTables", "dynamodb:DescribeTable", "dynamodb:DescribeContinuousBackups"
PROTECTED = "DeletionProtectionEnabled"
STATUS = "ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus"
NAME, MAIN = "triflow-ai-production-jobs", "module.dynamodb_table.aws_dynamodb_table.main"
KEY = "module.dynamodb_table.aws_kms_key.main"

CASES: list[Case] = [
    cloud("SEC-DDB-01", "no point-in-time recovery", FAIL, says(BACKUPS, STATUS, "DISABLED"), names=NAME),
    cloud("SEC-DDB-01", "recovery not reported", ERROR, omits(BACKUPS, STATUS)),
    cloud("SEC-DDB-01", "a state of recovery that nobody knows", ERROR, says(BACKUPS, STATUS, "PAUSED"), names="PAUSED"),
    cloud("SEC-DDB-01", "a key that DynamoDB owns", FAIL, omits(TABLE, "Table.SSEDescription"), names="no customer key"),
    cloud("SEC-DDB-01", "a key that AWS manages", FAIL, says("kms:DescribeKey", "KeyMetadata.KeyManager", "AWS"), names=NAME),
    cloud("SEC-DDB-01", "a key that is disabled", FAIL, says("kms:DescribeKey", "KeyMetadata.KeyState", "Disabled"), names=NAME),
    cloud("SEC-DDB-01", "a key that is gone", FAIL, absent("kms:DescribeKey"), names="does not exist"),
    cloud("SEC-DDB-01", "another team's", PASS, adds(TABLES, "TableNames", "other")),
    cloud(
        "SEC-DDB-01", "another of the stack's that cannot be asked", ERROR, adds(TABLES, "TableNames", f"{NAME}-2"), names="-2"
    ),
    cloud("SEC-DDB-01", "the list is missing", ERROR, omits(TABLES, "TableNames")),
    plan("SEC-DDB-01", "no point-in-time recovery", FAIL, planned(MAIN, point_in_time_recovery=[{"enabled": False}]), names=NAME),
    plan("SEC-DDB-01", "nothing said of recovery", FAIL, unset(MAIN, "point_in_time_recovery"), names=NAME),
    plan("SEC-DDB-01", "recovery known after apply", UNKNOWN, unknown(MAIN, "point_in_time_recovery")),
    plan("SEC-DDB-01", "a key that DynamoDB owns", FAIL, unset(MAIN, "server_side_encryption"), names="no customer key"),
    plan(
        "SEC-DDB-01",
        "encryption that is turned off",
        FAIL,
        planned(MAIN, server_side_encryption=[{"enabled": False, "kms_key_arn": None}]),
    ),
    plan("SEC-DDB-01", "a key that is disabled", FAIL, planned(KEY, is_enabled=False), names=NAME),
    plan("SEC-DDB-01", "key known after apply", UNKNOWN, unknown(MAIN, "server_side_encryption")),
    plan("SEC-DDB-01", "another without anything", FAIL, with_resource("aws_dynamodb_table.other", name="other"), names="other"),
    cloud("SEC-DDB-02", "not protected", FAIL, says(TABLE, f"Table.{PROTECTED}", False), names=NAME),
    cloud("SEC-DDB-02", "protection not reported", ERROR, omits(TABLE, f"Table.{PROTECTED}"), names="not reported"),
    plan("SEC-DDB-02", "not protected", FAIL, planned(MAIN, deletion_protection_enabled=False), names=NAME),
    plan("SEC-DDB-02", "nothing said of protection", FAIL, planned(MAIN, deletion_protection_enabled=None), names=NAME),
    plan("SEC-DDB-02", "protection known after apply", UNKNOWN, unknown(MAIN, "deletion_protection_enabled")),
]
