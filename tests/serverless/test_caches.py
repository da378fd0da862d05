"""Caches of Amazon ElastiCache."""

from stackproof.core.controls import control
from stackproof.judgement.exposure import opens_to_the_world


@control("SEC-CACHE-01", severity="high")
def test_caches_are_encrypted_at_rest(caches, subtests):
    """A cache writes to disks what it holds: in snapshots, when replicas are filled, when memory runs short."""
    for cache in caches:
        with subtests.test(cache.name):
            assert cache.is_encrypted_at_rest or cache.is_memcached


@control("SEC-CACHE-02", severity="high")
def test_caches_are_spoken_to_with_tls_alone(caches, subtests):
    """Whoever listens on the network reads what goes into a cache, the password included."""
    for cache in caches:
        with subtests.test(cache.name):
            assert cache.is_encrypted_in_transit


@control("SEC-CACHE-03", severity="high")
def test_caches_ask_who_calls(caches, subtests):
    """Without a token or users, whoever reaches the port reads, changes and deletes everything."""
    for cache in caches:
        with subtests.test(cache.name):
            assert cache.asks_who_calls or cache.is_memcached


@control("SEC-CACHE-04", severity="high")
def test_caches_are_closed_to_the_world(caches, subtests):
    """Only what uses a cache has any business at its port."""
    for cache in caches:
        with subtests.test(cache.name):
            assert opens_to_the_world(cache.reach) == []


@control("SEC-CACHE-05", severity="medium")
def test_caches_keep_their_snapshots(caches, profile, subtests):
    """What is held in a cache alone is gone with its nodes."""
    for cache in caches:
        with subtests.test(cache.name):
            assert cache.is_memcached or cache.snapshot_days >= profile.cache.snapshot_days
