"""What policies allow: nothing that AWS would allow is called denied."""

import itertools
from collections.abc import Mapping
from typing import Any

import pytest
from attack_figures import ATTACK
from hypothesis import given, settings
from hypothesis import strategies as st

from stackproof.core.verdicts import CouldNotVerify
from stackproof.judgement.access import allowed_resources, covers, holds, matches, names_action, overlap, statements

TEXTS = ["".join(letters) for length in range(7) for letters in itertools.product("ab", repeat=length)]
patterns = st.text("ab*?", max_size=3)

ACTION = "nosuch:Act"
"""No action that the reference knows, so that it can be used on every resource."""
RESOURCES = [text for text in TEXTS if 1 <= len(text) <= 3]
CONDITION = {"StringEquals": {"k": "1"}}


@st.composite
def statement(draw: st.DrawFn) -> dict[str, Any]:
    said: dict[str, Any] = {"Effect": draw(st.sampled_from(["Allow", "Deny"]))}
    actions = st.sampled_from(["nosuch:*", "NOSUCH:act", "nosuch:A?t", "nosuch:Other", "x:*", "*"])
    said[draw(st.sampled_from(["Action", "NotAction"]))] = draw(st.lists(actions, min_size=1, max_size=2))
    said[draw(st.sampled_from(["Resource", "NotResource"]))] = draw(
        st.lists(patterns.filter(bool) | st.just("*"), min_size=1, max_size=2)
    )
    if draw(st.booleans()):
        said["Condition"] = CONDITION
    return said


documents = st.lists(statement(), min_size=1, max_size=3).map(lambda found: {"Statement": found})


def applies(said: Mapping[str, Any], resource: str, k: str) -> bool:
    """Whether a statement is about a request, by the letter."""
    named = names_action(said, ACTION)
    on = any(matches(pattern, resource) for pattern in said.get("Resource", said.get("NotResource", ())))
    return named and on == ("Resource" in said) and (k == "1" or "Condition" not in said)


def allows(document: Mapping[str, Any], resource: str, k: str) -> bool:
    effects = {said["Effect"] for said in document["Statement"] if applies(said, resource, k)}
    return effects == {"Allow"}


def denies(document: Mapping[str, Any], resource: str, k: str) -> bool:
    return any(said["Effect"] == "Deny" for said in document["Statement"] if applies(said, resource, k))


class TestPatterns:
    @given(patterns, patterns)
    def test_what_covers_matches_all_that_the_other_matches(self, one: str, other: str) -> None:
        if covers(one, other):
            assert [text for text in TEXTS if matches(other, text) and not matches(one, text)] == []

    @given(patterns)
    def test_a_pattern_covers_itself_and_everything_is_covered_by_a_star(self, pattern: str) -> None:
        assert covers(pattern, pattern)
        assert covers("*", pattern)

    @given(patterns, patterns)
    def test_overlap_is_a_common_text(self, one: str, other: str) -> None:
        assert overlap(one, other) == any(matches(one, text) and matches(other, text) for text in TEXTS)

    @given(patterns)
    def test_a_text_is_a_pattern_of_itself(self, pattern: str) -> None:
        text = pattern.replace("*", "a").replace("?", "b")
        assert matches(pattern, text)
        assert covers(pattern, text)
        assert overlap(pattern, text)

    def test_what_has_a_meaning_elsewhere_has_none_here(self) -> None:
        assert not matches("[ab]", "a")
        assert not matches("a.c", "abc")
        assert matches("a*", "a\nb")


class TestPolicies:
    @settings(max_examples=500 if ATTACK else 100)
    @given(st.lists(documents, min_size=1, max_size=2), documents | st.none())
    def test_what_aws_would_allow_is_never_called_denied(
        self, policies: list[dict[str, Any]], boundary: dict[str, Any] | None
    ) -> None:
        found = allowed_resources(ACTION, policies, boundary)
        within = [*policies, *([boundary] if boundary else [])]
        for resource, k in itertools.product(RESOURCES, ("1", "2")):
            allowed = any(allows(document, resource, k) for document in policies)
            bounded = boundary is None or allows(boundary, resource, k)
            if allowed and bounded and not any(denies(document, resource, k) for document in within):
                assert any(matches(pattern, resource) for pattern in found)

    @given(st.lists(documents, min_size=1, max_size=2), documents)
    def test_another_allow_takes_nothing_away(self, policies: list[dict[str, Any]], more: dict[str, Any]) -> None:
        allowing = {"Statement": [{**said, "Effect": "Allow"} for said in more["Statement"]]}
        assert {*allowed_resources(ACTION, policies)} <= {*allowed_resources(ACTION, [*policies, allowing])}

    @given(st.lists(documents, min_size=1, max_size=2), documents)
    def test_a_boundary_adds_nothing(self, policies: list[dict[str, Any]], boundary: dict[str, Any]) -> None:
        assert {*allowed_resources(ACTION, policies, boundary)} <= {*allowed_resources(ACTION, policies)}

    @given(st.lists(documents, min_size=1, max_size=2))
    def test_a_deny_of_everything_leaves_nothing(self, policies: list[dict[str, Any]]) -> None:
        deny = {"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}
        assert allowed_resources(ACTION, [*policies, deny]) == []
        assert allowed_resources(ACTION, policies, deny) == []

    def test_nothing_said_is_nothing_allowed(self) -> None:
        assert allowed_resources(ACTION, []) == []

    def test_a_deny_under_a_condition_may_not_hold(self) -> None:
        allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        deny = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}
        assert allowed_resources("iam:PassRole", [{"Statement": [allow, deny]}]) == ["*"]

    def test_a_variable_may_stand_for_anything_in_an_allow_and_for_nothing_in_a_deny(self) -> None:
        own = "arn:aws:iam::123456789012:user/${aws:username}"
        allow = {"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": own}
        deny = {"Effect": "Deny", "Action": "iam:CreateAccessKey", "Resource": own}
        assert allowed_resources("iam:CreateAccessKey", [{"Statement": allow}]) == ["arn:aws:iam::123456789012:user/*"]
        everyone = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        assert allowed_resources("iam:CreateAccessKey", [{"Statement": [everyone, deny]}]) == ["*"]

    @pytest.mark.parametrize(
        ("action", "resource", "is_allowed"),
        [
            ("iam:PassRole", "arn:aws:s3:::bucket/*", False),
            ("iam:PassRole", "arn:aws:iam::123456789012:role/*", True),
            ("iam:PassRole", "arn:aws:iam::*", True),
            ("ecr:GetAuthorizationToken", "arn:aws:ecr:*:*:repository/x", False),
            ("ecr:GetAuthorizationToken", "*", True),
        ],
    )
    def test_an_action_is_allowed_only_on_what_it_can_be_used_on(self, action: str, resource: str, is_allowed: bool) -> None:
        document = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": resource}}
        assert bool(allowed_resources(action, [document])) is is_allowed

    @pytest.mark.parametrize("document", [{}, {"Statement": []}, {"Statement": {"Action": "*", "Resource": "*"}}])
    def test_what_is_no_policy_is_refused(self, document: dict[str, Any]) -> None:
        with pytest.raises(CouldNotVerify):
            statements(document)


@pytest.mark.parametrize(
    ("condition", "reported", "expected"),
    [
        (None, {}, True),
        ({}, {}, True),
        ({"StringLike": {"K": ["a*", "b"]}}, {"k": "abc"}, True),
        ({"StringLike": {"K": "a*"}}, {"k": "b"}, False),
        ({"StringNotEquals": {"K": "a"}}, {"k": "b"}, True),
        ({"StringNotLike": {"K": "a*"}}, {"k": "ab"}, False),
        ({"StringEqualsIfExists": {"K": "a"}}, {"k": "a"}, True),
        ({"ForAnyValue:StringEquals": {"K": "a"}}, {"k": "b"}, False),
        ({"StringEquals": {"K": "a", "Other": "b"}}, {"k": "a"}, None),
        ({"StringEquals": {"K": "a", "Other": "b"}}, {"k": "c"}, False),
        ({"IpAddress": {"K": "a"}}, {"k": "a"}, None),
        ({"ArnLike": {"K": "arn:aws:s3:::a*"}}, {"k": "arn:aws:s3:::ab"}, None),
        ({"ArnLike": {"K": "arn:aws:s3:::a*"}}, {"k": "arn:aws:s3:::b"}, False),
        ({"ArnNotLike": {"K": "arn:aws:s3:::a*"}}, {"k": "arn:aws:s3:::b"}, None),
        ({"StringLike": {"K": "*"}}, {"k": None}, False),
        ({"StringLikeIfExists": {"K": "a"}}, {"k": None}, True),
        ({"StringNotLike": {"K": "*"}}, {"k": None}, True),
        ({"Null": {"K": "true"}}, {"k": None}, True),
        ({"Null": {"K": "false"}}, {"k": None}, False),
    ],
)
def test_a_condition_is_judged_as_far_as_the_request_is_known(
    condition: Any, reported: dict[str, str | None], expected: bool | None
) -> None:
    assert holds(condition, reported) is expected
