"""Elastic Load Balancing."""

from stackproof.core.controls import control


@control("ALB-01", severity="critical")
def test_load_balancers_are_active_and_every_target_healthy(declared_load_balancers, target_groups, running_services, subtests):
    """Every task that runs gets requests, and nothing else does; a target group without a target is down, however healthy."""
    for balancer in declared_load_balancers:
        with subtests.test(balancer.name):
            assert balancer.state == "active"
            assert target_groups != (), "no target group"
    for group in target_groups:
        with subtests.test(group.name):
            assert group.targets != (), "nothing is registered"
            assert {target.state for target in group.targets} == {"healthy"}, group.targets
            tasks = {target for service in running_services for target in service.targets_in(group.arn)}
            assert {target.id for target in group.targets} == tasks
