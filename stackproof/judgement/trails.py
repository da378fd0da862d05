"""The management events that a CloudTrail trail does not record.

Source: AWS CloudTrail user guide, "Logging management events"; API reference, ``EventSelector`` and ``AdvancedEventSelector``.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class ManagementSelector:
    """Management events that a trail records: those of a kind, but for some services'."""

    reads: bool
    writes: bool
    excluded: frozenset[str] = frozenset()
    """Event sources (``kms.amazonaws.com``) whose events are left out."""


EVERYTHING = ManagementSelector(reads=True, writes=True)
"""What a trail records that nobody gave a selector."""


def unrecorded(selectors: Iterable[ManagementSelector]) -> list[str]:
    """The management events that no selector records, in words; nothing if all are recorded.

    >>> unrecorded([EVERYTHING])
    []
    >>> unrecorded([ManagementSelector(reads=False, writes=True)])
    ['read events']
    >>> unrecorded([ManagementSelector(True, True, frozenset({"kms.amazonaws.com"})), ManagementSelector(True, False)])
    ['write events of kms.amazonaws.com']
    >>> unrecorded([])
    ['read events', 'write events']
    """
    every = list(selectors)
    kinds = (
        ("read events", [one.excluded for one in every if one.reads]),
        ("write events", [one.excluded for one in every if one.writes]),
    )
    found: list[str] = []
    for kind, excluded in kinds:
        if not excluded:
            found.append(kind)
        else:
            found += [f"{kind} of {source}" for source in sorted(frozenset.intersection(*excluded))]
    return found
