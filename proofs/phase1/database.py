"""Amazon RDS."""

from dataclasses import replace
from datetime import timedelta

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import (
    Edit,
    answered,
    answers,
    changed,
    exists,
    fails,
    omits,
    planned,
    profile,
    recorded_at,
    says,
    unknown,
    without,
)
from stackproof.core.verdicts import AccessDenied
from stackproof.resources.database_care import COMPLETED, RESTORES, SNAPSHOTS
from stackproof.resources.database_offers import STANDARD_SUPPORT

INSTANCES, OPTIONS = "rds:DescribeDBInstances", "rds:DescribeOrderableDBInstanceOptions"
VERSIONS = "rds:DescribeDBMajorEngineVersions"
INSTANCE = "aws_db_instance.main"
CYCLES = "DBMajorEngineVersions.0.SupportedEngineLifecycles"
END = f"{CYCLES}.0.LifecycleSupportEndDate"

MEMBERS = (
    ("engine", "Engine", "engine", ("mysql", "aurora-postgresql")),
    ("version", "EngineVersion", "engine_version", ("16.10", "170.1", "1")),
    ("class", "DBInstanceClass", "instance_class", ("db.t4g.small",)),
    ("Multi-AZ", "MultiAZ", "multi_az", (False,)),
)
LATER = "triflow-ai-production-db after maintenance"


def pending(member: str, value: object) -> Edit:
    return says(INSTANCES, f"DBInstances.0.PendingModifiedValues.{member}", value)


AVAILABLE = [
    *(
        cloud("RDS-01", f"status {status}", FAIL, says(INSTANCES, "DBInstances.0.DBInstanceStatus", status), names=status)
        for status in ("creating", "stopped", "storage-full", "failed", "rebooting", "incompatible-parameters")
    ),
    *(
        cloud("RDS-01", f"status {status}", PASS, says(INSTANCES, "DBInstances.0.DBInstanceStatus", status))
        for status in ("backing-up", "modifying", "storage-optimization", "configuring-log-exports", "maintenance")
    ),
    cloud("RDS-01", "a status of tomorrow", ERROR, says(INSTANCES, "DBInstances.0.DBInstanceStatus", "resting"), names="resting"),
    cloud("RDS-01", "another name is pending", FAIL, pending("DBInstanceIdentifier", "other"), names="renamed"),
    cloud("RDS-01", "status not reported", ERROR, omits(INSTANCES, "DBInstances.0.DBInstanceStatus")),
    *(
        case
        for name, member, attribute, wrong in MEMBERS
        for case in (
            *(cloud("RDS-01", f"{name}: {value}", FAIL, says(INSTANCES, f"DBInstances.0.{member}", value)) for value in wrong),
            *(cloud("RDS-01", f"{name}: {value} is pending", FAIL, pending(member, value), names=LATER) for value in wrong),
            *(plan("RDS-01", f"{name}: {value}", FAIL, planned(INSTANCE, **{attribute: value})) for value in wrong),
            cloud("RDS-01", f"{name} not reported", ERROR, omits(INSTANCES, f"DBInstances.0.{member}")),
            plan("RDS-01", f"{name} not set", ERROR, planned(INSTANCE, **{attribute: None})),
            plan("RDS-01", f"{name} known after apply", UNKNOWN, unknown(INSTANCE, attribute)),
        )
    ),
    cloud("RDS-01", "a minor version of the declared one", PASS, says(INSTANCES, "DBInstances.0.EngineVersion", "17.6")),
    cloud("RDS-01", "a minor version of the declared one is pending", PASS, pending("EngineVersion", "17.7")),
    cloud("RDS-01", "more backups are pending", PASS, pending("BackupRetentionPeriod", 35)),
    cloud("RDS-01", "nothing is said to be pending", PASS, omits(INSTANCES, "DBInstances.0.PendingModifiedValues")),
    cloud("RDS-01", "no such database", FAIL, says(INSTANCES, "DBInstances", [])),
    plan("RDS-01", "no such database", FAIL, without(INSTANCE)),
    plan("RDS-01", "an instance that runs already", PASS, exists(INSTANCE)),
]


OLD = {"Engine": "postgres", "EngineVersion": "14.10", "DBInstanceClass": "db.t4g.medium"}
OFFERED = [
    cloud("RDS-02", "not offered", FAIL, says(OPTIONS, "OrderableDBInstanceOptions", [])),
    cloud("RDS-02", "not for several zones", FAIL, says(OPTIONS, "OrderableDBInstanceOptions.0.MultiAZCapable", False)),
    cloud("RDS-02", "not in a VPC", FAIL, says(OPTIONS, "OrderableDBInstanceOptions.0.Vpc", False)),
    cloud("RDS-02", "support ends in 29 days", FAIL, says(VERSIONS, END, recorded_at() + timedelta(days=29))),
    cloud("RDS-02", "support ends in 30 days", PASS, says(VERSIONS, END, recorded_at() + timedelta(days=30))),
    cloud("RDS-02", "support has ended", FAIL, says(VERSIONS, END, recorded_at() - timedelta(days=1))),
    cloud(
        "RDS-02",
        "PostgreSQL 14 after its end of life",
        FAIL,
        says(INSTANCES, "DBInstances.0.EngineVersion", "14.10"),
        answers(OPTIONS, {"OrderableDBInstanceOptions": [{**OLD, "MultiAZCapable": True, "Vpc": True}]}, **OLD),
        answers(
            VERSIONS,
            {
                "DBMajorEngineVersions": [
                    {
                        "Engine": "postgres",
                        "MajorEngineVersion": "14",
                        "SupportedEngineLifecycles": [
                            {
                                "LifecycleSupportName": STANDARD_SUPPORT,
                                "LifecycleSupportEndDate": recorded_at().replace(month=1, day=1),
                            }
                        ],
                    }
                ]
            },
            Engine="postgres",
            MajorEngineVersion="14",
        ),
        names="postgres/14.10",
    ),
    cloud(
        "RDS-02",
        "extended support alone",
        ERROR,
        says(VERSIONS, f"{CYCLES}.0.LifecycleSupportName", "open-source-rds-extended-support"),
        names="standard_support_until",
    ),
    cloud("RDS-02", "no dates of support", ERROR, omits(VERSIONS, CYCLES)),
    cloud(
        "RDS-02", "another major version is answered", ERROR, says(VERSIONS, "DBMajorEngineVersions.0.MajorEngineVersion", "16")
    ),
    cloud("RDS-02", "the end not reported", ERROR, omits(VERSIONS, END)),
    cloud("RDS-02", "the options not reported", ERROR, omits(OPTIONS, "OrderableDBInstanceOptions")),
    cloud("RDS-02", "the version that runs not reported", ERROR, omits(INSTANCES, "DBInstances.0.EngineVersion")),
]

EVENTS, EVENT = "rds:DescribeEventSubscriptions", "EventSubscriptionsList.0"
PLANNED_EVENTS = "module.account.aws_db_event_subscription.databases"
UNDECLARED = changed(profile(), "database", iam_authentication=False)
DAYS, PLAN_DAYS = profile().database[0].restore_test_days, profile().database[0].backup_plan_days


def restored(*days: float, source: str | None = None) -> Edit:
    """Let AWS Backup have restored the database, or another one, so many days ago."""
    arn = source or answered(INSTANCES, "DBInstances.0.DBInstanceArn")
    jobs = [{"SourceResourceArn": arn, "CompletionDate": recorded_at() - timedelta(days=one)} for one in days]
    return answers(RESTORES, {"RestoreJobs": jobs}, ByResourceType="RDS", ByStatus=COMPLETED)


POINT, RESTORABLE = "DBInstances.0.AwsBackupRecoveryPointArn", "DBInstances.0.LatestRestorableTime"


def backed_up(days: float, **more: object) -> Edit:
    """Let there be a snapshot of the database that AWS Backup has made so many days ago."""
    snapshot = {
        "DBSnapshotIdentifier": "awsbackup:job-1",
        "DBInstanceIdentifier": profile().database[0].identifier,
        "SnapshotType": "awsbackup",
        "Status": "available",
        "SnapshotCreateTime": recorded_at() - timedelta(days=days),
    }
    return says(SNAPSHOTS, "DBSnapshots", [snapshot | more])


CARED = [
    cloud("RDS-03", "a log is not exported", FAIL, says(INSTANCES, "DBInstances.0.EnabledCloudwatchLogsExports", ["upgrade"])),
    cloud("RDS-03", "no log is exported", FAIL, omits(INSTANCES, "DBInstances.0.EnabledCloudwatchLogsExports")),
    cloud("RDS-03", "tags are not copied", FAIL, says(INSTANCES, "DBInstances.0.CopyTagsToSnapshot", False), names="copies_tags"),
    cloud("RDS-03", "whether tags are copied is not reported", ERROR, omits(INSTANCES, "DBInstances.0.CopyTagsToSnapshot")),
    cloud("RDS-03", "no tokens of IAM", FAIL, says(INSTANCES, "DBInstances.0.IAMDatabaseAuthenticationEnabled", False)),
    cloud(
        "RDS-03",
        "whether IAM's tokens work is not reported",
        ERROR,
        omits(INSTANCES, "DBInstances.0.IAMDatabaseAuthenticationEnabled"),
    ),
    cloud("RDS-03", "nobody hears", FAIL, says(EVENTS, "EventSubscriptionsList", []), names="failure"),
    cloud("RDS-03", "the subscription is off", FAIL, says(EVENTS, f"{EVENT}.Enabled", False), names="failure"),
    cloud("RDS-03", "only of maintenance", FAIL, says(EVENTS, f"{EVENT}.EventCategoriesList", ["maintenance"]), names="failure"),
    cloud("RDS-03", "of snapshots alone", FAIL, says(EVENTS, f"{EVENT}.SourceType", "db-snapshot"), names="failure"),
    cloud("RDS-03", "of another database", FAIL, says(EVENTS, f"{EVENT}.SourceIdsList", ["other"]), names="failure"),
    cloud("RDS-03", "of everything", PASS, omits(EVENTS, f"{EVENT}.SourceType"), omits(EVENTS, f"{EVENT}.EventCategoriesList")),
    cloud("RDS-03", "subscriptions are not listed", ERROR, omits(EVENTS, "EventSubscriptionsList")),
    cloud(
        "RDS-03",
        "what is wrong besides is said, too",
        FAIL,
        fails(EVENTS, AccessDenied("denied")),
        says(INSTANCES, "DBInstances.0.CopyTagsToSnapshot", False),
    ),
    plan("RDS-03", "a log is not exported", FAIL, planned(INSTANCE, enabled_cloudwatch_logs_exports=["upgrade"])),
    plan("RDS-03", "tags are not copied", FAIL, planned(INSTANCE, copy_tags_to_snapshot=None), names="copies_tags"),
    plan("RDS-03", "no tokens of IAM", FAIL, planned(INSTANCE, iam_database_authentication_enabled=None)),
    plan("RDS-03", "only of maintenance", FAIL, planned(PLANNED_EVENTS, event_categories=["maintenance"]), names="failure"),
    plan("RDS-03", "the subscription is off", FAIL, planned(PLANNED_EVENTS, enabled=False), names="failure"),
    plan("RDS-03", "no subscription in the plan", UNKNOWN, without(PLANNED_EVENTS), names="subscription"),
    plan("RDS-03", "categories known after apply", UNKNOWN, unknown(PLANNED_EVENTS, "event_categories")),
    plan("RDS-03", "tags known after apply", UNKNOWN, unknown(INSTANCE, "copy_tags_to_snapshot")),
    cloud("RDS-03", "a plan that has never run", FAIL, omits(INSTANCES, POINT), names="has ever backed it up"),
    cloud("RDS-03", "a plan that stood still", FAIL, says(INSTANCES, RESTORABLE, recorded_at() - timedelta(days=9))),
    cloud("RDS-03", "a plan that makes snapshots", PASS, omits(INSTANCES, POINT), backed_up(PLAN_DAYS)),
    cloud("RDS-03", "snapshots of long ago", FAIL, omits(INSTANCES, POINT), backed_up(PLAN_DAYS + 0.01)),
    cloud("RDS-03", "snapshots of another one", FAIL, omits(INSTANCES, POINT), backed_up(1, DBInstanceIdentifier="other")),
    cloud("RDS-03", "snapshots of a person", FAIL, omits(INSTANCES, POINT), backed_up(1, SnapshotType="manual")),
    cloud("RDS-03", "a snapshot that failed", FAIL, omits(INSTANCES, POINT), backed_up(1, Status="failed")),
    cloud("RDS-03", "snapshots are not listed", ERROR, omits(INSTANCES, POINT), fails(SNAPSHOTS, AccessDenied("denied"))),
    cloud("RDS-03", "restored lately", PASS, restored(DAYS, DAYS + 300)),
    cloud("RDS-03", "restored too long ago", FAIL, restored(DAYS + 0.01, DAYS + 300)),
    cloud("RDS-03", "never restored", FAIL, restored(), names="never restored"),
    cloud("RDS-03", "another one was restored", FAIL, restored(1, source="arn:aws:rds:::db:other"), names="never restored"),
    cloud("RDS-03", "restores are not told", ERROR, restored(), fails(RESTORES, AccessDenied("denied")), names="denied"),
    replace(
        cloud(
            "RDS-03",
            "tokens that nobody declares",
            PASS,
            says(INSTANCES, "DBInstances.0.IAMDatabaseAuthenticationEnabled", False),
        ),
        expected=UNDECLARED,
    ),
]

CASES: list[Case] = [*AVAILABLE, *OFFERED, *CARED]
