"""AWS CloudTrail."""

from stackproof.core.controls import control
from stackproof.judgement.deputies import confused_deputies
from stackproof.judgement.retention import expiring_before
from stackproof.judgement.trails import unrecorded


@control("SEC-TRAIL-01", severity="critical")
def test_trail_records_everything_in_every_region_unforgeably(trails, profile, subtests):
    """All management events, read ones too: who read the logs, and who changed the network. Stopped, it would record nothing.

    CloudTrail uses its key, and writes to its bucket, for this account's trails alone: another's must not forge what is in there.
    """
    for trail in trails:
        with subtests.test(trail.name):
            assert trail.is_multi_region
        with subtests.test(trail.name):
            assert trail.validates_files
        with subtests.test(trail.name):
            assert trail.is_logging
        with subtests.test(trail.name):
            assert trail.delivery_error is None
        with subtests.test(trail.name):
            assert unrecorded(trail.selectors) == []
        with subtests.test(f"key of {trail.name}"):
            assert trail.kms_key is not None, "no customer key"
            assert trail.kms_key.manager == "CUSTOMER"
        with subtests.test(f"key of {trail.name}"):
            assert trail.kms_key is None or trail.kms_key.state == "Enabled"
        with subtests.test(f"key of {trail.name}"):
            assert trail.kms_key is None or confused_deputies(trail.kms_key.policy, profile.told_account) == []
        with subtests.test(f"bucket of {trail.name}"):
            assert trail.bucket.policy is None or confused_deputies(trail.bucket.policy, profile.told_account) == []


@control("SEC-TRAIL-02", severity="high")
def test_what_the_trail_wrote_is_private_and_stays(trails, profile, subtests):
    """Who has done what he should not, deletes the record of it first."""
    for trail in trails:
        where = f"bucket of {trail.name}"
        with subtests.test(where):
            block = trail.bucket.public_access_block
            assert block is not None, "there is no public access block"
            assert block.blocks_everything
        with subtests.test(where):
            kept = profile.audit.keep_days
            assert trail.bucket.lock_days >= kept or trail.bucket.has_mfa_delete
        with subtests.test(where):
            assert expiring_before(trail.bucket.lifecycle, profile.audit.keep_days, path=trail.path) == []
