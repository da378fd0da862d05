"""Amazon VPC."""

from stackproof.core.controls import control


@control("NET-01", severity="high")
def test_network_has_public_and_private_subnets_in_two_zones(
    vpcs, public_subnets, private_subnets, other_subnets, nat_gateways, profile, subtests
):
    """A zone may fail and the service goes on; what is private gets out through a NAT gateway, and nobody gets in."""
    for vpc in vpcs:
        with subtests.test(vpc.name):
            assert vpc.cidr == profile.network_of(vpc.name).cidr
        with subtests.test(vpc.name):
            assert len({subnet.zone for subnet in public_subnets[vpc.identity]}) >= 2, "the public subnets are in one zone"
        with subtests.test(vpc.name):
            assert len({subnet.zone for subnet in private_subnets[vpc.identity]}) >= 2, "the private subnets are in one zone"
        with subtests.test(f"public subnets of {vpc.name}"):
            for subnet in public_subnets[vpc.identity]:
                with subtests.test(subnet.name):
                    assert subnet.route_table.reaches_the_internet, subnet.route_table.routes
        with subtests.test(f"private subnets of {vpc.name}"):
            for subnet in private_subnets[vpc.identity]:
                with subtests.test(subnet.name):
                    assert subnet.route_table.internet_routes == []
                with subtests.test(subnet.name):
                    assert subnet.route_table.default_target in nat_gateways
                    assert nat_gateways[subnet.route_table.default_target].works
        with subtests.test(f"other subnets of {vpc.name}"):
            for subnet in other_subnets[vpc.identity]:
                with subtests.test(subnet.name):
                    assert subnet.route_table.internet_routes == [], "nobody declared it"


@control("NET-02", severity="medium")
def test_private_subnets_have_room_for_two_deployments(private_subnets, profile, subtests):
    """A deployment starts new tasks before it stops the old ones, and one zone may have to hold them all."""
    for subnets in private_subnets.values():
        for subnet in subnets:
            with subtests.test(subnet.name):
                assert subnet.free_addresses >= 2 * profile.desired_tasks
