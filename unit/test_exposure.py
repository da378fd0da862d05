"""What is open is what the rules open together, whichever way they are cut."""

import ipaddress
import random

from hypothesis import given
from hypothesis import strategies as st

from stackproof.judgement.exposure import ALL, Opening, merged, opening

WORLD = {4: "0.0.0.0/0", 6: "::/0"}


def tcp(source: str, first: int = 22, last: int = 22) -> Opening:
    return opening("tcp", first, last, source)


@st.composite
def cuts(draw: st.DrawFn) -> list[str]:
    """The whole of IPv4 or IPv6 as blocks: some block is cut in two again and again, and some cover others."""
    world = ipaddress.ip_network(WORLD[draw(st.sampled_from([4, 6]))])
    blocks = [world]
    for _ in range(draw(st.integers(0, 40))):
        chosen = blocks.pop(draw(st.integers(0, len(blocks) - 1)))
        blocks += chosen.subnets() if chosen.prefixlen < chosen.max_prefixlen else [chosen]
    extra = draw(st.lists(st.sampled_from(blocks), max_size=5))
    return draw(st.permutations([str(block) for block in [*blocks, *extra]]))


SMALL_BLOCKS = st.builds(
    lambda address, length: str(ipaddress.ip_network((address, length), strict=False)),
    st.integers(0, 255).map(lambda low: int(ipaddress.ip_address("10.0.0.0")) + low),
    st.integers(24, 32),
)


def addresses(openings: frozenset[Opening] | list[Opening]) -> set[tuple[int, ipaddress.IPv4Address]]:
    return {(one.first_port, address) for one in openings for address in ipaddress.IPv4Network(one.source)}


class TestMerged:
    @given(cuts())
    def test_the_world_is_found_however_it_is_cut(self, blocks: list[str]) -> None:
        world = WORLD[ipaddress.ip_network(blocks[0]).version]
        assert merged(tcp(block) for block in blocks) == {tcp(world)}

    @given(cuts(), st.randoms(use_true_random=False))
    def test_the_world_is_not_found_where_a_block_is_missing(self, blocks: list[str], chance: random.Random) -> None:
        missing = chance.choice(blocks)
        left = [tcp(block) for block in blocks if block != missing]
        assert tcp(WORLD[ipaddress.ip_network(missing).version]) not in merged(left)

    @given(st.lists(st.tuples(SMALL_BLOCKS, st.sampled_from([22, 443]))))
    def test_no_address_is_lost_or_added(self, blocks: list[tuple[str, int]]) -> None:
        openings = [tcp(block, port, port) for block, port in blocks]
        found = merged(openings)
        assert addresses(found) == addresses(openings)
        assert merged(found) == found
        assert len(found) <= len(set(openings))

    @given(st.lists(st.tuples(SMALL_BLOCKS, st.sampled_from([22, 443]))), st.randoms(use_true_random=False))
    def test_order_and_repetition_do_not_matter(self, blocks: list[tuple[str, int]], chance: random.Random) -> None:
        openings = [tcp(block, port, port) for block, port in blocks]
        shuffled = chance.sample(openings, len(openings)) + openings
        assert merged(shuffled) == merged(openings)

    def test_ports_protocols_and_families_stay_apart(self) -> None:
        apart = {
            tcp("0.0.0.0/1"),
            tcp("128.0.0.0/1", 443, 443),
            opening("udp", 22, 22, "128.0.0.0/1"),
            tcp("128.0.0.0/1", 22, 23),
            tcp("::/1"),
        }
        assert merged(apart) == apart

    def test_groups_and_prefix_lists_are_kept_as_they_are(self) -> None:
        others = {tcp("sg-1"), tcp("pl-1"), tcp("triflow-ai-production-alb")}
        assert merged([*others, *others]) == others

    def test_a_block_may_be_written_with_host_bits(self) -> None:
        assert merged([tcp("10.1.2.3/8")]) == {tcp("10.0.0.0/8")}

    def test_nothing_is_nothing(self) -> None:
        assert merged([]) == frozenset()


class TestOpening:
    def test_numbers_and_names_of_a_protocol_are_the_same(self) -> None:
        for number, name in (("6", "tcp"), ("17", "udp"), ("1", "icmp"), ("58", "icmpv6")):
            assert opening(number, 1, 1, "a") == opening(name, 1, 1, "a") == opening(name.upper(), 1, 1, "a")

    def test_every_protocol_is_every_port_whatever_the_ports_say(self) -> None:
        everything = opening(ALL, 0, 65535, "a")
        for protocol in ("-1", "all"):
            for first, last in ((None, None), (0, 0), (22, 22), (-1, -1)):
                assert opening(protocol, first, last, "a") == everything

    def test_no_ports_are_all_ports(self) -> None:
        assert opening("tcp", None, None, "a") == opening("tcp", 0, None, "a") == opening("tcp", 0, 65535, "a")
