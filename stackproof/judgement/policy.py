"""What a resource policy (of a bucket, a key, ...) lets everyone do, and whether a bucket's policy refuses plain HTTP.

Sources: IAM user guide, "AWS JSON policy elements"; Amazon S3 user guide, "The meaning of 'public'".
"""

import re
from collections.abc import Mapping
from typing import Any

from stackproof.judgement.access import EVERYTHING, Document, covers, statements, values
from stackproof.judgement.exposure import is_the_world, network_of

_WHO = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "kms:calleraccount",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
    }
)
"""Condition keys that say who is asking, or on whose behalf."""

_EQUALS = frozenset({"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"})
"""Operators that a request passes only with one of the values. Not so ``...IfExists`` and ``ForAllValues:``: they let one pass that
says nothing."""


def open_grants(document: Document) -> list[str]:
    """What the Allow statements of a resource policy grant to everyone: no principal is named, and no condition confines who asks.

    A Deny statement beside it is not taken into account: it says what is not granted, not to whom the rest is.

    >>> everyone = {"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": "s3:GetObject", "Resource": "*"}
    >>> open_grants({"Statement": everyone})
    ['s3:GetObject to everyone']
    >>> open_grants({"Statement": [{**everyone, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}]})
    []
    >>> open_grants({"Statement": [{**everyone, "Condition": {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/app"}}}]})
    ['s3:GetObject to everyone']
    >>> open_grants({"Statement": [{**everyone, "Condition": {"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}}}]})
    ['s3:GetObject to everyone']
    >>> open_grants({"Statement": [{**everyone, "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}]})
    []
    """
    return [
        f"{', '.join(values(statement.get('Action'))) or 'every action but those named'} to everyone"
        for statement in statements(document)
        if statement.get("Effect") == "Allow" and _is_for_everyone(statement) and not _is_confined(statement)
    ]


def denies_plain_http(document: Document, bucket: str) -> bool:
    """Whether a bucket policy denies everyone every S3 action over plain HTTP, on the bucket and on all of its objects.

    >>> deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    >>> bucket, objects = {**deny, "Resource": "arn:aws:s3:::data"}, {**deny, "Resource": ["arn:aws:s3:::data/*"]}
    >>> denies_plain_http({"Statement": [bucket, objects]}, "data"), denies_plain_http({"Statement": objects}, "data")
    (True, False)
    >>> denies_plain_http({"Statement": [bucket, {**objects, "Action": "s3:GetObject"}]}, "data")
    False
    """
    denied = [
        re.sub(r"^arn:aws[a-z-]*:", "arn:aws:", resource)
        for statement in statements(document)
        if _denies_everything_over_plain_http(statement)
        for resource in values(statement.get("Resource"))
    ]
    arn = f"arn:aws:s3:::{bucket}"
    return all(any(covers(pattern, what) for pattern in denied) for what in (arn, f"{arn}/*"))


def _denies_everything_over_plain_http(statement: Mapping[str, Any]) -> bool:
    conditions = [
        (operator.lower(), key.lower(), [value.lower() for value in admitted])
        for operator, key, admitted in _conditions(statement)
    ]
    return (
        statement.get("Effect") == "Deny"
        and EVERYTHING in _principals(statement)
        and any(action.lower() in (EVERYTHING, "s3:*") for action in values(statement.get("Action")))
        and conditions in ([(operator, "aws:securetransport", ["false"])] for operator in ("bool", "boolifexists"))
    )


def _conditions(statement: Mapping[str, Any]) -> list[tuple[str, str, list[str]]]:
    """Operator, key and the values that it compares with, for each condition."""
    return [
        (operator, key, values(given))
        for operator, keys in (statement.get("Condition") or {}).items()
        for key, given in keys.items()
    ]


def _is_for_everyone(statement: Mapping[str, Any]) -> bool:
    """Whether a statement is for principals that it does not name one by one. One without a principal names none."""
    principals = _principals(statement)
    return not principals or not all(map(_is_fixed, principals))


def _principals(statement: Mapping[str, Any]) -> list[str]:
    """The named principals, of whatever kind; ``NotPrincipal`` names none.

    >>> _principals({"Principal": {"AWS": ["123456789012"], "Service": "logs.amazonaws.com"}}), _principals({"Principal": "*"})
    (['123456789012', 'logs.amazonaws.com'], ['*'])
    """
    given = statement.get("Principal")
    return [one for kind in given.values() for one in values(kind)] if isinstance(given, Mapping) else values(given)


def _is_confined(statement: Mapping[str, Any]) -> bool:
    """Whether some condition admits only requests of named askers, or from addresses that are not the world."""
    return any(
        _confines(operator.lower().removeprefix("foranyvalue:"), key.lower(), admitted)
        for operator, key, admitted in _conditions(statement)
    )


def _confines(operator: str, key: str, admitted: list[str]) -> bool:
    """
    >>> _confines("stringequals", "aws:sourceaccount", ["123456789012"]), _confines("stringlike", "aws:sourceaccount", ["*"])
    (True, False)
    >>> _confines("ipaddress", "aws:sourceip", ["192.0.2.0/24"]), _confines("stringequals", "aws:referer", ["example.com"])
    (True, False)
    """
    if operator == "ipaddress" and key == "aws:sourceip":
        networks = [network_of(value) for value in admitted]
        return None not in networks and not is_the_world(network for network in networks if network)
    return operator in _EQUALS and key in _WHO and all(map(_is_fixed, admitted))


def _is_fixed(value: str) -> bool:
    """Whether a value stands for somebody in particular: it has no wildcard and no variable, or is in one account or organization.

    >>> [_is_fixed(value) for value in ("123456789012", "arn:aws:iam::123456789012:role/*", "o-a1b2c3d4e5/r-ab12/*")]
    [True, True, True]
    >>> [_is_fixed(value) for value in ("*", "arn:aws:iam::*:role/app", "arn:aws:s3:::logs-*", "${aws:PrincipalAccount}", "o-*")]
    [False, False, False, False, False]
    """
    return not re.search(r"[*?]|\$\{", value) or bool(re.match(r"arn:[a-z-]+:[^:*?$]+:[^:]*:\d{12}:|o-[a-z0-9]{10,32}/", value))
