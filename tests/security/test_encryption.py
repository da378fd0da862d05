"""AWS KMS."""

from stackproof.core.controls import control
from stackproof.judgement.deputies import confused_deputies
from stackproof.judgement.policy import open_grants


@control("SEC-KMS-01", severity="high")
def test_customer_keys_rotate_and_are_not_open_to_the_world(customer_keys, profile, subtests):
    """In time. What KMS does not rotate by itself (disabled or asymmetric keys, imported material) is held to its policy alone."""
    for key in customer_keys:
        with subtests.test(key.name):
            assert not key.must_rotate or key.rotates
        with subtests.test(key.name):
            assert not key.must_rotate or key.rotation_days <= profile.encryption.rotation_days
        with subtests.test(f"policy of {key.name}"):
            assert open_grants(key.policy) == []
        with subtests.test(f"policy of {key.name}"):
            assert confused_deputies(key.policy, profile.told_account) == []
