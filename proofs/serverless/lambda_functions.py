"""Functions of AWS Lambda."""

import json

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import Edit, absent, adds, answers, fails, omits, planned, refers, says, unknown, with_resource, without
from stackproof.core.verdicts import AccessDenied

FUNCTIONS, ALIASES, POLICY, URL = "lambda:ListFunctions", "lambda:ListAliases", "lambda:GetPolicy", "lambda:GetFunctionUrlConfig"
NAME, STACK = "triflow-ai-production-function", "module.lambda_function"
MAIN, PERMISSION = f"{STACK}.aws_lambda_function.main", f"{STACK}.aws_lambda_permission.main"
GROUPS, POLLERS, ON_FAILURE = "logs:DescribeLogGroups", "lambda:ListEventSourceMappings", "lambda:ListFunctionEventInvokeConfigs"
GROUP = {"logGroupNamePrefix": f"/aws/lambda/{NAME}"}
DEAD = "Functions.0.DeadLetterConfig"
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


def runs_on(runtime: str) -> Edit:
    return says(FUNCTIONS, "Functions.0.Runtime", runtime)


def holding(**variables: str) -> Edit:
    return says(FUNCTIONS, "Functions.0.Environment", {"Variables": variables})


def planned_holding(**variables: str) -> Edit:
    return planned(MAIN, environment=[{"variables": variables}])


def another(**facts: object) -> Edit:
    """Let the stack have another function."""
    return adds(FUNCTIONS, "Functions", {"FunctionName": f"{NAME}-2", **facts})


def nothing_failed() -> tuple[Edit, ...]:
    """Let the function have no dead letters."""
    return omits(FUNCTIONS, DEAD), answers(ON_FAILURE, {"FunctionEventInvokeConfigs": []}, FunctionName=NAME)


def polled(*mappings: str) -> Edit:
    return answers(POLLERS, {"EventSourceMappings": [{"UUID": one} for one in mappings]}, FunctionName=NAME)


CALLED_BY_API = says(POLICY, "Policy", letting_in({"Service": "apigateway.amazonaws.com"}, Condition=HERE))
NO_DEAD_LETTERS = planned(MAIN, dead_letter_config=[])

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
    cloud(
        "SEC-FN-01",
        "everybody by its policy, though an alias cannot be asked",
        FAIL,
        *alias(QUIET[0], QUIET[1]),
        says(POLICY, "Policy", letting_in("*"), FunctionName=NAME),
        fails(POLICY, AccessDenied("no"), Qualifier="live"),
        names=NAME,
    ),
    plan(
        "SEC-FN-01",
        "everybody, beside who is known after apply",
        FAIL,
        unknown(PERMISSION, "principal"),
        with_resource(f"{STACK}.aws_lambda_permission.more", function_name=NAME, principal="*", action="lambda:InvokeFunction"),
        names=NAME,
    ),
    plan(
        "SEC-FN-01",
        "a service for a resource of the stack",
        PASS,
        planned(PERMISSION, source_account=None),
        refers(PERMISSION, source_arn="aws_iam_role.main.arn"),
    ),
    plan(
        "SEC-FN-01",
        "a service for a bucket of the stack, whose name anybody can have next",
        FAIL,
        with_resource(f"{STACK}.aws_s3_bucket.more", bucket="more"),
        planned(PERMISSION, source_account=None),
        refers(PERMISSION, source_arn="aws_s3_bucket.more.arn"),
        names="sns",
    ),
    plan(
        "SEC-FN-01",
        "everybody, to a function that is there already",
        FAIL,
        with_resource(
            f"{STACK}.aws_lambda_permission.more", function_name="older", principal="*", action="lambda:InvokeFunction"
        ),
        names="older",
    ),
    plan(
        "SEC-FN-01",
        "a URL for everybody, of a function that is there already",
        FAIL,
        with_resource(f"{STACK}.aws_lambda_function_url.more", function_name="older", authorization_type="NONE"),
        names="older",
    ),
    plan("SEC-FN-01", "a URL that lets in nobody knows whom", ERROR, planned_url("TOKEN"), names="TOKEN"),
    cloud("SEC-FN-02", "a runtime in support", PASS, runs_on("python3.14")),
    cloud("SEC-FN-02", "a runtime out of support", FAIL, runs_on("nodejs14.x"), names=NAME),
    cloud("SEC-FN-02", "a runtime without a date", ERROR, runs_on("nodejs26.x"), names="nodejs26.x"),
    cloud("SEC-FN-02", "a runtime that nobody knows", ERROR, runs_on("cobol1.x"), names="cobol1.x"),
    plan("SEC-FN-02", "a runtime in support", PASS, planned(MAIN, runtime="python3.14")),
    plan("SEC-FN-02", "a runtime out of support", FAIL, planned(MAIN, runtime="nodejs14.x"), names=NAME),
    plan("SEC-FN-02", "a runtime that nobody knows", ERROR, planned(MAIN, runtime="cobol1.x"), names="cobol1.x"),
    plan("SEC-FN-02", "a runtime known after apply", UNKNOWN, unknown(MAIN, "runtime")),
    cloud("SEC-FN-03", "a token", FAIL, holding(API_TOKEN="tok-4f1a9c22d7"), names="API_TOKEN"),
    cloud("SEC-FN-03", "a password in an address", FAIL, holding(DB="postgresql://app:hunter2@db/app"), names="DB"),
    cloud("SEC-FN-03", "the name of a secret", PASS, holding(SECRET_NAME="app/database")),
    cloud("SEC-FN-03", "no environment", PASS, omits(FUNCTIONS, "Functions.0.Environment")),
    cloud(
        "SEC-FN-03",
        "an environment that may not be decrypted",
        ERROR,
        says(FUNCTIONS, "Functions.0.Environment", {"Error": {"ErrorCode": "AccessDeniedException", "Message": "no"}}),
        names="AccessDeniedException",
    ),
    plan("SEC-FN-03", "a token", FAIL, planned_holding(API_TOKEN="tok-4f1a9c22d7"), names="API_TOKEN"),
    plan("SEC-FN-03", "a value that Terraform calls sensitive", FAIL, planned_holding(CONFIG="(redacted)"), names="sensitive"),
    plan("SEC-FN-03", "the address of a secret", PASS, planned_holding(SECRET_NAME="app/database")),
    plan("SEC-FN-03", "known after apply", UNKNOWN, unknown(MAIN, "environment")),
    cloud("SEC-FN-04", "two under one role", FAIL, another(Role=f"arn:aws:iam::123456789012:role/{NAME}"), names=NAME),
    cloud("SEC-FN-04", "another under another role", PASS, another(Role="arn:aws:iam::123456789012:role/other")),
    cloud("SEC-FN-04", "a role that is not told", ERROR, another(), names="role is not reported"),
    plan(
        "SEC-FN-04",
        "two under one role",
        FAIL,
        with_resource(f"{STACK}.aws_lambda_function.more", refers={"role": "aws_iam_role.main.arn"}, function_name="more"),
        names="more",
    ),
    plan(
        "SEC-FN-04",
        "another under another role",
        PASS,
        with_resource(f"{STACK}.aws_iam_role.more", name="more"),
        with_resource(f"{STACK}.aws_lambda_function.more", refers={"role": "aws_iam_role.more.arn"}, function_name="more"),
    ),
    plan(
        "SEC-FN-04",
        "a role known after apply",
        UNKNOWN,
        with_resource(f"{STACK}.aws_iam_role.more", name="more"),
        unknown(MAIN, "role"),
    ),
    cloud("SEC-FN-05", "no log group", FAIL, says(GROUPS, "logGroups", [], **GROUP), names="no log group"),
    cloud("SEC-FN-05", "one whose name begins so", FAIL, says(GROUPS, "logGroups.0.logGroupName", "other", **GROUP), names=NAME),
    cloud("SEC-FN-05", "one that never expires", FAIL, omits(GROUPS, "logGroups.0.retentionInDays", **GROUP), names="for ever"),
    cloud("SEC-FN-05", "the list is missing", ERROR, omits(GROUPS, "logGroups", **GROUP)),
    plan("SEC-FN-05", "no log group", FAIL, without(f"{STACK}.aws_cloudwatch_log_group.main"), names="no log group"),
    plan(
        "SEC-FN-05",
        "one that never expires",
        FAIL,
        planned(f"{STACK}.aws_cloudwatch_log_group.main", retention_in_days=0),
        names="for ever",
    ),
    plan("SEC-FN-05", "known after apply", UNKNOWN, unknown(f"{STACK}.aws_cloudwatch_log_group.main", "retention_in_days")),
    plan("SEC-FN-05", "another that it names", FAIL, planned(MAIN, logging_config=[{"log_group": "elsewhere"}]), names=NAME),
    cloud("SEC-FN-06", "no dead letters", FAIL, *nothing_failed(), polled(), names=NAME),
    cloud("SEC-FN-06", "no dead letters, and nobody known who calls it", FAIL, *nothing_failed(), polled(), absent(POLICY)),
    cloud("SEC-FN-06", "no dead letters, called by an API", PASS, *nothing_failed(), polled(), CALLED_BY_API),
    cloud("SEC-FN-06", "no dead letters, and polls a queue", PASS, *nothing_failed(), polled("1"), absent(POLICY)),
    cloud(
        "SEC-FN-06",
        "a destination for failures",
        PASS,
        omits(FUNCTIONS, DEAD),
        answers(
            ON_FAILURE,
            {"FunctionEventInvokeConfigs": [{"DestinationConfig": {"OnFailure": {"Destination": "arn"}}}]},
            FunctionName=NAME,
        ),
    ),
    cloud("SEC-FN-06", "destinations are not told", ERROR, omits(FUNCTIONS, DEAD), answers(ON_FAILURE, {}, FunctionName=NAME)),
    plan("SEC-FN-06", "no dead letters", FAIL, NO_DEAD_LETTERS, names=NAME),
    plan("SEC-FN-06", "called by an API", PASS, NO_DEAD_LETTERS, planned(PERMISSION, principal="apigateway.amazonaws.com")),
    plan("SEC-FN-06", "nobody known who calls it", FAIL, NO_DEAD_LETTERS, without(PERMISSION), names=NAME),
    plan(
        "SEC-FN-06",
        "polls a queue",
        PASS,
        NO_DEAD_LETTERS,
        without(PERMISSION),
        with_resource(f"{STACK}.aws_lambda_event_source_mapping.main", function_name=NAME),
    ),
    plan(
        "SEC-FN-06",
        "a destination for failures",
        PASS,
        NO_DEAD_LETTERS,
        with_resource(
            f"{STACK}.aws_lambda_function_event_invoke_config.main",
            function_name=NAME,
            destination_config=[{"on_failure": [{"destination": "arn"}]}],
        ),
    ),
    plan("SEC-FN-06", "dead letters known after apply", UNKNOWN, unknown(MAIN, "dead_letter_config")),
]
