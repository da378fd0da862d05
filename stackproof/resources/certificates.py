"""AWS Certificate Manager."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from stackproof.core.resource import Resource, field
from stackproof.core.verdicts import CouldNotVerify
from stackproof.sources.aws.facts import AwsFacts, reported

if TYPE_CHECKING:
    from stackproof.sources.aws.source import Reader

BITS = {
    "RSA_1024": 1024,
    "RSA_2048": 2048,
    "RSA_3072": 3072,
    "RSA_4096": 4096,
    "EC_prime256v1": 3072,
    "EC_secp384r1": 7680,
    "EC_secp521r1": 15360,
}
"""The algorithms of keys that ACM knows (API reference, ``KeyAlgorithm``), by the length of an RSA key as strong as theirs.

Source: NIST SP 800-57 part 1, table 2.
"""


def _bits(certificate: AwsFacts) -> int | None:
    # ACM writes it with a hyphen in some answers: RSA-2048.
    named = certificate.at("KeyAlgorithm")
    if named is None:
        return None
    if (known := str(named).replace("RSA-", "RSA_").replace("EC-", "EC_")) not in BITS:
        raise CouldNotVerify(f"the key algorithm of {certificate.at('CertificateArn')} is {named!s}, which is not known here")
    return BITS[known]


class ServerCertificate(Resource):
    """A certificate that ACM issued or keeps, in the stack's region. Named by its domain and its id."""

    operations = ("acm:ListCertificates",)

    arn: str = field(aws="CertificateArn")
    key_bits: int = field(aws=_bits)
    """The length of its RSA key, or of one that is as strong."""
    not_after: datetime = field(aws="NotAfter")
    is_in_use: bool = field(aws="InUse")
    is_imported: bool = field(aws=lambda one: None if one.at("Type") is None else one.at("Type") == "IMPORTED")
    """Whether somebody brought it from elsewhere: ACM does not renew it."""
    is_renewable: bool = field(
        aws=lambda one: None if one.at("RenewalEligibility") is None else one.at("RenewalEligibility") == "ELIGIBLE"
    )
    """Whether ACM renews it by itself before its end, if its validation still works."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[ServerCertificate]":
        """The certificates that are issued, with keys of every algorithm: without being told, ACM lists some of them alone."""
        del names
        answer = aws.read("acm:ListCertificates", CertificateStatuses=["ISSUED", "EXPIRED"], Includes={"keyTypes": [*BITS]})
        found = []
        for item in answer.items("CertificateSummaryList"):
            arn = reported(item, "CertificateArn", answer)
            name = f"{item.get('DomainName', 'without a domain')} ({arn.rpartition('/')[2]})"
            found.append(cls(name, AwsFacts(aws, item, answer.source), answer.source))
        return found
