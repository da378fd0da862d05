"""Principals that grants of a KMS key are for.

Source: AWS KMS developer guide, "Grants in AWS KMS".
"""

import re
from collections.abc import Collection, Iterable

from stackproof.core.partial import judges_what_is_known
from stackproof.judgement.accounts import whichever_account

_SERVICE = re.compile(r"[a-z0-9.-]+\.(amazonaws\.com(\.cn)?|internal)|AWS Internal")
"""A service of AWS, as KMS names it."""
_SERVICES_OF = (
    r"arn:aws[a-z-]*:(iam::{account}:role/aws-service-role/.+|sts::{account}:assumed-role/(aws:|AWSServiceRoleFor)[^*]+)"
)
"""What a service of AWS acts as in an account: its service-linked role, or a role of its infrastructure."""


@whichever_account
@judges_what_is_known
def undeclared_grantees(grantees: Iterable[str], account: str, *, declared: Collection[str] = ()) -> list[str]:
    """The principals that may use a key by a grant, and are neither declared nor a service of AWS that acts for the account.

    >>> ours, theirs = "arn:aws:iam::123456789012:role/app", "arn:aws:iam::999999999999:root"
    >>> undeclared_grantees([ours, theirs, "rds.ap-northeast-2.amazonaws.com"], "123456789012", declared=["*:role/app"])
    ['arn:aws:iam::999999999999:root']
    >>> linked = "role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
    >>> undeclared_grantees([f"arn:aws:iam::{one}:{linked}" for one in ("123456789012", "999999999999")], "123456789012")
    ['arn:aws:iam::999999999999:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling']
    >>> undeclared_grantees(["arn:aws:sts::123456789012:assumed-role/aws:ec2-infrastructure/i-0a1b"], "123456789012")
    []
    """
    services = re.compile(_SERVICES_OF.format(account=re.escape(account)))
    named = [re.compile(".*".join(map(re.escape, one.split("*")))) for one in declared]
    return [
        one
        for one in grantees
        if not (_SERVICE.fullmatch(one) or services.fullmatch(one) or any(pattern.fullmatch(one) for pattern in named))
    ]
