"""The key that encrypts log groups."""

from stackproof.core.controls import control
from stackproof.judgement.log_keys import log_key_problems


@control("LOG-04", severity="high")
def test_log_groups_are_encrypted_with_the_log_key(log_groups, log_key, other_keys, subtests):
    """A key of its own: who may use it, and what CloudTrail says of it, concern logs alone."""
    for key in other_keys:
        with subtests.test(f"{log_key.name} and {key.name}"):
            assert log_key.arn != key.arn
    for group in log_groups:
        with subtests.test(group.name):
            assert group.kms_key is not None, "no customer key"
            assert group.kms_key.arn == log_key.arn


@control("LOG-05", severity="high")
def test_log_key_lets_only_the_logs_service_in(log_key, profile, subtests):
    """For this account's log groups alone; the account itself administers it. It is enabled, and rotates."""
    with subtests.test(log_key.name):
        assert log_key.state == "Enabled"
    with subtests.test(log_key.name):
        assert log_key.rotates
    with subtests.test(log_key.name):
        assert log_key.rotation_days <= profile.encryption.rotation_days
    with subtests.test(log_key.name):
        assert log_key_problems(log_key.policy, region=profile.region, account=profile.account_id) == []
