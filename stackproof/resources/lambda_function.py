"""AWS Lambda."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from stackproof.core.partial import collected, known_of, parts
from stackproof.core.resource import LazyMapping, Reference, Resource, StaticOrigin, field
from stackproof.core.verdicts import CouldNotVerify, NotReported
from stackproof.judgement.functions import is_called_and_forgotten
from stackproof.redaction.plain_secrets import Variable
from stackproof.redaction.redaction import HIDDEN
from stackproof.resources.documents import about_others, arn_of_the_stack, policy_document
from stackproof.resources.logs import GROUPS, LogGroup
from stackproof.sources.aws.facts import AwsFacts, listed
from stackproof.sources.plan.blocks import PlannedBlock

if TYPE_CHECKING:
    from stackproof.sources.aws.calls import Answer
    from stackproof.sources.aws.source import Reader
    from stackproof.sources.plan.document import Plan

T = TypeVar("T")

NONE = ("ResourceNotFoundException",)
"""Lambda's error code where a function has no policy, or no URL."""

PERMISSION, URL, NAME = "aws_lambda_permission", "aws_lambda_function_url", "function_name"
POLLERS, ON_FAILURE = "lambda:ListEventSourceMappings", "lambda:ListFunctionEventInvokeConfigs"


def _each(function: AwsFacts, operation: str) -> Iterator["Answer"]:
    """What there is of the function itself, and of each of its aliases: each may have a policy and a URL of its own."""
    name = function.at("FunctionName")
    aliases = [alias["Name"] for alias in function.read("lambda:ListAliases", FunctionName=name).items("Aliases")]
    for qualifier in ({}, *({"Qualifier": alias} for alias in aliases)):
        answer = function.read(operation, absent=NONE, FunctionName=name, **qualifier)
        if not answer.is_absent:
            yield answer


def _of_each(function: AwsFacts, operation: str, make: "Callable[[Answer], T]") -> Sequence[T]:
    """What each answer says; what is not told of one hides nothing of the others."""
    found, errors = [], []
    for answer in _each(function, operation):
        try:
            found.append(make(answer))
        except CouldNotVerify as error:
            errors.append(error)
    return collected(found, errors)


def _answered_policies(function: AwsFacts) -> Sequence[dict[str, Any]]:
    return _of_each(function, "lambda:GetPolicy", lambda answer: policy_document(answer.pages[0]["Policy"], answer.source))


def _planned_policies(function: PlannedBlock) -> Sequence[dict[str, Any]]:
    return _granted(function.plan.referring(PERMISSION, NAME, function))


def _granted(permissions: Iterable[PlannedBlock]) -> Sequence[dict[str, Any]]:
    found, rest = known_of(permissions, lambda permission: [{"Statement": [_statement(permission)]}])
    return collected(found, rest)


def _statement(permission: PlannedBlock) -> dict[str, Any]:
    """The statement that a permission adds, as Lambda writes it (API reference, ``AddPermission``)."""
    principal = permission.at("principal")
    kind = "Service" if principal.endswith((".amazonaws.com", ".amazonaws.com.cn")) else "AWS"
    conditions = {
        ("StringEquals", "aws:SourceAccount"): permission.text("source_account"),
        ("ArnLike", "aws:SourceArn"): arn_of_the_stack(permission, "source_arn"),
        ("StringEquals", "aws:PrincipalOrgID"): permission.text("principal_org_id"),
        ("StringEquals", "lambda:FunctionUrlAuthType"): permission.text("function_url_auth_type"),
    }
    condition: dict[str, dict[str, Any]] = {}
    for (operator, key), value in conditions.items():
        if value:
            condition.setdefault(operator, {})[key] = value
    statement = {"Effect": "Allow", "Principal": {kind: principal}, "Action": permission.at("action"), "Resource": "*"}
    return {**statement, **({"Condition": condition} if condition else {})}


def _answered_urls(function: AwsFacts) -> Sequence[str]:
    return _of_each(function, "lambda:GetFunctionUrlConfig", _auth_type)


def _auth_type(url: "Answer") -> str:
    type: str | None = url.pages[0].get("AuthType")
    if type is None:
        raise NotReported(f"{url.source}: whom the URL lets in is not reported")
    return type


def _planned_urls(function: PlannedBlock) -> Sequence[str]:
    return _auth_types(function.plan.referring(URL, NAME, function))


def _auth_types(urls: Iterable[PlannedBlock]) -> Sequence[str]:
    found, rest = known_of(urls, lambda url: [_known_auth_type(url)])
    return collected(found, rest)


def _known_auth_type(url: PlannedBlock) -> str:
    type: str = url.at("authorization_type")
    if type not in ("AWS_IAM", "NONE"):
        raise CouldNotVerify(
            f"{url.source}: authorization_type is {type}, which is not known here: judge it by hand, and report it"
        )
    return type


def _answered_environment(function: AwsFacts) -> tuple[Variable, ...]:
    """Raises `NotReported` where Lambda may not decrypt it for the caller: it says so in the answer, instead of failing."""
    if error := function.at("Environment.Error"):
        raise NotReported(f"lambda:ListFunctions: the environment of {function.at('FunctionName')}: {error.get('ErrorCode')}")
    return tuple(Variable(name, value) for name, value in (function.at("Environment.Variables") or {}).items())


def _planned_environment(function: PlannedBlock) -> Sequence[Variable]:
    blocks = [block for block in function.written_blocks("environment") if block.values.get("variables") != HIDDEN]
    found, rest = known_of(blocks, _variables)
    return collected(found, rest)


def _variables(environment: PlannedBlock) -> Sequence[Variable]:
    written = environment.at("variables") or {}
    found, rest = known_of([*written], lambda name: [Variable(name, written[name] or "")])
    return collected(found, rest)


def _is_hidden(function: PlannedBlock) -> bool:
    """Whether a value that Terraform marks as sensitive stands there."""
    given = [block.values.get("variables") for block in function.known_blocks("environment")]
    return any(one == HIDDEN or HIDDEN in (one or {}).values() for one in given)


def _planned_role(function: PlannedBlock) -> object:
    role = function.referent("role", "aws_iam_role")
    return function.at("role") if role is None else Reference(role.address, "arn")


def _answered_group(function: AwsFacts) -> LogGroup | None:
    name = function.at("LoggingConfig.LogGroup") or f"/aws/lambda/{function.at('FunctionName')}"
    answer = function.read(GROUPS, logGroupNamePrefix=name)
    return next(
        (function.nested(LogGroup, name, one, answer) for one in answer.items("logGroups") if one["logGroupName"] == name), None
    )


def _planned_group(function: PlannedBlock) -> LogGroup | None:
    """The group that the function names, or the one that Lambda names after it."""
    for logging in function.written_blocks("logging_config"):
        if logging.is_written("log_group") or logging.values.get("log_group"):
            group = logging.referent("log_group", *LogGroup.terraform)
            break
    else:
        found = function.plan.referred(f"/aws/lambda/{function.at('function_name')}", *LogGroup.terraform)
        group = next(iter(found), None)
    return LogGroup(group.name_or_address("name"), group, group.source) if group else None


def _answered_dead_letters(function: AwsFacts) -> bool:
    if function.at("DeadLetterConfig.TargetArn"):
        return True
    answer = function.read(ON_FAILURE, FunctionName=function.at("FunctionName"))
    return any(map(_destination, answer.items("FunctionEventInvokeConfigs")))


def _destination(config: Mapping[str, Any]) -> object:
    return config.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")


def _planned_dead_letters(function: PlannedBlock) -> bool:
    """A target that is known only after apply is one."""
    if any(block.is_written("target_arn") or block.at("target_arn") for block in function.written_blocks("dead_letter_config")):
        return True
    configs = function.plan.referring("aws_lambda_function_event_invoke_config", "function_name", function)
    found, rest = known_of(configs, lambda config: config.written_blocks("destination_config"))
    failures, more = known_of(found, lambda destinations: destinations.written_blocks("on_failure"))
    return bool(collected(failures, [*rest, *more]))


def _answered_forgotten(function: AwsFacts) -> bool:
    mappings = function.read(POLLERS, FunctionName=function.at("FunctionName")).items("EventSourceMappings")
    urls = parts(_answered_urls(function))[0]
    return is_called_and_forgotten(_answered_policies(function), is_polled=bool(mappings), has_url=bool(urls))


def _planned_forgotten(function: PlannedBlock) -> bool:
    mappings = function.plan.referring("aws_lambda_event_source_mapping", "function_name", function)
    urls = function.plan.referring("aws_lambda_function_url", "function_name", function)
    return is_called_and_forgotten(_planned_policies(function), is_polled=bool(mappings), has_url=bool(urls))


class LambdaFunction(Resource):
    """A function, with what lets others call it."""

    operations = (
        "lambda:ListFunctions",
        "lambda:ListAliases",
        "lambda:GetPolicy",
        "lambda:GetFunctionUrlConfig",
        POLLERS,
        ON_FAILURE,
        GROUPS,
    )
    terraform = ("aws_lambda_function",)
    planned_name = "function_name"

    policies: tuple[dict[str, Any], ...] = field(aws=_answered_policies, plan=_planned_policies)
    """The resource policies of the function and its aliases; those of its numbered versions are not asked for."""
    url_auth_types: tuple[str, ...] = field(aws=_answered_urls, plan=_planned_urls)
    """Of each URL of the function and its aliases: ``AWS_IAM``, or ``NONE`` where everybody is let in (Lambda, ``FunctionUrlAuthType``)."""
    runtime: str | None = field(aws="Runtime", plan=lambda function: function.text("runtime"))
    """The managed runtime, ``python3.13``; None for a function that is a container image."""
    environment: tuple[Variable, ...] = field(aws=_answered_environment, plan=_planned_environment)
    """The environment variables. Everybody who may look at the function's configuration reads them."""
    hides_a_value: bool = field(aws=lambda _: False, plan=_is_hidden)
    """Whether a value stands in its environment that Terraform marks as sensitive; AWS has no such mark."""
    role: str = field(aws="Role", plan=_planned_role)
    """The ARN of the role that it runs with."""
    log_group: LogGroup | None = field(aws=_answered_group, plan=_planned_group)
    """The log group that it writes to; None where there is none yet: Lambda makes it at the first event then, and keeps it for ever."""
    keeps_what_fails: bool = field(aws=_answered_dead_letters, plan=_planned_dead_letters)
    """Whether events that it failed on go to a dead letter queue, or to another destination for failures."""
    is_called_and_forgotten: bool = field(aws=_answered_forgotten, plan=_planned_forgotten)
    """Whether something may hand it an event without waiting for it; see `stackproof.judgement.functions`."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[LambdaFunction]":
        del names  # one call lists all
        return listed(cls, aws, aws.read("lambda:ListFunctions"), "Functions", named="FunctionName")


class CalledFunction(Resource):
    """A function that a plan does not make, and lets others call. On AWS it is one of all."""

    terraform = (PERMISSION, URL)

    policies: tuple[dict[str, Any], ...] = field()
    url_auth_types: tuple[str, ...] = field()

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[CalledFunction]":
        del aws, names
        return []

    @classmethod
    def from_plan(cls, plan: "Plan", names: Sequence[str]) -> "list[CalledFunction]":
        del names
        permissions, urls = (about_others(plan, kind, NAME, *LambdaFunction.terraform) for kind in cls.terraform)
        found = []
        for name in dict.fromkeys([*permissions, *urls]):
            granted, opened = permissions.get(name, []), urls.get(name, [])
            facts = LazyMapping[object]({"policies": partial(_granted, granted), "url_auth_types": partial(_auth_types, opened)})
            source = [*granted, *opened][0].source
            found.append(cls(name, StaticOrigin(facts, source), source))
        return found
