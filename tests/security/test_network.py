"""Amazon VPC."""

from stackproof.core.controls import control
from stackproof.judgement.endpoints import lets_through, not_served
from stackproof.judgement.exposure import opens_to_the_world
from stackproof.judgement.flow_logs import uncaptured


@control("SEC-SG-01", severity="critical")
def test_security_groups_open_exactly_what_is_declared(
    security_groups, guarded, declared_ways, idle_security_groups, profile, subtests
):
    """Every way in is declared, and every declared way is there: by the groups that things have, whatever those are called."""
    for group in security_groups:
        with subtests.test(group.name):
            assert group.ingress == profile.openings_of(group.name)
    for one in guarded:
        with subtests.test(f"the way to {one.name}"):
            assert one.ways_in == declared_ways[one.label]
    for group in idle_security_groups:
        with subtests.test(f"the use of {group.name}"):
            assert group.is_in_use, "it is attached to nothing"


@control("SEC-SG-02", severity="high")
def test_other_security_groups_are_closed_to_the_world(other_security_groups, other_guarded, default_security_groups, subtests):
    """What nobody declared is open to nobody outside; and whatever is put into the default group by mistake can talk to nobody."""
    for one in (*other_security_groups, *other_guarded):
        with subtests.test(one.name):
            assert opens_to_the_world(one.reach) == []
    for group in default_security_groups:
        with subtests.test(group.name):
            assert group.ingress == frozenset()
        with subtests.test(group.name):
            assert group.egress == frozenset()


@control("SEC-NET-01", severity="high")
def test_flow_logs_capture_all_traffic_encrypted(flow_logs, every_flow_log, vpcs, vpc_subnets, subtests):
    """What was refused alone tells nothing about an intruder; and every place that traffic is logged to keeps it encrypted."""
    for vpc in vpcs:
        with subtests.test(vpc.name):
            assert uncaptured(flow_logs[vpc.identity], vpc_subnets[vpc.identity]) == []
    for log in every_flow_log:
        with subtests.test(log.name):
            assert log.is_encrypted


@control("SEC-NET-03", severity="medium")
def test_services_are_reached_by_endpoints_that_let_out_nothing_else(served_vpcs, vpc_endpoints, profile, subtests):
    """What the tasks ask of AWS does not leave by the internet; and no endpoint is a way out to a stranger's bucket."""
    for vpc in served_vpcs:
        declared = profile.network_of(vpc.name)
        with subtests.test(vpc.name):
            assert not_served(declared.endpoints, vpc.served) == []
    for endpoint in vpc_endpoints:
        with subtests.test(endpoint.name):
            assert endpoint.policy is None or lets_through(endpoint.policy, profile.told_account) == []
