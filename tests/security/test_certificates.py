"""AWS Certificate Manager."""

from datetime import timedelta

from stackproof.core.controls import control


@control("SEC-ACM-01", severity="medium")
def test_certificates_have_strong_keys_and_do_not_run_out(server_certificates, profile, now, subtests):
    """What ACM renews by itself nobody forgets; of an imported one somebody must think, and in time."""
    for certificate in server_certificates:
        with subtests.test(certificate.name):
            assert certificate.key_bits >= 2048
        with subtests.test(certificate.name):
            assert certificate.not_after >= now + timedelta(days=profile.account.certificate_days)
        with subtests.test(certificate.name):
            assert certificate.is_imported or not certificate.is_in_use or certificate.is_renewable
