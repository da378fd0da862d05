"""What is in the log groups, the templates for queries, the cost of it."""

import json
from dataclasses import replace
from typing import Any

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import Edit, absent, adds, fails, omits, planned, profile, recorded_at, says, unknown, without
from proofs.metrics import NOTHING, measured
from stackproof.core.verdicts import CallFailed
from stackproof.resources.filter_patterns import TEST
from stackproof.resources.log_events import EVENTS
from stackproof.resources.metrics import DATA
from stackproof.resources.queries import DEFINITIONS, RESULTS, START
from stackproof.sources.aws.calls import Call
from stackproof.sources.replay import Recorded

BYTES = "AWS/Logs IncomingBytes"
LLM, ERRORS, SERVICE = "/aws/ecs/api/llm", "/aws/ecs/api/errors", profile().observability.log_group
RECORD = {"prompt": "hello", "response": "hello", "prompt_tokens": 1, "completion_tokens": 1, "total_cost": 0.000002}
NOW = int(recorded_at().timestamp() * 1000)


def event(message: str) -> dict[str, Any]:
    return {"logStreamName": "planted", "timestamp": NOW, "message": message, "ingestionTime": NOW, "eventId": "1"}


def counted(group: str) -> Edit:
    """Let CloudWatch have counted bytes that came into a group."""
    return measured(BYTES, only=group, Timestamps=[recorded_at()], Values=[1234.0])


def written(group: str, message: str) -> Edit:
    """Let a group have one event more, and CloudWatch have counted it."""
    return lambda calls: counted(group)(adds(EVENTS, "events", event(message), logGroupName=group)(calls))


def uncounted(message: str) -> Edit:
    """Let CloudWatch have counted no byte anywhere, as LocalStack does, and a group that is asked then have this event."""

    def edit(calls: list[Recorded]) -> list[Recorded]:
        (one,) = (one for one in calls if one.call.operation == EVENTS and one.call.arguments["logGroupName"] == LLM)
        asked = (
            Call.of(EVENTS, one.call.region, **{**one.call.arguments, "logGroupName": name}) for name in profile().logs.groups
        )
        known = {other.call for other in calls}
        more = [replace(one, call=call, pages=({"events": []},)) for call in asked if call not in known]
        return measured(BYTES, **NOTHING)(adds(EVENTS, "events", event(message), logGroupName=ERRORS)([*calls, *more]))

    return edit


def on_second_page(group: str, message: str) -> Edit:
    """Let a group's events have a second page."""

    def edit(calls: list[Recorded]) -> list[Recorded]:
        def is_meant(one: Recorded) -> bool:
            return one.call.operation == EVENTS and one.call.arguments["logGroupName"] == group

        assert any(map(is_meant, calls))
        return counted(group)(
            [replace(one, pages=(*one.pages, {"events": [event(message)]})) if is_meant(one) else one for one in calls]
        )

    return edit


def without_events(*groups: str) -> Edit:
    """Let nobody have written to these groups; to none at all, if none is named."""

    def edit(calls: list[Recorded]) -> list[Recorded]:
        def is_meant(one: Recorded) -> bool:
            return one.call.operation == EVENTS and (not groups or one.call.arguments["logGroupName"] in groups)

        assert any(map(is_meant, calls))
        return [replace(one, pages=({"events": []},)) if is_meant(one) else one for one in calls]

    return edit


lines = profile().logs.sentry_lines
PATTERN = [
    cloud(
        "LOG-09", "selects INFO", FAIL, adds(TEST, "matches", {"eventNumber": 4, "eventMessage": lines.others[0]}), names="INFO"
    ),
    cloud("LOG-09", "passes an ERROR over", FAIL, omits(TEST, "matches.0")),
    cloud("LOG-09", "selects nothing", FAIL, says(TEST, "matches", [])),
    cloud("LOG-09", "not reported", ERROR, omits(TEST, "matches"), names="matches"),
]


def record(**changes: Any) -> str:
    """An LLM call, with some members changed; None takes one away."""
    return json.dumps({name: value for name, value in {**RECORD, **changes}.items() if value is not None})


RECORDS = [
    *(
        cloud("LOG-10", name, FAIL, written(LLM, message), names=says_)
        for name, message, says_ in (
            ("a line of text", "called the model for 0.002 USD", "not JSON"),
            ("a JSON array", '["prompt", "response"]', "not a JSON object"),
            ("no cost", record(total_cost=None), "no total_cost"),
            ("no prompt", record(prompt=None), "no prompt"),
            ("no response", record(response=None), "no response"),
            ("no tokens", record(prompt_tokens=None, completion_tokens=None), "no prompt_tokens, completion_tokens"),
            ("cost as text", record(total_cost="0.002"), "total_cost is no number"),
            ("cost below zero", record(total_cost=-1), "total_cost is no number"),
            ("a fraction of a token", record(prompt_tokens=1.5), "prompt_tokens is no count"),
            ("tokens as a yes or no", record(prompt_tokens=True), "prompt_tokens is no count"),
            ("prompt as a list", record(prompt=["hello"]), "prompt is no text"),
        )
    ),
    cloud("LOG-10", "one line on the second page of events", FAIL, on_second_page(LLM, "text"), names="planted at"),
    cloud("LOG-10", "a complete record more", PASS, on_second_page(LLM, record(model="echo-1", duration=12.5))),
    cloud("LOG-10", "no such group", FAIL, absent(EVENTS, logGroupName=LLM), names=LLM),
    cloud("LOG-10", "no event", ERROR, without_events(LLM), names="nothing is examined"),
    cloud("LOG-10", "the list is missing", ERROR, omits(EVENTS, "events", logGroupName=LLM)),
    cloud("LOG-10", "an event without a message", ERROR, omits(EVENTS, "events.0.message", logGroupName=LLM)),
    cloud("LOG-10", "an event without its time", ERROR, omits(EVENTS, "events.0.timestamp", logGroupName=LLM)),
]

# Put together here, so that no line of the repository looks like a credential.
PASSWORD, ACCESS_KEY = "tr0ub4dor" + "-and-3", "AKIA" + "Q3EGTMB6" * 2
TOKEN = ".".join(["eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiJrb25nIn0", "c2lnbmF0dXJl" * 3])
CREDENTIALS = (
    ("a password", f"login failed for hong, password={PASSWORD}"),
    ("a password in JSON", json.dumps({"level": "INFO", "request": {"db_password": PASSWORD}})),
    ("a password in a URL", f"connecting to postgresql://triflow_admin:{PASSWORD}@db:5432/triflow"),
    ("a password after a colon", f"the password: {PASSWORD}"),
    ("a bearer token", f"Authorization: Bearer {PASSWORD}{PASSWORD}"),
    ("a JSON web token", f"session {TOKEN} ended"),
    ("an access key", f"using {ACCESS_KEY}"),
    ("a secret access key", f"aws_secret_access_key={PASSWORD * 3}"),
    ("a private key", "-----BEGIN " + f"PRIVATE KEY-----\n{'MIIEvQIBADANBgkq' * 4}\n-----END PRIVATE KEY-----"),
    ("a webhook", f"posting to https://hooks.slack.com/services/T000/B000/{PASSWORD}"),
    ("a key of a language model", "key sk-ant-" + "api03-" + "aB3dE6gH" * 5),
    ("a word after a colon", "password: correct" + "horse"),
    ("a Ruby hash", f'Parameters: {{"user"=>"a", "password"=>"{PASSWORD}"}}'),
    ("a header with a key", f"x-api-key: {PASSWORD}"),
    ("a header of some in JSON", json.dumps({"headers": {"x-api-key": PASSWORD}})),
    ("a cookie", f"Cookie: session={PASSWORD}; theme=dark"),
    ("an option of a command", f"psql --password {PASSWORD}"),
    ("a short name", json.dumps({"pwd": "x1" + "y2"})),
    ("a Korean name", f"비밀번호: {PASSWORD}"),
    ("a key of Amazon Bedrock", "client got bedrock-api-key-" + "YmVkcm9jay5hbWF6b25hd3MuY29t" + "aB3dE6gH" * 12),
    ("a token of Vault", "client got hvs." + "aB3dE6gH" * 12),
    ("a token of Grafana", "client got glsa_" + "aB3dE6gH" * 4 + "_01234567"),
    ("a token of a GitLab job", "build with glcbt-" + "aB3dE6gH9jKlMnOpQrSt"),
    ("an unsigned JSON web token", "session " + TOKEN.rpartition(".")[0]),
    ("a password with every sign", "connecting to postgresql://app:Qw7<eR5" + "p/?#x@db:5432/triflow"),
    ("a password in a URL without a user", f"connecting to redis://:{PASSWORD}@cache:6379/0"),
    ("a password that begins with a dollar sign", f"DB_PASSWORD=$aQ{PASSWORD}"),
    ("a password with a comma", f"DB_PASSWORD=a1,{PASSWORD}"),
    ("JSON that was cut", '{"level": "INFO", "password": "' + PASSWORD),
    ("a parameter and its value", json.dumps({"ParameterName": "db_password", "ParameterValue": PASSWORD})),
    ("words of a command", json.dumps({"command": ["psql", "--password", PASSWORD]})),
    ("a credentials file", f"[default]\naws_secret_access_key = {PASSWORD}"),
    ("a password in SQL", f"CREATE USER a IDENTIFIED BY '{PASSWORD}'"),
    ("a token for npm", "installing with npm_" + "aB3dE6gH9j" * 3 + "aB3dE6"),
)
PERSONAL = (
    ("an e-mail address", "hong@corp.co.kr signed up", "e-mail address"),
    ("an e-mail address in a prompt", record(prompt="write to hong@corp.co.kr"), "e-mail address"),
    ("an e-mail address as a key", json.dumps({"seats": {"hong@corp.co.kr": 1}}), "e-mail address"),
    ("a resident number", "주민번호 900101-1234567 확인", "resident registration number"),
    ("a resident number without its hyphen", "checked 9001011234568", "resident registration number"),
    ("a foreigner's number", "외국인등록번호: 900101-5234567", "resident registration number"),
    ("a mobile phone", "call 010-1234-5678 back", "telephone number"),
    ("a mobile phone in a row", json.dumps({"to": "01012345678"}), "telephone number"),
    ("a mobile phone from abroad", "+82 10-1234-5678", "telephone number"),
    ("a landline", "대표전화02-312-4567", "telephone number"),
    ("a resident number with a space", "확인 900101 1234567", "resident registration number"),
    ("an area in parentheses", "전화 02)312-4567", "telephone number"),
    ("a mobile phone from abroad by zeros", "0082-10-1234-5678", "telephone number"),
    ("a card", "paid with 4111-1111-1111-1111", "card number"),
)
LEAKS = [
    *(cloud("LOG-12", name, FAIL, written(SERVICE, message), names="planted at") for name, message in CREDENTIALS),
    *(cloud("LOG-12", name, FAIL, written(SERVICE, message), names=kind) for name, message, kind in PERSONAL),
    *(
        cloud("LOG-12", f"{name}, on the second page", FAIL, on_second_page(SERVICE, message), names=SERVICE)
        for name, message in (CREDENTIALS[0], PERSONAL[0][:2])
    ),
    cloud(
        "LOG-12",
        "several kinds in one line",
        FAIL,
        written(LLM, f"hong@corp.co.kr password={PASSWORD}"),
        names="e-mail address, password",
    ),
    cloud(
        "LOG-12",
        "a password, and the place of another",
        FAIL,
        written(SERVICE, f"password=(redacted) token={PASSWORD}"),
        names="planted at",
    ),
    *(
        cloud("LOG-12", name, PASS, written(SERVICE, message))
        for name, message in (
            ("masked by who wrote it", '{"password":"***","url":"postgresql://app:***@db/app","to":"***","authorization":"***"}'),
            (
                "ids and times",
                "550e8400-e29b-41d4-a716-446655440000 1795219200000 0af7651916cd43dd8448eb211c80319c 2026-01-20T10:00:00Z",
            ),
            ("a secret that is named", "reading arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:triflow/db"),
            ("hidden by who wrote it", "password=(redacted) token=[FILTERED]"),
            ("a password that was changed", "password: changed by user, password reset requested for user 12"),
            ("a password that is missing", '{"password":null,"errors":{"password":"must be at least 8 characters"}}'),
            ("tests that passed", "pass=12 fail=0"),
            ("a session and a UUID", "session:12345678:550e8400-e29b-41d4-a716-446655440000 created"),
            ("the ARN of a topic", "publish to arn:aws:sns:ap-northeast-2:123456789012:triflow-ai-production-alarms-topic1 ok"),
            ("a work order", "work order AP20261128001 accepted"),
            ("a part of an upload", "upload part 9f86d081884c7d659a2feaa0c55ad015-us2 done"),
            ("an asset", "asset GWw4abAIza0123456789abcdefghijklmnopqrstuvwxyz0"),
            ("a host name of a company", "GET https://sk-telecom-enterprise-portal.example.com/ 200"),
            ("a placeholder", "password=${DB_PASSWORD} token=<token> key={{ api_key }}"),
            ("a word of a language model", "eos_token=</s> max_tokens=4096"),
            ("a token that expired", "token expired; token: expired; tokens=87"),
            ("tokens that are counted", '{"prompt_tokens":12,"completion_tokens":34,"next_token":"abcdefgh12345678"}'),
        )
    ),
    cloud("LOG-12", "a group where nobody wrote", PASS, without_events(LLM)),
    cloud("LOG-12", "no event anywhere", ERROR, without_events(), names="nothing is examined"),
    cloud(
        "LOG-12",
        "a group that nothing came into, and is not asked",
        PASS,
        measured(BYTES, only=LLM, **NOTHING),
        fails(EVENTS, CallFailed("500"), logGroupName=LLM),
    ),
    cloud("LOG-12", "no byte is counted anywhere", FAIL, uncounted(f"login failed, password: {PASSWORD}"), names=ERRORS),
    cloud("LOG-12", "no byte is counted anywhere, and no secret", PASS, uncounted("login failed")),
    cloud("LOG-12", "a group of which CloudWatch does not tell", ERROR, measured(BYTES, only=LLM), names="silent"),
    cloud("LOG-12", "no such group", FAIL, counted(SERVICE), absent(EVENTS, logGroupName=SERVICE), names=SERVICE),
    cloud("LOG-12", "the list is missing", ERROR, counted(SERVICE), omits(EVENTS, "events", logGroupName=SERVICE)),
    cloud(
        "LOG-12",
        "one group that may not be read",
        ERROR,
        counted(SERVICE),
        fails(EVENTS, CallFailed("500"), logGroupName=SERVICE),
        names="500",
    ),
]

NAME = "triflow-ai/errors"
DEFINITION = f"queryDefinitions.name={NAME}"
TEMPLATE = 'module.central_logging.aws_cloudwatch_query_definition.templates["errors"]'
TEXT = profile().logs.queries[NAME].text
QUERIES = [
    cloud(
        "LOG-11", "another text", FAIL, says(DEFINITIONS, f"{DEFINITION}.queryString", TEXT.replace("100", "10000")), names=NAME
    ),
    cloud("LOG-11", "one group less", FAIL, omits(DEFINITIONS, f"{DEFINITION}.logGroupNames.0"), names=NAME),
    cloud("LOG-11", "a group more", FAIL, adds(DEFINITIONS, f"{DEFINITION}.logGroupNames", LLM), names=LLM),
    cloud("LOG-11", "for every group", FAIL, omits(DEFINITIONS, f"{DEFINITION}.logGroupNames"), names=NAME),
    cloud("LOG-11", "one is missing", FAIL, omits(DEFINITIONS, DEFINITION), names=NAME),
    cloud("LOG-11", "all are missing", FAIL, says(DEFINITIONS, "queryDefinitions", [])),
    cloud("LOG-11", "text not reported", ERROR, omits(DEFINITIONS, f"{DEFINITION}.queryString"), names="text"),
    cloud("LOG-11", "the list is missing", ERROR, omits(DEFINITIONS, "queryDefinitions")),
    *(
        cloud("LOG-11", f"a query that ends with {end}", FAIL, says(RESULTS, "status", end), names=end)
        for end in ("Failed", "Timeout", "Cancelled", "Unknown")
    ),
    cloud("LOG-11", "a query that is refused", FAIL, absent(START), names="Malformed"),
    cloud("LOG-11", "a query that does not end", ERROR, says(RESULTS, "status", "Running")),
    cloud("LOG-11", "how it ended is not reported", ERROR, omits(RESULTS, "status"), names="status"),
    plan("LOG-11", "another text", FAIL, planned(TEMPLATE, query_string=TEXT.replace("ERROR", "WARN")), names=NAME),
    plan("LOG-11", "one group less", FAIL, planned(TEMPLATE, log_group_names=[ERRORS]), names=NAME),
    plan("LOG-11", "for every group", FAIL, planned(TEMPLATE, log_group_names=[]), names=NAME),
    plan("LOG-11", "one is missing", FAIL, without(TEMPLATE), names=NAME),
    plan("LOG-11", "text known after apply", UNKNOWN, unknown(TEMPLATE, "query_string")),
    plan("LOG-11", "groups known after apply", UNKNOWN, unknown(TEMPLATE, "log_group_names")),
]

SIX_GIGABYTES_A_DAY = 0.25e9
"""Of each group; an hour is the least that is counted with."""
COST = [
    cloud(
        "LOG-15", "too much arrives", FAIL, measured(BYTES, Timestamps=[recorded_at()], Values=[SIX_GIGABYTES_A_DAY]), names="150"
    ),
    cloud("LOG-15", "a group that gets nothing", PASS, measured(BYTES, only=LLM, **NOTHING)),
    cloud("LOG-15", "no datapoint at all", ERROR, measured(BYTES, **NOTHING), names="no datapoint"),
    cloud(
        "LOG-15", "CloudWatch could not tell", ERROR, measured(BYTES, only=LLM, StatusCode="InternalError"), names="InternalError"
    ),
    cloud("LOG-15", "a group that is not answered", ERROR, measured(BYTES, only=LLM), names="silent"),
    cloud("LOG-15", "the list is missing", ERROR, omits(DATA, "MetricDataResults")),
    cloud("LOG-15", "no log group", FAIL, says("logs:DescribeLogGroups", "logGroups", [])),
]

CASES: list[Case] = [*PATTERN, *RECORDS, *LEAKS, *QUERIES, *COST]
