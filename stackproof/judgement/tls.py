"""Which TLS protocols a load balancer's security policy offers.

AWS answers that for itself (DescribeSSLPolicies). A plan knows only the policy's name, and a name is no evidence: a policy called
TLS13-1-0 offers TLS 1.0. So a plan is judged by this table, copied from AWS's documentation; a policy that is not in it is unknown.

Sources: Elastic Load Balancing user guide, "Security policies for your Application Load Balancer", read 2026-11-21; the two policies of
2015 are no longer in it, and DescribeSSLPolicies still offers them.
"""

from collections.abc import Iterable

TABLE_DATE = "2026-11-21"

_POLICIES = {
    ("TLSv1.3",): """
        TLS13-1-3-2021-06       TLS13-1-3-PQ-2025-09
        TLS13-1-3-FIPS-2023-04  TLS13-1-3-FIPS-PQ-2025-09
        TLS13-1-3-RFC9151-FIPS-2023-07
    """,
    ("TLSv1.3", "TLSv1.2"): """
        TLS13-1-2-2021-06            TLS13-1-2-PQ-2025-09
        TLS13-1-2-Res-2021-06        TLS13-1-2-Res-PQ-2025-09
        TLS13-1-2-Ext1-2021-06       TLS13-1-2-Ext1-PQ-2025-09
        TLS13-1-2-Ext2-2021-06       TLS13-1-2-Ext2-PQ-2025-09
        TLS13-1-2-FIPS-2023-04       TLS13-1-2-FIPS-PQ-2025-09
        TLS13-1-2-Res-FIPS-2023-04   TLS13-1-2-Res-FIPS-PQ-2025-09
        TLS13-1-2-Ext0-FIPS-2023-04  TLS13-1-2-Ext0-FIPS-PQ-2025-09
        TLS13-1-2-Ext1-FIPS-2023-04  TLS13-1-2-Ext1-FIPS-PQ-2025-09
        TLS13-1-2-Ext2-FIPS-2023-04  TLS13-1-2-Ext2-FIPS-PQ-2025-09
        TLS13-1-2-RFC9151-FIPS-2023-07           TLS13-1-2-Ext0-RFC9151-FIPS-2023-07
        TLS13-1-2-RFC9151-INTEROP1-FIPS-2023-07  TLS13-1-2-RFC9151-INTEROP2-FIPS-2023-07
        TLS13-1-2-RFC9151-INTEROP3-FIPS-2023-07  TLS13-1-2-RFC9151-INTEROP4-FIPS-2023-07
    """,
    ("TLSv1.3", "TLSv1.2", "TLSv1.1"): "TLS13-1-1-2021-06 TLS13-1-1-FIPS-2023-04",
    ("TLSv1.3", "TLSv1.2", "TLSv1.1", "TLSv1"): """
        TLS13-1-0-2021-06       TLS13-1-0-PQ-2025-09
        TLS13-1-0-FIPS-2023-04  TLS13-1-0-FIPS-PQ-2025-09
    """,
    ("TLSv1.2",): "TLS-1-2-2017-01 TLS-1-2-Ext-2018-06 FS-1-2-2019-08 FS-1-2-Res-2019-08 FS-1-2-Res-2020-10",
    ("TLSv1.2", "TLSv1.1"): "TLS-1-1-2017-01 FS-1-1-2019-08",
    ("TLSv1.2", "TLSv1.1", "TLSv1"): "2016-08 FS-2018-06 2015-05 TLS-1-0-2015-04",
}

PROTOCOLS = {f"ELBSecurityPolicy-{name}": protocols for protocols, names in _POLICIES.items() for name in names.split()}
"""The protocols of each documented policy, as ``SslProtocols`` of DescribeSSLPolicies lists them."""

_CURRENT = ("TLSv1.2", "TLSv1.3")

KNOWN = ("SSLv2", "SSLv3", "TLSv1", "TLSv1.1", *_CURRENT)
"""Every protocol that is judged here; one of another name is neither current nor obsolete."""


def obsolete(protocols: Iterable[str]) -> list[str]:
    """The protocols that are older than TLS 1.2, or not known here.

    >>> obsolete(["TLSv1.3", "TLSv1.2"]), obsolete(["TLSv1.2", "TLSv1", "TLSv9"])
    ([], ['TLSv1', 'TLSv9'])
    """
    return [protocol for protocol in protocols if protocol not in _CURRENT]
