"""Whether a statement for a service of AWS is bound to an account, however it is written."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackproof.judgement.deputies import confused_deputies, is_bound

ACCOUNT, OTHER = "123456789012", "210987654321"
KEYS = {
    "aws:SourceAccount": "{}",
    "aws:SourceArn": "arn:aws:cloudtrail:ap-northeast-2:{}:trail/audit",
    "kms:EncryptionContext:aws:cloudtrail:arn": "arn:aws:cloudtrail:*:{}:trail/*",
}
BINDING = ("StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike", "ForAnyValue:StringEquals", "arnlike")
LETTING_PASS = (
    *("StringEqualsIfExists", "ArnLikeIfExists", "ForAllValues:StringEquals", "StringNotEquals", "ArnNotLike", "Null"),
    *("Bool", "StringNotLike", "ForAllValues:ArnLike", "ForAnyValue:StringNotEquals"),
)


@pytest.mark.parametrize("operator", BINDING)
@pytest.mark.parametrize("key", KEYS)
def test_a_condition_that_cannot_hold_without_the_account_binds(operator: str, key: str) -> None:
    def bound(*accounts: str) -> bool:
        return is_bound({"Condition": {operator: {key: [KEYS[key].format(one) for one in accounts]}}}, ACCOUNT)

    assert bound(ACCOUNT)
    assert bound(ACCOUNT, ACCOUNT)
    assert not bound(OTHER)
    assert not bound(ACCOUNT, OTHER)
    assert not bound("*")
    assert not bound("12345678901?")
    assert not bound()


@pytest.mark.parametrize("operator", LETTING_PASS)
@pytest.mark.parametrize("key", KEYS)
def test_one_that_can_does_not(operator: str, key: str) -> None:
    assert not is_bound({"Condition": {operator: {key: KEYS[key].format(ACCOUNT)}}}, ACCOUNT)


conditions = st.dictionaries(
    st.sampled_from([*BINDING, *LETTING_PASS]),
    st.dictionaries(
        st.sampled_from([*KEYS, "aws:SourceIp", "s3:x-amz-acl"]), st.sampled_from([ACCOUNT, OTHER, "*", "x"]), max_size=2
    ),
    max_size=3,
)


@given(conditions, conditions)
def test_one_more_condition_never_unbinds(some: dict[str, Any], more: dict[str, Any]) -> None:
    both = {operator: {**more.get(operator, {}), **some.get(operator, {})} for operator in {*some, *more}}
    assert is_bound({"Condition": both}, ACCOUNT) or not is_bound({"Condition": some}, ACCOUNT)


@pytest.mark.parametrize(
    ("service", "is_reported"),
    [
        ("cloudtrail.amazonaws.com", True),
        ("delivery.logs.amazonaws.com", True),
        ("logs.ap-northeast-2.amazonaws.com", True),
        ("logs.cn-north-1.amazonaws.com.cn", True),
        ("config.amazonaws.com", True),
        ("logdelivery.elasticloadbalancing.amazonaws.com", False),
        ("ec2.amazonaws.com", False),
        ("cloudtrail.amazonaws.com.example.com", False),
    ],
)
def test_only_of_services_that_say_for_whom_it_is_asked(service: str, is_reported: bool) -> None:
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": ["ec2.amazonaws.com", service]},
        "Action": "s3:PutObject",
        "Resource": "*",
    }
    assert bool(confused_deputies({"Statement": allow}, ACCOUNT)) is is_reported
    assert confused_deputies({"Statement": {**allow, "Effect": "Deny"}}, ACCOUNT) == []
