"""AWS IAM."""

from stackproof.core.controls import control
from stackproof.core.resource import known_first
from stackproof.judgement.escalation import escalations
from stackproof.judgement.iam import broad_grants, sweeping_grants, too_old
from stackproof.judgement.outsiders import role_trust_problems


@control("SEC-IAM-01", severity="high")
def test_roles_have_no_wildcard_grants(roles, detached_policies, subtests):
    """Named actions on named resources, in every policy that is inline or attached, and in those that wait to be."""
    for role in roles:
        with subtests.test(role.name):
            for policy in known_first(role.policies, "document"):
                assert broad_grants(policy.document) == [], policy.name
    for policy in detached_policies:
        with subtests.test(policy.name):
            assert broad_grants(policy.document) == []


@control("SEC-IAM-02", severity="high")
def test_nobody_holds_more_than_the_work_asks_for(roles, deploy_users, profile, now, subtests):
    """No policy of AWS's for a whole service, whatever it is called; administration and old keys of those who deploy end on time."""
    for role in roles:
        with subtests.test(role.name):
            for policy in known_first(role.managed_policies, "document"):
                assert sweeping_grants(policy.document) == [], policy.name
    for user in deploy_users:
        with subtests.test(user.name):
            assert not user.is_administrator or now.date() <= profile.identity.administrator_until
        with subtests.test(user.name):
            created = {key.name: key.created for key in user.access_keys}
            assert too_old(created, days=profile.identity.access_key_days, now=now) == []


@control("SEC-IAM-03", severity="critical")
def test_roles_are_assumed_by_nobody_from_outside(roles, any_task_definitions, profile, subtests):
    """Roles of ECS tasks are for these alone, of this account; and what starts a task is not what runs in it."""
    for role in roles:
        with subtests.test(role.name):
            assert role_trust_problems(role.trust, profile.told_account) == []
    for definition in any_task_definitions:
        with subtests.test(definition.name):
            assert definition.task_role != definition.execution_role
        with subtests.test(definition.name):
            assert {definition.task_role, definition.execution_role} <= set(profile.identity.roles)


@control("SEC-IAM-04", severity="critical")
def test_roles_cannot_escalate(roles, detached_policies, profile, subtests):
    """No known path leads from what a role may do to what it may not; what is known to lead there is not hidden by what nobody can tell.

    Nor does one from what a policy grants that nobody has yet.
    """
    meant = profile.identity.assumed_roles
    for role in roles:
        with subtests.test(role.name):
            assert escalations(role.known_documents, role.boundary, account=profile.told_account, declared=meant) == []
        with subtests.test(role.name):
            assert escalations(role.documents, role.boundary, account=profile.account_id, declared=meant) == []
    for policy in detached_policies:
        with subtests.test(policy.name):
            assert escalations([policy.document], account=profile.account_id, declared=meant) == []
