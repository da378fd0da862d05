"""The management events that a CloudTrail trail does not record.

Source: AWS CloudTrail user guide, "Logging management events"; API reference, ``EventSelector`` and ``AdvancedEventSelector``.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from stackproof.core.partial import judges_what_is_known


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


@dataclass(frozen=True)
class ObjectSelector:
    """Data events of objects in S3 that a trail records."""

    reads: bool
    writes: bool
    prefixes: tuple[str, ...]
    """How the ARNs of the objects begin: ``arn:aws:s3:::bucket/``, or ``arn:aws:s3`` for those of every bucket."""


@judges_what_is_known
def unrecorded_objects(selectors: Iterable[ObjectSelector], bucket: str) -> list[str]:
    """The events of a bucket's objects that no selector records for all of its objects, in words; nothing if all are recorded.

    >>> every, own = ObjectSelector(True, True, ("arn:aws:s3",)), ObjectSelector(False, True, ("arn:aws:s3:::app/",))
    >>> unrecorded_objects([every], "app"), unrecorded_objects([own], "app"), unrecorded_objects([own], "other")
    ([], ['reading of objects'], ['reading of objects', 'writing of objects'])
    >>> unrecorded_objects([ObjectSelector(True, True, ("arn:aws:s3:::app/uploads/", "arn:aws:s3:::ap"))], "app")
    []
    >>> unrecorded_objects([ObjectSelector(True, True, ("arn:aws:s3:::app/uploads/",))], "app")
    ['reading of objects', 'writing of objects']
    """
    every = [one for one in selectors if any(_covers(prefix, bucket) for prefix in one.prefixes)]
    kinds = (("reading of objects", [one.reads for one in every]), ("writing of objects", [one.writes for one in every]))
    return [kind for kind, recorded in kinds if not any(recorded)]


def _covers(prefix: str, bucket: str) -> bool:
    """Whether the ARNs of all objects of a bucket begin with a prefix, in some partition of AWS."""
    return any(f"arn:{partition}:s3:::{bucket}/".startswith(prefix) for partition in ("aws", "aws-cn", "aws-us-gov"))
