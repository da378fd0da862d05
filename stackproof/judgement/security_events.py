"""The events that somebody must hear of: as EventBridge shows them, and in their detail as CloudTrail writes them to a log group.

Source: CIS Amazon Web Services Foundations Benchmark, chapter "Monitoring": use of the root user, and changes of IAM policies, of the
trail, of customer keys and of security groups.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_API, _SIGN_IN = "AWS API Call via CloudTrail", "AWS Console Sign In via CloudTrail"


@dataclass(frozen=True)
class SecurityEvent:
    """One event, with no more in it than rules and filters go by."""

    name: str
    event: Mapping[str, Any] = field(repr=False)

    def __str__(self) -> str:
        return self.name

    __repr__ = __str__


def _called(service: str, operation: str, user: str = "AssumedRole") -> SecurityEvent:
    """The event of a call that changes something, by somebody in a role or by another kind of user.

    >>> _called("iam", "PutUserPolicy"), _called("iam", "PutUserPolicy", "Root")
    (iam:PutUserPolicy, iam:PutUserPolicy by Root)
    >>> detail = _called("iam", "PutUserPolicy").event["detail"]
    >>> detail["readOnly"], detail["managementEvent"]
    (False, True)
    """
    detail = {
        "eventVersion": "1.09",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": operation,
        "eventType": "AwsApiCall",
        "userIdentity": {"type": user},
        "readOnly": False,
        "managementEvent": True,
        "eventCategory": "Management",
    }
    name = f"{service}:{operation}" if user == "AssumedRole" else f"{service}:{operation} by {user}"
    return SecurityEvent(name, {"source": f"aws.{service}", "detail-type": _API, "detail": detail})


def _signed_in() -> SecurityEvent:
    detail = {
        "eventVersion": "1.09",
        "eventSource": "signin.amazonaws.com",
        "eventName": "ConsoleLogin",
        "eventType": "AwsConsoleSignIn",
        "userIdentity": {"type": "Root"},
        "responseElements": {"ConsoleLogin": "Success"},
        "eventCategory": "Management",
    }
    return SecurityEvent("sign-in of Root", {"source": "aws.signin", "detail-type": _SIGN_IN, "detail": detail})


GLOBAL: Mapping[str, tuple[SecurityEvent, ...]] = {
    "use of the root user": (_signed_in(), _called("iam", "CreateAccessKey", "Root")),
    "changes of IAM policies": tuple(
        _called("iam", operation)
        for operation in (
            *("CreatePolicy", "CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion"),
            *(f"{verb}{who}Policy" for verb in ("Put", "Delete", "Attach", "Detach") for who in ("User", "Group", "Role")),
        )
    ),
}
"""What is recorded in us-east-1 alone, by subject."""

REGIONAL: Mapping[str, tuple[SecurityEvent, ...]] = {
    "changes of the trail": tuple(
        _called("cloudtrail", one) for one in ("CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging")
    ),
    "changes of security groups": tuple(
        _called("ec2", f"{verb}SecurityGroup{what}")
        for verb, what in (
            *(("Authorize", "Ingress"), ("Authorize", "Egress"), ("Revoke", "Ingress"), ("Revoke", "Egress")),
            *(("Create", ""), ("Delete", "")),
        )
    ),
    "changes of keys": tuple(_called("kms", one) for one in ("DisableKey", "ScheduleKeyDeletion")),
}
"""What is recorded where it happens, by subject."""

FINDINGS: Mapping[str, tuple[SecurityEvent, ...]] = {
    "findings of GuardDuty": (
        SecurityEvent(
            "a finding of high severity",
            {
                "source": "aws.guardduty",
                "detail-type": "GuardDuty Finding",
                "detail": {"severity": 8, "service": {"archived": False}},
            },
        ),
    )
}
