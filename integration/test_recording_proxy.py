"""The proxy between the backend's tests and an emulator."""

import http.client
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from stackproof.localstack.recording_proxy import ABOUT, RecordingProxy, operation, watched
from stackproof.targets.embedded import fresh_cloud

SIGNED = "AWS4-HMAC-SHA256 Credential=test/20260120/ap-northeast-2/s3/aws4_request, SignedHeaders=host"


@pytest.fixture(scope="module")
def emulator() -> Iterator[str]:
    with fresh_cloud("123456789012") as endpoint:
        yield endpoint


@pytest.fixture
def proxy(emulator: str) -> Iterator[RecordingProxy]:
    with watched(emulator) as seen:
        seen.begins("a test")
        yield seen


def client(endpoint: str, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )


def test_hands_on_and_remembers_what_was_granted(proxy: RecordingProxy) -> None:
    s3 = client(proxy.endpoint, "s3")
    s3.create_bucket(Bucket="data")
    content = b"\r\n" * 100_000
    s3.put_object(Bucket="data", Key="a/b", Body=content)
    assert s3.head_object(Bucket="data", Key="a/b")["ContentLength"] == len(content)
    assert s3.get_object(Bucket="data", Key="a/b")["Body"].read() == content
    assert s3.list_objects_v2(Bucket="data")["KeyCount"] == 1
    s3.delete_object(Bucket="data", Key="a/b")
    assert proxy.granted("a test") == {*("s3:PUT", "s3:GET", "s3:PutObject", "s3:HeadObject", "s3:GetObject", "s3:DeleteObject")}


def test_does_not_count_what_was_refused(proxy: RecordingProxy) -> None:
    with pytest.raises(ClientError, match="NoSuchBucket"):
        client(proxy.endpoint, "s3").put_object(Bucket="nowhere", Key="a", Body=b"1")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client(proxy.endpoint, "secretsmanager").get_secret_value(SecretId="none")
    assert proxy.granted("a test") == frozenset()


def test_does_not_count_what_nobody_answered() -> None:
    with watched("http://127.0.0.1:9") as seen, pytest.raises(ClientError, match="502"):
        client(seen.endpoint, "s3").list_buckets()
    assert seen.granted("") == frozenset()


def test_is_told_what_it_is_for(proxy: RecordingProxy) -> None:
    s3 = client(proxy.endpoint, "s3")
    for name in ("first", "second"):
        connection = http.client.HTTPConnection(urlsplit(proxy.endpoint).netloc)
        connection.request("GET", f"{ABOUT}{name}")
        assert connection.getresponse().status == 204
        connection.close()
        if name == "first":
            s3.list_buckets()
    assert proxy.granted("first") == {"s3:GET"}
    assert not proxy.granted("second")


def test_takes_a_body_in_chunks(proxy: RecordingProxy) -> None:
    client(proxy.endpoint, "s3").create_bucket(Bucket="chunks")
    connection = http.client.HTTPConnection(urlsplit(proxy.endpoint).netloc)
    headers = {"Authorization": SIGNED}
    connection.request("PUT", "/chunks/a", body=iter([b"one ", b"two"]), headers=headers, encode_chunked=True)
    connection.getresponse().read()
    connection.close()
    assert client(proxy.endpoint, "s3").get_object(Bucket="chunks", Key="a")["Body"].read() == b"one two"
    assert "s3:PutObject" in proxy.granted("a test")


@pytest.mark.parametrize("path", ["/data", "/data/", "/data/a?tagging", "/data/a?uploadId=1&partNumber=2"])
def test_what_is_no_object_is_not_taken_for_one(path: str) -> None:
    assert operation("PUT", path, "", SIGNED) == "s3:PUT"
    assert operation("POST", "/data/a?uploads", "", SIGNED) == "s3:POST"
    assert operation("GET", "/data/a", "", "") == "unsigned:GET"
