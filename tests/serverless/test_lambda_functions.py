"""Functions of AWS Lambda."""

from stackproof.core.controls import control
from stackproof.judgement.deputies import unbound_services
from stackproof.judgement.policy import open_grants


@control("SEC-FN-01", severity="critical")
def test_functions_are_called_by_nobody_unknown(lambda_functions, profile, subtests):
    """A function does what its role may do, for whoever calls it; a service that is bound to no account calls it for anybody."""
    for function in lambda_functions:
        with subtests.test(function.name):
            assert "NONE" not in function.url_auth_types
            for policy in function.policies:
                assert open_grants(policy) == []
                assert unbound_services(policy, profile.account) == []
