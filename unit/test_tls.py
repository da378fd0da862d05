"""The table of security policies says what AWS says, and a name says nothing."""

import pytest
from moto.elbv2.ssl_policies import SSL_POLICIES

from stackproof.judgement.tls import PROTOCOLS, obsolete

KNOWN = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")


def test_the_table_agrees_with_an_independent_copy_of_aws_answers() -> None:
    shared = [name for name in SSL_POLICIES if name in PROTOCOLS]
    assert len(shared) >= 15
    for name in shared:
        assert set(PROTOCOLS[name]) == set(SSL_POLICIES[name]["ssl_protocols"]), name


def test_the_table_has_nothing_but_protocols() -> None:
    for name, protocols in PROTOCOLS.items():
        assert protocols, name
        assert set(protocols) <= set(KNOWN), name


@pytest.mark.parametrize("name", ["ELBSecurityPolicy-TLS13-1-0-2021-06", "ELBSecurityPolicy-TLS13-1-0-FIPS-2023-04"])
def test_a_name_with_tls13_in_it_may_offer_1_0(name: str) -> None:
    assert sorted(obsolete(PROTOCOLS[name])) == ["TLSv1", "TLSv1.1"]


@pytest.mark.parametrize("protocol", ["SSLv2", "SSLv3", "TLSv1", "TLSv1.0", "TLSv1.1", "tlsv1.2", "TLSv1.4", ""])
def test_what_is_not_known_as_current_is_obsolete(protocol: str) -> None:
    assert obsolete(["TLSv1.2", protocol, "TLSv1.3"]) == [protocol]


def test_current_ones_are_not() -> None:
    assert obsolete(["TLSv1.2", "TLSv1.3"]) == []
