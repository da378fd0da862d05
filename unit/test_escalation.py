"""The known paths of privilege escalation: each is found where all of its actions are allowed, and only there."""

import pathlib
import tomllib

import pytest

from stackproof.judgement.access import allowed_resources, resource_arns
from stackproof.judgement.escalation import PASS_ROLE, Path, administers, escalations, paths

RETIRED = ("codestar",)
"""Services that AWS has closed, and that the service authorization reference no longer has; what was made with them may still be there."""


def allowing(*actions: str) -> dict[str, object]:
    return {"Statement": {"Effect": "Allow", "Action": list(actions), "Resource": "*"}}


@pytest.mark.parametrize("path", paths(), ids=str)
class TestPath:
    def test_needs_actions_that_iam_knows(self, path: Path) -> None:
        unknown = [action for action in path.needs if resource_arns(action) is None]
        assert [action for action in unknown if action.partition(":")[0] not in RETIRED] == []

    def test_has_a_source(self, path: Path) -> None:
        assert path.source
        assert path.gains

    def test_is_open_where_all_of_it_is_allowed(self, path: Path) -> None:
        assert str(path) in escalations([allowing(*path.needs)])
        assert str(path) in escalations([allowing(action) for action in path.needs])
        assert str(path) in escalations([{"Statement": {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}}])

    def test_is_closed_where_one_action_is_missing(self, path: Path) -> None:
        for missing in path.needs:
            others = [action for action in path.needs if action != missing]
            assert str(path) not in escalations([allowing("s3:GetObject", *others)])
            denied = {"Statement": {"Effect": "Deny", "Action": missing, "Resource": "*"}}
            assert str(path) not in escalations([allowing(*path.needs), denied])
            assert str(path) not in escalations([allowing(*path.needs)], boundary=allowing("s3:GetObject", *others))


def test_no_path_stands_twice() -> None:
    found = [(path.actions, path.passes_to, path.elsewhere) for path in paths()]
    assert len(found) == len(set(found))


def test_a_role_that_is_passed_to_another_service_only_closes_a_path() -> None:
    to_lambda = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    passing = {"Statement": {"Effect": "Allow", "Action": PASS_ROLE, "Resource": "*", "Condition": to_lambda}}
    assert escalations([passing, allowing("ecs:RunTask")]) == []
    assert escalations([passing, allowing("lambda:CreateFunction", "lambda:InvokeFunction")]) != []


@pytest.mark.parametrize(
    ("resource", "is_open"),
    [
        ("*", True),
        ("arn:aws:iam::*:role/*", True),
        ("arn:aws:iam::123456789012:role/*", True),
        ("arn:aws:iam::*:role/?*", True),
        ("arn:aws:iam::*:role/*?*", True),
        ("arn:aws:iam::1:role/app", False),
    ],
)
def test_assuming_named_roles_is_no_escalation(resource: str, is_open: bool) -> None:
    document = {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": resource}}
    assert bool(escalations([document])) is is_open


@pytest.mark.parametrize("path", [path for path in paths() if path.grants], ids=str)
class TestAdministers:
    def test_who_can_give_everything_to_everybody(self, path: Path) -> None:
        assert administers([allowing(*path.actions)])
        assert administers([allowing("s3:GetObject")], own=["user/a"]) is False

    def test_not_who_is_denied_it(self, path: Path) -> None:
        denied = {"Statement": {"Effect": "Deny", "Action": list(path.actions), "Resource": "*"}}
        assert not administers([allowing(*path.actions), denied])
        assert not administers([allowing(*path.actions)], boundary=allowing("s3:*"))

    @pytest.mark.parametrize("kind", ["user", "group", "role", "policy"])
    def test_only_itself_of_named_ones(self, path: Path, kind: str) -> None:
        resource = f"arn:aws:iam::123456789012:{kind}/a"
        document = {"Statement": {"Effect": "Allow", "Action": list(path.actions), "Resource": resource}}
        assert not administers([document], own=["user/b", "group/b"])
        assert administers([document], own=[f"{kind}/a"]) is bool(allowed_resources(path.actions[0], [document]))


@pytest.mark.parametrize(
    ("condition", "is_free"),
    [
        ({"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::123456789012:policy/b"}}, False),
        ({"StringEqualsIfExists": {"iam:PermissionsBoundary": "arn:aws:iam::123456789012:policy/b"}}, True),
        ({"StringNotEquals": {"iam:PermissionsBoundary": "arn:aws:iam::123456789012:policy/b"}}, True),
        ({"Null": {"iam:PermissionsBoundary": "false"}}, False),
        ({"ArnLike": {"iam:PolicyARN": "arn:aws:iam::123456789012:policy/app-*"}}, False),
        ({"ArnLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/*"}}, True),
        ({"ArnNotLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/Admin*"}}, True),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, True),
    ],
)
def test_a_condition_on_what_is_given_makes_no_administrator(condition: dict[str, object], is_free: bool) -> None:
    statement = {"Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": "*", "Condition": condition}
    assert administers([{"Statement": statement}]) is is_free


CATALOGUE: dict[str, list[str]] = tomllib.loads(
    pathlib.Path(__file__).with_name("escalation_catalogue.toml").read_text(encoding="utf-8")
)

NOT_ALONE = {"sagemaker-001": "a notebook shows nothing to who cannot open it; a URL, or a start script, is needed"}
"""Entries that are a path only with more than is called required there, and why."""


@pytest.mark.parametrize("entry", CATALOGUE)
def test_every_entry_of_the_catalogue_is_known(entry: str) -> None:
    assert bool(escalations([allowing(*CATALOGUE[entry])])) is (entry not in NOT_ALONE)


def another_account(resource: str, **condition: object) -> dict[str, object]:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": resource}
    return {"Statement": {**statement, "Condition": condition}}


@pytest.mark.parametrize(
    ("resource", "declared", "is_open"),
    [
        ("arn:aws:iam::210987654321:role/deploy", [], True),
        ("arn:aws:iam::*:role/deploy", [], True),
        ("arn:aws:iam::21098765432?:role/deploy", [], True),
        ("arn:aws:iam::123456789012:role/deploy", [], False),
        ("arn:aws:iam::210987654321:role/deploy", ["arn:aws:iam::210987654321:role/deploy"], False),
        ("arn:aws:iam::210987654321:role/deploy-1", ["arn:aws:iam::210987654321:role/deploy-*"], False),
        ("arn:aws:iam::210987654321:role/*", ["arn:aws:iam::210987654321:role/deploy-*"], True),
        ("arn:aws:iam::*:role/deploy", ["arn:aws:iam::210987654321:role/deploy"], True),
        ("arn:aws:s3:::deploy", [], False),
    ],
)
def test_roles_of_other_accounts_are_declared(resource: str, declared: list[str], is_open: bool) -> None:
    assert bool(escalations([another_account(resource)], account="123456789012", declared=declared)) is is_open


def test_a_condition_may_keep_it_in_the_account() -> None:
    inside = another_account("arn:aws:iam::*:role/deploy", StringEquals={"aws:ResourceAccount": "123456789012"})
    assert escalations([inside], account="123456789012") == []
    outside = another_account("arn:aws:iam::*:role/deploy", StringNotEquals={"aws:ResourceAccount": "123456789012"})
    assert escalations([outside], account="123456789012") != []
