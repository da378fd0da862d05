"""Objects in S3."""

from dataclasses import dataclass
from typing import Any

from app.aws.errors import told


@dataclass(frozen=True)
class StoredObject:
    """An object as S3 took it."""

    key: str
    etag: str
    size: int
    """Bytes."""


class Bucket:
    """A bucket."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self.name = name

    def upload(self, key: str, content: bytes, content_type: str = "application/octet-stream") -> StoredObject:
        """Store an object, in place of any that has the key. Raises `AwsError`."""
        with told("PutObject", f"s3://{self.name}/{key}"):
            answer = self._client.put_object(
                Bucket=self.name, Key=key, Body=content, ContentType=content_type, ChecksumAlgorithm="SHA256"
            )
        return StoredObject(key, answer["ETag"].strip('"'), len(content))

    def download(self, key: str) -> bytes:
        """The content of an object. Raises `NotFound` if there is none, else `AwsError`."""
        with told("GetObject", f"s3://{self.name}/{key}"):
            content: bytes = self._client.get_object(Bucket=self.name, Key=key)["Body"].read()
        return content
