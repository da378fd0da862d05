"""Where a run's results lie while it goes on and afterwards: a folder, or a prefix of an S3 bucket.

An object is written once, whole or not at all; whoever comes second is told so. So a task may run twice, and has one result.
"""

import errno
import functools
import os
import threading
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from stackproof.core.verdicts import CouldNotVerify, UsageError
from stackproof.sources.aws import process_guard
from stackproof.sources.aws.models import botocore_session


class CannotStore(CouldNotVerify):
    """A store that cannot be written or read: no room, no permission, not there."""


class Store(Protocol):
    """Objects by key, a path with slashes."""

    url: str
    """As it was given; another process opens the same store by it."""

    def add(self, key: str, content: bytes) -> bool:
        """Write an object; False if there is one already, which stays. Raises `CannotStore`."""
        ...

    def put(self, key: str, content: bytes) -> None:
        """Write an object over any that is there. Raises `CannotStore`."""
        ...

    def get(self, key: str) -> bytes | None:
        """The object; None if there is none. Raises `CannotStore`."""
        ...

    def keys(self, prefix: str) -> Iterator[str]:
        """The keys that begin with a prefix, which ends with a slash, sorted. Raises `CannotStore`."""
        ...


def opened(url: str, endpoint: str | None = None) -> Store:
    """The store of a folder's path or of ``s3://bucket/prefix``; of an emulator, where an endpoint is given.

    Raises `UsageError` for an address that is none.
    """
    if url.startswith("s3://"):
        return Bucket(url, endpoint)
    if "://" in url:
        raise UsageError(f"--store {url}: a store is a folder, or s3://bucket/prefix")
    return Folder(url)


class Folder:
    """A store in a folder of this machine, or of a file system that all workers share."""

    def __init__(self, url: str) -> None:
        self.root = Path(url).resolve()
        self.url = str(self.root)

    def add(self, key: str, content: bytes) -> bool:
        path = self.root / key
        unfinished = self._written(path, content)
        try:
            os.link(unfinished, path)
        except FileExistsError:
            return False
        except OSError as error:
            raise self._failed(path, error) from None
        finally:
            unfinished.unlink(missing_ok=True)
        return True

    def put(self, key: str, content: bytes) -> None:
        path = self.root / key
        self._written(path, content).replace(path)

    def get(self, key: str) -> bytes | None:
        try:
            return (self.root / key).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._failed(self.root / key, error) from None

    def keys(self, prefix: str) -> Iterator[str]:
        folder = self.root / prefix
        found = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
        yield from sorted(path.relative_to(self.root).as_posix() for path in found)

    def _written(self, path: Path, content: bytes) -> Path:
        """The content in a file beside the path, which its owner alone can read."""
        unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            with suppress(OSError):
                unfinished.unlink()
            raise self._failed(path, error) from None
        return unfinished

    @staticmethod
    def _failed(path: Path, error: OSError) -> CannotStore:
        advice = "make room" if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) else "let it be read and written"
        return CannotStore(f"{path}: {error.strerror or error}; {advice}, and go on with --resume")


class Bucket:
    """A store in S3, with the credentials of the process itself and not with those of an account that is judged."""

    def __init__(self, url: str, endpoint: str | None = None) -> None:
        self.url = url.rstrip("/")
        self._bucket, _, prefix = url.removeprefix("s3://").rstrip("/").partition("/")
        if not self._bucket:
            raise UsageError(f"--store {url}: which bucket? s3://bucket/prefix")
        self._prefix = f"{prefix}/" if prefix else ""
        self._endpoint = endpoint

    def add(self, key: str, content: bytes) -> bool:
        return self._call("put_object", Key=self._prefix + key, Body=content, IfNoneMatch="*") is not None

    def put(self, key: str, content: bytes) -> None:
        self._call("put_object", Key=self._prefix + key, Body=content)

    def get(self, key: str) -> bytes | None:
        answer = self._call("get_object", Key=self._prefix + key)
        content: bytes | None = answer["Body"].read() if answer else None
        return content

    def keys(self, prefix: str) -> Iterator[str]:
        token: dict[str, str] = {}
        while True:
            page = self._call("list_objects_v2", Prefix=self._prefix + prefix, **token) or {}
            yield from (one["Key"].removeprefix(self._prefix) for one in page.get("Contents", ()))
            if not page.get("IsTruncated"):
                return
            token = {"ContinuationToken": page["NextContinuationToken"]}

    def _call(self, method: str, **arguments: Any) -> dict[str, Any] | None:
        """The answer; None for an object that is there already, or is not there."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            with process_guard.lifted():
                answer: dict[str, Any] = getattr(_s3(self._endpoint), method)(Bucket=self._bucket, **arguments)
                return answer
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in ("PreconditionFailed", "412", "NoSuchKey", "404"):
                return None
            raise CannotStore(f"{self.url}: {code} in {method}; see that the bucket is there and can be written") from None
        except BotoCoreError as error:
            raise CannotStore(f"{self.url}: {error}") from None


_making = threading.Lock()


def _s3(endpoint: str | None) -> Any:
    with _making:
        return _client(endpoint)


@functools.lru_cache(maxsize=4)
def _client(endpoint: str | None) -> Any:
    """A client with the credentials of the process, made once: it is nobody's whose account is judged."""
    from botocore.config import Config

    path = {"addressing_style": "path"} if endpoint else {}
    return botocore_session().create_client("s3", endpoint_url=endpoint, config=Config(s3=path, retries={"mode": "standard"}))
