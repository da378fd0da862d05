"""AWS CloudTrail."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stackproof.core.partial import collected, known_of, parts
from stackproof.core.resource import Resource, field
from stackproof.core.verdicts import AccessDenied, CallFailed, NotReported, NotYetKnown
from stackproof.judgement.arns import arn
from stackproof.judgement.retention import TRAIL, TRAIL_OF_AN_ORGANIZATION
from stackproof.judgement.trails import EVERYTHING, ManagementSelector, ObjectSelector
from stackproof.resources.encryption import KmsKey, encrypting_key
from stackproof.resources.storage import Bucket
from stackproof.sources.aws.facts import AwsFacts, listed
from stackproof.sources.plan.blocks import PlannedBlock

if TYPE_CHECKING:
    from stackproof.sources.aws.source import Reader


def _selector(kind: str, excluded: Iterable[str]) -> ManagementSelector:
    """By a ``ReadWriteType``: ``All``, ``ReadOnly``, ``WriteOnly``."""
    return ManagementSelector(kind in ("All", "ReadOnly"), kind in ("All", "WriteOnly"), frozenset(excluded))


Conditions = Mapping[str, Mapping[str, Sequence[str]]]
"""The field selectors of an advanced selector, each by its field: operators (``Equals``, ``NotEquals``) and their values."""


def _advanced(conditions: Conditions) -> ManagementSelector | None:
    """What an advanced selector records of management events; None for one that is about others, or about a part of them only.

    >>> _advanced({"eventCategory": {"Equals": ["Management"]}, "readOnly": {"Equals": ["false"]}})
    ManagementSelector(reads=False, writes=True, excluded=frozenset())
    >>> _advanced({"eventCategory": {"Equals": ["Management"]}, "eventSource": {"NotEquals": ["kms.amazonaws.com"]}}).excluded
    frozenset({'kms.amazonaws.com'})
    >>> _advanced({"eventCategory": {"Equals": ["Management"]}, "eventName": {"StartsWith": ["Put"]}})
    >>> _advanced({"eventCategory": {"Equals": ["Data"]}, "resources.type": {"Equals": ["AWS::S3::Object"]}})
    """
    if conditions.get("eventCategory") != {"Equals": ["Management"]} or not conditions.keys() <= {
        *("eventCategory", "readOnly", "eventSource")
    }:
        return None
    read_only = conditions.get("readOnly", {}).get("Equals", ("true", "false"))
    sources = conditions.get("eventSource", {})
    if not sources.keys() <= {"NotEquals"}:
        return None
    return ManagementSelector("true" in read_only, "false" in read_only, frozenset(sources.get("NotEquals", ())))


def _answered_selectors(trail: AwsFacts) -> tuple[ManagementSelector, ...]:
    page = _ask(trail, "cloudtrail:GetEventSelectors", TrailName=trail.at("TrailARN"))
    if "EventSelectors" not in page and "AdvancedEventSelectors" not in page:
        raise NotReported(f"{trail.at('TrailARN')}: the answer has neither kind of event selector")
    basic = [
        _selector(one["ReadWriteType"], one.get("ExcludeManagementEventSources", ()))
        for one in page.get("EventSelectors", ())
        if one["IncludeManagementEvents"]
    ]
    advanced = [_advanced(_answered_conditions(one)) for one in page.get("AdvancedEventSelectors", ())]
    return (*basic, *(one for one in advanced if one))


def _answered_conditions(selector: Mapping[str, Any]) -> Conditions:
    return {
        one["Field"]: {operator: values for operator, values in one.items() if operator != "Field" and values}
        for one in selector["FieldSelectors"]
    }


_OPERATORS = {
    "equals": "Equals",
    "not_equals": "NotEquals",
    "starts_with": "StartsWith",
    "not_starts_with": "NotStartsWith",
    "ends_with": "EndsWith",
    "not_ends_with": "NotEndsWith",
}


def _planned_selectors(trail: PlannedBlock) -> tuple[ManagementSelector, ...]:
    """Without a block of either kind a trail records all management events: CloudTrail's default."""
    basic, advanced = trail.written_blocks("event_selector"), trail.written_blocks("advanced_event_selector")
    if not basic and not advanced:
        return (EVERYTHING,)
    found: list[ManagementSelector | None] = [
        _selector(one.at("read_write_type") or "All", one.at("exclude_management_event_sources") or ())
        for one in basic
        if one.at_or("include_management_events", default=True)
    ]
    found += [_advanced(_planned_conditions(one)) for one in advanced]
    return tuple(one for one in found if one)


def _planned_conditions(selector: PlannedBlock) -> Conditions:
    return {
        one.at("field"): {_OPERATORS[name]: values for name in _OPERATORS if (values := one.at(name))}
        for one in selector.blocks("field_selector")
    }


def _answered_object_selectors(trail: AwsFacts) -> tuple[ObjectSelector, ...]:
    page = _ask(trail, "cloudtrail:GetEventSelectors", TrailName=trail.at("TrailARN"))
    if "EventSelectors" not in page and "AdvancedEventSelectors" not in page:
        raise NotReported(f"{trail.at('TrailARN')}: the answer has neither kind of event selector")
    basic = [
        _object_selector(one["ReadWriteType"], data["Values"])
        for one in page.get("EventSelectors", ())
        for data in one.get("DataResources", ())
        if data["Type"] == OBJECTS
    ]
    advanced = [_advanced_objects(_answered_conditions(one)) for one in page.get("AdvancedEventSelectors", ())]
    return (*basic, *(one for one in advanced if one))


def _planned_object_selectors(trail: PlannedBlock) -> Sequence[ObjectSelector]:
    basic, rest = parts(trail.written_blocks("event_selector"))
    found, unknown = known_of(basic, _planned_objects)
    advanced, more = parts(trail.written_blocks("advanced_event_selector"))
    others, unread = known_of(advanced, lambda one: [made] if (made := _advanced_objects(_planned_conditions(one))) else [])
    return collected([*found, *others], [*rest, *unknown, *more, *unread])


def _planned_objects(selector: PlannedBlock) -> list[ObjectSelector]:
    return [
        _object_selector(selector.at("read_write_type") or "All", data.at("values"))
        for data in selector.blocks("data_resource")
        if data.at("type") == OBJECTS
    ]


OBJECTS = "AWS::S3::Object"


def _object_selector(kind: str, values: Sequence[str]) -> ObjectSelector:
    return ObjectSelector(kind in ("All", "ReadOnly"), kind in ("All", "WriteOnly"), tuple(values))


def _advanced_objects(conditions: Conditions) -> ObjectSelector | None:
    """What an advanced selector records of objects; None for one that is about others, or leaves some out by other fields.

    >>> objects = {"eventCategory": {"Equals": ["Data"]}, "resources.type": {"Equals": ["AWS::S3::Object"]}}
    >>> _advanced_objects(objects)
    ObjectSelector(reads=True, writes=True, prefixes=('arn:',))
    >>> _advanced_objects({**objects, "readOnly": {"Equals": ["false"]}, "resources.ARN": {"StartsWith": ["arn:aws:s3:::a/"]}})
    ObjectSelector(reads=False, writes=True, prefixes=('arn:aws:s3:::a/',))
    >>> _advanced_objects({**objects, "eventName": {"Equals": ["PutObject"]}}), _advanced_objects({})
    (None, None)
    """
    is_about = conditions.get("eventCategory") == {"Equals": ["Data"]} and conditions.get("resources.type") == {
        "Equals": [OBJECTS]
    }
    if not is_about or not conditions.keys() <= {"eventCategory", "resources.type", "readOnly", "resources.ARN"}:
        return None
    read_only = conditions.get("readOnly", {}).get("Equals", ("true", "false"))
    named = conditions.get("resources.ARN", {"StartsWith": ["arn:"]})
    if not named.keys() <= {"StartsWith"}:
        return None
    return ObjectSelector("true" in read_only, "false" in read_only, tuple(named["StartsWith"]))


def _answered_bucket(trail: AwsFacts) -> Bucket | None:
    name = trail.at("S3BucketName")
    return Bucket.answered(trail, name, f"the trail {trail.at('TrailARN')} writes to {name}") if name else None


def _planned_bucket(trail: PlannedBlock) -> Bucket:
    block = trail.referent("s3_bucket_name", "aws_s3_bucket")
    if block is None:
        name = trail.at("s3_bucket_name")
        raise NotYetKnown(f"{trail.source}: the bucket {name} is not in the plan; whom its policy lets in shows only after apply")
    return Bucket(block.name_or_address("bucket"), block, block.source)


def _status(trail: AwsFacts) -> Mapping[str, Any]:
    return _ask(trail, "cloudtrail:GetTrailStatus", Name=trail.at("TrailARN"))


def _ask(trail: AwsFacts, operation: str, **parameters: Any) -> Mapping[str, Any]:
    """The answer to a question about a trail, in its home region. The trail of an organisation is its management account's."""
    answer = trail.read(operation, region=trail.at("HomeRegion"), **parameters)
    name: str = trail.at("TrailARN") or ""
    owner = arn(name)
    if owner and trail.is_elsewhere(owner.account) and isinstance(answer.error, AccessDenied | CallFailed):
        raise trail.elsewhere(f"the trail {name} is in account {owner.account}", owner.account)
    return answer.pages[0]


class Trail(Resource):
    """A CloudTrail trail."""

    operations = (
        "cloudtrail:DescribeTrails",
        "cloudtrail:GetTrailStatus",
        "cloudtrail:GetEventSelectors",
        "kms:DescribeKey",
        "kms:GetKeyPolicy",
        *Bucket.operations,
    )
    terraform = ("aws_cloudtrail",)

    is_multi_region: bool = field(aws="IsMultiRegionTrail", plan="is_multi_region_trail")
    validates_files: bool = field(aws="LogFileValidationEnabled", plan="enable_log_file_validation")
    """Whether it signs what it delivers, so that a changed or deleted log file shows."""
    kms_key: KmsKey | None = encrypting_key(aws="KmsKeyId", plan="kms_key_id")
    """The key that encrypts its log files; None when only S3's own encryption does."""
    bucket: Bucket = field(aws=_answered_bucket, plan=_planned_bucket)
    """Where it delivers its log files to."""
    is_logging: bool = field(
        aws=lambda trail: _status(trail).get("IsLogging"), plan=lambda trail: trail.at_or("enable_logging", default=True)
    )
    delivery_error: str | None = field(aws=lambda trail: _status(trail).get("LatestDeliveryError") or None, plan=lambda _: None)
    """Why its latest delivery to the bucket failed; None if it did not (CloudTrail reports no error then)."""
    selectors: tuple[ManagementSelector, ...] = field(aws=_answered_selectors, plan=_planned_selectors)
    """What it records of management events; see `stackproof.judgement.trails.unrecorded`."""
    object_selectors: tuple[ObjectSelector, ...] = field(aws=_answered_object_selectors, plan=_planned_object_selectors)
    """What it records of reading and writing objects of S3; see `stackproof.judgement.trails.unrecorded_objects`."""
    is_organizations: bool = field(
        aws="IsOrganizationTrail", plan=lambda trail: trail.at_or("is_organization_trail", default=False)
    )
    """Whether it records every account of an organization."""
    key_prefix: str = field(aws=lambda trail: trail.at("S3KeyPrefix") or "", plan=lambda trail: trail.text("s3_key_prefix") or "")
    """What the names of its files begin with; empty for nothing."""

    @property
    def path(self) -> str:
        """The folders of its files in the bucket, ``*`` for any."""
        where = TRAIL_OF_AN_ORGANIZATION if self.is_organizations else TRAIL
        return f"{self.key_prefix}/{where}" if self.key_prefix else where

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[Trail]":
        """The trails of the region, and those of other regions that record it too."""
        del names  # one call lists all
        return listed(cls, aws, aws.read("cloudtrail:DescribeTrails"), "trailList", named="Name")
