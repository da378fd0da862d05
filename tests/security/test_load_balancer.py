"""Elastic Load Balancing."""

from stackproof.controls import control
from stackproof.judgement.tls import obsolete


@control("SEC-ALB-01", severity="critical")
def test_listeners_speak_https_or_only_redirect_to_it(load_balancer, subtests):
    """No request is served over plain HTTP, whichever port and whichever rule it comes by."""
    for listener in load_balancer.listeners:
        with subtests.test(listener.name):
            assert listener.protocol == "HTTPS" or listener.only_redirects_to_https


@control("SEC-ALB-02", severity="high")
def test_tls_policies_offer_1_3_and_nothing_under_1_2(load_balancer, subtests):
    """Judged by the protocols that a policy has, not by its name."""
    for listener in load_balancer.tls_listeners:
        with subtests.test(listener.name):
            assert obsolete(listener.tls_policy.protocols) == []
            assert "TLSv1.3" in listener.tls_policy.protocols
