"""What the trail wrote, and whether it stays; and buckets that are watched and tidied."""

import json
from dataclasses import replace
from typing import Any

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import Edit, absent, changed, exists, fails, omits, planned, profile, says, unknown, with_resource
from stackproof.core.verdicts import AccessDenied, Verdict

ID, BUCKET, PLANNED = "SEC-TRAIL-02", "triflow-ai-trail-logs", "module.central_logging.aws_s3_bucket.trail"
BLOCK, LOCK, LIFECYCLE, VERSIONING, TRAILS = (
    "s3:GetPublicAccessBlock",
    "s3:GetObjectLockConfiguration",
    "s3:GetBucketLifecycleConfiguration",
    "s3:GetBucketVersioning",
    "cloudtrail:DescribeTrails",
)
DENIED = AccessDenied("AccessDenied: not authorized")
RETENTION = "ObjectLockConfiguration.Rule.DefaultRetention"
PLANNED_BLOCK = "module.central_logging.aws_s3_bucket_public_access_block.trail"
SETTINGS = {
    "BlockPublicAcls": "block_public_acls",
    "IgnorePublicAcls": "ignore_public_acls",
    "BlockPublicPolicy": "block_public_policy",
    "RestrictPublicBuckets": "restrict_public_buckets",
}


def locked(**retention: Any) -> Edit:
    return says(LOCK, RETENTION, {"Mode": "COMPLIANCE", **retention}, Bucket=BUCKET)


def planned_lock(**retention: Any) -> Edit:
    lock = {"object_lock_enabled": "Enabled", "rule": [{"default_retention": [{"mode": "COMPLIANCE", **retention}]}]}
    return planned(PLANNED, object_lock_configuration=[lock])


def kept(*rules: dict[str, Any]) -> Edit:
    return says(LIFECYCLE, "Rules", [{"Status": "Enabled", **rule} for rule in rules], Bucket=BUCKET)


def tidied(name: str, verdict: Verdict, **rule: Any) -> list[Case]:
    """A rule of the trail's bucket that deletes what is a month old: of everything, or of a part."""
    return [
        cloud(
            ID, name, verdict, kept({"ID": "month", "Expiration": {"Days": 30}, **rule}), names="month" if verdict is FAIL else ""
        ),
        plan(
            ID,
            name,
            verdict,
            planned(
                PLANNED,
                lifecycle_rule=[
                    {
                        "id": "month",
                        "enabled": rule.get("Status", "Enabled") == "Enabled",
                        "prefix": rule.get("Prefix") or rule.get("Filter", {}).get("Prefix") or "",
                        "expiration": [{"days": 30, "date": ""}],
                    }
                ],
            ),
            names="month" if verdict is FAIL else "",
        ),
    ]


def versioned(state: str = "Enabled", status: str = "Enabled") -> Edit:
    """The versioning of the bucket, which is asked for where the lock is not enough."""

    def edit(calls: Any) -> Any:
        asked = next(one for one in calls if one.call.operation == VERSIONING)
        call = replace(asked.call, parameters=json.dumps({"Bucket": BUCKET}, separators=(",", ":")))
        return [*calls, replace(asked, call=call, pages=({"Status": status, "MFADelete": state},))]

    return edit


UNLOCKED = absent(LOCK, Bucket=BUCKET)
LOCKS: list[Case] = [
    *(
        cloud(ID, f"{member} off", FAIL, says(BLOCK, f"PublicAccessBlockConfiguration.{member}", False, Bucket=BUCKET))
        for member in SETTINGS
    ),
    *(plan(ID, f"{name} off", FAIL, planned(PLANNED_BLOCK, **{name: False})) for name in SETTINGS.values()),
    *(
        cloud(ID, f"{member} not reported", ERROR, omits(BLOCK, f"PublicAccessBlockConfiguration.{member}", Bucket=BUCKET))
        for member in SETTINGS
    ),
    cloud(ID, "no public access block", FAIL, absent(BLOCK, Bucket=BUCKET), names="no public access block"),
    cloud(ID, "the block denied", ERROR, fails(BLOCK, DENIED, Bucket=BUCKET)),
    cloud(ID, "a day too short", FAIL, locked(Days=364), versioned("Disabled"), names="lock_days"),
    cloud(ID, "a year", PASS, locked(Years=1)),
    cloud(ID, "a lock that some may lift", PASS, locked(Mode="GOVERNANCE", Days=365)),
    cloud(ID, "a mode that nobody knows", ERROR, locked(Mode="PERHAPS", Days=365), names="PERHAPS"),
    cloud(ID, "a mode that is not reported", ERROR, omits(LOCK, f"{RETENTION}.Mode", Bucket=BUCKET)),
    cloud(ID, "the lock not reported", ERROR, omits(LOCK, "ObjectLockConfiguration", Bucket=BUCKET)),
    cloud(ID, "the lock denied", ERROR, fails(LOCK, DENIED, Bucket=BUCKET)),
    cloud(ID, "no lock, but MFA", PASS, UNLOCKED, versioned()),
    cloud(ID, "neither a lock nor MFA", FAIL, UNLOCKED, versioned("Disabled")),
    cloud(ID, "MFA, and versioning suspended", FAIL, UNLOCKED, versioned(status="Suspended")),
    plan(ID, "a day too short", FAIL, planned_lock(days=364), names="lock_days"),
    plan(ID, "a year", PASS, planned_lock(years=1)),
    plan(ID, "no lock", FAIL, planned(PLANNED, object_lock_configuration=[]), names="lock_days"),
    plan(ID, "the lock known after apply", UNKNOWN, unknown(PLANNED, "object_lock_configuration")),
    plan(
        ID,
        "no lock, but MFA",
        PASS,
        planned(PLANNED, object_lock_configuration=[], versioning=[{"enabled": True, "mfa_delete": True}]),
    ),
    *tidied("what is a month old is deleted", FAIL),
    *tidied("what is a month old is deleted, by a rule that is off", PASS, Status="Disabled"),
    *tidied("a month old of another service", PASS, Filter={"Prefix": "AWSLogs/123456789012/Config/"}),
    *tidied("a month old of the trail", FAIL, Filter={"Prefix": "AWSLogs/123456789012/CloudTrail/"}),
    *tidied("a month old under a prefix of old", FAIL, Prefix="AWSLogs/"),
    cloud(ID, "all is deleted on a day", FAIL, kept({"ID": "x", "Expiration": {"Date": "2027-01-01T00:00:00Z"}}), names="0 days"),
    cloud(ID, "a tag and a prefix of others", PASS, kept({"Filter": {"And": {"Prefix": "x/"}}, "Expiration": {"Days": 1}})),
    cloud(ID, "nothing is ever deleted", PASS, absent(LIFECYCLE, Bucket=BUCKET)),
    cloud(ID, "rules not reported", ERROR, omits(LIFECYCLE, "Rules", Bucket=BUCKET)),
    cloud(ID, "whether a rule is on not reported", ERROR, omits(LIFECYCLE, "Rules.0.Status", Bucket=BUCKET)),
    cloud(ID, "a state of a rule that nobody knows", ERROR, kept({"Status": "Perhaps"}), names="Perhaps"),
    cloud(ID, "the rules denied", ERROR, fails(LIFECYCLE, DENIED, Bucket=BUCKET)),
    cloud(ID, "its bucket not reported", ERROR, omits(TRAILS, "trailList.Name=triflow-ai-audit.S3BucketName")),
    cloud(
        ID,
        "under a prefix of its own",
        PASS,
        says(TRAILS, "trailList.Name=triflow-ai-audit.S3KeyPrefix", "audit"),
        kept({"Prefix": "AWSLogs/", "Expiration": {"Days": 30}}),
    ),
    cloud(
        ID,
        "of an organization",
        FAIL,
        says(TRAILS, "trailList.Name=triflow-ai-audit.IsOrganizationTrail", True),
        kept({"Prefix": "AWSLogs/o-a1b2c3d4e5/123456789012/CloudTrail/", "Expiration": {"Days": 30}}),
        names="30 days",
    ),
    plan(ID, "rules known after apply", UNKNOWN, unknown(PLANNED, "lifecycle_rule")),
    *(
        replace(case, expected=changed(profile(), "audit", keep_days=401))
        for case in (
            cloud(ID, "more than is kept is declared", FAIL, locked(Days=500), names="400 days"),
            plan(ID, "more than is kept is declared", FAIL, planned_lock(days=500), names="400 days"),
        )
    ),
]

WATCHED, APP, TRAIL = "SEC-S3-03", "triflow-ai-prod", "module.central_logging.aws_cloudtrail.audit"
SELECTORS, OWNERSHIP, POLICY, STATUS = (
    "cloudtrail:GetEventSelectors",
    "s3:GetBucketOwnershipControls",
    "s3:GetBucketPolicy",
    "cloudtrail:GetTrailStatus",
)
DATA = "EventSelectors.0.DataResources.0"
THEIRS = "arn:aws:iam::210987654321:role/reader"


def selected(
    name: str, verdict: Verdict, kind: str = "All", values: tuple[str, ...] = (f"arn:aws:s3:::{APP}/",), what: str = ""
) -> list[Case]:
    """Data events that the trail records, on a cloud and on a plan."""
    data = {"type": "AWS::S3::Object", "values": list(values)}
    return [
        cloud(
            WATCHED,
            name,
            verdict,
            says(
                SELECTORS,
                "EventSelectors",
                [
                    {
                        "IncludeManagementEvents": True,
                        "ReadWriteType": kind,
                        "DataResources": [{"Type": data["type"], "Values": [*values]}],
                    }
                ],
            ),
            names=what,
        ),
        plan(
            WATCHED,
            name,
            verdict,
            planned(
                TRAIL, event_selector=[{"include_management_events": True, "read_write_type": kind, "data_resource": [data]}]
            ),
            names=what,
        ),
    ]


def advanced(name: str, verdict: Verdict, **more: list[str]) -> Case:
    """An advanced selector of objects in the place of the others."""
    chosen: dict[str, Any] = {"eventCategory": ["Data"], "resources.type": ["AWS::S3::Object"]}
    fields = [{"Field": field, "Equals": values} for field, values in chosen.items()]
    fields += [
        {"Field": field.replace("_", "."), "StartsWith" if "ARN" in field else "Equals": values} for field, values in more.items()
    ]
    return cloud(
        WATCHED,
        f"advanced, {name}",
        verdict,
        says(SELECTORS, "EventSelectors", []),
        says(SELECTORS, "AdvancedEventSelectors", [{"Name": "objects", "FieldSelectors": fields}]),
    )


def policed(name: str, verdict: Verdict, principal: Any) -> list[Case]:
    """The policy of the app's bucket, on a cloud and on a plan."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{APP}/*",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return [
        cloud(WATCHED, name, verdict, says(POLICY, "Policy", document, Bucket=APP), names=principal if verdict is FAIL else ""),
        plan(
            WATCHED,
            name,
            verdict,
            planned("aws_s3_bucket_policy.app", policy=document),
            names=principal if verdict is FAIL else "",
        ),
    ]


OBJECTS: list[Case] = [
    *selected("every bucket", PASS, values=("arn:aws:s3",)),
    *selected("another bucket", FAIL, values=("arn:aws:s3:::other/",), what="reading of objects"),
    *selected("a part of the bucket", FAIL, values=(f"arn:aws:s3:::{APP}/uploads/",), what="writing of objects"),
    *selected("writing alone", FAIL, kind="WriteOnly", what="reading of objects"),
    *selected("reading alone", FAIL, kind="ReadOnly", what="writing of objects"),
    cloud(WATCHED, "no data events", FAIL, says(SELECTORS, "EventSelectors.0.DataResources", [])),
    cloud(WATCHED, "data events of functions", FAIL, says(SELECTORS, f"{DATA}.Type", "AWS::Lambda::Function")),
    cloud(WATCHED, "selectors denied", ERROR, fails(SELECTORS, DENIED)),
    cloud(WATCHED, "a trail that is stopped", FAIL, says(STATUS, "IsLogging", False)),
    advanced("every object", PASS),
    advanced("those of the bucket", PASS, resources_ARN=[f"arn:aws:s3:::{APP}/"]),
    advanced("those of another", FAIL, resources_ARN=["arn:aws:s3:::other/"]),
    advanced("writing alone", FAIL, readOnly=["false"]),
    advanced("some events", FAIL, eventName=["PutObject"]),
    plan(WATCHED, "no data events", FAIL, planned(TRAIL, event_selector=[])),
    plan(WATCHED, "selectors known after apply", UNKNOWN, unknown(TRAIL, "event_selector")),
    cloud(WATCHED, "no lifecycle rule", FAIL, absent(LIFECYCLE, Bucket=APP), names="no lifecycle rule"),
    cloud(WATCHED, "a lifecycle rule that is off", FAIL, says(LIFECYCLE, "Rules.0.Status", "Disabled", Bucket=APP)),
    cloud(WATCHED, "lifecycle denied", ERROR, fails(LIFECYCLE, DENIED, Bucket=APP)),
    plan(WATCHED, "no lifecycle rule", FAIL, planned("aws_s3_bucket.app", lifecycle_rule=[]), names="no lifecycle rule"),
    plan(WATCHED, "lifecycle known after apply", UNKNOWN, unknown("aws_s3_bucket.app", "lifecycle_rule")),
    *(
        cloud(WATCHED, f"ownership: {one}", FAIL, says(OWNERSHIP, "OwnershipControls.Rules.0.ObjectOwnership", one, Bucket=APP))
        for one in ("BucketOwnerPreferred", "ObjectWriter")
    ),
    cloud(
        WATCHED,
        "ownership that nobody knows",
        ERROR,
        says(OWNERSHIP, "OwnershipControls.Rules.0.ObjectOwnership", "Nobody", Bucket=APP),
        names="Nobody",
    ),
    cloud(WATCHED, "ownership never told", FAIL, absent(OWNERSHIP, Bucket=APP), names="has_acls"),
    cloud(WATCHED, "ownership not reported", ERROR, omits(OWNERSHIP, "OwnershipControls.Rules.0.ObjectOwnership", Bucket=APP)),
    cloud(WATCHED, "ownership denied", ERROR, fails(OWNERSHIP, DENIED, Bucket=APP)),
    *(
        plan(
            WATCHED,
            f"ownership: {one}",
            verdict,
            with_resource(
                "aws_s3_bucket_ownership_controls.app",
                refers={"bucket": "aws_s3_bucket.app.id"},
                rule=[{"object_ownership": one}],
            ),
        )
        for one, verdict in (("BucketOwnerEnforced", PASS), ("BucketOwnerPreferred", FAIL), ("ObjectWriter", FAIL))
    ),
    plan(WATCHED, "ownership of a bucket that is there already", PASS, exists("aws_s3_bucket.app")),
    *policed("somebody of the account", PASS, "arn:aws:iam::123456789012:role/reader"),
    *policed("somebody of another account", FAIL, THEIRS),
    *policed("another account", FAIL, "210987654321"),
    *(
        replace(one, expected=changed(profile(), "storage", shared_with=("210987654321",)))
        for one in policed("another account, declared", PASS, THEIRS)
    ),
    cloud(WATCHED, "no policy", PASS, absent(POLICY, Bucket=APP)),
    cloud(WATCHED, "policy denied", ERROR, fails(POLICY, DENIED, Bucket=APP)),
]
CASES: list[Case] = [*LOCKS, *OBJECTS]
