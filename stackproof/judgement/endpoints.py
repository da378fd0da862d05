"""VPC endpoints: the services that they lead to, and what their policies let through.

Source: AWS PrivateLink guide, "Control access to VPC endpoints using endpoint policies".
"""

import re
from collections.abc import Collection, Iterable
from typing import Any

from stackproof.core.partial import judges_what_is_known
from stackproof.judgement.access import Document, confining, principals, statements, values

FULL: dict[str, Any] = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}
"""The policy of an endpoint that nobody gave one."""
_ACCOUNTS = ("aws:principalaccount", "aws:resourceaccount")
_SAYS_WHOSE = ("aws:principalarn", "aws:principalorgid", "aws:principalorgpaths", "aws:resourceorgid", "aws:resourceorgpaths")
_EVERY_RESOURCE = re.compile(r"\*+|arn:[^:]*:[^:]*:[^:]*:[^:]*:[*:/]*\*[*:/]*")


def not_served(services: Iterable[str], served: Collection[str]) -> list[str]:
    """The services that no endpoint leads to.

    >>> not_served(["s3", "logs"], ("logs", "ecr.api"))
    ['s3']
    """
    return [service for service in services if service not in served]


@judges_what_is_known
def lets_through(policy: Document, account: str) -> list[str]:
    """The statements that let anybody through to anything of a service, in words: the way for data out to somebody else's account.

    A condition on the account of who asks, or of what is asked for, counts for this account alone; for any, where nobody says which it is.

    >>> here = "123456789012"
    >>> lets_through(FULL, here)
    ['* on * for everyone']
    >>> allowed = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    >>> def through(**more):
    ...     return lets_through({"Statement": {**allowed, **more}}, here)
    >>> through(Condition={"StringEquals": {"aws:PrincipalAccount": here}}), through(Resource="arn:aws:s3:::app/*")
    ([], [])
    >>> through(Resource="arn:aws:s3:::*"), through(Effect="Deny"), through(Principal={"AWS": "123456789012"})
    (['s3:GetObject on arn:aws:s3:::* for everyone'], [], [])
    >>> through(Condition={"StringEquals": {"aws:x": "a", "aws:PrincipalOrgID": "o-1"}})
    []
    >>> len(through(Principal={"AWS": ["*", "123456789012"]}))
    1
    >>> [len(through(Condition={"StringLike": {"aws:PrincipalOrgID": one}})) for one in ("o-1*", ["o-1", "*"], "?*")]
    [0, 1, 1]
    >>> [len(through(Condition={"StringEquals": one})) for one in ({"aws:x": "a"}, {"aws:ResourceAccount": "999999999999"})]
    [1, 1]
    """
    return [
        f"{', '.join(values(statement.get('Action'))) or 'all but some actions'} on {resource} for everyone"
        for statement in statements(policy)
        if statement["Effect"] == "Allow" and _is_for_everyone(statement) and not _says_whose(statement, account)
        for resource in values(statement.get("Resource", "all but some resources"))
        if "NotResource" in statement or _EVERY_RESOURCE.fullmatch(resource)
    ]


def _is_for_everyone(statement: Any) -> bool:
    return "NotPrincipal" in statement or any(one == "*" for _, one in principals(statement))


def _says_whose(statement: Any, account: str) -> bool:
    return any(_is_whose(key, admitted, account) for key, admitted in confining(statement))


def _is_whose(key: str, admitted: list[str], account: str) -> bool:
    if key in _ACCOUNTS and account:
        return set(admitted) == {account}
    return key in (*_ACCOUNTS, *_SAYS_WHOSE) and not any(set(value) <= {"*", "?"} for value in admitted)
