"""What IAM policies grant too broadly, whom roles trust, and how old access keys are."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from stackproof.judgement.access import (
    EVERYTHING,
    Document,
    actions_matching,
    actions_of,
    covers,
    matches,
    principals,
    resource_arns,
    statements,
    strangers,
    values,
)


def broad_grants(document: Document) -> list[str]:
    """What the Allow statements of a policy document grant that is wider than named actions on named resources.

    - ``NotAction`` or ``NotResource``: everything but what is named;
    - ``*`` or ``service:*`` as an action;
    - ``*`` as a resource, or an ARN that stands for all of a kind (``arn:aws:s3:::*``), for an action that can be confined to a resource;
    - a wildcard in an action (``s3:Get*``), if that is so for any action that it stands for.

    >>> broad_grants({"Statement": {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}})
    []
    >>> broad_grants({"Statement": [{"Effect": "Allow", "Action": ["s3:Get*"], "Resource": "*"}]})
    ['s3:Get* on every resource']
    >>> broad_grants({"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::triflow-ai-prod/*"}]})
    ['every action of s3 (s3:*)']
    >>> broad_grants({"Statement": [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]})
    ['every action but those named (NotAction)', 'every resource, for actions that are not named']
    """
    return [problem for statement in statements(document) if statement.get("Effect") != "Deny" for problem in _broad(statement)]


def _broad(statement: Mapping[str, Any]) -> Iterator[str]:
    if "NotAction" in statement:
        yield "every action but those named (NotAction)"
    if "NotResource" in statement:
        yield "every resource but those named (NotResource)"
    resources = values(statement.get("Resource"))
    if EVERYTHING in resources and "NotAction" in statement:
        yield "every resource, for actions that are not named"
    for action in values(statement.get("Action")):
        service, _, name = action.partition(":")
        if _is_all(action):
            yield f"every action of every service ({action})"
        elif _is_all(name) or _is_every_action(service, name):
            yield f"every action of {service} ({action})"
        elif set("*?") & set(service):
            yield f"actions of many services ({action})"
        elif any(is_every_resource(resource, action) for resource in resources):
            yield f"{action} on every resource"


def _is_all(pattern: str) -> bool:
    """Whether a pattern is made of wildcards alone; ``?*`` is as wide as ``*``."""
    return "*" in pattern and set(pattern) <= {"*", "?"}


def _is_every_action(service: str, pattern: str) -> bool:
    """Whether a pattern with a wildcard matches the name of each known action of a service.

    >>> _is_every_action("ssm-guiconnect", "*ection*"), _is_every_action("s3", "Get*"), _is_every_action("nosuch", "*a*")
    (True, False, False)
    """
    known = actions_of(service.lower()) if "*" in pattern else ()
    return bool(known) and all(matches(pattern, action, any_case=True) for action in known)


def is_every_resource(resource: str, action: str) -> bool:
    """Whether a resource pattern stands for everything that an action can be used on, or for all of one kind, if only in one account.

    >>> [is_every_resource(arn, "s3:GetObject") for arn in ("*", "arn:aws:s3:::*", "arn:aws:s3:::*/*", "arn:aws:s3:::triflow-ai-prod/*")]
    [True, True, True, False]
    >>> role = "arn:aws:iam::123456789012:role"
    >>> [is_every_resource(arn, "iam:PassRole") for arn in (f"{role}/*", f"{role}/app-*", "arn:aws:s3:::*")]
    [True, False, True]
    >>> is_every_resource("*", "ecr:GetAuthorizationToken"), is_every_resource("*", "nosuch:Thing")
    (False, True)
    >>> key = "arn:aws:kms:ap-northeast-2:123456789012:key"
    >>> [is_every_resource(f"{key}/{one}", "kms:Decrypt") for one in ("?*", "*-*-*", "????????-*", "1234abcd-*", "mrk-*")]
    [True, True, True, False, True]
    """
    known = [resource_arns(one) for one in actions_matching(action)]
    if known and not any(known):
        return False
    pattern = _of_any_length(resource)
    kinds = [form for arns in known for arn in arns or () for form in (arn, *_FORMS.get(arn, ()))]
    return _names_nothing(pattern) or any(covers(pattern, _in_the_place_of(pattern, kind)) for kind in kinds)


_FORMS = {
    "arn:*:ec2:*:*:instance/*": ("arn:*:ec2:*:*:instance/i-*",),
    "arn:*:kms:*:*:key/*": (
        "arn:*:kms:*:*:key/????????-????-????-????-????????????",
        f"arn:*:kms:*:*:key/mrk-{'?' * 32}",
    ),
    "arn:*:secretsmanager:*:*:secret:*": ("arn:*:secretsmanager:*:*:secret:*-??????",),
}
"""Of what form the names of some kinds are that AWS makes, in whole or in part: a pattern that covers the form names none of them.

Sources: Amazon EC2 user guide, "Resource IDs"; AWS KMS developer guide, "Key identifiers (KeyId)"; AWS Secrets Manager user guide,
"What's in a Secrets Manager secret?".
"""


def _of_any_length(pattern: str) -> str:
    """A pattern as it is for names that are not shorter than it asks for: ``?*`` and ``*??`` are as wide as ``*``.

    >>> _of_any_length("role/?*"), _of_any_length("**-*?-??")
    ('role/*', '*-*-??')
    """
    return re.sub(r"\?*\*[*?]*", EVERYTHING, pattern)


def _names_nothing(resource: str) -> bool:
    """Whether a resource is ``*``, or an ARN whose last part is nothing but wildcards, or of which a wildcard hides the service.

    IAM takes no wildcard before the region. One that is there may stand for a colon, so that no part can be told from the next.

    >>> [_names_nothing(one) for one in ("*", "arn:aws:s3:::*", "arn:aws:s3:::*/*", "arn:*", "arn:aws:s3:::triflow-ai-prod/*")]
    [True, True, True, True, False]
    """
    parts = resource.split(":", maxsplit=5)
    if len(parts) < 6 or set(parts[5]) <= {"*", "?", "/", ":"}:
        return True
    return any(set("*?") & set(part) for part in (parts[0], parts[1].removeprefix(EVERYTHING), parts[2]))


def _in_the_place_of(resource: str, arn: str) -> str:
    """The ARN of a kind of resource, with partition, region and account as another ARN has them."""
    mine, theirs = arn.split(":", 5), resource.split(":", 5)
    if len(mine) < 6 or len(theirs) < 6:
        return arn
    return ":".join(theirs[part] if part in (1, 3, 4) and mine[part] == EVERYTHING else mine[part] for part in range(6))


BROAD = ("AdministratorAccess*", "PowerUserAccess*", "*FullAccess*")


def broad_managed_policies(arns: Iterable[str]) -> list[str]:
    """Those of some policies that AWS manages and that grant a whole service, or all of them.

    AWS's own names say so: ``AdministratorAccess``, ``PowerUserAccess``, ``AmazonS3FullAccess``, ``AWSLambda_FullAccess``.

    >>> broad_managed_policies(["arn:aws:iam::aws:policy/AmazonS3FullAccess", "arn:aws:iam::aws:policy/ReadOnlyAccess"])
    ['AmazonS3FullAccess']
    >>> broad_managed_policies(["arn:aws:iam::123456789012:policy/NoFullAccess"])
    []
    """
    managed = [arn.rpartition("/")[2] for arn in arns if re.match(r"arn:aws[a-z-]*:iam::aws:policy/", arn)]
    return [name for name in managed if any(matches(pattern, name) for pattern in BROAD)]


def allows_everything(document: Document) -> bool:
    """Whether a policy document allows every action on every resource, which is what ``AdministratorAccess`` does.

    A Deny beside it, which may be taken away again, is not taken into account.

    >>> def allows(action, resource):
    ...     return allows_everything({"Statement": {"Effect": "Allow", "Action": action, "Resource": resource}})
    >>> allows("*", "*"), allows("**", "arn:*"), allows("?*:*", "arn:aws:*:*:*:*")
    (True, True, True)
    >>> allows("s3:*", "*"), allows("*", "arn:aws:s3:::*"), allows("*", "arn:aws:iam::123456789012:role/*")
    (False, False, False)
    """
    return any(
        statement["Effect"] == "Allow"
        and any(all(map(_is_all, action.split(":"))) for action in values(statement.get("Action")))
        and any(map(_is_everything, values(statement.get("Resource"))))
        for statement in statements(document)
    )


def _is_everything(resource: str) -> bool:
    """Whether a resource pattern names neither a service nor anything of one."""
    parts = resource.split(":", maxsplit=5)
    return all(set(part) <= {"*", "?", "/", ":"} for part in (*parts[2:3], *parts[5:]))


ECS_TASKS = "ecs-tasks.amazonaws.com"
"""The service that starts the tasks of ECS."""


def lets_in(document: Document, service: str) -> bool:
    """Whether a role's trust policy may let an AWS service assume it: the service is named, or everyone is.

    >>> ecs, anyone = {"Service": ["ecs-tasks.amazonaws.com"]}, {"AWS": "*"}
    >>> [lets_in({"Statement": {"Effect": "Allow", "Principal": one, "Action": "sts:AssumeRole"}}, "ecs-tasks.amazonaws.com")
    ...     for one in (ecs, anyone, "*", {"AWS": "arn:aws:iam::123456789012:root"}, {"Service": "lambda.amazonaws.com"})]
    [True, True, True, False, False]
    """
    return any(
        "NotPrincipal" in statement or any(one in (service, EVERYTHING) for _, one in principals(statement))
        for statement in statements(document)
        if statement["Effect"] == "Allow"
    )


def trust_problems(document: Document, *, service: str, account: str) -> list[str]:
    """What a role's trust policy lets in beside one AWS service on behalf of one account.

    A service acts for whoever asks it; only ``aws:SourceAccount`` says for whom (the confused deputy problem). The condition binds where
    it cannot hold without the key: ``StringEquals``, and ``StringLike`` without a wildcard.

    Source: Amazon ECS developer guide, "Amazon ECS task IAM role"; IAM user guide, "The confused deputy problem".

    >>> bound = {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    >>> trust = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    >>> about = {"service": "ecs-tasks.amazonaws.com", "account": "123456789012"}
    >>> trust_problems({"Statement": {**trust, "Condition": bound}}, **about)
    []
    >>> trust_problems({"Statement": trust}, **about)
    ['not bound to account 123456789012 by aws:SourceAccount']
    >>> trust_problems({"Statement": {**trust, "Principal": "*", "Condition": bound}}, **about)
    ['trusts * (everyone)']
    """
    allowing = [statement for statement in statements(document) if statement.get("Effect") == "Allow"]
    if not allowing:
        return [f"does not trust {service}"]
    return [problem for statement in allowing for problem in _trusted(statement, service, account)]


def _trusted(statement: Mapping[str, Any], service: str, account: str) -> Iterator[str]:
    yield from (f"trusts {one}" for one in strangers(statement, ("Service", service)))
    for action in values(statement.get("Action")):
        if action.lower() != "sts:assumerole":
            yield f"allows {action}"
    if "NotAction" in statement:
        yield "allows every action but those named (NotAction)"
    if not _is_bound(statement.get("Condition") or {}, account):
        yield f"not bound to account {account} by aws:SourceAccount"


def _is_bound(condition: Mapping[str, Mapping[str, Any]], account: str) -> bool:
    wanted = [
        values(accounts)
        for operator, keys in condition.items()
        if operator in ("StringEquals", "StringEqualsIgnoreCase", "StringLike")
        for key, accounts in keys.items()
        if key.lower() == "aws:sourceaccount"
    ]
    return any(accounts == [account] for accounts in wanted)


def too_old(created: Mapping[str, datetime], *, days: int, now: datetime) -> list[str]:
    """The names of what was made so many days ago, or earlier.

    >>> from datetime import UTC
    >>> now = datetime(2026, 4, 1, tzinfo=UTC)
    >>> too_old({"a": now - timedelta(days=91), "b": now - timedelta(days=89)}, days=90, now=now)
    ['a']
    """
    return [name for name, moment in created.items() if now - moment >= timedelta(days=days)]
