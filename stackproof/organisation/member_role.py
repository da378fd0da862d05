"""The audit role of an organisation's accounts as a CloudFormation template, made from what the suite asks.

    python -m stackproof.organisation.member_role > infrastructure/organisation/member.template.json

The role may do what some control asks on live AWS, read-only and nothing else, in its own account and in every region. What a session of it
may do is less: the policy of the controls that are judged (`stackproof.organisation.member`).
"""

import json
import re
import sys
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from stackproof.profile.schema import Profile
from stackproof.sources.aws import permissions

LONGEST = 10_240
"""Characters of all inline policies of a role, without white space. Source: IAM user guide, "IAM and AWS STS quotas"."""


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
                    "Policies": [{"PolicyName": "what-the-suite-asks", "PolicyDocument": policy(profile)}],
                },
            }
        },
        "Outputs": {"RoleArn": {"Value": {"Fn::GetAtt": ["AuditRole", "Arn"]}}},
    }


def policy(profile: Profile) -> dict[str, Any]:
    """The policy of the role, its ARNs with CloudFormation's pseudo parameters."""
    asked = permissions.policy(permissions.needed(permissions.needs()), profile)
    by_resources: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for statement in asked["Statement"]:
        general = tuple(sorted({_general(arn, profile) for arn in statement["Resource"]}))
        by_resources[general].update(statement["Action"])
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": sorted(actions), "Resource": [_substituted(arn) for arn in resources]}
            for resources, actions in sorted(by_resources.items())
        ],
    }


def _general(arn: str, profile: Profile) -> str:
    """An ARN of a profile as it is in any account and region, whatever the names there.

    >>> from types import SimpleNamespace
    >>> here = SimpleNamespace(account="123456789012", region="ap-northeast-2")
    >>> _general("arn:aws:rds:ap-northeast-2:123456789012:db:*", here), _general("arn:aws:s3:::triflow-ai-prod", here)
    ('arn:${AWS::Partition}:rds:*:${AWS::AccountId}:db:*', 'arn:${AWS::Partition}:s3:::*')
    """
    if arn == "*":
        return arn
    _, _, service, region, account, rest = arn.split(":", 5)
    region = "*" if region else ""
    account = {profile.account: "${AWS::AccountId}"}.get(account, account)
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
