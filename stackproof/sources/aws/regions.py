"""Regions: which hold what belongs to the whole account, and which must be enabled first."""

BILLING = "us-east-1"
"""Where AWS keeps the billing metrics, and so every alarm on them, whichever regions the account uses.

Source: AWS Billing user guide, "Creating a billing alarm to monitor your estimated AWS charges".
"""

_ENABLED = frozenset(
    {
        *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1"),
        *("eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1"),
        *("us-east-1", "us-east-2", "us-west-1", "us-west-2"),
    }
)
"""Regions that every account has. Source: AWS account management guide, "Enable or disable AWS Regions in your account"."""


def needs_opting_in(region: str) -> bool:
    """True for a region that an account has only after somebody has enabled it; other partitions enable none one by one.

    >>> needs_opting_in("ap-northeast-2"), needs_opting_in("me-central-1"), needs_opting_in("cn-north-1")
    (False, True, False)
    """
    return region not in _ENABLED and not region.startswith(("cn-", "us-gov-", "us-iso", "eu-isoe-", "eusc-"))


def partition(region: str) -> str:
    """The partition that a region lies in.

    >>> partition("ap-northeast-2"), partition("cn-north-1"), partition("us-gov-west-1")
    ('aws', 'aws-cn', 'aws-us-gov')
    """
    return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(region.rsplit("-", 2)[0], "aws")
