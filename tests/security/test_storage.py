"""Amazon S3."""

from stackproof.controls import control


@control("SEC-S3-01", severity="critical")
def test_buckets_block_public_access(buckets, subtests):
    """All four settings are on, each of them read: one that is off is a way around the other three."""
    for bucket in buckets:
        with subtests.test(bucket.name):
            settings = bucket.public_access_block
            assert settings is not None, "there is no public access block"
            assert settings.block_public_acls
            assert settings.ignore_public_acls
            assert settings.block_public_policy
            assert settings.restrict_public_buckets
