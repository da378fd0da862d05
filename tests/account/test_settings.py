"""Settings of the whole account, and of each of its regions."""

from stackproof.core.controls import control
from stackproof.judgement.network_acls import administration_ports


@control("ACC-04", severity="medium")
def test_password_policy_is_as_strong_as_declared(password_policy, profile, subtests):
    """Without a policy of its own the account has IAM's: eight characters, and no more."""
    expected = profile.account.password_policy
    with subtests.test(password_policy.name):
        assert password_policy.minimum_length >= expected.minimum_length
    with subtests.test(password_policy.name):
        assert password_policy.remembered >= expected.remembered
    with subtests.test(password_policy.name):
        age = password_policy.max_age_days
        assert expected.max_age_days is None or (age is not None and age <= expected.max_age_days)


@control("ACC-05", severity="high")
def test_no_bucket_of_the_account_can_become_public(account_public_access_block, subtests):
    """Whatever a bucket's own settings, policy and ACL say, and of buckets that are not there yet."""
    block = account_public_access_block
    with subtests.test("block_public_acls"):
        assert block.block_public_acls
    with subtests.test("ignore_public_acls"):
        assert block.ignore_public_acls
    with subtests.test("block_public_policy"):
        assert block.block_public_policy
    with subtests.test("restrict_public_buckets"):
        assert block.restrict_public_buckets


@control("ACC-06", severity="medium")
def test_aws_knows_whom_to_write_to_about_security(security_contact):
    """The primary contact is often who pays: a notice of a leaked key must reach somebody who acts on it."""
    assert security_contact.email != ""


@control("ACC-07", severity="high")
def test_volumes_are_encrypted_and_no_snapshot_or_image_is_public(ebs_settings, profile, subtests):
    """In every region that is looked at: the setting is one region's alone."""
    for region in ebs_settings:
        with subtests.test(region.name):
            assert region.encrypts_by_default
        with subtests.test(region.name):
            assert profile.account.without_others(region.public_snapshots) == []
        with subtests.test(region.name):
            assert profile.account.without_others(region.public_images) == []


@control("SEC-NET-02", severity="medium")
def test_networks_of_every_region_open_nothing_by_default(regional_default_groups, network_acls, launch_subnets, subtests):
    """An intruder starts things where nobody looks: in a region that is not used, in the network that every account has there."""
    for group in regional_default_groups:
        with subtests.test(group.name):
            assert group.ingress == frozenset()
        with subtests.test(group.name):
            assert group.egress == frozenset()
    for acl in network_acls:
        with subtests.test(acl.name):
            assert acl.is_as_made or administration_ports(acl.rules) == []
    for subnet in launch_subnets:
        with subtests.test(subnet.name):
            assert not subnet.gives_public_addresses
