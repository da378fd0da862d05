"""Amazon S3."""

import json
from collections.abc import Mapping
from typing import Any

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import Edit, absent, omits, planned, says, unknown, unset, with_resource, without
from stackproof.core.verdicts import Verdict

APP = "triflow-ai-prod"
BLOCK = "aws_s3_bucket_public_access_block.app"
SETTINGS = {
    "block_public_acls": "BlockPublicAcls",
    "ignore_public_acls": "IgnorePublicAcls",
    "block_public_policy": "BlockPublicPolicy",
    "restrict_public_buckets": "RestrictPublicBuckets",
}
PRIVATE: dict[str, Any] = dict.fromkeys(SETTINGS, True)
BLOCKS = [
    *(
        case
        for attribute, member in SETTINGS.items()
        for case in (
            cloud(
                "SEC-S3-01",
                f"{member} off",
                FAIL,
                says("s3:GetPublicAccessBlock", f"PublicAccessBlockConfiguration.{member}", False),
            ),
            cloud(
                "SEC-S3-01",
                f"{member} absent",
                ERROR,
                omits("s3:GetPublicAccessBlock", f"PublicAccessBlockConfiguration.{member}"),
            ),
            plan("SEC-S3-01", f"{attribute} off", FAIL, planned(BLOCK, **{attribute: False})),
            plan("SEC-S3-01", f"{attribute} known after apply", UNKNOWN, unknown(BLOCK, attribute)),
        )
    ),
    cloud("SEC-S3-01", "no configuration", FAIL, absent("s3:GetPublicAccessBlock"), names="triflow-ai-prod"),
    cloud("SEC-S3-01", "no such bucket", FAIL, says("s3:ListBuckets", "Buckets", [])),
    plan("SEC-S3-01", "no configuration", FAIL, without(BLOCK), names="triflow-ai-prod"),
    plan(
        "SEC-S3-01",
        "of another bucket",
        FAIL,
        without(BLOCK),
        with_resource(BLOCK, bucket="other", **PRIVATE),
    ),
    plan("SEC-S3-01", "no such bucket", FAIL, without("aws_s3_bucket.app")),
]

NAME, BUCKET, POLICY = "triflow-ai-prod", "aws_s3_bucket.app", "aws_s3_bucket_policy.app"
ARN = f"arn:aws:s3:::{NAME}"
DENY: dict[str, Any] = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": [ARN, f"{ARN}/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
ALLOW = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{ARN}/*"}
DELIVERS = {
    **ALLOW,
    "Principal": {"Service": "logging.s3.amazonaws.com"},
    "Action": "s3:PutObject",
    "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
}
ADDRESSES = {"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}}


def with_policy(name: str, verdict: Verdict, *statements: Mapping[str, object]) -> list[Case]:
    """The bucket's policy, on a cloud and on a plan."""
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    names = NAME if verdict is FAIL else ""
    return [
        cloud("SEC-S3-02", name, verdict, says("s3:GetBucketPolicy", "Policy", document), names=names),
        plan("SEC-S3-02", name, verdict, planned(POLICY, policy=document), names=names),
    ]


def granted(uri: str) -> Edit:
    """An ACL that lets a group read; one without a name, if it has none."""
    grantee = {"Type": "Group", **({"URI": f"http://acs.amazonaws.com/groups/{uri}"} if uri else {})}
    return says("s3:GetBucketAcl", "Grants", [{"Grantee": grantee, "Permission": "READ"}])


def beside(kind: str, **values: Any) -> Edit:
    """A setting of the bucket as a resource of its own, as the current generation of the provider has it."""
    return with_resource(f"aws_s3_bucket_{kind}.app", refers={"bucket": f"{BUCKET}.id"}, **values)


ENCRYPTION, VERSIONING = "server_side_encryption_configuration", "versioning"
NO_ACL: tuple[object, ...] = (0, False)
CURRENT = unset(BUCKET, ENCRYPTION, VERSIONING, "acl", "grant", "policy")
"""A bucket of the current generation, whose settings stand beside it."""


def encrypted(algorithm: str) -> dict[str, object]:
    return {"rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": algorithm}]}]}


VERSIONED = {"versioning_configuration": [{"status": "Enabled"}]}
RULE = "ServerSideEncryptionConfiguration.Rules.0.ApplyServerSideEncryptionByDefault"
EVERYONE = "http://acs.amazonaws.com/groups/global/AllUsers"
PRIVACY = [
    *with_policy("no statement", ERROR),
    *with_policy("Deny on another action", FAIL, {**DENY, "Action": "s3:GetObject"}),
    *with_policy(
        "Deny on all actions but one", FAIL, {**{k: v for k, v in DENY.items() if k != "Action"}, "NotAction": "s3:GetObject"}
    ),
    *with_policy("Deny on objects alone", FAIL, {**DENY, "Resource": f"{ARN}/*"}),
    *with_policy("Deny on the bucket alone", FAIL, {**DENY, "Resource": ARN}),
    *with_policy("Deny on some objects", FAIL, {**DENY, "Resource": [ARN, f"{ARN}/uploads/*"]}),
    *with_policy("Deny on another bucket", FAIL, {**DENY, "Resource": ["arn:aws:s3:::other", "arn:aws:s3:::other/*"]}),
    *with_policy("Deny for one principal", FAIL, {**DENY, "Principal": {"AWS": "arn:aws:iam::123456789012:role/app"}}),
    *with_policy("Deny of TLS", FAIL, {**DENY, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}),
    *with_policy("Deny under one more condition", FAIL, {**DENY, "Condition": {**DENY["Condition"], **ADDRESSES}}),
    *with_policy("Allow of plain HTTP", FAIL, {**DENY, "Effect": "Allow"}),
    *with_policy("Deny in two statements", PASS, {**DENY, "Resource": ARN}, {**DENY, "Resource": [f"{ARN}/*"]}),
    *with_policy("Deny by wildcards", PASS, {**DENY, "Action": ["*"], "Principal": {"AWS": "*"}, "Resource": "*"}),
    *with_policy("Deny with a boolean", PASS, {**DENY, "Condition": {"BoolIfExists": {"AWS:SecureTransport": [False]}}}),
    *with_policy("public", FAIL, DENY, ALLOW),
    *with_policy(
        "open to flow logs of everybody", FAIL, DENY, {**ALLOW, "Principal": {"Service": "delivery.logs.amazonaws.com"}}
    ),
    *with_policy(
        "open to AWS Config of the account",
        PASS,
        DENY,
        {
            **ALLOW,
            "Principal": {"Service": "config.amazonaws.com"},
            "Condition": {"StringEquals": {"AWS:SourceAccount": "123456789012"}},
        },
    ),
    *with_policy(
        "sessions of one role", PASS, DENY, {**ALLOW, "Condition": {"StringLike": {"aws:userid": "AROAEXAMPLEROLEID1234:*"}}}
    ),
    *with_policy("sessions of whatever role", FAIL, DENY, {**ALLOW, "Condition": {"StringLike": {"aws:userid": "AROA*:*"}}}),
    *with_policy("public to every account", FAIL, DENY, {**ALLOW, "Principal": {"AWS": ["123456789012", "*"]}}),
    *with_policy(
        "public but for one", FAIL, DENY, {"NotPrincipal": {"AWS": "123456789012"}, **{k: ALLOW[k] for k in ("Effect", "Action")}}
    ),
    *with_policy(
        "public by referer", FAIL, DENY, {**ALLOW, "Condition": {"StringLike": {"aws:Referer": "https://example.com/*"}}}
    ),
    *with_policy("public by a wildcard", FAIL, DENY, {**ALLOW, "Condition": {"StringLike": {"aws:PrincipalArn": "*"}}}),
    *with_policy(
        "public but for one account", FAIL, DENY, {**ALLOW, "Condition": {"StringNotEquals": {"aws:PrincipalAccount": "1"}}}
    ),
    *with_policy(
        "public if not told", FAIL, DENY, {**ALLOW, "Condition": {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}
    ),
    *with_policy("public by all addresses in two halves", FAIL, DENY, {**ALLOW, "Condition": ADDRESSES}),
    *with_policy("public over TLS", FAIL, DENY, {**ALLOW, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}),
    *with_policy("an organization", PASS, DENY, {**ALLOW, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}),
    *with_policy("an office", PASS, DENY, {**ALLOW, "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}),
    *with_policy("a service", PASS, DENY, {**ALLOW, "Principal": {"Service": "cloudfront.amazonaws.com"}}),
    cloud("SEC-S3-02", "no policy", FAIL, absent("s3:GetBucketPolicy"), names="no bucket policy"),
    cloud("SEC-S3-02", "a policy that is not JSON", ERROR, says("s3:GetBucketPolicy", "Policy", "{"), names="not JSON"),
    cloud("SEC-S3-02", "S3 calls the policy public", FAIL, says("s3:GetBucketPolicyStatus", "PolicyStatus.IsPublic", True)),
    cloud("SEC-S3-02", "status not reported", ERROR, omits("s3:GetBucketPolicyStatus", "PolicyStatus.IsPublic")),
    cloud("SEC-S3-02", "an ACL for everyone", FAIL, granted("global/AllUsers"), names="AllUsers: READ"),
    cloud("SEC-S3-02", "an ACL for every account", FAIL, granted("global/AuthenticatedUsers")),
    cloud("SEC-S3-02", "an ACL for log delivery", PASS, granted("s3/LogDelivery")),
    cloud("SEC-S3-02", "grants not reported", ERROR, omits("s3:GetBucketAcl", "Grants")),
    cloud("SEC-S3-02", "no grant", ERROR, says("s3:GetBucketAcl", "Grants", [])),
    cloud("SEC-S3-02", "a grant to a group without a name", ERROR, granted("")),
    cloud("SEC-S3-02", "S3's own key", FAIL, says("s3:GetBucketEncryption", f"{RULE}.SSEAlgorithm", "AES256", Bucket=APP)),
    cloud(
        "SEC-S3-02",
        "S3's own key, where access logs are delivered to",
        PASS,
        says("s3:GetBucketEncryption", f"{RULE}.SSEAlgorithm", "AES256", Bucket=APP),
        says("s3:GetBucketPolicy", "Policy", json.dumps({"Statement": [DENY, DELIVERS]}), Bucket=APP),
    ),
    cloud(
        "SEC-S3-02",
        "two layers with KMS",
        PASS,
        says("s3:GetBucketEncryption", f"{RULE}.SSEAlgorithm", "aws:kms:dsse", Bucket=APP),
    ),
    cloud("SEC-S3-02", "no default encryption", FAIL, absent("s3:GetBucketEncryption")),
    cloud("SEC-S3-02", "versioning suspended", FAIL, says("s3:GetBucketVersioning", "Status", "Suspended")),
    cloud("SEC-S3-02", "versioning never enabled", FAIL, omits("s3:GetBucketVersioning", "Status")),
    cloud("SEC-S3-02", "no such bucket", FAIL, says("s3:ListBuckets", "Buckets", [])),
    plan(
        "SEC-S3-02",
        "no versioning, behind an encryption that is not known yet",
        FAIL,
        unknown("aws_s3_bucket.app", "server_side_encryption_configuration"),
        planned("aws_s3_bucket.app", versioning=[{"enabled": False, "mfa_delete": False}]),
        names="Suspended",
    ),
    plan("SEC-S3-02", "no policy", FAIL, without(POLICY), names="no bucket policy"),
    plan(
        "SEC-S3-02", "a policy inside the bucket", PASS, without(POLICY), planned(BUCKET, policy=json.dumps({"Statement": DENY}))
    ),
    plan(
        "SEC-S3-02",
        "a public policy inside the bucket",
        FAIL,
        without(POLICY),
        planned(BUCKET, policy=json.dumps({"Statement": ALLOW})),
    ),
    plan("SEC-S3-02", "policy known after apply", UNKNOWN, unknown(POLICY, "policy")),
    plan("SEC-S3-02", "a policy that is not JSON", ERROR, planned(POLICY, policy="{")),
    *(
        plan("SEC-S3-02", f"{name}, {generation}", verdict, *edits)
        for name, verdict, inside, current in (
            ("as it is", PASS, (), (beside(ENCRYPTION, **encrypted("aws:kms")), beside(VERSIONING, **VERSIONED))),
            (
                "S3's own key",
                FAIL,
                (planned(BUCKET, **{ENCRYPTION: [encrypted("AES256")]}),),
                (beside(ENCRYPTION, **encrypted("AES256")), beside(VERSIONING, **VERSIONED)),
            ),
            ("no default encryption", FAIL, (planned(BUCKET, **{ENCRYPTION: []}),), (beside(VERSIONING, **VERSIONED),)),
            (
                "versioning suspended",
                FAIL,
                (planned(BUCKET, versioning=[{"enabled": False}]),),
                (
                    beside(ENCRYPTION, **encrypted("aws:kms")),
                    beside(VERSIONING, versioning_configuration=[{"status": "Suspended"}]),
                ),
            ),
            ("no versioning", FAIL, (planned(BUCKET, versioning=[]),), (beside(ENCRYPTION, **encrypted("aws:kms")),)),
            (
                "an ACL for everyone",
                FAIL,
                (planned(BUCKET, acl="public-read"),),
                (beside(ENCRYPTION, **encrypted("aws:kms")), beside(VERSIONING, **VERSIONED), beside("acl", acl="public-read")),
            ),
            (
                "an ACL with a grant for everyone",
                FAIL,
                (planned(BUCKET, grant=[{"uri": EVERYONE, "permissions": ["READ"]}]),),
                (
                    beside(ENCRYPTION, **encrypted("aws:kms")),
                    beside(VERSIONING, **VERSIONED),
                    beside("acl", access_control_policy=[{"grant": [{"permission": "READ", "grantee": [{"uri": EVERYONE}]}]}]),
                ),
            ),
        )
        for generation, edits in (("inside the bucket", inside), ("beside the bucket", (CURRENT, *current)))
    ),
    plan("SEC-S3-02", "encryption known after apply", UNKNOWN, unknown(BUCKET, ENCRYPTION)),
    plan("SEC-S3-02", "versioning known after apply", UNKNOWN, unknown(BUCKET, VERSIONING)),
    *(plan("SEC-S3-02", f"the ACL {value!r}", ERROR, planned(BUCKET, acl=value), names="acl") for value in NO_ACL),
    plan("SEC-S3-02", "ACL known after apply", UNKNOWN, unknown(BUCKET, "acl")),
]

CASES = [*BLOCKS, *PRIVACY]
