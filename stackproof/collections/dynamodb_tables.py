"""Collections of DynamoDB tables: those of the stack."""

from stackproof.collections.registry import collection
from stackproof.collections.stack import of_own
from stackproof.resources.dynamodb_table import DynamodbTable
from stackproof.targets.base import Stage


@collection
def dynamodb_tables(stage: Stage) -> tuple[DynamodbTable, ...]:
    """The DynamoDB tables of the stack: all that a plan makes, and on AWS those whose name begins with a prefix that the profile owns."""
    return of_own(stage, "dynamodb_table", DynamodbTable, stage.profile.dynamodb_table.known)
