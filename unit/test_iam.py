"""A policy grants too much however it is written."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackproof.core.verdicts import CouldNotVerify
from stackproof.judgement.access import matches, statements
from stackproof.judgement.escalation import administers
from stackproof.judgement.iam import allows_everything, broad_grants, is_every_resource

BUCKET = "arn:aws:s3:::triflow-ai-prod"
ONE = {"Effect": "Deny", "Action": "*", "Resource": "*"}


def grants(action: object = None, resource: object = None, effect: str = "Allow", **more: object) -> list[str]:
    given = {"Action": action, "Resource": resource}
    statement = {"Effect": effect, **{key: value for key, value in given.items() if value is not None}, **more}
    return broad_grants({"Version": "2012-10-17", "Statement": [statement]})


CLUSTER = "arn:aws:ecs:ap-northeast-2:123456789012:cluster/triflow"


class TestTooBroad:
    @pytest.mark.parametrize("action", ["*", "**", "?*", "*?"])
    @pytest.mark.parametrize("resource", ["*", BUCKET])
    def test_every_action(self, action: str, resource: str) -> None:
        assert grants(action, resource) == [f"every action of every service ({action})"]

    @pytest.mark.parametrize("action", ["s3:*", "s3:**", "S3:*", "s3:?*", "s3:*?", "s3:????*"])
    @pytest.mark.parametrize("resource", ["*", f"{BUCKET}/*"])
    def test_every_action_of_a_service(self, action: str, resource: str) -> None:
        (problem,) = grants(action, resource)
        assert problem.startswith("every action of ")

    @pytest.mark.parametrize("action", ["s*:GetObject", "*:Get*", "?3:GetObject"])
    def test_actions_of_many_services(self, action: str) -> None:
        assert grants(action, BUCKET) == [f"actions of many services ({action})"]

    @pytest.mark.parametrize(
        "resource",
        [
            "*",
            "**",
            "?*",
            "arn:aws:s3:::*",
            "arn:aws:s3:::*/*",
            "arn:aws:s3:::?*",
            "arn:*",
            "arn:aws:s3*",
            "arn:*:*:*:*:*",
            "arn:aws:*:::x",
        ],
    )
    @pytest.mark.parametrize("action", ["s3:GetObject", "s3:Get*", "iam:PassRole", "nosuch:Thing"])
    def test_a_named_action_on_every_resource(self, action: str, resource: str) -> None:
        assert grants(action, resource) == [f"{action} on every resource"]

    def test_every_resource_among_others(self) -> None:
        assert grants(["s3:GetObject", "s3:PutObject"], [BUCKET, "*"]) == [
            "s3:GetObject on every resource",
            "s3:PutObject on every resource",
        ]

    def test_everything_but_what_is_named(self) -> None:
        assert grants(None, "*", NotAction="iam:*") == [
            "every action but those named (NotAction)",
            "every resource, for actions that are not named",
        ]
        assert grants(None, BUCKET, NotAction="iam:*") == ["every action but those named (NotAction)"]
        assert grants("s3:GetObject", NotResource=BUCKET) == ["every resource but those named (NotResource)"]

    def test_a_condition_does_not_narrow_an_action(self) -> None:
        assert grants("*", "*", Condition={"Bool": {"aws:SecureTransport": "true"}})

    def test_in_one_statement_of_many(self) -> None:
        good, bad = ({"Effect": "Allow", "Action": action, "Resource": BUCKET} for action in ("s3:ListBucket", "s3:*"))
        assert broad_grants({"Statement": [good, bad, good]}) == ["every action of s3 (s3:*)"]
        assert broad_grants({"Statement": bad}) == ["every action of s3 (s3:*)"]

    @pytest.mark.parametrize("effect", ["allow", "ALLOW", ""])
    def test_with_an_effect_that_is_neither(self, effect: str) -> None:
        with pytest.raises(CouldNotVerify, match="neither Allow nor Deny"):
            grants("*", "*", effect)


NAMES = ["".join(letters) for length in range(1, 7) for letters in itertools.product("a-", repeat=length)]
HERE = "ap-northeast-2:123456789012"
EVERY = [
    ("iam:PassRole", "*"),
    ("iam:PassRole", "arn:aws:iam::123456789012:role/*"),
    ("iam:Pass*", "arn:aws:iam::*:role/*"),
    ("s3:GetObject", "arn:aws:s3:::*"),
    ("s3:GetObject", "arn:aws:s3:::*/*"),
    ("kms:Decrypt", f"arn:aws:kms:{HERE}:key/*"),
    ("kms:Decrypt", f"arn:aws:kms:{HERE}:key/*-*"),
    ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{HERE}:secret:*"),
    ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{HERE}:secret:*-??????"),
    ("logs:GetLogEvents", f"arn:aws:logs:{HERE}:log-group:*"),
    ("ec2:StartInstances", f"arn:aws:ec2:{HERE}:instance/i-*"),
]


@st.composite
def widened(draw: st.DrawFn, pattern: str) -> str:
    """A pattern that matches all that another matches, but for names of no letter at all."""
    letters = list(pattern)
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(letters) - 1))
        wide = ["*", "*?"[: 1 + (letters[place] != "*")], f"*{letters[place]}", f"{letters[place]}*"]
        letters[place] = draw(st.sampled_from(wide if "*" in letters[place] else [*wide, "?"]))
    return "".join(letters) + draw(st.sampled_from(["", "?"] if letters[-1] == "*" else [""]))


class TestHoweverWide:
    """What matches everything that a broad pattern matches is broad."""

    @pytest.mark.parametrize(("action", "resource"), EVERY)
    @given(data=st.data())
    def test_a_resource(self, action: str, resource: str, data: st.DataObject) -> None:
        assert is_every_resource(data.draw(widened(resource)), action)

    @given(st.text("a-?*", max_size=5))
    def test_a_name(self, name: str) -> None:
        found = is_every_resource(f"arn:aws:iam::123456789012:role/{name}", "iam:PassRole")
        missed = [one for one in NAMES if not matches(name, one)]
        assert found or missed, f"{name} matches every name"
        assert not found or all(len(one) < len(name) for one in missed), f"{name} does not match {missed[-1]}"

    @pytest.mark.parametrize("action", ["*", "*:*", "sqs:*", "sqs:*e*"])
    @given(data=st.data())
    def test_an_action(self, action: str, data: st.DataObject) -> None:
        assert grants(data.draw(widened(action)), BUCKET)

    @pytest.mark.parametrize("resource", ["*", "arn:*", "arn:aws:*:*:*:*"])
    @given(data=st.data())
    def test_everything(self, resource: str, data: st.DataObject) -> None:
        statement = {"Effect": "Allow", "Action": data.draw(widened("*:*")), "Resource": data.draw(widened(resource))}
        assert allows_everything({"Statement": statement})

    @pytest.mark.parametrize("action", ["iam:*", "iam:PutRolePolicy", "iam:Attach*"])
    @pytest.mark.parametrize("resource", ["*", "arn:aws:iam::123456789012:*", "arn:aws:iam::*:role/*"])
    @given(data=st.data())
    def test_an_administrator(self, action: str, resource: str, data: st.DataObject) -> None:
        statement = {"Effect": "Allow", "Action": data.draw(widened(action)), "Resource": data.draw(widened(resource))}
        assert administers([{"Statement": statement}])


class TestNarrow:
    @pytest.mark.parametrize(
        ("action", "resource"),
        [
            ("s3:ListBucket", BUCKET),
            ("s3:GetObject", f"{BUCKET}/*"),
            (["s3:GetObject", "s3:PutObject"], [f"{BUCKET}/a/*", f"{BUCKET}/b/*"]),
            ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:triflow-??????"),
            ("logs:PutLogEvents", "arn:aws:logs:ap-northeast-2:123456789012:log-group:/aws/ecs/triflow:*"),
            ("ecr:GetAuthorizationToken", "*"),
            ("ECR:getauthorizationtoken", "*"),
            ("s3:Get*", f"{BUCKET}/*"),
        ],
    )
    def test_named_actions_on_named_resources(self, action: object, resource: object) -> None:
        assert grants(action, resource) == []

    def test_a_denial_grants_nothing(self) -> None:
        assert grants("*", "*", "Deny") == []
        assert grants(None, "*", "Deny", NotAction="iam:*") == []


class TestDocument:
    @pytest.mark.parametrize(
        "document", [{}, {"Version": "2012-10-17"}, {"Statement": []}, {"Statement": None}, {"statement": []}]
    )
    def test_without_statements_is_no_policy(self, document: dict[str, Any]) -> None:
        with pytest.raises(CouldNotVerify, match="no statement"):
            broad_grants(document)

    def test_may_have_one_statement_without_a_list(self) -> None:
        assert statements({"Statement": ONE}) == [ONE]


class TestTakesAResource:
    @pytest.mark.parametrize(
        ("action", "takes"),
        [
            ("s3:GetObject", True),
            ("S3:getobject", True),
            ("ecr:GetAuthorizationToken", False),
            ("ecr:*Token", False),
            ("ecr:*", True),
            ("ecr:nosuch", True),
            ("nosuch:*", True),
            ("s3", True),
            ("", True),
        ],
    )
    def test_nothing_unknown_is_waved_through(self, action: str, takes: bool) -> None:
        assert is_every_resource("*", action) is takes


class TestConfinedByACondition:
    @pytest.mark.parametrize(
        ("action", "key", "value", "is_confined"),
        [
            ("cloudwatch:PutMetricData", "cloudwatch:namespace", "TriFlow", True),
            ("ecs:RunTask", "ecs:cluster", CLUSTER, True),
            ("ecs:ListTasks", "ECS:Cluster", CLUSTER, True),
            ("ecs:DescribeTasks", "ecs:cluster", "arn:aws:ecs:*:*:cluster/*", False),
            ("ecs:UpdateService", "ecs:task-definition", "triflow", False),
            ("lambda:UpdateFunctionConfiguration", "lambda:Layer", "arn:aws:lambda:*:1:layer:x", False),
            ("events:PutEvents", "events:source", "triflow", True),
            ("ses:SendEmail", "ses:FromAddress", "app@example.com", True),
            ("secretsmanager:GetSecretValue", "secretsmanager:SecretId", "arn:aws:secretsmanager:*:1:secret:x-??????", True),
            ("secretsmanager:GetSecretValue", "secretsmanager:VersionStage", "AWSCURRENT", False),
            ("secretsmanager:GetSecretValue", "aws:ResourceTag/stack", "triflow", True),
            ("secretsmanager:GetSecretValue", "aws:ResourceTag/stack", "*", False),
            ("kms:Decrypt", "kms:ResourceAliases", "alias/triflow", False),
            ("kms:Decrypt", "kms:RequestAlias", "alias/triflow", True),
            ("kms:Decrypt", "kms:ViaService", "s3.ap-northeast-2.amazonaws.com", False),
            ("s3:PutObject", "s3:x-amz-server-side-encryption", "aws:kms", False),
            ("s3:GetObject", "s3:ResourceAccount", "123456789012", False),
            ("s3:ListBucket", "s3:prefix", "home/", False),
            ("s3:GetObject", "aws:PrincipalOrgID", "o-a1b2c3d4e5", False),
            ("iam:PassRole", "iam:PassedToService", "ecs-tasks.amazonaws.com", False),
            ("iam:AttachRolePolicy", "iam:PolicyARN", "arn:aws:iam::1:policy/x", False),
            ("sts:AssumeRole", "sts:ExternalId", "x", False),
            ("ec2:TerminateInstances", "ec2:Region", "ap-northeast-2", False),
            ("ec2:TerminateInstances", "ec2:ResourceTag/stack", "triflow", True),
        ],
    )
    def test_by_a_key_that_says_which_resource(self, action: str, key: str, value: str, is_confined: bool) -> None:
        def broad(operator: str) -> bool:
            statement = {"Effect": "Allow", "Action": action, "Resource": "*", "Condition": {operator: {key: value}}}
            return bool(broad_grants({"Statement": statement}))

        assert broad("StringLike") is not is_confined
        assert broad("StringEqualsIfExists") is (action != "cloudwatch:PutMetricData")
        assert broad("StringNotEquals") is (action != "cloudwatch:PutMetricData")
