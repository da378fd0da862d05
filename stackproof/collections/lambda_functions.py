"""Collections of Lambda functions: those of the stack."""

from stackproof.collections.registry import collection
from stackproof.collections.stack import of_own
from stackproof.resources.lambda_function import LambdaFunction
from stackproof.targets.base import Stage


@collection
def lambda_functions(stage: Stage) -> tuple[LambdaFunction, ...]:
    """The Lambda functions of the stack: all that a plan makes, and on AWS those whose name begins with a prefix that the profile owns."""
    return of_own(stage, "function", LambdaFunction, stage.profile.function.known)
