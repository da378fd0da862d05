"""AWS KMS."""

from stackproof.core.controls import control
from stackproof.judgement.policy import open_grants


@control("SEC-KMS-01", severity="high")
def test_customer_keys_rotate_and_are_not_open_to_the_world(customer_keys, subtests):
    """Keys that KMS cannot rotate by itself (asymmetric ones, imported material) are held to their policies alone."""
    for key in customer_keys:
        with subtests.test(key.name):
            assert not key.can_rotate or key.rotates
            assert open_grants(key.policy) == []
