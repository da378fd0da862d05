"""APIs of Amazon API Gateway."""

import json

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import Edit, adds, fails, omits, planned, says, unknown, with_resource, without
from stackproof.core.verdicts import AccessDenied

REST, HTTP = "triflow-ai-production-rest", "triflow-ai-production-http"
RESOURCES, ROUTES = "apigateway:GetResources", "apigatewayv2:GetRoutes"
STAGES_1, STAGES_2 = "apigateway:GetStages", "apigatewayv2:GetStages"
DOMAINS, MAPPINGS = "apigatewayv2:GetDomainNames", "apigatewayv2:GetApiMappings"
METHOD = "items.0.resourceMethods.GET.authorizationType"
ONE, TWO = "module.rest_api", "module.http_api"
API_1, API_2 = f"{ONE}.aws_api_gateway_rest_api.main", f"{TWO}.aws_apigatewayv2_api.main"
STAGE_1, STAGE_2 = f"{ONE}.aws_api_gateway_stage.main", f"{TWO}.aws_apigatewayv2_stage.main"
SETTINGS = f"{ONE}.aws_api_gateway_method_settings.main"
NAME_2 = f"{TWO}.aws_apigatewayv2_domain_name.main"
SIGNED = {"signed": {"type": "apiKey", "x-amazon-apigateway-authtype": "awsSigv4"}}


def letting_in(principal: object) -> str:
    """A resource policy of a REST API, as API Gateway gives it: with its quotation marks escaped."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": "execute-api:Invoke", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}).replace('"', '\\"')


def definition(**method: object) -> str:
    document = {"paths": {"/jobs": {"get": method}}, "components": {"securitySchemes": SIGNED}}
    return json.dumps(document)


def route(**values: object) -> Edit:
    return with_resource(f"{TWO}.aws_apigatewayv2_route.more", refers={"api_id": "aws_apigatewayv2_api.main.id"}, **values)


OPEN_METHOD = says(RESOURCES, METHOD, "NONE")
CONFIGURED = "Items.0.DomainNameConfigurations.0.SecurityPolicy"

OPEN_IN_YAML = "openapi: 3.0.1\npaths:\n  /jobs:\n    get:\n"

CASES: list[Case] = [
    cloud("SEC-API-01", "a method for everybody", FAIL, OPEN_METHOD, names=f"{REST} GET /"),
    cloud("SEC-API-01", "a method that asks nobody knows whom", ERROR, says(RESOURCES, METHOD, "PALM"), names="PALM"),
    cloud("SEC-API-01", "a method that does not tell", ERROR, omits(RESOURCES, METHOD), names="not reported"),
    cloud(
        "SEC-API-01",
        "a method for everybody, though the other API cannot be asked",
        FAIL,
        OPEN_METHOD,
        fails(ROUTES, AccessDenied("no")),
        names=f"{REST} GET /",
    ),
    cloud(
        "SEC-API-01",
        "a method for everybody whom the policy lets in",
        PASS,
        OPEN_METHOD,
        says("apigateway:GetRestApis", "items.0.policy", letting_in({"AWS": "123456789012"})),
    ),
    cloud(
        "SEC-API-01",
        "a policy that lets in everybody",
        FAIL,
        OPEN_METHOD,
        says("apigateway:GetRestApis", "items.0.policy", letting_in("*")),
        names=REST,
    ),
    cloud(
        "SEC-API-01",
        "preflight requests",
        PASS,
        says(RESOURCES, "items.0.resourceMethods.OPTIONS", {"httpMethod": "OPTIONS", "authorizationType": "NONE"}),
    ),
    cloud("SEC-API-01", "no method", FAIL, omits(RESOURCES, "items.0.resourceMethods"), names=REST),
    cloud(
        "SEC-API-01", "a route for everybody", FAIL, says(ROUTES, "Items.0.AuthorizationType", "NONE"), names=f"{HTTP} GET /jobs"
    ),
    cloud("SEC-API-01", "a route for who has a token", PASS, says(ROUTES, "Items.0.AuthorizationType", "JWT")),
    cloud(
        "SEC-API-01",
        "a route that asks nobody knows whom",
        ERROR,
        says(ROUTES, "Items.0.AuthorizationType", "PALM"),
        names="PALM",
    ),
    cloud("SEC-API-01", "a route that does not tell", ERROR, omits(ROUTES, "Items.0.AuthorizationType"), names="not reported"),
    cloud(
        "SEC-API-01",
        "messages on a WebSocket connection",
        PASS,
        says("apigatewayv2:GetApis", "Items.0.ProtocolType", "WEBSOCKET"),
        says(ROUTES, "Items.0.RouteKey", "$connect"),
        adds(ROUTES, "Items", {"RouteKey": "$default", "AuthorizationType": "NONE"}),
    ),
    cloud("SEC-API-01", "the list is missing", ERROR, omits("apigatewayv2:GetApis", "Items")),
    cloud("SEC-API-01", "another team's", PASS, adds("apigatewayv2:GetApis", "Items", {"Name": "other", "ApiId": "1"})),
    plan(
        "SEC-API-01",
        "a method for everybody",
        FAIL,
        planned(f"{ONE}.aws_api_gateway_method.main", authorization="NONE"),
        names=REST,
    ),
    plan("SEC-API-01", "a method known after apply", UNKNOWN, unknown(f"{ONE}.aws_api_gateway_method.main", "authorization")),
    plan(
        "SEC-API-01",
        "preflight requests",
        PASS,
        with_resource(
            f"{ONE}.aws_api_gateway_method.more",
            refers={"rest_api_id": "aws_api_gateway_rest_api.main.id"},
            http_method="OPTIONS",
            authorization="NONE",
        ),
    ),
    plan(
        "SEC-API-01",
        "a route for everybody",
        FAIL,
        route(route_key="POST /jobs", authorization_type="NONE"),
        names=f"{HTTP} POST /jobs",
    ),
    plan("SEC-API-01", "a route that says nothing", FAIL, route(route_key="POST /jobs"), names=f"{HTTP} POST /jobs"),
    plan(
        "SEC-API-01",
        "a route that asks nobody knows whom",
        ERROR,
        route(route_key="POST /x", authorization_type="PALM"),
        names="PALM",
    ),
    plan(
        "SEC-API-01",
        "a route together with its target",
        FAIL,
        planned(API_2, target="arn:aws:lambda:x"),
        names=f"{HTTP} $default",
    ),
    plan("SEC-API-01", "a definition with an open route", FAIL, planned(API_1, body=definition()), names=f"{REST} GET /jobs"),
    plan("SEC-API-01", "a definition with a signed route", PASS, planned(API_2, body=definition(security=[{"signed": []}]))),
    plan(
        "SEC-API-01",
        "a definition in YAML with an open route",
        FAIL,
        planned(API_1, body=OPEN_IN_YAML),
        names=f"{REST} GET /jobs",
    ),
    plan("SEC-API-01", "a definition that is none", UNKNOWN, planned(API_2, body="{"), names="neither JSON nor YAML"),
    plan(
        "SEC-API-01",
        "a definition known after apply, beside an open route",
        FAIL,
        unknown(API_2, "body"),
        route(route_key="POST /jobs", authorization_type="NONE"),
        names=f"{HTTP} POST /jobs",
    ),
    cloud("SEC-API-02", "a domain with TLS 1.0", FAIL, says(DOMAINS, CONFIGURED, "TLS_1_0"), names="api.example.com"),
    cloud("SEC-API-02", "a domain that does not tell", ERROR, omits(DOMAINS, CONFIGURED), names="not reported"),
    cloud("SEC-API-02", "a policy that nobody knows", ERROR, says(DOMAINS, CONFIGURED, "TLS_2_0"), names="TLS_2_0"),
    cloud(
        "SEC-API-02",
        "older TLS at the edge",
        FAIL,
        adds(DOMAINS, "Items.0.DomainNameConfigurations", {"SecurityPolicy": "TLS_1_0"}),
        names="api.example.com",
    ),
    cloud("SEC-API-02", "its mappings are missing", ERROR, omits(MAPPINGS, "Items")),
    plan(
        "SEC-API-02", "a domain with TLS 1.0", FAIL, planned(NAME_2, domain_name_configuration=[{"security_policy": "TLS_1_0"}])
    ),
    plan(
        "SEC-API-02",
        "a domain of the first version with TLS 1.0",
        FAIL,
        with_resource(f"{TWO}.aws_api_gateway_domain_name.more", domain_name="old", security_policy="TLS_1_0"),
        names="old",
    ),
    plan(
        "SEC-API-02",
        "a domain of the first version that says nothing",
        FAIL,
        with_resource(f"{TWO}.aws_api_gateway_domain_name.more", domain_name="old"),
        names="old",
    ),
    plan(
        "SEC-API-02",
        "a domain of the first version with TLS 1.3",
        PASS,
        with_resource(
            f"{TWO}.aws_api_gateway_domain_name.more",
            domain_name="new",
            security_policy="SecurityPolicy_TLS13_1_3_2025_09",
        ),
    ),
    plan("SEC-API-02", "known after apply", UNKNOWN, unknown(NAME_2, "domain_name_configuration")),
    cloud("SEC-API-03", "no log of a REST API", FAIL, omits(STAGES_1, "item.0.accessLogSettings"), names=f"{REST} live"),
    cloud("SEC-API-03", "no log of an HTTP API", FAIL, omits(STAGES_2, "Items.0.AccessLogSettings"), names=f"{HTTP} live"),
    cloud("SEC-API-03", "the list is missing", ERROR, omits(STAGES_2, "Items")),
    plan("SEC-API-03", "no log of a REST API", FAIL, planned(STAGE_1, access_log_settings=[]), names=f"{REST} live"),
    plan("SEC-API-03", "no log of an HTTP API", FAIL, planned(STAGE_2, access_log_settings=[]), names=f"{HTTP} live"),
    plan(
        "SEC-API-03",
        "a stage that a deployment makes",
        FAIL,
        planned(f"{ONE}.aws_api_gateway_deployment.main", stage_name="quick"),
        names=f"{REST} quick",
    ),
    *(
        plan(
            control,
            "the stage that an API has which is made together with its target",
            FAIL,
            planned(API_2, target="arn:aws:lambda:x"),
            names=f"{HTTP} $default",
        )
        for control in ("SEC-API-03", "SEC-API-04")
    ),
    plan("SEC-API-03", "known after apply", UNKNOWN, unknown(STAGE_2, "access_log_settings")),
    cloud("SEC-API-04", "no limit of a REST API", FAIL, omits(STAGES_1, "item.0.methodSettings"), names=f"{REST} live"),
    cloud("SEC-API-04", "no limit of an HTTP API", FAIL, omits(STAGES_2, "Items.0.DefaultRouteSettings"), names=f"{HTTP} live"),
    cloud("SEC-API-04", "the list is missing", ERROR, omits(STAGES_1, "item")),
    plan("SEC-API-04", "no limit of a REST API", FAIL, without(SETTINGS), names=f"{REST} live"),
    plan("SEC-API-04", "a limit for one method alone", FAIL, planned(SETTINGS, method_path="jobs/GET"), names=f"{REST} live"),
    plan(
        "SEC-API-04",
        "throttling turned off",
        FAIL,
        planned(SETTINGS, settings=[{"throttling_rate_limit": -1, "throttling_burst_limit": -1}]),
        names=f"{REST} live",
    ),
    plan("SEC-API-04", "no limit of an HTTP API", FAIL, planned(STAGE_2, default_route_settings=[]), names=f"{HTTP} live"),
    plan("SEC-API-04", "known after apply", UNKNOWN, unknown(STAGE_2, "default_route_settings")),
]
