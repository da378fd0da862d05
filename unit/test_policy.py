"""The principals that a resource policy lets in."""

from typing import Any

import pytest

from stackproof.judgement.policy import open_grants, undeclared

HERE = "arn:aws:iam::123456789012"
GITHUB, COGNITO = "token.actions.githubusercontent.com", "cognito-identity.amazonaws.com"
EVERYBODY_HERE = [f"{HERE}:{one}" for one in ("root", "user/*", "role/*", "saml-provider/*", "oidc-provider/*")]


def trust(principal: object, operator: str = "", **claims: object) -> dict[str, Any]:
    condition = {operator: claims} if operator else {}
    return {"Statement": {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition}}


class TestWebIdentities:
    @pytest.mark.parametrize("provider", [GITHUB, COGNITO, f"{HERE}:oidc-provider/{GITHUB}", "accounts.google.com"])
    def test_without_a_claim_are_everyone(self, provider: str) -> None:
        assert open_grants(trust({"Federated": provider}))
        assert open_grants(trust({"Federated": provider, "AWS": f"{HERE}:root"}))

    @pytest.mark.parametrize(
        ("operator", "claim", "value", "is_open"),
        [
            ("StringEquals", f"{GITHUB}:aud", "sts.amazonaws.com", True),
            ("StringLike", f"{GITHUB}:sub", "repo:*", True),
            ("StringLike", f"{GITHUB}:sub", ["repo:triflow/x:*", "*"], True),
            ("StringEqualsIfExists", f"{GITHUB}:sub", "repo:triflow/x", True),
            ("StringNotEquals", f"{GITHUB}:sub", "repo:triflow/x", True),
            ("StringEquals", f"{GITHUB}:actor", "somebody", True),
            ("StringLike", f"{GITHUB}:sub", "repo:triflow/x:*", False),
            ("StringEquals", f"{GITHUB}:sub", "repo:triflow/x:ref:refs/heads/main", False),
            ("StringEquals", f"{COGNITO}:aud", "ap-northeast-2:11111111-2222-3333-4444-555555555555", False),
            ("StringLike", f"{COGNITO}:aud", "ap-northeast-2:*", True),
            ("StringEquals", "graph.facebook.com:app_id", "111222333", False),
        ],
    )
    def test_with_a_claim_are_some_or_everyone(self, operator: str, claim: str, value: object, is_open: bool) -> None:
        policy = trust({"Federated": f"{HERE}:oidc-provider/x"}, operator, **{claim: value})
        assert bool(open_grants(policy)) is is_open

    def test_a_saml_provider_is_ones_own(self) -> None:
        assert open_grants(trust({"Federated": f"{HERE}:saml-provider/AWSSSO_1_DO_NOT_DELETE"})) == []

    def test_an_encryption_context_is_no_claim(self) -> None:
        assert open_grants(trust("*", "StringEquals", **{"kms:EncryptionContext:sub": "x"}))


class TestUndeclared:
    @pytest.mark.parametrize(
        ("principal", "found"),
        [
            ({"AWS": "123456789012"}, []),
            ({"AWS": [f"{HERE}:root", f"{HERE}:user/a/b", f"{HERE}:role/c"]}, []),
            ({"Federated": f"{HERE}:saml-provider/x"}, []),
            ({"AWS": "999999999999"}, ["AWS 999999999999"]),
            ({"AWS": "AROAIOSFODNN7EXAMPLE"}, ["AWS AROAIOSFODNN7EXAMPLE"]),
            ({"AWS": ["*", "123456789012"]}, ["AWS *"]),
            ("*", ["* (everyone)"]),
            ({"Federated": COGNITO}, [f"Federated {COGNITO}"]),
            ({"Service": "lambda.amazonaws.com"}, ["Service lambda.amazonaws.com"]),
        ],
    )
    def test_is_whoever_is_not_of_the_account(self, principal: object, found: list[str]) -> None:
        assert undeclared(trust(principal), EVERYBODY_HERE) == found

    def test_is_everyone_where_somebody_is_left_out(self) -> None:
        statement = {"Effect": "Allow", "NotPrincipal": {"AWS": f"{HERE}:user/a"}, "Action": "sts:AssumeRole"}
        assert undeclared({"Statement": statement}, EVERYBODY_HERE) == ["everyone but those named (NotPrincipal)"]

    def test_is_nobody_who_is_denied(self) -> None:
        denied = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}
        assert undeclared({"Statement": denied}, EVERYBODY_HERE) == []

    @pytest.mark.parametrize(
        ("operator", "claims", "is_declared"),
        [
            ("StringEquals", {"aws:PrincipalAccount": "123456789012"}, True),
            ("ArnLike", {"aws:PrincipalArn": [f"{HERE}:role/aws-reserved/sso.amazonaws.com/*"]}, True),
            ("ArnLike", {"aws:PrincipalArn": [f"{HERE}:role/x", "arn:aws:iam::*:role/x"]}, False),
            ("StringLike", {"aws:PrincipalAccount": "*"}, False),
            ("ArnLikeIfExists", {"aws:PrincipalArn": f"{HERE}:role/x"}, False),
            ("StringEquals", {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}, False),
        ],
    )
    def test_is_whoever_a_condition_lets_through(self, operator: str, claims: dict[str, object], is_declared: bool) -> None:
        found = undeclared(trust({"AWS": "*"}, operator, **claims), EVERYBODY_HERE)
        assert found == ([] if is_declared else ["AWS *"])
