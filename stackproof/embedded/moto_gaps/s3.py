"""S3 operations that moto answers otherwise than AWS, put right."""

import re
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.s3.exceptions import MalformedXML
from moto.s3.models import FakeBucket, PublicAccessBlock
from moto.s3.responses import S3Response

from stackproof.embedded.moto_gaps.registry import corrects


@corrects(FakeBucket, "__init__", "s3:CreateBucket defaults", "moto's new buckets lack AWS's defaults since April 2023")
def create_bucket(original: Callable[..., None], self: FakeBucket, *args: Any, **kwargs: Any) -> None:
    """A new bucket blocks public access, disables ACLs and encrypts with SSE-S3 (Default settings for new buckets)."""
    original(self, *args, **kwargs)
    self.public_access_block = PublicAccessBlock("true", "true", "true", "true")
    self.ownership_rule = "BucketOwnerEnforced"  # type: ignore[assignment]  # moto keeps the text of the header here
    self.encryption = {"Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}}


@corrects(S3Response, "all_buckets", "s3:ListBuckets BucketRegion", "moto does not tell where a bucket is")
def all_buckets(original: Callable[..., Any], self: S3Response) -> Any:
    """Each bucket with its region, if anything else is asked, too, as in S3."""
    asked = {name: self._get_param(name) for name in ("prefix", "bucket-region", "max-buckets")}
    if not any(asked.values()):
        return original(self)
    original(self)  # authorizes
    found = self.backend.list_buckets(asked["prefix"], asked["bucket-region"], asked["max-buckets"])
    self.data["Action"] = "ListBuckets"
    buckets = [{"Name": one.name, "CreationDate": one.creation_date_ISO8601, "BucketRegion": one.region_name} for one in found]
    return self.serialized(ActionResult({"Owner": {"ID": self.current_account}, "Buckets": buckets}))


_UNKNOWN_TO_MOTO = ("abac", "analytics", "intelligent-tiering", "metadataConfiguration", "metadataTable", "metrics")


@corrects(
    S3Response, "_bucket_response_get", "s3:GetBucketRequestPayment", "moto lists objects when it does not know the question"
)
def bucket_response_get(original: Callable[..., Any], self: S3Response, bucket: str, query: dict[str, Any]) -> Any:
    """Answer who pays, which moto knows but does not tell; refuse what it does not know."""
    if "requestPayment" in query:
        self.data["Action"] = "GetBucketRequestPayment"
        return self.serialized(ActionResult({"Payer": self.backend.get_bucket(bucket).payer}))
    for unknown in _UNKNOWN_TO_MOTO:
        if unknown in query:
            raise NotImplementedError(f"GET ?{unknown}")
    return original(self, bucket, query)


@corrects(S3Response, "_bucket_response_put", "s3:PutBucketRequestPayment", "moto takes the question for CreateBucket")
def bucket_response_put(original: Callable[..., Any], self: S3Response, request: Any, bucket: str, query: dict[str, Any]) -> Any:
    """Keep who pays."""
    if "requestPayment" not in query:
        return original(self, request, bucket, query)
    payer = re.search(rb"<Payer>(BucketOwner|Requester)</Payer>", self.body)
    if payer is None:
        raise MalformedXML
    self.backend.get_bucket(bucket).payer = payer[1].decode()
    return 200, {}, ""
