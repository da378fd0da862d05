"""The confused deputy problem: a service of AWS acts for whoever asks it, and uses what it may use of one customer for another.

A statement that lets a service in says for whom by a condition: ``aws:SourceAccount``, ``aws:SourceArn`` of an account's resource, or
the encryption context in which the service names that resource.

Sources: IAM user guide, "The confused deputy problem" and "AWS global condition context keys"; AWS CloudTrail user guide, "Amazon S3
bucket policy for CloudTrail" and "Configure AWS KMS key policies for CloudTrail"; Amazon VPC user guide, "Publish flow logs to Amazon
S3"; AWS Config developer guide, "Permissions for the Amazon S3 bucket"; Amazon CloudWatch Logs user guide, "Encrypt log data".
"""

import re
from collections.abc import Mapping
from typing import Any

from stackproof.judgement.access import Document, confining, principals, statements, values
from stackproof.judgement.accounts import whichever_account

SAYING_FOR_WHOM = r"(cloudtrail|config|delivery\.logs|logs\.[a-z0-9-]+)\.amazonaws\.com"
"""Services that deliver to a customer's bucket, and use a customer's key: their documentation has the statements for them bound."""


def names_of_service(service: str) -> tuple[tuple[str, str], ...]:
    """The principal of a service, by its names in all partitions: some services have one of their own in China.

    >>> names_of_service("ecs-tasks.amazonaws.com")
    (('Service', 'ecs-tasks.amazonaws.com'), ('Service', 'ecs-tasks.amazonaws.com.cn'))
    """
    return ("Service", service), ("Service", f"{service}.cn")


def is_bound(statement: Mapping[str, Any], account: str) -> bool:
    """True if a statement holds only where a service acts for one account.

    A condition binds where it cannot hold without its key: ``StringEquals`` does, ``StringEqualsIfExists`` does not.

    >>> def bound(operator, **keys):
    ...     return is_bound({"Condition": {operator: {f"aws:{key}": given for key, given in keys.items()}}}, "123456789012")
    >>> bound("StringEquals", SourceAccount="123456789012"), bound("StringLike", SourceAccount="*")
    (True, False)
    >>> [bound("ArnLike", SourceArn=f"arn:aws:ecs:*:{account}:*") for account in ("123456789012", "210987654321", "*")]
    [True, False, False]
    >>> bound("ArnLike", SourceArn="arn:aws:s3:::logs"), bound("ArnLikeIfExists", SourceArn="arn:aws:ecs:*:123456789012:*")
    (False, False)
    >>> bound("StringEquals", SourceAccount=["123456789012", "210987654321"])
    False
    """
    return any(all(_is_of(account, key, value) for value in admitted) for key, admitted in confining(statement))


def _is_of(account: str, key: str, value: str) -> bool:
    """
    >>> _is_of("123456789012", "aws:sourcearn", "arn:aws:sns:us-east-1:${aws:ResourceAccount}:topic")
    True
    >>> _is_of("123456789012", "aws:sourcearn", "arn:aws:sns:us-east-1:123456789012")
    True
    >>> _is_of("123456789012", "aws:sourcearn", "arn:aws:sns:us-east-1:210987654321:123456789012")
    False
    >>> _is_of("123456789012", "aws:sourcearn", "arn:aws:logs:us-east-1:123456789012:log-group:a:*")
    True
    """
    value = re.sub(r"\$\{aws:ResourceAccount\}", account, value, flags=re.IGNORECASE)
    if key == "aws:sourceaccount":
        return value == account
    names_a_resource = key == "aws:sourcearn" or re.fullmatch("kms:encryptioncontext:aws:[a-z]+:arn", key)
    return bool(names_a_resource) and value.split(":")[4:5] == [account]


@whichever_account
def confused_deputies(document: Document, account: str) -> list[str]:
    """Services that a resource policy lets in on behalf of everybody, in words; one bound to the account's organization is not.

    >>> def policy(principal, **condition):
    ...     return {"Statement": {"Effect": "Allow", "Principal": principal, "Action": "s3:PutObject", "Resource": "*", **condition}}
    >>> trail = {"Service": "cloudtrail.amazonaws.com"}
    >>> confused_deputies(policy(trail), "123456789012")
    ['cloudtrail.amazonaws.com may do s3:PutObject for every account: no condition on aws:SourceArn or aws:SourceAccount binds it']
    >>> bound = {"StringEquals": {"aws:SourceArn": "arn:aws:cloudtrail:us-east-1:123456789012:trail/audit"}}
    >>> confused_deputies(policy(trail, Condition=bound), "123456789012"), confused_deputies(policy({"AWS": "1"}), "123456789012")
    ([], [])
    >>> others = policy({"Federated": "cloudtrail.amazonaws.com"}), policy({"Service": "ec2.amazonaws.com"})
    >>> [confused_deputies(one, "123456789012") for one in others]
    [[], []]
    """
    return [
        f"{service} may do {', '.join(values(statement.get('Action'))) or 'every action but those named'} for every account: "
        "no condition on aws:SourceArn or aws:SourceAccount binds it"
        for statement in statements(document)
        if statement["Effect"] == "Allow" and not is_bound(statement, account) and not _is_for_an_organization(statement)
        for kind, service in principals(statement)
        if kind == "Service" and re.fullmatch(SAYING_FOR_WHOM, service.removesuffix(".cn"))
    ]


@whichever_account
def unbound_services(document: Document, account: str) -> list[str]:
    """Every service that a resource policy lets in, whatever it is, with nothing that binds it to an account or an organization.

    Where only the stack itself has a reason to let a service in, as to its images or functions.

    >>> invoke = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "lambda:InvokeFunction", "Resource": "*"}
    >>> here = {"Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}}
    >>> unbound_services({"Statement": invoke}, "123456789012"), unbound_services({"Statement": {**invoke, **here}}, "123456789012")
    (['sns.amazonaws.com'], [])
    """
    return [
        service
        for statement in statements(document)
        if statement["Effect"] == "Allow" and not is_bound(statement, account) and not _is_for_an_organization(statement)
        for kind, service in principals(statement)
        if kind == "Service"
    ]


def _is_for_an_organization(statement: Mapping[str, Any]) -> bool:
    """Whether a statement is confined to one organization, by its id.

    >>> def asks(key, *ids):
    ...     return _is_for_an_organization({"Condition": {"StringEquals": {key: list(ids)}}})
    >>> asks("aws:SourceOrgID", "o-1234567890"), asks("aws:SourceOrgID", "o-1234567890", "*"), asks("aws:SourceArn", "o-1234567890")
    (True, False, False)
    """
    return any(
        key == "aws:sourceorgid" and all(re.fullmatch("o-[a-z0-9]{10,32}", value) for value in admitted)
        for key, admitted in confining(statement)
    )
