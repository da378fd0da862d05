"""AWS Secrets Manager."""

from datetime import timedelta

from stackproof.core.controls import control


@control("SEC-SM-01", severity="high")
def test_secrets_use_a_customer_key_and_rotate(secrets, profile, now, subtests):
    """Rotation that is configured but never ran, or ran no more, leaves the first password in place."""
    for secret in secrets:
        with subtests.test(secret.name):
            assert secret.kms_key is not None, "no customer key"
            assert secret.kms_key.manager == "CUSTOMER"
        with subtests.test(secret.name):
            assert secret.kms_key is None or secret.kms_key.state == "Enabled"
        with subtests.test(secret.name):
            assert secret.rotates
        with subtests.test(secret.name):
            assert secret.is_rotated_since(now - timedelta(days=profile.secrets.rotated_within_days)), "no rotation ran lately"


@control("SEC-SM-02", severity="low")
def test_secrets_are_read_by_somebody(read_secrets, profile, now, subtests):
    """What nobody reads, nobody misses: it is a password that somebody forgot, and that still opens something."""
    for secret in read_secrets:
        with subtests.test(secret.name):
            assert secret.is_read_since(now - timedelta(days=profile.secrets.read_within_days)), "nobody has read it lately"
