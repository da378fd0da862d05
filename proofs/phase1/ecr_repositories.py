"""Repositories of Amazon ECR."""

import json
from typing import Any

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import Edit, absent, adds, answers, omits, planned, says, unknown, with_resource, without
from stackproof.core.verdicts import Verdict

REPOSITORIES, REGISTRY = "ecr:DescribeRepositories", "ecr:GetRegistryScanningConfiguration"
SCANNING, POLICY = "ecr:BatchGetRepositoryScanningConfiguration", "ecr:GetRepositoryPolicy"
NAME, PLANNED = "triflow-ai-backend", "aws_ecr_repository.backend"
RULES = "scanningConfiguration.rules"
RULE = {"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [{"filter": "*", "filterType": "WILDCARD"}]}


def letting_in(principal: object, **condition: object) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": ["ecr:PutImage", "ecr:BatchGetImage"], **condition}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def policy(principal: object, **condition: object) -> Edit:
    """Let the repository have a policy."""
    return answers(POLICY, {"repositoryName": NAME, "policyText": letting_in(principal, **condition)}, repositoryName=NAME)


def by_rules(frequency: str) -> tuple[Edit, ...]:
    """Let the registry have rules, and this be what they come to for the repository."""
    one = {"repositoryName": NAME, "scanFrequency": frequency, "scanOnPush": frequency == "SCAN_ON_PUSH"}
    page: dict[str, Any] = {"scanningConfigurations": [one], "failures": []}
    return says(REGISTRY, RULES, [RULE]), answers(SCANNING, page, repositoryNames=[NAME])


ACCOUNT = "123456789012"
BUILDER = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/builder"}
STRANGER = {"AWS": "arn:aws:iam::999999999999:root"}
LAMBDA = {"Service": "lambda.amazonaws.com"}
BOUND = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
POLICIES: tuple[tuple[str, Any, dict[str, Any], Verdict, str], ...] = (
    ("a role of the account", BUILDER, {}, PASS, ""),
    ("a service on behalf of the account", LAMBDA, {"Condition": BOUND}, PASS, ""),
    ("everybody", "*", {}, FAIL, NAME),
    ("another account", STRANGER, {}, FAIL, "999999999999"),
    ("a service on behalf of anybody", LAMBDA, {}, FAIL, "lambda.amazonaws.com"),
)

CASES: list[Case] = [
    cloud("ECR-02", "no scan on push", FAIL, says(REPOSITORIES, "repositories.0.imageScanningConfiguration.scanOnPush", False)),
    cloud("ECR-02", "whether it scans not reported", ERROR, omits(REPOSITORIES, "repositories.0.imageScanningConfiguration")),
    cloud("ECR-02", "rules of the registry that scan on push", PASS, *by_rules("SCAN_ON_PUSH")),
    cloud("ECR-02", "rules of the registry that scan all the time", PASS, *by_rules("CONTINUOUS_SCAN")),
    cloud("ECR-02", "rules of the registry that leave it out", FAIL, *by_rules("MANUAL"), names=NAME),
    cloud("ECR-02", "a frequency that nobody knows", ERROR, *by_rules("WEEKLY"), names="WEEKLY"),
    cloud(
        "ECR-02",
        "enhanced scanning that leaves it out",
        FAIL,
        *by_rules("MANUAL"),
        says(REGISTRY, "scanningConfiguration.scanType", "ENHANCED"),
    ),
    *(
        cloud("ECR-02", f"tags are {kind}", FAIL, says(REPOSITORIES, "repositories.0.imageTagMutability", kind), names=NAME)
        for kind in ("MUTABLE", "MUTABLE_WITH_EXCLUSION", "IMMUTABLE_WITH_EXCLUSION")
    ),
    cloud("ECR-02", "a mutability that nobody knows", ERROR, says(REPOSITORIES, "repositories.0.imageTagMutability", "FROZEN")),
    cloud("ECR-02", "mutability not reported", ERROR, omits(REPOSITORIES, "repositories.0.imageTagMutability")),
    plan("ECR-02", "tags that move", FAIL, planned(PLANNED, image_tag_mutability="MUTABLE"), names="keeps_tags"),
    plan("ECR-02", "tags that move, as nobody says otherwise", FAIL, planned(PLANNED, image_tag_mutability=None)),
    plan("ECR-02", "mutability known after apply", UNKNOWN, unknown(PLANNED, "image_tag_mutability")),
    cloud("ECR-02", "images are kept for ever", FAIL, absent("ecr:GetLifecyclePolicy")),
    *(
        cloud("ECR-02", f"a policy that lets in {who}", verdict, policy(principal, **more), names=names)
        for who, principal, more, verdict, names in POLICIES
    ),
    cloud(
        "ECR-02",
        "another of the stack's that does not scan",
        FAIL,
        adds(
            REPOSITORIES,
            "repositories",
            {"repositoryName": "triflow-ai-production-jobs", "imageScanningConfiguration": {"scanOnPush": False}},
        ),
        names="triflow-ai-production-jobs",
    ),
    cloud(
        "ECR-02",
        "another team's that does not scan",
        PASS,
        adds(REPOSITORIES, "repositories", {"repositoryName": "other", "imageScanningConfiguration": {"scanOnPush": False}}),
    ),
    cloud("ECR-02", "no such repository", FAIL, says(REPOSITORIES, "repositories", []), names=NAME),
    cloud("ECR-02", "the list is missing", ERROR, omits(REPOSITORIES, "repositories")),
    plan("ECR-02", "no scan on push", FAIL, planned(PLANNED, image_scanning_configuration=[{"scan_on_push": False}])),
    plan("ECR-02", "nothing said about scans", FAIL, planned(PLANNED, image_scanning_configuration=[])),
    plan("ECR-02", "scans known after apply", UNKNOWN, unknown(PLANNED, "image_scanning_configuration")),
    plan(
        "ECR-02",
        "rules of the registry",
        UNKNOWN,
        with_resource("aws_ecr_registry_scanning_configuration.all", scan_type="BASIC"),
    ),
    plan("ECR-02", "images are kept for ever", FAIL, without("aws_ecr_lifecycle_policy.backend")),
    *(
        plan(
            "ECR-02",
            f"a policy that lets in {who}",
            verdict,
            with_resource("aws_ecr_repository_policy.backend", repository=NAME, policy=letting_in(principal, **more)),
            names=names,
        )
        for who, principal, more, verdict, names in POLICIES
    ),
    plan("ECR-02", "another that does not scan", FAIL, with_resource("aws_ecr_repository.other", name="other"), names="other"),
    plan("ECR-02", "no such repository", FAIL, without(PLANNED), names=NAME),
]
