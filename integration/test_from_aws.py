"""check and init of an account: the example stacks `far` and `small` as they are deployed, and a caller who may not read all of it."""

import io
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest

from scripts import another_stack as page
from stackproof.cli import main
from stackproof.profile.loading import load

REGION = "eu-west-1"
ACCOUNT = "123456789012"
EVERYBODY = {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "sqs:SendMessage",
    "Resource": f"arn:aws:sqs:{REGION}:{ACCOUNT}:events",
}
FUNCTIONS = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
TABLE = {"Effect": "Allow", "Action": ["dynamodb:*"], "Resource": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/events"}
ANYBODY = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
BUCKETS = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
TOKEN = "tok-4f1a9c22d7"

# moto knows no serverless caches.
NO_CACHES = (
    b"<DescribeServerlessCachesResponse><DescribeServerlessCachesResult><ServerlessCaches/></DescribeServerlessCachesResult>"
    b"</DescribeServerlessCachesResponse>"
)

StartResponse = Callable[..., Any]


class Cloud:
    """moto in this process, which denies the operations that are named."""

    def __init__(self) -> None:
        from moto.core.config import default_user_config
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        default_user_config["lambda"]["use_docker"] = False
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._lock = threading.Lock()
        self.denied: frozenset[str] = frozenset()
        self.endpoint = ""

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        asked = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2] or body.decode("utf-8", "replace")
        if any(one == asked or f"Action={one}&" in f"{asked}&" for one in self.denied):
            start_response("403 Forbidden", [("Content-Type", "application/x-amz-json-1.0")])
            if "HTTP_X_AMZ_TARGET" in environ:
                return [json.dumps({"__type": "AccessDeniedException", "message": "not authorized"}).encode()]
            return [b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>not authorized</Message></Error></ErrorResponse>"]
        if "Action=DescribeServerlessCaches&" in f"{asked}&":
            start_response("200 OK", [("Content-Type", "text/xml")])
            return [NO_CACHES]
        environ["wsgi.input"] = io.BytesIO(body)
        with self._lock:
            return [*self._moto(environ, start_response)]


@contextmanager
def serving() -> Iterator[Cloud]:
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            pass

    cloud = Cloud()
    server = make_server("127.0.0.1", 0, cloud, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    cloud.endpoint = f"http://127.0.0.1:{server.port}"
    try:
        yield cloud
    finally:
        server.shutdown()
        server.server_close()


def deploy(endpoint: str) -> None:
    """The example stacks `far` and `small`, with their mistakes."""

    def client(service: str) -> Any:
        return boto3.client(service, REGION, endpoint_url=endpoint, aws_access_key_id="test", aws_secret_access_key="test")

    def document(statement: object) -> str:
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    s3, sqs, iam = client("s3"), client("sqs"), client("iam")
    s3.create_bucket(Bucket="events-archive-live", CreateBucketConfiguration={"LocationConstraint": REGION})
    settings = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy"), True)
    s3.put_public_access_block(
        Bucket="events-archive-live", PublicAccessBlockConfiguration={**settings, "RestrictPublicBuckets": False}
    )
    client("dynamodb").create_table(
        TableName="events",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    url = sqs.create_queue(QueueName="events")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document(EVERYBODY)})
    role = iam.create_role(RoleName="events-ingest", AssumeRolePolicyDocument=document(FUNCTIONS))["Role"]["Arn"]
    iam.put_role_policy(RoleName="events-ingest", PolicyName="table", PolicyDocument=document(TABLE))
    client("logs").create_log_group(logGroupName="/aws/lambda/events-ingest")
    client("lambda").create_function(
        FunctionName="events-ingest",
        Runtime="nodejs14.x",
        Role=role,
        Handler="index.handler",
        Code={"ZipFile": b"nothing"},
        Environment={"Variables": {"API_TOKEN": TOKEN}},
    )
    s3.create_bucket(Bucket="finance-reports-live", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket="finance-reports-live", VersioningConfiguration={"Status": "Enabled"})
    only_one = {**dict.fromkeys(settings, False), "RestrictPublicBuckets": False, "BlockPublicAcls": True}
    s3.put_public_access_block(Bucket="finance-reports-live", PublicAccessBlockConfiguration=only_one)
    iam.create_role(RoleName="finance-reports-writer", AssumeRolePolicyDocument=document(ANYBODY))
    iam.put_role_policy(RoleName="finance-reports-writer", PolicyName="buckets", PolicyDocument=document(BUCKETS))


@pytest.fixture(scope="module")
def deployed() -> Iterator[Cloud]:
    with serving() as cloud:
        deploy(cloud.endpoint)
        yield cloud


@pytest.fixture
def cloud(deployed: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_ENDPOINT_URL", deployed.endpoint)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    deployed.denied = frozenset()
    return deployed


def test_every_mistake_is_found_beside_what_is_denied(cloud: Cloud, capfd: pytest.CaptureFixture[str]) -> None:
    cloud.denied = frozenset({"DescribeContinuousBackups", "DescribeTrails"})
    assert main(["check", "--from-aws", "-m", "security or serverless"]) == 1
    said = capfd.readouterr().out
    assert said.startswith(f"account {ACCOUNT}, {REGION}: ")
    found = dict(re.findall(r"^FAIL (\S+) .*\n((?: {4}.*\n)+)", said, re.MULTILINE))
    assert {control for control, _ in page.mistakes("far")} <= {*found}
    assert [control for control, _ in page.mistakes("small") if "finance-reports-" not in found[control]] == []
    assert {*re.findall(r"^ERROR (\S+)", said, re.MULTILINE)} == {"SEC-TRAIL-01", "SEC-TRAIL-02", "SEC-INV-10"}
    assert "AccessDenied" in said
    assert TOKEN not in said


def test_who_cannot_be_identified_is_told_and_nothing_is_written(cloud: Cloud, capfd: pytest.CaptureFixture[str]) -> None:
    cloud.denied = frozenset({"GetCallerIdentity"})
    for command in ("check", "init"):
        assert main([command, "--from-aws"]) == 4
    assert capfd.readouterr().err.count("sts:GetCallerIdentity") == 2
    assert [*Path().iterdir()] == []


def test_a_profile_of_what_is_deployed(cloud: Cloud) -> None:
    assert main(["init", "--from-aws", "--name", "live"]) == 0
    profile = load("environments/live.toml", Path("environments"))
    assert (profile.account_id, profile.region, profile.is_unreviewed) == (ACCOUNT, REGION, True)
    assert (profile.function.names, profile.dynamodb_table.names, profile.sqs_queue.names) == (
        ("events-ingest",),
        ("events",),
        ("events",),
    )
    # What is in no region, other tests of this process may have made as well.
    assert {"events-archive-live", "finance-reports-live"} <= {*profile.storage.buckets}
    assert {"events-ingest", "finance-reports-writer"} <= {*profile.identity.roles}
    assert profile.logs.groups == ("/aws/lambda/events-ingest",)


def test_a_profile_is_not_written_of_what_was_half_read(cloud: Cloud, capfd: pytest.CaptureFixture[str]) -> None:
    cloud.denied = frozenset({"ListTables", "DescribeDBInstances"})
    assert main(["init", "--from-aws", "--name", "live"]) == 1
    said = capfd.readouterr()
    assert "dynamodb:ListTables" in said.err
    assert "rds:DescribeDBInstances" in said.err
    assert [*Path().iterdir()] == []
