"""Whom the policy of the key for logs lets in: CloudWatch Logs of one region, for one account's groups, and nobody else.

CloudWatch Logs names the log group in the encryption context of every request, so a condition on it binds the service to the account:
without one, it would use the key for whoever asks it (the confused deputy problem).

Sources: Amazon CloudWatch Logs user guide, "Encrypt log data in CloudWatch Logs using AWS KMS"; central logging design (IN-116),
"Encryption".
"""

from collections.abc import Iterator, Mapping
from typing import Any

from stackproof.judgement.access import Document, covers, names_action, principals, statements, strangers, values

CONTEXT = "kms:encryptioncontext:aws:logs:arn"
"""The condition key of the log group's ARN, in lower case."""

NEEDED = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:DescribeKey")
"""What CloudWatch Logs does with a key."""

ADMITTED = ("kms:encrypt*", "kms:decrypt*", "kms:reencrypt*", "kms:generatedatakey*", "kms:describe*")
"""The actions that its documentation has one allow, in lower case."""

_NAMES_THE_GROUP = ("stringequals", "stringlike", "arnequals", "arnlike")
"""Operators that hold only with one of the values. Not so ``...IfExists`` and ``ForAllValues:``: they let pass what names no group."""


def log_key_problems(document: Document, *, region: str, account: str) -> list[str]:
    """What is wrong with the policy of a key for logs. The account itself (``:root``) may administer the key.

    >>> def policy(*more, **changes):
    ...     root = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*", "Resource": "*"}
    ...     bound = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:ap-northeast-2:123456789012:*"}}
    ...     service = {"Effect": "Allow", "Principal": {"Service": "logs.ap-northeast-2.amazonaws.com"}, "Resource": "*",
    ...                "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
    ...                "Condition": bound}
    ...     return {"Statement": [root, {**service, **changes}, *more]}
    >>> here = {"region": "ap-northeast-2", "account": "123456789012"}
    >>> log_key_problems(policy(), **here)
    []
    >>> log_key_problems(policy(Condition={}), **here)
    ['logs.ap-northeast-2.amazonaws.com is not bound to the log groups of account 123456789012 by kms:EncryptionContext:aws:logs:arn']
    >>> log_key_problems(policy(Action=["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*"]), **here)
    ['does not let logs.ap-northeast-2.amazonaws.com do kms:DescribeKey']
    >>> log_key_problems(policy(Principal={"Service": "logs.us-east-1.amazonaws.com"}), **here)
    ['lets Service logs.us-east-1.amazonaws.com in', 'does not let logs.ap-northeast-2.amazonaws.com in']
    >>> reader = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:role/x"}, "Action": "kms:Decrypt", "Resource": "*"}
    >>> log_key_problems(policy(reader), **here)
    ['lets AWS arn:aws:iam::123456789012:role/x in']
    """
    service = f"logs.{region}.amazonaws.com"
    allowing = [statement for statement in statements(document) if statement.get("Effect") == "Allow"]
    serving = [statement for statement in allowing if ("Service", service) in principals(statement)]
    known = (("Service", service), ("AWS", account), ("AWS", f"arn:aws:iam::{account}:root"))
    found = [f"lets {one} in" for statement in allowing for one in strangers(statement, *known)]
    found += [problem for statement in serving for problem in _too_much(statement, service, region, account)]
    lacking = [action for action in NEEDED if not any(names_action(statement, action) for statement in serving)]
    if not serving:
        found.append(f"does not let {service} in")
    elif lacking:
        found.append(f"does not let {service} do {', '.join(lacking)}")
    return found


def _too_much(statement: Mapping[str, Any], service: str, region: str, account: str) -> Iterator[str]:
    if "NotAction" in statement:
        yield f"{service} may do everything but what is named (NotAction)"
    for action in values(statement.get("Action")):
        if not any(covers(pattern, action.lower()) for pattern in ADMITTED):
            yield f"{service} may do {action}, which it does not need"
    if not _names_groups_of(statement.get("Condition") or {}, region, account):
        yield f"{service} is not bound to the log groups of account {account} by kms:EncryptionContext:aws:logs:arn"


def _names_groups_of(condition: Mapping[str, Mapping[str, Any]], region: str, account: str) -> bool:
    """Whether a condition holds only for log groups of an account.

    >>> def holds(operator, *arns):
    ...     return _names_groups_of({operator: {"kms:EncryptionContext:aws:logs:arn": [*arns]}}, "ap-northeast-2", "123456789012")
    >>> holds("ArnEquals", "arn:aws:logs:ap-northeast-2:123456789012:log-group:/aws/ecs/*"), holds("ArnLike", "arn:aws:logs:*:*:*")
    (True, False)
    >>> holds("ArnLikeIfExists", "arn:aws:logs:ap-northeast-2:123456789012:*"), holds("ArnLike")
    (False, False)
    """
    bound = [
        values(arns)
        for operator, keys in condition.items()
        for key, arns in keys.items()
        if operator.lower() in _NAMES_THE_GROUP and key.lower() == CONTEXT
    ]
    return any(arns and all(_is_in(arn, region, account) for arn in arns) for arns in bound)


def _is_in(arn: str, region: str, account: str) -> bool:
    return arn.split(":")[2:5] == ["logs", region, account]
