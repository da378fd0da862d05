"""Amazon RDS."""

from datetime import timedelta

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import Edit, answers, exists, omits, planned, recorded_at, says, unknown, without
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

CASES: list[Case] = [*AVAILABLE, *OFFERED]
