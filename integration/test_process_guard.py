"""Ways to send AWS a write while controls are judged: each is refused before anything is signed or sent."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request as UrllibRequest
from urllib.request import urlopen

import boto3
import botocore.session
import pytest
import requests
from aws_server import AwsServer, Reply, identity, query_reply, serving
from botocore.auth import HmacV1Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials, RefreshableCredentials
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session
from botocore.parsers import ResponseParserError
from test_plugin import repository, run

from stackproof.processes import children
from stackproof.resources import allowed_operations
from stackproof.sources.aws import process_guard
from stackproof.sources.aws.calls import Call
from stackproof.sources.aws.readonly import RefusedOperation
from stackproof.sources.aws.session import Network

REGION = "ap-northeast-2"
KEYS = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "example"}
DELETE = b"Action=DeleteDBInstance&DBInstanceIdentifier=triflow&Version=2014-10-31"


@pytest.fixture(scope="module")
def running() -> Iterator[AwsServer]:
    with serving() as server:
        yield server


@pytest.fixture
def server(running: AwsServer) -> Iterator[AwsServer]:
    running.forget()
    with process_guard.held(allowed_operations):
        yield running


def client(server: AwsServer, service: str) -> Any:
    config = Config(proxies={}, retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    return boto3.client(service, endpoint_url=server.endpoint, region_name=REGION, config=config, **KEYS)


def signed(server: AwsServer) -> AWSRequest:
    return AWSRequest("POST", f"{server.endpoint}/", headers={"Content-Type": "application/x-www-form-urlencoded"}, data=DELETE)


def by_client(server: AwsServer) -> None:
    client(server, "rds").delete_db_instance(DBInstanceIdentifier="triflow")


def by_resource(server: AwsServer) -> None:
    config = Config(proxies={}, retries={"total_max_attempts": 1})
    made = boto3.resource("dynamodb", endpoint_url=server.endpoint, region_name=REGION, config=config, **KEYS)
    made.Table("triflow").delete()


def by_a_session_of_botocore(server: AwsServer) -> None:
    session = botocore.session.Session()
    made = session.create_client(
        "sqs",
        endpoint_url=server.endpoint,
        region_name=REGION,
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="example",
    )
    made.delete_queue(QueueUrl=f"{server.endpoint}/queue")


def by_the_api_call(server: AwsServer) -> None:
    client(server, "iam")._make_api_call("DeleteRole", {"RoleName": "triflow"})


def by_the_request(server: AwsServer) -> None:
    rds = client(server, "rds")
    model = rds.meta.service_model.operation_model("DeleteDBInstance")
    rds._make_request(model, request_to(server, DELETE), {})


def by_the_endpoint(server: AwsServer) -> None:
    rds = client(server, "rds")
    model = rds.meta.service_model.operation_model("DeleteDBInstance")
    rds._endpoint.make_request(model, request_to(server, DELETE))


def request_to(server: AwsServer, body: bytes) -> dict[str, Any]:
    return {
        "method": "POST",
        "url": f"{server.endpoint}/",
        "url_path": "/",
        "query_string": "",
        "headers": {},
        "body": body,
        "context": {"client_config": Config(), "client_region": REGION, "has_streaming_input": False, "auth_type": None},
    }


def by_a_collector_without_its_guard(server: AwsServer) -> None:
    network = Network(allowed_operations(), endpoint=server.endpoint)
    rds = network._client("rds", REGION)
    rds.meta.events.unregister("before-call", unique_id="stackproof-readonly")
    rds.delete_db_instance(DBInstanceIdentifier="triflow")


def by_a_list_of_its_own(server: AwsServer) -> None:
    network = Network(frozenset({"rds:DeleteDBInstance"}), endpoint=server.endpoint)
    network.send(Call.of("rds:DeleteDBInstance", REGION, DBInstanceIdentifier="triflow"))


def by_a_presigned_url(server: AwsServer) -> None:
    url = client(server, "s3").generate_presigned_url("delete_object", {"Bucket": "triflow", "Key": "x"})
    requests.delete(url, timeout=5)


def by_a_presigned_url_of_the_first_version(server: AwsServer) -> None:
    config = Config(signature_version="s3", proxies={})
    s3 = boto3.client("s3", endpoint_url=server.endpoint, region_name=REGION, config=config, **KEYS)
    requests.put(s3.generate_presigned_url("put_object", {"Bucket": "triflow", "Key": "x"}), timeout=5)


def by_a_presigned_post(server: AwsServer) -> None:
    post = client(server, "s3").generate_presigned_post("triflow", "x")
    requests.post(post["url"], data=post["fields"], timeout=5)


def by_a_presigned_url_of_the_signer(server: AwsServer) -> None:
    rds = client(server, "rds")
    url = rds._request_signer.generate_presigned_url(request_to(server, b""), "DeleteDBInstance")
    urlopen(UrllibRequest(url, data=DELETE), timeout=5)


def by_a_signature_of_its_own(server: AwsServer) -> None:
    request = signed(server)
    SigV4Auth(Credentials("AKIDEXAMPLE", "example"), "rds", REGION).add_auth(request)
    requests.post(request.url, data=request.data, headers=dict(request.headers), timeout=5)


def by_an_old_signature(server: AwsServer) -> None:
    request = AWSRequest("DELETE", f"{server.endpoint}/triflow/x", auth_path="/triflow/x")
    HmacV1Auth(Credentials("AKIDEXAMPLE", "example")).add_auth(request)
    requests.delete(request.url, headers=dict(request.headers), timeout=5)


def by_a_signature_in_the_query(server: AwsServer) -> None:
    request = AWSRequest("DELETE", f"{server.endpoint}/triflow/x")
    S3SigV4QueryAuth(Credentials("AKIDEXAMPLE", "example"), "s3", REGION).add_auth(request)
    requests.delete(request.url, timeout=5)


def by_the_http_session(server: AwsServer) -> None:
    URLLib3Session().send(AWSPreparedRequest("POST", f"{server.endpoint}/", {}, DELETE, stream_output=False))


def by_an_unsigned_client(server: AwsServer) -> None:
    from botocore import UNSIGNED

    config = Config(signature_version=UNSIGNED, proxies={}, s3={"addressing_style": "path"})
    boto3.client("s3", endpoint_url=server.endpoint, region_name=REGION, config=config).delete_bucket(Bucket="triflow")


def in_the_place_of_a_read(server: AwsServer) -> None:
    rds = client(server, "rds")
    rds.meta.events.register("before-call.rds.DescribeDBInstances", lambda params, **_: params.update(body=DELETE))
    rds.describe_db_instances()


def in_the_place_of_a_signed_read(server: AwsServer) -> None:
    logs = client(server, "logs")
    logs.meta.events.register(
        "before-send.cloudwatch-logs.DescribeLogGroups",
        lambda request, **_: request.headers.__setitem__("X-Amz-Target", "Logs_20140328.DeleteLogGroup"),
    )
    logs.describe_log_groups()


def in_the_place_of_a_read_of_a_bucket(server: AwsServer) -> None:
    s3 = client(server, "s3")
    s3.meta.events.register("before-sign.s3.GetBucketAcl", lambda request, **_: setattr(request, "method", "DELETE"))
    s3.get_bucket_acl(Bucket="triflow")


def by_another_role(server: AwsServer) -> None:
    client(server, "sts").assume_role(RoleArn="arn:aws:iam::123456789012:role/admin", RoleSessionName="somebody")


def by_a_thread(server: AwsServer) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor() as pool:
        pool.submit(by_client, server).result()


WAYS: tuple[Callable[[AwsServer], None], ...] = (
    by_client,
    by_resource,
    by_a_session_of_botocore,
    by_the_api_call,
    by_the_request,
    by_the_endpoint,
    by_a_collector_without_its_guard,
    by_a_list_of_its_own,
    by_a_presigned_url,
    by_a_presigned_url_of_the_first_version,
    by_a_presigned_post,
    by_a_presigned_url_of_the_signer,
    by_a_signature_of_its_own,
    by_an_old_signature,
    by_a_signature_in_the_query,
    by_the_http_session,
    by_an_unsigned_client,
    in_the_place_of_a_read,
    in_the_place_of_a_signed_read,
    in_the_place_of_a_read_of_a_bucket,
    by_another_role,
    by_a_thread,
)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_write_is_refused_before_anything_is_sent(way: Callable[[AwsServer], None], server: AwsServer) -> None:
    with pytest.raises(RefusedOperation, match="was stopped before it was s"):
        way(server)
    assert server.requests == []


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_each_is_a_way_that_leads_there_without_the_guard(
    way: Callable[[AwsServer], None], running: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stackproof.sources.aws.readonly.install", lambda *_: None)
    running.forget()
    with contextlib.suppress(ClientError, HTTPError, ResponseParserError):  # the server has no answer to it
        way(running)
    assert len(running.requests) == 1


def test_the_suites_own_reads_are_sent_whoever_asks(server: AwsServer) -> None:
    server.on("GetCallerIdentity", identity("123456789012"))
    server.on("DescribeDBInstances", query_reply("DescribeDBInstances", "<DBInstances/>"))
    server.on("/triflow?acl", Reply("<AccessControlPolicy/>"))
    assert client(server, "sts").get_caller_identity()["Account"] == "123456789012"
    assert client(server, "rds").describe_db_instances()["DBInstances"] == []
    client(server, "s3").get_bucket_acl(Bucket="triflow")
    assert len(server.requests) == 3


def test_the_sdk_gets_its_credentials(server: AwsServer) -> None:
    def refresh() -> dict[str, str]:
        client(server, "sts").assume_role(RoleArn="arn:aws:iam::123456789012:role/reader", RoleSessionName="stackproof")
        return {"access_key": "x", "secret_key": "x", "token": "x", "expiry_time": "2099-01-01T00:00:00Z"}

    keys = "<Credentials><AccessKeyId>a</AccessKeyId><SecretAccessKey>b</SecretAccessKey><SessionToken>c</SessionToken></Credentials>"
    server.on("AssumeRole", query_reply("AssumeRole", keys))
    server.on("DescribeDBInstances", query_reply("DescribeDBInstances", "<DBInstances/>"))
    session = botocore.session.Session()
    session._credentials = RefreshableCredentials.create_from_metadata(
        {"access_key": "x", "secret_key": "x", "token": "x", "expiry_time": "2000-01-01T00:00:00Z"}, refresh, "assume-role"
    )
    session.create_client("rds", endpoint_url=server.endpoint, region_name=REGION).describe_db_instances()
    assert [request.action for request in server.requests] == ["AssumeRole", "DescribeDBInstances"]


def test_what_is_no_control_sends_what_it_likes(server: AwsServer) -> None:
    with process_guard.lifted():
        by_the_http_session(server)
    assert len(server.requests) == 1
    with pytest.raises(RefusedOperation):
        by_the_http_session(server)


def test_everything_is_as_it_was_when_the_guard_ends(running: AwsServer) -> None:
    from botocore.endpoint import Endpoint

    before = Endpoint.make_request, URLLib3Session.send, vars(SigV4Auth)["add_auth"]
    with process_guard.held(allowed_operations):
        assert Endpoint.make_request is not before[0]
    assert (Endpoint.make_request, URLLib3Session.send, vars(SigV4Auth)["add_auth"]) == before


def test_the_guard_does_not_import_the_sdk_and_holds_it_when_somebody_does() -> None:
    script = """
import sys
from stackproof.sources.aws import process_guard
with process_guard.held(frozenset):
    assert not any(name.partition(".")[0] == "botocore" for name in sys.modules)
    import boto3
    try:
        boto3.client("rds", "eu-west-1", aws_access_key_id="x", aws_secret_access_key="x").delete_db_instance(DBInstanceIdentifier="x")
    except Exception as error:
        print(error)
    try:
        boto3.client("s3", "eu-west-1", aws_access_key_id="x", aws_secret_access_key="x").generate_presigned_post("x", "y")
    except Exception as error:
        print(error)
"""
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=600)
    assert said.stdout.count("was stopped before it was s") == 2, said.stderr


class TestChildren:
    """Whoever starts a program without a word about its environment hands over no credentials."""

    PRINT = (
        sys.executable,
        "-c",
        "import os; print(sorted(name for name in os.environ if name.startswith(('AWS', 'STACKPROOF'))))",
    )

    @pytest.fixture(autouse=True)
    def _credentials(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in [name for name in os.environ if name.startswith(("AWS_", "STACKPROOF_"))]:
            monkeypatch.delenv(name)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "STACKPROOF_SIGNING_KEY"):
            monkeypatch.setenv(name, "secret")
        monkeypatch.setenv("AWS_REGION", REGION)

    def seen(self) -> str:
        return subprocess.run(self.PRINT, capture_output=True, text=True, timeout=600).stdout.strip()

    def test_gets_none(self) -> None:
        with children.held():
            assert self.seen() == str(sorted([*children.NO_CREDENTIALS, "AWS_REGION"]))
        assert "AWS_SECRET_ACCESS_KEY" in self.seen()

    def test_gets_what_it_is_given(self) -> None:
        with children.held():
            given = {**children.with_credentials(os.environ)}
            said = subprocess.run(self.PRINT, capture_output=True, text=True, timeout=600, env=given).stdout
        assert "AWS_SECRET_ACCESS_KEY" in said
        assert "STACKPROOF" not in said

    def test_gets_them_where_it_is_to_bring_them(self) -> None:
        with children.held(lambda: True):
            assert "AWS_PROFILE" in self.seen()

    def test_in_a_shell_too(self) -> None:
        with children.held(), os.popen("env") as shell:
            assert "secret" not in shell.read()

    def test_the_default_files_are_named_for_who_needs_them(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", "/home/kim")
        assert children.with_credentials({})["AWS_CONFIG_FILE"] == str(Path("/home/kim/.aws/config"))
        assert children.with_credentials({"AWS_CONFIG_FILE": "x"})["AWS_CONFIG_FILE"] == "x"


CONTROLS = """
import subprocess, sys
import boto3
from stackproof.core.controls import control

@control("SEC-RDS-01", severity="critical")
def test_that_writes(database):
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "endpoint_url": "http://127.0.0.1:9"}
    boto3.client("rds", "eu-west-1", **keys).delete_db_instance(DBInstanceIdentifier="x")

@control("SEC-S3-01", severity="high")
def test_that_asks_a_program(buckets):
    said = subprocess.run([sys.executable, "-c", "import os; print(os.environ.get('AWS_SECRET_ACCESS_KEY'))"], stdout=subprocess.PIPE)
    raise LookupError(said.stdout.decode())
"""


class TestRun:
    """A whole run holds the controls, and what is imported before them."""

    def test_of_a_control(self, tmp_path: Path) -> None:
        ended = run(repository(tmp_path, CONTROLS), AWS_SECRET_ACCESS_KEY="example")
        messages = {control["id"]: control["message"] for control in ended.results["controls"]}
        assert (
            messages["SEC-RDS-01"]
            .partition(": ")[2]
            .startswith("RefusedOperation: rds:DeleteDBInstance was stopped before it was sent")
        )
        assert "LookupError: None" in messages["SEC-S3-01"]

    def test_of_a_conftest(self, tmp_path: Path) -> None:
        root = repository(tmp_path)
        (root / "conftest.py").write_text(
            "import boto3\nboto3.client('rds', 'eu-west-1', aws_access_key_id='x', aws_secret_access_key='x')"
            ".delete_db_instance(DBInstanceIdentifier='x')\n"
        )
        ended = run(root)
        assert ended.status == pytest.ExitCode.USAGE_ERROR
        assert "rds:DeleteDBInstance was stopped before it was sent" in ended.output
