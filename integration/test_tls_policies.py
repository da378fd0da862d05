"""The table of TLS policies says what AWS says."""

import boto3
import pytest
from moto import mock_aws

from stackproof.judgement.tls import PROTOCOLS, obsolete


@pytest.fixture(scope="module")
def reported() -> dict[str, tuple[str, ...]]:
    """What moto answers to DescribeSSLPolicies, which was recorded from AWS."""
    with mock_aws():
        client = boto3.client("elbv2", region_name="ap-northeast-2", aws_access_key_id="test", aws_secret_access_key="test")
        policies = client.describe_ssl_policies()["SslPolicies"]
    return {policy["Name"]: tuple(policy["SslProtocols"]) for policy in policies}


def test_the_table_says_what_describe_ssl_policies_says(reported: dict[str, tuple[str, ...]]) -> None:
    both = reported.keys() & PROTOCOLS.keys()
    assert len(both) >= 18
    assert {name: PROTOCOLS[name] for name in both} == {name: reported[name] for name in both}


@pytest.mark.parametrize(
    ("name", "is_current"),
    [
        ("ELBSecurityPolicy-TLS13-1-2-2021-06", True),
        ("ELBSecurityPolicy-TLS13-1-2-Res-FIPS-PQ-2025-09", True),
        ("ELBSecurityPolicy-TLS13-1-3-RFC9151-FIPS-2023-07", True),
        ("ELBSecurityPolicy-TLS13-1-2-RFC9151-INTEROP4-FIPS-2023-07", True),
        ("ELBSecurityPolicy-TLS13-1-0-FIPS-PQ-2025-09", False),
        ("ELBSecurityPolicy-TLS13-1-1-FIPS-2023-04", False),
        ("ELBSecurityPolicy-FS-1-2-Res-2020-10", False),
        ("ELBSecurityPolicy-2016-08", False),
    ],
)
def test_a_policy_is_judged_by_its_protocols(name: str, is_current: bool) -> None:
    assert (not obsolete(PROTOCOLS[name]) and "TLSv1.3" in PROTOCOLS[name]) is is_current
