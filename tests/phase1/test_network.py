"""Amazon VPC."""

from stackproof.core.controls import control


@control("NET-01", severity="high")
def test_network_has_public_and_private_subnets_in_two_zones(
    vpc, public_subnets, private_subnets, other_subnets, nat_gateways, profile, subtests
):
    """A zone may fail and the service goes on; what is private gets out through a NAT gateway, and nobody gets in."""
    with subtests.test(vpc.name):
        assert vpc.cidr == profile.network.cidr
    with subtests.test(vpc.name):
        assert len({subnet.zone for subnet in public_subnets}) >= 2, "the public subnets are in one zone"
    with subtests.test(vpc.name):
        assert len({subnet.zone for subnet in private_subnets}) >= 2, "the private subnets are in one zone"
    for subnet in public_subnets:
        with subtests.test(subnet.name):
            assert subnet.route_table.reaches_the_internet, subnet.route_table.routes
    for subnet in private_subnets:
        with subtests.test(subnet.name):
            assert subnet.route_table.internet_routes == []
        with subtests.test(subnet.name):
            ways_out = {gateway.name: gateway for gateway in nat_gateways}
            assert subnet.route_table.default_target in ways_out
            assert ways_out[subnet.route_table.default_target].works
    for subnet in other_subnets:
        with subtests.test(subnet.name):
            assert subnet.route_table.internet_routes == [], "nobody declared it"


@control("NET-02", severity="medium")
def test_private_subnets_have_room_for_two_deployments(private_subnets, profile, subtests):
    """A deployment starts new tasks before it stops the old ones, and one zone may have to hold them all."""
    for subnet in private_subnets:
        with subtests.test(subnet.name):
            assert subnet.free_addresses >= 2 * profile.service.desired_count
