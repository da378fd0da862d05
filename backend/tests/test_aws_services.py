"""The AWS wrapper against an emulator that scripts/init-localstack.sh has prepared (deployment guide, phase 0, step 3).

AWS_ENDPOINT_URL=http://localhost:4566 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test S3_BUCKET_NAME=triflow-ai-local \
    pytest tests/test_aws_services.py -v
"""

import os
import socket
import uuid
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.aws.client import client
from app.aws.errors import NotFound
from app.aws.secrets import Secrets
from app.aws.storage import Bucket
from app.settings import Settings


@pytest.fixture(scope="module")
def settings() -> Settings:
    """The environment. The test fails where it names no emulator: it writes, which must not happen in an account by mistake."""
    settings = Settings()
    if not settings.aws_endpoint_url:
        pytest.fail("AWS_ENDPOINT_URL is not set: name an emulator, for example http://localhost:4566", pytrace=False)
    address = urlsplit(settings.aws_endpoint_url)
    try:
        socket.create_connection((address.hostname or "", address.port or 443), timeout=5).close()
    except OSError as error:
        pytest.fail(f"Nothing answers at AWS_ENDPOINT_URL={settings.aws_endpoint_url} ({error}): start it first", pytrace=False)
    return settings


@pytest.fixture(scope="module")
def s3(settings: Settings) -> Any:
    """S3 itself, without the wrapper."""
    return client("s3", settings)


@pytest.fixture
def key(settings: Settings, s3: Any) -> Any:
    """The key of an object that is gone after the test."""
    key = f"tests/{uuid.uuid4()}"
    yield key
    s3.delete_object(Bucket=settings.s3_bucket_name, Key=key)


def test_s3_upload(settings: Settings, s3: Any, key: str) -> None:
    stored = Bucket(s3, settings.s3_bucket_name).upload(key, "안녕하세요".encode(), "text/plain; charset=utf-8")
    found = s3.get_object(Bucket=settings.s3_bucket_name, Key=key)
    assert found["Body"].read().decode() == "안녕하세요"
    assert found["ContentType"] == "text/plain; charset=utf-8"
    assert found["ETag"].strip('"') == stored.etag
    assert stored.size == found["ContentLength"]
    with pytest.raises(NotFound, match=r"PutObject s3://no-such-bucket-here/.*NoSuchBucket"):
        Bucket(s3, "no-such-bucket-here").upload(key, b"")


def test_s3_download(settings: Settings, s3: Any, key: str) -> None:
    bucket = Bucket(s3, settings.s3_bucket_name)
    with pytest.raises(NotFound, match=f"GetObject s3://{bucket.name}/{key}: NoSuchKey"):
        bucket.download(key)
    content = os.urandom(100_000)
    s3.put_object(Bucket=bucket.name, Key=key, Body=content)
    assert bucket.download(key) == content


def test_secrets_manager(settings: Settings) -> None:
    secrets = Secrets(client("secretsmanager", settings))
    found = secrets.read(settings.database_secret_name or "triflow-ai-local/database")
    assert {"engine", "host", "port", "dbname", "username", "password"} <= found.keys()
    assert found["engine"] == "postgres"
    assert found["password"]
    with pytest.raises(NotFound, match="GetSecretValue no-such-secret: ResourceNotFoundException"):
        secrets.read("no-such-secret")
