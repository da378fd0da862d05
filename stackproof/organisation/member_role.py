"""The audit role of an organisation's accounts as a CloudFormation template, made from what the suite asks.

    python -m stackproof.organisation.member_role > infrastructure/organisation/member.template.json

The role may do what some control asks on live AWS, read-only and nothing else, in its own account and in every region. What a session of it
may do is less: the policy of the controls that are judged (`stackproof.organisation.member`).
"""

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from stackproof.profile.schema import Profile
from stackproof.sources.aws import permissions

LONGEST = 6_144
"""Characters of a managed policy, without white space. Source: IAM user guide, "IAM and AWS STS quotas"."""
MOST = 10
"""Managed policies that a role may have, where an account's quota was not raised. Source: the same."""


def template(profile: Profile) -> dict[str, Any]:
    """The template; of the profile no more is in it than what ARNs look like."""
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "The read-only role that stackproof takes on in this account. Made by stackproof.organisation.member_role.",
        "Parameters": {
            "RoleName": {"Type": "String", "Default": "stackproof-audit"},
            "WorkerRoleArn": {"Type": "String", "Description": "Who may take it on: the role of the workers"},
            "ExternalId": {"Type": "String", "Description": "external_id in the accounts' file"},
            "OrganisationId": {"Type": "String", "AllowedPattern": "o-[a-z0-9]{10,32}"},
        },
        "Resources": {
            "AuditRole": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "RoleName": {"Ref": "RoleName"},
                    "Description": "Taken on by stackproof, which reads what its controls judge and changes nothing",
                    "MaxSessionDuration": 3600,
                    "AssumeRolePolicyDocument": {
                        "Version": "2012-10-17",
                        "Statement": [
                            {
                                "Effect": "Allow",
                                "Principal": {"AWS": {"Ref": "WorkerRoleArn"}},
                                "Action": "sts:AssumeRole",
                                "Condition": {
                                    "StringEquals": {
                                        "sts:ExternalId": {"Ref": "ExternalId"},
                                        "aws:PrincipalOrgID": {"Ref": "OrganisationId"},
                                    }
                                },
                            }
                        ],
                    },
                },
            },
            **{
                f"AuditPolicy{number}": {
                    "Type": "AWS::IAM::ManagedPolicy",
                    "Properties": {
                        "Description": "What the controls of stackproof ask",
                        "PolicyDocument": document,
                        "Roles": [{"Ref": "AuditRole"}],
                    },
                }
                for number, document in enumerate(policies(profile), 1)
            },
        },
        "Outputs": {"RoleArn": {"Value": {"Fn::GetAtt": ["AuditRole", "Arn"]}}},
    }


def policies(profile: Profile) -> list[dict[str, Any]]:
    """The policies of the role, as few as it takes, their ARNs with CloudFormation's pseudo parameters.

    All inline policies of a role may have 10,240 characters together, which is less than the suite asks; hence managed ones.
    """
    asked = permissions.policy(permissions.needed(permissions.needs()), profile)
    by_resources: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for statement in asked["Statement"]:
        general = tuple(sorted({_general(arn, profile) for arn in statement["Resource"]}))
        by_resources[general].update(statement["Action"])
    return packed(
        (action, [_substituted(arn) for arn in resources])
        for resources, actions in sorted(by_resources.items())
        for action in sorted(actions)
    )


def packed(allowed: Iterable[tuple[str, list[Any]]], longest: int = LONGEST) -> list[dict[str, Any]]:
    """Policies of at most so many characters each, in the order of what they allow: actions, each with its resources.

    >>> for policy in packed([("sqs:ListQueues", ["*"]), ("sns:ListTopics", ["*"]), ("s3:GetBucketAcl", ["arn:aws:s3:::*"])], 170):
    ...     print([(one["Action"], one["Resource"]) for one in policy["Statement"]])
    [(['sqs:ListQueues', 'sns:ListTopics'], ['*'])]
    [(['s3:GetBucketAcl'], ['arn:aws:s3:::*'])]
    """
    found: list[dict[str, Any]] = []
    for action, resources in allowed:
        one = {"Effect": "Allow", "Action": [action], "Resource": resources}
        statements = found[-1]["Statement"] if found else []
        if statements and statements[-1]["Resource"] == resources:
            fuller = _policy([*statements[:-1], {**one, "Action": [*statements[-1]["Action"], action]}])
        else:
            fuller = _policy([*statements, one])
        if found and len(json.dumps(fuller, separators=(",", ":"))) <= longest:
            found[-1] = fuller
        else:
            found.append(_policy([one]))
    return found


def _policy(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}


def _general(arn: str, profile: Profile) -> str:
    """An ARN of a profile as it is in any account and region, whatever the names there.

    >>> from types import SimpleNamespace
    >>> here = SimpleNamespace(account_id="123456789012", region="ap-northeast-2")
    >>> _general("arn:aws:rds:ap-northeast-2:123456789012:db:*", here), _general("arn:aws:s3:::triflow-ai-prod", here)
    ('arn:${AWS::Partition}:rds:*:${AWS::AccountId}:db:*', 'arn:${AWS::Partition}:s3:::*')
    """
    if arn == "*":
        return arn
    _, _, service, region, account, rest = arn.split(":", 5)
    region = "*" if region else ""
    account = {profile.account_id: "${AWS::AccountId}"}.get(account, account)
    if service == "s3" and not account:
        rest = "*"
    elif service == "iam":
        rest = re.sub(r"^(role|user)/.*", r"\1/*", rest)
    return ":".join(("arn", "${AWS::Partition}", service, region, account, rest))


def _substituted(arn: str) -> str | Mapping[str, str]:
    return {"Fn::Sub": arn} if "${" in arn else arn


def text(profile: Profile) -> str:
    """The text of the template's file."""
    return json.dumps(template(profile), indent=2) + "\n"


if __name__ == "__main__":
    from pathlib import Path

    from stackproof.profile.loading import load

    sys.stdout.write(text(load("production", Path("environments"))))
