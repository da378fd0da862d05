"""The outsiders that a resource policy lets in: everybody, other accounts, and services that act for every account.

Source: IAM user guide, "Cross account resource access in IAM" and "The confused deputy problem".
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from stackproof.core.partial import judges_what_is_known
from stackproof.judgement.access import Document, confining, principals, statements
from stackproof.judgement.deputies import is_bound, unbound_services
from stackproof.judgement.policy import open_grants

_ACCOUNT = re.compile(r"(?:arn:[^:]*:[^:]*:[^:]*:)?(\d{12})(?::.*)?", re.DOTALL)
_SAYS_WHOSE = ("aws:principalaccount", "aws:principalarn", "aws:sourceaccount", "aws:sourcearn", "aws:sourceowner")


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
