"""Distributions of Amazon CloudFront: which connections of viewers and to origins are safe.

Source: Amazon CloudFront developer guide, "Require HTTPS for communication between viewers and CloudFront", "Supported protocols and
ciphers between viewers and CloudFront" and "Restrict access to an Amazon S3 origin"; read 2026-11-28.
"""

import re

from stackproof.core.verdicts import CouldNotVerify

ASKS_FOR_TLS = {"https-only": True, "redirect-to-https": True, "allow-all": False}
"""The protocol policies for viewers, and whether each takes a request with TLS alone."""
REFUSES_OLD_TLS = {
    **dict.fromkeys(("SSLv3", "TLSv1", "TLSv1_2016", "TLSv1.1_2016"), False),
    **dict.fromkeys(("TLSv1.2_2018", "TLSv1.2_2019", "TLSv1.2_2021", "TLSv1.2_2025", "TLSv1.3_2025"), True),
}
"""The security policies, and whether each refuses TLS 1.1 and older."""
SIGNS = {"always": True, "no-override": True, "never": False}
"""The signing behaviours of an origin access control, and whether requests to the origin are signed at each."""
_BUCKET = re.compile(r"(?:.+\.)?s3(?:-website)?[.-](?:dualstack\.)?(?:[a-z0-9-]+\.)?amazonaws\.com(?:\.cn)?")


def asks_for_tls(policy: str) -> bool:
    """True if a protocol policy for viewers takes requests with TLS alone. Raises `CouldNotVerify` for one that is not known.

    >>> [asks_for_tls(policy) for policy in ("https-only", "redirect-to-https", "allow-all")]
    [True, True, False]
    """
    return _known(ASKS_FOR_TLS, policy, "the protocol policy")


def refuses_old_tls(policy: str) -> bool:
    """True if a security policy refuses TLS 1.1 and older. Raises `CouldNotVerify` for one that is not known.

    >>> refuses_old_tls("TLSv1.2_2021"), refuses_old_tls("TLSv1")
    (True, False)
    """
    return _known(REFUSES_OLD_TLS, policy, "the security policy")


def signs(behavior: str) -> bool:
    """True if requests to an origin are signed. Raises `CouldNotVerify` for a signing behaviour that is not known.

    >>> signs("always"), signs("never")
    (True, False)
    """
    return _known(SIGNS, behavior, "the signing behaviour")


def reaches_with_tls(policy: str, *, viewers_have_tls: bool) -> bool:
    """True if CloudFront asks an origin with TLS alone. Raises `CouldNotVerify` for a policy that is not known.

    With ``match-viewer`` it does as the viewer did.

    >>> [reaches_with_tls(policy, viewers_have_tls=True) for policy in ("https-only", "match-viewer", "http-only")]
    [True, True, False]
    >>> reaches_with_tls("match-viewer", viewers_have_tls=False)
    False
    """
    return _known({"https-only": True, "match-viewer": viewers_have_tls, "http-only": False}, policy, "the protocol policy")


def is_bucket(domain: str) -> bool:
    """True if a domain name is that of an S3 bucket, also as a website.

    >>> [is_bucket(f"files.{one}.amazonaws.com") for one in ("s3", "s3.ap-northeast-2", "s3-website-us-east-1", "elb.ap-northeast-2")]
    [True, True, True, False]
    """
    return _BUCKET.fullmatch(domain) is not None


def _known(values: dict[str, bool], value: str, what: str) -> bool:
    if value not in values:
        raise CouldNotVerify(f"{what} of a distribution is {value}, which is not known here: judge it by hand, and report it")
    return values[value]
