"""AWS IAM."""

from stackproof.controls import control
from stackproof.judgement.iam import broad_grants


@control("SEC-IAM-01", severity="high")
def test_ecs_roles_have_no_wildcard_grants(ecs_roles, subtests):
    """Named actions on named resources, in every policy that is inline or attached."""
    for role in ecs_roles:
        with subtests.test(role.name):
            for policy in role.policies:
                assert broad_grants(policy.document) == [], policy.name
