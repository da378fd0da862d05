"""Amazon S3."""

from stackproof.core.controls import control
from stackproof.judgement.buckets import ciphers
from stackproof.judgement.deputies import confused_deputies
from stackproof.judgement.outsiders import undeclared_accounts
from stackproof.judgement.policy import denies_plain_http, open_grants
from stackproof.judgement.trails import unrecorded_objects


@control("SEC-S3-01", severity="critical")
def test_buckets_block_public_access(buckets, subtests):
    """All four settings are on, each of them read: one that is off is a way around the other three."""
    for bucket in buckets:
        with subtests.test(bucket.name):
            settings = bucket.public_access_block
            assert settings is not None, "there is no public access block"
            with subtests.test(bucket.name):
                assert settings.block_public_acls
            with subtests.test(bucket.name):
                assert settings.ignore_public_acls
            with subtests.test(bucket.name):
                assert settings.block_public_policy
            with subtests.test(bucket.name):
                assert settings.restrict_public_buckets


@control("SEC-S3-02", severity="high")
def test_buckets_are_encrypted_versioned_and_private(buckets, profile, subtests):
    """With KMS, so that a key policy stands between the objects and a reader; over TLS alone; and public by no policy and no ACL.

    A bucket of access logs takes S3's own key: to no other do load balancers and S3 deliver.
    """
    for bucket in buckets:
        with subtests.test(bucket.name):
            assert bucket.encryption in ciphers(bucket)
        with subtests.test(bucket.name):
            assert bucket.versioning == "Enabled"
        with subtests.test(bucket.name):
            assert bucket.policy is not None, "there is no bucket policy"
            assert open_grants(bucket.policy) == []
        with subtests.test(bucket.name):
            assert bucket.policy is None or confused_deputies(bucket.policy, profile.told_account) == []
        with subtests.test(bucket.name):
            assert bucket.policy is None or not bucket.policy_is_public
        with subtests.test(bucket.name):
            assert bucket.policy is None or denies_plain_http(bucket.policy, bucket.name)
        with subtests.test(bucket.name):
            assert bucket.public_grants == ()


@control("SEC-S3-03", severity="medium")
def test_buckets_are_the_accounts_own_tidied_and_watched(buckets, object_events, profile, subtests):
    """Who may, may also leave a trace: each reading and writing of an object is recorded, and ACLs give nobody a way past the policy."""
    for bucket in buckets:
        with subtests.test(bucket.name):
            assert unrecorded_objects(object_events[bucket.name], bucket.name) == []
        with subtests.test(bucket.name):
            assert bucket.lifecycle != (), "no lifecycle rule is enabled"
        with subtests.test(bucket.name):
            assert not bucket.has_acls
        with subtests.test(bucket.name):
            policy, shared = bucket.policy, profile.storage.shared_with
            assert policy is None or undeclared_accounts(policy, profile.told_account, declared=shared) == []
