"""What a union of rules opens: however the world is cut, put into rules and shuffled, it is found; and nothing else is taken for it."""

import ipaddress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackproof.judgement.exposure import ALL, LARGE, Network, Opening, is_the_world, merged, opening, opens_to_the_world

WORLDS: list[Network] = [ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")]
PRIVATE = ["10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10"]


@st.composite
def cut(draw: st.DrawFn, whole: Network) -> list[Network]:
    """A network in parts, in any order: parts are halved again and again."""
    parts = [whole]
    for place in draw(st.lists(st.integers(0, 10**6), max_size=40)):
        part = parts.pop(place % len(parts))
        parts += list(part.subnets()) if part.prefixlen < part.max_prefixlen else [part]
    return draw(st.permutations(parts))


@st.composite
def rules(draw: st.DrawFn, sources: list[Network], port: int) -> list[Opening]:
    """A rule for each source, open at a port at least; some for every protocol."""
    found = []
    for source in sources:
        if draw(st.booleans()):
            found.append(opening(ALL, 0, 65535, str(source)))
        else:
            found.append(opening("tcp", draw(st.integers(0, port)), draw(st.integers(port, 65535)), str(source)))
    return found


@given(st.data(), st.sampled_from(WORLDS), st.integers(0, 65535))
def test_a_union_that_covers_the_world_is_found(data: st.DataObject, world: Network, port: int) -> None:
    openings = data.draw(cut(world).flatmap(lambda parts: rules(parts, port)))
    found = opens_to_the_world(openings)
    assert set(found) <= set(openings)
    assert is_the_world(ipaddress.ip_network(one.source) for one in found)


@given(st.data(), st.sampled_from(WORLDS))
def test_a_union_that_leaves_an_address_out_is_not_the_declared_world_and_is_found_all_the_same(
    data: st.DataObject, world: Any
) -> None:
    left_out = type(world)((data.draw(st.integers(0, world.num_addresses - 1)), world.max_prefixlen))
    parts = data.draw(st.permutations(list(world.address_exclude(left_out))))
    openings = [opening("tcp", 443, 443, str(part)) for part in parts]
    declared = merged([opening("tcp", 443, 443, str(world))])
    assert merged(openings) != declared
    assert merged([*openings, opening("tcp", 443, 443, str(left_out))]) == declared
    assert opens_to_the_world(openings)


@given(
    st.lists(st.integers(0, 2**32 - 1).map(lambda number: ipaddress.ip_network((number, 24), strict=False)), max_size=60),
    st.lists(st.sampled_from(PRIVATE)),
)
def test_offices_and_private_networks_are_not_the_world(offices: list[Network], private: list[str]) -> None:
    openings = [opening("tcp", 22, 22, str(source)) for source in (*offices, *private)]
    assert opens_to_the_world(openings) == []


@given(st.data(), st.sampled_from(WORLDS), st.integers(1, 65535))
def test_halves_at_different_ports_are_not_the_world(data: st.DataObject, world: Network, port: int) -> None:
    """Each has half as many addresses as count as the world."""
    small = [next(half.subnets(new_prefix=9 if half.version == 4 else 33)) for half in _global(world).subnets()]
    first, second = data.draw(st.permutations(small))
    openings = [opening("tcp", 0, port - 1, str(first)), opening("tcp", port, 65535, str(second))]
    assert opens_to_the_world(openings) == []


@pytest.mark.parametrize("version", LARGE)
def test_the_line_is_drawn_at_as_many_addresses_as_documented(version: int) -> None:
    whole = _global(WORLDS[version == 6])
    at_the_line = next(whole.subnets(new_prefix=whole.max_prefixlen - (LARGE[version] - 1).bit_length()))
    assert is_the_world([at_the_line])
    assert not is_the_world([next(at_the_line.subnets())])


def _global(world: Network) -> Any:
    """A part of a world that has public addresses alone."""
    return ipaddress.ip_network("32.0.0.0/6" if world.version == 4 else "2a00::/12")
