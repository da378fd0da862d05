"""The root user, and the people of the account."""

from stackproof.core.controls import control
from stackproof.judgement.credentials import old_keys, unused


@control("ACC-02", severity="critical")
def test_root_user_has_mfa_and_no_keys_and_is_not_used(root_user, profile, now, subtests):
    """No policy binds it: it is for the few things that nobody else can do."""
    with subtests.test(root_user.name):
        assert root_user.has_mfa or not root_user.has_password
    with subtests.test(root_user.name):
        assert not root_user.has_access_keys
    with subtests.test(root_user.name):
        last_used = root_user.last_used
        assert last_used is None or (now - last_used).days >= profile.account.root_unused_days


@control("ACC-03", severity="high")
def test_users_have_mfa_and_credentials_that_are_young_and_in_use(account_users, profile, now, subtests):
    """What nobody uses, nobody misses when it is stolen; and policies come by groups and roles, where they can be reviewed."""
    for user in account_users:
        with subtests.test(user.name):
            assert user.has_mfa or not user.has_password
        with subtests.test(user.name):
            assert unused(user.credentials, days=profile.account.unused_days, now=now) == []
        with subtests.test(user.name):
            assert old_keys(user.credentials, days=profile.account.access_key_days, now=now) == []
        with subtests.test(user.name):
            assert user.policies == ()
