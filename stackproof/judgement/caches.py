"""Caches of Amazon ElastiCache: what their engines can, and which connections they take.

Source: Amazon ElastiCache user guide, "Comparing node-based Valkey, Memcached and Redis OSS clusters" and "ElastiCache in-transit
encryption (TLS)"; read 2026-11-28.
"""

from stackproof.core.verdicts import CouldNotVerify

MEMCACHED = {"redis": False, "valkey": False, "memcached": True}
"""The engines, and whether each is Memcached: it writes nothing to disks and makes no snapshots on nodes, and knows no users."""
REFUSES_PLAIN = {"required": True, "preferred": False}
"""The modes of encryption in transit, and whether each refuses a connection without TLS (ElastiCache, ``TransitEncryptionMode``)."""


def is_memcached(engine: str) -> bool:
    """True for Memcached. Raises `CouldNotVerify` for an engine that is not known.

    >>> is_memcached("memcached"), is_memcached("valkey")
    (True, False)
    """
    if engine not in MEMCACHED:
        raise CouldNotVerify(f"what the engine {engine} of a cache can is not known here: judge it by hand, and report it")
    return MEMCACHED[engine]


def refuses_plain(is_encrypted: bool, mode: str | None) -> bool:
    """True if a cache takes no connection without TLS. Raises `CouldNotVerify` for a mode that is not known.

    Without a mode, encryption is required where it is on: the mode is younger than encryption itself.

    >>> refuses_plain(True, None), refuses_plain(True, "required"), refuses_plain(True, "preferred"), refuses_plain(False, None)
    (True, True, False, False)
    """
    if is_encrypted and mode is not None and mode not in REFUSES_PLAIN:
        raise CouldNotVerify(
            f"what the mode {mode} of encryption in transit lets in is not known here: judge it by hand, and report it"
        )
    return is_encrypted and (mode is None or REFUSES_PLAIN[mode])
