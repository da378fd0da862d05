"""The policy of the key for logs: it lets in CloudWatch Logs of one region, for one account's groups, and nobody else.

CloudWatch Logs names the log group in the encryption context of every request, so a condition on it binds the service to the account:
without one, it would use the key for whoever asks it (the confused deputy problem).

Sources: Amazon CloudWatch Logs user guide, "Encrypt log data in CloudWatch Logs using AWS KMS"; central logging design (IN-116),
"Encryption".
"""

from collections.abc import Iterator, Mapping
from typing import Any

from stackproof.core.partial import judges_what_is_known
from stackproof.judgement.access import Document, confining, covers, names_action, principals, statements, strangers, values
from stackproof.judgement.deputies import names_of_service

CONTEXT = "kms:encryptioncontext:aws:logs:arn"
"""The condition key of the log group's ARN, in lower case."""

SOURCE = "aws:sourcearn"
"""That of what the service acts for."""

NEEDED = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:DescribeKey")
"""What CloudWatch Logs does with a key."""

ADMITTED = ("kms:encrypt*", "kms:decrypt*", "kms:reencrypt*", "kms:generatedatakey*", "kms:describe*")
"""The actions that its documentation has one allow, in lower case."""

PARTITIONS = ("aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f")
"""Of AWS: an account's root has the name of its own."""


@judges_what_is_known
def log_key_problems(document: Document, *, region: str, account: str) -> list[str]:
    """The problems of the policy of a key for logs. The account itself (``:root``) may administer the key.

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
    >>> others = {"Service": ["logs.ap-northeast-2.amazonaws.com", "logs.us-east-1.amazonaws.com"]}
    >>> log_key_problems(policy(Principal=others), **here)
    ['lets Service logs.us-east-1.amazonaws.com in']
    >>> some = ["kms:Encrypt", "kms:Decrypt"], ["kms:ReEncrypt*", "kms:GenerateDataKey*"]
    >>> log_key_problems(policy(*(policy(Action=one)["Statement"][1] for one in some), Action="kms:DescribeKey"), **here)
    []
    """
    service = f"logs.{region}.amazonaws.com"
    allowing = [statement for statement in statements(document) if statement.get("Effect") == "Allow"]
    names, roots = names_of_service(service), (account, *(f"arn:{one}:iam::{account}:root" for one in PARTITIONS))
    serving = [statement for statement in allowing if any(one in names for one in principals(statement))]
    known = (*names, *(("AWS", root) for root in roots))
    found = [f"lets {one} in" for statement in allowing for one in strangers(statement, *known)]
    found += [problem for statement in serving for problem in _too_much(statement, service, region, account)]
    for_groups = [statement for statement in serving if not _is_for_query_results(statement)]
    lacking = [action for action in NEEDED if not any(names_action(statement, action) for statement in for_groups)]
    if not for_groups:
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
    if not _is_bound(statement, region, account):
        yield f"{service} is not bound to the log groups of account {account} by kms:EncryptionContext:aws:logs:arn"


def _is_bound(statement: Mapping[str, Any], region: str, account: str) -> bool:
    """Whether a statement holds only for log data of an account: for its groups, or for the results of its queries.

    CloudWatch Logs names a query's result by ``aws:SourceArn``, beside ``aws:SourceAccount``.

    >>> def holds(operator, *arns, key="kms:EncryptionContext:aws:logs:arn"):
    ...     return _is_bound({"Condition": {operator: {key: [*arns]}}}, "ap-northeast-2", "123456789012")
    >>> holds("ArnEquals", "arn:aws:logs:ap-northeast-2:123456789012:log-group:/aws/ecs/*"), holds("ArnLike", "arn:aws:logs:*:*:*")
    (True, False)
    >>> holds("ArnLikeIfExists", "arn:aws:logs:ap-northeast-2:123456789012:*"), holds("ArnLike")
    (False, False)
    >>> [holds("ArnEquals", f"arn:aws:logs:ap-northeast-2:{one}:query-result:*", key="aws:SourceArn") for one in ("123456789012", "*")]
    [True, False]
    >>> holds("ArnLike", "arn:aws:logs:ap-northeast-2:123456789012:*", "arn:aws:logs:*:*:*")
    False
    """
    return any(
        key in (CONTEXT, SOURCE) and all(_is_in(arn, region, account) for arn in arns) for key, arns in confining(statement)
    )


def _is_for_query_results(statement: Mapping[str, Any]) -> bool:
    """Whether a statement is about the results of queries alone.

    >>> def about(key, *arns):
    ...     return _is_for_query_results({"Condition": {"ArnLike": {key: [f"arn:aws:logs:*:1:{arn}:*" for arn in arns]}}})
    >>> about("aws:SourceArn", "query-result"), about("aws:SourceArn", "query-result", "log-group"), about("aws:x", "query-result")
    (True, False, False)
    """
    return any(key == SOURCE and all(":query-result:" in arn for arn in arns) for key, arns in confining(statement))


def _is_in(arn: str, region: str, account: str) -> bool:
    return arn.split(":")[2:5] == ["logs", region, account]
