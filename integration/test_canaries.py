"""Secrets that are planted in everything that a run reads, and looked for in everything that it leaves."""

import base64
import gzip
import json
import time
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import secret_corpus
from aws_server import Reply, Request, identity, json_error, json_reply, query_error, query_reply, serving
from evidence_runs import PLAN, copied, files, newest, run
from plan_documents import agreeing
from test_evidence import ACCOUNT, seal

from proofs import harness
from stackproof.core.verdicts import AccessDenied
from stackproof.evidence import manifest, store
from stackproof.redaction import redaction
from stackproof.redaction.redaction import HIDDEN, redact, redact_data
from stackproof.reports.formats import FORMATS, finished_run, render
from stackproof.sources.aws.calls import Answer
from stackproof.sources.replay import Recorded, to_entry

SECRETS = {
    name: f"Canary{number:02}Zq{name.title().replace('-', '')}7x"
    for number, name in enumerate(
        [
            *("database", "tfvars", "container", "secret", "url", "slack", "access", "session", "exception", "fixture", "import"),
            *(
                "printed",
                "logged",
                "warning",
                "profile",
                "waiver",
                "ticket",
                "header",
                "bearer",
                "default",
                "literal",
                "provider",
            ),
            *("output", "state", "description", "error", "key", "environment", "github", "query", "local", "event"),
        ]
    )
}

PERSONAL = {
    "e-mail": "canary.person@corp.co.kr",
    "resident number": "900101-1234567",
    "telephone": "010-7654-3210",
    "card": "4111-1111-1111-1111",
}


def url(name: str) -> str:
    return f"postgresql://triflow_admin:{SECRETS[name]}@db.internal:5432/triflow"


def webhook(name: str) -> str:
    return f"https://hooks.slack.com/services/T000/B000/{SECRETS[name]}"


ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": SECRETS["access"],
    "AWS_SESSION_TOKEN": SECRETS["session"],
    "TF_VAR_db_password": SECRETS["tfvars"],
    "DATABASE_URL": url("environment"),
    "SLACK_WEBHOOK_URL": webhook("slack"),
    "GITHUB_TOKEN": SECRETS["github"],
}
LOUD = ("--showlocals", "--tb=long", "--log-cli-level=DEBUG", "--log-file=run.log", "--log-file-level=DEBUG", "-rA", "-vv")
JUNIT = ("-o", "junit_logging=all")

CONTROL = f'''
import logging
import warnings

import pytest

from stackproof.core.controls import control


@pytest.fixture
def broken():
    secret = "password={SECRETS["local"]}"
    raise ValueError("the fixture could not connect to {url("fixture")}")


@control("SEC-RDS-01", severity="critical")
def test_a_control_that_breaks(database):
    print("printed DB_PASSWORD={SECRETS["printed"]}")
    logging.getLogger("a library").error("Authorization: Basic %s", "{SECRETS["header"]}")
    try:
        raise RuntimeError("logged {url("logged")}")
    except RuntimeError:
        logging.getLogger("a library").exception("it broke")
    warnings.warn("deprecated: token={SECRETS["warning"]}")
    raise RuntimeError("no answer from {url("exception")}?password={SECRETS["query"]} Bearer {SECRETS["bearer"]}")


@control("SEC-RDS-02", severity="high")
def test_a_control_whose_fixture_breaks(broken):
    pass
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the repository with secrets in its profile, its waivers and its controls."""
    folder = copied(tmp_path / "repository")
    local = folder / "environments" / "local.toml"
    local.write_text(local.read_text() + f'\n[terraform.variables]\nbackend_url = "{url("profile")}"\n')
    waivers = folder / "waivers.toml"
    day = (harness.recorded_at() + timedelta(days=36500)).date()
    waivers.write_text(
        waivers.read_text()
        + f'\n[[waiver]]\ncontrol = "SEC-SG-01"\nresource = "triflow-ai-production-rds"\nowner = "devops"\nexpires = {day}\n'
        + f'reason = "until the migration, see {url("waiver")}"\nticket = "{webhook("ticket")}"\n'
    )
    controls = folder / "tests" / "security" / "test_database.py"
    controls.write_text(CONTROL)
    (folder / "tests" / "security" / "test_imports.py").write_text(f'raise RuntimeError("import: {url("import")}")\n')
    return folder


def shown(folder: Path, texts: Iterable[str]) -> dict[str, list[str]]:
    """Which secrets stand where, as they are or encoded."""
    left = {
        path: content for path, content in files(folder).items() if not path.startswith(("tests/", "environments/", "given/"))
    }
    del left["waivers.toml"]
    everything = {f"what was printed, {number}": text.encode() for number, text in enumerate(texts)} | {
        path: gzip.decompress(content) if path.endswith(".gz") else content for path, content in left.items()
    }
    assert any(path.endswith("results.json") for path in everything)
    assert any("evidence/" in path and path.endswith(".gz") for path in everything)

    def forms(secret: str) -> tuple[bytes, ...]:
        # base64 in each of the three ways that it may fall
        encoded = [base64.b64encode(b"x" * shift + secret.encode())[4 if shift else 0 : -4] for shift in range(3)]
        return secret.encode(), quote(secret).encode(), *encoded

    found = {
        name: [path for path, content in everything.items() if any(form in content for form in forms(secret))]
        for name, secret in {**SECRETS, **PERSONAL}.items()
    }
    return {name: paths for name, paths in found.items() if paths}


def exports(run: Path) -> list[str]:
    """A run in every format that needs no browser, no signature, and, of a plan, no account."""
    lacking = {"pdf", "dsse", *(["asff"] if run.parent.name.endswith("-plan") else [])}
    documents = [render(name, finished_run(run)) for name in FORMATS if name not in lacking]
    return [one if isinstance(one, str) else one.decode() for one in documents]


def planted_plan() -> dict[str, Any]:
    """The compliant plan with a secret in every part of the document."""
    document: dict[str, Any] = json.loads(PLAN.read_text(encoding="utf-8"))
    root, configured = document["planned_values"]["root_module"], document["configuration"]["root_module"]
    resources = {one["address"]: one for one in root["resources"]}
    resources["aws_db_instance.main"]["values"]["password"] = SECRETS["database"]
    resources["aws_secretsmanager_secret_version.database"]["values"]["secret_string"] = json.dumps(
        {"password": SECRETS["secret"]}
    )
    resources["aws_security_group.rds"]["values"]["description"] = f"for {url('description')}"
    resources["aws_security_group.rds"]["values"]["tags"] = {"Note": f"nobody knows {SECRETS['tfvars']}"}
    task = resources["aws_ecs_task_definition.backend"]
    task["values"]["container_definitions"] = json.dumps(
        [
            {
                "name": "backend",
                "image": "backend:1",
                "environment": [
                    {"name": "DB_PASSWORD", "value": SECRETS["container"]},
                    {"name": "DATABASE_URL", "value": url("url")},
                    {"name": "SLACK", "value": webhook("slack")},
                ],
            }
        ]
    )
    change = next(one["change"] for one in document["resource_changes"] if one["address"] == "aws_db_instance.main")
    change["after"]["password"] = SECRETS["database"]
    document["variables"]["db_password"] = {"value": SECRETS["tfvars"]}
    configured["variables"] = {
        **configured.get("variables", {}),
        "db_password": {"sensitive": True, "default": SECRETS["default"]},
    }
    instance = next(one for one in configured["resources"] if one["address"] == "aws_db_instance.main")
    instance["expressions"]["password"] = {"constant_value": SECRETS["literal"]}
    document["configuration"]["provider_config"] = {
        "aws": {"expressions": {"secret_key": {"constant_value": SECRETS["provider"]}}}
    }
    document["planned_values"]["outputs"] = {
        "env_variables": {"sensitive": False, "value": f"RDS_ADDRESS=db\nRDS_PASSWORD={SECRETS['output']}\n"}
    }
    document["prior_state"] = {"values": {"anything": SECRETS["state"]}}
    return document


def test_a_run_on_a_plan_shows_none(folder: Path) -> None:
    (folder / "given").mkdir()
    (folder / "given" / "plan.json").write_text(json.dumps(agreeing(planted_plan())))
    (folder / "given" / "key.pem").write_text(f"-----BEGIN PRIVATE KEY-----\n{SECRETS['key']}\n")
    options = ("-m", "security", "--plan=given/plan.json", "--continue-on-collection-errors", *LOUD, *JUNIT)
    ended = run(folder, *options, **ENVIRONMENT)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "ERROR" in ended.stdout
    assert shown(folder, [ended.stdout, ended.stderr, *exports(newest(folder, "local-plan"))]) == {}
    for part in ("the fixture could not connect", "no answer from", "printed DB_PASSWORD", "deprecated: token", "import: "):
        assert part in ended.stdout, "the net caught more than the secret"
    refused = run(folder, *options, **ENVIRONMENT, STACKPROOF_SIGNING_KEY=(folder / "given" / "key.pem").read_text())
    assert refused.returncode == 4
    assert shown(folder, [refused.stdout, refused.stderr]) == {}


PRINTING = f'''
import logging
import sys

from stackproof.core.controls import control

KEY = """-----BEGIN PRIVATE KEY-----
{SECRETS["key"]}
-----END PRIVATE KEY-----"""
print("while it is imported {url("import")}", file=sys.stderr)
logging.getLogger("a library").addHandler(logging.StreamHandler())


@control("SEC-RDS-01", severity="critical")
def test_a_control_that_prints(database):
    for stream in (sys.stdout, sys.stderr):
        print("a whole line DB_PASSWORD={SECRETS["printed"]}", file=stream)
        print("in pieces, tok", end="", file=stream, flush=True)
        print("en={SECRETS["bearer"][:12]}", end="", file=stream, flush=True)
        print("{SECRETS["bearer"][12:]}", file=stream)
        print("by its value {SECRETS["github"]}", file=stream)
        stream.buffer.write(b"as bytes {url("database")}")
        for line in (*KEY.splitlines(), "the last line"):
            print(line, file=stream)
    logging.getLogger("a library").error("logged {url("logged")}")
    assert not database.publicly_accessible
'''


@pytest.mark.parametrize("options", [("-s",), ("-s", "-n", "2"), ("--capture=tee-sys",)], ids=" ".join)
def test_a_run_that_prints_to_the_terminal_shows_none(options: tuple[str, ...], folder: Path) -> None:
    (folder / "tests" / "conftest.py").write_text(f'print("in a conftest {url("fixture")}")\n')
    (folder / "tests" / "security" / "test_database.py").write_text(PRINTING)
    (folder / "tests" / "security" / "test_imports.py").unlink()
    ended = run(folder, "-k", "SEC-RDS-01", f"--plan={PLAN}", *options, **ENVIRONMENT)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert shown(folder, [ended.stdout, ended.stderr]) == {}
    seen = [ended.stderr] if "-n" in options else [ended.stdout, ended.stderr]  # a worker's standard output goes nowhere
    for part in ("a whole line DB_PASSWORD=", "in pieces, token=", "by its value", "the last line"):
        assert all(part in text for text in seen), "the net caught more than the secret"
    assert "in a conftest postgresql://" in ended.stdout
    assert "while it is imported" in ended.stderr
    assert "logged postgresql://" in ended.stderr


def test_a_conftest_that_breaks_shows_none(folder: Path) -> None:
    (folder / "tests" / "conftest.py").write_text(f'raise RuntimeError("no answer from {url("fixture")}")\n')
    ended = run(folder, f"--plan={PLAN}")
    assert ended.returncode == 4
    assert "conftest.py cannot be imported: RuntimeError: no answer from postgresql://triflow_admin:(redacted)@" in ended.stderr
    assert SECRETS["fixture"] not in ended.stdout + ended.stderr


@pytest.mark.parametrize("options", [(), ("-s",), ("--capture=sys",)], ids=" ".join)
def test_a_run_that_ends_before_it_begins_shows_none(options: tuple[str, ...], folder: Path) -> None:
    (folder / "tests" / "conftest.py").write_text(f'print("in a conftest {url("fixture")}")\n')
    ended = run(folder, "--env=nosuch", *options)
    assert ended.returncode == 4
    assert "in a conftest postgresql://triflow_admin:(redacted)@" in ended.stdout
    assert SECRETS["fixture"] not in ended.stdout + ended.stderr


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_a_run_on_an_endpoint_shows_none(folder: Path, workers: tuple[str, ...]) -> None:
    with serving() as server:
        server.on("GetCallerIdentity", identity(ACCOUNT))
        server.on("DescribeDBInstances", query_reply("DescribeDBInstances", database()))
        server.on("DescribeLogGroups", json_error("AccessDeniedException", f"no, says {url('error')}"))
        server.on("DescribeKey", json_reply(KeyMetadata={"Description": webhook("slack")}))
        server.on("DescribeSecurityGroups", query_error("Broken", f"password={SECRETS['query']}", 500))
        server.on("/", Reply(f"<Token>{SECRETS['secret']}</Token>", 403))
        options = ("-m", "security", "--continue-on-collection-errors", *LOUD, *JUNIT, *workers)
        ended = run(folder, *options, **ENVIRONMENT, AWS_ENDPOINT_URL=server.endpoint)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert shown(folder, [ended.stdout, ended.stderr, *exports(newest(folder, "local-embedded"))]) == {}
    kept = store.read(newest(folder, "local-embedded") / "evidence" / "calls" / "rds.DescribeDBInstances.18e398b4a97c.json.gz")
    assert kept["pages"][0]["DBInstances"][0]["DBInstanceIdentifier"] == "triflow-ai-production-db"


def database() -> str:
    facts = {
        "DBInstanceIdentifier": "triflow-ai-production-db",
        "PubliclyAccessible": "false",
        "PendingModifiedValues": f"<MasterUserPassword>{SECRETS['database']}</MasterUserPassword>",
        "TagList": f"<Tag><Key>url</Key><Value>{url('url')}</Value></Tag>",
    }
    return f"<DBInstances><DBInstance>{''.join(f'<{name}>{fact}</{name}>' for name, fact in facts.items())}</DBInstance></DBInstances>"


def test_a_run_on_log_events_shows_none(folder: Path) -> None:
    """On both pages of events, in text and in JSON, and in the results of a query."""

    def events(request: Request) -> Reply:
        lines = [
            f"{PERSONAL['e-mail']} 전화{PERSONAL['telephone']}",
            json.dumps({"prompt": f"저는 {PERSONAL['resident number']}", "db_password": SECRETS["database"]}),
            f"postgres said: password={SECRETS['event']} for {url('url')}",
            json.dumps({"request": json.dumps({"to": PERSONAL["e-mail"], "cards": {PERSONAL["card"]: 1}})}),
        ]
        turn = slice(2, None) if "nextToken" in request.parameters else slice(2)
        found = [{"logStreamName": "s", "timestamp": 1768903200000, "message": line, "eventId": "1"} for line in lines[turn]]
        return json_reply(events=found, **({} if "nextToken" in request.parameters else {"nextToken": "more"}))

    def bytes_that_came_in(request: Request) -> Reply:
        series = {"Timestamps": [time.time() - 600], "Values": [1234.0], "StatusCode": "Complete"}
        queries: Any = request.parameters["MetricDataQueries"]
        return json_reply(MetricDataResults=[{"Id": query["Id"], **series} for query in queries])

    with serving() as server:
        server.on("GetCallerIdentity", identity(ACCOUNT))
        server.on("FilterLogEvents", events)
        server.on("GetMetricData", bytes_that_came_in)
        server.on("DescribeLogGroups", json_reply(logGroups=[{"logGroupName": name} for name in harness.profile().logs.groups]))
        server.on("DescribeQueryDefinitions", json_reply(queryDefinitions=[]))
        server.on("StartQuery", json_reply(queryId="1"))
        result = {"field": "@message", "value": f"{PERSONAL['telephone']} {url('url')}"}
        server.on("GetQueryResults", json_reply(status="Complete", results=[[result]]))
        options = ("-k", "LOG-10 or LOG-11 or LOG-12 or OBS-01", "--continue-on-collection-errors", *LOUD, *JUNIT)
        ended = run(folder, *options, **ENVIRONMENT, AWS_ENDPOINT_URL=server.endpoint)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert shown(folder, [ended.stdout, ended.stderr]) == {}
    for kind in ("e-mail address", "resident registration number", "telephone number", "card number", "password, token or key"):
        assert kind in ended.stdout, "a control must see that there was one"


def test_a_run_on_a_recording_that_shows_some_shows_none(folder: Path) -> None:
    """Whoever made it: with a version that hid less, or by hand."""
    planted = {
        "MasterUserPassword": SECRETS["database"],
        "SecretString": json.dumps({"username": "triflow_admin", "password": SECRETS["secret"]}),
        "environment": [{"name": "DB_PASSWORD", "value": SECRETS["container"]}, {"name": "DATABASE_URL", "value": url("url")}],
        "containerDefinitions": json.dumps([{"environment": [{"name": "API_TOKEN", "value": SECRETS["bearer"]}]}]),
        "Description": f"send to {webhook('slack')}",
        "Tags": [{"Key": "db_password", "Value": SECRETS["tfvars"]}],
    }
    directory = folder / "given" / "run"
    directory.parent.mkdir()
    seal(directory, [])
    for call in harness.compliant_calls():
        pages = tuple({**page, "Planted": planted} for page in call.pages)
        error = AccessDenied(f"denied, says {url('error')}") if call.call.operation.startswith("logs:") else None
        store.write(
            directory / "evidence" / call.call.evidence, to_entry(Recorded(call.call, pages, call.absent, error), ACCOUNT)
        )
    (directory / "evidence" / "manifest").write_text(manifest.written(directory, manifest.covered(directory)))
    ended = run(folder, "-m", "security", "--evidence=given/run", "--continue-on-collection-errors", *LOUD, **ENVIRONMENT)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert shown(folder, [ended.stdout, ended.stderr]) == {}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("environments/local.toml", f'database = {{ password = "{SECRETS["database"]}" }}'),
        ("environments/local.toml", f'account = "{url("url")}"'),
        ("waivers.toml", f'[[waiver]]\nreason = "password={SECRETS["waiver"]}"\nexpires = "{url("url")}"'),
    ],
)
def test_bad_input_is_told_without_them(file: str, text: str, tmp_path: Path) -> None:
    folder = copied(tmp_path)
    target = folder / file
    if file.startswith("environments"):
        lines = [line for line in target.read_text().splitlines() if not line.startswith(("extends", "name", "target"))]
        target.write_text(f'extends = "production.toml"\n{text}\n' + "\n".join(lines))
    else:
        target.write_text(text)
    ended = run(folder, f"--plan={PLAN}")
    assert ended.returncode == 4
    assert not [name for name, secret in SECRETS.items() if secret in ended.stdout + ended.stderr]


def test_what_was_hidden_once_stays_as_it_is() -> None:
    plan = redact_data(planted_plan())
    assert redact_data(plan) == plan
    assert redact(redact(CONTROL)) == redact(CONTROL)


@pytest.mark.parametrize(
    "data",
    [
        {"NextToken": "AAAA1234567890"},
        {"MasterUserSecret": {"SecretArn": "arn:aws:secretsmanager:ap-northeast-2:1:secret:x", "SecretStatus": "active"}},
        {"secrets": [{"name": "DB_PASSWORD", "valueFrom": "arn:aws:secretsmanager:ap-northeast-2:1:secret:x"}]},
        {"environment": [{"name": "DATABASE_SECRET", "value": "arn:aws:secretsmanager:ap-northeast-2:1:secret:x"}]},
        {"Action": "secretsmanager:GetSecretValue", "Resource": "arn:aws:secretsmanager:ap-northeast-2:1:secret:triflow/*"},
        {"ParameterName": "rds.restrict_password_commands", "ParameterValue": "on"},
        {"Bool": {"aws:SecureTransport": "false"}, "AccessKeyId": "AKIAEXAMPLE", "PasswordLastUsed": "2026-11-21"},
        {"Message": "User: arn:aws:iam::1:user/ci is not authorized to perform: secretsmanager:ListSecrets"},
        {"queryString": "fields @timestamp | parse @message 'token=*' as t | filter level = 'ERROR'"},
        {"password": "", "token": None, "secret": True},
    ],
)
def test_what_is_no_secret_is_left_alone(data: Mapping[str, Any]) -> None:
    assert redact_data(data) == data


def test_a_registered_secret_is_hidden_however_it_is_written() -> None:
    secret = 'Canary<"pa&ss/w0rd'
    redaction.register(secret)
    forms = [secret, json.dumps(secret), quote(secret, safe=""), repr(secret), base64.b64encode(secret.encode()).decode()]
    for form in forms:
        assert HIDDEN in redact(f"it is {form}.")
        assert "w0rd" not in redact(f"it is {form}.")


def test_answers_are_redacted_before_they_are_judged() -> None:
    call = harness.compliant_calls()[0].call
    kept = Answer(
        call, [{"Password": "x", "ResponseMetadata": {"RequestId": "1"}}], AccessDenied(f"no: {url('error')}")
    ).redacted()
    assert kept.raw_pages == ({"Password": HIDDEN},)
    assert SECRETS["error"] not in str(kept.error)


FORMS = [
    line
    for line in secret_corpus.lines(11)
    if len(line.secret) > 7
    and line.kind in ("form", "URL", "name", "shape, as a variable")
    and not line.secret.startswith(("AKIA", "ASIA", "LTAI", "AKID", "DO00"))  # ids, which open nothing
]
"""Every form of a secret that the detector is measured with."""

EACH_FORM = """
import json
import logging
import sys
import warnings
from pathlib import Path

from stackproof.core.controls import control

TEXTS = json.loads(Path("given/forms.json").read_text())


@control("SEC-RDS-01", severity="critical")
def test_a_control_that_tells_all(database, subtests):
    assert database.name
    for number, text in enumerate(TEXTS):
        with subtests.test(f"database {number}"):
            print(text)
            print(text, file=sys.stderr)
            logging.getLogger("a library").error("it said %s", text)
            raise RuntimeError(f"no answer to {text}")
    warnings.warn(TEXTS[0])


@control("SEC-RDS-02", severity="high")
def test_a_control_that_compares(database):
    assert database.name == TEXTS
"""


def planted_forms() -> dict[str, Any]:
    """The compliant plan with every form in tags, as their names too, in names, descriptions, environments and outputs."""
    document: dict[str, Any] = json.loads(PLAN.read_text(encoding="utf-8"))
    resources = {one["address"]: one for one in document["planned_values"]["root_module"]["resources"]}
    texts = [f"{line.name}={line.text}" if line.name else line.text for line in FORMS]
    group, task = resources["aws_security_group.rds"]["values"], resources["aws_ecs_task_definition.backend"]["values"]
    group["tags"] = {f"Note{number}": text for number, text in enumerate(texts)} | dict.fromkeys(texts, "key")
    group["description"] = "; ".join(texts[::3])
    group["name"] = texts[1]
    variables = [{"name": line.name or "SETTING", "value": line.text} for line in FORMS]
    task["container_definitions"] = json.dumps([{"name": "backend", "image": "backend:1", "environment": variables}])
    document["planned_values"]["outputs"] = {
        f"output{number}": {"sensitive": False, "value": text} for number, text in enumerate(texts)
    }
    return document


@pytest.mark.parametrize("options", [(), ("-s",), ("-n", "2")], ids=["captured", "as it comes", "xdist"])
def test_a_run_shows_no_form_of_a_secret(folder: Path, options: tuple[str, ...]) -> None:
    given, temporary = folder / "given", folder / "tmp"
    given.mkdir()
    temporary.mkdir()
    (given / "plan.json").write_text(json.dumps(agreeing(planted_forms())))
    (given / "forms.json").write_text(json.dumps([f"{line.name}={line.text}" if line.name else line.text for line in FORMS]))
    (folder / "tests" / "security" / "test_database.py").write_text(EACH_FORM)
    (folder / "tests" / "security" / "test_imports.py").unlink()
    loud = ("-m", "security", "--plan=given/plan.json", "--setup-show", *LOUD, *JUNIT, *options)
    ended = run(folder, *loud, TMPDIR=str(temporary))
    assert ended.returncode == 1, ended.stdout[-3000:] + ended.stderr
    written = {path: content for path, content in files(folder).items() if not path.startswith(("tests/", "given/"))}
    everything = {path: gzip.decompress(content) if path.endswith(".gz") else content for path, content in written.items()}
    everything |= {"standard output": ended.stdout.encode(), "standard error": ended.stderr.encode()}
    assert any("evidence/" in path for path in everything)
    shown = {
        (line.kind, line.name, line.text): [path for path, content in everything.items() if line.secret.encode() in content]
        for line in FORMS
    }
    assert {form: paths for form, paths in shown.items() if paths} == {}
    assert (newest(folder, "local-plan") / "evidence").stat().st_mode & 0o777 == 0o700
