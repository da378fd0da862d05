"""AWS IAM."""

from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from stackproof.core.partial import collected, known_of, parts
from stackproof.core.resource import FailedOrigin, LazyMapping, Reference, Resource, StaticOrigin, field
from stackproof.core.verdicts import CouldNotVerify, NotReported, NotYetKnown, may_be_about
from stackproof.judgement.access import Document
from stackproof.judgement.escalation import administers
from stackproof.judgement.iam import is_managed_by_aws
from stackproof.judgement.managed_policies import published, published_on
from stackproof.resources.documents import PartialDocument, planned_document
from stackproof.sources.aws.facts import AwsFacts, listed, reported
from stackproof.sources.plan.blocks import PlanLookup, PlannedBlock

if TYPE_CHECKING:
    from stackproof.sources.aws.calls import Answer
    from stackproof.sources.aws.source import Reader

DETAILS = "iam:GetAccountAuthorizationDetails"
_OWN_LIST = "managed_policy_arns"
"""The planned attribute in which a role lists what is attached to it."""


def details(aws: "Reader | AwsFacts") -> "Answer":
    """All users, groups and roles with their policies, and the account's own policies: one call, where each principal would take five."""
    return aws.read(DETAILS, Filter=["Group", "LocalManagedPolicy", "Role", "User"], MaxItems=1000)


def _answered_document(policy: AwsFacts) -> object:
    if policy.at("PolicyDocument") is not None:
        return policy.at("PolicyDocument")
    arn = policy.at("PolicyArn")
    if own := details(policy).by("Policies", "Arn").get(arn):
        in_force = [version for version in own["PolicyVersionList"] if version["VersionId"] == own["DefaultVersionId"]]
        return in_force[0].get("Document") if in_force else None
    version = policy.read("iam:GetPolicy", PolicyArn=arn).pages[0]["Policy"]["DefaultVersionId"]  # AWS's own
    return policy.read("iam:GetPolicyVersion", PolicyArn=arn, VersionId=version).pages[0]["PolicyVersion"].get("Document")


class Policy(Resource):
    """An identity policy, inline or attached."""

    operations = (DETAILS, "iam:GetPolicy", "iam:GetPolicyVersion")

    document: dict[str, Any] = field(aws=_answered_document)
    """The version that is in force."""


def _answered_policies(principal: AwsFacts, kind: str) -> tuple[Policy, ...]:
    """Inline and attached ones; ``kind`` begins the names of a principal's members."""
    return _policies(principal, principal.at(f"{kind}Name"), _list(principal, f"{kind}PolicyList"))


def _policies_of_user(user: AwsFacts) -> tuple[Policy, ...]:
    """Policies of a user, inline and attached. The details of a user may lack the list of inline policies; then they are asked for."""
    name, inline = user.at("UserName"), user.at("UserPolicyList")
    if inline is None:
        names = user.read("iam:ListUserPolicies", UserName=name).items("PolicyNames")
        inline = [user.read("iam:GetUserPolicy", UserName=name, PolicyName=policy).pages[0] for policy in names]
    return _policies(user, name, inline)


def _policies(principal: AwsFacts, name: str, inline: Sequence[Mapping[str, Any]]) -> tuple[Policy, ...]:
    return _nested(principal, name, [*inline, *_list(principal, "AttachedManagedPolicies")])


def _nested(principal: AwsFacts, name: str, found: Iterable[Mapping[str, Any]]) -> tuple[Policy, ...]:
    return tuple(principal.nested(Policy, f"{one['PolicyName']} of {name}", one, details(principal)) for one in found)


def _answered_of_aws(role: AwsFacts) -> tuple[Policy, ...]:
    attached = _list(role, "AttachedManagedPolicies")
    return _nested(role, role.at("RoleName"), [one for one in attached if is_managed_by_aws(one["PolicyArn"])])


def _planned_of_aws(role: PlannedBlock) -> Sequence[Policy]:
    attached, rest = parts(_attachments(role, "role"))
    return collected([_attached(block, arn) for block, arn in attached if _may_be_of_aws(block, arn)], rest)


def _may_be_of_aws(block: PlannedBlock, arn: "str | Reference | NotYetKnown") -> bool:
    """Whether AWS may manage a planned policy: the account's own are referred to, or have its number in their ARNs."""
    return is_managed_by_aws(arn) if isinstance(arn, str) else isinstance(arn, NotYetKnown) and _own_policy(block, arn) is None


def _list(principal: AwsFacts, member: str) -> list[Any]:
    found = principal.at(member)
    if not isinstance(found, list):
        raise NotReported(f"{DETAILS}: {principal.at('Arn')} has no list {member}")
    return found


def _planned_policies(principal: PlannedBlock, kind: str) -> Sequence[Policy]:
    """Inline and attached ones; ``kind`` is in the types of the resources that a principal gets them by."""
    plan, by = principal.plan, f"aws_iam_{kind}_policy"
    beside, unknown = parts(plan.referring(by, kind, principal))
    is_decided_beside = bool(beside or plan.removed(by, kind, principal))
    own, more = parts(principal.written_blocks("inline_policy", is_decided_beside=is_decided_beside))
    blocks = [*beside, *(block for block in own if not block.is_known("policy") or block.at("policy"))]
    inline = [_policy(block, partial(planned_document, block, "policy")) for block in blocks]
    attached, rest = parts(_attachments(principal, kind))
    return collected([*inline, *(_attached(block, arn) for block, arn in attached)], [*unknown, *more, *rest])


def _policy(block: PlannedBlock, document: Callable[[], Document], name: str = "") -> Policy:
    facts = LazyMapping({"document": document})
    return Policy(name or block.source.removeprefix("plan "), StaticOrigin(facts, block.source), block.source)


def _attached(block: PlannedBlock, arn: "str | Reference | NotYetKnown") -> Policy:
    """A managed policy that a planned block attaches; one that nobody knows yet tells nothing."""
    own = _own_policy(block, arn)
    if own is not None:
        return _policy(own, partial(planned_document, own, "policy"))
    if isinstance(arn, NotYetKnown):
        return Policy(block.source.removeprefix("plan "), FailedOrigin(arn), block.source)
    name = f"{arn.rpartition('/')[2]} ({block.address})" if isinstance(arn, str) else ""
    return _policy(block, partial(_managed_document, block, arn), name)


def _own_policy(block: PlannedBlock, arn: "str | Reference | NotYetKnown") -> PlannedBlock | None:
    """The policy of the plan that a block attaches; None for one that is not in the plan, or not known."""
    if not isinstance(arn, NotYetKnown):
        return next(iter(block.plan.referred(arn, "aws_iam_policy")), None)
    found, rest = parts(block.referents("policy_arn", "aws_iam_policy"))
    return found[0] if found and not rest else None


Attachment = tuple[PlannedBlock, "str | Reference | NotYetKnown"]
"""A block that attaches a managed policy, and the policy's ARN; the error where that is not known."""


def _attachments(principal: PlannedBlock, kind: str) -> Sequence[Attachment]:
    """The managed policies that a principal gets."""
    plan, by, exclusive = principal.plan, f"aws_iam_{kind}_policy_attachment", f"aws_iam_{kind}_policy_attachments_exclusive"
    beside, rest = parts(plan.referring(by, kind, principal))
    of_several, more = parts(plan.referring("aws_iam_policy_attachment", f"{kind}s", principal))
    lists, unknown = parts(plan.referring(exclusive, f"{kind}_name", principal))
    gone = [*plan.removed(by, kind, principal), *plan.removed(exclusive, f"{kind}_name", principal)]
    is_decided_beside = bool(beside or of_several or lists or gone)
    own = _arns(principal, _OWN_LIST) if principal.says(_OWN_LIST, is_decided_beside=is_decided_beside) else []
    listed, others = known_of(lists, lambda one: _arns(one, "policy_arns"))
    mine, unread = parts(own)
    found = [*((block, _arn(block)) for block in (*beside, *of_several)), *listed, *mine]
    return collected(found, [*rest, *more, *unknown, *others, *unread])


def _arn(block: PlannedBlock) -> "str | Reference | NotYetKnown":
    try:
        arn: str | Reference = block.at("policy_arn")
    except NotYetKnown as unknown:
        return unknown
    if not isinstance(arn, str | Reference):
        raise CouldNotVerify(f"{block.source}: policy_arn is {arn!r}, which names no policy")
    return arn


def _arns(block: PlannedBlock, attribute: str) -> Sequence[Attachment]:
    arns, rest = parts(block.elements(attribute, "aws_iam_policy"))
    return collected([(block, arn) for arn in arns], rest)


def _managed_document(block: PlannedBlock, arn: str | Reference) -> Document:
    """What a managed policy grants to which a planned block refers: one that the plan makes, or one that AWS has published.

    Raises `NotYetKnown` for any other: it cannot be looked into before apply.
    """
    own = next(iter(block.plan.referred(arn, "aws_iam_policy")), None)
    if own is not None:
        return planned_document(own, "policy")
    if isinstance(arn, Reference) or not is_managed_by_aws(arn):
        raise NotYetKnown(f"{block.source}: what {arn} grants is not in the plan; it is judged after apply")
    document = published(arn)
    if document is None:
        raise NotYetKnown(
            f"{block.source}: {arn} is none of the policies that AWS had published by {published_on()}; it is judged after apply"
        )
    return document


def _answered_boundary(principal: AwsFacts) -> object:
    arn = principal.at("PermissionsBoundary.PermissionsBoundaryArn")
    return None if arn is None else principal.nested(Policy, arn, {"PolicyArn": arn}, details(principal)).document


def _planned_boundary(principal: PlannedBlock) -> dict[str, Any] | None:
    arn = principal.at("permissions_boundary")
    return dict(_managed_document(principal, arn)) if isinstance(arn, Reference) or arn else None


def _answered_use(policy: AwsFacts) -> bool | None:
    attached, bounding = policy.at("AttachmentCount"), policy.at("PermissionsBoundaryUsageCount")
    return None if attached is None else bool(attached or bounding)


_KINDS = ("role", "user", "group")
_ATTACHING = tuple(f"aws_iam_{kind}_policy_attachment" for kind in _KINDS)
_USES = (
    *((attaching, "policy_arn") for attaching in (*_ATTACHING, "aws_iam_policy_attachment")),
    *((f"{attaching}s_exclusive", "policy_arns") for attaching in _ATTACHING),
    ("aws_iam_role", "permissions_boundary"),
    ("aws_iam_user", "permissions_boundary"),
)
"""What in a plan gives a managed policy to somebody, or bounds somebody by it: types, and the attribute that says which policy."""


def _planned_use(policy: PlannedBlock) -> bool:
    plan = policy.plan
    found, rest = known_of(_USES, lambda use: plan.referring(*use, policy))
    is_decided_beside = any(plan.removed(*use, policy) for use in _USES)
    by_policy, unknown = plan.once(_listing)
    listing = [role for role in by_policy.get(policy.address, ()) if role.says(_OWN_LIST, is_decided_beside=is_decided_beside)]
    more = (error for role, error in unknown if role.says(_OWN_LIST, is_decided_beside=is_decided_beside))
    return bool(collected([*found, *listing], [*rest, *(one for one in more if may_be_about(one, policy.address))]))


def _listing(plan: PlanLookup) -> tuple[dict[str, list[PlannedBlock]], list[tuple[PlannedBlock, Exception]]]:
    """The roles that list policies themselves, by the policies of the plan that they list; and those whose lists are not known."""
    by_policy: dict[str, list[PlannedBlock]] = {}
    unknown: list[tuple[PlannedBlock, Exception]] = []
    for role in plan.resources("aws_iam_role"):
        if role.says(_OWN_LIST):
            listed, rest = known_of([role], lambda one: one.referents(_OWN_LIST, "aws_iam_policy"))
            for policy in listed:
                by_policy.setdefault(policy.address, []).append(role)
            unknown += [(role, error) for error in rest]
    return by_policy, unknown


class AccountPolicy(Policy):
    """A managed policy of the account's own, whoever has it, or nobody."""

    terraform = ("aws_iam_policy",)

    document: dict[str, Any] = field(aws=_answered_document, plan=lambda policy: planned_document(policy, "policy"))
    path: str = field(aws="Path", plan=lambda policy: policy.at("path") or "/")
    is_used: bool = field(aws=_answered_use, plan=_planned_use)
    """Whether somebody has it, or is bounded by it. On a plan only what is in the plan counts."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[AccountPolicy]":
        del names  # one call lists all
        answer = details(aws)
        found = [(reported(one, "Arn", answer), one) for one in answer.kept("Policies")]
        return [
            cls(arn.rpartition("/")[2], AwsFacts(aws, ChainMap({"PolicyArn": arn}, one), answer.source), answer.source)  # type: ignore[arg-type]
            for arn, one in found
        ]


class Role(Resource):
    """An IAM role."""

    operations = Policy.operations
    terraform = ("aws_iam_role",)

    trust: dict[str, Any] = field(aws="AssumeRolePolicyDocument", plan=lambda role: planned_document(role, "assume_role_policy"))
    """The policy that says who may assume it."""
    policies: tuple[Policy, ...] = field(
        aws=lambda role: _answered_policies(role, "Role"), plan=lambda role: _planned_policies(role, "role")
    )
    """Inline and attached ones."""
    managed_policies: tuple[Policy, ...] = field(
        aws=_answered_of_aws,
        plan=lambda role: _planned_of_aws(role),
    )
    """Attached policies that AWS manages."""
    boundary: dict[str, Any] | None = field(aws=_answered_boundary, plan=_planned_boundary)
    """The permissions boundary; None for a role without one, of which AWS says nothing."""
    path: str = field(aws="Path", plan=lambda role: role.at("path") or "/")

    @property
    def is_service_linked(self) -> bool:
        """True if the role belongs to an AWS service: nobody else can assume it, and nobody can change what it may do."""
        return self.path.startswith("/aws-service-role/")

    @property
    def documents(self) -> Sequence[dict[str, Any]]:
        """The policy documents that say what the role may do, without its boundary."""
        return _documents(self.policies)

    @property
    def known_documents(self) -> list[dict[str, Any]]:
        """The policy documents that say what the role may do, as far as they are reported."""
        return _reported(self.policies)

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[Role]":
        del names  # one call lists all
        return listed(cls, aws, details(aws), "RoleDetailList", named="RoleName")


def _documents(policies: Iterable[Policy]) -> Sequence[dict[str, Any]]:
    """The documents of policies; a document of which a part is not known has that part in what stands for the rest."""
    found = [policy.document for policy in policies]
    return collected(found, [one.rest for one in found if isinstance(one, PartialDocument)])


def _reported(policies: Iterable[Policy]) -> list[dict[str, Any]]:
    """The documents of policies, but for those that nobody can tell."""
    found: list[dict[str, Any]] = []
    with suppress(NotYetKnown, CouldNotVerify):  # whatever policies there are beside
        for policy in policies:
            with suppress(NotYetKnown, CouldNotVerify):
                found.append(policy.document)
    return found


class AccessKey(Resource):
    """An access key of a user, named by its last four characters."""

    operations = ("iam:ListAccessKeys",)

    created: datetime = field(aws="CreateDate", plan="create_date")


def _answered_keys(user: AwsFacts) -> tuple[AccessKey, ...]:
    answer = user.read("iam:ListAccessKeys", UserName=user.at("UserName"))
    keys = answer.items("AccessKeyMetadata")
    return tuple(user.nested(AccessKey, f"...{key['AccessKeyId'][-4:]}", key, answer) for key in keys)


def _planned_keys(user: PlannedBlock) -> Sequence[AccessKey]:
    blocks, rest = parts(user.plan.referring("aws_iam_access_key", "user", user))
    return collected([AccessKey(block.address, block, block.source) for block in blocks], rest)


class Group(Resource):
    """An IAM group."""

    operations = Policy.operations

    policies: tuple[Policy, ...] = field(aws=lambda group: _answered_policies(group, "Group"))


def _answered_groups(user: AwsFacts) -> tuple[Group, ...]:
    answer, mine = details(user), _list(user, "GroupList")
    described = answer.by("GroupDetailList", "GroupName")
    if lost := sorted(name for name in {*mine} if name not in described):
        raise NotReported(f"{DETAILS}: {user.at('Arn')} is in {', '.join(lost)}, of which nothing is told")
    return tuple(user.nested(Group, name, described[name], answer) for name in mine)


def _planned_groups(user: PlannedBlock) -> tuple[Group, ...]:
    memberships = user.plan.referring("aws_iam_user_group_membership", "user", user)
    if memberships:
        raise NotYetKnown(f"{memberships[0].source}: what the user's groups grant is judged after apply")
    return ()


class User(Resource):
    """An IAM user."""

    operations = (*Policy.operations, *AccessKey.operations, "iam:ListUserPolicies", "iam:GetUserPolicy")
    terraform = ("aws_iam_user",)

    policies: tuple[Policy, ...] = field(aws=_policies_of_user, plan=lambda user: _planned_policies(user, "user"))
    """Its own ones, inline and attached."""
    groups: tuple[Group, ...] = field(aws=_answered_groups, plan=_planned_groups)
    boundary: dict[str, Any] | None = field(aws=_answered_boundary, plan=_planned_boundary)
    """The permissions boundary; None for a user without one, of which AWS says nothing."""
    access_keys: tuple[AccessKey, ...] = field(aws=_answered_keys, plan=_planned_keys)
    """Active and inactive ones: an inactive one can be activated again."""

    @property
    def documents(self) -> Sequence[dict[str, Any]]:
        """The policy documents that say what the user may do, without its boundary: its own, and those of its groups."""
        return _documents(self._all_policies())

    @property
    def known_documents(self) -> list[dict[str, Any]]:
        """The policy documents that say what the user may do, as far as they are reported."""
        return _reported(self._all_policies())

    @property
    def is_administrator(self) -> bool:
        """True if the user's policies come to what ``AdministratorAccess`` grants; unknown ones do not hide one that does."""
        me = [f"user/{self.name}", f"user/*/{self.name}"]
        if administers(self.known_documents, self.boundary, me):
            return True
        groups = [f"group/{path}{group.name}" for group in self.groups for path in ("", "*/")]
        return administers(self.documents, self.boundary, [*me, *groups])

    def _all_policies(self) -> Iterator[Policy]:
        yield from self.policies
        for group in self.groups:
            yield from group.policies

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[User]":
        del names  # one call lists all
        return listed(cls, aws, details(aws), "UserDetailList", named="UserName")
