"""AWS CloudTrail."""

import json
from dataclasses import replace
from typing import Any

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import Edit, absent, answered, fails, omits, planned, says, unknown, without
from stackproof.core.verdicts import AccessDenied, CouldNotVerify
from stackproof.sources.aws.calls import Call
from stackproof.sources.replay import Recorded

TRAILS, STATUS, SELECTORS = "cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors"
TRAIL = "trailList.Name=triflow-ai-audit"
PLANNED, KEY = "module.central_logging.aws_cloudtrail.audit", "module.central_logging.aws_kms_key.audit"
ID = "triflow-ai-audit"


def advanced(**conditions: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Name": "management", "FieldSelectors": [{"Field": name, **one} for name, many in conditions.items() for one in many]}


MANAGEMENT = {"eventCategory": [{"Equals": ["Management"]}]}
READ_ONLY = [{"Equals": ["true"]}]
NOT_KMS = [{"NotEquals": ["kms.amazonaws.com"]}]
NAMED = [{"StartsWith": ["Delete"]}]
DATA = {"eventCategory": [{"Equals": ["Data"]}], "resources.type": [{"Equals": ["AWS::S3::Object"]}]}


def chosen(name: str, verdict: Any, *selectors: dict[str, Any], names: str = "") -> Case:
    """Advanced selectors in the place of the trail's own."""
    return cloud(
        "SEC-TRAIL-01",
        name,
        verdict,
        says(SELECTORS, "EventSelectors", []),
        says(SELECTORS, "AdvancedEventSelectors", list(selectors)),
        names=names,
    )


THEIR_REGION = "arn:aws:kms:us-east-1:123456789012:key/1234abcd"
THEIRS = "arn:aws:kms:us-east-1:210987654321:key/1234abcd"


def keyed(key: str, *, in_its_place: bool = False, absent: bool = False, error: CouldNotVerify | None = None) -> Edit:
    """Let the trail have another key, which is asked for in its own region: with the facts of the present one, or as an error."""
    asked = Call.of("kms:DescribeKey", "us-east-1", KeyId=key)

    def edit(calls: list[Recorded]) -> list[Recorded]:
        [own] = [one for one in calls if one.call.operation == "kms:DescribeKey" and one.call.arguments["KeyId"] == _key()]
        reported = replace(own, call=asked) if in_its_place else Recorded(asked, absent=absent, error=error)
        return [*says(TRAILS, f"{TRAIL}.KmsKeyId", key)(calls), reported]

    return edit


def from_another_region(calls: list[Recorded]) -> list[Recorded]:
    """Let the trail be one of another region, which records this one, too."""
    calls = says(TRAILS, f"{TRAIL}.HomeRegion", "us-east-1")(calls)
    return [
        replace(one, call=replace(one.call, region="us-east-1")) if one.call.operation in (STATUS, SELECTORS) else one
        for one in calls
    ]


def of_the_organisation(calls: list[Recorded]) -> list[Recorded]:
    """Let the trail be the management account's, which shows nothing of it."""
    name = "arn:aws:cloudtrail:ap-northeast-2:210987654321:trail/triflow-ai-audit"
    denied = [
        Recorded(Call.of(operation, "ap-northeast-2", **{parameter: name}), error=AccessDenied("no"))
        for operation, parameter in ((STATUS, "Name"), (SELECTORS, "TrailName"))
    ]
    return [*says(TRAILS, f"{TRAIL}.TrailARN", name)(calls), *denied]


def selected(**attributes: Any) -> dict[str, Any]:
    return {"include_management_events": True, "read_write_type": "All", "data_resource": [], **attributes}


SELECTOR = "EventSelectors.0"
SETTINGS = (
    ("one region", "IsMultiRegionTrail", "is_multi_region_trail"),
    ("not validated", "LogFileValidationEnabled", "enable_log_file_validation"),
)
RECORDED, TRAIL_BUCKET = "arn:aws:cloudtrail:ap-northeast-2:123456789012:trail/triflow-ai-audit", "triflow-ai-trail-logs"
KEY_POLICY, BUCKET_POLICY = "module.central_logging.aws_kms_key.audit", "module.central_logging.aws_s3_bucket_policy.trail"
WHERE = {"key": KEY_POLICY, "bucket": BUCKET_POLICY}


def for_the_trail(where: str, name: str, verdict: Any, *bound: dict[str, Any]) -> list[Case]:
    """The statements for CloudTrail in the policy of the trail's key or of its bucket, each with a condition."""
    action, resource = ("kms:GenerateDataKey*", "*") if where == "key" else ("s3:PutObject", f"arn:aws:s3:::{TRAIL_BUCKET}/*")
    allowed = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": action, "Resource": resource}
    document = json.dumps({"Version": "2012-10-17", "Statement": [{**allowed, "Condition": one} for one in bound]})
    names = f"{where} of {ID}" if verdict is FAIL else ""

    def reported(calls: Any) -> Any:
        operation, parameters = (
            ("kms:GetKeyPolicy", {"KeyId": _key()}) if where == "key" else (GET_BUCKET_POLICY, {"Bucket": TRAIL_BUCKET})
        )
        return says(operation, "Policy", document, **parameters)(calls)

    return [
        cloud("SEC-TRAIL-01", f"its {where}, {name}", verdict, reported, names=names),
        plan("SEC-TRAIL-01", f"its {where}, {name}", verdict, planned(WHERE[where], policy=document), names=names),
    ]


GET_BUCKET_POLICY = "s3:GetBucketPolicy"
BY_TRAIL, BY_ACCOUNT = {"StringEquals": {"aws:SourceArn": RECORDED}}, {"StringEquals": {"aws:SourceAccount": "123456789012"}}
DEPUTIES = [
    case
    for where in ("key", "bucket")
    for name, verdict, bound in (
        ("bound by the trail", PASS, (BY_TRAIL, BY_TRAIL)),
        ("bound by the account", PASS, (BY_ACCOUNT,)),
        ("bound by no condition", FAIL, ({}, {})),
        ("one statement of two not bound", FAIL, (BY_TRAIL, {})),
        ("bound by trails of every account", FAIL, ({"ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:*:trail/*"}},)),
        ("bound by another account", FAIL, ({"StringEquals": {"aws:SourceAccount": "210987654321"}},)),
        ("bound, if it is told", FAIL, ({"StringEqualsIfExists": {"aws:SourceArn": RECORDED}},)),
        ("bound by another key", FAIL, ({"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},)),
    )
    for case in for_the_trail(where, name, verdict, *bound)
]


def with_key(state: str) -> Edit:
    """The trail's key in another state."""
    return lambda calls: says("kms:DescribeKey", "KeyMetadata.KeyState", state, KeyId=_key())(calls)


CASES: list[Case] = [
    *DEPUTIES,
    cloud(
        "SEC-TRAIL-01",
        "its key's policy not reported",
        ERROR,
        lambda calls: omits("kms:GetKeyPolicy", "Policy", KeyId=_key())(calls),
    ),
    cloud("SEC-TRAIL-01", "no policy of its bucket", PASS, absent(GET_BUCKET_POLICY, Bucket=TRAIL_BUCKET)),
    cloud("SEC-TRAIL-01", "its bucket not reported", ERROR, omits(TRAILS, f"{TRAIL}.S3BucketName"), names="bucket"),
    cloud(
        "SEC-TRAIL-01",
        "a bucket that may not be read, and a trail that is stopped",
        FAIL,
        fails(GET_BUCKET_POLICY, AccessDenied("denied"), Bucket=TRAIL_BUCKET),
        says(STATUS, "IsLogging", False),
        names="is_logging",
    ),
    plan("SEC-TRAIL-01", "a bucket from elsewhere", UNKNOWN, planned(PLANNED, s3_bucket_name="archive"), names="archive"),
    plan("SEC-TRAIL-01", "its key's policy known after apply", UNKNOWN, unknown(KEY, "policy")),
    *(
        case
        for name, member, attribute in SETTINGS
        for case in (
            cloud("SEC-TRAIL-01", name, FAIL, says(TRAILS, f"{TRAIL}.{member}", False)),
            cloud("SEC-TRAIL-01", f"{name}: not reported", ERROR, omits(TRAILS, f"{TRAIL}.{member}")),
            plan("SEC-TRAIL-01", name, FAIL, planned(PLANNED, **{attribute: False})),
            plan("SEC-TRAIL-01", f"{name}: known after apply", UNKNOWN, unknown(PLANNED, attribute)),
        )
    ),
    cloud("SEC-TRAIL-01", "stopped", FAIL, says(STATUS, "IsLogging", False)),
    cloud("SEC-TRAIL-01", "whether it records not reported", ERROR, omits(STATUS, "IsLogging"), names="is_logging"),
    cloud("SEC-TRAIL-01", "its delivery fails", FAIL, says(STATUS, "LatestDeliveryError", "AccessDenied"), names="AccessDenied"),
    cloud("SEC-TRAIL-01", "no customer key", FAIL, omits(TRAILS, f"{TRAIL}.KmsKeyId"), names="no customer key"),
    cloud("SEC-TRAIL-01", "a key that is gone", FAIL, lambda calls: absent("kms:DescribeKey", KeyId=_key())(calls)),
    *(
        cloud(
            "SEC-TRAIL-01",
            f"a key that is {state}",
            FAIL,
            with_key(state),
            names=state,
        )
        for state in ("Disabled", "PendingDeletion")
    ),
    cloud("SEC-TRAIL-01", "a key in another region", PASS, lambda calls: keyed(THEIR_REGION, in_its_place=True)(calls)),
    cloud(
        "SEC-TRAIL-01",
        "a disabled key in another region",
        FAIL,
        lambda calls: says("kms:DescribeKey", "KeyMetadata.KeyState", "Disabled", KeyId=THEIR_REGION)(
            keyed(THEIR_REGION, in_its_place=True)(calls)
        ),
    ),
    cloud("SEC-TRAIL-01", "a key in another region that is gone", FAIL, keyed(THEIR_REGION, absent=True), names="does not exist"),
    cloud("SEC-TRAIL-01", "a key of another account", ERROR, keyed(THEIRS, error=AccessDenied("no")), names="judge it there"),
    cloud(
        "SEC-TRAIL-01",
        "a key of another account that KMS does not show",
        ERROR,
        keyed(THEIRS, absent=True),
        names="judge it there",
    ),
    cloud("SEC-TRAIL-01", "a key of another account that is shown", PASS, lambda calls: keyed(THEIRS, in_its_place=True)(calls)),
    cloud(
        "SEC-TRAIL-01",
        "stopped, with a key of another account",
        FAIL,
        keyed(THEIRS, error=AccessDenied("no")),
        says(STATUS, "IsLogging", False),
    ),
    cloud("SEC-TRAIL-01", "from another region", PASS, from_another_region),
    cloud("SEC-TRAIL-01", "of the organisation, which does not show it", ERROR, of_the_organisation, names="judge it there"),
    cloud("SEC-TRAIL-01", "no such trail", FAIL, says(TRAILS, f"{TRAIL}.Name", "other"), names=ID),
    cloud("SEC-TRAIL-01", "no trail at all", FAIL, says(TRAILS, "trailList", []), names=ID),
    cloud("SEC-TRAIL-01", "the trails not reported", ERROR, omits(TRAILS, "trailList")),
    *(
        cloud("SEC-TRAIL-01", f"{kind} alone", FAIL, says(SELECTORS, f"{SELECTOR}.ReadWriteType", kind), names=lacking)
        for kind, lacking in (("ReadOnly", "write events"), ("WriteOnly", "read events"))
    ),
    cloud("SEC-TRAIL-01", "data events alone", FAIL, says(SELECTORS, f"{SELECTOR}.IncludeManagementEvents", False)),
    cloud(
        "SEC-TRAIL-01",
        "without KMS",
        FAIL,
        says(SELECTORS, f"{SELECTOR}.ExcludeManagementEventSources", ["kms.amazonaws.com"]),
        names="read events of kms.amazonaws.com",
    ),
    cloud("SEC-TRAIL-01", "no selector", FAIL, says(SELECTORS, "EventSelectors", []), names="read events"),
    cloud(
        "SEC-TRAIL-01",
        "the selectors not reported",
        ERROR,
        lambda calls: omits(SELECTORS, "AdvancedEventSelectors")(omits(SELECTORS, "EventSelectors")(calls)),
    ),
    chosen("advanced: everything", PASS, advanced(**MANAGEMENT)),
    chosen("advanced: reads alone", FAIL, advanced(**MANAGEMENT, readOnly=READ_ONLY), names="write events"),
    chosen(
        "advanced: reads, and writes apart",
        PASS,
        advanced(**MANAGEMENT, readOnly=READ_ONLY),
        advanced(**MANAGEMENT, readOnly=[{"Equals": ["false"]}]),
    ),
    chosen("advanced: without KMS", FAIL, advanced(**MANAGEMENT, eventSource=NOT_KMS), names="kms.amazonaws.com"),
    chosen("advanced: some actions alone", FAIL, advanced(**MANAGEMENT, eventName=NAMED), names="read events"),
    chosen("advanced: data alone", FAIL, advanced(**DATA), names="read events"),
    plan("SEC-TRAIL-01", "stopped", FAIL, planned(PLANNED, enable_logging=False)),
    plan("SEC-TRAIL-01", "recording left out", PASS, planned(PLANNED, enable_logging=None)),
    plan("SEC-TRAIL-01", "no customer key", FAIL, planned(PLANNED, kms_key_id=None), names="no customer key"),
    plan("SEC-TRAIL-01", "a disabled key", FAIL, planned(KEY, is_enabled=False), names="Disabled"),
    plan(
        "SEC-TRAIL-01",
        "a key from elsewhere",
        UNKNOWN,
        planned(PLANNED, kms_key_id="arn:aws:kms:ap-northeast-2:123456789012:key/1"),
    ),
    plan("SEC-TRAIL-01", "no such trail", FAIL, without(PLANNED), names=ID),
    plan(
        "SEC-TRAIL-01",
        "writes alone",
        FAIL,
        planned(PLANNED, event_selector=[selected(read_write_type="WriteOnly")]),
        names="read",
    ),
    plan("SEC-TRAIL-01", "data events alone", FAIL, planned(PLANNED, event_selector=[selected(include_management_events=False)])),
    plan(
        "SEC-TRAIL-01",
        "without KMS",
        FAIL,
        planned(PLANNED, event_selector=[selected(exclude_management_event_sources=["kms.amazonaws.com"])]),
        names="kms.amazonaws.com",
    ),
    plan("SEC-TRAIL-01", "no selector", PASS, planned(PLANNED, event_selector=[])),
    plan(
        "SEC-TRAIL-01",
        "advanced: reads alone",
        FAIL,
        planned(
            PLANNED,
            event_selector=[],
            advanced_event_selector=[
                {
                    "field_selector": [
                        {"field": "eventCategory", "equals": ["Management"]},
                        {"field": "readOnly", "equals": ["true"], "not_equals": None},
                    ]
                }
            ],
        ),
        names="write events",
    ),
    plan("SEC-TRAIL-01", "selectors known after apply", UNKNOWN, unknown(PLANNED, "event_selector")),
]


def _key() -> str:
    """The key of the trail, as it is asked for."""
    key: str = answered(TRAILS, f"{TRAIL}.KmsKeyId")
    return key
