"""Amazon API Gateway: REST APIs (its first version), and HTTP and WebSocket APIs (its second)."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from stackproof.core.partial import collected, known_of, parts, the_one
from stackproof.core.resource import Resource, StaticOrigin, field
from stackproof.core.verdicts import NotYetKnown
from stackproof.judgement.apis import NOBODY, is_asked_of_everybody, refuses_old_tls, routes_in
from stackproof.judgement.policy import open_grants
from stackproof.resources.documents import is_set, planned_resource_policy, policy_document
from stackproof.sources.aws.facts import AwsFacts, listed, reported
from stackproof.sources.plan.blocks import PlannedBlock
from stackproof.util import json_document

if TYPE_CHECKING:
    from stackproof.sources.aws.source import Reader

RESOURCES, STAGES_1, ROUTES, STAGES_2, MAPPINGS = (
    "apigateway:GetResources",
    "apigateway:GetStages",
    "apigatewayv2:GetRoutes",
    "apigatewayv2:GetStages",
    "apigatewayv2:GetApiMappings",
)
EVERY_METHOD = "*/*"
"""The path of the settings of a stage that are for all of its methods."""


def _limit(rate: float | None) -> float | None:
    """A rate of requests; None for what stands for none: nothing, 0, or -1."""
    return float(rate) if rate is not None and rate > 0 else None


def _logs(stage: PlannedBlock) -> bool:
    return any(is_set(settings, "destination_arn") for settings in stage.written_blocks("access_log_settings"))


class ApiRoute(Resource):
    """A way into an API: a method on a path, or what opens a WebSocket connection. Named ``POST /events``."""

    authorization: str
    """How it asks who calls: ``AWS_IAM``, ``CUSTOM``, ``JWT``, ``COGNITO_USER_POOLS``; ``NONE`` where it asks for nobody."""


class ApiStage(Resource):
    """A deployed version of an API, with an address of its own."""

    logs_access: bool
    """Whether each request is written to a log."""
    requests_per_second: float | None
    """How many requests a second it takes from all callers together; None where only the account's limit for all of its APIs is one."""


class Api(Resource):
    """An API."""

    routes: tuple[ApiRoute, ...]
    """The ways in, but for preflight requests, of which nobody can be asked who they are."""
    stages: tuple[ApiStage, ...]
    api_id: str
    """The id by which domain names lead to it."""
    confines_callers: bool
    """Whether it has a resource policy that does not let in everybody, whatever its routes ask for."""


# REST APIs


class RestRoute(ApiRoute):
    """A method of a REST API."""

    authorization: str = field(aws="authorizationType", plan="authorization")


def _rest_routes(api: AwsFacts) -> tuple[RestRoute, ...]:
    answer = api.read(RESOURCES, restApiId=api.at("id"), embed=["methods"])
    methods = [
        (f"{method} {one.get('path', '')}", said)
        for one in answer.items("items")
        for method, said in one.get("resourceMethods", {}).items()
    ]
    return tuple(api.nested(RestRoute, name, said, answer) for name, said in methods if not is_asked_of_everybody(name))


def _planned_rest_routes(api: PlannedBlock) -> Sequence[ApiRoute]:
    methods, rest = parts(api.plan.referring("aws_api_gateway_method", "rest_api_id", api))
    found, more = known_of(methods, _planned_method)
    defined, others = known_of([api], partial(_routes_of_definition, kind=RestRoute))
    return collected([*found, *defined], [*rest, *more, *others])


def _planned_method(method: PlannedBlock) -> Sequence[RestRoute]:
    name = f"{method.text('http_method') or 'ANY'} {method.address}"
    return [] if is_asked_of_everybody(name) else [RestRoute(name, method, method.source)]


def _routes_of_definition(api: PlannedBlock, kind: type[ApiRoute]) -> list[ApiRoute]:
    """The routes of an OpenAPI definition that the API is made of, in JSON or YAML."""
    if not is_set(api, "body"):
        return []
    if not api.is_known("body"):
        raise api.unknown("body")
    definition = _definition(api.at("body"), f"{api.source}.body")
    routes = [(name, said) for name, said in routes_in(definition) if not is_asked_of_everybody(name)]
    return [kind(name, StaticOrigin({"authorization": said}, api.source), api.source) for name, said in routes]


def _definition(text: str, source: str) -> dict[str, Any]:
    """Raises `NotYetKnown` for a text that is neither: what routes it makes shows after apply."""
    import yaml

    try:
        definition = json_document.loads(text) if text.lstrip().startswith("{") else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError):
        definition = None
    if not isinstance(definition, dict):
        raise NotYetKnown(f"{source} is neither JSON nor YAML; what routes it makes is judged after apply")
    return definition


def _answered_closed(api: AwsFacts) -> bool:
    """API Gateway gives the policy with its quotation marks escaped."""
    text: str = (api.at("policy") or "").replace('\\"', '"')
    return bool(text) and not open_grants(policy_document(text, "apigateway:GetRestApis"))


def _planned_closed(api: PlannedBlock) -> bool:
    document = planned_resource_policy(api, "aws_api_gateway_rest_api_policy", "rest_api_id")
    return document is not None and not open_grants(document)


def _planned_rest_limit(stage: PlannedBlock) -> float | None:
    for api in stage.referents("rest_api_id", *RestApi.terraform):
        for one in stage.plan.referring("aws_api_gateway_method_settings", "rest_api_id", api):
            if one.at("method_path") == EVERY_METHOD and one.at("stage_name") == stage.at("stage_name"):
                for settings in one.blocks("settings"):
                    return _limit(settings.at_or("throttling_rate_limit", -1))
    return None


class RestStage(ApiStage):
    """A stage of a REST API."""

    logs_access: bool = field(aws=lambda stage: bool(stage.at("accessLogSettings.destinationArn")), plan=_logs)
    requests_per_second: float | None = field(
        aws=lambda stage: _limit(stage.at(f"methodSettings.{EVERY_METHOD}.throttlingRateLimit")), plan=_planned_rest_limit
    )


def _rest_stages(api: AwsFacts) -> tuple[RestStage, ...]:
    answer = api.read(STAGES_1, restApiId=api.at("id"))
    return tuple(api.nested(RestStage, reported(one, "stageName", answer), one, answer) for one in answer.items("item"))


def _planned_rest_stages(api: PlannedBlock) -> Sequence[RestStage]:
    """Before version 6 of the provider a deployment could make a stage, too."""
    stages, rest = parts(api.plan.referring("aws_api_gateway_stage", "rest_api_id", api))
    deployments, more = parts(api.plan.referring("aws_api_gateway_deployment", "rest_api_id", api))
    every = [*stages, *(one for one in deployments if one.values.get("stage_name"))]
    return collected([RestStage(one.name_or_address("stage_name"), one, one.source) for one in every], [*rest, *more])


class RestApi(Api):
    """A REST API."""

    operations = ("apigateway:GetRestApis", RESOURCES, STAGES_1)
    terraform = ("aws_api_gateway_rest_api",)

    api_id: str = field(aws="id", plan="id")
    routes: tuple[ApiRoute, ...] = field(aws=_rest_routes, plan=_planned_rest_routes)
    stages: tuple[ApiStage, ...] = field(aws=_rest_stages, plan=_planned_rest_stages)
    confines_callers: bool = field(aws=_answered_closed, plan=_planned_closed)

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[RestApi]":
        del names  # one call lists all
        return listed(cls, aws, aws.read("apigateway:GetRestApis"), "items", named="name")


# HTTP and WebSocket APIs


class HttpRoute(ApiRoute):
    """A route of an HTTP or WebSocket API."""

    authorization: str = field(aws="AuthorizationType", plan=lambda route: route.at_or("authorization_type", NOBODY))


def _asks(protocol: str, route: str) -> bool:
    """Whether somebody can be asked who they are on a route: on a WebSocket connection, when it is opened."""
    return route == "$connect" if protocol == "WEBSOCKET" else not is_asked_of_everybody(route)


def _http_routes(api: AwsFacts) -> tuple[HttpRoute, ...]:
    answer = api.read(ROUTES, ApiId=api.at("ApiId"))
    routes = [(reported(one, "RouteKey", answer), one) for one in answer.items("Items")]
    return tuple(api.nested(HttpRoute, key, one, answer) for key, one in routes if _asks(api.at("ProtocolType"), key))


def _planned_http_routes(api: PlannedBlock) -> Sequence[ApiRoute]:
    """An API that is made together with its target has one route, which asks for nobody."""
    protocol = api.at("protocol_type")
    routes, rest = parts(api.plan.referring("aws_apigatewayv2_route", "api_id", api))
    found = [HttpRoute(one.name_or_address("route_key"), one, one.source) for one in routes]
    if is_set(api, "target"):
        found.append(
            HttpRoute(api.text("route_key") or "$default", StaticOrigin({"authorization": NOBODY}, api.source), api.source)
        )
    defined, more = known_of([api], partial(_routes_of_definition, kind=HttpRoute))
    return collected([one for one in (*found, *defined) if _asks(protocol, one.name)], [*rest, *more])


def _planned_http_limit(stage: PlannedBlock) -> float | None:
    found = [settings.at_or("throttling_rate_limit", -1) for settings in stage.written_blocks("default_route_settings")]
    return _limit(found[0]) if found else None


class HttpStage(ApiStage):
    """A stage of an HTTP or WebSocket API."""

    logs_access: bool = field(aws=lambda stage: bool(stage.at("AccessLogSettings.DestinationArn")), plan=_logs)
    requests_per_second: float | None = field(
        aws=lambda stage: _limit(stage.at("DefaultRouteSettings.ThrottlingRateLimit")), plan=_planned_http_limit
    )


def _http_stages(api: AwsFacts) -> tuple[HttpStage, ...]:
    answer = api.read(STAGES_2, ApiId=api.at("ApiId"))
    return tuple(api.nested(HttpStage, reported(one, "StageName", answer), one, answer) for one in answer.items("Items"))


def _planned_http_stages(api: PlannedBlock) -> Sequence[HttpStage]:
    """An API that is made together with its target has a stage as well, without a log or a limit."""
    stages, rest = parts(api.plan.referring("aws_apigatewayv2_stage", "api_id", api))
    found = [HttpStage(one.name_or_address("name"), one, one.source) for one in stages]
    if is_set(api, "target"):
        nothing = StaticOrigin({"logs_access": False, "requests_per_second": None}, api.source)
        found.append(HttpStage("$default", nothing, api.source))
    return collected(found, rest)


class HttpApi(Api):
    """An HTTP or WebSocket API."""

    operations = ("apigatewayv2:GetApis", ROUTES, STAGES_2)
    terraform = ("aws_apigatewayv2_api",)

    api_id: str = field(aws="ApiId", plan="id")
    routes: tuple[ApiRoute, ...] = field(aws=_http_routes, plan=_planned_http_routes)
    stages: tuple[ApiStage, ...] = field(aws=_http_stages, plan=_planned_http_stages)
    confines_callers: bool = field(aws=lambda _: False, plan=lambda _: False)

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[HttpApi]":
        del names  # one call lists all
        return listed(cls, aws, aws.read("apigatewayv2:GetApis"), "Items", named="Name")


# Custom domains


def _answered_domain_policy(domain: AwsFacts) -> str | None:
    """Of the configurations there is more than one only while a domain moves from the edge to a region: the older TLS counts then."""
    found = [one.get("SecurityPolicy") for one in domain.at("DomainNameConfigurations") or ()]
    return next((one for one in found if one is None or not refuses_old_tls(one)), found[0] if found else None)


def _answered_ids(domain: AwsFacts) -> tuple[str, ...]:
    answer = domain.read(MAPPINGS, DomainName=domain.at("DomainName"))
    return tuple(reported(one, "ApiId", answer) for one in answer.items("Items"))


def _planned_domain_policy(domain: PlannedBlock) -> Any:
    """Of a REST API's domain that says nothing it is the service's default, TLS 1.0 at the edge; of others it is required."""
    if domain.type == "aws_api_gateway_domain_name":
        return "TLS_1_0" if domain.is_unset("security_policy") else domain.at_or("security_policy", "TLS_1_0")
    configuration = the_one(domain.blocks("domain_name_configuration"))
    return configuration.at("security_policy") if configuration else None


class ApiDomain(Resource):
    """A domain name of one's own for APIs."""

    operations = ("apigatewayv2:GetDomainNames", MAPPINGS, *RestApi.operations[:1], *HttpApi.operations[:1])
    terraform = ("aws_apigatewayv2_domain_name", "aws_api_gateway_domain_name")
    planned_name = "domain_name"

    security_policy: str = field(aws=_answered_domain_policy, plan=_planned_domain_policy)
    """The versions of TLS and ciphers that it lets in, by a name of the service's: ``TLS_1_2``."""
    api_ids: tuple[str, ...] = field(aws=_answered_ids)
    """The ids of the APIs that it leads to."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[ApiDomain]":
        del names  # one call lists all
        return listed(cls, aws, aws.read("apigatewayv2:GetDomainNames"), "Items", named="DomainName")
