"""Caches of Amazon ElastiCache: what their engines can, and which connections they take.

Source: Amazon ElastiCache user guide, "Comparing node-based Valkey, Memcached and Redis OSS clusters" and "ElastiCache in-transit
encryption (TLS)"; read 2026-11-28.
"""

from stackproof.core.verdicts import CouldNotVerify

MEMCACHED = {"redis": False, "valkey": False, "memcached": True}
"""The engines, and whether each is Memcached: it writes nothing to disks and makes no snapshots on nodes, and knows no users."""
REFUSES_PLAIN = {"required": True, "preferred": False}
"""The modes of encryption in transit, and whether each refuses a connection without TLS (ElastiCache, ``TransitEncryptionMode``)."""

ASKS = {"password": True, "iam": True, "no-password": False, "no-password-required": False}
"""The ways in which a user shows who it is, as AWS and Terraform call them, and whether each asks for anything."""
EVERYBODY = "default"
"""The id of the user that ElastiCache makes, which may do everything without a password, and which nobody can change."""


def asks_for_nothing(way: str) -> bool:
    """True for a way of authentication that everybody passes. Raises `CouldNotVerify` for one that is not known.

    >>> asks_for_nothing("no-password"), asks_for_nothing("iam")
    (True, False)
    """
    if way not in ASKS:
        raise CouldNotVerify(
            f"what the authentication {way} of a cache's user asks for is not known here: judge it by hand, and report it"
        )
    return not ASKS[way]


def is_on(access: str) -> bool:
    """True for the access string of a user that may log in: the last of its words ``on`` and ``off`` counts.

    >>> is_on("on ~* +@all"), is_on("off ~* +@all"), is_on("on ~* +@all off")
    (True, False, False)
    """
    return [word for word in access.lower().split() if word in ("on", "off")][-1:] != ["off"]


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
