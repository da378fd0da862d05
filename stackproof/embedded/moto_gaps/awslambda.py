"""AWS Lambda operations that moto answers otherwise than AWS, put right."""

from collections.abc import Callable, Mapping
from typing import Any

from moto.awslambda.models import LambdaFunction

from stackproof.embedded.moto_gaps.registry import corrects

MEMBERS = ("DeadLetterConfig", "LoggingConfig")
"""Members of a function's configuration that moto takes and forgets."""
_REASON = "moto keeps neither a dead letter queue nor a log group of a function"


def _keep(function: Any, spec: Mapping[str, Any]) -> None:
    function.kept = {**getattr(function, "kept", {}), **{name: spec[name] for name in MEMBERS if name in spec}}


@corrects(LambdaFunction, "__init__", "lambda:CreateFunction", _REASON)
def create(original: Callable[..., None], self: Any, account_id: str, spec: dict[str, Any], *args: Any, **kw: Any) -> None:
    original(self, account_id, spec, *args, **kw)
    _keep(self, spec)


@corrects(LambdaFunction, "update_configuration", "lambda:UpdateFunctionConfiguration", _REASON)
def update(original: Callable[..., Any], self: Any, changes: dict[str, Any]) -> Any:
    _keep(self, changes)
    return {**original(self, changes), **self.kept}


@corrects(LambdaFunction, "get_configuration", "lambda:ListFunctions", _REASON)
def configuration(original: Callable[..., dict[str, Any]], self: Any, *args: Any, **kw: Any) -> dict[str, Any]:
    return {**original(self, *args, **kw), **self.kept}
