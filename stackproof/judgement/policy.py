"""The grants of a resource policy (of a bucket, a key, a role, ...) to everyone and to others, and a bucket's refusal of plain HTTP.

Sources: IAM user guide, "AWS JSON policy elements" and "Create a role for OpenID Connect federation"; Amazon S3 user guide, "The meaning
of 'public'".
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from stackproof.core.partial import holds_if_known, judges_what_is_known
from stackproof.judgement.access import (
    CONFINING,
    EVERYTHING,
    Document,
    conditions,
    confining,
    covers,
    names_action,
    principals,
    statements,
    strangers,
    values,
)
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
        "aws:vpceaccount",
        "aws:vpceorgid",
        "aws:vpceorgpaths",
        "elasticfilesystem:accesspointarn",
        "kms:calleraccount",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
    }
)
"""Condition keys that say who is asking, or on whose behalf."""

_FROM_ITS_VPC = "elasticfilesystem:accessedviamounttarget"
"""The condition key of what comes by a mount target, which only who is in its network reaches (Amazon EFS user guide, "Blocking public
access")."""

_WHO_ASKS = frozenset({"aws:principalaccount", "aws:principalarn"})
"""Condition keys whose values are written as a policy writes a principal."""

_FOR_ALL_AUDIENCES = frozenset({"sts.amazonaws.com", "aws.workload.identity", "https://gitlab.com"})
"""Audiences of web identities that a provider gives to all of its users: GitHub's and EKS's, HCP Terraform's, GitLab's."""


@judges_what_is_known
def open_grants(document: Document) -> list[str]:
    """The grants of a resource policy to everyone: no principal is named, and no condition confines who asks.

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
    >>> github = "token.actions.githubusercontent.com"
    >>> web = {**everyone, "Principal": {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{github}"}}
    >>> open_grants({"Statement": {**web, "Condition": {"StringEquals": {f"{github}:aud": "sts.amazonaws.com"}}}})
    ['s3:GetObject to everyone']
    >>> open_grants({"Statement": {**web, "Condition": {"StringLike": {f"{github}:sub": "repo:triflow/backend:*"}}}})
    []
    """
    return [
        f"{', '.join(values(statement.get('Action'))) or 'every action but those named'} to everyone"
        for statement in statements(document)
        if statement.get("Effect") == "Allow" and _is_for_everyone(statement) and not _is_confined(statement)
    ]


@judges_what_is_known
def undeclared(document: Document, declared: Iterable[str]) -> list[str]:
    """The principals that a resource policy lets in beside declared ones (patterns), in words.

    A principal is told by itself, or by a condition on who asks. An account and its ``:root`` are one.

    >>> def trust(principal, **condition):
    ...     return {"Statement": {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition}}
    >>> here, app = "arn:aws:iam::123456789012", ["arn:aws:iam::123456789012:role/app-*"]
    >>> undeclared(trust({"AWS": [f"{here}:role/app-1", "arn:aws:iam::999999999999:root"]}), app)
    ['AWS arn:aws:iam::999999999999:root']
    >>> undeclared(trust({"AWS": "*"}, ArnLike={"aws:PrincipalArn": f"{here}:role/app-1*"}), app)
    []
    >>> undeclared(trust({"AWS": f"{here}:root"}, ArnLikeIfExists={"aws:PrincipalArn": f"{here}:role/app-1"}), app)
    ['AWS arn:aws:iam::123456789012:root']
    >>> undeclared(trust({"AWS": f"{here}:root"}), ["123456789012"]), undeclared(trust("*"), ["123456789012"])
    ([], ['* (everyone)'])
    >>> undeclared(trust({"AWS": f"{here}:role/app-1"}), [*app, "210987654321"])
    []
    """
    patterns = [_in_full(one) for one in declared]

    def is_declared(principal: str) -> bool:
        return any(covers(pattern, _in_full(principal)) for pattern in patterns)

    return [
        stranger
        for statement in statements(document)
        if statement["Effect"] == "Allow" and not _asks_only(statement, is_declared)
        for stranger in strangers(statement, *(one for one in principals(statement) if is_declared(one[1])))
    ]


def _in_full(principal: str) -> str:
    """A principal as an ARN of whatever partition: an account number means the account's root.

    >>> _in_full("123456789012"), _in_full("arn:aws-cn:iam::123456789012:user/x"), _in_full("lambda.amazonaws.com")
    ('arn:*:iam::123456789012:root', 'arn:*:iam::123456789012:user/x', 'lambda.amazonaws.com')
    """
    return re.sub(r"^arn:[^:]*:", "arn:*:", re.sub(r"^(\d{12})$", r"arn:aws:iam::\1:root", principal))


def _asks_only(statement: Mapping[str, Any], is_meant: Callable[[str], bool]) -> bool:
    """Whether some condition admits only requests of principals that are meant.

    >>> def asks(key, *admitted):
    ...     return _asks_only({"Condition": {"StringEquals": {key: list(admitted)}}}, lambda one: one == "1")
    >>> asks("aws:PrincipalAccount", "1"), asks("aws:PrincipalAccount", "1", "2"), asks("aws:SourceAccount", "1")
    (True, False, False)
    """
    return any(key in _WHO_ASKS and all(map(is_meant, admitted)) for key, admitted in confining(statement))


@holds_if_known
def denies_plain_http(document: Document, bucket: str) -> bool:
    """True if a bucket policy denies everyone every S3 action over plain HTTP, on the bucket and on all of its objects.

    >>> deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    >>> bucket, objects = {**deny, "Resource": "arn:aws:s3:::data"}, {**deny, "Resource": ["arn:aws:s3:::data/*"]}
    >>> denies_plain_http({"Statement": [bucket, objects]}, "data"), denies_plain_http({"Statement": objects}, "data")
    (True, False)
    >>> denies_plain_http({"Statement": [bucket, {**objects, "Action": "s3:GetObject"}]}, "data")
    False
    >>> denies_plain_http({"Statement": [bucket, {**objects, "Action": ["s3:GetObject", "S3:*"]}]}, "data")
    True
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
    return _denies_everyone_without_tls(statement) and any(
        action.lower() in (EVERYTHING, "s3:*") for action in values(statement.get("Action"))
    )


def _denies_everyone_without_tls(statement: Mapping[str, Any]) -> bool:
    conditions_told = [
        (operator, key, [value.lower() for value in admitted]) for operator, key, admitted in conditions(statement)
    ]
    return (
        statement.get("Effect") == "Deny"
        and EVERYTHING in [one for _, one in principals(statement)]
        and conditions_told in ([(operator, "aws:securetransport", ["false"])] for operator in ("bool", "boolifexists"))
    )


@holds_if_known
def denies_mounting_without_tls(document: Document) -> bool:
    """True if the policy of a file system denies everyone to mount it without TLS. It is about no other file system, whatever it names.

    >>> deny = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    >>> denies_mounting_without_tls({"Statement": deny}), denies_mounting_without_tls({"Statement": {**deny, "Effect": "Allow"}})
    (True, False)
    >>> mount, write = "elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"
    >>> [denies_mounting_without_tls({"Statement": {**deny, "Action": action}}) for action in (mount, write)]
    [True, False]
    >>> denies_mounting_without_tls({"Statement": [deny, {**deny, "Effect": "Allow"}]})
    True
    """
    return any(
        _denies_everyone_without_tls(statement) and names_action(statement, "elasticfilesystem:ClientMount")
        for statement in statements(document)
    )


def _is_for_everyone(statement: Mapping[str, Any]) -> bool:
    """Whether a statement is for principals that it does not name one by one. One without a principal names none.

    Nor does one that names a provider of web identities: whoever has an account with it, has one. A SAML provider is one's own.

    >>> saml, web = "arn:aws:iam::123456789012:saml-provider/x", "arn:aws:iam::123456789012:oidc-provider/x.com"
    >>> [_is_for_everyone({"Principal": {"Federated": one}}) for one in (saml, web, [saml, web])], _is_for_everyone({})
    ([False, True, True], True)
    """
    named = principals(statement)
    return not named or any(not _is_fixed(one) or (kind == "Federated" and ":saml-provider/" not in one) for kind, one in named)


def _is_confined(statement: Mapping[str, Any]) -> bool:
    """Whether some condition admits only requests of named askers, or from addresses that are not the world."""
    return any(
        _confines(operator.removeprefix("foranyvalue:"), key, admitted) for operator, key, admitted in conditions(statement)
    )


def _confines(operator: str, key: str, admitted: list[str]) -> bool:
    """
    >>> _confines("stringequals", "aws:sourceaccount", ["123456789012"]), _confines("stringlike", "aws:sourceaccount", ["*"])
    (True, False)
    >>> _confines("ipaddress", "aws:sourceip", ["192.0.2.0/24"]), _confines("stringequals", "aws:referer", ["example.com"])
    (True, False)
    >>> _confines("stringlike", "gitlab.com:sub", ["project_path:triflow/*"]), _confines("stringlike", "gitlab.com:sub", ["project_path:*"])
    (True, False)
    >>> _confines("ipaddress", "aws:vpcsourceip", ["192.0.2.0/24"]), _confines("notipaddress", "aws:sourceip", ["192.0.2.0/24"])
    (False, False)
    >>> _confines("stringlike", "aws:sourceaccount", ["123456789012", "*"])
    False
    >>> [_confines("bool", "elasticfilesystem:accessedviamounttarget", [value]) for value in ("true", "false")]
    [True, False]
    >>> own = "elasticfilesystem:accessedviamounttarget"
    >>> [_confines("bool", own, admitted) for admitted in (["true"], ["true", "false"])], _confines("bool", "aws:x", ["true"])
    ([True, False], False)
    >>> _confines("stringequals", own, ["true"])
    False
    """
    if operator == "bool" and key == _FROM_ITS_VPC:
        return all(value.lower() == "true" for value in admitted)
    if operator == "ipaddress" and key == "aws:sourceip":
        networks = [network_of(value) for value in admitted]
        return None not in networks and not is_the_world(network for network in networks if network)
    is_reported = _says_who(key)
    return operator in CONFINING and is_reported is not None and all(map(is_reported, admitted))


def _says_who(key: str) -> Callable[[str], bool] | None:
    """What tells whether a value of a condition key stands for somebody in particular; None for a key that does not say who asks.

    A claim of a web identity is called by its provider: ``accounts.google.com:aud``.

    >>> [_says_who(key) is not None for key in ("aws:sourcearn", "accounts.google.com:aud", "a.b:sub")]
    [True, True, True]
    >>> [_says_who(key) for key in ("aws:sub", "a:b.c:sub", "aws:aud", "x.com:amr", ".com:sub", "com.:sub")]
    [None, None, None, None, None, None]
    >>> _says_who("a.b:sub") is _is_fixed_subject, _says_who("aws:app_id"), _says_who("a:b.c:aud")
    (True, None, None)
    """
    if key in _WHO:
        return _is_fixed
    provider, _, claim = key.rpartition(":")
    is_claim = "." in provider[1:-1] and ":" not in provider
    if is_claim and claim == "sub":
        return _is_fixed_subject
    if is_claim and claim in ("aud", "app_id"):
        return lambda audience: _is_fixed(audience) and audience not in _FOR_ALL_AUDIENCES
    return None


def _is_fixed_subject(value: str) -> bool:
    """Whether the subject of a web identity is somebody in particular, or names the owner of all that it stands for.

    >>> [_is_fixed_subject(one) for one in ("repo:triflow/backend:ref:refs/heads/main", "repo:triflow/*", "repo:*", "repo:triflow*")]
    [True, True, False, False]
    """
    return _is_fixed(value) or bool(re.match(r"[^:/*?$]+[:/][^:/*?$]+[:/]", value))


_OF_THE_RESOURCE = r"\$\{aws:resource(account|orgid|orgpaths)\}"
"""Policy variables that stand for the account and the organization that the resource is in, whoever asks."""


def _is_fixed(value: str) -> bool:
    """Whether a value stands for somebody in particular: it has no wildcard and no variable, or is in one account or organization.

    ``aws:userid`` of a role's session begins with the role's id, which is its own in all of AWS. (S3 calls a bucket public that is open
    to the sessions of one role alone; nobody else gets in, so it is not called open here.)

    >>> [_is_fixed(value) for value in ("123456789012", "arn:aws-cn:iam::123456789012:role/*", "o-a1b2c3d4e5/r-ab12/*")]
    [True, True, True]
    >>> [_is_fixed(value) for value in ("*", "arn:aws:iam::*:role/app", "arn:aws:s3:::logs-*", "${aws:PrincipalAccount}", "o-*")]
    [False, False, False, False, False]
    >>> [_is_fixed(value) for value in ("${aws:ResourceOrgID}", "arn:aws:iam::${aws:ResourceAccount}:role/*", "${aws:ResourceOrgID}*")]
    [True, True, False]
    >>> _is_fixed("AROAEXAMPLEROLEID1234:*"), _is_fixed("AROA*")
    (True, False)
    """
    reported = re.sub(
        _OF_THE_RESOURCE, lambda variable: "1" * 12 if variable[1].lower() == "account" else "o-resources", value, flags=re.I
    )
    in_one = r"arn:[a-z-]+:[^:*?$]+:[^:]*:\d{12}:|o-[a-z0-9]{10,32}/|AROA[A-Z0-9]{16,}:"
    return not re.search(r"[*?]|\$\{", reported) or bool(re.match(in_one, reported))
