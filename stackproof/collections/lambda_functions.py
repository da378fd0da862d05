"""Collections of Lambda functions: those of the stack."""

from stackproof.collections.presence import nothing
from stackproof.collections.registry import collection
from stackproof.collections.stack import of_own, undeclared
from stackproof.resources.lambda_function import CalledFunction, LambdaFunction
from stackproof.targets.base import Stage


@collection
def lambda_functions(stage: Stage) -> tuple[LambdaFunction, ...]:
    """The Lambda functions of the stack: all that a plan makes, and on AWS those whose name begins with a prefix that the profile owns."""
    return of_own(stage, "function", LambdaFunction, stage.profile.function.known)


@collection(reads=(CalledFunction,))
def called_functions(stage: Stage) -> tuple[LambdaFunction | CalledFunction, ...]:
    """The functions of the stack, and those of others that a plan lets somebody call."""
    names = stage.profile.function.known
    own = *stage.existing(LambdaFunction, names), *undeclared(stage, LambdaFunction, names)
    found: tuple[LambdaFunction | CalledFunction, ...] = *own, *stage.source().collect(CalledFunction, [])
    if not found:
        raise nothing(stage, "function", LambdaFunction, names)
    return found
