"""Amazon CloudWatch Logs."""

from stackproof.core.controls import control


@control("SEC-LOG-01", severity="high")
def test_log_groups_are_encrypted_with_an_enabled_customer_key(log_groups, subtests):
    """A key that is disabled or about to be deleted makes the logs unreadable; the service's own key is not the customer's."""
    for group in log_groups:
        with subtests.test(group.name):
            assert group.kms_key is not None, "no customer key"
            assert group.kms_key.manager == "CUSTOMER"
        with subtests.test(group.name):
            assert group.kms_key is None or group.kms_key.state == "Enabled"
