"""Distributions of Amazon CloudFront."""

from stackproof.core.controls import control
from stackproof.judgement.distributions import asks_for_tls, reaches_with_tls, refuses_old_tls


@control("SEC-CDN-01", severity="high")
def test_distributions_answer_with_tls_alone(distributions, subtests):
    """What goes over plain HTTP is read, and changed, by whoever is in between."""
    for distribution in distributions:
        with subtests.test(distribution.name):
            for behavior in distribution.behaviors:
                with subtests.test(f"{distribution.name} {behavior.name}"):
                    assert asks_for_tls(behavior.viewer_policy)


@control("SEC-CDN-02", severity="high")
def test_distributions_refuse_old_tls(distributions, subtests):
    """What speaks TLS 1.1 or older can be made to give away what was said."""
    for distribution in distributions:
        with subtests.test(distribution.name):
            assert refuses_old_tls(distribution.security_policy)


@control("SEC-CDN-03", severity="medium")
def test_distributions_log_each_request(distributions, subtests):
    """What a distribution answers by itself, no server behind it ever sees."""
    for distribution in distributions:
        with subtests.test(distribution.name):
            assert distribution.logs_access


@control("SEC-CDN-04", severity="high")
def test_buckets_behind_distributions_are_asked_with_a_signature(distributions, subtests):
    """A bucket that answers requests without one must be open to everybody, past the distribution."""
    for distribution in distributions:
        with subtests.test(distribution.name):
            for origin in distribution.origins:
                with subtests.test(f"{distribution.name} {origin.name}"):
                    assert origin.is_closed or not origin.is_bucket


@control("SEC-CDN-05", severity="high")
def test_servers_behind_distributions_are_asked_with_tls(distributions, subtests):
    """A viewer's TLS ends at CloudFront: from there to the server it is another connection, over the internet."""
    for distribution in distributions:
        with subtests.test(distribution.name):
            has_tls = all(asks_for_tls(one.viewer_policy) for one in distribution.behaviors)
            for origin in distribution.origins:
                with subtests.test(f"{distribution.name} {origin.name}"):
                    policy = origin.protocol_policy
                    assert policy is None or reaches_with_tls(policy, viewers_have_tls=has_tls)


@control("SEC-CDN-06", severity="low")
def test_distributions_of_buckets_have_a_root_object(distributions, subtests):
    """Whoever asks a bucket for nothing in particular gets the list of all that is in it."""
    for distribution in distributions:
        with subtests.test(distribution.name):
            assert distribution.root_object or not any(one.is_bucket for one in distribution.origins)


@control("SEC-CDN-07", severity="medium")
def test_distributions_have_a_web_acl_as_declared(distributions, profile, subtests):
    """A web ACL stops what is known to be an attack before anything of the stack sees it."""
    for distribution in distributions:
        with subtests.test(distribution.name):
            assert distribution.has_web_acl == profile.distribution.web_acl
