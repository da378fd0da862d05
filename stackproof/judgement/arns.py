"""Amazon Resource Names, taken apart.

Source: IAM user guide, "Identify AWS resources with Amazon Resource Names (ARNs)".
"""

from typing import NamedTuple


class Arn(NamedTuple):
    """The parts of an ARN. Region and account are empty where the service's ARNs have none."""

    partition: str
    service: str
    region: str
    account: str
    resource: str
    """What follows the account: ``key/1``, ``log-group:/aws/vpc/flow:*``."""


def arn(text: str) -> Arn | None:
    """The parts of an ARN; None for a text that is none, as the id of a key.

    >>> arn("arn:aws:kms:us-east-1:123456789012:key/1")
    Arn(partition='aws', service='kms', region='us-east-1', account='123456789012', resource='key/1')
    >>> arn("arn:aws:logs:us-east-1:1:log-group:/a:*").resource
    'log-group:/a:*'
    >>> arn("1234abcd-12ab-34cd-56ef-1234567890ab"), arn("arn:aws:kms"), arn("urn:aws:kms:us-east-1:123456789012:key/1")
    (None, None, None)
    """
    parts = text.split(":", 5)
    return Arn(*parts[1:]) if len(parts) == 6 and parts[0] == "arn" else None
