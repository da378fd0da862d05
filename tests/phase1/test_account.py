"""The AWS account."""

from stackproof.core.controls import control


@control("ACC-01", severity="critical")
def test_caller_is_of_the_expected_account_and_region_and_not_root(caller, profile):
    """Everything else that is judged is judged with these credentials, and there."""
    assert caller.account == profile.account_id
    assert caller.region == profile.region
    assert not caller.is_root
