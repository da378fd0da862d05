"""AWS Certificate Manager."""

from dataclasses import replace
from datetime import timedelta

from proofs.cases import ERROR, FAIL, PASS, Case, cloud
from proofs.harness import Edit, adds, answered, changed, fails, omits, on_page_2, profile, recorded_at, says
from stackproof.core.verdicts import AccessDenied
from stackproof.profile.account import Other

ID, LIST, ONE = "SEC-ACM-01", "acm:ListCertificates", "CertificateSummaryList.0"
STRONG = ("RSA-2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC-prime256v1", "EC_secp384r1", "EC_secp521r1")


def ends(days: int) -> Edit:
    return says(LIST, f"{ONE}.NotAfter", recorded_at() + timedelta(days=days))


def issued(renewable: str, *, in_use: bool = True) -> tuple[Edit, ...]:
    """Let ACM have issued it, and renew it or not."""
    members = {"Type": "AMAZON_ISSUED", "RenewalEligibility": renewable, "InUse": in_use}
    return (says(LIST, ONE, {**answered(LIST, ONE), **members}),)


def with_others(case: Case, name: str) -> Case:
    """The case, where one of the certificates is somebody else's, by its ARN or its domain."""
    theirs = Other(name=name, owner="platform", reason="The platform team renews it.")
    return replace(case, expected=changed(profile(), "account", others=(theirs,)))


ANOTHER = {**answered(LIST, ONE), "KeyAlgorithm": "RSA_1024", "CertificateArn": f"{answered(LIST, f'{ONE}.CertificateArn')}0"}

CASES: list[Case] = [
    cloud(ID, "a short key of another", FAIL, adds(LIST, "CertificateSummaryList", ANOTHER), names="key_bits"),
    *(
        with_others(
            cloud(ID, f"a short key of somebody else's, by {what}", verdict, adds(LIST, "CertificateSummaryList", another)), name
        )
        for what, verdict, another, name in (
            ("ARN", PASS, ANOTHER, ANOTHER["CertificateArn"]),
            ("domain", PASS, {**ANOTHER, "DomainName": "theirs.example.com"}, "theirs.example.com"),
            ("another name", FAIL, ANOTHER, "theirs.example.com"),
        )
    ),
    *(cloud(ID, f"a key of {one}", PASS, says(LIST, f"{ONE}.KeyAlgorithm", one)) for one in STRONG),
    cloud(ID, "a short key", FAIL, says(LIST, f"{ONE}.KeyAlgorithm", "RSA_1024"), names="key_bits"),
    cloud(ID, "an algorithm that nobody knows", ERROR, says(LIST, f"{ONE}.KeyAlgorithm", "RSA_512"), names="RSA_512"),
    cloud(ID, "the algorithm not reported", ERROR, omits(LIST, f"{ONE}.KeyAlgorithm")),
    cloud(ID, "an imported one near its end", FAIL, ends(29), names="not_after"),
    cloud(ID, "on the last day", PASS, ends(30)),
    cloud(ID, "one that is over, and nobody uses", FAIL, ends(-1), says(LIST, f"{ONE}.InUse", False)),
    cloud(ID, "the end not reported", ERROR, omits(LIST, f"{ONE}.NotAfter")),
    cloud(ID, "issued, and renewed", PASS, *issued("ELIGIBLE")),
    cloud(ID, "issued, and not renewed", FAIL, *issued("INELIGIBLE"), names="is_renewable"),
    cloud(ID, "issued, not renewed, and not in use", PASS, *issued("INELIGIBLE", in_use=False)),
    cloud(ID, "renewal that nobody knows", ERROR, *issued("PERHAPS"), names="PERHAPS"),
    cloud(ID, "renewal not reported", ERROR, *issued("ELIGIBLE"), omits(LIST, f"{ONE}.RenewalEligibility")),
    cloud(ID, "use not reported", ERROR, *issued("ELIGIBLE"), omits(LIST, f"{ONE}.InUse")),
    cloud(ID, "a type that nobody knows", ERROR, says(LIST, f"{ONE}.Type", "FOUND"), names="FOUND"),
    cloud(ID, "the type not reported", ERROR, omits(LIST, f"{ONE}.Type")),
    cloud(ID, "a short key on the second page", FAIL, on_page_2(LIST, "CertificateSummaryList", KeyAlgorithm="RSA_1024")),
    cloud(
        ID,
        "one without an ARN",
        ERROR,
        adds(LIST, "CertificateSummaryList", {"DomainName": "example.com"}),
        names="CertificateArn",
    ),
    cloud(ID, "denied", ERROR, fails(LIST, AccessDenied("AccessDenied: not authorized"))),
]
