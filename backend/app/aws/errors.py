"""What can go wrong in AWS, by what the caller can do about it."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError


class AwsError(Exception):
    """An operation of AWS failed; nothing was done, or it is not known whether it was."""


class NotFound(AwsError):
    """What was asked for does not exist."""


class AccessDenied(AwsError):
    """The role may not do this."""


class Unavailable(AwsError):
    """AWS did not answer in time, or asked to slow down, each time that it was tried."""


_KINDS: dict[str, type[AwsError]] = {
    **dict.fromkeys(("NoSuchBucket", "NoSuchKey", "404", "NotFound", "ResourceNotFoundException"), NotFound),
    **dict.fromkeys(("AccessDenied", "AccessDeniedException", "403", "UnrecognizedClientException"), AccessDenied),
    **dict.fromkeys(("ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId"), AccessDenied),
    **dict.fromkeys(("Throttling", "ThrottlingException", "SlowDown", "InternalError", "ServiceUnavailable"), Unavailable),
    **dict.fromkeys(("InternalServiceError", "ServiceUnavailableException", "RequestTimeout", "500", "503"), Unavailable),
}


@contextmanager
def told(operation: str, resource: str) -> Iterator[None]:
    """Let every failure of an operation be an `AwsError` that says what failed on which resource, and why."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "unknown")
        message = error.response.get("Error", {}).get("Message", "no message")
        raise _KINDS.get(code, AwsError)(f"{operation} {resource}: {code}: {message}") from error
    except BotoCoreError as error:  # no answer at all: a timeout, no connection, no credentials
        raise Unavailable(f"{operation} {resource}: {error}") from error
