"""Amazon RDS."""

from proofs.cases import ERROR, FAIL, UNKNOWN, cloud, plan
from proofs.harness import omits, planned, says, unknown, without

CASES = [
    cloud("SEC-RDS-01", "public", FAIL, says("rds:DescribeDBInstances", "DBInstances.0.PubliclyAccessible", True)),
    cloud("SEC-RDS-01", "field absent", ERROR, omits("rds:DescribeDBInstances", "DBInstances.0.PubliclyAccessible")),
    cloud("SEC-RDS-01", "no such database", FAIL, says("rds:DescribeDBInstances", "DBInstances.0.DBInstanceIdentifier", "other")),
    cloud("SEC-RDS-01", "no database at all", FAIL, says("rds:DescribeDBInstances", "DBInstances", [])),
    plan("SEC-RDS-01", "public", FAIL, planned("aws_db_instance.main", publicly_accessible=True)),
    plan("SEC-RDS-01", "field absent", ERROR, planned("aws_db_instance.main", publicly_accessible=None)),
    plan("SEC-RDS-01", "known after apply", UNKNOWN, unknown("aws_db_instance.main", "publicly_accessible")),
    plan("SEC-RDS-01", "no such database", FAIL, without("aws_db_instance.main")),
]
