"""AWS KMS."""

from stackproof.core.controls import control
from stackproof.judgement.deputies import confused_deputies
from stackproof.judgement.grants import undeclared_grantees
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


@control("SEC-KMS-02", severity="high")
def test_keys_stay_and_grants_are_for_whom_is_declared(stack_keys, profile, subtests):
    """Without its key whatever was encrypted is gone for good; and a grant lets somebody use a key of whom its policy says nothing."""
    for key in stack_keys:
        with subtests.test(key.name):
            assert not key.is_going
        with subtests.test(f"grants of {key.name}"):
            assert undeclared_grantees(key.grantees, profile.told_account, declared=profile.encryption.grantees) == []
