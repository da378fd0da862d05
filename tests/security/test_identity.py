"""AWS IAM."""

from stackproof.core.controls import control
from stackproof.judgement.escalation import escalations
from stackproof.judgement.iam import broad_grants, broad_managed_policies, too_old, trust_problems


@control("SEC-IAM-01", severity="high")
def test_ecs_roles_have_no_wildcard_grants(ecs_roles, subtests):
    """Named actions on named resources, in every policy that is inline or attached."""
    for role in ecs_roles:
        with subtests.test(role.name):
            for policy in role.policies:
                assert broad_grants(policy.document) == [], policy.name


@control("SEC-IAM-02", severity="high")
def test_nobody_holds_more_than_the_work_asks_for(ecs_roles, deploy_users, profile, now, subtests):
    """No policy of AWS's for a whole service; administration and old keys of those who deploy end on time."""
    for role in ecs_roles:
        with subtests.test(role.name):
            assert broad_managed_policies(role.managed_policies) == []
    for user in deploy_users:
        with subtests.test(user.name):
            assert not user.is_administrator or now.date() <= profile.identity.administrator_until
            created = {key.name: key.created for key in user.access_keys}
            assert too_old(created, days=profile.identity.access_key_days, now=now) == []


@control("SEC-IAM-03", severity="critical")
def test_ecs_roles_are_for_ecs_tasks_of_this_account_alone(ecs_roles, task_definitions, profile, subtests):
    """Nobody else may assume them, and what starts a task is not what runs in it."""
    for role in ecs_roles:
        with subtests.test(role.name):
            assert trust_problems(role.trust, service="ecs-tasks.amazonaws.com", account=profile.account) == []
    for definition in task_definitions:
        with subtests.test(definition.name):
            assert definition.task_role != definition.execution_role
            assert {definition.task_role, definition.execution_role} <= set(profile.identity.roles)


@control("SEC-IAM-04", severity="critical")
def test_ecs_roles_cannot_escalate(ecs_roles, subtests):
    """No known path leads from what a role may do to what it may not."""
    for role in ecs_roles:
        with subtests.test(role.name):
            assert escalations([policy.document for policy in role.policies], role.boundary) == []
