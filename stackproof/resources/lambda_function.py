"""AWS Lambda."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from stackproof.core.resource import Resource, field
from stackproof.core.verdicts import NotReported
from stackproof.resources.documents import policy_document
from stackproof.sources.aws.facts import AwsFacts, listed
from stackproof.sources.plan.blocks import PlannedBlock

if TYPE_CHECKING:
    from stackproof.sources.aws.calls import Answer
    from stackproof.sources.aws.source import Reader

NONE = ("ResourceNotFoundException",)
"""Lambda's error code where a function has no policy, or no URL."""


def _each(function: AwsFacts, operation: str) -> Iterator["Answer"]:
    """What there is of the function itself, and of each of its aliases: each may have a policy and a URL of its own."""
    name = function.at("FunctionName")
    aliases = [alias["Name"] for alias in function.read("lambda:ListAliases", FunctionName=name).items("Aliases")]
    for qualifier in ({}, *({"Qualifier": alias} for alias in aliases)):
        answer = function.read(operation, absent=NONE, FunctionName=name, **qualifier)
        if answer.page is not None:
            yield answer


def _answered_policies(function: AwsFacts) -> tuple[dict[str, Any], ...]:
    return tuple(policy_document(answer.pages[0]["Policy"], answer.source) for answer in _each(function, "lambda:GetPolicy"))


def _planned_policies(function: PlannedBlock) -> tuple[dict[str, Any], ...]:
    permissions = function.plan.referring("aws_lambda_permission", "function_name", function)
    return tuple({"Statement": [_statement(permission)]} for permission in permissions)


def _statement(permission: PlannedBlock) -> dict[str, Any]:
    """The statement that a permission adds, as Lambda writes it (API reference, ``AddPermission``)."""
    principal = permission.at("principal")
    kind = "Service" if principal.endswith((".amazonaws.com", ".amazonaws.com.cn")) else "AWS"
    conditions = {
        ("StringEquals", "aws:SourceAccount"): "source_account",
        ("ArnLike", "aws:SourceArn"): "source_arn",
        ("StringEquals", "aws:PrincipalOrgID"): "principal_org_id",
        ("StringEquals", "lambda:FunctionUrlAuthType"): "function_url_auth_type",
    }
    condition: dict[str, dict[str, Any]] = {}
    for (operator, key), attribute in conditions.items():
        if value := permission.at(attribute):
            condition.setdefault(operator, {})[key] = value
    statement = {"Effect": "Allow", "Principal": {kind: principal}, "Action": permission.at("action"), "Resource": "*"}
    return {**statement, **({"Condition": condition} if condition else {})}


def _answered_urls(function: AwsFacts) -> tuple[str, ...]:
    return tuple(_auth_type(answer) for answer in _each(function, "lambda:GetFunctionUrlConfig"))


def _auth_type(url: "Answer") -> str:
    type: str | None = url.pages[0].get("AuthType")
    if type is None:
        raise NotReported(f"{url.source}: whom the URL lets in is not reported")
    return type


def _planned_urls(function: PlannedBlock) -> tuple[str, ...]:
    urls = function.plan.referring("aws_lambda_function_url", "function_name", function)
    return tuple(url.at("authorization_type") for url in urls)


class LambdaFunction(Resource):
    """A function, with what lets others call it."""

    operations = ("lambda:ListFunctions", "lambda:ListAliases", "lambda:GetPolicy", "lambda:GetFunctionUrlConfig")
    terraform = ("aws_lambda_function",)
    planned_name = "function_name"

    policies: tuple[dict[str, Any], ...] = field(aws=_answered_policies, plan=_planned_policies)
    """The resource policies of the function and its aliases; those of its numbered versions are not asked for."""
    url_auth_types: tuple[str, ...] = field(aws=_answered_urls, plan=_planned_urls)
    """Of each URL of the function and its aliases: ``AWS_IAM``, or ``NONE`` where everybody is let in (Lambda, ``FunctionUrlAuthType``)."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[LambdaFunction]":
        del names  # one call lists all
        return listed(cls, aws, aws.read("lambda:ListFunctions"), "Functions", named="FunctionName")
