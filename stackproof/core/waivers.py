"""``waivers.toml``: findings that the project accepts, each with a reason, an owner, a ticket and a last day.

A waiver accepts what one or more controls find about one resource; with a ``field``, what they find about that field of it. While it is
alive, a FAIL of exactly that is WAIVED, and nothing else changes: an ERROR stays one, and so does a FAIL of another field. It must be
needed: a waiver that has expired, that accepts nothing in a run which judged its control, or that is wider than one resource is itself a
FAIL of the control. ``environments`` and ``targets`` say where it counts, if not everywhere: where it does not count it accepts nothing,
and nothing is said about it. Until ``confirmed_by`` names the person who has taken the risk on, every output says that nobody has.

Controls that run a scanner (`SCANNERS`) have many findings about a resource. Their waivers name the scanner's check too, and are applied
to the findings (`stackproof.collections.repository`).
"""

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import chain
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from stackproof.core.controls import catalogue
from stackproof.core.results import ENDING, ControlResult, Examined, Finding, Reason, WaiverState, WaiverUse
from stackproof.core.verdicts import UsageError, Verdict
from stackproof.redaction.redaction import redact
from stackproof.util import toml_document
from stackproof.util.spool import distinct
from stackproof.util.text import shortened

FILE = "waivers.toml"
SCANNERS = ("POL-01", "POL-02")

_MOST_NAMES = 50
"""Resources that a message about a waiver names."""


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


class Waiver(BaseModel):
    """An accepted finding about one resource."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    control: Annotated[
        tuple[Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*-[0-9]{2,}$")], ...],
        Field(min_length=1, description="the id of a control, such as POL-01, or a list of ids"),
        BeforeValidator(_as_tuple),
    ]
    """The controls that find it."""
    check: Annotated[str | None, Field(pattern=r"^[A-Z0-9_]+$", description="the id of one check, such as CKV_AWS_144")] = None
    """The scanner's check, where the control runs a scanner."""
    resource: Annotated[str, Field(description="the name of one resource")] = ""
    """As the control names it: ``aws_s3_bucket.app`` to a scanner, ``HTTP:80`` where the verdicts are by resource, else the name of the one
    resource that the control asks for. A waiver without one, or with a wildcard, can be read, and fails its controls."""
    field: Annotated[
        str | None,
        Field(pattern=r"^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*$", description="the field of a finding, such as web_acl"),
    ] = None
    """The field of the resource whose findings it accepts, as results.json has it; all that the control finds, if it does not say."""
    reason: Annotated[str, Field(min_length=20, description="a sentence, 20 characters or more")]
    reason_ko: Annotated[
        str | None, Field(pattern="[가-힣].{9}", description="the reason in Korean, a sentence of 10 characters or more")
    ] = None
    """The same in Korean, for a report in that language; without it, that has the reason as it is."""
    owner: Annotated[str, Field(pattern=r"\S", description="a role, such as devops")]
    ticket: Annotated[str, Field(pattern=r"\S", description="the id or address of a ticket")]
    expires: Annotated[datetime.date, Field(description="the last day, a date without quotation marks, such as 2027-05-31")]
    confirmed_by: Annotated[str | None, Field(pattern=r"\S", description="the name of a person")] = None
    """The person who has taken the risk on. A waiver counts without one, and is said not to be confirmed wherever it is told."""
    environments: Annotated[
        tuple[str, ...] | None, Field(min_length=1, description="a list of environments"), BeforeValidator(_as_tuple)
    ] = None
    """Where it counts, by the profiles' names; everywhere, if it does not say."""
    targets: Annotated[
        tuple[Literal["plan", "embedded", "localstack", "aws"], ...] | None,
        Field(min_length=1, description="a list of targets: plan, embedded, localstack, aws"),
        BeforeValidator(_as_tuple),
    ] = None

    @property
    def names_one_resource(self) -> bool:
        """True if the waiver names exactly one resource, without a wildcard, as it must."""
        return bool(self.resource.strip()) and not set("*?") & set(self.resource)

    @property
    def in_words(self) -> str:
        """Until when, by whom and why it is accepted, secrets hidden."""
        confirmed = f"confirmed by {self.confirmed_by}" if self.confirmed_by else "not confirmed by a person"
        return redact(f"waived until {self.expires} by {self.owner} ({self.ticket}), {confirmed}: {self.reason}")

    def is_about(self, one: Examined) -> bool:
        """True for a judgement of the resource, and of the field if it names one, that the waiver is for."""
        is_field = self.field is None or (one.finding is not None and one.finding.field == self.field)
        return one.resource == self.resource and is_field

    def counts(self, environment: str, target: str) -> bool:
        """True if the waiver is meant for a run on this target of this environment."""
        return environment in (self.environments or (environment,)) and target in (self.targets or (target,))

    def expired(self, today: datetime.date) -> bool:
        """True if the last day of the waiver is over."""
        return today > self.expires


@dataclass(frozen=True)
class Waivers:
    """The waivers of one run: those of the file, and where the run judges."""

    entries: tuple[Waiver, ...]
    environment: str
    target: str

    @property
    def reasons_ko(self) -> Mapping[str, str]:
        """The reasons that have Korean, each with that; secrets hidden."""
        return {redact(one.reason): redact(one.reason_ko) for one in self.entries if one.reason_ko}

    def apply_waivers(
        self, control: str, today: datetime.date, examined: Sequence[Examined], is_complete: bool
    ) -> Iterable[Examined]:
        """The resources of a control, WAIVED where a waiver accepts one, and a FAIL for each waiver that must be changed or removed.

        ``is_complete``: whether the control came to its end, so that a resource which is not among the examined does not exist.
        """
        if control in SCANNERS:
            return examined
        accepting, refused = [], []
        for number, waiver in enumerate(self.entries, 1):
            if control not in waiver.control or not waiver.counts(self.environment, self.target):
                continue
            problem = _problem(waiver, control, today, examined, is_complete)
            if problem:
                found = Finding(Reason.WAIVER, actual=redact(problem))
                refused.append(Examined(f"{FILE}, waiver {number}", Verdict.FAIL, redact(problem), finding=found))
            else:
                accepting.append((number, waiver))
        if not accepting and not refused:
            return examined
        return chain((reduce(_waived, accepting, one) for one in examined), refused)

    def register(self, today: datetime.date, controls: Iterable[ControlResult]) -> tuple[WaiverUse, ...]:
        """Every waiver of the file and what it accepts of what these controls found; today is the day that its days are counted from."""
        judged = {control.id for control in controls}
        accepted = Counter(one.waiver for control in controls for one in control.resources if one.waiver)
        return tuple(self._use(number, waiver, today, judged, accepted[number]) for number, waiver in enumerate(self.entries, 1))

    def _use(self, number: int, waiver: Waiver, today: datetime.date, judged: set[str], accepts: int) -> WaiverUse:
        days_left = (waiver.expires - today).days
        if not (judged & set(waiver.control) and waiver.counts(self.environment, self.target)):
            state = WaiverState.ELSEWHERE
        elif days_left < 0:
            state = WaiverState.EXPIRED
        elif not accepts:
            state = WaiverState.UNUSED
        else:
            state = WaiverState.ENDING_SOON if days_left <= ENDING else WaiverState.USED
        said = (waiver.reason, waiver.owner, waiver.ticket, waiver.resource, waiver.confirmed_by or "", waiver.reason_ko or "")
        reason, owner, ticket, resource, confirmed_by, reason_ko = map(redact, said)
        return WaiverUse(
            number=number,
            controls=waiver.control,
            check=waiver.check or "",
            resource=resource,
            reason=reason,
            owner=owner,
            ticket=ticket,
            expires=waiver.expires,
            days_left=days_left,
            state=state,
            accepts=accepts,
            field=waiver.field or "",
            confirmed_by=confirmed_by,
            reason_ko=reason_ko,
        )


def _problem(waiver: Waiver, control: str, today: datetime.date, examined: Sequence[Examined], is_complete: bool) -> str:
    """Why a waiver may not stay as it is; empty if it may."""
    if waiver.check:
        return f"it names the check {waiver.check}, but {control} runs no scanner: leave the check out"
    if not waiver.names_one_resource:
        named = f"{waiver.resource} stands for many resources" if waiver.resource.strip() else "it names no resource"
        return f"{named}, and a waiver accepts exactly one: write an entry for each"
    if waiver.expired(today):
        return f"it expired on {waiver.expires}: {waiver.owner} repairs {waiver.resource}, or renews the entry ({waiver.ticket})"
    found = [one for one in examined if one.resource == waiver.resource]
    failed = [one for one in found if one.verdict is Verdict.FAIL]
    accepted = [one for one in failed if waiver.is_about(one)]
    if unseen := shortened(distinct(field for one in accepted for field in _unseen(waiver, one)), _MOST_NAMES):
        return (
            f"{control} ends at {waiver.field} of {waiver.resource}, and what it says after that ({unseen}) would be accepted unseen: "
            "repair the resource, or leave out the field, which accepts all that is found about it"
        )
    if accepted or (waiver.field and not is_complete):
        return ""
    if {one.verdict for one in found} == {Verdict.PASS}:
        return f"{waiver.resource} passes, and nothing is left to accept: take the entry out"
    if waiver.field and {one.verdict for one in found} <= {Verdict.PASS, Verdict.FAIL} and failed:
        others = shortened(distinct(one.finding.field for one in failed if one.finding), _MOST_NAMES)
        about = f"{waiver.field} of {waiver.resource}"
        return f"{control} finds nothing about {about} (but {others}): name another field, or take the entry out"
    if not found and is_complete:
        there = shortened(distinct(one.resource for one in examined), _MOST_NAMES) or "nothing that has a name of its own"
        return f"{control} did not examine {waiver.resource} (but {there}): name another resource, or take the entry out"
    return ""


def _unseen(waiver: Waiver, one: Examined) -> Iterator[str]:
    """What a block would have said about other fields than the waiver's, had it not ended."""
    for field in one.finding.unjudged if waiver.field and one.finding else ():
        if field != waiver.field and not field.startswith(f"{waiver.field}."):
            yield field


def _waived(one: Examined, numbered: tuple[int, Waiver]) -> Examined:
    """A failure that a waiver accepts, with whom to ask; anything else as it is."""
    number, waiver = numbered
    if one.verdict is not Verdict.FAIL or not waiver.is_about(one):
        return one
    message = "\n".join(filter(None, (one.message, waiver.in_words)))
    return replace(one, verdict=Verdict.WAIVED, message=message, waiver=number)


def of_run(root: Path, environment: str, target: str) -> Waivers:
    """The waivers of the repository, for a run. Raises as `load` does, and for an environment that there is not."""
    entries = load(root / FILE)
    known = {environment, *(profile.stem for profile in (root / "environments").glob("*.toml"))}
    for number, waiver in enumerate(entries, 1):
        unknown = [name for name in waiver.environments or () if name not in known]
        if unknown:
            raise UsageError(
                f"{FILE}, waiver {number}, environments: there is no {unknown[0]}. Known: {', '.join(sorted(known))}"
            )
    return Waivers(entries, environment, target)


def load(path: Path) -> tuple[Waiver, ...]:
    """The waivers of a file, expired ones included; none when there is no such file.

    Raises `UsageError`, naming the entry and the key, for a file that is not valid or an entry that repeats another.
    """
    if not path.exists():
        return ()
    try:
        return parse(path.read_bytes(), path.name)
    except OSError as error:
        raise UsageError(f"{path.name}: {error.strerror}") from None


def parse(text: str | bytes, name: str = FILE) -> tuple[Waiver, ...]:
    """`load` for text.

    >>> parse('[[waiver]]\\ncontrol = "POL-01"\\nresource = "x"\\nreason = "later"\\nuntil = 2027-05-31')
    Traceback (most recent call last):
        ...
    stackproof.core.verdicts.UsageError: waivers.toml, waiver 1, reason: a sentence, 20 characters or more
    waivers.toml, waiver 1, owner: missing
    waivers.toml, waiver 1, ticket: missing
    waivers.toml, waiver 1, expires: missing
    waivers.toml, waiver 1, until: not a key of a waiver
    A waiver has control, check (optional), resource, field (optional), reason, reason_ko (optional), owner, ticket, expires, ...
    """
    try:
        document = toml_document.loads(text)
    except ValueError as error:
        raise UsageError(f"{name} is not valid TOML: {error}.") from None
    entries = document.pop("waiver", [])
    if document or not isinstance(entries, list):
        found = ", ".join(document) or "waiver that is not [[waiver]]"
        raise UsageError(f"{name} holds [[waiver]] entries alone, and has {found}.")
    waivers: list[Waiver] = []
    problems: list[str] = []
    for number, entry in enumerate(entries, 1):
        try:
            waiver = Waiver.model_validate(entry)
        except ValidationError as error:
            problems += [f"{name}, waiver {number}, {problem}" for problem in _problems(error)]
        else:
            waivers.append(waiver)
            unknown = [id for id in waiver.control if id not in catalogue()]
            problems += [f"{name}, waiver {number}, control: there is no {id} in the catalogue" for id in unknown]
            if waiver.field and (scanning := [id for id in waiver.control if id in SCANNERS]):
                problems.append(f"{name}, waiver {number}, field: {scanning[0]} runs a scanner, whose findings have a check")
    if problems:
        raise UsageError("\n".join([*problems, _ALLOWED]))
    _refuse_repetition(waivers, name)
    return tuple(waivers)


def waiver_for(waivers: Iterable[Waiver], control: str, resource: str, check: str | None = None) -> Waiver | None:
    """The waiver that accepts a finding, expired or not; None when there is none.

    >>> def waiver(**changes):
    ...     return Waiver(**{"control": "POL-01", "resource": "aws_vpc.main", "reason": "x" * 20, "owner": "devops",
    ...                      "ticket": "T-1", "expires": datetime.date(2027, 5, 31)} | changes)
    >>> vpc, bucket = waivers = waiver(check="CKV2_AWS_11"), waiver(control="SEC-S3-01", resource="triflow-ai-prod")
    >>> waiver_for(waivers, "POL-01", "aws_vpc.main", "CKV2_AWS_11") is vpc
    True
    >>> waiver_for(waivers, "SEC-S3-01", "triflow-ai-prod") is bucket
    True
    >>> waiver_for(waivers, "POL-02", "aws_vpc.main", "CKV2_AWS_11"), waiver_for(waivers, "POL-01", "aws_vpc.main")
    (None, None)
    """
    for waiver in waivers:
        if control in waiver.control and (waiver.resource, waiver.check) == (resource, check):
            return waiver
    return None


def expired(waivers: Iterable[Waiver], today: datetime.date) -> tuple[Waiver, ...]:
    """The waivers whose last day is over."""
    return tuple(waiver for waiver in waivers if waiver.expired(today))


def matching_nothing(waivers: Iterable[Waiver], control: str, findings: Iterable[tuple[str, str | None]]) -> tuple[Waiver, ...]:
    """The waivers for a control that none of its findings, each a resource and a check, needs any more."""
    found = set(findings)
    return tuple(waiver for waiver in waivers if control in waiver.control and (waiver.resource, waiver.check) not in found)


_ALLOWED = "A waiver has " + ", ".join(
    key if field.is_required() or key == "resource" else f"{key} (optional)" for key, field in Waiver.model_fields.items()
) + "."  # fmt: skip


def _problems(error: ValidationError) -> Iterator[str]:
    # One a key: a list may hold several wrong ids.
    for key, kind in {str(next(iter(problem["loc"]), "")): problem["type"] for problem in error.errors()}.items():
        field = Waiver.model_fields.get(key)
        if field is None:
            yield f"{key}: not a key of a waiver" if key else "not a table"
        elif kind == "missing":
            yield f"{key}: missing"
        else:
            yield f"{key}: {field.description}"


def _refuse_repetition(waivers: Sequence[Waiver], name: str) -> None:
    """A waiver of all that a control finds about a resource accepts each of its fields, too."""
    numbers: dict[tuple[str, str, str | None], dict[str | None, int]] = {}
    for number, waiver in enumerate(waivers, 1):
        for control in waiver.control:
            fields = numbers.setdefault((control, waiver.resource, waiver.check), {})
            meeting = [*fields] if waiver.field is None else [field for field in (None, waiver.field) if field in fields]
            for field in meeting:
                finding = " ".join(filter(None, (control, waiver.check, waiver.resource, waiver.field or field)))
                raise UsageError(f"{name}: waivers {fields[field]} and {number} both accept {finding}. Keep one.")
            fields[waiver.field] = number
