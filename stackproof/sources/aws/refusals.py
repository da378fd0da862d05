"""The errors of AWS and of the way there, each as the operation, what happened, and what to do about the cause and nothing else."""

from typing import TYPE_CHECKING

from stackproof.core.verdicts import AccessDenied, CallFailed, CouldNotVerify, NotImplementedByEndpoint, Throttled, Unreachable
from stackproof.sources.aws.calls import Call
from stackproof.sources.aws.regions import needs_opting_in

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError

_DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "AuthorizationErrorException")
_WORDLESS = ("", "403", "Forbidden")
"""A refusal without an error of the service: to a HEAD request, or by something in between."""
_THROTTLED = (
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "RequestThrottled",
    "RequestThrottledException",
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "SlowDown",
    "PriorRequestNotComplete",
    "TransactionInProgressException",
    "ProvisionedThroughputExceededException",
    "EC2ThrottledException",
)
_SKEWED = ("RequestTimeTooSkewed", "RequestInTheFuture")
_OF_TIME = ("signature expired", "signature not yet current", "request has expired", "too skewed", "is not yet valid")
"""In the message of a signature that was refused, or of a request: the clock here and AWS's differ."""
_SIGNATURE = ("SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature", "IncompleteSignatureException")
_EXPIRED = ("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired")
_NOT_KNOWN = (
    "AuthFailure",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "NotAuthorized",
    "UnrecognizedClientException",
)
_NOT_ENABLED = (
    "OptInRequired",
    "OptInRequiredException",
    "RegionDisabledException",
    "SubscriptionRequiredException",
    "NotSignedUp",
)
_ELSEWHERE = (
    "301",
    "302",
    "307",
    "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
    "PermanentRedirect",
    "TemporaryRedirect",
)


def meaning_of_refusal(call: Call, error: "ClientError") -> CouldNotVerify:
    """The error for a control that asked, by the error that AWS answered."""
    said = error.response.get("Error", {})
    code, message = str(said.get("Code", "")), str(said.get("Message", ""))
    about = error.response.get("ResponseMetadata", {})
    status = about.get("HTTPStatusCode", 0)
    if credentials := _about_the_caller(call, code, message):
        return credentials
    if code in _ELSEWHERE and call.service == "s3":
        return redirected(call, str(said.get("Region") or about.get("HTTPHeaders", {}).get("x-amz-bucket-region", "")))
    if code in _DENIED or (status == 403 and code in _WORDLESS):
        by = " by a service control policy" if "service control policy" in message else ""
        allow = (
            f"ask who manages the organisation to let {call.operation} through" if by else f"allow {call.operation} to the caller"
        )
        unless = "" if code in _DENIED else ", unless a proxy refused it"
        return AccessDenied(f"{call} was denied{by} ({code or status}); {allow}{unless} and run again. {message}".strip())
    if code in _THROTTLED:
        return Throttled(f"{call} was still throttled after every retry ({code}); run again when the account is quieter")
    if status == 501 or (code in ("NotImplemented", "InternalFailure") and "implemented" in message.lower()):
        return NotImplementedByEndpoint(f"{call} is not implemented by the endpoint; it can only be judged elsewhere")
    again = "; the fault is AWS's or of something in between: run again" if status >= 500 else ""
    return CallFailed(f"{call} failed: {code} (HTTP {status}) {message}".strip() + again)


def _about_the_caller(call: Call, code: str, message: str) -> AccessDenied | None:
    """Errors of the clock, the credentials and the region: no policy helps against them."""
    if code in _SKEWED or (code in (*_SIGNATURE, *_EXPIRED) and any(words in message.lower() for words in _OF_TIME)):
        return AccessDenied(
            f"{call}: this machine's clock and AWS's differ ({code}); set the clock (NTP) and run again. {message}".strip()
        )
    if code in _SIGNATURE:
        return AccessDenied(
            f"{call}: the signature was not accepted ({code}); the secret key is not that of the access key, or a proxy changes "
            "requests: renew the credentials and run again"
        )
    if code in _EXPIRED:
        return AccessDenied(f"{call}: the credentials have expired ({code}); renew them (aws sso login) and run again")
    if code in _NOT_ENABLED:
        return AccessDenied(
            f"{call}: the region {call.region}, or the service in it, is not enabled in this account ({code}); enable it in the "
            "account's settings, or name another region in the environment. " + message
        )
    if code in _NOT_KNOWN and needs_opting_in(call.region):
        return AccessDenied(
            f"{call}: the credentials were not accepted ({code}); {call.region} is a region that must be enabled first: enable it in the "
            "account's settings, or, if it is, renew the credentials, and run again"
        )
    if code in _NOT_KNOWN:
        return AccessDenied(f"{call}: the credentials were not accepted ({code}); renew them and run again")
    return None


def redirected(call: Call, region: str = "") -> CallFailed:
    """The error for a bucket that S3 has elsewhere."""
    where = f"region {region}" if region else "another region, which S3 does not tell"
    return CallFailed(
        f"{call}: S3 answers that the bucket is in {where}; ask by its region: name that one in the environment, and look whether it "
        "is the bucket that is meant"
    )


def no_answer(call: Call, problem: str) -> CallFailed:
    """The error for a body that is no answer."""
    return CallFailed(
        f"{call}: the answer is not one of this service ({problem}); check the endpoint, and whether a proxy or a sign-in page stands "
        "between here and AWS, and run again"
    )


def meaning_of_failure(call: Call, error: "BotoCoreError") -> CouldNotVerify:
    """The error for a control that asked, by an error on this side of the wire: no answer, no credentials, wrong parameters."""
    from botocore.exceptions import (
        ConnectionError,
        CredentialRetrievalError,
        HTTPClientError,
        NoCredentialsError,
        PartialCredentialsError,
        SSLError,
        SSOError,
        TokenRetrievalError,
    )

    match error:
        case SSLError():
            return Unreachable(
                f"{call}: no answer, since the endpoint's certificate was not accepted; check the proxy, the certificates "
                "(AWS_CA_BUNDLE) and the clock, and run again"
            )
        case HTTPClientError() | ConnectionError():
            return Unreachable(f"{call}: no answer ({type(error).__name__}); check the network and the endpoint, and run again")
        case NoCredentialsError() | PartialCredentialsError():
            return AccessDenied(f"{call}: no AWS credentials were found; log in (aws sso login, AWS_PROFILE) and run again")
        case TokenRetrievalError() | SSOError():  # the session of AWS IAM Identity Center
            return AccessDenied(
                f"{call}: the login has expired ({type(error).__name__}); log in again (aws sso login) and run again"
            )
        case CredentialRetrievalError():  # without its text: a helper's output may be in it
            return AccessDenied(f"{call}: the AWS credentials could not be had ({type(error).__name__}); log in and run again")
        case _:
            return CallFailed(f"{call} could not be made: {error}")
