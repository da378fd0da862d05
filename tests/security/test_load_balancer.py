"""Elastic Load Balancing."""

from datetime import timedelta

from stackproof.core.controls import control
from stackproof.judgement.deputies import confused_deputies
from stackproof.judgement.front_door import covers_host, hsts_seconds, redirect_problems, stops_desync
from stackproof.judgement.policy import open_grants
from stackproof.judgement.tls import obsolete


@control("SEC-ALB-01", severity="critical")
def test_listeners_speak_https_or_only_redirect_to_it(load_balancers, profile, subtests):
    """Nothing is served unencrypted, whichever port and whichever rule it comes by."""
    for balancer in load_balancers:
        with subtests.test(balancer.name):
            assert balancer.listeners or not profile.declares_load_balancer(balancer.name), "no listener"
        with subtests.test(f"{balancer.name} listeners"):
            for listener in balancer.listeners:
                with subtests.test(f"{balancer.name} {listener.name}"):
                    assert listener.is_encrypted or listener.only_redirects_to_https


@control("SEC-ALB-02", severity="high")
def test_tls_policies_offer_1_3_and_nothing_under_1_2(load_balancers, profile, subtests):
    """Judged by the protocols that a policy has, not by its name."""
    for balancer in load_balancers:
        with subtests.test(balancer.name):
            assert balancer.tls_listeners or not profile.declares_load_balancer(balancer.name), "no listener speaks TLS"
        with subtests.test(f"{balancer.name} listeners"):
            for listener in balancer.tls_listeners:
                with subtests.test(f"{balancer.name} {listener.name}"):
                    assert obsolete(listener.tls_policy.protocols) == []
                with subtests.test(f"{balancer.name} {listener.name}"):
                    assert "TLSv1.3" in listener.tls_policy.protocols


@control("SEC-ALB-03", severity="high")
def test_front_door_speaks_current_tls_with_a_certificate_for_its_name(front_door, profile, now):
    """A real handshake for each version: what is configured is one thing, what answers another."""
    assert obsolete(front_door.protocols) == []
    assert "TLSv1.3" in front_door.protocols
    certificate = front_door.certificate
    assert certificate.problem == ""
    assert covers_host(certificate.names, front_door.host_name)
    assert certificate.not_before <= now
    assert certificate.not_after - now >= timedelta(days=profile.load_balancer[0].certificate_days)


@control("SEC-ALB-04", severity="high")
def test_front_door_sends_everybody_to_https(front_door, profile):
    """A request over plain HTTP is sent on for good, to the same place, and browsers are told not to try again."""
    answer = front_door.plain_answer
    assert redirect_problems(answer.url, answer.status, answer.location) == []
    assert hsts_seconds(front_door.strict_transport_security) >= profile.load_balancer[0].hsts_seconds


@control("SEC-ALB-05", severity="medium")
def test_load_balancers_are_careful_and_keep_their_logs_private(load_balancers, access_log_buckets, profile, subtests):
    """Nothing ill-formed reaches a task, nothing is deleted by mistake, and who asked for what is on record and private."""
    for balancer in load_balancers:
        with subtests.test(balancer.name):
            assert not balancer.speaks_http or balancer.drops_invalid_headers
        with subtests.test(balancer.name):
            assert balancer.deletion_protection
        with subtests.test(balancer.name):
            assert balancer.access_log_bucket in profile.access_log_buckets_of(balancer.name)
    for bucket in access_log_buckets:
        with subtests.test(bucket.name):
            assert bucket.policy is None or open_grants(bucket.policy) == []
        with subtests.test(bucket.name):
            assert bucket.policy is None or confused_deputies(bucket.policy, profile.told_account) == []
        with subtests.test(bucket.name):
            assert bucket.policy is None or not bucket.policy_is_public
        with subtests.test(bucket.name):
            assert bucket.public_grants == ()


@control("SEC-ALB-06", severity="medium")
def test_load_balancers_survive_a_zone_and_stop_what_is_ambiguous(load_balancers, subtests):
    """Requests that two servers read differently end here, a zone that fails takes nothing along, and a web ACL logs what it does."""
    for balancer in load_balancers:
        with subtests.test(balancer.name):
            assert not balancer.speaks_http or stops_desync(balancer.desync_mode)
        with subtests.test(balancer.name):
            assert len(balancer.zones) >= 2
        with subtests.test(balancer.name):
            assert not balancer.speaks_http or balancer.web_acl is not None, "no web ACL in front of it"
        with subtests.test(balancer.name):
            assert not balancer.speaks_http or balancer.web_acl is None or balancer.web_acl.logs
