"""The part of a VPC's traffic that no flow log captures.

A log of the VPC captures what passes in all of its subnets; a log of a subnet, what passes there. A log of what is accepted and one of
what is refused are together as good as one of all.

Source: Amazon VPC user guide, "Flow logs basics".
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from stackproof.core.partial import parts
from stackproof.core.verdicts import CouldNotVerify, NotYetKnown

TRAFFIC = {"ALL": frozenset({"ACCEPT", "REJECT"}), "ACCEPT": frozenset({"ACCEPT"}), "REJECT": frozenset({"REJECT"})}
"""What a log captures by its ``TrafficType``."""


class Log(Protocol):
    """A flow log."""

    @property
    def vpc_id(self) -> str | None: ...
    @property
    def subnet_id(self) -> str | None: ...
    @property
    def traffic(self) -> str: ...
    @property
    def works(self) -> bool: ...


class Subnet(Protocol):
    """A subnet of the VPC."""

    @property
    def name(self) -> str: ...
    @property
    def subnet_id(self) -> str: ...


def uncaptured(logs: Sequence[Log], subnets: Iterable[Subnet]) -> list[str]:
    """The subnets of which no log that works captures some traffic, in words. If the VPC as a whole has one, nobody looks for subnets.

    ``logs`` are those of the VPC and of its subnets. A log that cannot be told, or that may be another VPC's, captures nothing: raises its
    error if it would be needed.

    >>> from types import SimpleNamespace as Given
    >>> def log(traffic, subnet=None, works=True):
    ...     return Given(vpc_id=None if subnet else "vpc-1", subnet_id=subnet, traffic=traffic, works=works)
    >>> subnets = [Given(name="subnet-1", subnet_id="subnet-1"), Given(name="subnet-2", subnet_id="subnet-2")]
    >>> uncaptured([log("ALL")], subnets), uncaptured([log("ALL", "subnet-1"), log("ALL", "subnet-2")], subnets)
    ([], [])
    >>> uncaptured([log("REJECT"), log("ACCEPT", "subnet-1")], subnets), uncaptured([log("ALL", works=False)], subnets[:1])
    (['subnet-2: no flow log that works captures all of its traffic'], ['subnet-1: no flow log that works captures all of its traffic'])
    >>> uncaptured([log("SOME"), log("OTHER")], subnets)
    Traceback (most recent call last):
    stackproof.core.verdicts.CouldNotVerify: what a flow log of the traffic SOME captures is not known; report this
    """
    known, errors = parts(logs)
    captured = [(log, _captured(log, errors)) for log in known]
    everywhere = frozenset[str]().union(*(traffic for log, traffic in captured if log.vpc_id is not None))
    if everywhere == TRAFFIC["ALL"]:
        return []
    found = [
        f"{subnet.name}: no flow log that works captures all of its traffic"
        for subnet in subnets
        if everywhere.union(*(traffic for log, traffic in captured if _is_of(log, subnet, errors))) != TRAFFIC["ALL"]
    ]
    if errors and found:
        raise errors[0]
    return found


def _captured(log: Log, errors: list[Exception]) -> frozenset[str]:
    try:
        if not log.works:
            return frozenset()
        if log.traffic not in TRAFFIC:
            raise CouldNotVerify(f"what a flow log of the traffic {log.traffic} captures is not known; report this")
        return TRAFFIC[log.traffic]
    except (CouldNotVerify, NotYetKnown) as error:
        errors.append(error)
        return frozenset()


def _is_of(log: Log, subnet: Subnet, errors: list[Exception]) -> bool:
    """Whether a log is a subnet's; one of which that is not known yet is nobody's, and its error is kept.

    >>> from types import SimpleNamespace as Given
    >>> one = Given(name="a", subnet_id="subnet-1")
    >>> [_is_of(Given(subnet_id=id), one, []) for id in ("subnet-1", "subnet-2", None)]
    [True, False, False]
    >>> class Unknown:
    ...     @property
    ...     def subnet_id(self):
    ...         raise NotYetKnown("known after apply")
    >>> errors = []
    >>> _is_of(Unknown(), one, errors), [str(error) for error in errors]
    (False, ['known after apply'])
    """
    try:
        return log.subnet_id is not None and log.subnet_id == subnet.subnet_id
    except NotYetKnown as error:
        errors.append(error)
        return False
