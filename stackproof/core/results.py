"""The results of a run: the judgement of each control, and the run around them. Plain data, no behaviour beyond counting.

What a control read, and how it judged each resource, may be very much: of more than a few, all lie in a temporary file (`Readings`,
`Resources`).
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

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
class Subject:
    """The resource that a judgement is about, under every name that is known; empty where nothing tells."""

    type: str
    """The kind of resource: ``DatabaseInstance``."""
    name: str
    arn: str = ""
    account: str = ""
    region: str = ""
    address: str = ""
    """In the plan: ``module.logs.aws_cloudwatch_log_group.this["api"]``."""
    file: str = ""
    """The Terraform source that declares it, from the root of the repository."""
    line: int = 0
    """Of the block in the file; 0 for none."""

    @property
    def id(self) -> str:
        """A name that is the same in every run on the same target: 16 hexadecimal digits."""
        return _digest(self.type, self.arn or self.address or self.name, self.account, self.region)


class Operator(StrEnum):
    """The comparison of a field with what is expected of it."""

    IS_TRUE = "is true"
    IS_FALSE = "is false"
    EQUALS = "equals"
    NOT_EQUALS = "does not equal"
    LESS = "is less than"
    AT_MOST = "is at most"
    GREATER = "is greater than"
    AT_LEAST = "is at least"
    IN = "is one of"
    NOT_IN = "is none of"
    CONTAINS = "contains"
    EXCLUDES = "does not contain"
    EMPTY = "is empty"
    NOT_EMPTY = "is not empty"
    NONE = "is not set"
    NOT_NONE = "is set"
    EXISTS = "exists"
    HOLDS = "holds"
    """Of a statement that is no comparison of a field with a value."""


class Reason(StrEnum):
    """The kind of reason for which something was not a pass."""

    STATEMENT = "a statement does not hold"
    MISSING = "declared, and does not exist"
    WAIVER = "a waiver must be changed or removed"
    ACCESS_DENIED = "access denied"
    THROTTLED = "throttled"
    UNREACHABLE = "unreachable"
    NOT_IMPLEMENTED = "not implemented by the endpoint"
    CALL_FAILED = "the call failed"
    NOT_REPORTED = "not reported"
    NOT_VERIFIED = "could not be verified"
    NOT_YET_KNOWN = "known only after apply"
    NOT_APPLICABLE = "this target cannot show it"
    NOT_DECLARED = "nothing of the kind, or nothing declared to judge by"
    NO_EVIDENCE = "nothing was read"
    BROKEN = "the control itself broke"


@dataclass(frozen=True)
class Finding:
    """The statement about a resource that did not hold: what was expected, and what was found instead."""

    reason: Reason
    field: str = ""
    """Of the resource: ``publicly_accessible``; with dots where one resource leads to another. Empty where no field decides."""
    operator: Operator = Operator.HOLDS
    """What the field must do with the expected value."""
    expected: str = ""
    """Shortened and redacted, for people to read; empty for an operator that needs none."""
    actual: str = ""
    """Shortened and redacted, for people to read."""
    rule: str = ""
    """The function of `stackproof.judgement` that judged the field, where one did: ``open_grants``."""
    source: str = ""
    """Of the field, as `Reading.source`."""
    evidence: tuple[str, ...] = ()
    """As `Reading.evidence`."""
    unjudged: tuple[str, ...] = ()
    """The fields that the rest of its block is about, of which it says nothing: it ends with the first statement that does not hold."""


@dataclass(frozen=True)
class Examined:
    """The judgement of one resource inside a control."""

    resource: str
    """The name under which the control judged it."""
    verdict: Verdict
    message: str = ""
    """What did not hold in the words of pytest, or the error; empty for a pass."""
    subject: Subject | None = field(default=None, compare=False)
    finding: Finding | None = field(default=None, compare=False)
    """None for a pass."""
    waiver: int = field(default=0, compare=False)
    """The number of the waiver in `Run.waivers` that accepts it; 0 for none."""


def finding_id(control: str, one: Examined) -> str:
    """The name of a finding, the same in every run for as long as it stays: 16 hexadecimal digits."""
    found = one.finding or Finding(Reason.STATEMENT)
    return _digest(control, one.subject.id if one.subject else "", one.resource, found.field, found.operator, found.rule)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


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
    return json.dumps(asdict(one))


def _unpacked_resource(text: str) -> Examined:
    data = json.loads(text)
    subject, found = data.pop("subject"), data.pop("finding")
    if found:
        found |= {
            "reason": Reason(found["reason"]),
            "operator": Operator(found["operator"]),
            "evidence": tuple(found["evidence"]),
            "unjudged": tuple(found["unjudged"]),
        }
    return Examined(
        **data | {"verdict": Verdict(data["verdict"])},
        subject=Subject(**subject) if subject else None,
        finding=Finding(**found) if found else None,
    )


@dataclass(frozen=True)
class Requirement:
    """A requirement of a framework that a control says something about."""

    framework: str
    """The name of its file in `stackproof.frameworks`: ``cis``."""
    id: str
    """``2.2.3``."""
    covers: str
    """``fully``, ``partly``, or ``contradicts`` where the control asks for something else."""
    reason: str = ""
    reason_ko: str = ""


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
    folder: str = ""
    """The folder of the suite, which is the phase: ``security``."""
    documented: str = ""
    """Which document asks for it."""
    why: str = ""
    why_ko: str = ""
    remedy: str = ""
    remedy_ko: str = ""
    terraform: str = ""
    cli: str = ""
    console: str = ""
    """These as in the row of the control (`stackproof.core.controls.Entry`)."""
    owner: str = ""
    """Who mends it, by the profile; empty where it does not say."""
    frameworks: tuple[Requirement, ...] = ()
    proven: bool = True
    """Whether a proof says of what it must fail; False for a control of the project's own that has none (`stackproof.testing`)."""
    finding: Finding | None = field(default=None, compare=False)
    """What the control as a whole ended with, apart from its resources: what it asks for was denied, or the target cannot show it."""
    due: date | None = None
    """The day by which it is to be mended, by its severity; None for a control that nothing is to be mended of."""

    @property
    def service(self) -> str:
        """The part of the id that names what it is about.

        >>> ControlResult("SEC-RDS-01", "", "", "high", Verdict.PASS, "", 0.1, "").service
        'RDS'
        """
        return self.id.split("-")[-2] if "-" in self.id else self.id


class WaiverState(StrEnum):
    """The state of a waiver after a run."""

    USED = "used"
    ENDING_SOON = "ending soon"
    """Used, and it ends within `ENDING` days."""
    EXPIRED = "expired"
    UNUSED = "unused"
    """It accepts nothing of what this run judged."""
    ELSEWHERE = "counts elsewhere"
    """It is for another environment or target, or for controls that were not judged."""


ENDING = 30
"""Days before its end from which a waiver is said to end soon."""


@dataclass(frozen=True)
class WaiverUse:
    """A waiver of ``waivers.toml``, and what it accepts in a run."""

    number: int
    """Its place in the file, from 1."""
    controls: tuple[str, ...]
    check: str
    """The check of a scanner; empty for a waiver of another control."""
    resource: str
    reason: str
    owner: str
    ticket: str
    expires: date
    days_left: int
    """Negative once it is over."""
    state: WaiverState
    accepts: int
    """Findings of this run."""
    field: str = ""
    """The one field of the resource whose findings it accepts; empty for a waiver of all that its controls find about the resource."""
    confirmed_by: str = ""
    """The person who has taken the risk on; empty where nobody has yet."""
    reason_ko: str = ""
    """The reason in Korean; empty where the file has none."""


@dataclass(frozen=True)
class Part:
    """Code beside the suite that took part in a run: a plugin or a conftest.py."""

    name: str
    """``pytest-xdist 3.8.0``, ``tests/conftest.py``."""
    sha256: str
    """Of its file; empty where it has none."""


MOST_REMEMBERED = 20
"""Earlier runs that a run remembers."""


@dataclass(frozen=True)
class PastRun:
    """The outcome of an earlier run."""

    id: str
    started: datetime
    commit: str
    exit_status: int
    selected: int
    of: int
    counts: Mapping[str, int]
    """Controls by verdict."""


@dataclass(frozen=True)
class Change:
    """One resource of a control that came out otherwise than in the run before, or as badly."""

    id: str
    """Of the finding; see `finding_id`."""
    control: str
    resource: str
    was: str
    """The verdict then; empty where it was not judged."""
    now: str
    """The verdict now; empty where it is not there any more."""


@dataclass(frozen=True)
class Since:
    """The changes since the run that this one follows, of what both judged."""

    run: str
    """The id of the run before."""
    new: tuple[Change, ...] = ()
    """Not a pass now, and not so before."""
    fixed: tuple[Change, ...] = ()
    """A pass now, and not before."""
    still: tuple[Change, ...] = ()
    """Not a pass, as before."""
    vanished: tuple[Change, ...] = ()
    """Not a pass before, and not there any more."""


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
    id: str = ""
    """``20261128T155106Z-1f0c2a``: the name of its folder."""
    judged: str = ""
    """The target as the controls saw it: that of the recorded run, where one was judged again; else empty."""
    commit: str = ""
    """Of the judged sources; empty where git knows none."""
    is_clean: bool | None = None
    """Whether nothing differed from the commit; None where git knows none."""
    caller: str = ""
    """The ARN of the identity that asked AWS; empty where nothing was asked."""
    selected: tuple[str, ...] = ()
    """The ids of the controls that were to be judged."""
    not_selected: tuple[str, ...] = ()
    """The ids of the other controls of the catalogue, of which this run says nothing."""
    selection: str = ""
    """The options and paths that selected them: ``-m security``."""
    follows: str = ""
    """The id of the run before, on the same target of the same environment."""
    replay_of: str = ""
    """The head of the manifest whose recording was judged again."""
    signed_by: str = ""
    """The fingerprint of the key that signs the evidence; empty for a run that is not signed."""
    aborted: str = ""
    """Why the run ended before it judged what it was to judge; empty for a run that came to its end."""
    unreviewed: str = ""
    """Why the environment counts for nothing yet: it was generated, and nobody has reviewed it; empty for one that counts."""
    unjudged: str = ""
    """Why the plan proves nothing: no control looks at any of its resources; empty for one of which some are judged."""
    parts: tuple[Part, ...] = ()
    """Plugins and conftests that took part."""
    notes: tuple[str, ...] = ()
    """What a reader must know to trust the verdicts: the provider used, what was downgraded, what could not be shown."""
    unknown_closes: tuple[str, ...] = ()
    """The severities of controls whose UNKNOWN closes the gate."""
    not_judged: tuple[str, ...] = ()
    """The ids of controls that were selected and have no verdict; any closes the gate."""
    plans: tuple[PlannedChanges, ...] = ()
    """What each plan does to its stack, where plans are judged; the app stack's first."""
    waivers: tuple[WaiverUse, ...] = ()
    history: tuple[PastRun, ...] = ()
    """The runs before, the newest first."""
    since: Since | None = None
    """None where there is no run before."""
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
        """0 when all selected controls were judged, none failed, and each was verified or set aside, not all; 4 if aborted; else 1."""
        if self.aborted and not self.controls:
            return 4
        closed = (control.verdict.closes_the_gate(control.severity, self.unknown_closes) for control in self.controls)
        return int(self.judged_nothing or any((self.not_judged, self.aborted, self.unreviewed, self.unjudged)) or any(closed))

    @property
    def gate(self) -> Mapping[str, Any]:
        """The rule by which the gate closes, as data."""
        return {
            "closes_on": [Verdict.FAIL.value, Verdict.ERROR.value],
            "unknown_closes": [*self.unknown_closes],
            "not_judged_closes": True,
            "nothing_judged_closes": True,
        }

    @property
    def reasons_ko(self) -> Mapping[str, str]:
        """The reasons of waivers that have Korean, each with that."""
        return {one.reason: one.reason_ko for one in self.waivers if one.reason_ko}

    @property
    def is_partial(self) -> bool:
        """True if controls of the catalogue were not selected."""
        return bool(self.not_selected)


def as_past(run: Run) -> PastRun:
    """A run as those after it remember it."""
    selected = len(run.selected) or len(run.controls)
    counts = {verdict.value: number for verdict, number in run.counts.items()}
    return PastRun(run.id, run.started, run.commit, run.exit_status, selected, selected + len(run.not_selected), counts)


def since(before: Run, now: Iterable[ControlResult]) -> Since:
    """The differences from an earlier run, resource by resource, of the controls that both judged."""
    earlier = {control.id: control for control in before.controls}
    found: dict[str, list[Change]] = {"new": [], "fixed": [], "still": [], "vanished": []}
    for control in now:
        if not (then := earlier.get(control.id)):
            continue
        was, is_now = _by_name(then), _by_name(control)
        for name, one in is_now.items():
            old = was.get(name)
            if one.verdict.is_open:
                kind = "still" if old and old.verdict.is_open else "new"
            elif old and old.verdict.is_open and one.verdict is Verdict.PASS:
                kind = "fixed"
            else:
                continue
            whole = then.verdict if not name or "" in was else ""  # where one of the runs examined nothing
            change = Change(finding_id(control.id, one), control.id, name, old.verdict if old else whole, one.verdict)
            found[kind].append(change)
        gone = (old for name, old in was.items() if old.verdict.is_open and name not in is_now)
        for old in gone:
            is_fixed = not old.resource and control.verdict is Verdict.PASS
            change = Change(finding_id(control.id, old), control.id, old.resource, old.verdict, Verdict.PASS if is_fixed else "")
            found["fixed" if is_fixed else "vanished"].append(change)
    return Since(before.id, **{kind: tuple(changes) for kind, changes in found.items()})


def _by_name(control: ControlResult) -> dict[str, Examined]:
    """The worst judgement under each name; the control's own where it examined nothing."""
    found: dict[str, Examined] = {}
    order = list(Verdict)
    for one in control.resources:
        if (other := found.get(one.resource)) is None or order.index(one.verdict) > order.index(other.verdict):
            found[one.resource] = one
    if not found:
        found[""] = Examined("", control.verdict, control.message)
    return found
