"""Functions of AWS Lambda."""

import json

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import Edit, absent, adds, answers, omits, planned, says, unknown, with_resource, without

FUNCTIONS, ALIASES, POLICY, URL = "lambda:ListFunctions", "lambda:ListAliases", "lambda:GetPolicy", "lambda:GetFunctionUrlConfig"
NAME, STACK = "triflow-ai-production-function", "module.lambda_function"
PERMISSION = f"{STACK}.aws_lambda_permission.main"
HERE = {"StringEquals": {"AWS:SourceAccount": "123456789012"}}
STRANGERS = {"StringEquals": {"AWS:SourceAccount": "999999999999"}}


def letting_in(principal: object, **more: object) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "lambda:InvokeFunction", "Resource": "*", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def url(type: str | None, **of: str) -> Edit:
    """Let the function, or an alias, have a URL."""
    return answers(URL, {"FunctionUrl": "https://x.lambda-url", **({"AuthType": type} if type else {})}, FunctionName=NAME, **of)


def planned_url(type: str) -> Edit:
    return with_resource(f"{STACK}.aws_lambda_function_url.main", function_name=NAME, authorization_type=type)


def alias(policy: Edit, its_url: Edit) -> tuple[Edit, ...]:
    return adds(ALIASES, "Aliases", {"Name": "live"}), policy, its_url


QUIET = (
    answers(POLICY, {"Policy": letting_in({"AWS": "arn:aws:iam::123456789012:root"})}, FunctionName=NAME, Qualifier="live"),
    url("AWS_IAM", Qualifier="live"),
)
OPEN = answers(POLICY, {"Policy": letting_in("*")}, FunctionName=NAME, Qualifier="live")

CASES: list[Case] = [
    cloud("SEC-FN-01", "everybody by its policy", FAIL, says(POLICY, "Policy", letting_in("*")), names=NAME),
    cloud(
        "SEC-FN-01",
        "a service for anybody",
        FAIL,
        says(POLICY, "Policy", letting_in({"Service": "s3.amazonaws.com"})),
        names="s3",
    ),
    cloud(
        "SEC-FN-01",
        "a service for another account",
        FAIL,
        says(POLICY, "Policy", letting_in({"Service": "s3.amazonaws.com"}, Condition=STRANGERS)),
        names="s3",
    ),
    cloud(
        "SEC-FN-01",
        "a service for the account",
        PASS,
        says(POLICY, "Policy", letting_in({"Service": "s3.amazonaws.com"}, Condition=HERE)),
    ),
    cloud("SEC-FN-01", "no policy", PASS, absent(POLICY)),
    cloud("SEC-FN-01", "a policy that is none", ERROR, says(POLICY, "Policy", "{"), names="not JSON"),
    cloud("SEC-FN-01", "a URL for everybody", FAIL, url("NONE"), names=NAME),
    cloud("SEC-FN-01", "a URL for who signs", PASS, url("AWS_IAM")),
    cloud("SEC-FN-01", "a URL that lets in nobody knows whom", ERROR, url("TOKEN"), names="TOKEN"),
    cloud("SEC-FN-01", "a URL that does not tell", ERROR, url(None), names="not reported"),
    cloud("SEC-FN-01", "an alias for who signs", PASS, *alias(*QUIET)),
    cloud("SEC-FN-01", "an alias for everybody", FAIL, *alias(OPEN, QUIET[1]), names=NAME),
    cloud("SEC-FN-01", "an alias with a URL for everybody", FAIL, *alias(QUIET[0], url("NONE", Qualifier="live")), names=NAME),
    cloud("SEC-FN-01", "another team's", PASS, adds(FUNCTIONS, "Functions", {"FunctionName": "other"})),
    cloud("SEC-FN-01", "the list is missing", ERROR, omits(FUNCTIONS, "Functions")),
    plan("SEC-FN-01", "everybody", FAIL, planned(PERMISSION, principal="*", source_account=None), names=NAME),
    plan("SEC-FN-01", "a service for anybody", FAIL, planned(PERMISSION, source_account=None), names="sns"),
    plan("SEC-FN-01", "a service for another account", FAIL, planned(PERMISSION, source_account="999999999999"), names="sns"),
    plan("SEC-FN-01", "another account", PASS, planned(PERMISSION, principal="999999999999", source_account=None)),
    plan("SEC-FN-01", "a service for who is known after apply", UNKNOWN, unknown(PERMISSION, "source_account")),
    plan("SEC-FN-01", "no permission", PASS, without(PERMISSION)),
    plan("SEC-FN-01", "a URL for everybody", FAIL, planned_url("NONE"), names=NAME),
    plan("SEC-FN-01", "a URL for who signs", PASS, planned_url("AWS_IAM")),
]
