"""Amazon RDS."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stackproof.aws.facts import listed
from stackproof.resources.base import Resource, field

if TYPE_CHECKING:
    from stackproof.sources.aws import Reader


class DatabaseInstance(Resource):
    """An RDS DB instance."""

    operations = ("rds:DescribeDBInstances",)
    terraform = ("aws_db_instance",)
    planned_name = "identifier"

    publicly_accessible: bool = field(aws="PubliclyAccessible", plan="publicly_accessible")
    """Whether its DNS name resolves to a public address."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[DatabaseInstance]":
        del names  # one call lists all
        return listed(cls, aws, aws.read("rds:DescribeDBInstances"), "DBInstances", named="DBInstanceIdentifier")
