"""AWS Lambda."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stackproof.core.resource import field
from stackproof.resources.network import Guarded, SecurityGroup
from stackproof.sources.aws.facts import AwsFacts, listed
from stackproof.sources.plan.blocks import PlannedBlock

if TYPE_CHECKING:
    from stackproof.sources.aws.source import Reader


def _answered_groups(function: AwsFacts) -> tuple[SecurityGroup, ...]:
    return tuple(SecurityGroup.answered(function, group) for group in function.at("VpcConfig.SecurityGroupIds") or ())


def _planned_groups(function: PlannedBlock) -> tuple[SecurityGroup, ...]:
    configured = function.written_blocks("vpc_config")
    return tuple(group for block in configured for group in SecurityGroup.planned(block, "security_group_ids"))


class Function(Guarded):
    """A Lambda function. One that is in no VPC has no security group, and nothing to be reached at."""

    operations = ("lambda:ListFunctions", *SecurityGroup.operations)
    terraform = ("aws_lambda_function",)
    planned_name = "function_name"

    vpc_id: str | None = field(aws="VpcConfig.VpcId")
    security_groups: tuple[SecurityGroup, ...] = field(aws=_answered_groups, plan=_planned_groups)

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[Function]":
        del names  # one call lists all
        return listed(cls, aws, aws.read("lambda:ListFunctions"), "Functions", named="FunctionName")
