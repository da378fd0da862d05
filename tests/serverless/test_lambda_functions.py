"""Functions of AWS Lambda."""

from stackproof.core.controls import control
from stackproof.core.partial import values_of
from stackproof.judgement.deputies import unbound_services
from stackproof.judgement.functions import is_supported, secrets_in
from stackproof.judgement.policy import open_grants


@control("SEC-FN-01", severity="critical")
def test_functions_are_called_by_nobody_unknown(called_functions, profile, subtests):
    """A function does what its role may do, for whoever calls it; a service that is bound to no account calls it for anybody."""
    for function in called_functions:
        with subtests.test(function.name):
            assert "NONE" not in function.url_auth_types
        with subtests.test(function.name):
            for policy in function.policies:
                assert open_grants(policy) == []
        with subtests.test(function.name):
            for policy in function.policies:
                assert unbound_services(policy, profile.told_account) == []


@control("SEC-FN-02", severity="high")
def test_functions_run_on_a_supported_runtime(lambda_functions, now, subtests):
    """A runtime out of support gets no security patch any more; nobody is told of the holes that stay open in it."""
    for function in lambda_functions:
        with subtests.test(function.name):
            assert function.runtime is None or is_supported(function.runtime, now.date())


@control("SEC-FN-03", severity="critical")
def test_functions_hold_no_secret_in_their_environment(lambda_functions, subtests):
    """Everybody who may look at a function's configuration reads its environment; a secret is fetched when the function starts."""
    for function in lambda_functions:
        with subtests.test(function.name):
            assert not function.hides_a_value, "a sensitive value stands in its environment"
        with subtests.test(function.name):
            assert secrets_in(function.environment) == []


@control("SEC-FN-04", severity="medium")
def test_functions_have_roles_of_their_own(lambda_functions, subtests):
    """Under one role for several, each may do what any of them needs."""
    for function in lambda_functions:
        with subtests.test(function.name):
            others = [other for other in lambda_functions if other is not function]
            assert function.role not in values_of(others, "role")


@control("SEC-FN-05", severity="medium")
def test_functions_write_to_log_groups_that_do_not_keep_for_ever(lambda_functions, subtests):
    """A group that Lambda makes by itself has no key, no owner, and no end."""
    for function in lambda_functions:
        with subtests.test(function.name):
            assert function.log_group is not None, "there is no log group for it"
            assert function.log_group.retention_days, "its log group keeps events for ever"


@control("SEC-FN-06", severity="low")
def test_functions_keep_the_events_that_they_failed_on(lambda_functions, subtests):
    """Nobody waits for the answer to an event that is handed over: after its last attempt Lambda throws it away."""
    for function in lambda_functions:
        with subtests.test(function.name):
            assert function.keeps_what_fails or not function.is_called_and_forgotten
