"""AWS IAM."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from stackproof.aws.facts import AwsFacts
from stackproof.resources.base import Given, Reference, Resource, field
from stackproof.sources.plan import PlannedBlock
from stackproof.verdicts import CouldNotVerify, NotYetKnown

if TYPE_CHECKING:
    from stackproof.sources.aws import Reader


class Policy(Resource):
    """A policy of a role, inline or attached: the version that is in force."""

    operations = ("iam:GetRolePolicy", "iam:GetPolicy", "iam:GetPolicyVersion")

    document: dict[str, Any] = field(aws="Document")


def _answered_policies(role: AwsFacts) -> tuple[Policy, ...]:
    return (*_answered_inline(role), *_answered_attached(role))


def _answered_inline(role: AwsFacts) -> list[Policy]:
    name = role.at("RoleName")
    found = []
    for policy in role.read("iam:ListRolePolicies", RoleName=name).items("PolicyNames"):
        answer = role.read("iam:GetRolePolicy", RoleName=name, PolicyName=policy)
        found.append(role.nested(Policy, f"{policy} of {name}", {"Document": answer.pages[0].get("PolicyDocument")}, answer))
    return found


def _answered_attached(role: AwsFacts) -> list[Policy]:
    found = []
    for attached in role.read("iam:ListAttachedRolePolicies", RoleName=role.at("RoleName")).items("AttachedPolicies"):
        arn = attached["PolicyArn"]
        version = role.read("iam:GetPolicy", PolicyArn=arn).pages[0]["Policy"]["DefaultVersionId"]
        answer = role.read("iam:GetPolicyVersion", PolicyArn=arn, VersionId=version)
        found.append(role.nested(Policy, f"{attached['PolicyName']} {version}", answer.pages[0]["PolicyVersion"], answer))
    return found


def _planned_policies(role: PlannedBlock) -> tuple[Policy, ...]:
    plan = role.plan
    inline = plan.referring("aws_iam_role_policy", "role", role, named="name")
    if not role.is_left_open("inline_policy"):
        inline += [block for block in role.blocks("inline_policy") if block.at("policy")]
    attached = [
        _planned_managed(block, block.at("policy_arn"))
        for kind, attribute in (("aws_iam_role_policy_attachment", "role"), ("aws_iam_policy_attachment", "roles"))
        for block in plan.referring(kind, attribute, role, named="name")
    ]
    for block in plan.referring("aws_iam_role_policy_attachments_exclusive", "role_name", role, named="name"):
        attached += [_planned_managed(block, arn) for arn in block.at("policy_arns") or ()]
    if not role.is_left_open("managed_policy_arns"):
        attached += [_planned_managed(role, arn) for arn in role.at("managed_policy_arns") or ()]
    return tuple(_planned_policy(block) for block in (*inline, *attached))


def _planned_managed(block: PlannedBlock, arn: str | Reference) -> PlannedBlock:
    """The managed policy that a planned attachment refers to. One that the plan does not make cannot be looked into before apply."""
    policy = block.plan.meant(arn, "aws_iam_policy", named="arn")
    if policy is None:
        raise NotYetKnown(f"{block.source}: what {arn} grants is not in the plan; it is judged after apply")
    return policy


def _planned_policy(block: PlannedBlock) -> Policy:
    written = block.at("policy")
    if isinstance(written, Reference):
        raise NotYetKnown(f"{block.source}.policy is known only after apply")
    return Policy(
        block.source.removeprefix("plan "), Given({"document": _parsed(written, block.source)}, block.source), block.source
    )


def _parsed(document: str, source: str) -> dict[str, Any]:
    try:
        parsed = json.loads(document)
    except json.JSONDecodeError as error:
        raise CouldNotVerify(f"{source}: the policy is not JSON ({error})") from None
    if not isinstance(parsed, dict):
        raise CouldNotVerify(f"{source}: the policy is not a JSON object")
    return parsed


class Role(Resource):
    """An IAM role."""

    operations = ("iam:GetRole", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies", *Policy.operations)
    terraform = ("aws_iam_role",)

    policies: tuple[Policy, ...] = field(aws=_answered_policies, plan=_planned_policies)
    """Inline and attached ones."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[Role]":
        answers = [aws.read("iam:GetRole", absent=("NoSuchEntity",), RoleName=name) for name in names]
        return [
            cls(name, AwsFacts(aws, answer.page["Role"], answer.source), answer.source)
            for name, answer in zip(names, answers, strict=True)
            if answer.page is not None
        ]
