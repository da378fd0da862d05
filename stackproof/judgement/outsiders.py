"""The outsiders that a resource policy lets in: everybody, other accounts, and services that act for every account.

Source: IAM user guide, "Cross account resource access in IAM" and "The confused deputy problem".
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from stackproof.core.partial import judges_what_is_known
from stackproof.judgement.access import Document, confining, principals, statements, values
from stackproof.judgement.accounts import whichever_account
from stackproof.judgement.deputies import is_bound, unbound_services
from stackproof.judgement.iam import ECS_TASKS, lets_in, trust_problems
from stackproof.judgement.policy import open_grants

_ACCOUNT = re.compile(r"(?:arn:[^:]*:[^:]*:[^:]*:)?(\d{12})(?::.*)?", re.DOTALL)
_SAYS_WHOSE = ("aws:principalaccount", "aws:principalarn", "aws:sourceaccount", "aws:sourcearn", "aws:sourceowner")


OF_TRUST = (
    "sts:assumerole",
    "sts:assumerolewithsaml",
    "sts:assumerolewithwebidentity",
    "sts:setsourceidentity",
    "sts:tagsession",
)
"""What a trust policy allows, in lower case: to assume the role, and to say for whom."""


@whichever_account
@judges_what_is_known
def outsiders(document: Document, account: str) -> list[str]:
    """The outsiders that a resource policy lets in, in words. Who is of the account, or bound to its organization, is none.

    A Deny statement beside it is not taken into account, as in `open_grants`.

    >>> send = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
    >>> here, there = "123456789012", "arn:aws:iam::999999999999:role/app"
    >>> outsiders({"Statement": {**send, "Principal": "*"}}, here), outsiders({"Statement": {**send, "Principal": {"AWS": here}}}, here)
    (['sqs:SendMessage to everyone'], [])
    >>> outsiders({"Statement": {**send, "Principal": {"AWS": ["arn:aws:iam::123456789012:root", there]}}}, here)
    ['arn:aws:iam::999999999999:role/app of another account']
    >>> outsiders({"Statement": {**send, "Principal": {"Service": "sns.amazonaws.com"}}}, here)
    ['sns.amazonaws.com for every account']
    >>> owner = {"StringEquals": {"AWS:SourceOwner": "123456789012"}}
    >>> outsiders({"Statement": {**send, "Principal": "*", "Condition": owner}}, here)
    []
    >>> outsiders({"Statement": {**send, "Principal": "*", "Condition": owner}}, "999999999999")
    ['123456789012 of another account']
    >>> def asking(**condition):
    ...     return outsiders({"Statement": {**send, "Principal": {"AWS": there}, "Condition": {"StringEquals": condition}}}, here)
    >>> asking(**{"aws:PrincipalAccount": here}), asking(**{"aws:PrincipalAccount": [here, "999999999999"]}), asking(**{"aws:x": here})
    ([], ['arn:aws:iam::999999999999:role/app of another account'], ['arn:aws:iam::999999999999:role/app of another account'])
    """
    return [
        *open_grants(document),
        *(f"{service} for every account" for service in unbound_services(document, account)),
        *(f"{one} of another account" for statement in statements(document) for one in _strangers(statement, account)),
    ]


@whichever_account
@judges_what_is_known
def undeclared_accounts(document: Document, account: str, *, declared: Collection[str] = ()) -> list[str]:
    """The principals of other accounts that a resource policy lets in, but for those of accounts that are declared.

    >>> there = {"AWS": ["arn:aws:iam::999999999999:root", "arn:aws:iam::123456789012:root"]}
    >>> policy = {"Statement": {"Effect": "Allow", "Principal": there, "Action": "s3:GetObject", "Resource": "*"}}
    >>> undeclared_accounts(policy, "123456789012")
    ['arn:aws:iam::999999999999:root']
    >>> undeclared_accounts(policy, "123456789012", declared=["999999999999"])
    []
    """
    strangers = (one for statement in statements(document) for one in _strangers(statement, account))
    return [one for one in strangers if not ((found := _ACCOUNT.fullmatch(one)) and found[1] in declared)]


@whichever_account
@judges_what_is_known
def role_trust_problems(document: Document, account: str) -> list[str]:
    """The problems of a role's trust policy, whoever it is for.

    A role for ECS tasks is for nothing else, and bound to the account: see `trust_problems`. A service that asks for ``iam:PassRole``
    before it uses a role needs no condition; nobody of another account may assume one, and no web identity that its provider gives to all.

    >>> def trusting(action="sts:AssumeRole", **principal):
    ...     statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    ...     return role_trust_problems({"Statement": statement}, "123456789012")
    >>> trusting(Service="lambda.amazonaws.com"), trusting(AWS="arn:aws:iam::123456789012:user/terraform-deploy")
    ([], [])
    >>> trusting(AWS="*"), trusting(Service="ecs-tasks.amazonaws.com")[0]
    (['trusts AWS *', 'not bound to account 123456789012 by aws:SourceAccount'], 'not bound to account 123456789012 by aws:SourceAccount')
    >>> trusting("sts:*", Service="lambda.amazonaws.com"), role_trust_problems({"Statement": {"Effect": "Deny", "Principal": "*",
    ...     "Action": "sts:AssumeRole"}}, "123456789012")
    (['allows sts:*'], ['trusts nobody'])
    >>> trusting(AWS="arn:aws:iam::999999999999:root")
    ['trusts arn:aws:iam::999999999999:root of another account']
    >>> github = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    >>> trusting("sts:AssumeRoleWithWebIdentity", Federated=github)
    ['sts:AssumeRoleWithWebIdentity to everyone']
    """
    trust = dict(document)
    if lets_in(trust, ECS_TASKS):
        return [*trust_problems(trust, service=ECS_TASKS, account=account)]
    allowing = [statement for statement in statements(trust) if statement["Effect"] == "Allow"]
    if not allowing:
        return ["trusts nobody"]
    actions = [action for statement in allowing for action in values(statement.get("Action", "all but those named (NotAction)"))]
    return [
        *open_grants(trust),
        *(f"trusts {one} of another account" for statement in allowing for one in _strangers(statement, account)),
        *(f"allows {action}" for action in actions if action.lower() not in OF_TRUST),
    ]


def _strangers(statement: Mapping[str, Any], account: str) -> Iterator[str]:
    """The principals of a statement that are other accounts' by their names, or by a condition on who asks."""
    if statement["Effect"] != "Allow" or is_bound(statement, account) or _asks_only(statement, account):
        return
    named = [one for kind, one in principals(statement) if kind in ("", "AWS")]
    meant = (
        [value for key, admitted in confining(statement) if key in _SAYS_WHOSE for value in admitted] if "*" in named else named
    )
    for one in meant:
        found = _ACCOUNT.fullmatch(one)
        if found and found[1] != account:
            yield one


def _asks_only(statement: Mapping[str, Any], account: str) -> bool:
    return any(
        key in _SAYS_WHOSE and all((found := _ACCOUNT.fullmatch(value)) and found[1] == account for value in admitted)
        for key, admitted in confining(statement)
    )
