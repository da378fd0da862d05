"""Amazon S3."""

from proofs.cases import ERROR, FAIL, UNKNOWN, cloud, plan
from proofs.harness import absent, omits, planned, says, unknown, with_resource, without

BLOCK = "aws_s3_bucket_public_access_block.app"
SETTINGS = {
    "block_public_acls": "BlockPublicAcls",
    "ignore_public_acls": "IgnorePublicAcls",
    "block_public_policy": "BlockPublicPolicy",
    "restrict_public_buckets": "RestrictPublicBuckets",
}
CASES = [
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
        with_resource(BLOCK, bucket="other", **dict.fromkeys(SETTINGS, True)),
    ),
    plan("SEC-S3-01", "no such bucket", FAIL, without("aws_s3_bucket.app")),
]
