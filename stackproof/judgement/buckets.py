"""The encryption that a bucket can have.

Sources: Elastic Load Balancing user guide, "Enable access logs for your Application Load Balancer" (no other encryption than SSE-S3 is
supported), and its list of the accounts that deliver; Amazon S3 user guide, "Enabling Amazon S3 server access logging" (no SSE-KMS for a
destination bucket).
"""

from typing import Protocol

from stackproof.judgement.access import Document, names_action, principals, statements

KMS = ("aws:kms", "aws:kms:dsse")
OF_S3 = "AES256"
"""S3's own key: no key policy stands between the objects and a reader."""

_SERVICES = frozenset({"logging.s3.amazonaws.com", "logdelivery.elasticloadbalancing.amazonaws.com"})
_ACCOUNTS = frozenset(
    (
        "009996457667",
        "027434742980",
        "033677994240",
        "048591011584",
        "054676820928",
        "076674570225",
        "098369216593",
        "114774131450",
        "127311923021",
        "156460612806",
        "190560391635",
        "383597477331",
        "507241528517",
        "582318560864",
        "589379963580",
        "600734575887",
        "635631232127",
        "652711504416",
        "718504428378",
        "754344448648",
        "783225319266",
        "797873946194",
        "897822967062",
        "985666609251",
    )
)
"""The accounts of Elastic Load Balancing, one a region, that deliver access logs."""


class Bucket(Protocol):
    """A bucket, as far as its encryption is judged."""

    @property
    def encryption(self) -> str | None: ...
    @property
    def policy(self) -> Document | None: ...


def ciphers(bucket: Bucket) -> tuple[str, ...]:
    """The algorithms that the default encryption of a bucket may have: KMS, and S3's own key where access logs are delivered to.

    >>> from types import SimpleNamespace as Given
    >>> delivers = {"Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject", "Resource": "*"}
    >>> ciphers(Given(encryption="AES256", policy={"Statement": delivers}))
    ('aws:kms', 'aws:kms:dsse', 'AES256')
    >>> ciphers(Given(encryption="AES256", policy=None)), ciphers(Given(encryption=None, policy={"Statement": delivers}))
    (('aws:kms', 'aws:kms:dsse'), ('aws:kms', 'aws:kms:dsse'))
    """
    if bucket.encryption != OF_S3 or bucket.policy is None or not takes_access_logs(bucket.policy):
        return KMS
    return (*KMS, OF_S3)


def takes_access_logs(policy: Document) -> bool:
    """True if a bucket's policy lets load balancers or S3 deliver access logs to it.

    >>> elb = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::127311923021:root"}, "Action": "s3:PutObject", "Resource": "*"}
    >>> takes_access_logs({"Statement": elb}), takes_access_logs({"Statement": {**elb, "Effect": "Deny"}})
    (True, False)
    >>> takes_access_logs({"Statement": {**elb, "Principal": {"AWS": "arn:aws:iam::210987654321:root"}}})
    False
    >>> takes_access_logs({"Statement": {**elb, "Action": "s3:GetObject"}}), takes_access_logs({"Statement": {**elb, "Action": "s3:*"}})
    (False, True)
    >>> both = {"AWS": "127311923021", "Service": "delivery.logs.amazonaws.com"}
    >>> takes_access_logs({"Statement": [{**elb, "Principal": both}, {**elb, "Effect": "Deny"}]})
    True
    """
    return any(
        statement.get("Effect") == "Allow"
        and names_action(statement, "s3:PutObject")
        and any(_delivers(kind, one) for kind, one in principals(statement))
        for statement in statements(policy)
    )


def _delivers(kind: str, principal: str) -> bool:
    if kind == "Service":
        return principal in _SERVICES
    account = principal if principal.isdigit() else principal.removesuffix(":root").rpartition(":")[2]
    return kind == "AWS" and account in _ACCOUNTS
