"""The results of a run: the judgement of each control, and the run around them. Plain data, no behaviour beyond counting.

What a control read, and how it judged each resource, may be very much: of more than a few, all lie in a temporary file (`Readings`,
`Resources`).
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from stackproof.core.changes import PlannedChanges
from stackproof.core.verdicts import Verdict
from stackproof.util.spool import Spool


@dataclass(frozen=True)
class Reading:
    """One field that a control read: of which resource, what it said, and where that came from."""

    resource: str
    """As people name it: ``DatabaseInstance triflow-ai-production-db``."""
    field: str
    value: str
    """Shortened and redacted, for people to read."""
    source: str
    """``rds:DescribeDBInstances ap-northeast-2`` or ``plan aws_db_instance.main``."""
    evidence: tuple[str, ...] = ()
    """The files of the evidence folder that hold it: ``calls/rds.DescribeDBInstances.18e398b4a97c.json.gz``."""


@dataclass(frozen=True)
class Examined:
    """The judgement of one resource inside a control."""

    resource: str
    verdict: Verdict
    message: str = ""


class Readings(Spool[Reading]):
    """The fields that a control read, in order, each reading once."""

    def __init__(self) -> None:
        super().__init__(_packed_reading, _unpacked_reading, distinct=True)


class Resources(Spool[Examined]):
    """The resources that a control examined, in order."""

    def __init__(self) -> None:
        super().__init__(_packed_resource, _unpacked_resource)


def _packed_reading(one: Reading) -> str:
    return json.dumps((one.resource, one.field, one.value, one.source, one.evidence))


def _unpacked_reading(text: str) -> Reading:
    resource, field, value, source, evidence = json.loads(text)
    return Reading(resource, field, value, source, tuple(evidence))


def _packed_resource(one: Examined) -> str:
    return json.dumps((one.resource, one.verdict, one.message))


def _unpacked_resource(text: str) -> Examined:
    resource, verdict, message = json.loads(text)
    return Examined(resource, Verdict(verdict), message)


@dataclass(frozen=True)
class ControlResult:
    """The judgement of one control."""

    id: str
    title: str
    title_ko: str
    severity: str
    """``critical``, ``high``, ``medium`` or ``low``."""
    verdict: Verdict
    message: str
    """Empty for a pass; else what did not hold, where, and what to do next. May span lines."""
    seconds: float
    test: str
    """pytest's node id."""
    resources: Sequence[Examined] = ()
    read: Sequence[Reading] = ()


@dataclass(frozen=True)
class Run:
    """Everything about one run but the controls themselves."""

    started: datetime
    """UTC."""
    seconds: float
    environment: str
    target: str
    account: str
    """Twelve digits; empty where the target has none (a plan)."""
    region: str
    versions: Mapping[str, str]
    """``{"stackproof": "0.1.0", "python": "3.11.7", "terraform": ...}``."""
    calls: Mapping[str, int]
    """AWS requests sent, by operation: ``{"rds:DescribeDBInstances": 1}``."""
    notes: tuple[str, ...] = ()
    """What a reader must know to trust the verdicts: the provider used, what was downgraded, what could not be shown."""
    unknown_closes: tuple[str, ...] = ()
    """The severities of controls whose UNKNOWN closes the gate."""
    not_judged: tuple[str, ...] = ()
    """The ids of controls that were selected and have no verdict; any closes the gate."""
    plans: tuple[PlannedChanges, ...] = ()
    """What each plan does to its stack, where plans are judged; the app stack's first."""
    controls: tuple[ControlResult, ...] = field(default=())

    @property
    def counts(self) -> Mapping[Verdict, int]:
        """Number of controls by verdict; every verdict is a key."""
        found = Counter(control.verdict for control in self.controls)
        return {verdict: found[verdict] for verdict in Verdict}

    @property
    def judged_nothing(self) -> bool:
        """True if every control was set aside, or none ran: such a run proves nothing."""
        return all(
            control.verdict.is_set_aside and all(one.verdict.is_set_aside for one in control.resources)
            for control in self.controls
        )

    @property
    def exit_status(self) -> int:
        """0 when all selected controls were judged, none failed, and each was verified or honestly set aside, not all of them; else 1."""
        closed = (control.verdict.closes_the_gate(control.severity, self.unknown_closes) for control in self.controls)
        return int(self.judged_nothing or bool(self.not_judged) or any(closed))
