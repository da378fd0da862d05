"""Amazon S3."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from stackproof.core.partial import collected, known_of, parts, the_one
from stackproof.core.resource import FailedOrigin, Resource, field
from stackproof.core.verdicts import CouldNotVerify, NotReported
from stackproof.judgement.policy import open_grants
from stackproof.judgement.retention import LifecycleRule
from stackproof.resources.documents import planned_document, policy_document
from stackproof.sources.aws.enums import UnknownValue
from stackproof.sources.aws.facts import AwsFacts, listed, reported
from stackproof.sources.plan.blocks import PlannedBlock

if TYPE_CHECKING:
    from stackproof.sources.aws.calls import Answer
    from stackproof.sources.aws.source import Reader


class PublicAccessBlock(Resource):
    """The four settings that keep a bucket private whatever its policy and ACLs say.

    Source: Amazon S3 user guide, "Blocking public access to your Amazon S3 storage".
    """

    block_public_acls: bool = field(aws="BlockPublicAcls", plan="block_public_acls")
    ignore_public_acls: bool = field(aws="IgnorePublicAcls", plan="ignore_public_acls")
    block_public_policy: bool = field(aws="BlockPublicPolicy", plan="block_public_policy")
    restrict_public_buckets: bool = field(aws="RestrictPublicBuckets", plan="restrict_public_buckets")

    @property
    def blocks_everything(self) -> bool:
        """True if all four settings are on: one that is off is a way around the others."""
        settings = (self.block_public_acls, self.ignore_public_acls, self.block_public_policy, self.restrict_public_buckets)
        return all(settings)


def _answered_block(bucket: AwsFacts) -> PublicAccessBlock | None:
    answer = _ask(bucket, "s3:GetPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration")
    if answer.page is None:
        return None
    return bucket.nested(PublicAccessBlock, bucket.at("Name"), answer.page.get("PublicAccessBlockConfiguration", {}), answer)


def _planned_block(bucket: PlannedBlock) -> PublicAccessBlock | None:
    block = the_one(bucket.plan.referring("aws_s3_bucket_public_access_block", "bucket", bucket))
    return PublicAccessBlock(bucket.name_or_address("bucket"), block, block.source) if block else None


def listed_buckets(aws: "Reader | AwsFacts") -> "Answer":
    """All buckets of the account, in whatever region, each with its own: S3 tells that only if something else is asked, too."""
    return aws.read("s3:ListBuckets", MaxBuckets=10_000)


def _ask(bucket: AwsFacts, operation: str, *absent: str) -> "Answer":
    """A question about a bucket, in its region."""
    return bucket.read(operation, absent=absent, region=bucket.at("BucketRegion"), Bucket=bucket.at("Name"))


GROUPS = {
    "http://acs.amazonaws.com/groups/global/AllUsers": "AllUsers",
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers": "AuthenticatedUsers",
    "http://acs.amazonaws.com/groups/s3/LogDelivery": "LogDelivery",
}
"""The groups that an ACL can name, by their URIs; same source as `PUBLIC_GROUPS`."""
PUBLIC_GROUPS = ("AllUsers", "AuthenticatedUsers")
"""Groups of an ACL that anybody is in: the second one is everybody with an AWS account, whosever it is.

Source: Amazon S3 user guide, "Access control list (ACL) overview".
"""

_CANNED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("private", "aws-exec-read", "bucket-owner-read", "bucket-owner-full-control", "log-delivery-write"), ()),
    "public-read": ("AllUsers: READ",),
    "public-read-write": ("AllUsers: READ", "AllUsers: WRITE"),
    "authenticated-read": ("AuthenticatedUsers: READ",),
}
"""What canned ACLs grant to such groups. Source: Amazon S3 user guide, "Canned ACL"."""


def _public_grants(grants: Iterable[tuple[str | None, str]]) -> Sequence[str]:
    """Of grants, each the URI of a group and a permission, those to groups that anybody is in.

    Of a group that nobody here knows, an error stands in its place.

    >>> _public_grants([("http://acs.amazonaws.com/groups/global/AllUsers", "READ"), (None, "FULL_CONTROL")])
    ('AllUsers: READ',)
    >>> str(_public_grants([("http://acs.amazonaws.com/groups/global/Everybody", "READ")]).rest).partition(":")[0]
    'an ACL grants READ to http'
    """
    found, unknown = [], []
    for uri, permission in grants:
        group = GROUPS.get(uri or "")
        if group in PUBLIC_GROUPS:
            found.append(f"{group}: {permission}")
        elif uri and group is None:
            reported = f"an ACL grants {permission} to {uri}, a group that is not known here: judge it by hand, and report it"
            unknown.append(CouldNotVerify(reported))
    return collected(found, unknown)


def _answered_grants(bucket: AwsFacts) -> Sequence[str]:
    """Every ACL grants its owner something: an answer without a grant does not tell them, nor one whose grantee is not told."""
    answer = _ask(bucket, "s3:GetBucketAcl")
    grants = answer.items("Grants")
    named = [(grant.get("Grantee", {}), grant.get("Permission")) for grant in grants]
    public = _public_grants((grantee.get("URI"), str(permission)) for grantee, permission in named)
    found, unknown = parts(public)
    for grantee, permission in named:
        kind = grantee.get("Type")
        if isinstance(kind, UnknownValue):
            unknown.append(CouldNotVerify(f"{kind.place} is {kind!s}, which is not known here: judge it by hand, and report it"))
        elif not kind or not permission or (kind == "Group" and not grantee.get("URI")):
            unknown.append(NotReported(f"{answer.source}: whom the ACL of {bucket.at('Name')} lets in is not reported"))
    if not grants:
        raise NotReported(f"{answer.source}: whom the ACL of {bucket.at('Name')} lets in is not reported")
    return collected(found, unknown)


def _planned_grants(bucket: PlannedBlock) -> Sequence[str]:
    """A bucket whose sources have no ACL is private: S3's default. Terraform leaves an ACL in place when it deletes the resource."""
    beside, rest = parts(bucket.plan.referring("aws_s3_bucket_acl", "bucket", bucket))
    beside = beside or bucket.plan.removed("aws_s3_bucket_acl", "bucket", bucket)
    found, unknown = known_of([bucket], partial(_grants_of, is_decided_beside=bool(beside)))
    more, others = known_of(beside, _grants_of)
    return collected([*found, *more], [*unknown, *others, *rest])


def _grants_of(acl: PlannedBlock, *, is_decided_beside: bool = False) -> Sequence[str]:
    canned: Sequence[str] = ()
    if acl.says("acl", is_decided_beside=is_decided_beside):
        named = acl.text("acl") or "private"
        if named not in _CANNED:
            raise CouldNotVerify(f"{acl.source}: acl is {named}, which is not known here: judge it by hand, and report it")
        canned = _CANNED[named]
    inside = acl.written_blocks("grant", is_decided_beside=is_decided_beside)
    granted, rest = known_of(inside, lambda grant: [(grant.at("uri"), permission) for permission in grant.at("permissions")])
    by_policy, more = known_of(acl.written_blocks("access_control_policy"), _grants_of_policy)
    public, unknown = parts(_public_grants([*granted, *by_policy]))
    return collected([*canned, *public], [*rest, *more, *unknown])


def _grants_of_policy(policy: PlannedBlock) -> Sequence[tuple[str | None, str]]:
    """The grants of an access control policy, each the URI of a group and a permission."""
    grants = policy.blocks("grant")
    found, rest = known_of(
        grants, lambda grant: [(grantee.at("uri"), grant.at("permission")) for grantee in grant.blocks("grantee")]
    )
    return collected(found, rest)


def _answered_encryption(bucket: AwsFacts) -> str | None:
    answer = _ask(bucket, "s3:GetBucketEncryption", "ServerSideEncryptionConfigurationNotFoundError")
    if answer.page is None:
        return None
    rules = answer.page.get("ServerSideEncryptionConfiguration", {}).get("Rules", ())
    return next((rule.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm") for rule in rules), None)


def _planned_encryption(bucket: PlannedBlock) -> Any:
    """S3 encrypts with keys of its own where nothing else is configured, and once the configuration is deleted."""
    if configuration := _configuration(bucket, "server_side_encryption_configuration"):
        for rule in configuration.blocks("rule"):
            for default in rule.blocks("apply_server_side_encryption_by_default"):
                return default.at("sse_algorithm")
    return "AES256"


def _answered_versioning(bucket: AwsFacts) -> str | None:
    status: str | None = _ask(bucket, "s3:GetBucketVersioning").pages[0].get("Status")
    return status


def _planned_versioning(bucket: PlannedBlock) -> Any:
    """Terraform suspends versioning when it deletes the resource that enabled it."""
    configuration = _configuration(bucket, "versioning")
    if configuration is None:
        return "Suspended" if bucket.plan.removed("aws_s3_bucket_versioning", "bucket", bucket) else None
    if configuration.type == "aws_s3_bucket":
        return "Enabled" if configuration.at("enabled") else "Suspended"
    settings = the_one(configuration.blocks("versioning_configuration"))
    return settings.at("status") if settings else None


def _answered_mfa_delete(bucket: AwsFacts) -> bool:
    """S3 says nothing where nobody has ever turned it on."""
    page = _ask(bucket, "s3:GetBucketVersioning").pages[0]
    return bool(page.get("Status") == "Enabled" and page.get("MFADelete") == "Enabled")


def _planned_mfa_delete(bucket: PlannedBlock) -> bool:
    configuration = _configuration(bucket, "versioning")
    if configuration is None:
        return False
    if configuration.type == "aws_s3_bucket":
        return bool(configuration.at("enabled") and configuration.at("mfa_delete"))
    settings = the_one(configuration.blocks("versioning_configuration"))
    return settings is not None and (settings.at("status"), settings.at_or("mfa_delete", "Disabled")) == ("Enabled", "Enabled")


_YEAR = 365
"""Days: what S3 takes a year of retention for."""


def _answered_lock(bucket: AwsFacts) -> int:
    answer = _ask(bucket, "s3:GetObjectLockConfiguration", "ObjectLockConfigurationNotFoundError")
    if answer.page is None:
        return 0
    configuration = reported(answer.page, "ObjectLockConfiguration", answer)
    if reported(configuration, "ObjectLockEnabled", answer) != "Enabled" or "Rule" not in configuration:
        return 0
    retention = reported(configuration["Rule"], "DefaultRetention", answer)
    is_known = reported(retention, "Mode", answer) in ("GOVERNANCE", "COMPLIANCE")
    return int(retention.get("Days") or retention.get("Years", 0) * _YEAR) if is_known else 0


def _planned_lock(bucket: PlannedBlock) -> Any:
    configuration = _configuration(bucket, "object_lock_configuration")
    if configuration is None or configuration.at_or("object_lock_enabled", "Enabled") != "Enabled":
        return 0
    for rule in configuration.blocks("rule"):
        for retention in rule.blocks("default_retention"):
            return retention.at("days") or retention.at_or("years", 0) * _YEAR
    return 0


def _answered_lifecycle(bucket: AwsFacts) -> tuple[LifecycleRule, ...]:
    answer = _ask(bucket, "s3:GetBucketLifecycleConfiguration", "NoSuchLifecycleConfiguration")
    rules = () if answer.page is None else reported(answer.page, "Rules", answer)
    return tuple(_answered_rule(rule) for rule in rules if reported(rule, "Status", answer) == "Enabled")


def _answered_rule(rule: Mapping[str, Any]) -> LifecycleRule:
    chosen, expiration = rule.get("Filter", {}), rule.get("Expiration", {})
    prefix = rule.get("Prefix") or chosen.get("Prefix") or chosen.get("And", {}).get("Prefix") or ""
    return LifecycleRule(rule.get("ID", ""), prefix, 0 if "Date" in expiration else expiration.get("Days"))


def _planned_lifecycle(bucket: PlannedBlock) -> Sequence[LifecycleRule]:
    kind = "aws_s3_bucket_lifecycle_configuration"
    beside, rest = parts(bucket.plan.referring(kind, "bucket", bucket))
    is_decided_beside = bool(beside or bucket.plan.removed(kind, "bucket", bucket))
    rules, unknown = known_of(beside, lambda one: one.blocks("rule"))
    inside, more = parts(bucket.written_blocks("lifecycle_rule", is_decided_beside=is_decided_beside))
    found, unread = known_of([*rules, *inside], _planned_rule)
    return collected(found, [*rest, *unknown, *more, *unread])


def _planned_rule(rule: PlannedBlock) -> list[LifecycleRule]:
    """None for one that is not enabled."""
    is_on = rule.at("status") == "Enabled" if rule.at("enabled") is None else rule.at("enabled")
    if not is_on:
        return []
    expires = [0 if one.text("date") else one.at("days") or None for one in rule.blocks("expiration")]
    prefix = rule.text("prefix") or ""
    for chosen in rule.blocks("filter"):
        prefix = chosen.text("prefix") or next((both.text("prefix") for both in chosen.blocks("and")), None) or prefix
    return [LifecycleRule(rule.text("id") or "", prefix, expires[0] if expires else None)]


def _answered_ownership(bucket: AwsFacts) -> str | None:
    """A bucket without the setting is older than it, and has its ACLs."""
    answer = _ask(bucket, "s3:GetBucketOwnershipControls", "OwnershipControlsNotFoundError")
    if answer.page is None:
        return None
    rules = reported(reported(answer.page, "OwnershipControls", answer), "Rules", answer)
    ownership: str | None = next((reported(rule, "ObjectOwnership", answer) for rule in rules), None)
    return ownership


def _tells_ownership(bucket: PlannedBlock) -> bool:
    kind = "aws_s3_bucket_ownership_controls"
    beside, rest = parts(bucket.plan.referring(kind, "bucket", bucket))
    return bool(bucket.plan.creates(bucket) or beside or rest or bucket.plan.removed(kind, "bucket", bucket))


def _planned_ownership(bucket: PlannedBlock) -> Any:
    """A new bucket enforces its owner unless somebody says otherwise (Amazon S3, "Default settings for new S3 buckets")."""
    beside = the_one(bucket.plan.referring("aws_s3_bucket_ownership_controls", "bucket", bucket))
    if beside is not None:
        rule = the_one(beside.blocks("rule"))
        return rule.at("object_ownership") if rule else None
    if bucket.plan.removed("aws_s3_bucket_ownership_controls", "bucket", bucket):
        return None
    return "BucketOwnerEnforced" if bucket.plan.creates(bucket) else None


def _configuration(bucket: PlannedBlock, name: str) -> PlannedBlock | None:
    """A bucket's setting: a resource of its own (since version 4 of the provider), or a block inside the bucket (before)."""
    kind = f"aws_s3_bucket_{name}"
    beside = bucket.plan.referring(kind, "bucket", bucket)
    is_decided_beside = bool(parts(beside)[0] or bucket.plan.removed(kind, "bucket", bucket))
    inside = bucket.written_blocks(name, is_decided_beside=is_decided_beside)
    return the_one(collected([*parts(beside)[0], *parts(inside)[0]], [*parts(beside)[1], *parts(inside)[1]]))


def _answered_policy(bucket: AwsFacts) -> dict[str, Any] | None:
    answer = _ask(bucket, "s3:GetBucketPolicy", "NoSuchBucketPolicy")
    return None if answer.page is None else policy_document(answer.page["Policy"], answer.source)


def _planned_policy(bucket: PlannedBlock) -> dict[str, Any] | None:
    kind = "aws_s3_bucket_policy"
    beside = the_one(bucket.plan.referring(kind, "bucket", bucket))
    is_decided_beside = bool(beside or bucket.plan.removed(kind, "bucket", bucket))
    own = [bucket] if bucket.says("policy", is_decided_beside=is_decided_beside) and bucket.at("policy") is not None else []
    block = the_one([*([beside] if beside else []), *own])
    return planned_document(block, "policy") if block and block.at("policy") != "" else None


def _answered_status(bucket: AwsFacts) -> bool | None:
    answer = _ask(bucket, "s3:GetBucketPolicyStatus", "NoSuchBucketPolicy")
    is_public: bool | None = False if answer.page is None else answer.page.get("PolicyStatus", {}).get("IsPublic")
    return is_public


def _planned_status(bucket: PlannedBlock) -> bool:
    policy = _planned_policy(bucket)
    return policy is not None and bool(open_grants(policy))


class Bucket(Resource):
    """A general purpose S3 bucket."""

    operations = (
        "s3:ListBuckets",
        "s3:GetPublicAccessBlock",
        "s3:GetBucketAcl",
        "s3:GetBucketEncryption",
        "s3:GetBucketVersioning",
        "s3:GetBucketPolicy",
        "s3:GetBucketPolicyStatus",
        "s3:GetObjectLockConfiguration",
        "s3:GetBucketLifecycleConfiguration",
        "s3:GetBucketOwnershipControls",
    )
    terraform = ("aws_s3_bucket",)
    planned_name = "bucket"

    public_access_block: PublicAccessBlock | None = field(aws=_answered_block, plan=_planned_block)
    """The bucket's own; None when there is no configuration. The account's is not counted: it can be lifted without the bucket's owner."""
    encryption: str | None = field(aws=_answered_encryption, plan=_planned_encryption)
    """How new objects are encrypted if nobody says otherwise: ``aws:kms``, ``aws:kms:dsse``, ``AES256``; None if that is not configured."""
    versioning: str | None = field(aws=_answered_versioning, plan=_planned_versioning)
    """``Enabled`` or ``Suspended``; None if it never was enabled (S3 reports no status then)."""
    policy: dict[str, Any] | None = field(aws=_answered_policy, plan=_planned_policy)
    """None if there is none."""
    policy_is_public: bool = field(aws=_answered_status, plan=_planned_status)
    """Whether S3 calls the policy public; on a plan, whether `open_grants` finds something."""
    public_grants: tuple[str, ...] = field(aws=_answered_grants, plan=_planned_grants)
    """What its ACL grants to groups that anybody is in."""
    lock_days: int = field(aws=_answered_lock, plan=_planned_lock)
    """For how long object lock keeps each new version from being changed or deleted, unless its writer says otherwise; 0 for not."""
    has_mfa_delete: bool = field(aws=_answered_mfa_delete, plan=_planned_mfa_delete)
    """Whether the root user's MFA is asked for before a version is deleted."""
    lifecycle: tuple[LifecycleRule, ...] = field(aws=_answered_lifecycle, plan=_planned_lifecycle)
    """The rules that are enabled."""
    ownership: str | None = field(aws=_answered_ownership, plan=_planned_ownership)
    """``BucketOwnerEnforced`` where ACLs count for nothing; None for a bucket that was never told."""
    tells_ownership: bool = field(aws=lambda _: True, plan=_tells_ownership)
    """Whether it shows who owns its objects: of a bucket that exists a plan shows it only where the sources say it."""

    @property
    def has_acls(self) -> bool:
        """True if ACLs may let somebody in beside the policy."""
        return self.tells_ownership and self.ownership != "BucketOwnerEnforced"

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[Bucket]":
        del names  # one call lists all
        return listed(cls, aws, listed_buckets(aws), "Buckets", named="Name")

    @classmethod
    def answered(cls, user: AwsFacts, name: str, what: str) -> "Bucket":
        """The bucket that a resource writes to; of one that is not this account's nothing is known. ``what`` says who writes there."""
        answer = listed_buckets(user)
        if bucket := answer.by("Buckets", "Name").get(name):
            return user.nested(cls, name, bucket, answer)
        elsewhere = user.elsewhere(f"{what}, which is not a bucket of this account", name)
        return cls(name, FailedOrigin(elsewhere), answer.source)
